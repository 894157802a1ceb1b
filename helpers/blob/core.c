/* SPDX-License-Identifier: MIT */
/*
 * core: see core.h
 *
 * State of a block (bits in struct chunk), and what moves it:
 *
 *	state	  event			     next     action
 *	absent	  a read needs it	     pending  new fetch, demand queue; the read waits
 *	absent	  prefetch asks for it	     pending  new fetch, ahead queue
 *	pending	  a read needs it	     pending  the read waits; its fetch becomes demand
 *	pending	  bytes arrive		     valid    reads that have all they need are answered
 *	pending	  its fetch fails, wanted    pending  the rest is tried again later
 *	pending	  its fetch fails, unwanted  absent
 *	any	  the blob has changed	     -	      every read is answered ESTALE
 *	valid	  its chunk's slot is wanted absent   only while nothing pins the chunk
 *
 * A read pins all its chunks from when it is admitted until it is answered, so a read
 * that is admitted never waits for memory. When slots are short, reads queue before
 * admission, first come first served. A fetch pins the chunks it fills.
 *
 * State of a fetch: queued (demand or ahead) -> running -> done, or delayed -> queued.
 *
 * One lock. Transports are started with it held and never call back from there; answers
 * are given without it.
 */
#include "blob/core.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/cleanup.h"
#include "blob/prefetch.h"

#define DEMAND_FETCH_MAX (1024 * 1024) /* bytes; neighbouring misses become one request */
#define AHEAD_SHARE	 4	       /* prefetch holds at most this part of the arena */
#define IDLE_WAIT_MS	 (3600 * 1000) /* nothing is due */

struct wait { /* of one read for blocks of one chunk */
	struct core_read *read;
	struct wait *next;
	uint32_t need;
};

struct core_read {
	struct core_file *file;
	uint64_t off;
	size_t len;
	core_done_fn done;
	void *user;
	int error;
	unsigned n_chunks, n_waits;
	bool had_to_wait;
	struct chunk *chunks[CORE_READ_IOV];
	struct wait waits[CORE_READ_IOV];
	struct core_read *prev, *next; /* in the list of its state */
};

enum fetch_state { FETCH_QUEUED, FETCH_RUNNING, FETCH_DELAYED };

struct core_fetch {
	struct fetch f; /* first: the transport sees only this */
	struct core_file *file;
	struct chunk *chunks[FETCH_IOV_MAX];
	unsigned n_chunks;
	size_t n_arrived; /* bytes of f that are marked valid */
	enum fetch_state state;
	bool is_demand;
	bool was_freshened; /* the repetition on a fresh connection was used up */
	unsigned attempt;
	uint64_t due_ms;
	struct core_fetch *prev, *next;
};

struct fetch_list {
	struct core_fetch *first, *last;
};

struct read_list {
	struct core_read *first, *last;
};

struct core_file {
	struct core *core;
	const char *name;
	uint32_t number;
	struct transport *transport;
	enum core_state state;
	struct err err;
	uint64_t size;
	struct pace pace;
	struct prefetch prefetch;
	struct fetch_list demand, ahead, running, delayed;
	unsigned n_running;
	size_t n_ahead_chunks; /* pinned by fetches nobody waits for */
};

struct core {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool is_stopping;
	struct arena *arena;
	struct chunk_table *chunks;
	struct core_events events;
	struct core_file files[CORE_FILES_MAX];
	unsigned n_files;
	struct read_list blocked;  /* not admitted: no slots */
	struct read_list waiting;  /* admitted */
	struct read_list answered; /* to be answered without the lock */
	struct core_read *spare_reads;
	struct core_fetch *spare_fetches;
	struct core_counters counters;
	uint64_t random;
};

#define LIST_APPEND(list, item)                      \
	do {                                         \
		(item)->next = NULL;                 \
		(item)->prev = (list)->last;         \
		if ((list)->last)                    \
			(list)->last->next = (item); \
		else                                 \
			(list)->first = (item);      \
		(list)->last = (item);               \
	} while (0)

