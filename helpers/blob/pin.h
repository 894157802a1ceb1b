/* SPDX-License-Identifier: MIT */
/*
 * pin: is this answer the part we asked for, of the blob that we opened?
 *
 * The first look remembers the blob's length and its validator: a strong ETag, or else
 * Last-Modified. From then on every request carries it as a condition, and every answer
 * is compared with it, because a server may ignore conditions. What fails is thrown
 * away before a byte of it is used.
 *
 * Pure. Uses: net/http.h (types only).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"
#include "net/http.h"

#define PIN_CONDITION_MAX (HTTP_ETAG_MAX + 32)

struct pin {
	bool is_set;
	uint64_t size;		  /* of the blob, bytes; below 2^63 */
	char etag[HTTP_ETAG_MAX]; /* strong, with quotes; "" when there is none */
	char last_modified[HTTP_TOKEN_MAX];
};

enum pin_verdict {
	PIN_OK,
	PIN_CHANGED,	  /* another version of the blob: for ever */
	PIN_BAD_ANSWER,	  /* not what was asked for; may be right the next time */
	PIN_NO_RANGES,	  /* the server sends whole files only */
	PIN_NO_VALIDATOR, /* a change could not be noticed */
	PIN_MAYBE_EMPTY,  /* first look only: a blob of no bytes has no ranges; ask with HEAD */
	PIN_MAYBE_CHANGED /* 412: look again without the condition */
};

/**
 * pin_look - judge the first answer and remember what it says
 * @a:	 complete header; status 200, 206 or 416
 * @len: bytes asked for, from 0 on
 * @e:	 filled in unless PIN_OK or PIN_MAYBE_EMPTY
 */
enum pin_verdict pin_look(struct pin *p, const struct http_answer *a, uint64_t len, struct err *e);

/** pin_look_empty - the same for the HEAD that follows PIN_MAYBE_EMPTY */
enum pin_verdict pin_look_empty(struct pin *p, const struct http_answer *a, struct err *e);

/**
 * pin_check - judge a later answer
 * @a:		complete header; status 200, 206 or 412
 * @off, @len:	bytes asked for; within the blob
 */
enum pin_verdict pin_check(const struct pin *p, const struct http_answer *a, uint64_t off,
			   uint64_t len, struct err *e);

/** pin_condition - header line for a request, "" before the first look */
void pin_condition(const struct pin *p, char dst[PIN_CONDITION_MAX]);
