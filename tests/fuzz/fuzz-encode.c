/* SPDX-License-Identifier: MIT */
/*
 * fuzz-encode: base64 and hexadecimal, both ways
 *
 * What decodes encodes to the same text but for blanks and line ends, and any bytes come
 * back from their encoding.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_skipped(char c)
{
	return c == '\r' || c == '\n' || c == ' ' || c == '\t';
}

/* @text without what a decoder may skip is @want */
static bool is_same(const char *text, size_t len, const char *want)
{
	for (size_t i = 0; i < len; i++)
		if (!is_skipped(text[i]) && *want++ != text[i])
			return false;
	return *want == '\0';
}

static void fuzz_base64(const char *text, size_t len)
{
	uint8_t *bytes = NULL;
	char *again;
	size_t n;

	if (base64_decode(text, len, &bytes, &n, NULL) < 0)
		return;
	again = base64_encode(bytes, n);
	if (!again || bytes[n] != 0 || !is_same(text, len, again))
		abort();
	free(again);
	free(bytes);
}

static void both_ways(const uint8_t *data, size_t size)
{
	char *text = base64_encode(data, size), *hex = malloc(2 * size + 1);
	uint8_t *bytes = NULL, *from_hex = malloc(size + 1);
	size_t n;

	if (!text || !hex || !from_hex || base64_decode(text, strlen(text), &bytes, &n, NULL) < 0)
		abort();
	if (n != size || memcmp(bytes, data, n) != 0)
		abort();
	hex_encode(data, size, hex);
	if (hex_decode(hex, 2 * size, from_hex) != (long)size || memcmp(from_hex, data, size) != 0)
		abort();
	free(text);
	free(hex);
	free(bytes);
	free(from_hex);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size / 2 + 1);

	if (!bytes)
		abort();
	fuzz_base64((const char *)data, size);
	both_ways(data, size);
	if (hex_decode((const char *)data, size, bytes) > (long)size / 2)
		abort();
	free(bytes);
	return 0;
}
