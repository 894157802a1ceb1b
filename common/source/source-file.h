/* SPDX-License-Identifier: MIT */
/*
 * source-file: files below one root, by the drop-in rules of systemd
 *
 * Inside common/source only. Nothing is opened outside of the root, wherever links point.
 * Uses: base.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/macros.h"

struct text {
	char *data; /* NUL-terminated; may hold secrets */
	size_t len; /* in bytes; CONF_TEXT_MAX + 1 when there was more, then data is empty */
	struct stat st;
};

/**
 * text_read - a regular file below @root_fd
 * @path: absolute, as seen from the root
 *
 * Return: 0, -ENOENT, or another -errno
 */
int text_read(int root_fd, const char *path, struct text *ret, struct err *e) must_check;

/** text_done - wipe and release */
void text_done(struct text *t);

struct file_list {
	char **paths; /* as seen from the root, in the order in which they count */
	size_t n;
};

/**
 * file_list_read - config.json of the highest place and all of shares.d
 * @ret_is_full: more than SOURCE_FILES_MAX were there; the rest is not listed
 *
 * Files that mask (empty, a link to /dev/null) are not listed, nor what they mask.
 *
 * Return: 0, -ENOMEM
 */
int file_list_read(int root_fd, struct file_list *ret, bool *ret_is_full, struct err *e) must_check;

/** file_list_done - release what is in it */
void file_list_done(struct file_list *l);
