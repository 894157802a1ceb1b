/* SPDX-License-Identifier: MIT */
/*
 * chunk: which part of which file lies in which slot of the arena
 *
 * A chunk is CHUNK_SIZE bytes of a file, at a multiple of CHUNK_SIZE, divided into
 * blocks of 4 KiB. Each block is absent, pending (a fetch will bring it) or valid;
 * bits in two masks say which. A chunk that someone needs is pinned; the others are
 * given up in the order of their last use when a slot is wanted.
 *
 * Pure: a table of fixed size, no I/O, no clock, no allocation after chunk_table_new().
 * Threads: the caller's lock.
 * Uses: base.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

#define CHUNK_SIZE	 (128 * 1024) /* bytes; ARENA_SLOT_SIZE */
#define CHUNK_BLOCK_SIZE 4096
#define CHUNK_BLOCKS	 (CHUNK_SIZE / CHUNK_BLOCK_SIZE) /* bits of a mask */

struct chunk {
	uint32_t file;	  /* number given by the core */
	uint64_t index;	  /* offset in the file divided by CHUNK_SIZE */
	uint32_t slot;	  /* of the arena; constant */
	uint32_t valid;	  /* blocks whose bytes are there */
	uint32_t pending; /* blocks that a fetch is bringing; never valid ones */
	uint32_t n_pins;
	bool is_used;		     /* holds a part of a file */
	void *waiters;		     /* the core's; NULL while unpinned */
	struct chunk *older, *newer; /* unpinned chunks by last use */
	struct chunk *next;	     /* in the bucket */
};

struct chunk_table;

/** chunk_table_new - @n_slots chunks, all unused; NULL without memory */
struct chunk_table *chunk_table_new(size_t n_slots) must_check;

/** chunk_table_free - NULL is fine */
void chunk_table_free(struct chunk_table *t);

/** chunk_find - the chunk, pinned or not; NULL if no slot holds it */
struct chunk *chunk_find(struct chunk_table *t, uint32_t file, uint64_t index) must_check;

/**
 * chunk_get - find it, or give it the slot of the chunk that was not used longest; pin it
 *
 * Return: NULL when it is not there and every slot is pinned
 */
struct chunk *chunk_get(struct chunk_table *t, uint32_t file, uint64_t index) must_check;

/** chunk_pin - one more pin on a chunk that is pinned */
void chunk_pin(struct chunk *c);

/** chunk_unpin - with the last pin it becomes the most recently used; pending must be 0 then */
void chunk_unpin(struct chunk_table *t, struct chunk *c);

/** chunk_table_n_free - slots that chunk_get() could give away */
size_t chunk_table_n_free(const struct chunk_table *t);

/**
 * chunk_mask - bits of the blocks that [@from, @to) touches
 * @from: bytes within the chunk, at most @to
 * @to:   at most CHUNK_SIZE
 */
uint32_t chunk_mask(uint32_t from, uint32_t to);
