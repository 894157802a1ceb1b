/* SPDX-License-Identifier: MIT */
/*
 * fs: a directory of one or two read-only files, shown through FUSE
 *
 * The only code that knows FUSE. Requests are answered asynchronously, so a few threads
 * read them whatever is in flight. Everything about the tree is constant, and the kernel
 * is told that it may remember it for ever.
 *
 * The descriptor of /dev/fuse is opened and the mount is made here and not by libfuse,
 * which therefore neither mounts nor unmounts; the first request (INIT) is answered
 * before fs_mount() returns. No file below the mount point is ever opened by us.
 *
 * Uses: blob/core.h, libfuse3.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"
#include "blob/core.h"

#define FS_TYPE	  "fuse.sealmount"
#define FS_SOURCE "sealmount"

struct fs;

struct fs_file {
	const char *name; /* longer-lived */
	uint64_t size;	  /* bytes */
	struct core_file *core_file;
};

/**
 * fs_mount - mount the files at @dir and answer the kernel's INIT
 * @files: copied; at most CORE_FILES_MAX
 * @dir:   an existing directory; longer-lived
 *
 * Return: 0, -ENOMEM, -EPROTO (no understanding with the kernel), or an error of open(2)
 * or mount(2)
 */
int fs_mount(const struct fs_file *files, unsigned n_files, const char *dir, struct fs **ret,
	     struct err *e) must_check;

/**
 * fs_start - serve, in threads of its own
 * @ret_gone_fd: becomes readable when the last user has left and the mount is gone;
 *		 stays the fs's
 *
 * Return: 0, or an error of eventfd(2) or pthread_create(3)
 */
int fs_start(struct fs *fs, int *ret_gone_fd, struct err *e) must_check;

/**
 * fs_detach - take the mount out of sight; those who use it keep it
 *
 * Harmless when somebody has unmounted it already, or mounted over it.
 */
void fs_detach(struct fs *fs);

/**
 * fs_join - wait for the threads; only when the mount is gone
 *
 * No read is passed on to the core any more, but the core may still answer some.
 */
void fs_join(struct fs *fs);

/** fs_free - only after core_free(), whose last answers need it; NULL is fine */
void fs_free(struct fs *fs);

/**
 * fs_detach_dead - remove mounts at @dir whose server has died
 *
 * Return: number removed; -EBUSY when something that lives is mounted there
 */
int fs_detach_dead(const char *dir, struct err *e) must_check;
