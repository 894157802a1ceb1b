/* SPDX-License-Identifier: MIT */
/*
 * retry: how long to wait before the next attempt
 *
 * Pure. Exponential back-off with full jitter; constants of the measured design.
 *
 * Uses: libc.
 */
#pragma once

#include <stdint.h>

#define RETRY_BASE_MS	   100
#define RETRY_CAP_MS	   15000
#define RETRY_AFTER_CAP_MS 60000 /* the most that a server's Retry-After may ask for */

/** retry_limit_ms - the longest wait before attempt @attempt (0 = the first repetition) */
uint64_t retry_limit_ms(unsigned attempt);

/**
 * retry_delay_ms - the wait itself
 * @random:	    any 64 bits; spreads the clients of one server over the interval
 * @retry_after_ms: what the server asked for, 0 if it did not; wins, up to its cap
 */
uint64_t retry_delay_ms(unsigned attempt, uint64_t random, uint64_t retry_after_ms);
