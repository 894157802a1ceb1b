/* SPDX-License-Identifier: MIT */
/*
 * crypt: what libcryptsetup does for us
 *
 * The only code that knows it. It gets the checked copy of the header (image.h) and
 * never sees the one in storage.
 *
 * Uses: base, libcryptsetup.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/macros.h"
#include "base/secret.h"
#include "crypt/header.h"
#include "crypt/verity.h"

/**
 * crypt_volume_test - does the key open a slot? In user space, without device-mapper
 * @header_fd: sealed copy
 * @h:	       what was checked in it
 *
 * Return: 0, -EKEYREJECTED, -EBADMSG (libcryptsetup read something else than we did),
 * -ENOMEM, or another error of libcryptsetup
 */
int crypt_volume_test(int header_fd, const struct header *h, const struct secret *key,
		      struct err *e) must_check;

/**
 * crypt_volume_open - activate, read-only
 * @device: data device, e.g. /dev/loop0
 * @name:   of the mapping
 *
 * Returns when udev is done with the mapping. The live table was compared with @h.
 *
 * Return: as crypt_volume_test()
 */
int crypt_volume_open(int header_fd, const struct header *h, const char *device, const char *name,
		      const struct secret *key, struct err *e) must_check;

/**
 * crypt_verity_open - activate dm-verity
 * @root_hash: @v->digest_size bytes
 *
 * Return: 0, -EBADMSG (the root hash is not that of the tree), or another error
 */
int crypt_verity_open(const struct verity *v, const uint8_t *root_hash, const char *data_device,
		      const char *hash_device, const char *name, struct err *e) must_check;

/**
 * crypt_mapping_close - deactivate @name and what libcryptsetup put below it
 * @when_unused: leave it to the kernel to do so at the last close
 *
 * Return: 1, 0 (there was none), -EBUSY, or another error
 */
int crypt_mapping_close(const char *name, bool when_unused, struct err *e) must_check;
