/* SPDX-License-Identifier: MIT */
/*
 * encode: base64 (standard alphabet) and hexadecimal, strictly
 *
 * Pure. Decoders refuse whatever an encoder would not have written: wrong alphabet,
 * missing padding, bits that are set but not used. RFC 4648 sections 3.5, 4 and 8.
 *
 * Uses: libc.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"

/**
 * base64_decode - text to bytes
 * @text: standard alphabet with padding; CR and LF are skipped anywhere, blanks and tabs
 *        at both ends (files end in a newline, and upstream skips line ends too)
 * @len:  in bytes, without terminator
 * @ret:  NUL-terminated for convenience; caller frees
 *
 * Return: 0, -EBADMSG (the text says which byte), -ENOMEM
 */
int base64_decode(const char *text, size_t len, uint8_t **ret, size_t *ret_len,
		  struct err *e) must_check;

/** base64_encode - bytes to text with padding, one line; caller frees; NULL without memory */
char *base64_encode(const void *data, size_t len) must_check;

/**
 * hex_decode - both cases, even length, nothing else
 * @dst: at least @len / 2 bytes
 *
 * Return: bytes written, or -EBADMSG
 */
long hex_decode(const char *text, size_t len, uint8_t *dst) must_check;

/** hex_encode - lower case; @dst takes 2 * @len + 1 bytes */
void hex_encode(const void *data, size_t len, char *dst);
