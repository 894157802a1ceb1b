/* SPDX-License-Identifier: MIT */
/*
 * unit-name: see unit-name.h
 */
#include "base/unit-name.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct out {
	char *dst;
	size_t size, n;
	bool is_full;
};

static void put(struct out *o, char c)
{
	if (o->n + 1 >= o->size)
		o->is_full = true;
	else
		o->dst[o->n++] = c;
}

static void put_all(struct out *o, const char *text, size_t len)
{
	if (o->size <= o->n || o->size - o->n <= len) {
		o->is_full = true;
		return;
	}
	memcpy(o->dst + o->n, text, len);
	o->n += len;
}

static void put_hex(struct out *o, char c)
{
	static const char digits[] = "0123456789abcdef";

	put(o, '\\');
	put(o, 'x');
	put(o, digits[(unsigned char)c >> 4]);
	put(o, digits[(unsigned char)c & 15]);
}

static long finish(struct out *o)
{
	if (o->is_full || o->size == 0)
		return -ENAMETOOLONG;
	o->dst[o->n] = '\0';
	return (long)o->n;
}

static bool is_unit_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == ':' || c == '_' || c == '.';
}

static void put_escaped(struct out *o, char c)
{
	if (c == '/')
		put(o, '-');
	else if (is_unit_char(c) && !(c == '.' && o->n == 0))
		put(o, c);
	else
		put_hex(o, c);
}

long unit_escape(const char *text, char *dst, size_t size)
{
	struct out o = { .dst = dst, .size = size };

	for (; *text; text++)
		put_escaped(&o, *text);
	return finish(&o);
}

long unit_escape_path(const char *path, char *dst, size_t size)
{
	struct out o = { .dst = dst, .size = size };

	if (*path != '/')
		return -EINVAL;
	while (*path) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 0)
			break;
		if ((len == 1 && path[0] == '.') || (len == 2 && memcmp(path, "..", 2) == 0))
			return -EINVAL;
		if (o.n > 0)
			put(&o, '-');
		for (; len > 0; len--)
			put_escaped(&o, *path++);
	}
	if (o.n == 0 && !o.is_full)
		put(&o, '-');
	return finish(&o);
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

long unit_quote_value(const char *text, char *dst, size_t size)
{
	struct out o = { .dst = dst, .size = size };
	size_t len = strlen(text);

	if (len > 0 && (text[0] == ' ' || text[len - 1] == ' ' || text[len - 1] == '\\'))
		return -EINVAL;
	for (; *text; text++) {
		if (is_control(*text))
			return -EINVAL;
		if (*text == '%')
			put(&o, '%');
		put(&o, *text);
	}
	return finish(&o);
}

long unit_quote_word(const char *text, int is_command, char *dst, size_t size)
{
	struct out o = { .dst = dst, .size = size };

	put(&o, '"');
	for (; *text; text++) {
		if (is_control(*text))
			return -EINVAL;
		if (*text == '\\' || *text == '"')
			put(&o, '\\');
		if (*text == '%' || (*text == '$' && is_command))
			put(&o, *text);
		put(&o, *text);
	}
	put(&o, '"');
	return finish(&o);
}

static bool is_plain_credential(char c)
{
	return (unsigned char)c < 0x80 && c != '\\' && !is_control(c);
}

long unit_quote_credential(const char *text, char *dst, size_t size)
{
	struct out o = { .dst = dst, .size = size };

	while (*text) {
		size_t len = 0;

		while (is_plain_credential(text[len])) /* ends at the NUL, a control character */
			len++;
		put_all(&o, text, len);
		text += len;
		if (*text)
			put_hex(&o, *text++);
	}
	return finish(&o);
}
