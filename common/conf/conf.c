/* SPDX-License-Identifier: MIT */
/*
 * conf: see conf.h
 */
#include "conf/conf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/encode.h"
#include "conf/conf-field.h"
#include "conf/conf-finding.h"
#include "conf/conf-json.h"
#include "conf/conf-scan.h"

const char *const conf_form_names[] = {
	[CONF_FORM_UNKNOWN] = "unknown",     [CONF_FORM_NATIVE] = "native",
	[CONF_FORM_REMOTEFS] = "remotefs",   [CONF_FORM_SHARE] = "share",
	[CONF_FORM_IMPORTKEY] = "importkey", [CONF_FORM_SKR] = "skr",
};

/* Duplicates are met before it is known what they mean. */
struct duplicates {
	struct finding_place places[CONF_FINDINGS_MAX];
	size_t at[CONF_FINDINGS_MAX];
	size_t n, n_more;
};

static void note_duplicate(void *arg, const char *path, int share, size_t at)
{
	struct duplicates *d = arg;
	char *copy = d->n < CONF_FINDINGS_MAX ? strdup(path) : NULL;

	if (!copy) {
		d->n_more++;
		return;
	}
	d->places[d->n] = (struct finding_place){ .share = share, .path = copy };
	d->at[d->n++] = at;
}

static void free_duplicates(struct duplicates *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n; i++)
		free((char *)d->places[i].path);
	free(d);
}

static void cleanup_duplicates_fn(struct duplicates **d)
{
	free_duplicates(*d);
}

static bool is_in_share(const struct conf *c, const char *path, int share)
{
	const char *list = c->form == CONF_FORM_REMOTEFS ? "$.azure_filesystems[" : "$.shares[";

	return (size_t)share < c->n_shares && strncasecmp(path, list, strlen(list)) == 0;
}

static void add_duplicates(struct conf *c, const char *text, struct duplicates *d)
{
	bool is_strict = c->form == CONF_FORM_NATIVE || c->form == CONF_FORM_SHARE;
	enum finding_level level = is_strict ? FINDING_ERROR : FINDING_WARNING;

	for (size_t i = 0; i < d->n; i++) {
		struct finding_place *place = &d->places[i];

		if (c->form == CONF_FORM_SHARE)
			place->share = 0;
		else if (place->share >= 0 && !is_in_share(c, place->path, place->share))
			place->share = -1;
		scan_position(text, d->at[i], &place->line, &place->column);
		finding_add(c, level, place, NULL, "keep one of them",
			    is_strict ? "is given more than once"
				      : "is given more than once; the last one counts");
	}
	c->n_findings_dropped += d->n_more;
	if (is_strict && d->n_more > 0)
		c->is_unusable = true; /* nobody noted which shares they are in */
}

static void reject(struct conf *c, const char *text, size_t at, const char *remedy,
		   const char *rule)
{
	struct finding_place place = { .share = -1, .path = "$" };

	if (text)
		scan_position(text, at, &place.line, &place.column);
	finding_add(c, FINDING_ERROR, &place, NULL, remedy, "%s", rule);
}

/* What a text that cannot be read was meant to be, for the message. */
static enum conf_form guess(const char *text, size_t len)
{
	static const struct {
		const char *member;
		enum conf_form form;
	} signs[] = {
		{ "\"azure_filesystems\"", CONF_FORM_REMOTEFS },
		{ "\"shares\"", CONF_FORM_NATIVE },
		{ "\"azure_info\"", CONF_FORM_REMOTEFS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (memmem(text, len, signs[i].member, strlen(signs[i].member)))
			return signs[i].form;
	return CONF_FORM_UNKNOWN;
}

static int parse_json(struct conf *c, const char *text, size_t len)
{
	__attribute__((cleanup(cleanup_duplicates_fn))) struct duplicates *d =
		calloc(1, sizeof(*d));
	struct scan_problem problem;
	int r;

	if (!d)
		return -ENOMEM;
	r = scan_json(text, len, note_duplicate, d, &problem);
	if (r == -EBADMSG) {
		c->form = guess(text, len);
		reject(c, text, problem.at, "correct the text there", problem.rule);
		return 0;
	}
	if (r == 0)
		r = json_read_conf(c, text, len);
	if (r < 0)
		return r;
	add_duplicates(c, text, d);
	for (size_t i = 0; i < c->n_shares; i++)
		if (c->is_unusable)
			c->shares[i]->is_broken = true;
	return 0;
}

static size_t skip_blanks(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n'))
		i++;
	return i;
}

static int parse_base64(struct conf *c, const char *text, size_t len)
{
	struct err e = { 0 };
	uint8_t *decoded = NULL;
	size_t n = 0;
	int r = base64_decode(text, len, &decoded, &n, &e);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		char rule[ERR_TEXT_MAX + 64];

		(void)snprintf(rule, sizeof(rule), "neither JSON (it does not begin with {) nor %s",
			       e.text + (strncmp(e.text, "not ", 4) == 0 ? 4 : 0));
		reject(c, NULL, 0, "begin it with {, or encode it with base64 -w0", rule);
		return 0;
	}
	c->was_base64 = true;
	r = skip_blanks((char *)decoded, n);
	if ((size_t)r < n && decoded[r] == '{') {
		r = parse_json(c, (char *)decoded, n);
	} else {
		reject(c, NULL, 0, "encode the JSON text, once",
		       "base64 of something that is not "
		       "a JSON object");
		r = 0;
	}
	explicit_bzero(decoded, n);
	free(decoded);
	return r;
}

static int parse_any(struct conf *c, const char *text, size_t len)
{
	size_t blanks;

	if (len > CONF_TEXT_MAX) {
		reject(c, NULL, 0, "split it", "the text is larger than 1 MiB");
		return 0;
	}
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		reject(c, text, 0, "save it as UTF-8 without a byte order mark",
		       "the text begins with a byte order mark");
		return 0;
	}
	blanks = skip_blanks(text, len);
	if (blanks == len) {
		reject(c, NULL, 0, "begin with {\"shares\": [...]}", "the text is empty");
		return 0;
	}
	return text[blanks] == '{' ? parse_json(c, text, len) : parse_base64(c, text, len);
}

