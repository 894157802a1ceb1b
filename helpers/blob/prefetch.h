/* SPDX-License-Identifier: MIT */
/*
 * prefetch: what to fetch for a read, and what ahead of it
 *
 * A loop device has one handle for its whole life, and many programs read through it at
 * once: so streams are told apart by offset, and reads that belong to none never switch
 * anything off for the others. A read belongs to a stream when it lies near its end,
 * a little before it (read-ahead of the kernel arrives out of order) or some way
 * behind. Two reads that are nearly adjacent make a stream; its window then begins at
 * PREFETCH_WINDOW_MIN and doubles whenever a read had to wait for it.
 *
 * Pure. Threads: the caller's lock.
 * Uses: base.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

#define PREFETCH_STREAMS    32
#define PREFETCH_BACK	    (1024 * 1024)      /* bytes before a stream's end that still join it */
#define PREFETCH_FORWARD    (4 * 1024 * 1024)  /* bytes behind it that still do */
#define PREFETCH_ADJACENT   (256 * 1024)       /* bytes either way that make two reads a stream */
#define PREFETCH_WINDOW_MIN (512 * 1024)       /* bytes */
#define PREFETCH_WINDOW_MAX (64 * 1024 * 1024) /* bytes */
#define PREFETCH_UNIT	    (1024 * 1024)      /* bytes of one transfer ahead, and its alignment */

struct prefetch_stream {
	uint64_t next;	    /* end of the furthest read */
	uint64_t ahead_end; /* up to here it was asked for */
	uint64_t window;    /* bytes; 0: one read so far */
	uint64_t last_use;
};

struct prefetch {
	struct prefetch_stream streams[PREFETCH_STREAMS];
	uint64_t n_reads;
	uint64_t window_max; /* bytes */
};

struct prefetch_plan {
	uint64_t ahead_off; /* multiple of PREFETCH_UNIT, or where the read ends */
	uint64_t ahead_len; /* bytes; 0: nothing ahead */
};

/**
 * prefetch_init - forget everything
 * @window_max: in bytes, cut to PREFETCH_WINDOW_MAX; below PREFETCH_WINDOW_MIN nothing
 *		is ever fetched ahead
 */
void prefetch_init(struct prefetch *p, uint64_t window_max);

/**
 * prefetch_read - note a read, decide what to ask for beyond it
 * @off, @len: in bytes; within the file
 * @must_wait: some of it is not there yet
 * @size:      of the file; nothing behind it is asked for
 */
struct prefetch_plan prefetch_read(struct prefetch *p, uint64_t off, uint64_t len, bool must_wait,
				   uint64_t size);
