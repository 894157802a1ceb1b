/* SPDX-License-Identifier: MIT */
/*
 * report: see report.h
 */
#include "conf/report.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define TAIL_MAX      64 /* bytes of what report_end() adds */
#define ESCAPED_MAX   6	 /* bytes of \u00NN */
#define PARSE_DEPTH   8
#define LEVEL_ERROR   "error"
#define LEVEL_WARNING "warning"

void report_done(struct report *r)
{
	free(r->text);
	*r = (struct report){ 0 };
}

static bool put(struct report *r, const char *text)
{
	size_t len = strlen(text);

	if (r->n + len > REPORT_MAX - TAIL_MAX)
		return false;
	memcpy(r->text + r->n, text, len + 1);
	r->n += len;
	return true;
}

/* A JSON string, or null. Bytes above ASCII go in as they are. */
static bool put_string(struct report *r, const char *text)
{
	char *dst;

	if (!text)
		return put(r, "null");
	if (r->n + ESCAPED_MAX * strlen(text) + 2 > REPORT_MAX - TAIL_MAX)
		return false;
	dst = r->text + r->n;
	*dst++ = '"';
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f) {
			dst += snprintf(dst, ESCAPED_MAX + 1, "\\u%04x", (unsigned char)*text);
			continue;
		}
		if (*text == '"' || *text == '\\')
			*dst++ = '\\';
		*dst++ = *text;
	}
	*dst++ = '"';
	*dst = '\0';
	r->n = (size_t)(dst - r->text);
	return true;
}

static bool put_member(struct report *r, const char *before, const char *value)
{
	return put(r, before) && put_string(r, value);
}

int report_begin(struct report *r, const char *share, const char *source, bool is_refused)
{
	*r = (struct report){ .text = malloc(REPORT_MAX) };
	if (!r->text)
		return -ENOMEM;
	(void)put_member(r, "{\"share\":", share); /* short: there is room */
	if (!put_member(r, ",\"source\":", source))
		(void)put(r, "null");
	(void)put(r, is_refused ? ",\"is_refused\":true" : ",\"is_refused\":false");
	(void)put(r, ",\"findings\":[");
	return 0;
}

void report_add(struct report *r, const struct finding *f)
{
	size_t start = r->n;
	char place[64];

	(void)snprintf(place, sizeof(place), ",\"line\":%u,\"column\":%u}", f->line, f->column);
	if (put_member(r, r->n_findings > 0 ? ",{\"level\":" : "{\"level\":",
		       f->level == FINDING_ERROR ? LEVEL_ERROR : LEVEL_WARNING) &&
	    put_member(r, ",\"path\":", f->path) && put_member(r, ",\"value\":", f->value) &&
	    put_member(r, ",\"rule\":", f->rule) && put_member(r, ",\"remedy\":", f->remedy) &&
	    put(r, place)) {
		r->n_findings++;
		return;
	}
	r->n = start;
	r->n_left_out++;
}

void report_end(struct report *r)
{
	r->n += (size_t)snprintf(r->text + r->n, TAIL_MAX, "],\"more\":%zu}", r->n_left_out);
}

/* reading */

static int get_string(json_object *object, const char *name, char **ret)
{
	json_object *value = json_object_object_get(object, name);

	*ret = NULL;
	if (!value)
		return 0;
	if (!json_object_is_type(value, json_type_string))
		return -EBADMSG;
	*ret = strdup(json_object_get_string(value));
	return *ret ? 0 : -ENOMEM;
}

static unsigned get_number(json_object *object, const char *name)
{
	int value = json_object_get_int(json_object_object_get(object, name));

	return value > 0 ? (unsigned)value : 0;
}

static int get_finding(json_object *object, struct finding *f)
{
	cleanup_free char *level = NULL;
	int r;

	*f = (struct finding){ .share = -1 };
	if (!json_object_is_type(object, json_type_object))
		return -EBADMSG;
	r = get_string(object, "level", &level);
	if (r == 0)
		r = get_string(object, "path", &f->path);
	if (r == 0)
		r = get_string(object, "value", &f->value);
	if (r == 0)
		r = get_string(object, "rule", &f->rule);
	if (r == 0)
		r = get_string(object, "remedy", &f->remedy);
	f->line = get_number(object, "line");
	f->column = get_number(object, "column");
	f->level = level && strcmp(level, LEVEL_WARNING) == 0 ? FINDING_WARNING : FINDING_ERROR;
	return r;
}

static int get_content(json_object *root, struct report_content *c)
{
	json_object *list;
	size_t n;
	int r;

	*c = (struct report_content){ 0 };
	if (!json_object_is_type(root, json_type_object))
		return -EBADMSG;
	r = get_string(root, "share", &c->share);
	if (r == 0)
		r = get_string(root, "source", &c->source);
	c->is_refused = json_object_get_boolean(json_object_object_get(root, "is_refused"));
	c->n_left_out = get_number(root, "more");
	list = json_object_object_get(root, "findings");
	if (r < 0 || !json_object_is_type(list, json_type_array))
		return r < 0 ? r : -EBADMSG;
	n = json_object_array_length(list);
	c->findings = calloc(n + 1, sizeof(*c->findings));
	if (!c->findings)
		return -ENOMEM;
	while (r == 0 && c->n_findings < n) {
		r = get_finding(json_object_array_get_idx(list, c->n_findings),
				&c->findings[c->n_findings]);
		c->n_findings++;
	}
	return r;
}

int report_parse(const char *text, size_t len, struct report_content *ret, struct err *e)
{
	json_tokener *tokener;
	json_object *root;
	int r;

	if (len > REPORT_MAX)
		return err_set(e, EBADMSG, "it is larger than %d bytes", REPORT_MAX);
	tokener = json_tokener_new_ex(PARSE_DEPTH);
	if (!tokener)
		return err_errno(e, ENOMEM, "read it");
	root = json_tokener_parse_ex(tokener, text, (int)len);
	json_tokener_free(tokener);
	r = get_content(root, ret);
	json_object_put(root);
	if (r < 0)
		report_content_done(ret);
	return r < 0 ? err_set(e, -r, "it is not what the generator writes") : 0;
}

void report_content_done(struct report_content *c)
{
	for (size_t i = 0; i < c->n_findings; i++) {
		free(c->findings[i].path);
		free(c->findings[i].value);
		free(c->findings[i].rule);
		free(c->findings[i].remedy);
	}
	free(c->findings);
	free(c->share);
	free(c->source);
	*c = (struct report_content){ 0 };
}
