/* SPDX-License-Identifier: MIT */
/*
 * header-json: see header-json.h
 */
#include "crypt/header-json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"

#define FIRST_NODES 256 /* room at first; an ordinary header has about 60 */

struct parser {
	struct header_json *doc;
	size_t pos, len;
	uint32_t room;
	const char *why;
	bool no_memory;
};

static bool fail(struct parser *p, const char *why)
{
	if (!p->why)
		p->why = why;
	return false;
}

static char peek(const struct parser *p)
{
	return p->pos < p->len ? p->doc->text[p->pos] : '\0';
}

static void skip_blanks(struct parser *p)
{
	while (p->pos < p->len && strchr(" \t\r\n", p->doc->text[p->pos]) && peek(p))
		p->pos++;
}

static bool expect(struct parser *p, char c, const char *why)
{
	skip_blanks(p);
	if (peek(p) != c)
		return fail(p, why);
	p->pos++;
	return true;
}

static bool grow(struct parser *p)
{
	uint32_t room = p->room ? p->room * 2 : FIRST_NODES;
	struct header_json_node *nodes;

	nodes = reallocarray(p->doc->nodes, room, sizeof(*nodes));
	if (!nodes) {
		p->no_memory = true;
		return fail(p, "out of memory");
	}
	p->doc->nodes = nodes;
	p->room = room;
	return true;
}

static uint32_t new_node(struct parser *p, enum header_json_type type)
{
	if (p->doc->n_nodes == HEADER_JSON_NODES_MAX) {
		(void)fail(p, "too many values"); /* the result says so */
		return 0;
	}
	if (p->doc->n_nodes == p->room && !grow(p))
		return 0;
	p->doc->nodes[p->doc->n_nodes] =
		(struct header_json_node){ .type = type, .start = (uint32_t)p->pos };
	return p->doc->n_nodes++;
}

static bool skip_escape(struct parser *p)
{
	uint8_t ignored[2];

	p->pos++;
	if (peek(p) && strchr("\"\\/bfnrt", peek(p))) {
		p->pos++;
		return true;
	}
	if (peek(p) != 'u' || p->len - p->pos < 5 ||
	    hex_decode(p->doc->text + p->pos + 1, 4, ignored) < 0)
		return fail(p, "a bad escape in a string");
	p->pos += 5;
	return true;
}

/* Behind the opening quote; leaves the position behind the closing one. */
static bool skip_string(struct parser *p, uint32_t *ret_len, bool *ret_has_escape)
{
	size_t start = p->pos;

	*ret_has_escape = false;
	while (p->pos < p->len && p->doc->text[p->pos] != '"') {
		if ((unsigned char)p->doc->text[p->pos] < 0x20 || p->doc->text[p->pos] == 0x7f)
			return fail(p, "a control character in a string");
		if (p->doc->text[p->pos] != '\\') {
			p->pos++;
			continue;
		}
		*ret_has_escape = true;
		if (!skip_escape(p))
			return false;
	}
	if (p->pos == p->len)
		return fail(p, "a string without end");
	*ret_len = (uint32_t)(p->pos - start);
	p->pos++;
	return true;
}

static bool parse_string(struct parser *p, uint32_t *ret)
{
	uint32_t node, len;
	bool has_escape;

	p->pos++;
	node = new_node(p, HEADER_JSON_STRING);
	if (p->why || !skip_string(p, &len, &has_escape))
		return false;
	p->doc->nodes[node].len = len;
	p->doc->nodes[node].has_escape = has_escape;
	*ret = node;
	return true;
}

static bool parse_number(struct parser *p, uint32_t *ret)
{
	uint32_t node = new_node(p, HEADER_JSON_NUMBER);
	size_t start = p->pos;

	while (peek(p) >= '0' && peek(p) <= '9')
		p->pos++;
	if (p->why)
		return false;
	if (p->pos == start || (p->doc->text[start] == '0' && p->pos - start > 1) ||
	    (peek(p) && strchr(".eE", peek(p))))
		return fail(p, "not a whole number");
	p->doc->nodes[node].len = (uint32_t)(p->pos - start);
	*ret = node;
	return true;
}

static bool parse_word(struct parser *p, uint32_t *ret)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);
		uint32_t node;

		if (p->len - p->pos < n || memcmp(p->doc->text + p->pos, words[i], n) != 0)
			continue;
		node = new_node(p, HEADER_JSON_WORD);
		if (p->why)
			return false;
		p->doc->nodes[node].len = (uint32_t)n;
		p->pos += n;
		*ret = node;
		return true;
	}
	return fail(p, "no value where one must be");
}

static bool same_name(const struct header_json *j, uint32_t a, uint32_t name, uint32_t len)
{
	return j->nodes[a].name_len == len &&
	       memcmp(j->text + j->nodes[a].name, j->text + name, len) == 0;
}

static bool parse_name(struct parser *p, uint32_t object, uint32_t *ret_name, uint32_t *ret_len)
{
	bool has_escape;

	if (!expect(p, '"', "a member's name is missing"))
		return false;
	*ret_name = (uint32_t)p->pos;
	if (!skip_string(p, ret_len, &has_escape))
		return false;
	if (has_escape || *ret_len == 0)
		return fail(p, "a member's name is empty or has an escape in it");
	for (uint32_t i = p->doc->nodes[object].child; i; i = p->doc->nodes[i].next)
		if (same_name(p->doc, i, *ret_name, *ret_len))
			return fail(p, "a member is there twice");
	return expect(p, ':', "':' is missing");
}

static bool parse_value(struct parser *p, unsigned depth, uint32_t *ret);

