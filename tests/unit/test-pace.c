/* SPDX-License-Identifier: MIT */
/* pace: what is repeated, when, and how much at once */
#include "blob/pace.h"

#include "base/retry.h"
#include "lib/test.h"

TEST(statuses_have_their_classes)
{
	static const struct {
		int status;
		enum pace_class want;
	} t[] = {
		{ 400, PACE_REFUSED }, { 401, PACE_HOLD },    { 403, PACE_HOLD },
		{ 404, PACE_HOLD },    { 405, PACE_REFUSED }, { 408, PACE_AGAIN },
		{ 409, PACE_REFUSED }, { 412, PACE_REFUSED }, { 416, PACE_REFUSED },
		{ 429, PACE_BUSY },    { 500, PACE_AGAIN },   { 502, PACE_AGAIN },
		{ 503, PACE_BUSY },    { 504, PACE_AGAIN },   { 599, PACE_AGAIN },
		{ 304, PACE_REFUSED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		CHECK_EQ(pace_classify(t[i].status), t[i].want, "status %d", t[i].status);
}

TEST(only_what_repeating_cannot_mend_ends_a_start)
{
	CHECK(!pace_is_final_at_start(PACE_OK));
	CHECK(!pace_is_final_at_start(PACE_AGAIN));
	CHECK(!pace_is_final_at_start(PACE_BUSY));
	CHECK(pace_is_final_at_start(PACE_HOLD));
	CHECK(pace_is_final_at_start(PACE_REFUSED));
	CHECK(pace_is_final_at_start(PACE_CHANGED));
}

TEST(up_to_the_limit_at_once)
{
	struct pace p;

	pace_init(&p, 4);
	CHECK(pace_may_start(&p, 3, 1000));
	CHECK(!pace_may_start(&p, 4, 1000));
}

TEST(a_busy_server_gets_less_once_in_a_while_and_slowly_more_again)
{
	struct pace p;

	pace_init(&p, 16);
	(void)pace_failure(&p, PACE_BUSY, 0, 0, 0, 1000);
	CHECK_EQ(p.limit, 10);
	(void)pace_failure(&p, PACE_BUSY, 0, 0, 0, 1001);
	CHECK_EQ(p.limit, 10);
	(void)pace_failure(&p, PACE_BUSY, 0, 0, 0, 1000 + PACE_CUT_EVERY_MS);
	CHECK_EQ(p.limit, 6);
	for (uint64_t now = 20000; now < 60000; now += PACE_CUT_EVERY_MS)
		(void)pace_failure(&p, PACE_BUSY, 0, 0, 0, now);
	CHECK_EQ(p.limit, PACE_LIMIT_MIN);
	(void)pace_success(&p, 70000);
	for (uint64_t now = 70000; now < 170000; now += 100)
		(void)pace_may_start(&p, 0, now);
	CHECK_EQ(p.limit, 16);
}

TEST(what_the_server_asks_for_holds_everybody_back)
{
	struct pace p;

	pace_init(&p, 16);
	CHECK_EQ(pace_failure(&p, PACE_BUSY, 0, 3000, 12345, 1000), 3000);
	CHECK(!pace_may_start(&p, 0, 3999));
	CHECK(pace_may_start(&p, 0, 4000));
	CHECK_EQ(pace_failure(&p, PACE_BUSY, 0, 1 << 30, 1, 5000), RETRY_AFTER_CAP_MS);
}

TEST(one_failure_among_successes_stops_nobody)
{
	struct pace p;

	pace_init(&p, 16);
	(void)pace_failure(&p, PACE_AGAIN, 0, 0, 99, 1000);
	CHECK(pace_may_start(&p, 7, 1000));
	CHECK(pace_success(&p, 1001));
	CHECK(!pace_success(&p, 1002));
}

TEST(while_nothing_succeeds_one_at_a_time_probes)
{
	struct pace p;

	pace_init(&p, 16);
	for (unsigned i = 0; i < PACE_TROUBLE_AT; i++)
		(void)pace_failure(&p, PACE_AGAIN, i, 0, 50, 1000);
	CHECK(pace_is_troubled(&p));
	CHECK(!pace_may_start(&p, 0, 1000));
	CHECK(pace_may_start(&p, 0, 1000 + RETRY_CAP_MS));
	CHECK(!pace_may_start(&p, 1, 1000 + RETRY_CAP_MS));
	CHECK(pace_success(&p, 1010));
	CHECK(pace_may_start(&p, 5, 1010));
}

TEST(some_bytes_are_no_outage_but_a_slow_link_gets_fewer_requests)
{
	struct pace p;
	uint64_t delay;

	pace_init(&p, 16);
	(void)pace_failure(&p, PACE_AGAIN, 0, 0, 0, 999);
	CHECK(pace_partial(&p, false, 12345, 1000, &delay));
	for (unsigned i = 0; i < 10; i++) {
		CHECK(!pace_partial(&p, false, 12345, 1000, &delay));
		CHECK(delay <= RETRY_BASE_MS);
	}
	CHECK(!pace_is_troubled(&p));
	CHECK_EQ(p.limit, 16);
	(void)pace_partial(&p, true, 12345, 1000, &delay);
	CHECK_EQ(p.limit, 10);
}

TEST(what_a_person_must_mend_is_tried_slowly)
{
	struct pace p;

	pace_init(&p, 16);
	CHECK_EQ(pace_failure(&p, PACE_HOLD, 0, 0, 7, 1000), PACE_HOLD_FIRST_MS);
	CHECK_EQ(pace_failure(&p, PACE_HOLD, 1, 0, 7, 2000), PACE_HOLD_MS);
	CHECK(!pace_may_start(&p, 0, 2000 + PACE_HOLD_MS - 1));
	CHECK(pace_may_start(&p, 0, 2000 + PACE_HOLD_MS));
}

TEST_MAIN
