/* SPDX-License-Identifier: MIT */
/*
 * prefetch: see prefetch.h
 */
#include "blob/prefetch.h"

#include <string.h>

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void prefetch_init(struct prefetch *p, uint64_t window_max)
{
	memset(p, 0, sizeof(*p));
	p->window_max = window_max < PREFETCH_WINDOW_MAX ? window_max : PREFETCH_WINDOW_MAX;
}

static bool is_near(const struct prefetch_stream *s, uint64_t off)
{
	uint64_t forward = max_u64(PREFETCH_FORWARD, s->window), back = PREFETCH_BACK;

	if (s->last_use == 0)
		return false;
	if (s->window == 0)
		forward = back = PREFETCH_ADJACENT;
	/* Offsets are below 2^63: no sum here overflows. */
	return off + back >= s->next && off <= s->next + forward;
}

/* The stream it joins, or the slot that was used longest ago. */
static struct prefetch_stream *pick(struct prefetch *p, uint64_t off, bool *ret_joins)
{
	struct prefetch_stream *oldest = &p->streams[0], *nearest = NULL;
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < PREFETCH_STREAMS; i++) {
		struct prefetch_stream *s = &p->streams[i];
		uint64_t distance = off > s->next ? off - s->next : s->next - off;

		if (is_near(s, off) && distance < best) {
			nearest = s;
			best = distance;
		}
		if (s->last_use < oldest->last_use)
			oldest = s;
	}
	*ret_joins = nearest;
	return nearest ? nearest : oldest;
}

static void grow(struct prefetch *p, struct prefetch_stream *s, bool must_wait)
{
	if (s->window == 0)
		s->window = PREFETCH_WINDOW_MIN;
	else if (must_wait)
		s->window *= 2;
	if (s->window > p->window_max)
		s->window = p->window_max;
}

struct prefetch_plan prefetch_read(struct prefetch *p, uint64_t off, uint64_t len, bool must_wait,
				   uint64_t size)
{
	struct prefetch_plan none = { 0 }, plan;
	uint64_t end = off + len, target;
	bool joins;
	struct prefetch_stream *s = pick(p, off, &joins);

	if (!joins) {
		*s = (struct prefetch_stream){ .next = end, .ahead_end = end };
		s->last_use = ++p->n_reads;
		return none;
	}
	s->last_use = ++p->n_reads;
	if (end <= s->next)
		return none; /* out of order, or read again */
	s->next = end;
	s->ahead_end = max_u64(s->ahead_end, end);
	grow(p, s, must_wait);
	if (s->window < PREFETCH_WINDOW_MIN || s->ahead_end - end >= s->window / 2 ||
	    s->ahead_end >= size)
		return none;
	target = end + s->window;
	target -= target % PREFETCH_UNIT;
	if (target <= s->ahead_end)
		target = s->ahead_end - s->ahead_end % PREFETCH_UNIT + PREFETCH_UNIT;
	if (target > size)
		target = size;
	plan = (struct prefetch_plan){ s->ahead_end, target - s->ahead_end };
	s->ahead_end = target;
	return plan;
}
