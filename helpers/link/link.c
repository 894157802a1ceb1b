/* SPDX-License-Identifier: MIT */
/*
 * link: see link.h
 */
#include "link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/sha256.h"
#include "base/shell-quote.h"
#include "conf/share.h"
#include "link/walk.h"

#define OURS_DIR     SHARE_RUN_DIR "/mnt/" /* where our links lead */
#define ASIDE_PREFIX ".sealmount-link-"	   /* a link that is being taken away; and a digest */
#define ASIDE_HEX    16
#define ASIDE_MAX    (sizeof(ASIDE_PREFIX) + ASIDE_HEX)
#define ATTEMPTS_MAX 8 /* how often something may vanish or appear between two calls of ours */
#define QUOTED_MAX   (ERR_REMEDY_MAX / 2 - 32) /* bytes; a remedy may name the path twice */

enum state {
	STATE_NOTHING, /* at the path */
	STATE_OURS,    /* a link to the target */
	STATE_STALE,   /* a link to another mount point of ours where nothing is mounted */
	STATE_FOREIGN,
};

/* What may be in the way. */
static const struct {
	mode_t type;
	const char *what;
} kinds[] = {
	{ S_IFREG, "a file" },
	{ S_IFDIR, "a directory" },
	{ S_IFLNK, "a symbolic link" },
	{ S_IFSOCK, "a socket" },
	{ S_IFIFO, "a named pipe" },
	{ S_IFBLK, "a block device" },
	{ S_IFCHR, "a character device" },
};

static const char *kind_name(mode_t mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if ((mode & S_IFMT) == kinds[i].type)
			return kinds[i].what;
	return "something";
}

static bool is_empty_directory(int dir_fd, const char *name)
{
	cleanup_fd int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_dir DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (!d)
		return false;
	fd = -1; /* closedir() closes it */
	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return false;
	return true;
}

