/* SPDX-License-Identifier: MIT */
/*
 * fuzz-unit-name: any text as a unit's name and as a value in a unit file
 *
 * The first byte says how much room there is. Names hold legal bytes only; a value stays
 * on its line, and no specifier or variable of the text's own is left in it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/unit-name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static bool is_legal_name(const char *text)
{
	for (; *text; text++)
		if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
		      (*text >= '0' && *text <= '9') || strchr(":_.-\\", *text)))
			return false;
	return true;
}

static bool is_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* Every @mark is doubled. */
static bool is_doubled(const char *text, char mark)
{
	for (; *text; text++)
		if (*text == mark && *++text != mark)
			return false;
	return true;
}

static void check(long n, const char *dst, size_t size)
{
	if (n < 0)
		return;
	MUST((size_t)n < size && strlen(dst) == (size_t)n);
}

static void fuzz_names(const char *text, char *dst, size_t size)
{
	long n = unit_escape(text, dst, size);

	check(n, dst, size);
	MUST(n < 0 || is_legal_name(dst));
	n = unit_escape_path(text, dst, size);
	check(n, dst, size);
	MUST(n < 0 || (is_legal_name(dst) && dst[0] != '\0' && text[0] == '/'));
}

static void fuzz_values(const char *text, char *dst, size_t size)
{
	long n = unit_quote_value(text, dst, size);

	check(n, dst, size);
	MUST(n < 0 || (is_one_line(dst) && is_doubled(dst, '%')));
	MUST(n <= 0 || dst[n - 1] != '\\');
	n = unit_quote_word(text, 1, dst, size);
	check(n, dst, size);
	MUST(n < 0 || (is_one_line(dst) && is_doubled(dst, '%') && is_doubled(dst, '$')));
	n = unit_quote_credential(text, dst, size);
	check(n, dst, size);
	MUST(n < 0 || is_one_line(dst));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t room = size > 0 ? (size_t)data[0] * 8 : 0;
	char *text, *dst = malloc(room ? room : 1);

	if (size == 0) {
		free(dst);
		return 0;
	}
	text = strndup((const char *)data + 1, size - 1);
	MUST(text && dst);
	fuzz_names(text, dst, room);
	fuzz_values(text, dst, room);
	free(text);
	free(dst);
	return 0;
}