int conf_parse(const char *text, size_t len, struct conf **ret, struct err *e)
{
	struct conf *c = calloc(1, sizeof(*c));
	int r = c ? parse_any(c, text, len) : -ENOMEM;

	if (r < 0) {
		conf_free(c);
		return err_errno(e, -r, "read a configuration");
	}
	*ret = c;
	return 0;
}

void conf_free(struct conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_shares; i++)
		share_free(c->shares[i]);
	for (size_t i = 0; i < c->n_findings; i++) {
		free(c->findings[i].path);
		free(c->findings[i].value);
		free(c->findings[i].rule);
		free(c->findings[i].remedy);
	}
	free(c->shares);
	free(c->findings);
	free(c);
}

static void count_duplicate(void *arg, const char *path, int share, size_t at)
{
	(*(unsigned *)arg)++;
}

static int unit_error(const struct conf *c, struct err *e)
{
	for (size_t i = 0; i < c->n_findings; i++) {
		const struct finding *f = &c->findings[i];

		if (f->level == FINDING_ERROR)
			return err_set(e, EBADMSG, "%s: %s", f->path ? f->path : "$",
				       f->rule ? f->rule : "wrong");
	}
	return err_set(e, EBADMSG, "the share has mistakes");
}

static int parse_unit(struct conf *c, const char *text, size_t len, struct err *e)
{
	struct scan_problem problem;
	unsigned n_duplicates = 0;
	int r = scan_json(text, len, count_duplicate, &n_duplicates, &problem);

	if (r == -EBADMSG)
		return err_set(e, EBADMSG, "byte %zu: %s", problem.at + 1, problem.rule);
	if (r == 0 && n_duplicates > 0)
		return err_set(e, EBADMSG, "a setting is given more than once");
	if (r == 0)
		r = json_read_unit(c, text, len);
	if (r < 0)
		return err_errno(e, -r, "read it");
	if (c->n_shares != 1 || c->shares[0]->is_broken || c->is_unusable)
		return unit_error(c, e);
	return c->shares[0]->name ? 0 : err_set(e, EBADMSG, "the share has no name");
}

int conf_parse_unit(const char *text, size_t len, struct share **ret, struct err *e)
{
	struct conf *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return err_errno(e, ENOMEM, "read the share of this unit");
	if (len > CONF_TEXT_MAX)
		r = err_set(e, EBADMSG, "it is too large");
	else
		r = parse_unit(c, text, len, e);
	if (r < 0)
		err_wrap(e, "read the share of this unit");
	else
		*ret = steal_ptr(&c->shares[0]);
	conf_free(c);
	return r;
}

int conf_parse_trust(const char *text, size_t len, unsigned *ret_origins, struct err *e)
{
	struct scan_problem problem;
	unsigned n_duplicates = 0, line, column;
	int r;

	if (len > CONF_TEXT_MAX)
		return err_set(e, EBADMSG, "it is larger than 1 MiB");
	r = scan_json(text, len, count_duplicate, &n_duplicates, &problem);
	if (r == -EBADMSG) {
		scan_position(text, problem.at, &line, &column);
		return err_set(e, EBADMSG, "line %u, column %u: %s", line, column, problem.rule);
	}
	if (r < 0)
		return err_errno(e, -r, "read it");
	if (n_duplicates > 0)
		return err_set(e, EBADMSG, "a member is given more than once");
	return json_read_trust(text, len, ret_origins, e);
}
