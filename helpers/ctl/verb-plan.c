/* SPDX-License-Identifier: MIT */
/*
 * verb-plan: print the units that the configuration becomes
 *
 * Runs the generator into a scratch folder: what is printed is what systemd would get.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/io.h"
#include "base/opts.h"
#include "ctl/verb.h"

#define SCRATCH_TEMPLATE "/tmp/sealmount-plan.XXXXXX"
#define UNIT_SIZE_MAX	 (1024 * 1024) /* bytes; systemd's own limit of a line */
#define DEPTH_MAX	 2	       /* unit.d/drop-in.conf */

static const char *arg_root = "/";
static const char *arg_generator = SEALMOUNT_GENERATOR;

static const struct opt options[] = {
	{ "root", OPT_STRING, &arg_root, "DIR", "read the configuration below DIR (default /)" },
	{ "generator", OPT_STRING, &arg_generator, "FILE",
	  "run this one (default " SEALMOUNT_GENERATOR ")" },
};

static const struct opts_program program = {
	.name = "sealmountctl plan",
	.synopsis = "[--root=DIR] [--generator=FILE]",
	.purpose = "print the units that the configuration becomes.",
	.man = "sealmountctl(8)",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

/* Return: the generator's exit status, or -errno */
static int run_generator(const char *scratch, struct err *e)
{
	/* Not that of a boot: messages are for the person who looks. */
	static char *const environment[] = { (char *)"PATH=/usr/bin:/bin", NULL };
	char root[PATH_MAX + sizeof("--root=")];
	char *const args[] = { (char *)arg_generator, root, (char *)scratch, NULL };
	pid_t pid;
	int r, status;

	if (snprintf(root, sizeof(root), "--root=%s", arg_root) >= (int)sizeof(root))
		return err_set(e, ENAMETOOLONG, "--root: the path is too long");
	r = posix_spawn(&pid, arg_generator, NULL, NULL, args, environment);
	if (r != 0)
		return err_errno(e, r, "run '%s'", arg_generator);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_errno(e, errno, "wait for '%s'", arg_generator);
	if (!WIFEXITED(status))
		return err_set(e, EIO, "'%s' was killed by signal %d", arg_generator,
			       WTERMSIG(status));
	return WEXITSTATUS(status);
}

static int print_link(int dir_fd, const char *name, const char *path, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir_fd, name, target, sizeof(target) - 1);

	if (n < 0)
		return err_errno(e, errno, "read link '%s'", path);
	target[n] = '\0';
	printf("# %s -> %s\n\n", path, target);
	return 0;
}

static int print_file(int dir_fd, const char *name, const char *path, struct err *e)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r = io_read_file(dir_fd, name, UNIT_SIZE_MAX, &text, &len, e);

	if (r == 0)
		printf("# %s\n%s\n", path, text);
	return r;
}

static void free_names(struct dirent **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static int is_name(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static int print_folder(int dir_fd, const char *prefix, unsigned depth, struct err *e);

static int print_entry(int dir_fd, const char *name, const char *prefix, unsigned depth,
		       struct err *e)
{
	cleanup_free char *path = NULL, *inner = NULL;
	cleanup_fd int fd = -1;
	struct stat st;

	if (asprintf(&path, "%s%s", prefix, name) < 0 || asprintf(&inner, "%s/", path) < 0)
		return err_errno(e, ENOMEM, "print units");
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(e, errno, "stat '%s'", path);
	if (S_ISLNK(st.st_mode))
		return print_link(dir_fd, name, path, e);
	if (!S_ISDIR(st.st_mode))
		return print_file(dir_fd, name, path, e);
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_errno(e, errno, "open '%s'", path);
	return depth < DEPTH_MAX ? print_folder(fd, inner, depth + 1, e) : 0;
}

static int print_folder(int dir_fd, const char *prefix, unsigned depth, struct err *e)
{
	struct dirent **names;
	int n = scandirat(dir_fd, ".", &names, is_name, alphasort), r = 0;

	if (n < 0)
		return err_errno(e, errno, "read '%s'", prefix);
	for (int i = 0; i < n && r == 0; i++)
		r = print_entry(dir_fd, names[i]->d_name, prefix, depth, e);
	free_names(names, n);
	return r;
}

static void remove_below(int dir_fd, unsigned depth)
{
	struct dirent **names;
	int n = scandirat(dir_fd, ".", &names, is_name, NULL);

	if (n < 0)
		return;
	for (int i = 0; i < n; i++) {
		cleanup_fd int fd = -1;

		if (unlinkat(dir_fd, names[i]->d_name, 0) == 0 || depth == DEPTH_MAX)
			continue;
		fd = openat(dir_fd, names[i]->d_name,
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (fd >= 0)
			remove_below(fd, depth + 1);
		(void)unlinkat(dir_fd, names[i]->d_name, AT_REMOVEDIR); /* scratch: best effort */
	}
	free_names(names, n);
}

/* Return: an exit status, or -errno */
static int plan(struct err *e)
{
	char scratch[] = SCRATCH_TEMPLATE;
	cleanup_fd int fd = -1;
	int status, r = 0;

	if (!mkdtemp(scratch))
		return err_errno(e, errno, "make a folder like '%s'", SCRATCH_TEMPLATE);
	fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	status = fd < 0 ? err_errno(e, errno, "open '%s'", scratch) : run_generator(scratch, e);
	if (status >= 0)
		r = print_folder(fd, "", 1, e);
	if (fd >= 0)
		remove_below(fd, 1);
	(void)rmdir(scratch); /* as above */
	return r < 0 ? r : status;
}

int verb_plan(int argc, char **argv)
{
	struct err e = { 0 };
	int first, r = opts_parse(&program, argc, argv, &first, &e);

	if (r == OPTS_DONE)
		return EXIT_DONE;
	if (r == OPTS_RUN && first < argc)
		r = err_set(&e, EINVAL, "no arguments are taken; see --root");
	if (r < 0)
		return opts_usage_error(&program, &e);
	r = plan(&e);
	if (r < 0) {
		fprintf(stderr, "sealmountctl: %s\n", e.text);
		return EXIT_FAILED;
	}
	return fflush(stdout) == 0 ? r : EXIT_FAILED;
}
