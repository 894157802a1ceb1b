/* SPDX-License-Identifier: MIT */
/*
 * verity: see verity.h
 */
#include "crypt/verity.h"

#include <errno.h>
#include <string.h>

/* Places in the superblock; numbers are little endian. */
#define AT_VERSION	   8
#define AT_HASH_TYPE	   12
#define AT_ALGORITHM	   32
#define ALGORITHM_SIZE	   32
#define AT_DATA_BLOCK_SIZE 64
#define AT_HASH_BLOCK_SIZE 68
#define AT_DATA_BLOCKS	   72
#define AT_SALT_SIZE	   80
#define AT_SALT		   88

#define BLOCK_SIZE_MIN 512
#define BLOCK_SIZE_MAX 4096 /* larger ones need larger pages than ours */

static const struct {
	const char *name;
	size_t size;
} algorithms[] = { { "sha256", 32 }, { "sha512", 64 } };

static uint64_t le(const uint8_t *p, size_t n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 8 | p[n];
	return value;
}

static int refuse(struct err *e, const char *why)
{
	return err_set(e, EBADMSG, "superblock of the hash tree: %s", why);
}

static int check_algorithm(const uint8_t *field, struct verity *v, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
		size_t len = strlen(algorithms[i].name) + 1;

		if (memcmp(field, algorithms[i].name, len) != 0)
			continue;
		memcpy(v->algorithm, algorithms[i].name, len);
		v->digest_size = algorithms[i].size;
		return 0;
	}
	return refuse(e, "the hash must be sha256 or sha512");
}

static bool is_block_size(uint64_t size)
{
	return size >= BLOCK_SIZE_MIN && size <= BLOCK_SIZE_MAX && (size & (size - 1)) == 0;
}

int verity_check(const uint8_t *buf, uint64_t offset, uint64_t hash_size, uint64_t data_size,
		 struct verity *ret, struct err *e)
{
	struct verity v = { .offset = offset };
	int r;

	if (memcmp(buf, "verity\0\0", 8) != 0)
		return refuse(e, "there is none");
	if (le(buf + AT_VERSION, 4) != 1 || le(buf + AT_HASH_TYPE, 4) != 1)
		return refuse(e, "version and type must be 1");
	r = check_algorithm(buf + AT_ALGORITHM, &v, e);
	if (r < 0)
		return r;
	v.data_block_size = (uint32_t)le(buf + AT_DATA_BLOCK_SIZE, 4);
	v.hash_block_size = (uint32_t)le(buf + AT_HASH_BLOCK_SIZE, 4);
	if (!is_block_size(v.data_block_size) || !is_block_size(v.hash_block_size))
		return refuse(e, "block sizes must be powers of 2 from 512 to 4096");
	v.data_blocks = le(buf + AT_DATA_BLOCKS, 8);
	if (v.data_blocks == 0 || v.data_blocks > data_size / v.data_block_size)
		return refuse(e,
			      "it covers more blocks than the image has (is the image cut off?)");
	v.salt_size = (uint32_t)le(buf + AT_SALT_SIZE, 2);
	if (v.salt_size > VERITY_SALT_MAX)
		return refuse(e, "the salt is longer than 256 bytes");
	memcpy(v.salt, buf + AT_SALT, v.salt_size);
	if (offset % v.hash_block_size || offset >= hash_size ||
	    hash_size - offset < 2 * (uint64_t)v.hash_block_size)
		return refuse(e, "its place does not fit the size of a block of hashes");
	*ret = v;
	return 0;
}
