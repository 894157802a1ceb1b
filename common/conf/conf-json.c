/* SPDX-License-Identifier: MIT */
/*
 * conf-json: see conf-json.h
 */
#include "conf/conf-json.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/conf-check.h"
#include "conf/conf-field.h"
#include "conf/conf-finding.h"

/* json-c counts levels in its own way; the scanner has counted them in ours before. */
#define JSON_DEPTH (2 * CONF_DEPTH_MAX)

struct reader {
	struct conf *conf;
	struct field_table table;
	struct draft *draft;
	int share;	     /* index, -1: the whole text */
	json_object *shares; /* the list, once it was met */
	bool is_unit, has_list;
	int error; /* -ENOMEM */
};

/* Go's decoder, which upstream uses, matches names without regard to case. */
static bool folds_case(const struct reader *rd)
{
	return rd->conf->form == CONF_FORM_REMOTEFS;
}

static void add(struct reader *rd, enum finding_level level, const struct field *row, size_t len,
		const char *member, const char *value, const char *remedy, const char *rule)
{
	char path[FIELD_PATH_MAX], name[FINDING_VALUE_MAX + 32];
	struct finding_place place = { .share = rd->share, .path = path };
	size_t n = field_path_prefix(rd->conf->form, rd->share, path);

	if (level == FINDING_ERROR)
		rd->draft->share.is_broken = true;
	if (member)
		finding_show(member, name, sizeof(name));
	(void)snprintf(path + n, sizeof(path) - n, "%.*s%s", (int)len, row->path,
		       member ? name : "");
	finding_add(rd->conf, level, &place, value, remedy, "%s", rule);
}

static void add_row(struct reader *rd, enum finding_level level, const struct field *row,
		    const char *value, const char *remedy, const char *rule)
{
	add(rd, level, row, strlen(row->path), NULL, value, remedy, rule);
}

static const char *type_name(json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return "null";
	case json_type_boolean:
		return "true or false";
	case json_type_double:
	case json_type_int:
		return "a number";
	case json_type_object:
		return "an object";
	case json_type_array:
		return "a list";
	default:
		return "a string";
	}
}

/* Text of a value for a finding; what may be a secret, or is long, only by its type. */
static const char *show(json_object *value, bool is_secret)
{
	json_type type = json_object_get_type(value);

	if (is_secret)
		return FINDING_SECRET;
	if (type == json_type_object || type == json_type_array)
		return type == json_type_object ? "{...}" : "[...]";
	return json_object_get_string(value);
}

static void wrong_type(struct reader *rd, const struct field *row, size_t len, json_object *value,
		       bool is_secret, const char *want)
{
	char rule[128];

	(void)snprintf(rule, sizeof(rule), "must be %s, not %s", want, type_name(value));
	add(rd, FINDING_ERROR, row, len, NULL, show(value, is_secret), "write it as that", rule);
}

