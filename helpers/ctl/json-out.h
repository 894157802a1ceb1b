/* SPDX-License-Identifier: MIT */
/*
 * json-out: JSON to standard output, for the --json of all verbs
 *
 * The caller opens and closes; commas and quotes are put here. Names are ours and need
 * no escapes. A NULL name is an element of a list.
 *
 * Uses: libc.
 */
#pragma once

#include <stdbool.h>

/** json_open - '{' or '[', as member @name of what is open */
void json_open(const char *name, char bracket);

/** json_close - the last one that is open; after the outermost one a newline follows */
void json_close(char bracket);

/** json_text - a string; nothing at all when @value is NULL */
void json_text(const char *name, const char *value);

/** json_number - a whole number */
void json_number(const char *name, long long value);

/** json_bool - true or false */
void json_bool(const char *name, bool value);