static bool is_mount_point(int dir_fd, const char *name)
{
	struct statx sx;

	return statx(dir_fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &sx) == 0 &&
	       (sx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Name of the share whose place @leads is, or NULL. */
static const char *share_at(const char *leads)
{
	if (!leads || strncmp(leads, OURS_DIR, strlen(OURS_DIR)) != 0 ||
	    !share_name_is_valid(leads + strlen(OURS_DIR)))
		return NULL;
	return leads + strlen(OURS_DIR);
}

/* Say which command makes room; rather none than half of one. */
static void make_room(const struct walk *w, const char *path, const struct stat *st,
		      const char *leads, struct err *e)
{
	char quoted[QUOTED_MAX];

	if (share_at(leads))
		err_remedy(e, "stop that share: systemctl stop sealmount@%s.target",
			   share_at(leads));
	else if (shell_quote(path, quoted, sizeof(quoted)) < 0)
		err_remedy(e, "move it away");
	else if (is_mount_point(w->dir_fd, w->name))
		err_remedy(e, "unmount it: umount %s", quoted);
	else if (S_ISDIR(st->st_mode) && is_empty_directory(w->dir_fd, w->name))
		err_remedy(e, "remove it, it is empty: rmdir %s", quoted);
	else
		err_remedy(e, "move it away: mv %s %s.old", quoted, quoted);
}

/* Say what is at @path. @leads: where to, if it is a link. */
static int blocked(const struct walk *w, const char *path, const struct stat *st, const char *leads,
		   struct err *e)
{
	if (is_mount_point(w->dir_fd, w->name))
		(void)err_set(e, EEXIST, "a mounted file system is at '%s'", path);
	else if (leads)
		(void)err_set(e, EEXIST, "a symbolic link to '%s' is at '%s'", leads, path);
	else
		(void)err_set(e, EEXIST, "%s is at '%s'", kind_name(st->st_mode), path);
	make_room(w, path, st, leads, e);
	return STATE_FOREIGN;
}

/*
 * What is at the path now. @leads: where it leads, if it is a link.
 *
 * Return: a state; for STATE_FOREIGN @e is filled in; or -errno
 */
static int look(const struct walk *w, const char *path, const char *target, char leads[PATH_MAX],
		struct err *e)
{
	struct stat st;
	ssize_t n;

	if (fstatat(w->dir_fd, w->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? STATE_NOTHING : err_errno(e, errno, "stat '%s'", path);
	if (!S_ISLNK(st.st_mode))
		return blocked(w, path, &st, NULL, e);
	n = readlinkat(w->dir_fd, w->name, leads, PATH_MAX - 1);
	if (n < 0 && (errno == ENOENT || errno == EINVAL)) /* gone, or not a link any more */
		return blocked(w, path, &st, NULL, e);
	if (n < 0)
		return err_errno(e, errno, "read the link '%s'", path);
	leads[n] = '\0';
	if (strcmp(leads, target) == 0)
		return STATE_OURS;
	if (share_at(leads) && !is_mount_point(AT_FDCWD, leads))
		return STATE_STALE;
	return blocked(w, path, &st, leads, e);
}

static bool is_link_to(int dir_fd, const char *name, const char *target)
{
	char leads[PATH_MAX];
	ssize_t n = readlinkat(dir_fd, name, leads, sizeof(leads) - 1);

	return n >= 0 && (size_t)n == strlen(target) && memcmp(leads, target, (size_t)n) == 0;
}

/* Where the link waits for its second look; the same name each time, so that one which a
 * crash left is found again. */
static void aside_name(const struct walk *w, char dst[ASIDE_MAX])
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(w->name, strlen(w->name), hex);
	(void)snprintf(dst, ASIDE_MAX, ASIDE_PREFIX "%.*s", ASIDE_HEX, hex); /* it fits */
}

static void remove_left_over(const struct walk *w, const char *target)
{
	char aside[ASIDE_MAX];

	aside_name(w, aside);
	if (is_link_to(w->dir_fd, aside, target))
		(void)unlinkat(w->dir_fd, aside, 0); /* if it stays, the next one tries again */
}

/*
 * Take away the link that leads to @leads. Between look() and here somebody may have put something
 * else in its place: it would be moved, seen, and put back.
 *
 * Return: 1, 0 (it was not ours any more, or gone), -errno
 */
static int take_away(const struct walk *w, const char *path, const char *leads, struct err *e)
{
	char aside[ASIDE_MAX];

	aside_name(w, aside);
	if (renameat2(w->dir_fd, w->name, w->dir_fd, aside, RENAME_NOREPLACE) < 0) {
		if (errno == ENOENT)
			return 0;
		/* file systems without RENAME_NOREPLACE, such as NFS: no second look there */
		if (errno != EINVAL || unlinkat(w->dir_fd, w->name, 0) < 0)
			return err_errno(e, errno, "remove the link '%s'", path);
		return 1;
	}
	if (is_link_to(w->dir_fd, aside, leads)) {
		if (unlinkat(w->dir_fd, aside, 0) < 0)
			return err_errno(e, errno, "remove the link '%s' in the folder of '%s'",
					 aside, path);
		return 1;
	}
	if (renameat2(w->dir_fd, aside, w->dir_fd, w->name, RENAME_NOREPLACE) < 0)
		return err_errno(e, errno, "put back what was at '%s', now '%s' beside it", path,
				 aside);
	return 0;
}

static int fail(int code, const char *path, struct err *e)
{
	int r = err_errno(e, code, "make the link '%s'", path);

	if (code == EROFS)
		err_remedy(e, "make the folder's file system writable, or choose a mount_point "
			      "below one that is");
	if (code == EACCES || code == EPERM)
		err_remedy(e, "see whether the folder is writable (ls -ld, lsattr -d), or choose "
			      "another mount_point");
	return r;
}

static int publish_at(const struct walk *w, const char *path, const char *target, struct err *e)
{
	char leads[PATH_MAX];
	int r;

	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		if (symlinkat(target, w->dir_fd, w->name) == 0)
			return LINK_DONE;
		if (errno != EEXIST)
			return fail(errno, path, e);
		r = look(w, path, target, leads, e);
		if (r < 0)
			return r;
		if (r == STATE_OURS)
			return LINK_UNCHANGED;
		if (r == STATE_FOREIGN)
			return LINK_FOREIGN;
		r = r == STATE_STALE ? take_away(w, path, leads, e) : 0;
		if (r < 0)
			return r;
	}
	return err_set(e, EBUSY, "somebody makes and removes '%s' all the time", path);
}

int link_publish(const char *path, const char *target, struct err *e)
{
	struct walk w = { .dir_fd = -1 };
	int r;

	if (target[0] != '/')
		return err_set(e, EINVAL, "'%s' is not an absolute path", target);
	r = walk_to_parent(path, true, &w, e);
	if (r < 0)
		return r;
	remove_left_over(&w, target);
	r = publish_at(&w, path, target, e);
	(void)close(w.dir_fd); /* O_PATH: nothing to lose */
	return r;
}

static int withdraw_at(const struct walk *w, const char *path, const char *target, struct err *e)
{
	char leads[PATH_MAX];

	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		int r = look(w, path, target, leads, e);

		if (r < 0)
			return r;
		if (r == STATE_NOTHING)
			return LINK_UNCHANGED;
		if (r != STATE_OURS) {
			if (r == STATE_STALE)
				(void)err_set(e, EEXIST, "another share's link is at '%s'", path);
			return LINK_FOREIGN;
		}
		r = take_away(w, path, leads, e);
		if (r != 0)
			return r < 0 ? r : LINK_DONE;
	}
	return err_set(e, EBUSY, "somebody makes and removes '%s' all the time", path);
}

int link_withdraw(const char *path, const char *target, struct err *e)
{
	struct walk w = { .dir_fd = -1 };
	int r;

	r = walk_to_parent(path, false, &w, e);
	if (r == -ENOENT)
		return LINK_UNCHANGED;
	if (r < 0)
		return r;
	remove_left_over(&w, target);
	r = withdraw_at(&w, path, target, e);
	(void)close(w.dir_fd); /* O_PATH: nothing to lose */
	return r;
}
