/* SPDX-License-Identifier: MIT */
/*
 * conf-url: what may stand in the address of a blob, and which part of it is secret
 *
 * Pure. Stricter than RFC 3986 where programs disagree about what a URL means.
 * Uses: libc.
 */
#pragma once

#include <stdbool.h>

#include "base/macros.h"

/**
 * url_problem - what is wrong with @url, as a rule for a finding
 * @ret_remedy: static text, set together with the result
 *
 * Return: static text, or NULL when nothing is wrong
 */
const char *url_problem(const char *url, const char **ret_remedy);

/**
 * url_split_query - take the query off @url, if it may be a secret
 * @ret_query: the query, verbatim and without '?'; NULL if there was none, or if it names
 *	       nothing but versions of a blob (then it stays). Caller frees.
 *
 * Return: 0, -ENOMEM
 */
int url_split_query(char *url, char **ret_query) must_check;
