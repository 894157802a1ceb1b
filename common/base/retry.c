/* SPDX-License-Identifier: MIT */
/*
 * retry: see retry.h
 */
#include "base/retry.h"

#define DOUBLINGS_MAX 16 /* far beyond the cap, far below an overflow */

uint64_t retry_limit_ms(unsigned attempt)
{
	uint64_t limit = RETRY_BASE_MS;

	for (unsigned i = 0; i < attempt && i < DOUBLINGS_MAX; i++)
		limit *= 2;
	return limit < RETRY_CAP_MS ? limit : RETRY_CAP_MS;
}

uint64_t retry_delay_ms(unsigned attempt, uint64_t random, uint64_t retry_after_ms)
{
	if (retry_after_ms > 0)
		return retry_after_ms < RETRY_AFTER_CAP_MS ? retry_after_ms : RETRY_AFTER_CAP_MS;
	return random % (retry_limit_ms(attempt) + 1);
}
