/* SPDX-License-Identifier: MIT */
/*
 * shell-quote: see shell-quote.h
 */
#include "base/shell-quote.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_plain_byte(char c)
{
	return c >= ' ' && (unsigned char)c < 0x7f && c != '\'' && c != '\\';
}

static bool is_plain(const char *text)
{
	while (*text && is_plain_byte(*text))
		text++;
	return !*text;
}

/* Always three octal digits: a digit that follows must not join them. */
static int put_escaped(const char *text, char *dst, size_t size)
{
	size_t n = 0;

	for (; *text && n + 4 < size; text++) {
		if (is_plain_byte(*text))
			dst[n++] = *text;
		else
			n += (size_t)snprintf(dst + n, size - n, "\\%03o", (unsigned char)*text);
	}
	dst[n] = '\0';
	return *text ? -ENAMETOOLONG : (int)n;
}

long shell_quote(const char *text, char *dst, size_t size)
{
	size_t len = strlen(text);
	int n;

	if (size > 0)
		dst[0] = '\0';
	if (is_plain(text)) {
		if (len + sizeof("''") > size)
			return -ENAMETOOLONG;
		return snprintf(dst, size, "'%s'", text);
	}
	if (size < sizeof("$''") + 4)
		return -ENAMETOOLONG;
	memcpy(dst, "$'", 2);
	n = put_escaped(text, dst + 2, size - sizeof("$''") + 1);
	if (n < 0) {
		dst[0] = '\0';
		return n;
	}
	memcpy(dst + 2 + n, "'", 2);
	return n + 3;
}
