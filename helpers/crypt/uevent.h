/* SPDX-License-Identifier: MIT */
/*
 * uevent: wait until the kernel says that something about devices changed
 *
 * The kernel announces each change of a device. Whoever waits for one opens the socket
 * first, then looks at the state, then waits: so nothing is missed and nothing polled.
 *
 * Uses: base; netlink.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/macros.h"

/**
 * uevent_block_signals - SIGTERM and SIGINT wait from now on
 *
 * What is half done is finished or undone first; uevent_wait() looks at them itself.
 */
void uevent_block_signals(void);

/** uevent_has_signal - one of them waits */
bool uevent_has_signal(void);

/** uevent_open - Return: a descriptor, or -errno */
int uevent_open(struct err *e) must_check;

/**
 * uevent_wait - until @is_done says so
 * @fd:		 from uevent_open()
 * @is_done:	 asked at once and after each batch of events; 1 done, 0 not yet, -errno
 * @timeout_sec: without an event; 0: none
 *
 * SIGTERM and SIGINT end the wait, if they are blocked.
 *
 * Return: 0, -EINTR (signal), -ETIMEDOUT, or what @is_done said
 */
int uevent_wait(int fd, int (*is_done)(void *arg, struct err *e), void *arg, unsigned timeout_sec,
		struct err *e) must_check;
