/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/macros.h"
#include "crypt/verity.h"
#include "lib/test.h"

#define DATA_SIZE (1024 * 4096)
#define HASH_SIZE (16 * 4096)

static uint8_t block[VERITY_SUPERBLOCK_SIZE];

static void put(void)
{
	memset(block, 0, sizeof(block));
	memcpy(block, "verity", 6);
	block[8] = block[12] = 1;
	memcpy(block + 32, "sha256", 6);
	block[65] = block[69] = 0x10; /* 4096 */
	block[73] = 0x04;	      /* 1024 blocks */
	block[80] = 32;
	memset(block + 88, 0xab, 32);
}

TEST(verity_values_are_read)
{
	struct verity v;

	put();
	CHECK_EQ(verity_check(block, 0, HASH_SIZE, DATA_SIZE, &v, NULL), 0);
	CHECK_STR(v.algorithm, "sha256");
	CHECK_EQ(v.digest_size, 32);
	CHECK_EQ(v.data_block_size, 4096);
	CHECK_EQ(v.hash_block_size, 4096);
	CHECK_EQ(v.data_blocks, 1024);
	CHECK_EQ(v.salt_size, 32);
	CHECK_EQ(v.salt[31], 0xab);
}

TEST(verity_rules_hold_one_by_one)
{
	static const struct {
		unsigned at;
		uint8_t value;
	} t[] = {
		{ 0, 'V' }, { 6, 1 },	  { 8, 2 },	{ 12, 0 },    { 32, 'm' },  { 38, '2' },
		{ 65, 0 },  { 65, 0x30 }, { 65, 0x20 }, { 69, 1 },    { 69, 0x80 }, { 73, 5 },
		{ 73, 0 },  { 79, 0x80 }, { 81, 1 },	{ 81, 0xff },
	};
	struct verity v;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct err e = { 0 };

		put();
		block[t[i].at] = t[i].value;
		CHECK_EQ(verity_check(block, 0, HASH_SIZE, DATA_SIZE, &v, &e), -EBADMSG, "row %zu",
			 i);
		CHECK(e.text[0], "row %zu", i);
	}
}

TEST(verity_tree_must_lie_within_its_device)
{
	struct verity v;

	put();
	CHECK_EQ(verity_check(block, 4096, HASH_SIZE, DATA_SIZE, &v, NULL), 0);
	CHECK_EQ(verity_check(block, 512, HASH_SIZE, DATA_SIZE, &v, NULL), -EBADMSG);
	CHECK_EQ(verity_check(block, HASH_SIZE, HASH_SIZE, DATA_SIZE, &v, NULL), -EBADMSG);
	CHECK_EQ(verity_check(block, HASH_SIZE - 4096, HASH_SIZE, DATA_SIZE, &v, NULL), -EBADMSG);
	CHECK_EQ(verity_check(block, 0, HASH_SIZE, DATA_SIZE - 1, &v, NULL), -EBADMSG);
}

TEST_MAIN