static bool is_type(struct reader *rd, const struct field *row, json_object *value, json_type type,
		    const char *want)
{
	if (json_object_is_type(value, type))
		return true;
	wrong_type(rd, row, strlen(row->path), value,
		   row->kind == KIND_SECRET || row->kind == KIND_URL, want);
	return false;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static bool is_placeholder(const char *text, size_t len)
{
	return len > 2 && text[0] == '<' && text[len - 1] == '>';
}

static void set_string(struct reader *rd, const struct field *row, json_object *value)
{
	char **place = field_place(rd->draft, row->id);
	bool is_secret = row->kind == KIND_SECRET;
	const char *text;
	size_t len;

	if (!is_type(rd, row, value, json_type_string, "a string"))
		return;
	text = json_object_get_string(value);
	len = (size_t)json_object_get_string_len(value);
	if (strlen(text) != len || has_control(text)) {
		add_row(rd, FINDING_ERROR, row, is_secret ? FINDING_SECRET : text, "take them out",
			"may not hold control characters");
		return;
	}
	if (len > field_max(row->id)) {
		add_row(rd, FINDING_ERROR, row, is_secret ? FINDING_SECRET : text, "shorten it",
			"is too long");
		return;
	}
	if (is_placeholder(text, len)) {
		rd->draft->placeholder |= UINT64_C(1) << row->id;
		add_row(rd, FINDING_WARNING, row, is_secret ? FINDING_SECRET : text,
			"put the real value there", "a placeholder that was not filled in");
	}
	if (*place)
		explicit_bzero(*place, strlen(*place));
	free(*place);
	*place = strdup(text);
	if (!*place)
		rd->error = -ENOMEM;
}

static void set_enum(struct reader *rd, const struct field *row, json_object *value,
		     const char *const *names)
{
	int *place = field_place(rd->draft, row->id);
	char rule[256] = "must be one of";
	size_t n = strlen(rule);

	rd->draft->invalid |= UINT64_C(1) << row->id;
	if (!is_type(rd, row, value, json_type_string, "a string"))
		return;
	for (int i = 0; names[i]; i++) {
		if (strcmp(names[i], json_object_get_string(value)) == 0) {
			rd->draft->invalid &= ~(UINT64_C(1) << row->id);
			*place = i;
			return;
		}
		n += (size_t)snprintf(rule + n, sizeof(rule) - n, "%s %s", i ? "," : "", names[i]);
	}
	add_row(rd, FINDING_ERROR, row, show(value, false), "choose one of them", rule);
}

static void set_size(struct reader *rd, const struct field *row, json_object *value)
{
	if (!is_type(rd, row, value, json_type_int, "a whole number"))
		return;
	if (json_object_get_int64(value) < 0 || json_object_get_uint64(value) > INT64_MAX)
		add_row(rd, FINDING_ERROR, row, show(value, false), "give it in bytes",
			"out of range");
	else
		*(uint64_t *)field_place(rd->draft, row->id) = json_object_get_uint64(value);
}

static void check_strings(struct reader *rd, const struct field *row, json_object *value)
{
	size_t n;

	if (!is_type(rd, row, value, json_type_array, "a list of strings"))
		return;
	n = json_object_array_length(value);
	for (size_t i = 0; i < n; i++)
		if (!json_object_is_type(json_object_array_get_idx(value, i), json_type_string)) {
			wrong_type(rd, row, strlen(row->path), value, false, "a list of strings");
			return;
		}
}

static void set_value(struct reader *rd, const struct field *row, json_object *value)
{
	switch (row->kind) {
	case KIND_STRING:
	case KIND_URL:
	case KIND_SECRET:
		set_string(rd, row, value);
		break;
	case KIND_BOOL:
		if (is_type(rd, row, value, json_type_boolean, "true or false"))
			*(bool *)field_place(rd->draft, row->id) = json_object_get_boolean(value);
		break;
	case KIND_SIZE:
		set_size(rd, row, value);
		break;
	case KIND_CREDENTIAL:
		set_enum(rd, row, value, share_credential_names);
		break;
	case KIND_PROVIDER:
		set_enum(rd, row, value, share_provider_names);
		break;
	case KIND_VOLUME:
		set_enum(rd, row, value, share_volume_names);
		break;
	case KIND_ORIGIN:
		set_enum(rd, row, value, share_origin_names);
		break;
	case KIND_STRINGS:
		check_strings(rd, row, value);
		break;
	case KIND_IGNORED:
		(void)is_type(rd, row, value, json_type_string, "a string");
		break;
	case KIND_IGNORED_BOOL:
		(void)is_type(rd, row, value, json_type_boolean, "true or false");
		break;
	case KIND_FALSE:
		if (is_type(rd, row, value, json_type_boolean, "true or false") &&
		    json_object_get_boolean(value))
			add_row(rd, FINDING_ERROR, row, "true", "set it to false, or take it out",
				"not available in this version");
		break;
	case KIND_ABSENT:
		add_row(rd, FINDING_ERROR, row, NULL, "take it out",
			"not available in this version");
		break;
	case KIND_SHARES:
		rd->has_list = true;
		if (is_type(rd, row, value, json_type_array, "a list of shares"))
			rd->shares = value;
		break;
	}
}

/* An empty string means "not set" to upstream. */
static bool is_unset(const struct reader *rd, json_object *value)
{
	return json_object_is_type(value, json_type_null) ||
	       (folds_case(rd) && json_object_is_type(value, json_type_string) &&
		json_object_get_string_len(value) == 0);
}

static void read_leaf(struct reader *rd, const struct field *row, json_object *value)
{
	if (is_unset(rd, value))
		return;
	if (row->id != FIELD_NONE && draft_has(rd->draft, row->id))
		add_row(rd, FINDING_WARNING, row, NULL, "keep one of them",
			"is given more than once; the last one counts");
	set_value(rd, row, value);
	rd->draft->given |= row->id == FIELD_NONE ? 0 : UINT64_C(1) << row->id;
}

static bool is_member(const struct reader *rd, const char *path, const char *name, size_t len)
{
	if (path[len] != '\0' && path[len] != '.')
		return false;
	return folds_case(rd) ? strncasecmp(path, name, len) == 0 : memcmp(path, name, len) == 0;
}

/* The first of @n rows whose path goes on with @name behind @prefix bytes; NULL: none. */
static const struct field *find_row(const struct reader *rd, const struct field *rows, size_t n,
				    size_t prefix, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(rows[i].path) >= prefix + len &&
		    is_member(rd, rows[i].path + prefix, name, len))
			return &rows[i];
	return NULL;
}

