/* SPDX-License-Identifier: MIT */
/*
 * pace: see pace.h
 */
#include "blob/pace.h"

#include <string.h>

#include "base/retry.h"

enum pace_class pace_classify(int status)
{
	static const struct {
		int status;
		enum pace_class c;
	} rows[] = {
		{ 401, PACE_HOLD }, { 403, PACE_HOLD }, { 404, PACE_HOLD }, { 408, PACE_AGAIN },
		{ 410, PACE_HOLD }, { 429, PACE_BUSY }, { 503, PACE_BUSY },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].status == status)
			return rows[i].c;
	return status >= 500 ? PACE_AGAIN : PACE_REFUSED;
}

bool pace_is_final_at_start(enum pace_class c)
{
	return c == PACE_HOLD || c == PACE_REFUSED || c == PACE_CHANGED;
}

void pace_init(struct pace *p, unsigned limit_max)
{
	memset(p, 0, sizeof(*p));
	p->limit = p->limit_max = limit_max;
}

bool pace_is_troubled(const struct pace *p)
{
	return p->n_failures >= PACE_TROUBLE_AT;
}

bool pace_may_start(struct pace *p, unsigned n_running, uint64_t now_ms)
{
	if (now_ms < p->gate_ms)
		return false;
	if (pace_is_troubled(p))
		return n_running == 0;
	if (p->limit < p->limit_max && now_ms >= p->last_grow_ms + PACE_GROW_EVERY_MS) {
		p->limit++;
		p->last_grow_ms = now_ms;
	}
	return n_running < p->limit;
}

bool pace_success(struct pace *p, uint64_t now_ms)
{
	bool had_failed = p->n_failures > 0;

	if (pace_is_troubled(p) && p->gate_ms > now_ms)
		p->gate_ms = now_ms;
	p->n_failures = p->n_probes = 0;
	return had_failed;
}

static void cut(struct pace *p, uint64_t now_ms)
{
	unsigned limit = p->limit * PACE_CUT_PERCENT / 100;

	if (p->last_cut_ms && now_ms < p->last_cut_ms + PACE_CUT_EVERY_MS)
		return;
	p->last_cut_ms = p->last_grow_ms = now_ms;
	if (limit < PACE_LIMIT_MIN)
		limit = PACE_LIMIT_MIN;
	if (limit < p->limit)
		p->limit = limit;
}

bool pace_partial(struct pace *p, bool was_slow, uint64_t random, uint64_t now_ms,
		  uint64_t *ret_delay_ms)
{
	bool had_failed = pace_success(p, now_ms);

	if (was_slow)
		cut(p, now_ms);
	*ret_delay_ms = retry_delay_ms(0, random, 0);
	return had_failed;
}

static void close_gate(struct pace *p, uint64_t until_ms)
{
	if (until_ms > p->gate_ms)
		p->gate_ms = until_ms;
}

uint64_t pace_failure(struct pace *p, enum pace_class c, unsigned attempt, uint64_t retry_after_ms,
		      uint64_t random, uint64_t now_ms)
{
	uint64_t delay = retry_delay_ms(attempt, random, retry_after_ms);

	p->n_failures++;
	if (c == PACE_HOLD) {
		delay = attempt == 0 ? PACE_HOLD_FIRST_MS : PACE_HOLD_MS;
		close_gate(p, now_ms + delay);
		return delay;
	}
	if (c == PACE_BUSY)
		cut(p, now_ms);
	if (retry_after_ms > 0)
		close_gate(p, now_ms + delay);
	else if (pace_is_troubled(p))
		/* All requests share the wait, so that many of them are not many probes. */
		close_gate(p, now_ms + retry_delay_ms(p->n_probes++, random, 0));
	return delay;
}
