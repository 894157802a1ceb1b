/* SPDX-License-Identifier: MIT */
/*
 * secret: locked, wiped, unprintable buffers
 *
 * A secret lies in pages of its own, between two that cannot be touched: locked
 * (never in swap), not dumped, zero in a forked child, wiped before release. It has no
 * printable form.
 *
 * Everything that passes through the heap on its way (a configuration with a SAS in it,
 * TLS buffers) is covered by wipe-heap.c and by secret_process_setup().
 *
 * Threads: a secret belongs to one thread at a time.
 * Uses: libc.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"

#define SECRET_SIZE_MAX 65536 /* bytes */

struct secret {
	uint8_t *data;
	size_t len;  /* in bytes; what is in use */
	size_t size; /* in bytes; what there is room for */
};

/**
 * secret_process_setup - no core dumps, no ptrace by others, all memory locked
 *
 * Call first in main() of every program that meets a secret. Locking is refused where
 * the limit (RLIMIT_MEMLOCK) is too low and the capability is missing.
 *
 * Return: 0, or -errno of mlockall(2); not being dumpable cannot fail
 */
int secret_process_setup(struct err *e) must_check;

/** secret_new - room for @size bytes (1 to SECRET_SIZE_MAX), all zero, len 0 */
int secret_new(size_t size, struct secret **ret, struct err *e) must_check;

/** secret_free - wipe and release; NULL is fine */
void secret_free(struct secret *s);

/** secret_set - copy @len bytes in; -EFBIG when there is no room */
int secret_set(struct secret *s, const void *data, size_t len, struct err *e) must_check;

/**
 * secret_read_fd - everything in @fd, at most SECRET_SIZE_MAX bytes, straight into a secret
 *
 * Return: 0, -EFBIG, -ENODATA (empty), or the error of read(2)
 */
int secret_read_fd(int fd, struct secret **ret, struct err *e) must_check;

static inline void cleanup_secret_fn(struct secret **s)
{
	secret_free(*s);
}

#define cleanup_secret __attribute__((cleanup(cleanup_secret_fn)))
