/* SPDX-License-Identifier: MIT */
/*
 * pace: is a failure worth another attempt, when, and how many at once?
 *
 * A disk does not answer EIO because a network had a bad minute. So nearly everything is
 * repeated for as long as the blob is served: what is transient soon, with exponential
 * back-off; what an administrator must mend (credentials, a blob that is gone) slowly.
 * While nothing succeeds one attempt at a time probes the server. A server that says it
 * is busy gets fewer requests at once, and slowly more again.
 *
 * Pure: time and randomness are arguments. Times are milliseconds of one clock.
 * Threads: the caller's lock.
 * Uses: base/retry.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

#define PACE_LIMIT_MIN	   2
#define PACE_CUT_PERCENT   65	 /* of the requests at once, after "busy" */
#define PACE_CUT_EVERY_MS  5000	 /* at most one cut in this time */
#define PACE_GROW_EVERY_MS 1000	 /* and one more request at once after each of these */
#define PACE_HOLD_MS	   30000 /* between attempts that an administrator must help */
#define PACE_HOLD_FIRST_MS 1000	 /* the first repetition of these */
#define PACE_TROUBLE_AT	   3	 /* failures without a success between them */

enum pace_class {
	PACE_OK,
	PACE_AGAIN,    /* transient */
	PACE_BUSY,     /* transient, and we are too many */
	PACE_HOLD,     /* refused: credentials, name, certificate */
	PACE_REFUSED,  /* an answer that makes no sense, or a request that does not */
	PACE_CHANGED,  /* another version: for ever */
	PACE_CANCELLED /* nobody wants it any more */
};

/** pace_classify - what an HTTP status that is not the wanted one means */
enum pace_class pace_classify(int status);

/** pace_is_final_at_start - no repetition can mend it, so a start fails at once */
bool pace_is_final_at_start(enum pace_class c);

struct pace {
	unsigned limit, limit_max; /* requests at once */
	uint64_t last_cut_ms, last_grow_ms;
	unsigned n_failures; /* since the last success */
	unsigned n_probes;   /* while in trouble: attempts since then */
	uint64_t gate_ms;    /* nothing starts before */
};

/** pace_init - @limit_max: requests at once at most; nothing has failed yet */
void pace_init(struct pace *p, unsigned limit_max);

/** pace_may_start - one more request, with @n_running of them under way */
bool pace_may_start(struct pace *p, unsigned n_running, uint64_t now_ms);

/** pace_is_troubled - nothing has succeeded for a while */
bool pace_is_troubled(const struct pace *p);

/** pace_success - a request was answered in full; Return: true when failures came before */
bool pace_success(struct pace *p, uint64_t now_ms);

/**
 * pace_partial - a request brought some of its bytes and then failed: no sign of an outage
 * @was_slow:	  its time was over; the link may be too narrow for so many at once
 * @ret_delay_ms: from now until the rest is asked for
 *
 * Return: true when failures came before
 */
bool pace_partial(struct pace *p, bool was_slow, uint64_t random, uint64_t now_ms,
		  uint64_t *ret_delay_ms);

/**
 * pace_failure - note it, and say how long this request waits before its next attempt
 * @attempt:	    failures of this request before this one
 * @retry_after_ms: what the server asked for; 0: nothing
 * @random:	    any 64 bits
 *
 * Return: milliseconds from now
 */
uint64_t pace_failure(struct pace *p, enum pace_class c, unsigned attempt, uint64_t retry_after_ms,
		      uint64_t random, uint64_t now_ms);
