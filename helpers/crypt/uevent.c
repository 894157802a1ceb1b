/* SPDX-License-Identifier: MIT */
/*
 * uevent: see uevent.h; netlink(7), NETLINK_KOBJECT_UEVENT
 */
#include "crypt/uevent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#define KERNEL_GROUP 1 /* the kernel's own; group 2 is udev's */

static void set_of_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

void uevent_block_signals(void)
{
	sigset_t set;

	set_of_signals(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL); /* cannot fail with these arguments */
}

bool uevent_has_signal(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	       (sigismember(&set, SIGTERM) == 1 || sigismember(&set, SIGINT) == 1);
}

int uevent_open(struct err *e)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
	cleanup_fd int fd = -1;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (fd < 0)
		return err_errno(e, errno, "open a socket for device events");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return err_errno(e, errno, "listen to device events");
	return steal_fd(&fd);
}

/* What they say does not matter (nor who sent them): they are only a reason to look. */
static int drain(int fd, struct err *e)
{
	char buf[8192];

	for (;;) {
		if (recv(fd, buf, sizeof(buf), 0) >= 0 || errno == EINTR || errno == ENOBUFS)
			continue;
		return errno == EAGAIN ? 0 : err_errno(e, errno, "read device events");
	}
}

int uevent_wait(int fd, int (*is_done)(void *arg, struct err *e), void *arg, unsigned timeout_sec,
		struct err *e)
{
	cleanup_fd int signals = -1;
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .events = POLLIN } };
	sigset_t set;
	int r;

	set_of_signals(&set);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return err_errno(e, errno, "wait for signals");
	p[1].fd = signals;
	while ((r = is_done(arg, e)) == 0) {
		r = poll(p, ARRAY_SIZE(p), timeout_sec ? (int)timeout_sec * 1000 : -1);
		if (r < 0 && errno != EINTR)
			return err_errno(e, errno, "wait for device events");
		if (r == 0)
			return err_set(e, ETIMEDOUT, "nothing happened for %u seconds",
				       timeout_sec);
		if (r > 0 && p[1].revents)
			return err_set(e, EINTR, "told to stop while waiting");
		r = drain(fd, e);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : 0;
}
