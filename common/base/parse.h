/* SPDX-License-Identifier: MIT */
/*
 * parse: strict numbers and sizes
 *
 * Pure. The whole text must be the value: no blanks, no sign, no trailing characters.
 *
 * Uses: libc.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

/** parse_u64 - decimal digits; Return: 0, -EINVAL, -ERANGE */
int parse_u64(const char *text, uint64_t *ret) must_check;

/** parse_size - decimal digits and optionally K, M, G or T (powers of 1024), in bytes */
int parse_size(const char *text, uint64_t *ret_bytes) must_check;

/** parse_bool - 1 yes true on, 0 no false off; Return: 0, -EINVAL */
int parse_bool(const char *text, bool *ret) must_check;
