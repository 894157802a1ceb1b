/* SPDX-License-Identifier: MIT */
/*
 * core: reads of files become fetches of blocks, each fetched once however many ask
 *
 * Front ends (fs) call core_read(); transports bring blocks; the arena keeps them. The
 * core joins the two: it knows which block is where, who waits for it, what is asked for
 * ahead, and repeats what failed for as long as anybody wants it.
 *
 * Threads: everything may be called from any thread. Callbacks come from any thread,
 * without a lock held, and may call core_read().
 * Uses: base, blob/{arena,chunk,pace,prefetch,transport}.h. Not: FUSE, sockets, systemd.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/err.h"
#include "base/macros.h"
#include "blob/arena.h"
#include "blob/transport.h"

#define CORE_READ_MAX  (1024 * 1024) /* bytes of one read; what FUSE sends */
#define CORE_READ_IOV  (CORE_READ_MAX / CHUNK_SIZE + 1)
#define CORE_FILES_MAX 2

struct core;
struct core_file;

/* How a file is doing; handed out whenever it changes. */
struct core_report {
	const char *name;   /* of the file */
	const char *origin; /* of its transport */
	const char *label;
	enum pace_class class;		   /* PACE_OK: it answers (again) */
	unsigned attempt;		   /* failures since the last success */
	uint64_t delay_ms;		   /* until the next attempt */
	bool is_wanted;			   /* somebody waits for it */
	const struct fetch_result *result; /* NULL for PACE_OK */
};

struct core_events {
	void *user;
	/** called with the core's lock held: take a copy, call nothing of the core */
	void (*report)(void *user, const struct core_report *report);
};

/**
 * core_new - start the core's thread
 * @arena: stays the caller's
 *
 * Return: 0, -ENOMEM, or an error of pthread_create(3)
 */
int core_new(struct arena *arena, const struct core_events *events, struct core **ret,
	     struct err *e) must_check;

/**
 * core_free - end, and the transports of its files with it
 *
 * Nobody may call core_read() any more; reads that are under way are never answered.
 * NULL is fine.
 */
void core_free(struct core *c);

/**
 * core_add - a file, and the first look at it
 * @name: static or longer-lived
 * @t:	  becomes the core's
 *
 * Return: the file; NULL when there are CORE_FILES_MAX already
 */
struct core_file *core_add(struct core *c, const char *name, struct transport *t) must_check;

enum core_state {
	CORE_LOOKING, /* not reached yet */
	CORE_OPEN,    /* its size is known, its first bytes are there */
	CORE_FAILED,  /* never opened; no repetition can mend it */
	CORE_CHANGED, /* was open; ESTALE for ever */
};

/**
 * core_file_state - where it stands
 * @ret_size: bytes, once it is open; may be NULL
 * @e:	      why, for CORE_FAILED and CORE_CHANGED; may be NULL
 */
enum core_state core_file_state(struct core_file *f, uint64_t *ret_size, struct err *e);

/**
 * core_done_fn - the answer to a read
 * @error: 0 or a positive errno value (ESTALE)
 * @iov:   the bytes; valid during the call only; none at or behind the end of the file
 */
typedef void (*core_done_fn)(void *user, int error, const struct iovec *iov, unsigned n_iov);

/**
 * core_read - ask for bytes of an open file; answered when they are there, however long it takes
 * @len: at most CORE_READ_MAX; what lies behind the end is left out
 *
 * Never blocks. @done may be called before this returns.
 *
 * Return: 0, -ENOMEM (then @done is not called)
 */
int core_read(struct core_file *f, uint64_t off, size_t len, core_done_fn done,
	      void *user) must_check;

struct core_counters {
	uint64_t n_reads, read_bytes;	   /* answered */
	uint64_t n_hits;		   /* of them at once */
	uint64_t n_fetches, fetched_bytes; /* ended well */
	uint64_t n_retries;
	uint64_t n_ahead; /* fetches that nobody waited for when they were made */
};

/** core_counters_get - since the start */
void core_counters_get(struct core *c, struct core_counters *ret);
