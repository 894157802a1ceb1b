/* SPDX-License-Identifier: MIT */
/*
 * fuzz-http-answer: any bytes as the header of an answer, and as a URL with its SAS
 *
 * Whatever passes the checks of a pinned blob must be the range that was asked for.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "blob/azure.h"
#include "blob/pin.h"
#include "net/http.h"

#define OFF  4096
#define LEN  4096
#define LOOK 131072

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(struct http_answer *a, const char *text, size_t size)
{
	http_answer_reset(a);
	while (size > 0) {
		const char *end = memchr(text, '\n', size);
		size_t n = end ? (size_t)(end - text) + 1 : size;

		if (http_answer_line(a, text, n, 1000000000) < 0)
			return;
		text += n;
		size -= n;
	}
}

static void judge(const struct http_answer *a)
{
	static const struct pin opened = { .is_set = true, .size = 1000000, .etag = "\"v1\"" };
	struct pin fresh = { 0 };
	struct err e = { 0 };
	char condition[PIN_CONDITION_MAX];

	if (pin_check(&opened, a, OFF, LEN, &e) == PIN_OK &&
	    (a->range_first != OFF || a->range_last != OFF + LEN - 1 ||
	     strcmp(a->etag, opened.etag) != 0))
		abort();
	if (pin_look(&fresh, a, LOOK, &e) != PIN_OK)
		return;
	pin_condition(&fresh, condition);
	if (fresh.size == 0 || fresh.size > INT64_MAX || strpbrk(condition, "\r\n"))
		abort();
}

static void split(const char *text)
{
	const char *query = strchr(text, '?');
	struct http_url url;
	struct err e = { 0 };

	if (http_url_split(text, &url, &e) == 0 && azure_is_spoken(&url, url.query) &&
	    (url.path < text || url.path + url.path_len > text + strlen(text)))
		abort();
	(void)!azure_sas_expiry(query ? query + 1 : text); /* any outcome is right */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_answer a;
	struct err e = { 0 };
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	parse(&a, text, size);
	judge(&a);
	azure_explain(&a, text, 1000000000, &e);
	split(text);
	free(text);
	return 0;
}
