/* SPDX-License-Identifier: MIT */
/*
 * status: what the administrator gets to see of the server, and when
 *
 * The core reports from its threads; nothing is logged there, because a journal that
 * blocks must not block reads. The main thread looks when woken or when something is
 * due, writes events and the status line, and says when it wants to look again.
 *
 * A server that does not answer is reported once at the start of the program, and again
 * when it has not answered for 10 s and each minute after that; later outages from 10 s
 * on; the status line shows each attempt.
 *
 * Uses: base, sd/notify.h, blob/core.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"
#include "blob/core.h"

#define STATUS_WARN_MS	 10000 /* an outage of this length is worth a warning */
#define STATUS_REPEAT_MS 60000 /* and another one after each of these */

struct status;

/**
 * status_new - nothing known yet
 * @ret_fd: becomes readable when status_work() has something to do; stays the status's
 *
 * Return: 0, -ENOMEM, or an error of eventfd(2)
 */
int status_new(struct status **ret, int *ret_fd, struct err *e) must_check;

/** status_free - NULL is fine */
void status_free(struct status *s);

/** status_report - for struct core_events; @user is the status; any thread, never blocks */
void status_report(void *user, const struct core_report *report);

/** status_set_ready - the blob is served; the size goes into the status line */
void status_set_ready(struct status *s, uint64_t size, const char *origin);

/**
 * status_work - log and show what has changed; main thread only
 *
 * Return: milliseconds until it must be called again, -1: when woken
 */
int status_work(struct status *s);

/** status_size_text - "64 MiB", "1.5 GiB", "513 bytes" */
const char *status_size_text(uint64_t size, char dst[32]);
