/* SPDX-License-Identifier: MIT */
/*
 * source-file: see source-file.h
 */
#include "source/source-file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "source/source.h"

#define RACES_MAX 8 /* openat2() gives up when something is renamed meanwhile */

static const char *const places[] = {
	"/etc/sealmount",
	"/run/sealmount",
	"/usr/local/lib/sealmount",
	"/usr/lib/sealmount",
};

static int open_below(int root_fd, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC),
				.resolve = RESOLVE_IN_ROOT };
	long fd = -1;

	for (int i = 0; i < RACES_MAX; i++) {
		fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	/* kernels before 5.6, and containers that forbid what they do not know */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(root_fd, path + 1, flags | O_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

int text_read(int root_fd, const char *path, struct text *ret, struct err *e)
{
	/* O_NONBLOCK: a FIFO in the file's place must not stop us */
	cleanup_fd int fd = open_below(root_fd, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	struct text t = { 0 };
	int r;

	if (fd < 0)
		return err_errno(e, -fd, "open '%s'", path);
	if (fstat(fd, &t.st) < 0)
		return err_errno(e, errno, "stat '%s'", path);
	if (!S_ISREG(t.st.st_mode))
		return err_set(e, EINVAL, "'%s' is not a regular file", path);
	r = io_read_fd(fd, CONF_TEXT_MAX, &t.data, &t.len, e);
	if (r == -EFBIG) {
		t.len = CONF_TEXT_MAX + 1;
	} else if (r < 0) {
		err_wrap(e, "'%s'", path);
		return r;
	}
	*ret = t;
	return 0;
}

void text_done(struct text *t)
{
	if (t->data)
		explicit_bzero(t->data, t->len);
	free(t->data);
	t->data = NULL;
}

/* What stands at @path says that nothing is to be there. */
static bool is_mask(int root_fd, const char *path)
{
	static const char null[] = "/dev/null";
	cleanup_fd int fd = open_below(root_fd, path, O_PATH | O_NOFOLLOW);
	char target[sizeof(null)];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	if (S_ISREG(st.st_mode))
		return st.st_size == 0;
	if (!S_ISLNK(st.st_mode))
		return false;
	n = readlinkat(fd, "", target, sizeof(target));
	return n == sizeof(null) - 1 && memcmp(target, null, sizeof(null) - 1) == 0;
}

static bool is_there(int root_fd, const char *path)
{
	cleanup_fd int fd = open_below(root_fd, path, O_PATH | O_NOFOLLOW);

	return fd >= 0;
}

/* A drop-in before it is known which one of its name counts. */
struct candidate {
	char *name;
	size_t place;
};

struct candidates {
	struct candidate *items;
	size_t n, room;
	bool is_full;
};

static void cleanup_candidates_fn(struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->items[i].name);
	free(c->items);
}

static bool is_drop_in(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > 5 && strcmp(name + len - 5, ".json") == 0;
}

static int add_candidate(struct candidates *c, const char *name, size_t place)
{
	if (c->n == SOURCE_FILES_MAX) {
		c->is_full = true;
		return 0;
	}
	if (c->n == c->room) {
		size_t room = c->room ? 2 * c->room : 16;
		struct candidate *items = realloc(c->items, room * sizeof(*items));

		if (!items)
			return -ENOMEM;
		c->items = items;
		c->room = room;
	}
	c->items[c->n].name = strdup(name);
	if (!c->items[c->n].name)
		return -ENOMEM;
	c->items[c->n++].place = place;
	return 0;
}

static int list_place(int root_fd, size_t place, struct candidates *c)
{
	cleanup_dir DIR *dir = NULL;
	char path[64];
	int fd, r = 0;

	(void)snprintf(path, sizeof(path), "%s/shares.d", places[place]);
	fd = open_below(root_fd, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return 0; /* none there */
	dir = fdopendir(fd);
	if (!dir) {
		(void)close(fd); /* read only */
		return -ENOMEM;
	}
	for (struct dirent *d; r == 0 && (d = readdir(dir));)
		if (is_drop_in(d->d_name))
			r = add_candidate(c, d->d_name, place);
	return r;
}

static int by_name(const void *pa, const void *pb)
{
	const struct candidate *a = pa, *b = pb;
	int r = strcmp(a->name, b->name);

	return r ? r : a->place < b->place ? -1 : a->place > b->place;
}

static int add_path(int root_fd, struct file_list *l, const char *dir, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return -ENOMEM;
	if (is_mask(root_fd, path))
		free(path);
	else
		l->paths[l->n++] = path;
	return 0;
}

static int add_config(int root_fd, struct file_list *l)
{
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		(void)snprintf(path, sizeof(path), "%s/config.json", places[i]);
		if (is_there(root_fd, path))
			return add_path(root_fd, l, places[i], "config.json");
	}
	return 0;
}

int file_list_read(int root_fd, struct file_list *ret, bool *ret_is_full, struct err *e)
{
	__attribute__((cleanup(cleanup_candidates_fn))) struct candidates c = { 0 };
	struct file_list l = { 0 };
	char dir[64];
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places) && r == 0; i++)
		r = list_place(root_fd, i, &c);
	if (c.n > 0)
		qsort(c.items, c.n, sizeof(*c.items), by_name);
	l.paths = calloc(c.n + 1, sizeof(*l.paths));
	if (r == 0)
		r = l.paths ? add_config(root_fd, &l) : -ENOMEM;
	for (size_t i = 0; i < c.n && r == 0; i++) {
		if (i > 0 && strcmp(c.items[i].name, c.items[i - 1].name) == 0)
			continue; /* a higher place has it */
		(void)snprintf(dir, sizeof(dir), "%s/shares.d", places[c.items[i].place]);
		r = add_path(root_fd, &l, dir, c.items[i].name);
	}
	if (r < 0) {
		file_list_done(&l);
		return err_errno(e, -r, "list configuration files");
	}
	*ret_is_full = c.is_full;
	*ret = l;
	return 0;
}

void file_list_done(struct file_list *l)
{
	for (size_t i = 0; l->paths && i < l->n; i++)
		free(l->paths[i]);
	free(l->paths);
	*l = (struct file_list){ 0 };
}
