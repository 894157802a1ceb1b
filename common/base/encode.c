/* SPDX-License-Identifier: MIT */
/*
 * encode: see encode.h
 */
#include "base/encode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const char base64_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int bad_base64(struct err *e, size_t at, const char *why)
{
	int r = err_set(e, EBADMSG, "not base64: byte %zu: %s", at + 1, why);

	err_remedy(e, "encode it again with the standard alphabet and padding, as base64 -w0 does");
	return r;
}

int base64_decode(const char *text, size_t len, uint8_t **ret, size_t *ret_len, struct err *e)
{
	cleanup_free uint8_t *out = NULL;
	size_t n = 0, n_chars = 0, n_padding = 0;
	uint32_t group = 0;

	while (len > 0 && is_blank(text[len - 1]))
		len--;
	out = malloc(len / 4 * 3 + 4);
	if (!out)
		return err_errno(e, ENOMEM, "decode base64");
	for (size_t i = 0; i < len; i++) {
		int value;

		if (text[i] == '\r' || text[i] == '\n' || (n_chars == 0 && is_blank(text[i])))
			continue;
		value = text[i] == '=' ? 0 : base64_value(text[i]);
		if (value < 0)
			return bad_base64(e, i, "not in the standard alphabet");
		if (n_padding > 0 && (text[i] != '=' || n_chars % 4 == 0))
			return bad_base64(e, i, "data after the padding");
		if (text[i] == '=') {
			if (n_chars % 4 < 2)
				return bad_base64(e, i, "padding at this place");
			n_padding++;
		}
		group = group << 6 | (uint32_t)value;
		if (++n_chars % 4 != 0)
			continue;
		if ((n_padding == 1 && group & 0xff) || (n_padding == 2 && group & 0xffff))
			return bad_base64(e, i, "unused bits are set");
		out[n++] = (uint8_t)(group >> 16);
		if (n_padding < 2)
			out[n++] = (uint8_t)(group >> 8);
		if (n_padding < 1)
			out[n++] = (uint8_t)group;
	}
	if (n_chars % 4 != 0)
		return bad_base64(e, len, "it ends early (padding is required)");
	out[n] = 0;
	*ret = steal_ptr(&out);
	*ret_len = n;
	return 0;
}

char *base64_encode(const void *data, size_t len)
{
	const uint8_t *in = data;
	char *out = malloc((len + 2) / 3 * 4 + 1), *p = out;

	if (!out)
		return NULL;
	for (size_t i = 0; i < len; i += 3) {
		uint32_t group = (uint32_t)in[i] << 16;

		if (i + 1 < len)
			group |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < len)
			group |= in[i + 2];
		*p++ = base64_alphabet[group >> 18];
		*p++ = base64_alphabet[group >> 12 & 63];
		*p++ = i + 1 < len ? base64_alphabet[group >> 6 & 63] : '=';
		*p++ = i + 2 < len ? base64_alphabet[group & 63] : '=';
	}
	*p = '\0';
	return out;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

long hex_decode(const char *text, size_t len, uint8_t *dst)
{
	if (len % 2 != 0)
		return -EBADMSG;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_value(text[i]), low = hex_value(text[i + 1]);

		if (high < 0 || low < 0)
			return -EBADMSG;
		dst[i / 2] = (uint8_t)(high << 4 | low);
	}
	return (long)(len / 2);
}

void hex_encode(const void *data, size_t len, char *dst)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = data;

	for (size_t i = 0; i < len; i++) {
		dst[2 * i] = digits[in[i] >> 4];
		dst[2 * i + 1] = digits[in[i] & 15];
	}
	dst[2 * len] = '\0';
}
