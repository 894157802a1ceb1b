/* SPDX-License-Identifier: MIT */
/*
 * emit: see emit.h
 */
#include "emit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"

#define EMIT_PATH_SIZE	 1024 /* two names of at most 255 bytes, and room for broken ones */
#define EMIT_COMPARE_MAX (1024 * 1024) /* of a file that is in the way */

static int in_the_way(const char *path, struct err *e)
{
	int r = err_set(e, EEXIST, "'%s' is there already and is not ours", path);

	err_remedy(e, "remove it, or rename the share; another generator may have made it");
	return r;
}

static int make_folder(int dir_fd, const char *dir, struct err *e)
{
	struct stat st;

	if (mkdirat(dir_fd, dir, 0755) == 0)
		return 0;
	if (errno != EEXIST)
		return err_errno(e, errno, "make '%s'", dir);
	if (fstatat(dir_fd, dir, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(e, errno, "stat '%s'", dir);
	return S_ISDIR(st.st_mode) ? 0 : in_the_way(dir, e);
}

static int compare_file(int dir_fd, const char *path, const char *content, size_t len,
			struct err *e)
{
	cleanup_free char *there = NULL;
	cleanup_fd int fd = -1;
	size_t there_len;
	struct stat st;

	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    io_read_fd(fd, EMIT_COMPARE_MAX, &there, &there_len, /* e= */ NULL) < 0)
		return in_the_way(path, e);
	if (there_len != len || memcmp(there, content, len) != 0)
		return in_the_way(path, e);
	return 0;
}

static int emit_file(int dir_fd, const char *path, const char *content, size_t len, struct err *e)
{
	int fd, r;

	fd = openat(dir_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW,
		    0644);
	if (fd < 0 && errno == EEXIST)
		return compare_file(dir_fd, path, content, len, e);
	if (fd < 0)
		return err_errno(e, errno, "create '%s'", path);
	r = io_write_all(fd, content, len);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0)
		return 0;
	(void)unlinkat(dir_fd, path, 0); /* the write's error is what matters */
	return err_errno(e, -r, "write '%s'", path);
}

static int emit_link(int dir_fd, const char *path, const char *target, struct err *e)
{
	char there[EMIT_PATH_SIZE];
	ssize_t n;

	if (symlinkat(target, dir_fd, path) == 0)
		return 0;
	if (errno != EEXIST)
		return err_errno(e, errno, "link '%s'", path);
	n = readlinkat(dir_fd, path, there, sizeof(there));
	if (n < 0 || (size_t)n != strlen(target) || memcmp(there, target, (size_t)n) != 0)
		return in_the_way(path, e);
	return 0;
}

static int emit_entry(int dir_fd, const struct unit_set *s, const struct unit_entry *entry,
		      struct err *e)
{
	const char *dir = unit_set_at(s, entry->dir), *name = unit_set_at(s, entry->name);
	size_t dir_len = dir ? strlen(dir) : 0, name_len = strlen(name);
	char path[EMIT_PATH_SIZE];
	int r;

	if (dir_len + name_len + 2 > sizeof(path))
		return err_set(e, ENAMETOOLONG, "a unit's name is too long");
	if (dir) {
		r = make_folder(dir_fd, dir, e);
		if (r < 0)
			return r;
		memcpy(path, dir, dir_len);
		path[dir_len++] = '/';
	}
	memcpy(path + dir_len, name, name_len + 1);
	if (entry->target != UNIT_SET_NONE)
		return emit_link(dir_fd, path, unit_set_at(s, entry->target), e);
	return emit_file(dir_fd, path, unit_set_at(s, entry->content), entry->len, e);
}

int emit_units(int dir_fd, const struct unit_set *s, struct err *e)
{
	int first = 0;

	for (size_t i = 0; i < s->n_entries; i++) {
		int r = emit_entry(dir_fd, s, &s->entries[i], first == 0 ? e : NULL);

		if (r < 0 && first == 0)
			first = r;
	}
	return first;
}
