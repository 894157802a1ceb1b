/* SPDX-License-Identifier: MIT */
/*
 * state: what "attach" made, for "detach" and for the next "attach"
 *
 * A file per share in /run/sealmount/crypt, a line each:
 *
 *   loop NUMBER MAJOR:MINOR INODE	the loop device, and the file it was attached to
 *   complete				attach came to its end
 *
 * Uses: base.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/macros.h"
#include "crypt/device.h"

#define STATE_DIR	"/run/sealmount/crypt"
#define STATE_LOOPS_MAX 2 /* image and hash tree */
#define STATE_SIZE_MAX	4096

struct state {
	struct device loops[STATE_LOOPS_MAX]; /* number and file only; fd is -1 */
	size_t n_loops;
	bool is_complete;
};

/** state_write - replace the file of @name, in one step */
int state_write(const char *name, const struct state *s, struct err *e) must_check;

/** state_read - Return: 1, 0 (there is none), -EBADMSG, or another -errno */
int state_read(const char *name, struct state *ret, struct err *e) must_check;

/** state_remove - it need not be there */
void state_remove(const char *name);
