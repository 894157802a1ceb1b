/* SPDX-License-Identifier: MIT */
/*
 * transport: brings ranges of one blob into memory that is given
 *
 * The core lends a fetch from start() until done() is called for it; each fetch ends in
 * exactly one done(). A transport tries once: what to repeat, when, and how many at once
 * is the core's business (pace.h). It never calls back from within start() or cancel().
 *
 * The first fetch of a blob is a look: from 0 on, into room that may be larger than the
 * blob. It tells the blob's length and pins its version (pin.h); a later answer of
 * another version ends in PACE_CHANGED, with nothing of it delivered.
 *
 * Threads: start() and cancel() may be called from any thread; callbacks come from
 * threads of the transport.
 * Uses: base, blob/pace.h, blob/chunk.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/err.h"
#include "base/macros.h"
#include "blob/chunk.h"
#include "blob/pace.h"

#define FETCH_SIZE_MAX	(4 * 1024 * 1024) /* bytes; the largest useful request */
#define FETCH_BRIEF_MAX 128
#define FETCH_IOV_MAX	(FETCH_SIZE_MAX / CHUNK_SIZE + 1)

struct fetch {
	uint64_t off;
	size_t len;
	struct iovec iov[FETCH_IOV_MAX];
	unsigned n_iov;
	bool is_look;
	bool wants_fresh;      /* not on a connection that was used before */
	bool is_unconditional; /* find out what a 412 meant */
	uint64_t blob_size;    /* a look's finding, bytes */
	struct fetch *next;    /* the transport's while it is lent */
	void *transport_data;  /* the same */
};

struct fetch_result {
	enum pace_class class;
	bool was_reused;       /* failed on a connection that was used before: try a fresh one */
	bool is_maybe_changed; /* 412: repeat without condition */
	uint64_t retry_after_ms;
	char brief[FETCH_BRIEF_MAX]; /* unless PACE_OK: "503 Service Unavailable" */
	struct err err;		     /* unless PACE_OK: the same at length, with the blob's label */
};

struct transport_events {
	void *user;
	/** @n_bytes: from the start of the fetch that are in place now; never less than before */
	void (*progress)(void *user, struct fetch *f, size_t n_bytes);
	void (*done)(void *user, struct fetch *f, const struct fetch_result *result);
};

struct transport;

struct transport_ops {
	/** start - try to bring @f; at most as many at once as the transport was made for */
	void (*start)(struct transport *t, struct fetch *f);
	/** cancel - end @f soon, with PACE_CANCELLED unless it has ended already */
	void (*cancel)(struct transport *t, struct fetch *f);
	/** free - stop; nothing calls back any more when it returns */
	void (*free)(struct transport *t);
};

struct transport {
	const struct transport_ops *ops;
	struct transport_events events; /* set by the core before the first start() */
	const char *origin;		/* "https://host", "file:///path": may be shown */
	const char *label;		/* origin and path, without query: may be shown */
	unsigned n_parallel;		/* fetches that may be under way at once */
};
