/* SPDX-License-Identifier: MIT */
/*
 * pretty: see pretty.h
 */
#include "ctl/pretty.h"

#include <string.h>
#include <strings.h>

#define MASK "***"

struct printer {
	const char *text;
	size_t len, at;
	int depth;
	bool with_secrets;
	FILE *f; /* NULL: skip silently */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* From the opening quote to behind the closing one. */
static size_t string_end(const char *text, size_t len, size_t at)
{
	for (at++; at < len && text[at] != '"'; at++)
		at += text[at] == '\\';
	return at + 1;
}

static void put(struct printer *p, const char *text, size_t len)
{
	if (p->f)
		(void)fwrite(text, 1, len, p->f); /* the caller looks at ferror() */
}

static void newline(struct printer *p)
{
	if (p->f)
		fprintf(p->f, "\n%*s", 2 * p->depth, "");
}

static void skip_blanks(struct printer *p)
{
	while (p->at < p->len && is_blank(p->text[p->at]))
		p->at++;
}

static bool is_secret_name(const char *name, size_t len)
{
	static const char *const names[] = { "raw_key", "hex", "sas", "bearer_token" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
			return true;
	return memchr(name, '\\', len) != NULL; /* written with escapes: better not */
}

/* A URL without what may be secret in it. Slashes may be escaped, so only marks count. */
static void put_string(struct printer *p, const char *text, size_t len)
{
	const char *query = memchr(text, '?', len);
	size_t shown = query ? (size_t)(query - text) : len;
	const char *at = memrchr(text, '@', shown);
	bool is_url = memmem(text, len, ":/", 2) || memmem(text, len, ":\\", 2);
	size_t from;

	if (p->with_secrets || !(query || (at && is_url))) {
		put(p, text, len);
		return;
	}
	put(p, "\"", 1);
	if (at && is_url)
		put(p, MASK, strlen(MASK));
	from = at && is_url ? (size_t)(at - text) : 1;
	put(p, text + from, shown - from);
	if (query)
		put(p, "?" MASK "\"", strlen("?" MASK "\""));
}

static void print_value(struct printer *p, bool is_secret);

static void print_member(struct printer *p)
{
	size_t end = string_end(p->text, p->len, p->at);
	const char *name = p->text + p->at + 1;
	size_t len = end - p->at - 2;

	put(p, p->text + p->at, end - p->at);
	put(p, ": ", 2);
	p->at = end;
	skip_blanks(p);
	p->at++; /* the colon */
	print_value(p, !p->with_secrets && is_secret_name(name, len));
}

static void print_list(struct printer *p, char end)
{
	bool is_first = true;

	put(p, p->text + p->at++, 1);
	p->depth++;
	for (;;) {
		skip_blanks(p);
		if (p->at >= p->len || p->text[p->at] == end)
			break;
		if (p->text[p->at] == ',') {
			p->at++;
			continue;
		}
		if (!is_first)
			put(p, ",", 1);
		is_first = false;
		newline(p);
		if (end == '}')
			print_member(p);
		else
			print_value(p, false);
	}
	p->depth--;
	if (!is_first)
		newline(p);
	put(p, &end, 1);
	p->at++;
}

static void print_secret(struct printer *p)
{
	struct printer silent = *p;

	silent.f = NULL;
	print_value(&silent, false);
	p->at = silent.at;
	put(p, "\"" MASK "\"", 2 + strlen(MASK));
}

static void print_value(struct printer *p, bool is_secret)
{
	size_t end = p->at;

	skip_blanks(p);
	if (p->at >= p->len)
		return;
	if (is_secret) {
		print_secret(p);
		return;
	}
	switch (p->text[p->at]) {
	case '{':
		print_list(p, '}');
		return;
	case '[':
		print_list(p, ']');
		return;
	case '"':
		end = string_end(p->text, p->len, p->at);
		put_string(p, p->text + p->at, end - p->at);
		break;
	default:
		end = p->at + 1;
		while (end < p->len && !is_blank(p->text[end]) && !strchr(",]}", p->text[end]))
			end++;
		put(p, p->text + p->at, end - p->at);
		break;
	}
	p->at = end;
}

void pretty_print(const char *text, size_t len, bool with_secrets, FILE *f)
{
	struct printer p = { .text = text, .len = len, .with_secrets = with_secrets, .f = f };

	print_value(&p, false);
	put(&p, "\n", 1);
}

size_t pretty_shorten(char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		size_t end = text[i] == '"' ? string_end(text, len, i) : i + 1;

		if (!is_blank(text[i])) {
			memmove(text + n, text + i, end - i);
			n += end - i;
		}
		i = end;
	}
	return n;
}
