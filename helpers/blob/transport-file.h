/* SPDX-License-Identifier: MIT */
/*
 * transport-file: ranges of a local regular file
 *
 * A few threads with pread(2). The version is the file's size and time of modification;
 * a file that is replaced by name goes on being served as it was.
 *
 * Uses: blob/transport.h.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "blob/transport.h"

/**
 * transport_file_new - open @path and start the threads
 *
 * Return: 0, -EINVAL (not a regular file, not absolute), -ENOMEM, or an error of open(2)
 * or pthread_create(3)
 */
int transport_file_new(const char *path, struct transport **ret, struct err *e) must_check;
