/* SPDX-License-Identifier: MIT */
/*
 * conf-scan: see conf-scan.h
 *
 * Recursive descent over the bytes; the depth is limited before the stack could be. The
 * names of the members of all open objects lie in one array, those of the innermost last.
 */
#include "conf/conf-scan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf-field.h"
#include "conf/conf-finding.h"

#define FEW_MEMBERS   24 /* below that, comparing each with each is fastest */
#define NAME_SHOWN    64 /* bytes of a name in a path */
#define FIRST_MEMBERS 64

struct member {
	const char *name;
	size_t len, at;
	uint32_t hash;
	bool is_decoded; /* had escapes: the name is a copy of ours */
};

struct level {
	const struct member *member; /* NULL: in a list */
	size_t index;
	struct member copy;
};

struct scan {
	const char *text;
	size_t len, at;
	struct member *members;
	size_t n_members, room;
	struct level levels[CONF_DEPTH_MAX];
	unsigned depth;
	scan_duplicate fn;
	void *arg;
	struct scan_problem *problem;
};

static int scan_value(struct scan *s);

static int bad(struct scan *s, size_t at, const char *rule)
{
	s->problem->rule = rule;
	s->problem->at = at;
	return -EBADMSG;
}

static void skip_blanks(struct scan *s)
{
	while (s->at < s->len && (s->text[s->at] == ' ' || s->text[s->at] == '\n' ||
				  s->text[s->at] == '\t' || s->text[s->at] == '\r'))
		s->at++;
}

static int peek(const struct scan *s)
{
	return s->at < s->len ? (unsigned char)s->text[s->at] : -1;
}

static int unexpected(struct scan *s, const char *rule)
{
	return bad(s, s->at, peek(s) < 0 ? "the text ends early" : rule);
}

