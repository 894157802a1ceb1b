/* SPDX-License-Identifier: MIT */
/* chunk: slots, pins, the order in which they are given up, masks of blocks */
#include "blob/chunk.h"

#include "lib/test.h"

TEST(a_mask_covers_every_block_that_is_touched)
{
	static const struct {
		uint32_t from, to, want;
	} t[] = {
		{ 0, 0, 0 },
		{ 0, 1, 1 },
		{ 0, 4096, 1 },
		{ 0, 4097, 3 },
		{ 4095, 4097, 3 },
		{ 4096, 8192, 2 },
		{ 5000, 5000, 0 },
		{ 0, CHUNK_SIZE, UINT32_MAX },
		{ CHUNK_SIZE - 1, CHUNK_SIZE, 0x80000000 },
		{ 4096, CHUNK_SIZE, 0xfffffffe },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		CHECK_EQ(chunk_mask(t[i].from, t[i].to), t[i].want, "row %zu", i);
}

TEST(a_chunk_is_found_by_file_and_index)
{
	struct chunk_table *t = chunk_table_new(4);
	struct chunk *a = chunk_get(t, 0, 7), *b = chunk_get(t, 1, 7);

	CHECK(a && b && a != b);
	CHECK(chunk_find(t, 0, 7) == a);
	CHECK(chunk_find(t, 1, 7) == b);
	CHECK(!chunk_find(t, 0, 8));
	CHECK(chunk_get(t, 0, 7) == a);
	CHECK_EQ(a->n_pins, 2);
	chunk_table_free(t);
}

TEST(the_one_not_used_longest_is_given_up_and_pinned_ones_never)
{
	struct chunk_table *t = chunk_table_new(3);
	struct chunk *a = chunk_get(t, 0, 1), *b = chunk_get(t, 0, 2), *c = chunk_get(t, 0, 3);

	a->valid = b->valid = c->valid = UINT32_MAX;
	CHECK(!chunk_get(t, 0, 4));
	chunk_unpin(t, b);
	chunk_unpin(t, a);
	CHECK_EQ(chunk_table_n_free(t), 2);
	CHECK(chunk_get(t, 0, 4) == b);
	CHECK_EQ(b->valid, 0);
	CHECK(!chunk_find(t, 0, 2));
	CHECK(chunk_find(t, 0, 1) == a);
	CHECK(chunk_get(t, 0, 1) == a);
	CHECK_EQ(a->valid, UINT32_MAX);
	CHECK(!chunk_get(t, 0, 5));
	CHECK(chunk_find(t, 0, 3) == c);
	chunk_table_free(t);
}

TEST(a_million_random_steps_keep_the_table_right)
{
	enum { SLOTS = 37, INDEXES = 101 };
	struct chunk_table *t = chunk_table_new(SLOTS);
	struct chunk *held[SLOTS] = { NULL };
	uint64_t x = 88172645463325252u;

	for (unsigned i = 0; i < 1000000; i++) {
		unsigned k;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		k = x % SLOTS;
		if (held[k]) {
			CHECK_EQ(held[k]->valid, (uint32_t)held[k]->index + 1);
			chunk_unpin(t, held[k]);
			held[k] = NULL;
		} else {
			uint64_t index = (x >> 32) % INDEXES;
			struct chunk *c = chunk_get(t, (uint32_t)(x >> 20) & 1, index);

			CHECK(c, "step %u", i);
			if (!c)
				break;
			CHECK(c->valid == 0 || c->valid == index + 1, "step %u", i);
			c->valid = (uint32_t)index + 1;
			held[k] = c;
		}
	}
	chunk_table_free(t);
}

TEST_MAIN
