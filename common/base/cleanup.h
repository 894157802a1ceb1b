/* SPDX-License-Identifier: MIT */
/*
 * cleanup: release of memory, descriptors and streams at the end of a scope
 *
 * Declare with the attribute, initialise at once, hand over with steal_ptr() or
 * steal_fd().
 *
 * Uses: libc.
 */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/macros.h"

static inline void cleanup_free_fn(void *pp)
{
	free(*(void **)pp);
}

static inline void cleanup_fd_fn(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing was written through it, or it was checked before */
}

static inline void cleanup_file_fn(FILE **f)
{
	if (*f)
		(void)fclose(*f); /* as above */
}

static inline void cleanup_dir_fn(DIR **d)
{
	if (*d)
		(void)closedir(*d); /* read only */
}

#define cleanup_free __attribute__((cleanup(cleanup_free_fn)))
#define cleanup_fd   __attribute__((cleanup(cleanup_fd_fn)))
#define cleanup_file __attribute__((cleanup(cleanup_file_fn)))
#define cleanup_dir  __attribute__((cleanup(cleanup_dir_fn)))
