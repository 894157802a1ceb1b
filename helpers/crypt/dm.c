/* SPDX-License-Identifier: MIT */
/*
 * dm: see dm.h; linux/dm-ioctl.h
 */
#include "crypt/dm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/kdev_t.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"

#define CONTROL	   "/dev/mapper/control"
#define ANSWER_MAX 4096 /* one target and its words */

union request {
	struct dm_ioctl head;
	char room[ANSWER_MAX];
};

static int open_control(struct err *e)
{
	int fd = open(CONTROL, O_RDWR | O_CLOEXEC), r;

	if (fd >= 0)
		return fd;
	r = err_errno(e, errno, "open " CONTROL);
	err_remedy(e, r == -EACCES || r == -EPERM
			      ? "run it as root"
			      : "load the kernel's device-mapper: modprobe -a dm_mod dm_crypt");
	return r;
}

static int ask(unsigned long command, uint32_t flags, const char *name, union request *q,
	       struct err *e)
{
	cleanup_fd int fd = -1;

	if (strlen(name) >= DM_TEXT_MAX)
		return err_set(e, ENAMETOOLONG, "the name of mapping '%s' is too long", name);
	fd = open_control(e);
	if (fd < 0)
		return fd;
	memset(q, 0, sizeof(*q));
	q->head.version[0] = 4;
	q->head.data_size = sizeof(*q);
	q->head.data_start = sizeof(q->head);
	q->head.flags = flags;
	(void)snprintf(q->head.name, sizeof(q->head.name), "%s", name); /* fits, checked above */
	if (ioctl(fd, command, q) < 0)
		return err_errno(e, errno, "ask device-mapper about '%s'", name);
	return 0;
}

int dm_query(const char *name, struct dm_mapping *ret, struct err *e)
{
	union request q;
	int r = ask(DM_DEV_STATUS, 0, name, &q, e);

	if (r < 0 && r != -ENXIO)
		return r;
	*ret = (struct dm_mapping){ .exists = r == 0 };
	if (r == 0) {
		ret->is_read_only = q.head.flags & DM_READONLY_FLAG;
		ret->device = makedev(MAJOR(q.head.dev), MINOR(q.head.dev));
	}
	return 0;
}

/* The only target of the table; the first word of a crypt target is its cipher. */
static void read_table(const union request *q, struct dm_target *ret)
{
	const struct dm_target_spec *t;
	const char *words;

	*ret = (struct dm_target){ .type = "" };
	if (q->head.target_count != 1 || (q->head.flags & DM_BUFFER_FULL_FLAG))
		return;
	t = (const struct dm_target_spec *)(q->room + q->head.data_start);
	words = (const char *)(t + 1);
	(void)snprintf(ret->type, sizeof(ret->type), "%.16s", t->target_type); /* fits */
	if (strcmp(ret->type, "crypt") == 0)
		(void)snprintf(ret->cipher, sizeof(ret->cipher), "%.*s", (int)strcspn(words, " "),
			       words); /* a cut one compares unequal */
}

int dm_query_target(const char *name, struct dm_target *ret, struct err *e)
{
	union request q;
	/* The kernel wipes its own buffers with this flag, and we ours. */
	int r = ask(DM_TABLE_STATUS, DM_STATUS_TABLE_FLAG | DM_SECURE_DATA_FLAG, name, &q, e);

	if (r == 0)
		read_table(&q, ret);
	explicit_bzero(&q, sizeof(q));
	return r;
}