static bool parse_child(struct parser *p, unsigned depth, uint32_t parent, uint32_t *last)
{
	bool is_object = p->doc->nodes[parent].type == HEADER_JSON_OBJECT;
	uint32_t name = 0, name_len = 0, child;

	if (p->doc->nodes[parent].n_children == HEADER_JSON_MEMBERS_MAX)
		return fail(p, "too many members");
	if (is_object && !parse_name(p, parent, &name, &name_len))
		return false;
	if (!parse_value(p, depth + 1, &child))
		return false;
	p->doc->nodes[child].name = name;
	p->doc->nodes[child].name_len = name_len;
	if (*last)
		p->doc->nodes[*last].next = child;
	else
		p->doc->nodes[parent].child = child;
	p->doc->nodes[parent].n_children++;
	*last = child;
	return true;
}

/* An object or an array; the position is at its opening bracket. */
static bool parse_container(struct parser *p, unsigned depth, uint32_t *ret)
{
	bool is_object = peek(p) == '{';
	char end = is_object ? '}' : ']';
	uint32_t node = new_node(p, is_object ? HEADER_JSON_OBJECT : HEADER_JSON_ARRAY), last = 0;

	p->pos++;
	if (p->why)
		return false;
	if (depth == HEADER_JSON_DEPTH_MAX)
		return fail(p, "nested too deeply");
	skip_blanks(p);
	while (peek(p) != end) {
		if (last && !expect(p, ',', "',' or a closing bracket is missing"))
			return false;
		if (!parse_child(p, depth, node, &last))
			return false;
		skip_blanks(p);
	}
	p->pos++;
	p->doc->nodes[node].len = (uint32_t)(p->pos - p->doc->nodes[node].start);
	*ret = node;
	return true;
}

static bool parse_value(struct parser *p, unsigned depth, uint32_t *ret)
{
	skip_blanks(p);
	if (peek(p) == '{' || peek(p) == '[')
		return parse_container(p, depth, ret);
	if (peek(p) == '"')
		return parse_string(p, ret);
	if (peek(p) >= '0' && peek(p) <= '9')
		return parse_number(p, ret);
	return parse_word(p, ret);
}

int header_json_parse(const char *text, size_t len, struct header_json *ret, const char **ret_why,
		      size_t *ret_where)
{
	struct header_json doc = { .text = text };
	struct parser p = { .doc = &doc, .len = len };
	uint32_t root;

	if (len < UINT32_MAX && parse_value(&p, 0, &root)) {
		skip_blanks(&p);
		if (p.pos == len) {
			*ret = doc;
			return 0;
		}
		(void)fail(&p, "something stands behind the end"); /* the result says so */
	}
	free(doc.nodes);
	if (p.no_memory)
		return -ENOMEM;
	if (ret_why)
		*ret_why = p.why ? p.why : "too long";
	if (ret_where)
		*ret_where = p.pos;
	return -EBADMSG;
}

void header_json_done(struct header_json *j)
{
	free(j->nodes);
	*j = (struct header_json){ 0 };
}

uint32_t header_json_get(const struct header_json *j, uint32_t object, const char *name)
{
	size_t len = strlen(name);

	if (j->nodes[object].type != HEADER_JSON_OBJECT)
		return 0;
	for (uint32_t i = j->nodes[object].child; i; i = j->nodes[i].next)
		if (j->nodes[i].name_len == len &&
		    memcmp(j->text + j->nodes[i].name, name, len) == 0)
			return i;
	return 0;
}

bool header_json_is(const struct header_json *j, uint32_t node, const char *text)
{
	const struct header_json_node *n = &j->nodes[node];

	return n->type == HEADER_JSON_STRING && !n->has_escape && n->len == strlen(text) &&
	       memcmp(j->text + n->start, text, n->len) == 0;
}

static int digits(const struct header_json *j, uint32_t node, uint64_t max, uint64_t *ret)
{
	const struct header_json_node *n = &j->nodes[node];
	uint64_t value = 0;

	if (n->len == 0 || (n->len > 1 && j->text[n->start] == '0'))
		return -EINVAL;
	for (uint32_t i = 0; i < n->len; i++) {
		unsigned digit = (unsigned)(unsigned char)j->text[n->start + i] - '0';

		if (digit > 9 || value > (max - digit) / 10)
			return -EINVAL;
		value = value * 10 + digit;
	}
	*ret = value;
	return 0;
}

int header_json_u32(const struct header_json *j, uint32_t node, uint32_t *ret)
{
	uint64_t value;

	/* INT32_MAX: json-c hands libcryptsetup an int, larger ones would be cut there. */
	if (j->nodes[node].type != HEADER_JSON_NUMBER || digits(j, node, INT32_MAX, &value) < 0)
		return -EINVAL;
	*ret = (uint32_t)value;
	return 0;
}

int header_json_u64(const struct header_json *j, uint32_t node, uint64_t *ret)
{
	if (j->nodes[node].type != HEADER_JSON_STRING)
		return -EINVAL;
	return digits(j, node, UINT64_MAX, ret);
}

bool header_json_base64(const struct header_json *j, uint32_t node, size_t max)
{
	const struct header_json_node *n = &j->nodes[node];

	if (n->type != HEADER_JSON_STRING || n->has_escape || n->len == 0 || n->len > max ||
	    n->len % 4)
		return false;
	for (uint32_t i = 0; i < n->len; i++) {
		char c = j->text[n->start + i];
		bool is_padding = c == '=' && i + 2 >= n->len;

		if (!is_padding &&
		    !memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", c,
			    64))
			return false;
	}
	return true;
}
