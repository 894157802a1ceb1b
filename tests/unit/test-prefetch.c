/* SPDX-License-Identifier: MIT */
/* prefetch: streams are found, grow, and leave the others alone */
#include "blob/prefetch.h"

#include "lib/test.h"

#define KIB ((uint64_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

TEST(one_read_asks_for_nothing_ahead)
{
	struct prefetch p;

	prefetch_init(&p, 64 * MIB);
	CHECK_EQ(prefetch_read(&p, 5 * MIB, 4096, true, GIB).ahead_len, 0);
}

TEST(the_second_adjacent_read_makes_a_stream)
{
	struct prefetch p;
	struct prefetch_plan plan;

	prefetch_init(&p, 64 * MIB);
	(void)prefetch_read(&p, 0, 128 * KIB, true, GIB);
	plan = prefetch_read(&p, 128 * KIB, 128 * KIB, true, GIB);
	CHECK_EQ(plan.ahead_off, 256 * KIB);
	CHECK_EQ(plan.ahead_off + plan.ahead_len, MIB, "ends at a transfer's boundary");
}

TEST(the_window_doubles_while_reads_wait_up_to_its_limit)
{
	struct prefetch p;
	uint64_t end = 0, last = 0;

	prefetch_init(&p, 8 * MIB);
	for (uint64_t off = 0; off < 200 * MIB; off += 128 * KIB) {
		struct prefetch_plan plan = prefetch_read(&p, off, 128 * KIB, true, GIB);

		if (plan.ahead_len == 0)
			continue;
		if (last)
			CHECK_EQ(plan.ahead_off, last, "no gap, nothing twice");
		last = plan.ahead_off + plan.ahead_len;
		end = last - (off + 128 * KIB);
	}
	CHECK(end <= 8 * MIB);
	CHECK(end > 6 * MIB);
}

TEST(the_window_stays_while_no_read_waits)
{
	struct prefetch p;

	prefetch_init(&p, 64 * MIB);
	for (uint64_t off = 0; off < 100 * MIB; off += 128 * KIB) {
		struct prefetch_plan plan = prefetch_read(&p, off, 128 * KIB, false, GIB);

		CHECK(plan.ahead_off + plan.ahead_len <= off + 128 * KIB + 2 * MIB ||
			      plan.ahead_len == 0,
		      "at %llu", (unsigned long long)off);
	}
}

TEST(random_reads_ask_for_nothing_and_disturb_no_stream)
{
	struct prefetch p;
	uint64_t x = 88172645463325252u, wasted = 0, helped = 0;

	prefetch_init(&p, 64 * MIB);
	for (uint64_t i = 0; i < 2000; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		wasted += prefetch_read(&p, x % (1000 * GIB) / 4096 * 4096, 4096, true, 2000 * GIB)
				  .ahead_len;
		helped += prefetch_read(&p, 1500 * GIB + i * 64 * KIB, 64 * KIB, false, 2000 * GIB)
				  .ahead_len;
	}
	CHECK_EQ(wasted, 0);
	CHECK(helped >= 2000 * 64 * KIB - MIB);
}

TEST(sixteen_streams_at_once)
{
	struct prefetch p;
	uint64_t ahead[16] = { 0 };

	prefetch_init(&p, 64 * MIB);
	for (uint64_t i = 0; i < 100; i++)
		for (uint64_t s = 0; s < 16; s++)
			ahead[s] += prefetch_read(&p, s * 10 * GIB + i * 128 * KIB, 128 * KIB, true,
						  1000 * GIB)
					    .ahead_len;
	for (unsigned s = 0; s < 16; s++)
		CHECK(ahead[s] >= 12 * MIB, "stream %u: %llu", s, (unsigned long long)ahead[s]);
}

TEST(reads_out_of_order_stay_in_their_stream)
{
	struct prefetch p;
	uint64_t total = 0;
	static const uint64_t order[] = { 0, 2, 1, 4, 3, 6, 7, 5 };

	prefetch_init(&p, 64 * MIB);
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
		total += prefetch_read(&p, order[i] * 128 * KIB, 128 * KIB, true, GIB).ahead_len;
	CHECK(total >= 2 * MIB);
}

TEST(nothing_behind_the_end_is_asked_for)
{
	struct prefetch p;
	uint64_t size = 3 * MIB + 77;

	prefetch_init(&p, 64 * MIB);
	for (uint64_t off = 0; off < size; off += 64 * KIB) {
		uint64_t len = size - off < 64 * KIB ? size - off : 64 * KIB;
		struct prefetch_plan plan = prefetch_read(&p, off, len, true, size);

		CHECK(plan.ahead_off + plan.ahead_len <= size);
	}
}

TEST(a_cache_too_small_for_a_window_gets_none)
{
	struct prefetch p;

	prefetch_init(&p, PREFETCH_WINDOW_MIN - 1);
	for (uint64_t i = 0; i < 10; i++)
		CHECK_EQ(prefetch_read(&p, i * 4096, 4096, true, GIB).ahead_len, 0);
}

TEST_MAIN
