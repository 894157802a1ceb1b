/* SPDX-License-Identifier: MIT */
/*
 * conf-scan: is this text strict JSON, and which members come twice?
 *
 * Pure. Runs before json-c sees the text, because json-c says neither line nor column, is
 * lenient, and keeps the last of duplicate members without a word. RFC 8259, UTF-8
 * throughout, at most CONF_DEPTH_MAX deep; no NUL in member names.
 *
 * Time grows with n log n of the text's size, whatever is in it.
 * Uses: base.
 */
#pragma once

#include <stddef.h>

#include "base/macros.h"

struct scan_problem {
	const char *rule; /* static text; NULL: none */
	size_t at;	  /* byte, from 0 */
};

/* Called for each member whose name was there before in the same object. */
typedef void (*scan_duplicate)(void *arg, const char *path, int share, size_t at);

/**
 * scan_json - check @len bytes at @text
 * @fn: path is "$.a[0].b" (names cut and escaped); share is the element's index when the
 *	member is inside an element of a list below the text itself, -1 otherwise
 *
 * Return: 0, -EBADMSG (@ret says what and where), -ENOMEM
 */
int scan_json(const char *text, size_t len, scan_duplicate fn, void *arg,
	      struct scan_problem *ret) must_check;

/** scan_position - line and column from 1, in bytes, of byte @at */
void scan_position(const char *text, size_t at, unsigned *ret_line, unsigned *ret_column);
