/* SPDX-License-Identifier: MIT */
/*
 * walk: see walk.h
 */
#include "link/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define LINKS_MAX	40	       /* as the kernel */
#define TODO_MAX	(3 * PATH_MAX) /* bytes: the path, and targets put in front of it */
#define PARENT_DIR_MODE 0755

struct state {
	const char *path; /* for messages */
	bool may_create;
	unsigned n_links;
	int dir_fd;
	char todo[TODO_MAX];
};

/* Cut the next component off @todo. Return: 1, 0 (none left), -ENAMETOOLONG */
static int next_component(char *todo, char name[NAME_MAX + 1])
{
	size_t start = strspn(todo, "/"), len = strcspn(todo + start, "/");

	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, todo + start, len);
	name[len] = '\0';
	memmove(todo, todo + start + len, strlen(todo + start + len) + 1);
	return len > 0;
}

static int open_root(struct state *s, struct err *e)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(e, errno, "open '/'");
	if (s->dir_fd >= 0)
		(void)close(s->dir_fd); /* O_PATH: nothing to lose */
	s->dir_fd = fd;
	return 0;
}

/* Put the target of the link @fd in front of what is left to do. */
static int follow(struct state *s, int fd, const char *name, const struct stat *st, struct err *e)
{
	char target[PATH_MAX], rest[TODO_MAX];
	ssize_t n;

	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		(void)err_set(
			e, EPERM,
			"'%s' in '%s' is a symbolic link of user %u, who could point it elsewhere",
			name, s->path, st->st_uid);
		err_remedy(e, "name the directory itself in mount_point, or let root own the link");
		return -EPERM;
	}
	if (++s->n_links > LINKS_MAX)
		return err_set(e, ELOOP, "too many symbolic links in '%s'", s->path);
	n = readlinkat(fd, "", target, sizeof(target) - 1);
	if (n < 0)
		return err_errno(e, errno, "read the link '%s' in '%s'", name, s->path);
	target[n] = '\0';
	memcpy(rest, s->todo, sizeof(rest));
	if (snprintf(s->todo, sizeof(s->todo), "%s/%s", target, rest) >= (int)sizeof(s->todo))
		return err_set(e, ENAMETOOLONG, "symbolic links make '%s' too long", s->path);
	return target[0] == '/' ? open_root(s, e) : 0;
}

static int open_component(struct state *s, const char *name, struct err *e)
{
	const int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(s->dir_fd, name, flags);

	if (fd < 0 && errno == ENOENT && s->may_create) {
		/* somebody else may have made it meanwhile: whose it is does not matter */
		if (mkdirat(s->dir_fd, name, PARENT_DIR_MODE) < 0 && errno != EEXIST)
			return err_errno(e, errno, "make the directory '%s' in '%s'", name,
					 s->path);
		fd = openat(s->dir_fd, name, flags);
	}
	return fd >= 0 ? fd : err_errno(e, errno, "open '%s' in '%s'", name, s->path);
}

static int enter(struct state *s, const char *name, struct err *e)
{
	cleanup_fd int fd = open_component(s, name, e);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_errno(e, errno, "stat '%s' in '%s'", name, s->path);
	if (S_ISLNK(st.st_mode))
		return follow(s, fd, name, &st, e);
	if (!S_ISDIR(st.st_mode)) {
		(void)err_set(e, ENOTDIR, "'%s' in '%s' is not a directory", name, s->path);
		err_remedy(e, "move it away, or choose another mount_point");
		return -ENOTDIR;
	}
	(void)close(s->dir_fd); /* O_PATH: nothing to lose */
	s->dir_fd = steal_fd(&fd);
	return 0;
}

static int walk_directories(struct state *s, struct err *e)
{
	char name[NAME_MAX + 1];
	int r = open_root(s, e);

	while (r == 0) {
		r = next_component(s->todo, name);
		if (r < 0)
			return err_set(e, -r, "a component of '%s' is longer than %d bytes",
				       s->path, NAME_MAX);
		if (r == 0)
			return 0;
		r = enter(s, name, e);
	}
	return r;
}

int walk_to_parent(const char *path, bool may_create, struct walk *ret, struct err *e)
{
	struct state s = { .path = path, .may_create = may_create, .dir_fd = -1 };
	const char *last = strrchr(path, '/');
	int r;

	if (path[0] != '/' || !last[1] || strcmp(last, "/.") == 0 || strcmp(last, "/..") == 0)
		return err_set(e, EINVAL, "'%s' is not an absolute path to something", path);
	if (strlen(path) >= PATH_MAX || strlen(last + 1) > NAME_MAX)
		return err_set(e, ENAMETOOLONG, "the path is too long: '%.64s...'", path);
	(void)snprintf(s.todo, sizeof(s.todo), "%.*s", (int)(last - path), path); /* it fits */
	r = walk_directories(&s, e);
	if (r < 0) {
		if (s.dir_fd >= 0)
			(void)close(s.dir_fd); /* O_PATH: nothing to lose */
		return r;
	}
	ret->dir_fd = s.dir_fd;
	(void)snprintf(ret->name, sizeof(ret->name), "%s", last + 1); /* it fits */
	return 0;
}
