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

static int ask(int fd, unsigned long command, uint32_t flags, const char *name, union request *q)
{
	memset(q, 0, sizeof(*q));
	q->head.version[0] = 4;
	q->head.data_size = sizeof(*q);
	q->head.data_start = sizeof(q->head);
	/* A table may hold a key: the kernel wipes its buffers, dm_query() ours. */
	q->head.flags = flags | DM_SECURE_DATA_FLAG;
	(void)snprintf(q->head.name, sizeof(q->head.name), "%s", name); /* names fit, checked */
	return ioctl(fd, command, q) < 0 ? -errno : 0;
}

/* First target of the table; its first word is the cipher, if it is a crypt target. */
static void read_table(const union request *q, struct dm_mapping *m)
{
	const struct dm_target_spec *t;
	const char *words;

	if (q->head.target_count == 0 || (q->head.flags & DM_BUFFER_FULL_FLAG))
		return;
	t = (const struct dm_target_spec *)(q->room + q->head.data_start);
	words = (const char *)(t + 1);
	(void)snprintf(m->target, sizeof(m->target), "%.16s", t->target_type); /* fits */
	if (strcmp(m->target, "crypt") == 0)
		(void)snprintf(m->cipher, sizeof(m->cipher), "%.*s", (int)strcspn(words, " "),
			       words); /* a cut one compares unequal */
}

int dm_query(const char *name, struct dm_mapping *ret, struct err *e)
{
	struct dm_mapping m = { 0 };
	cleanup_fd int fd = -1;
	union request q;
	int r;

	if (strlen(name) >= DM_TEXT_MAX)
		return err_set(e, ENAMETOOLONG, "the name of mapping '%s' is too long", name);
	fd = open(CONTROL, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		r = err_errno(e, errno, "open " CONTROL);
		err_remedy(e,
			   r == -EACCES || r == -EPERM
				   ? "run it as root"
				   : "load the kernel's device-mapper: modprobe dm_mod dm_crypt");
		return r;
	}
	r = ask(fd, DM_DEV_STATUS, 0, name, &q);
	if (r == 0) {
		m.exists = true;
		m.is_read_only = q.head.flags & DM_READONLY_FLAG;
		m.n_open = (uint32_t)q.head.open_count;
		m.device = makedev(MAJOR(q.head.dev), MINOR(q.head.dev));
		(void)snprintf(m.uuid, sizeof(m.uuid), "%.128s", q.head.uuid); /* fits */
		r = ask(fd, DM_TABLE_STATUS, DM_STATUS_TABLE_FLAG, name, &q);
		if (r == 0)
			read_table(&q, &m);
		explicit_bzero(&q, sizeof(q));
	}
	if (r == -ENXIO) {
		m.exists = false; /* never was, or went between the two questions */
		r = 0;
	}
	if (r < 0)
		return err_errno(e, -r, "ask device-mapper about '%s'", name);
	*ret = m;
	return 0;
}