static size_t run_length(const struct field *row, const struct field *end, size_t prefix)
{
	size_t n = 0;

	while (row + n < end && strncmp(row[n].path, row->path, prefix) == 0)
		n++;
	return n;
}

/* @rows: those below this object; their paths agree in the first @prefix bytes */
static void read_object(struct reader *rd, json_object *object, const struct field *rows, size_t n,
			size_t prefix)
{
	json_object_object_foreach(object, name, value)
	{
		size_t len = strlen(name);
		const struct field *row = find_row(rd, rows, n, prefix, name, len);

		if (!row)
			add(rd, folds_case(rd) ? FINDING_WARNING : FINDING_ERROR, rows, prefix,
			    name, NULL,
			    folds_case(rd) ? "take it out, or correct its name"
					   : "correct its name, or take it out",
			    folds_case(rd) ? "unknown setting; it is ignored" : "unknown setting");
		else if (row->path[prefix + len] == '\0')
			read_leaf(rd, row, value);
		else if (json_object_is_type(value, json_type_object))
			read_object(rd, value, row, run_length(row, rows + n, prefix + len + 1),
				    prefix + len + 1);
		else if (!json_object_is_type(value, json_type_null))
			wrong_type(rd, row, prefix + len, value, true, "an object");
	}
}

static void read_table(struct reader *rd, json_object *object)
{
	read_object(rd, object, rd->table.rows, rd->table.n_rows, 0);
}

/* What is in the draft becomes the share at @rd->share; nothing is copied twice. */
static int finish_share(struct reader *rd)
{
	struct share *s = rd->conf->shares[rd->share];
	bool is_broken = s->is_broken;
	int r = conf_check_share(rd->conf, rd->share, rd->draft, rd->is_unit);

	is_broken = is_broken || s->is_broken || rd->draft->share.is_broken;
	*s = rd->draft->share;
	s->is_broken = is_broken;
	return rd->error < 0 ? rd->error : r;
}

static int read_share(struct reader *rd, json_object *object, const char *client_id)
{
	struct draft d = { .share.boot.is_automatic = true };
	int r;

	rd->draft = &d;
	if (json_object_is_type(object, json_type_object)) {
		read_table(rd, object);
	} else {
		char path[FIELD_PATH_MAX];
		struct finding_place place = { .share = rd->share, .path = path };

		path[field_path_prefix(rd->conf->form, rd->share, path) - 1] = '\0';
		finding_add(rd->conf, FINDING_ERROR, &place, show(object, false),
			    "write each share as {...}", "must be an object, not %s",
			    type_name(object));
		*rd->conf->shares[rd->share] = (struct share){ .is_broken = true };
		return 0;
	}
	if (client_id && d.is_private) {
		d.share.source.client_id = strdup(client_id);
		rd->error = d.share.source.client_id ? rd->error : -ENOMEM;
	}
	r = finish_share(rd);
	if (rd->is_unit && d.origin_digest)
		(void)snprintf(rd->conf->shares[rd->share]->origin.digest, SHA256_HEX_SIZE, "%s",
			       d.origin_digest);
	free(d.origin_digest);
	return r;
}

