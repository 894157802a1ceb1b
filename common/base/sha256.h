/* SPDX-License-Identifier: MIT */
/*
 * sha256: digest of a buffer
 *
 * Pure. Here because the generator must not load a TLS library (design section 3) and
 * libc has no digest. Everything that has OpenSSL at hand uses OpenSSL. FIPS 180-4.
 *
 * Uses: libc.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE	32
#define SHA256_HEX_SIZE (2 * SHA256_SIZE + 1) /* with terminator */

/** sha256 - digest of @len bytes at @data */
void sha256(const void *data, size_t len, uint8_t ret[SHA256_SIZE]);

/** sha256_hex - the same as 64 lower-case digits and a terminator */
void sha256_hex(const void *data, size_t len, char ret[SHA256_HEX_SIZE]);
