/* SPDX-License-Identifier: MIT */
/*
 * pretty: a JSON text for people, or as short as it can be
 *
 * Works on the text itself: order, numbers and escapes stay as they were written. Only
 * for texts that scan_json() accepted.
 *
 * Uses: conf.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/macros.h"

/**
 * pretty_print - indented, one member a line
 * @with_secrets: false masks keys, tokens, and the queries and user information of URLs
 */
void pretty_print(const char *text, size_t len, bool with_secrets, FILE *f);

/** pretty_shorten - take blanks outside of strings away, in place; Return: new length */
size_t pretty_shorten(char *text, size_t len) must_check;