/* Bytes of the well-formed character at @p (RFC 3629), 0 if it is none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	size_t n = *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;

	if (n == 0 || n > left)
		return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
		return 0; /* overlong, surrogate, beyond U+10FFFF */
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static int hex4(const struct scan *s, size_t at)
{
	int value = 0;

	if (at + 4 > s->len)
		return -1;
	for (size_t i = at; i < at + 4; i++) {
		char c = s->text[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* \uXXXX, two of them for what is beyond U+FFFF. @at: the backslash. */
static int scan_unicode(struct scan *s, size_t at)
{
	int high = hex4(s, at + 2), low;

	s->at = at + 6;
	if (high < 0)
		return bad(s, at, "\\u is not followed by four hexadecimal digits");
	if (high < 0xd800 || high > 0xdfff)
		return 0;
	low = s->at + 1 < s->len && s->text[s->at] == '\\' && s->text[s->at + 1] == 'u'
		      ? hex4(s, s->at + 2)
		      : -1;
	if (high > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return bad(s, at, "half of a surrogate pair");
	s->at += 6;
	return 0;
}

static int scan_escape(struct scan *s)
{
	size_t at = s->at;

	if (at + 1 >= s->len)
		return bad(s, s->len, "the text ends early");
	if (s->text[at + 1] == 'u')
		return scan_unicode(s, at);
	if (!strchr("\"\\/bfnrt", s->text[at + 1]) || !s->text[at + 1])
		return bad(s, at, "an escape that JSON does not have");
	s->at += 2;
	return 0;
}

/* From the quote to behind the closing one. */
static int scan_string(struct scan *s, bool *ret_has_escapes)
{
	const unsigned char *text = (const unsigned char *)s->text;

	*ret_has_escapes = false;
	for (s->at++; s->at < s->len;) {
		unsigned char c = text[s->at];
		int r;

		if (c == '"') {
			s->at++;
			return 0;
		}
		if (c == '\\') {
			*ret_has_escapes = true;
			r = scan_escape(s);
			if (r < 0)
				return r;
		} else if (c < 0x20) {
			return bad(s, s->at, "a control character in a string");
		} else if (c < 0x80) {
			s->at++;
		} else {
			size_t n = utf8_length(text + s->at, s->len - s->at);

			if (n == 0)
				return bad(s, s->at, "not UTF-8");
			s->at += n;
		}
	}
	return bad(s, s->at, "the text ends early");
}

static size_t put_utf8(char *dst, unsigned c)
{
	if (c < 0x80) {
		dst[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		dst[0] = (char)(0xc0 | c >> 6);
		dst[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		dst[0] = (char)(0xe0 | c >> 12);
		dst[1] = (char)(0x80 | (c >> 6 & 63));
		dst[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	dst[0] = (char)(0xf0 | c >> 18);
	dst[1] = (char)(0x80 | (c >> 12 & 63));
	dst[2] = (char)(0x80 | (c >> 6 & 63));
	dst[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* What @from to @to (checked, without quotes) says; never longer than it is written. */
static char *decode(const struct scan *s, size_t from, size_t to, size_t *ret_len)
{
	static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	char *out = malloc(to - from + 1);
	size_t n = 0;

	for (size_t i = from; out && i < to;) {
		unsigned c;

		if (s->text[i] != '\\') {
			out[n++] = s->text[i++];
		} else if (s->text[i + 1] != 'u') {
			const char *letter = strchr(letters, s->text[i + 1]);

			out[n++] = letter ? meanings[letter - letters] : s->text[i + 1];
			i += 2;
		} else {
			c = (unsigned)hex4(s, i + 2);
			i += 6;
			if (c >= 0xd800 && c <= 0xdfff) {
				c = 0x10000 + ((c & 0x3ff) << 10) +
				    ((unsigned)hex4(s, i + 2) & 0x3ff);
				i += 6;
			}
			n += put_utf8(out + n, c);
		}
	}
	*ret_len = n;
	return out;
}

static uint32_t hash(const char *name, size_t len)
{
	uint32_t h = 2166136261u; /* FNV-1a; order only, nothing is looked up by it */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)name[i]) * 16777619u;
	return h;
}

static int scan_name(struct scan *s)
{
	struct member *m;
	bool has_escapes;
	size_t at = s->at;
	int r = scan_string(s, &has_escapes);

	if (r < 0)
		return r;
	if (s->n_members == s->room) {
		size_t room = s->room ? 2 * s->room : FIRST_MEMBERS;

		m = realloc(s->members, room * sizeof(*m));
		if (!m)
			return -ENOMEM;
		s->members = m;
		s->room = room;
	}
	m = &s->members[s->n_members];
	*m = (struct member){ .name = s->text + at + 1, .len = s->at - at - 2, .at = at };
	if (has_escapes) {
		m->name = decode(s, at + 1, s->at - 1, &m->len);
		if (!m->name)
			return -ENOMEM;
		m->is_decoded = true;
	}
	m->hash = hash(m->name, m->len);
	s->n_members++;
	if (memchr(m->name, '\0', m->len))
		return bad(s, at, "a NUL in the name of a member");
	return 0;
}

static size_t put_name(char *dst, size_t size, const struct member *m)
{
	char name[NAME_SHOWN + 1], shown[NAME_SHOWN + 32];

	(void)snprintf(name, sizeof(name), "%.*s", (int)m->len, m->name); /* cut when too long */
	finding_show(name, shown, sizeof(shown));
	return (size_t)snprintf(dst, size, ".%s", shown);
}

static void report(struct scan *s, const struct member *m)
{
	char path[FIELD_PATH_MAX] = "$";
	size_t n = 1;
	int share = -1;

	for (unsigned i = 0; i + 1 < s->depth && n < sizeof(path); i++)
		if (s->levels[i].member)
			n += put_name(path + n, sizeof(path) - n, &s->levels[i].copy);
		else
			n += (size_t)snprintf(path + n, sizeof(path) - n, "[%zu]",
					      s->levels[i].index);
	if (n < sizeof(path))
		(void)put_name(path + n, sizeof(path) - n, m);
	if (s->depth > 2 && s->levels[0].member && !s->levels[1].member)
		share = (int)s->levels[1].index;
	s->fn(s->arg, path, share, m->at);
}

static bool is_same(const struct member *a, const struct member *b)
{
	return a->hash == b->hash && a->len == b->len && memcmp(a->name, b->name, a->len) == 0;
}

static int compare(const void *pa, const void *pb)
{
	const struct member *a = pa, *b = pb;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	if (memcmp(a->name, b->name, a->len) != 0)
		return memcmp(a->name, b->name, a->len);
	return a->at < b->at ? -1 : a->at > b->at;
}

static void check_few(struct scan *s, const struct member *m, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (is_same(&m[i], &m[k])) {
				report(s, &m[i]);
				break;
			}
}

/* The members from @first on are those of the object that ends here. */
static void end_object(struct scan *s, size_t first)
{
	size_t n = s->n_members - first;
	struct member *m = n > 0 ? s->members + first : NULL;

	if (n <= FEW_MEMBERS) {
		check_few(s, m, n);
		return;
	}
	qsort(m, n, sizeof(*m), compare);
	for (size_t i = 1; i < n; i++)
		if (is_same(&m[i - 1], &m[i]))
			report(s, &m[i]);
}

static void forget(struct scan *s, size_t first)
{
	while (s->n_members > first) {
		struct member *m = &s->members[--s->n_members];

		if (m->is_decoded)
			free((char *)m->name);
	}
}

static int scan_member(struct scan *s)
{
	struct level *level = &s->levels[s->depth - 1];
	int r;

	skip_blanks(s);
	if (peek(s) != '"')
		return unexpected(s, "a member's name in double quotes is missing here");
	r = scan_name(s);
	if (r < 0)
		return r;
	level->copy = s->members[s->n_members - 1]; /* the array may move */
	level->member = &level->copy;
	skip_blanks(s);
	if (peek(s) != ':')
		return unexpected(s, "a colon is missing here");
	s->at++;
	return scan_value(s);
}

static int scan_element(struct scan *s)
{
	int r = scan_value(s);

	s->levels[s->depth - 1].index++;
	return r;
}

static int scan_list(struct scan *s, char end, int (*element)(struct scan *))
{
	s->at++;
	skip_blanks(s);
	if (peek(s) == end) {
		s->at++;
		return 0;
	}
	for (;;) {
		int r = element(s);

		if (r < 0)
			return r;
		skip_blanks(s);
		if (peek(s) == end) {
			s->at++;
			return 0;
		}
		if (peek(s) != ',')
			return unexpected(s, end == '}' ? "a comma or } is missing here"
							: "a comma or ] is missing here");
		s->at++;
	}
}

static int scan_container(struct scan *s, char end)
{
	size_t first = s->n_members;
	int r;

	if (s->depth == CONF_DEPTH_MAX)
		return bad(s, s->at, "nested too deeply");
	s->levels[s->depth++] = (struct level){ 0 };
	r = scan_list(s, end, end == '}' ? scan_member : scan_element);
	if (r == 0 && end == '}')
		end_object(s, first);
	forget(s, first);
	s->depth--;
	return r;
}

static size_t skip_digits(struct scan *s)
{
	size_t from = s->at;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->at++;
	return s->at - from;
}

static int scan_number(struct scan *s)
{
	size_t from = s->at;

	if (peek(s) == '-')
		s->at++;
	if (peek(s) == '0')
		s->at++;
	else if (skip_digits(s) == 0)
		return bad(s, from, "not a value of JSON");
	if (peek(s) == '.') {
		s->at++;
		if (skip_digits(s) == 0)
			return unexpected(s, "a digit is missing here");
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		s->at++;
		if (peek(s) == '+' || peek(s) == '-')
			s->at++;
		if (skip_digits(s) == 0)
			return unexpected(s, "a digit is missing here");
	}
	return 0;
}

static int scan_word(struct scan *s, const char *word)
{
	size_t len = strlen(word);

	if (s->len - s->at < len || memcmp(s->text + s->at, word, len) != 0)
		return bad(s, s->at, "not a value of JSON");
	s->at += len;
	return 0;
}

static int scan_value(struct scan *s)
{
	bool has_escapes;

	skip_blanks(s);
	switch (peek(s)) {
	case -1:
		return bad(s, s->at, "the text ends early");
	case '{':
		return scan_container(s, '}');
	case '[':
		return scan_container(s, ']');
	case '"':
		return scan_string(s, &has_escapes);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	case ',':
	case '}':
	case ']':
		return bad(s, s->at, "a value is missing here");
	default:
		return scan_number(s);
	}
}

int scan_json(const char *text, size_t len, scan_duplicate fn, void *arg, struct scan_problem *ret)
{
	struct scan s = { .text = text, .len = len, .fn = fn, .arg = arg, .problem = ret };
	int r = scan_value(&s);

	forget(&s, 0);
	free(s.members);
	skip_blanks(&s);
	if (r == 0 && s.at < len)
		return bad(&s, s.at, "something stands behind the end of the JSON text");
	return r;
}

void scan_position(const char *text, size_t at, unsigned *ret_line, unsigned *ret_column)
{
	unsigned line = 1;
	size_t start = 0;

	for (const char *p = text; (p = memchr(p, '\n', at - (size_t)(p - text))); p++) {
		line++;
		start = (size_t)(p - text) + 1;
	}
	*ret_line = line;
	*ret_column = (unsigned)(at - start) + 1;
}