static int make_room(struct conf *c, size_t n)
{
	c->shares = calloc(n ? n : 1, sizeof(*c->shares));
	for (size_t i = 0; c->shares && i < n; i++) {
		c->shares[i] = calloc(1, sizeof(**c->shares));
		if (!c->shares[i])
			return -ENOMEM;
		c->n_shares++;
	}
	return c->shares ? 0 : -ENOMEM;
}

static void add_whole(struct conf *c, enum finding_level level, const char *value,
		      const char *remedy, const char *rule)
{
	struct finding_place place = { .share = -1, .path = "$" };

	finding_add(c, level, &place, value, remedy, "%s", rule);
}

static int read_shares(struct conf *c, json_object *list, const char *client_id)
{
	struct reader rd = { .conf = c, .table = field_table_of(c->form, false) };
	size_t n = list ? json_object_array_length(list) : 0;
	int r;

	if (n > CONF_SHARES_MAX) {
		add_whole(c, FINDING_ERROR, NULL, "take the rest out", "more than 4096 shares");
		return 0;
	}
	if (n == 0 && !c->is_unusable)
		add_whole(c, FINDING_WARNING, NULL, "add one, or take the file away",
			  "names no shares");
	r = make_room(c, n);
	for (size_t i = 0; i < n && r == 0; i++) {
		rd.share = (int)i;
		r = read_share(&rd, json_object_array_get_idx(list, i), client_id);
	}
	return r;
}

static int read_list(struct conf *c, json_object *root)
{
	struct draft d = { 0 };
	struct reader rd = {
		.conf = c, .table = field_table_of(c->form, true), .draft = &d, .share = -1
	};
	int r;

	read_table(&rd, root);
	r = rd.error < 0 ? rd.error : read_shares(c, rd.shares, d.share.source.client_id);
	free(d.share.source.client_id);
	return r;
}

static int read_single(struct conf *c, json_object *root, bool is_unit)
{
	struct reader rd = { .conf = c, .is_unit = is_unit };
	int r;

	rd.table = is_unit ? field_table_of_unit() : field_table_of(c->form, false);
	r = make_room(c, 1);
	return r < 0 ? r : read_share(&rd, root, NULL);
}

static bool has(json_object *root, const char *want)
{
	json_object_object_foreach(root, name, value)
	{
		if (strcasecmp(name, want) == 0)
			return true;
		(void)value;
	}
	return false;
}

/* Which members say which form; the first row with one of its names decides. */
static enum conf_form recognize(json_object *root)
{
	static const struct {
		const char *member;
		enum conf_form form;
	} signs[] = {
		{ "shares", CONF_FORM_NATIVE },	      { "azure_filesystems", CONF_FORM_REMOTEFS },
		{ "azure_info", CONF_FORM_REMOTEFS }, { "mount_point", CONF_FORM_SHARE },
		{ "source", CONF_FORM_SHARE },	      { "name", CONF_FORM_SHARE },
		{ "volume", CONF_FORM_SHARE },	      { "filesystem", CONF_FORM_SHARE },
		{ "boot", CONF_FORM_SHARE },	      { "claims", CONF_FORM_IMPORTKEY },
		{ "key", CONF_FORM_IMPORTKEY },	      { "certcache", CONF_FORM_SKR },
		{ "maaconfig", CONF_FORM_SKR },	      { "identity", CONF_FORM_SKR },
	};

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (has(root, signs[i].member))
			return signs[i].form;
	return CONF_FORM_UNKNOWN;
}

static json_object *parse(const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
	json_object *root;

	if (!tokener)
		return NULL;
	root = json_tokener_parse_ex(tokener, text, (int)len);
	json_tokener_free(tokener);
	return root;
}

