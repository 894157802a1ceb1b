/* SPDX-License-Identifier: MIT */
/*
 * conf-finding: see conf-finding.h
 */
#include "conf/conf-finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define RULE_MAX    1024
#define FIRST_ROOM  8
#define WARNING_MAX (CONF_FINDINGS_MAX / 2) /* the other half is kept for errors */
#define ESCAPE_SIZE 4			    /* \xNN */

static void put_escaped(const unsigned char *p, size_t n, char **dst)
{
	for (size_t i = 0; i < n; i++)
		*dst += snprintf(*dst, ESCAPE_SIZE + 1, "\\x%02x", p[i]);
}

/* Bytes of the character at @p, and whether a terminal may be given it as it is. */
static size_t character(const unsigned char *p, bool *ret_is_plain)
{
	size_t n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

	*ret_is_plain = *p >= 0x20 && *p != 0x7f && (*p < 0x80 || *p >= 0xc2);
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80) {
			*ret_is_plain = false;
			return i;
		}
	if (n == 2 && p[0] == 0xc2 && p[1] < 0xa0)
		*ret_is_plain = false; /* C1 controls */
	if (n == 3 && p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0x8b) || p[1] == 0x81))
		*ret_is_plain = false; /* changes of direction, invisible characters */
	return n;
}

/* Where what may be shown ends: a query, or something that looks like a piece of one. */
static size_t plain_length(const char *value)
{
	const char *signature = strcasestr(value, "sig=");
	size_t len = strlen(value), n = len;

	if (strstr(value, "://"))
		n = strcspn(value, "?#&");
	else if (strchr(value, '='))
		n = strcspn(value, "?&");
	return signature && (size_t)(signature - value) < n ? (size_t)(signature - value) : n;
}

/* The same, and the part of a URL before it that may not be shown either. */
static size_t shown_length(const char *value, size_t *ret_user, size_t *ret_user_end)
{
	const char *scheme = strstr(value, "://"), *authority = scheme ? scheme + 3 : NULL;
	const char *at = scheme ? memrchr(authority, '@', strcspn(authority, "/?#")) : NULL;

	*ret_user = *ret_user_end = 0;
	if (at) {
		*ret_user = (size_t)(authority - value);
		*ret_user_end = (size_t)(at - value);
	}
	return plain_length(value);
}

void finding_show(const char *value, char *dst, size_t size)
{
	size_t user, user_end, len = shown_length(value, &user, &user_end), i = 0;
	const char *more = value[len] ? "?..." : "";
	char *end = dst + size - sizeof("?...") - ESCAPE_SIZE * 4;

	while (i < len) {
		const unsigned char *p = (const unsigned char *)value + i;
		bool is_plain;
		size_t n;

		if (dst >= end) {
			more = "...";
			break;
		}
		if (i == user && user < user_end) {
			dst = stpcpy(dst, "...");
			i = user_end;
			continue;
		}
		n = character(p, &is_plain);
		if (is_plain)
			dst = mempcpy(dst, p, n);
		else
			put_escaped(p, n, &dst);
		i += n;
	}
	memcpy(dst, more, strlen(more) + 1); /* @end left room for it */
}

bool finding_has_room(const struct conf *c, enum finding_level level)
{
	return c->n_findings < (level == FINDING_ERROR ? CONF_FINDINGS_MAX : WARNING_MAX);
}

/* The array grows by doubling; its size is the next power of two of what is in it. */
static struct finding *next(struct conf *c)
{
	size_t n = c->n_findings;

	if (n == 0 || (n >= FIRST_ROOM && (n & (n - 1)) == 0)) {
		size_t room = n == 0 ? FIRST_ROOM : 2 * n;
		struct finding *more = realloc(c->findings, room * sizeof(*more));

		if (!more)
			return NULL;
		c->findings = more;
	}
	c->findings[n] = (struct finding){ 0 };
	return &c->findings[n];
}

static void mark(struct conf *c, int share)
{
	if (share < 0)
		c->is_unusable = true;
	else if ((size_t)share < c->n_shares)
		c->shares[share]->is_broken = true;
}

void finding_add(struct conf *c, enum finding_level level, const struct finding_place *place,
		 const char *value, const char *remedy, const char *fmt, ...)
{
	char shown[FINDING_VALUE_MAX + 32], rule[RULE_MAX];
	struct finding *f;
	va_list ap;

	if (level == FINDING_ERROR)
		mark(c, place->share);
	f = finding_has_room(c, level) ? next(c) : NULL;
	if (!f) {
		c->n_findings_dropped++;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(rule, sizeof(rule), fmt, ap); /* cut when too long */
	va_end(ap);
	if (value)
		finding_show(value, shown, sizeof(shown));
	f->level = level;
	f->share = place->share;
	f->path = strdup(place->path);
	f->value = value ? strdup(shown) : NULL;
	f->rule = strdup(rule);
	f->remedy = remedy ? strdup(remedy) : NULL;
	f->line = place->line;
	f->column = place->column;
	c->n_findings++;
}

char *finding_format(const struct finding *f)
{
	char where[64] = "", *out;
	int r;

	if (f->line > 0)
		(void)snprintf(where, sizeof(where), "line %u, column %u: ", f->line, f->column);
	r = asprintf(&out, "%s: %s%s: %s%s%s%s%s%s%s",
		     f->level == FINDING_ERROR ? "error" : "warning", where,
		     f->path ? f->path : "$", f->value ? "'" : "", f->value ? f->value : "",
		     f->value ? "': " : "", f->rule ? f->rule : "", f->remedy ? ". Remedy: " : "",
		     f->remedy ? f->remedy : "", f->remedy ? "." : "");
	return r < 0 ? NULL : out;
}
