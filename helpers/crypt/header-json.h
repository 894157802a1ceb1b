/* SPDX-License-Identifier: MIT */
/*
 * header-json: the JSON of a LUKS2 header, read so that it has one meaning only
 *
 * Not json-c: libcryptsetup reads the same bytes with it after us, and json-c takes the last of
 * two members of one name, comments, single quotes and more. What is accepted here is
 * the subset on which any two readers agree: no member twice, no escapes in names, whole
 * numbers, nothing behind the end. So what was checked is what libcryptsetup sees.
 *
 * Pure, bounded in depth, members and nodes. Nodes are indices; 0 is the document, and
 * also what a look-up that found nothing returns (the document is nobody's member).
 *
 * Uses: libc.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

#define HEADER_JSON_DEPTH_MAX	16
#define HEADER_JSON_NODES_MAX	8192
#define HEADER_JSON_MEMBERS_MAX 64 /* of one object or array; LUKS2 has at most 32 of a kind */

enum header_json_type {
	HEADER_JSON_OBJECT,
	HEADER_JSON_ARRAY,
	HEADER_JSON_STRING,
	HEADER_JSON_NUMBER, /* whole, not negative */
	HEADER_JSON_WORD,   /* true, false, null */
};

struct header_json_node {
	enum header_json_type type;
	bool has_escape;	 /* string with a backslash in it: compares unequal to all */
	uint32_t start, len;	 /* in the text; strings without their quotes */
	uint32_t name, name_len; /* of a member; 0 and 0 in arrays */
	uint32_t child, next;	 /* first child, next sibling; 0 = none */
	uint32_t n_children;
};

struct header_json {
	const char *text; /* not owned */
	struct header_json_node *nodes;
	uint32_t n_nodes;
};

/**
 * header_json_parse - @len bytes of text to a document
 * @text:      must stay valid as long as the document
 * @ret_why:   on -EBADMSG what is wrong, static text; may be NULL
 * @ret_where: on -EBADMSG at which byte; may be NULL
 *
 * Return: 0, -EBADMSG, -ENOMEM
 */
int header_json_parse(const char *text, size_t len, struct header_json *ret, const char **ret_why,
		      size_t *ret_where) must_check;

/** header_json_done - release the nodes */
void header_json_done(struct header_json *j);

/** header_json_get - member @name of @object; 0 if it is none, or has none */
uint32_t header_json_get(const struct header_json *j, uint32_t object, const char *name);

/** header_json_is - true for a string that is exactly @text */
bool header_json_is(const struct header_json *j, uint32_t node, const char *text);

/** header_json_u32 - a number; Return: 0, -EINVAL (no number, or too large) */
int header_json_u32(const struct header_json *j, uint32_t node, uint32_t *ret) must_check;

/** header_json_u64 - a string of decimal digits, as LUKS2 writes 64 bits; Return: 0, -EINVAL */
int header_json_u64(const struct header_json *j, uint32_t node, uint64_t *ret) must_check;

/** header_json_base64 - a string of base64 with at most @max characters, at least one */
bool header_json_base64(const struct header_json *j, uint32_t node, size_t max);
