/* SPDX-License-Identifier: MIT */
/*
 * io: whole files with a limit
 *
 * Uses: libc.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/macros.h"

/**
 * io_read_fd - everything that is left in @fd
 * @max:  in bytes; more than that is -EFBIG
 * @ret:  NUL-terminated behind its *@ret_len bytes; caller frees (and wipes, if secret)
 *
 * Return: 0, -EFBIG, -ENOMEM, or the error of read(2)
 */
int io_read_fd(int fd, size_t max, char **ret, size_t *ret_len, struct err *e) must_check;

/**
 * io_read_file - a whole regular file below @dir_fd (or AT_FDCWD)
 *
 * Return: 0, -EFBIG, -ENOMEM, -EINVAL (not a regular file), or the error of openat(2)
 */
int io_read_file(int dir_fd, const char *path, size_t max, char **ret, size_t *ret_len,
		 struct err *e) must_check;

/** io_write_all - all of @len bytes, whatever write(2) takes at once; Return: 0 or -errno */
int io_write_all(int fd, const void *data, size_t len) must_check;
