/* SPDX-License-Identifier: MIT */
/*
 * unit-name: unit name escaping and quoting of values in unit files
 *
 * Pure. libsystemd has no public API for it; the rules are those of systemd-escape(1)
 * and systemd.syntax(7), and tests compare with the former.
 *
 * Uses: libc.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/macros.h"

#define UNIT_NAME_MAX 255 /* bytes, without terminator; systemd's own limit */

/**
 * unit_escape - any text as part of a unit name ('/' becomes '-')
 * @dst: @size bytes; undefined after an error
 *
 * Return: bytes written without terminator, or -ENAMETOOLONG
 */
long unit_escape(const char *text, char *dst, size_t size) must_check;

/**
 * unit_escape_path - absolute path as part of a unit name
 *
 * Slashes at both ends go, double ones are squeezed, the root becomes "-".
 *
 * Return: as unit_escape(), or -EINVAL (not absolute, or a "." or ".." in it)
 */
long unit_escape_path(const char *path, char *dst, size_t size) must_check;

/**
 * unit_quote_value - a whole-line value (What=, Where=, Options=, Description=)
 *
 * Doubles '%'. Refuses what the syntax cannot carry: control characters, blanks at
 * either end, a backslash at the end (it would join the next line).
 *
 * Return: bytes written without terminator, -ENAMETOOLONG, -EINVAL
 */
long unit_quote_value(const char *text, char *dst, size_t size) must_check;

/**
 * unit_quote_word - one word of a list or command line, in double quotes
 *
 * Doubles '%', escapes '\' and '"', and doubles '$' when @is_command. Refuses control
 * characters.
 *
 * Return: bytes written without terminator, -ENAMETOOLONG, -EINVAL
 */
long unit_quote_word(const char *text, int is_command, char *dst, size_t size) must_check;

/**
 * unit_quote_credential - the data part of SetCredential=, which is only C-unescaped
 *
 * Escapes '\' and everything that is not printable ASCII as \xNN, so that the bytes arrive as
 * they are. NUL cannot be carried. systemd.exec(5).
 *
 * Return: bytes written without terminator, or -ENAMETOOLONG
 */
long unit_quote_credential(const char *text, char *dst, size_t size) must_check;