#define LIST_REMOVE(list, item)                            \
	do {                                               \
		if ((item)->prev)                          \
			(item)->prev->next = (item)->next; \
		else                                       \
			(list)->first = (item)->next;      \
		if ((item)->next)                          \
			(item)->next->prev = (item)->prev; \
		else                                       \
			(list)->last = (item)->prev;       \
		(item)->prev = (item)->next = NULL;        \
	} while (0)

static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* this clock cannot fail */
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* xorshift64: spreads retries, nothing depends on its quality. */
static uint64_t random_next(struct core *c)
{
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	c->random ^= c->random << 17;
	return c->random;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* ---- fetches ---- */

static struct fetch_list *list_of(struct core_fetch *f)
{
	if (f->state == FETCH_RUNNING)
		return &f->file->running;
	if (f->state == FETCH_DELAYED)
		return &f->file->delayed;
	return f->is_demand ? &f->file->demand : &f->file->ahead;
}

static void fetch_move(struct core_fetch *f, enum fetch_state state)
{
	LIST_REMOVE(list_of(f), f);
	f->state = state;
	LIST_APPEND(list_of(f), f);
}

static uint32_t fetch_mask(const struct core_fetch *f, unsigned i)
{
	uint64_t begin = f->chunks[i]->index * CHUNK_SIZE;
	uint64_t from = f->f.off > begin ? f->f.off - begin : 0;
	uint64_t to = min_u64(f->f.off + f->f.len - begin, CHUNK_SIZE);

	return chunk_mask((uint32_t)from, (uint32_t)to);
}

/* Where its bytes go, from its offset, length and chunks. */
static void fetch_set_iov(struct core_fetch *f)
{
	uint64_t pos = f->f.off, end = f->f.off + f->f.len;

	f->f.n_iov = 0;
	for (unsigned i = 0; i < f->n_chunks; i++) {
		uint64_t begin = f->chunks[i]->index * CHUNK_SIZE;
		uint64_t stop = min_u64(end, begin + CHUNK_SIZE);
		uint8_t *slot = arena_slot(f->file->core->arena, f->chunks[i]->slot);

		f->f.iov[f->f.n_iov++] = (struct iovec){ slot + (pos - begin), stop - pos };
		pos = stop;
	}
}

static struct core_fetch *fetch_new(struct core_file *file, uint64_t off)
{
	struct core *c = file->core;
	struct core_fetch *f = c->spare_fetches;

	if (f)
		c->spare_fetches = f->next;
	else
		f = malloc(sizeof(*f));
	if (!f)
		return NULL;
	memset(f, 0, sizeof(*f));
	f->file = file;
	f->f.off = off;
	return f;
}

/* Gives its chunks back; blocks that did not arrive are absent again. */
static void fetch_free(struct core_fetch *f)
{
	struct core *c = f->file->core;

	for (unsigned i = 0; i < f->n_chunks; i++) {
		f->chunks[i]->pending &= ~fetch_mask(f, i);
		chunk_unpin(c->chunks, f->chunks[i]);
	}
	if (!f->is_demand)
		f->file->n_ahead_chunks -= f->n_chunks;
	f->next = c->spare_fetches;
	c->spare_fetches = f;
}

static void fetch_set_demand(struct core_fetch *f)
{
	if (f->is_demand)
		return;
	LIST_REMOVE(list_of(f), f);
	f->is_demand = true;
	f->file->n_ahead_chunks -= f->n_chunks;
	LIST_APPEND(list_of(f), f);
}

static bool fetch_is_wanted(const struct core_fetch *f)
{
	for (unsigned i = 0; i < f->n_chunks; i++)
		if (f->chunks[i]->waiters)
			return true;
	return false;
}

/* A chunk that a read waits for may be on its way already, but not in a hurry. */
static void hurry(struct core_file *file, const struct chunk *chunk)
{
	struct fetch_list *lists[] = { &file->ahead, &file->running };

	for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
		for (struct core_fetch *f = lists[l]->first, *next; f; f = next) {
			next = f->next;
			for (unsigned i = 0; i < f->n_chunks; i++)
				if (f->chunks[i] == chunk) {
					fetch_set_demand(f);
					break;
				}
		}
}

static void report(struct core_file *file, enum pace_class class, const struct fetch_result *result,
		   uint64_t delay_ms)
{
	struct core *c = file->core;
	struct core_report r = {
		.name = file->name,
		.origin = file->transport->origin,
		.label = file->transport->label,
		.class = class,
		.attempt = file->pace.n_failures,
		.delay_ms = delay_ms,
		.is_wanted = file->state == CORE_LOOKING || c->waiting.first,
		.result = result,
	};

	c->events.report(c->events.user, &r);
}

static bool start_from(struct core_file *file, struct fetch_list *list, uint64_t now)
{
	struct core_fetch *f = list->first;

	if (!f || !pace_may_start(&file->pace, file->n_running, now))
		return false;
	fetch_move(f, FETCH_RUNNING);
	file->n_running++;
	f->n_arrived = 0;
	fetch_set_iov(f);
	file->transport->ops->start(file->transport, &f->f);
	return true;
}

/* Starts what may start: demand strictly before what is ahead. */
static void pump(struct core_file *file)
{
	uint64_t now = now_ms();

	for (struct core_fetch *f = file->delayed.first, *next; f; f = next) {
		next = f->next;
		if (f->due_ms <= now)
			fetch_move(f, FETCH_QUEUED);
	}
	while (start_from(file, &file->demand, now))
		;
	while (start_from(file, &file->ahead, now))
		;
	if (file->n_running == 0 && (file->demand.first || file->ahead.first))
		(void)pthread_cond_signal(&file->core->wake); /* until the gate opens */
}

/* One run of absent blocks grows by the next ones, or a new run begins. */
struct run {
	struct core_file *file;
	struct core_fetch *fetch;
	bool is_demand;
	size_t max;
};

static void run_end(struct run *run)
{
	struct core_fetch *f = run->fetch;

	if (!f)
		return;
	run->fetch = NULL;
	f->is_demand = run->is_demand;
	f->state = FETCH_QUEUED;
	if (!f->is_demand) {
		run->file->n_ahead_chunks += f->n_chunks;
		run->file->core->counters.n_ahead++;
	}
	LIST_APPEND(list_of(f), f);
}

static int run_add(struct run *run, struct chunk *chunk, uint64_t off, uint64_t len)
{
	struct core_fetch *f = run->fetch;

	if (f && (f->f.off + f->f.len != off || f->f.len + len > run->max))
		run_end(run);
	f = run->fetch;
	if (!f) {
		f = run->fetch = fetch_new(run->file, off);
		if (!f)
			return -ENOMEM;
	}
	if (f->n_chunks == 0 || f->chunks[f->n_chunks - 1] != chunk) {
		chunk_pin(chunk);
		f->chunks[f->n_chunks++] = chunk;
	}
	f->f.len += len;
	return 0;
}

/* Adds the absent blocks of one chunk, of those in @mask, to the run. */
static int run_add_chunk(struct run *run, struct chunk *chunk, uint32_t mask)
{
	uint32_t absent = mask & ~chunk->valid & ~chunk->pending;
	uint64_t begin = chunk->index * CHUNK_SIZE;
	int r = 0;

	for (unsigned b = 0; b < CHUNK_BLOCKS && r == 0; b++) {
		uint64_t off = begin + (uint64_t)b * CHUNK_BLOCK_SIZE;

		if (!(absent & (uint32_t)1 << b))
			continue;
		r = run_add(run, chunk, off, min_u64(CHUNK_BLOCK_SIZE, run->file->size - off));
		if (r == 0)
			chunk->pending |= (uint32_t)1 << b;
	}
	return r;
}

/* The blocks of @chunk from @from to the end of the chunk or the file. */
static uint32_t mask_to_end(const struct core_file *file, const struct chunk *chunk, uint64_t from,
			    uint64_t to)
{
	uint64_t begin = chunk->index * CHUNK_SIZE;

	from = from > begin ? from - begin : 0;
	to = min_u64(min_u64(to, file->size) - begin, CHUNK_SIZE);
	return chunk_mask((uint32_t)from, (uint32_t)to);
}

/* Asks for [off, off + len) while slots can be had cheaply; nobody waits for it. */
static void ask_ahead(struct core_file *file, uint64_t off, uint64_t len)
{
	struct core *c = file->core;
	struct run run = { .file = file, .is_demand = false, .max = PREFETCH_UNIT };
	uint64_t end = off + len;
	size_t budget = c->arena->n_slots / AHEAD_SHARE;

	for (uint64_t i = off / CHUNK_SIZE; i * CHUNK_SIZE < end; i++) {
		struct chunk *chunk;
		int r;

		if (i * CHUNK_SIZE % PREFETCH_UNIT == 0)
			run_end(&run);
		if (c->blocked.first || file->n_ahead_chunks >= budget ||
		    chunk_table_n_free(c->chunks) <= CORE_READ_IOV)
			break;
		chunk = chunk_get(c->chunks, file->number, i);
		if (!chunk)
			break;
		r = run_add_chunk(&run, chunk, mask_to_end(file, chunk, off, end));
		chunk_unpin(c->chunks, chunk);
		if (r < 0)
			break;
	}
	run_end(&run);
}

/* ---- reads ---- */

static struct core_read *read_new(struct core *c)
{
	struct core_read *r = c->spare_reads;

	if (r)
		c->spare_reads = r->next;
	else
		r = malloc(sizeof(*r));
	if (r)
		memset(r, 0, sizeof(*r));
	return r;
}

static void read_answer(struct core *c, struct core_read *r, struct read_list *from, int error)
{
	r->error = error;
	if (from)
		LIST_REMOVE(from, r);
	LIST_APPEND(&c->answered, r);
}

/* All its chunks or none. */
static bool read_pin(struct core_read *r)
{
	struct chunk_table *t = r->file->core->chunks;
	uint64_t first = r->off / CHUNK_SIZE, last = (r->off + r->len - 1) / CHUNK_SIZE;

	for (uint64_t i = first; i <= last; i++) {
		struct chunk *chunk = chunk_get(t, r->file->number, i);

		if (!chunk) {
			while (r->n_chunks > 0)
				chunk_unpin(t, r->chunks[--r->n_chunks]);
			return false;
		}
		r->chunks[r->n_chunks++] = chunk;
	}
	return true;
}

static void read_wait(struct core_read *r, unsigned i, uint32_t need)
{
	struct chunk *chunk = r->chunks[i];
	struct wait *w = &r->waits[i];

	w->read = r;
	w->need = need;
	w->next = chunk->waiters;
	chunk->waiters = w;
	r->n_waits++;
}

/* Waits for what is pending, asks for what is absent and for the rest of the last chunk. */
static int read_demand(struct core_read *r)
{
	struct core_file *file = r->file;
	struct run run = { .file = file, .is_demand = true, .max = DEMAND_FETCH_MAX };
	uint64_t end = r->off + r->len, whole = (end + CHUNK_SIZE - 1) / CHUNK_SIZE * CHUNK_SIZE;
	int ret = 0;

	for (unsigned i = 0; i < r->n_chunks && ret == 0; i++) {
		struct chunk *chunk = r->chunks[i];
		uint32_t need = mask_to_end(file, chunk, r->off, end) & ~chunk->valid;

		if (!need)
			continue;
		if (need & chunk->pending)
			hurry(file, chunk);
		if (need & ~chunk->pending)
			ret = run_add_chunk(&run, chunk, mask_to_end(file, chunk, r->off, whole));
		if (ret == 0)
			read_wait(r, i, need);
	}
	run_end(&run);
	return ret;
}

static void read_unwait(struct core_read *r)
{
	for (unsigned i = 0; i < r->n_chunks && r->n_waits > 0; i++) {
		struct wait **p = (struct wait **)&r->chunks[i]->waiters;

		while (*p && (*p)->read != r)
			p = &(*p)->next;
		if (*p) {
			*p = (*p)->next;
			r->n_waits--;
		}
	}
}

/* Its turn has come, or there is no room yet. @from: the list it is in, NULL if none. */
static bool read_admit(struct core_read *r, struct read_list *from)
{
	struct core_file *file = r->file;
	struct core *c = file->core;
	struct prefetch_plan plan;
	int ret;

	if (!read_pin(r))
		return false;
	if (from)
		LIST_REMOVE(from, r);
	ret = read_demand(r);
	if (ret < 0) {
		read_unwait(r);
		read_answer(c, r, NULL, -ret);
		return true;
	}
	plan = prefetch_read(&file->prefetch, r->off, r->len, r->n_waits > 0, file->size);
	if (plan.ahead_len > 0)
		ask_ahead(file, plan.ahead_off, plan.ahead_len);
	r->had_to_wait = r->n_waits > 0;
	if (r->had_to_wait)
		LIST_APPEND(&c->waiting, r);
	else
		read_answer(c, r, NULL, 0);
	return true;
}

static void admit_blocked(struct core *c)
{
	while (c->blocked.first) {
		struct core_read *r = c->blocked.first;

		if (r->file->state == CORE_CHANGED)
			read_answer(c, r, &c->blocked, ESTALE);
		else if (!read_admit(r, &c->blocked))
			break;
	}
}

/* Blocks of @chunk became valid: whoever has all it needs is answered. */
static void wake_waiters(struct core *c, struct chunk *chunk)
{
	struct wait **p = (struct wait **)&chunk->waiters;

	while (*p) {
		struct wait *w = *p;

		if (w->need & ~chunk->valid) {
			p = &w->next;
			continue;
		}
		*p = w->next;
		if (--w->read->n_waits == 0)
			read_answer(c, w->read, &c->waiting, 0);
	}
}

static void read_call(struct core_read *r)
{
	struct iovec iov[CORE_READ_IOV];
	uint64_t pos = r->off, end = r->off + r->len;
	unsigned n = 0;

	if (r->error == 0)
		for (unsigned i = 0; i < r->n_chunks; i++) {
			uint64_t begin = r->chunks[i]->index * CHUNK_SIZE;
			uint64_t stop = min_u64(end, begin + CHUNK_SIZE);
			uint8_t *slot = arena_slot(r->file->core->arena, r->chunks[i]->slot);

			iov[n++] = (struct iovec){ slot + (pos - begin), stop - pos };
			pos = stop;
		}
	r->done(r->user, r->error, iov, n);
}

/* Gives the lock up; answers what is to be answered before that is final. */
static void unlock(struct core *c)
{
	for (;;) {
		struct core_read *r = c->answered.first;

		if (!r)
			break;
		LIST_REMOVE(&c->answered, r);
		c->counters.n_reads++;
		c->counters.read_bytes += r->len;
		c->counters.n_hits += !r->had_to_wait;
		(void)pthread_mutex_unlock(&c->lock);
		read_call(r);
		(void)pthread_mutex_lock(&c->lock);
		while (r->n_chunks > 0)
			chunk_unpin(c->chunks, r->chunks[--r->n_chunks]);
		r->next = c->spare_reads;
		c->spare_reads = r;
		if (c->blocked.first) {
			admit_blocked(c);
			for (unsigned i = 0; i < c->n_files; i++)
				pump(&c->files[i]);
		}
	}
	(void)pthread_mutex_unlock(&c->lock);
}

int core_read(struct core_file *file, uint64_t off, size_t len, core_done_fn done, void *user)
{
	struct core *c = file->core;
	struct core_read *r;

	assert(len <= CORE_READ_MAX);
	(void)pthread_mutex_lock(&c->lock); /* a default mutex, used correctly, does not fail */
	r = read_new(c);
	if (!r) {
		(void)pthread_mutex_unlock(&c->lock);
		return -ENOMEM;
	}
	r->file = file;
	r->off = off;
	r->len = off < file->size ? min_u64(len, file->size - off) : 0;
	r->done = done;
	r->user = user;
	if (file->state != CORE_OPEN)
		read_answer(c, r, NULL, ESTALE);
	else if (r->len == 0)
		read_answer(c, r, NULL, 0);
	else if (c->blocked.first || !read_admit(r, NULL))
		LIST_APPEND(&c->blocked, r);
	pump(file);
	unlock(c);
	return 0;
}

/* ---- what transports tell ---- */

/* Marks blocks valid up to @n_bytes; the last one counts when the file ends in it. */
static void fetch_arrived(struct core_fetch *f, size_t n_bytes)
{
	size_t whole = n_bytes == f->f.len ? n_bytes : n_bytes - n_bytes % CHUNK_BLOCK_SIZE;
	struct core *c = f->file->core;

	if (whole <= f->n_arrived)
		return;
	for (unsigned i = 0; i < f->n_chunks; i++) {
		struct chunk *chunk = f->chunks[i];
		uint64_t begin = chunk->index * CHUNK_SIZE;
		uint64_t from = f->f.off + f->n_arrived, to = f->f.off + whole;
		uint32_t mask;

		if (to <= begin || from >= begin + CHUNK_SIZE)
			continue;
		from = from > begin ? from - begin : 0;
		mask = chunk_mask((uint32_t)from, (uint32_t)min_u64(to - begin, CHUNK_SIZE));
		chunk->valid |= mask;
		chunk->pending &= ~mask;
		wake_waiters(c, chunk);
	}
	f->n_arrived = whole;
}

static void on_progress(void *user, struct fetch *fetch, size_t n_bytes)
{
	struct core_fetch *f = (struct core_fetch *)fetch;
	struct core *c = user;

	(void)pthread_mutex_lock(&c->lock);
	if (!f->f.is_look)
		fetch_arrived(f, n_bytes);
	unlock(c);
}

/* The version is another one: nobody gets another byte. */
static void file_changed(struct core_file *file, const struct err *e)
{
	struct fetch_list *idle[] = { &file->demand, &file->ahead, &file->delayed };
	struct core *c = file->core;

	file->state = CORE_CHANGED;
	file->err = *e;
	for (struct core_read *r = c->waiting.first, *next; r; r = next) {
		next = r->next;
		if (r->file != file)
			continue;
		read_unwait(r);
		read_answer(c, r, &c->waiting, ESTALE);
	}
	for (struct core_fetch *f = file->running.first; f; f = f->next)
		file->transport->ops->cancel(file->transport, &f->f);
	for (size_t i = 0; i < ARRAY_SIZE(idle); i++)
		while (idle[i]->first) {
			struct core_fetch *f = idle[i]->first;

			LIST_REMOVE(idle[i], f);
			fetch_free(f);
		}
	admit_blocked(c);
}

static void look_done(struct core_fetch *f)
{
	struct core_file *file = f->file;
	size_t n = min_u64(f->f.len, f->f.blob_size);

	file->size = f->f.blob_size;
	file->state = CORE_OPEN;
	f->f.len = n;
	if (n > 0) {
		f->chunks[0]->pending &= fetch_mask(f, 0);
		fetch_arrived(f, n);
	} else {
		f->chunks[0]->pending = 0;
	}
	report(file, PACE_OK, NULL, 0);
}

/* Keeps what has arrived, and goes on behind it. */
static void fetch_advance(struct core_fetch *f)
{
	struct core *c = f->file->core;
	unsigned n = 0;

	if (f->n_arrived == 0 || f->f.is_look)
		return;
	f->f.off += f->n_arrived;
	f->f.len -= f->n_arrived;
	f->n_arrived = 0;
	f->attempt = 0;
	while ((f->chunks[n]->index + 1) * CHUNK_SIZE <= f->f.off)
		chunk_unpin(c->chunks, f->chunks[n++]);
	if (!f->is_demand)
		f->file->n_ahead_chunks -= n;
	f->n_chunks -= n;
	memmove(f->chunks, f->chunks + n, f->n_chunks * sizeof(struct chunk *));
}

static void fetch_again(struct core_fetch *f, const struct fetch_result *result)
{
	struct core_file *file = f->file;
	struct core *c = file->core;
	uint64_t now = now_ms(), delay = 0;
	bool has_progressed = f->n_arrived > 0 && !f->f.is_look;

	fetch_advance(f);
	fetch_set_demand(f);
	f->f.is_unconditional = result->is_maybe_changed;
	f->f.wants_fresh = result->class == PACE_AGAIN;
	c->counters.n_retries++;
	if (result->was_reused && !f->was_freshened) {
		f->was_freshened =
			true; /* the connection was old: this says nothing of the server */
	} else if (has_progressed) {
		if (pace_partial(&file->pace, result->err.code == ETIMEDOUT, random_next(c), now,
				 &delay))
			report(file, PACE_OK, NULL, 0);
	} else if (!result->is_maybe_changed) {
		delay = pace_failure(&file->pace, result->class, f->attempt++,
				     result->retry_after_ms, random_next(c), now);
		if (file->pace.gate_ms > now + delay)
			delay = file->pace.gate_ms - now;
		report(file, result->class, result, delay);
	}
	f->due_ms = now + delay;
	fetch_move(f, FETCH_DELAYED);
}

static void fetch_ok(struct core_fetch *f)
{
	struct core_file *file = f->file;
	struct core *c = file->core;

	if (pace_success(&file->pace, now_ms()) && !f->f.is_look)
		report(file, PACE_OK, NULL, 0);
	if (f->f.is_look)
		look_done(f);
	else
		fetch_arrived(f, f->f.len);
	c->counters.n_fetches++;
	c->counters.fetched_bytes += f->f.len;
}

static void fetch_failed_at_start(struct core_fetch *f, const struct fetch_result *result)
{
	f->file->state = CORE_FAILED;
	f->file->err = result->err;
	report(f->file, result->class, result, 0);
}

static void on_done(void *user, struct fetch *fetch, const struct fetch_result *result)
{
	struct core_fetch *f = (struct core_fetch *)fetch;
	struct core_file *file = f->file;
	struct core *c = user;
	bool is_finished = true;

	(void)pthread_mutex_lock(&c->lock);
	file->n_running--;
	if (result->class == PACE_OK || (f->n_arrived == f->f.len && !f->f.is_look))
		fetch_ok(f); /* all of it is there, however it ended */
	else if (f->f.is_look && pace_is_final_at_start(result->class))
		fetch_failed_at_start(f, result);
	else if (result->class == PACE_CHANGED && file->state == CORE_OPEN) {
		report(file, PACE_CHANGED, result, 0);
		file_changed(file, &result->err);
	} else if (file->state != CORE_CHANGED && (f->f.is_look || fetch_is_wanted(f))) {
		fetch_again(f, result);
		is_finished = false;
	} else if (result->class == PACE_BUSY) {
		(void)pace_failure(&file->pace, PACE_BUSY, 0, result->retry_after_ms,
				   random_next(c), now_ms()); /* not repeated, but heeded */
	}
	if (is_finished) {
		LIST_REMOVE(list_of(f), f);
		fetch_free(f);
		admit_blocked(c);
	}
	pump(file);
	(void)pthread_cond_signal(&c->wake); /* the thread looks when the next one is due */
	unlock(c);
}

/* ---- life ---- */

static uint64_t next_due_ms(struct core *c)
{
	uint64_t due = UINT64_MAX;

	for (unsigned i = 0; i < c->n_files; i++) {
		struct core_file *file = &c->files[i];

		for (struct core_fetch *f = file->delayed.first; f; f = f->next)
			due = min_u64(due, f->due_ms);
		if ((file->demand.first || file->ahead.first) && file->n_running == 0)
			due = min_u64(due, file->pace.gate_ms);
	}
	return due;
}

static void *thread_main(void *arg)
{
	struct core *c = arg;

	(void)pthread_mutex_lock(&c->lock);
	while (!c->is_stopping) {
		uint64_t due = next_due_ms(c), now = now_ms();
		struct timespec until;

		if (due <= now) {
			for (unsigned i = 0; i < c->n_files; i++)
				pump(&c->files[i]);
			unlock(c);
			(void)pthread_mutex_lock(&c->lock);
			due = next_due_ms(c);
		}
		due = due <= now ? now + 1 : min_u64(due, now + IDLE_WAIT_MS);
		until = (struct timespec){ (time_t)(due / 1000), (long)(due % 1000) * 1000000 };
		(void)pthread_cond_timedwait(&c->wake, &c->lock, &until); /* either way: look */
	}
	(void)pthread_mutex_unlock(&c->lock);
	return NULL;
}

int core_new(struct arena *arena, const struct core_events *events, struct core **ret,
	     struct err *e)
{
	cleanup_free struct core *c = calloc(1, sizeof(*c));
	pthread_condattr_t attr;
	int r;

	if (!c)
		return err_errno(e, ENOMEM, "set up the cache");
	c->arena = arena;
	c->events = *events;
	c->chunks = chunk_table_new(arena->n_slots);
	if (!c->chunks)
		return err_errno(e, ENOMEM, "set up the cache");
	if (getrandom(&c->random, sizeof(c->random), 0) != sizeof(c->random) || c->random == 0)
		c->random = now_ms() | 1;
	(void)pthread_mutex_init(&c->lock, NULL); /* none of these fails on Linux */
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&c->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	r = pthread_create(&c->thread, NULL, thread_main, c);
	if (r != 0) {
		chunk_table_free(c->chunks);
		return err_errno(e, r, "start a thread");
	}
	*ret = steal_ptr(&c);
	return 0;
}

static void free_fetches(struct core_fetch *f)
{
	while (f) {
		struct core_fetch *next = f->next;

		free(f);
		f = next;
	}
}

static void free_reads(struct core_read *r)
{
	while (r) {
		struct core_read *next = r->next;

		free(r);
		r = next;
	}
}

void core_free(struct core *c)
{
	if (!c)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->is_stopping = true;
	(void)pthread_cond_signal(&c->wake);
	(void)pthread_mutex_unlock(&c->lock);
	(void)pthread_join(c->thread, NULL);
	for (unsigned i = 0; i < c->n_files; i++) {
		struct core_file *file = &c->files[i];

		file->transport->ops->free(file->transport);
		free_fetches(file->demand.first);
		free_fetches(file->ahead.first);
		free_fetches(file->running.first);
		free_fetches(file->delayed.first);
	}
	free_fetches(c->spare_fetches);
	free_reads(c->blocked.first);
	free_reads(c->waiting.first);
	free_reads(c->answered.first);
	free_reads(c->spare_reads);
	chunk_table_free(c->chunks);
	(void)pthread_cond_destroy(&c->wake);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

struct core_file *core_add(struct core *c, const char *name, struct transport *t)
{
	struct core_file *file;
	struct core_fetch *look;
	struct chunk *chunk;

	(void)pthread_mutex_lock(&c->lock);
	file = c->n_files < CORE_FILES_MAX ? &c->files[c->n_files] : NULL;
	look = file ? (file->core = c, fetch_new(file, 0)) : NULL;
	chunk = look ? chunk_get(c->chunks, c->n_files, 0) : NULL;
	if (!chunk) {
		(void)pthread_mutex_unlock(&c->lock);
		return NULL;
	}
	file->name = name;
	file->number = c->n_files++;
	file->transport = t;
	t->events = (struct transport_events){ c, on_progress, on_done };
	pace_init(&file->pace, t->n_parallel);
	prefetch_init(&file->prefetch, c->arena->n_slots / AHEAD_SHARE * CHUNK_SIZE);
	look->f.is_look = true;
	look->f.len = CHUNK_SIZE;
	look->chunks[look->n_chunks++] = chunk;
	look->is_demand = true;
	chunk->pending = UINT32_MAX;
	LIST_APPEND(list_of(look), look);
	pump(file);
	unlock(c);
	return file;
}

enum core_state core_file_state(struct core_file *f, uint64_t *ret_size, struct err *e)
{
	struct core *c = f->core;
	enum core_state state;

	(void)pthread_mutex_lock(&c->lock);
	state = f->state;
	if (ret_size && state != CORE_LOOKING && state != CORE_FAILED)
		*ret_size = f->size;
	if (e && (state == CORE_FAILED || state == CORE_CHANGED))
		*e = f->err;
	(void)pthread_mutex_unlock(&c->lock);
	return state;
}

void core_counters_get(struct core *c, struct core_counters *ret)
{
	(void)pthread_mutex_lock(&c->lock);
	*ret = c->counters;
	(void)pthread_mutex_unlock(&c->lock);
}
