/* SPDX-License-Identifier: MIT */
/*
 * verity: the superblock of a dm-verity hash tree
 *
 * It comes from storage, like the tree. A false one cannot make the kernel return false
 * data (the root hash stands in the configuration and covers salt and tree); checked
 * here is that nothing in it is absurd, so that the message is ours and the cost is
 * bounded. The values read here are the ones used: the superblock is not read again.
 *
 * Pure. Format: cryptsetup's, version 1.
 *
 * Uses: base.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"

#define VERITY_SUPERBLOCK_SIZE 512
#define VERITY_SALT_MAX	       256 /* bytes */
#define VERITY_ROOT_HASH_MAX   64  /* bytes: sha512 */

struct verity {
	char algorithm[32]; /* "sha256", "sha512" */
	size_t digest_size; /* bytes */
	uint32_t data_block_size, hash_block_size;
	uint64_t data_blocks;
	uint8_t salt[VERITY_SALT_MAX];
	uint32_t salt_size;
	uint64_t offset; /* of the superblock in the hash device, bytes */
};

/**
 * verity_check - superblock to values
 * @buf:       VERITY_SUPERBLOCK_SIZE bytes
 * @offset:    where they were in the hash device
 * @hash_size: bytes of the hash device
 * @data_size: bytes of the data device
 *
 * Return: 0, -EBADMSG (text says which rule)
 */
int verity_check(const uint8_t *buf, uint64_t offset, uint64_t hash_size, uint64_t data_size,
		 struct verity *ret, struct err *e) must_check;