/* Configurations of upstream's other tools: their members are known, of no use here. */
static int read_foreign(struct conf *c, json_object *root)
{
	static const char *const known[] = { "key",	 "key_derivation", "claims",
					     "identity", "certcache",	   "maaconfig" };

	json_object_object_foreach(root, name, value)
	{
		char path[FIELD_PATH_MAX], shown[FINDING_VALUE_MAX + 32];
		struct finding_place place = { .share = -1, .path = path };
		bool is_known = false, is_list = strcasecmp(name, "claims") == 0;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			is_known = is_known || strcasecmp(name, known[i]) == 0;
		finding_show(name, shown, sizeof(shown));
		(void)snprintf(path, sizeof(path), "$.%s", shown);
		if (!is_known)
			finding_add(c, FINDING_WARNING, &place, NULL,
				    "take it out, or correct its name",
				    "unknown setting; it is ignored");
		else if (!json_object_is_type(value, is_list ? json_type_array : json_type_object))
			finding_add(c, FINDING_ERROR, &place, show(value, true), "write it as that",
				    "must be %s, not %s", is_list ? "a list" : "an object",
				    type_name(value));
	}
	add_whole(c, FINDING_WARNING, conf_form_names[c->form],
		  "give a configuration with azure_filesystems or shares to mount something",
		  "a configuration of another tool; it names no shares");
	return 0;
}

static int read_form(struct conf *c, json_object *root)
{
	switch (c->form) {
	case CONF_FORM_NATIVE:
	case CONF_FORM_REMOTEFS:
		return read_list(c, root);
	case CONF_FORM_SHARE:
		return read_single(c, root, false);
	case CONF_FORM_IMPORTKEY:
	case CONF_FORM_SKR:
		return read_foreign(c, root);
	case CONF_FORM_UNKNOWN:
		break;
	}
	add_whole(c, FINDING_ERROR, NULL, "begin with {\"shares\": [...]}",
		  "neither shares nor azure_filesystems is in it");
	return 0;
}

int json_read_conf(struct conf *c, const char *text, size_t len)
{
	json_object *root = parse(text, len);
	int r = 0;

	if (!root)
		return -ENOMEM; /* nothing else is left: the scanner accepted it */
	if (!json_object_is_type(root, json_type_object)) {
		add_whole(c, FINDING_ERROR, NULL, "begin with {\"shares\": [...]}",
			  "the text is not a JSON object");
	} else {
		c->form = recognize(root);
		r = read_form(c, root);
	}
	json_object_put(root);
	return r;
}

int json_read_unit(struct conf *c, const char *text, size_t len)
{
	json_object *root = parse(text, len);
	int r = -EBADMSG;

	c->form = CONF_FORM_SHARE;
	if (root && json_object_is_type(root, json_type_object))
		r = read_single(c, root, true);
	json_object_put(root);
	return r;
}

static int trust_origin(json_object *item, unsigned *origins, struct err *e)
{
	const char *text = json_object_get_string(item);

	for (int i = SHARE_ORIGIN_CREDENTIAL; share_origin_names[i]; i++)
		if (json_object_is_type(item, json_type_string) &&
		    strcmp(text, share_origin_names[i]) == 0) {
			*origins |= 1u << i;
			return 0;
		}
	return err_set(e, EBADMSG, "unsigned: each must be \"credential\" or \"command-line\"");
}

static int trust_origins(json_object *root, unsigned *origins, struct err *e)
{
	json_object *list = NULL;
	int r = 0;

	if (!json_object_is_type(root, json_type_object) || json_object_object_length(root) != 1 ||
	    !json_object_object_get_ex(root, "unsigned", &list) ||
	    !json_object_is_type(list, json_type_array))
		return err_set(e, EBADMSG, "it must be {\"unsigned\": [...]} and nothing else");
	for (size_t i = 0; i < json_object_array_length(list) && r == 0; i++)
		r = trust_origin(json_object_array_get_idx(list, i), origins, e);
	return r;
}

int json_read_trust(const char *text, size_t len, unsigned *ret_origins, struct err *e)
{
	json_object *root = parse(text, len);
	unsigned origins = 0;
	int r = trust_origins(root, &origins, e);

	json_object_put(root);
	if (r == 0)
		*ret_origins = origins;
	return r;
}
