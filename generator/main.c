/* SPDX-License-Identifier: MIT */
/*
 * sealmount-generator: configuration to units, at boot and at every reload
 *
 * systemd.generator(7) is the contract: nothing but files below the output directory,
 * no bus, no network, no waiting, quiet when all is well.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/opts.h"
#include "base/secret.h"
#include "generate.h"
#include "source/source.h"

static const char *arg_root = "/";

static const struct opt options[] = {
	{ "root", OPT_STRING, &arg_root, "DIR", "read the configuration below DIR (default /)" },
};

static const struct opts_program program = {
	.name = "sealmount-generator",
	.synopsis = "[--root=DIR] NORMAL [EARLY LATE]",
	.purpose = "write the units of all configured shares",
	.details =
		"Started by systemd at boot and at every daemon-reload. Writes below NORMAL only.\n"
		"Run by hand, it shows what would be generated:\n\n"
		"  mkdir /tmp/units && sealmount-generator /tmp/units\n",
	.man = "sealmount-generator(8)",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

/* At boot standard error is /dev/null, and what is written there is lost. */
static bool stderr_is_seen(void)
{
	struct stat st;

	if (secure_getenv("SYSTEMD_SCOPE") || fstat(STDERR_FILENO, &st) < 0)
		return false;
	return !(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
}

static bool is_initrd(void)
{
	const char *value = secure_getenv("SYSTEMD_IN_INITRD");

	return value && strcmp(value, "1") == 0;
}

static int open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		log_error("open '%s': %s", path, strerror(errno));
	return fd;
}

static int run(const char *normal)
{
	struct source_set *set = NULL;
	struct running running;
	cleanup_fd int root_fd = open_folder(arg_root);
	cleanup_fd int dir_fd = open_folder(normal);
	struct err e = { 0 };
	int r = 0;

	if (root_fd < 0 || dir_fd < 0)
		return EXIT_FAILED;
	if (source_load(root_fd, &set, &e) < 0) {
		log_error("read the configuration: %s", e.text);
		return EXIT_FAILED;
	}
	if (set->is_switched_off)
		log_debug("switched off on the kernel command line");
	running_read(root_fd, &running);
	if (!set->is_switched_off)
		r = generate(set, &running, dir_fd);
	running_done(&running);
	source_set_free(set);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

int main(int argc, char **argv)
{
	struct err e = { 0 };
	int first, r;

	(void)umask(0022); /* cannot fail */
	log_setup(program.name, stderr_is_seen() ? log_sink_stderr : log_sink_kmsg);
	r = opts_parse(&program, argc, argv, &first, &e);
	if (r == OPTS_DONE)
		return EXIT_DONE;
	if (r >= 0 && argc - first != 1 && argc - first != 3)
		r = err_set(&e, EINVAL, "one or three directories are needed");
	if (r < 0)
		return opts_usage_error(&program, &e);
	if (is_initrd())
		return EXIT_DONE;
	/* The configuration may hold secrets. Not root, by hand: it can read no such file. */
	if (secret_process_setup(&e) < 0)
		log_debug("%s", e.text);
	return run(argv[first]);
}
