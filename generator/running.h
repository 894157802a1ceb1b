/* SPDX-License-Identifier: MIT */
/*
 * running: shares that are up now, whatever the configuration says
 *
 * A reload forgets the mount units of a share that was taken out of the configuration, or
 * broken, while it was up; then nothing would unmount it when it is stopped. So such a
 * share gets units, too: just those that take it down in order.
 *
 * What is up is what has a record in /run/sealmount/crypt (sealmount-crypt(8)).
 *
 * Uses: base, conf.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "conf/share.h"

#define RUNNING_MAX 4096 /* shares; more are not looked at */

struct running {
	char (*names)[SHARE_NAME_MAX + 1]; /* sorted */
	bool *is_configured;		   /* has units of its own */
	size_t n;
};

/** running_read - look below @root_fd; nothing there, or no memory, is an empty list */
void running_read(int root_fd, struct running *ret);

/** running_done - release the memory */
void running_done(struct running *r);

/** running_mark - the share @name has units of its own */
void running_mark(struct running *r, const char *name);
