/* SPDX-License-Identifier: MIT */
/*
 * arena: the one piece of memory that blob data lies in
 *
 * A memfd of fixed size, mapped once and cut into slots of one chunk each. The size is
 * the limit of the cache. The descriptor is there so that another process can map the
 * same memory.
 *
 * Pages are made at first touch and locked from then on (secret_process_setup()).
 * Threads: read-only after arena_new().
 * Uses: base.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"

#define ARENA_SLOT_SIZE	  (128 * 1024) /* 60 MiB/s and 500 requests/s of a page blob meet here */
#define ARENA_SIZE_MIN	  (4 * 1024 * 1024)   /* four of the largest requests */
#define ARENA_DEFAULT_MIN (64 * 1024 * 1024)  /* bytes, whatever the machine has */
#define ARENA_DEFAULT_MAX (256 * 1024 * 1024) /* bytes; the page cache above caches too */
#define ARENA_SIZE_MAX	  ((uint64_t)1 << 40) /* bytes */
#define ARENA_RAM_SHARE	  16		      /* default: this part of all memory */

struct arena {
	int fd;
	uint8_t *base;
	size_t n_slots;
};

/** arena_default_size - bytes, from the memory of this machine */
uint64_t arena_default_size(void);

/**
 * arena_new - map room for @size bytes, rounded down to whole slots
 *
 * Return: 0, -EINVAL (below ARENA_SIZE_MIN or above ARENA_SIZE_MAX), -ENOMEM, or an
 * error of memfd_create(2) or mmap(2)
 */
int arena_new(uint64_t size, struct arena **ret, struct err *e) must_check;

/** arena_free - NULL is fine */
void arena_free(struct arena *a);

/** arena_slot - address of slot @i */
static inline uint8_t *arena_slot(const struct arena *a, size_t i)
{
	return a->base + i * ARENA_SLOT_SIZE;
}
