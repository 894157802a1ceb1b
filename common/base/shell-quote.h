/* SPDX-License-Identifier: MIT */
/*
 * shell-quote: one word of a command that a reader may paste into a shell
 *
 * Pure. Remedies name files by it: 'plain text' in single quotes, everything else as
 * $'...' with escapes (bash, zsh, ksh), so that the command is printable and means these
 * bytes and no others.
 *
 * Uses: libc.
 */
#pragma once

#include <stddef.h>

#include "base/macros.h"

/**
 * shell_quote - @text as one word
 * @dst: @size bytes; empty after an error
 *
 * Return: bytes written without terminator, or -ENAMETOOLONG (a cut command is worse than none)
 */
long shell_quote(const char *text, char *dst, size_t size) must_check;
