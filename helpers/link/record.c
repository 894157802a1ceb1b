/* SPDX-License-Identifier: MIT */
/*
 * record: see record.h
 */
#include "link/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define NEW_PREFIX "#new-" /* no share's name begins so */

static int open_dir(const char *dir, struct err *e)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? err_errno(e, errno, "open '%s'", dir) : fd;
}

int record_write(const char *dir, const char *share, const char *path, struct err *e)
{
	char temporary[sizeof(NEW_PREFIX) + SHARE_NAME_MAX];
	cleanup_fd int fd = -1;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return err_errno(e, errno, "make '%s'", dir);
	fd = open_dir(dir, e);
	if (fd < 0)
		return fd;
	(void)snprintf(temporary, sizeof(temporary), NEW_PREFIX "%s", share); /* fits */
	if (unlinkat(fd, temporary, 0) < 0 && errno != ENOENT)
		return err_errno(e, errno, "remove '%s/%s'", dir, temporary);
	if (symlinkat(path, fd, temporary) < 0 || renameat(fd, temporary, fd, share) < 0)
		return err_errno(e, errno, "record the path in '%s/%s'", dir, share);
	return 0;
}

int record_read(const char *dir, const char *share, char ret_path[SHARE_PATH_MAX + 1],
		struct err *e)
{
	char path[SHARE_PATH_MAX + 1];
	cleanup_fd int fd = open_dir(dir, e);
	ssize_t n;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	n = readlinkat(fd, share, path, sizeof(path));
	if (n < 0)
		return errno == ENOENT ? 0 : err_errno(e, errno, "read '%s/%s'", dir, share);
	if ((size_t)n >= sizeof(path))
		return err_set(e, ENAMETOOLONG, "the path in '%s/%s' is too long", dir, share);
	path[n] = '\0';
	(void)snprintf(ret_path, SHARE_PATH_MAX + 1, "%s", path); /* of the same size */
	return 1;
}

void record_remove(const char *dir, const char *share)
{
	cleanup_fd int fd = open_dir(dir, NULL);

	if (fd >= 0)
		(void)unlinkat(fd, share, 0); /* a stale one is replaced by the next publication */
}
