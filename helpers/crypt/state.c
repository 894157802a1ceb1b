/* SPDX-License-Identifier: MIT */
/*
 * state: see state.h
 */
#include "crypt/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

#define PATH_SIZE 256

static void path_of(const char *name, const char *suffix, char dst[PATH_SIZE])
{
	(void)snprintf(dst, PATH_SIZE, STATE_DIR "/%s%s", name, suffix); /* names are short */
}

static int print(const struct state *s, char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < s->n_loops; i++) {
		const struct device *d = &s->loops[i];

		n += (size_t)snprintf(text + n, size - n, "loop %u %u:%u %llu\n", d->number,
				      major(d->file_device), minor(d->file_device),
				      (unsigned long long)d->file_inode);
	}
	if (s->is_complete)
		n += (size_t)snprintf(text + n, size - n, "complete\n");
	return (int)n;
}

static int make_dir(struct err *e)
{
	static const char *const dirs[] = { "/run/sealmount", STATE_DIR };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i], 0755) < 0 && errno != EEXIST)
			return err_errno(e, errno, "make '%s'", dirs[i]);
	return 0;
}

int state_write(const char *name, const struct state *s, struct err *e)
{
	char path[PATH_SIZE], scratch[PATH_SIZE], text[STATE_SIZE_MAX];
	cleanup_fd int fd = -1;
	int n = print(s, text, sizeof(text)), r = make_dir(e);

	if (r < 0)
		return r;
	path_of(name, "", path);
	path_of(name, "~", scratch); /* no share's name ends so */
	fd = open(scratch, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(e, errno, "write '%s'", scratch);
	r = io_write_all(fd, text, (size_t)n);
	if (r < 0)
		return err_errno(e, -r, "write '%s'", scratch);
	if (rename(scratch, path) < 0)
		return err_errno(e, errno, "rename '%s'", scratch);
	return 0;
}

static bool parse_line(char *line, struct state *s)
{
	struct device d = DEVICE_NONE;
	unsigned maj, min;
	unsigned long long inode;
	char end;

	if (strcmp(line, "complete") == 0) {
		s->is_complete = true;
		return true;
	}
	if (s->n_loops == STATE_LOOPS_MAX ||
	    sscanf(line, "loop %u %u:%u %llu%c", &d.number, &maj, &min, &inode, &end) != 4)
		return false;
	d.file_device = makedev(maj, min);
	d.file_inode = (ino_t)inode;
	s->loops[s->n_loops++] = d;
	return true;
}

int state_read(const char *name, struct state *ret, struct err *e)
{
	cleanup_free char *text = NULL;
	struct state s = { .n_loops = 0 };
	char path[PATH_SIZE], *rest, *line;
	size_t len;
	int r;

	path_of(name, "", path);
	r = io_read_file(AT_FDCWD, path, STATE_SIZE_MAX, &text, &len, e);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (!parse_line(line, &s))
			return err_set(e, EBADMSG, "'%s' has a line that is not ours", path);
	*ret = s;
	return 1;
}

void state_remove(const char *name)
{
	char path[PATH_SIZE];

	path_of(name, "", path);
	(void)unlink(path); /* its absence is what is wanted */
}
