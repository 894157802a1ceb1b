/* SPDX-License-Identifier: MIT */
#include "base/retry.h"
#include "base/macros.h"
#include "lib/test.h"

TEST(retry_limit_doubles_up_to_the_cap)
{
	static const struct {
		unsigned attempt;
		uint64_t want_ms;
	} t[] = { { 0, 100 },
		  { 1, 200 },
		  { 5, 3200 },
		  { 8, RETRY_CAP_MS },
		  { 4000000000u, RETRY_CAP_MS } };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		CHECK_EQ(retry_limit_ms(t[i].attempt), t[i].want_ms, "attempt %u", t[i].attempt);
}

TEST(retry_delay_spreads_over_the_whole_interval)
{
	CHECK_EQ(retry_delay_ms(0, 0, 0), 0);
	CHECK_EQ(retry_delay_ms(0, 100, 0), 100);
	CHECK_EQ(retry_delay_ms(0, 101, 0), 0);
}

TEST(retry_delay_obeys_the_server_up_to_a_cap)
{
	CHECK_EQ(retry_delay_ms(0, 7, 2500), 2500);
	CHECK_EQ(retry_delay_ms(9, 7, 1000000), RETRY_AFTER_CAP_MS);
}

TEST_MAIN
