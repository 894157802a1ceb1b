/* SPDX-License-Identifier: MIT */
/*
 * sealmount-link: make a share appear at the user's path, and disappear again
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/opts.h"
#include "conf/share.h"
#include "link/link.h"
#include "link/probe-mount.h"
#include "link/record.h"
#include "sd/notify.h"
#include "source/source.h"

#define TARGET_MAX (sizeof(SHARE_RUN_DIR "/mnt/") + SHARE_NAME_MAX)
#define DEVICE_MAX (sizeof("/dev/mapper/" SHARE_MAPPER_PREFIX) + SHARE_NAME_MAX)

static const char *arg_share;

static const struct opt options[] = {
	{ "share", OPT_STRING, &arg_share, "NAME", "serve this share; only as its unit does" },
};

static const struct opts_program program = {
	.name = "sealmount-link",
	.synopsis = "publish --share=NAME\nwithdraw --share=NAME\npublish PATH TARGET\n"
		    "withdraw PATH TARGET",
	.purpose = "make a mounted share appear at its path, and disappear again",
	.details = "PATH becomes a symbolic link to TARGET, which must be a mount point. Nothing "
		   "that\n"
		   "is at PATH already is ever touched.\n",
	.man = "sealmount-link(8)",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

/* What is to be done, from the unit's share or from the command line. */
struct job {
	struct share *share; /* NULL by hand */
	const char *path, *target, *device, *type;
	char target_buf[TARGET_MAX], device_buf[DEVICE_MAX], path_buf[SHARE_PATH_MAX + 1];
};

/* A share that was published at another path and never withdrawn (a crash, then another
 * configuration) leaves that one first. */
static int replace_record(const struct job *j, struct err *e)
{
	char old[SHARE_PATH_MAX + 1];

	if (record_read(RECORD_DIR, arg_share, old, NULL) == 1 && strcmp(old, j->path) != 0 &&
	    link_withdraw(old, j->target, e) < 0)
		return -e->code;
	return record_write(RECORD_DIR, arg_share, j->path, e);
}

static int publish(const struct job *j, struct err *e)
{
	int r = probe_mount_check(j->target, j->device, j->type, e);

	if (r == 0 && arg_share)
		r = replace_record(j, e);
	if (r == 0)
		r = link_publish(j->path, j->target, e);
	if (r < 0 || r == LINK_FOREIGN) {
		if (arg_share)
			record_remove(RECORD_DIR, arg_share);
		log_event(r < 0 ? EV_LINK_FAILED : EV_LINK_BLOCKED, e->remedy,
			  FIELDS("SEALMOUNT_PATH", j->path), "not published: %s", e->text);
		notify_status("not published: %s", e->text);
		notify_errno(e->code);
		return EXIT_FAILED;
	}
	log_event(EV_LINK_PUBLISHED, NULL,
		  FIELDS("SEALMOUNT_PATH", j->path, "SEALMOUNT_TARGET", j->target), "%s at '%s'",
		  r == LINK_UNCHANGED ? "was published before" : "published", j->path);
	notify_status("published at '%s'", j->path);
	return EXIT_DONE;
}

static int withdraw(const struct job *j, struct err *e)
{
	int r = link_withdraw(j->path, j->target, e);

	if (r < 0) {
		log_event(EV_LINK_FAILED, e->remedy, FIELDS("SEALMOUNT_PATH", j->path),
			  "not withdrawn: %s", e->text);
		notify_errno(e->code);
		return EXIT_FAILED;
	}
	if (arg_share)
		record_remove(RECORD_DIR, arg_share);
	if (r == LINK_FOREIGN)
		log_notice("nothing to withdraw: %s, which is not ours and was left alone",
			   e->text);
	else
		log_event(EV_LINK_WITHDRAWN, NULL, FIELDS("SEALMOUNT_PATH", j->path),
			  r == LINK_UNCHANGED ? "'%s' was gone before" : "withdrawn from '%s'",
			  j->path);
	return EXIT_DONE;
}

static const struct {
	const char *name;
	int (*run)(const struct job *j, struct err *e);
} verbs[] = {
	{ "publish", publish },
	{ "withdraw", withdraw },
};

/* What was published is withdrawn, whatever the configuration says by now. */
static int load_path(struct job *j, bool is_withdrawal, struct err *e)
{
	int r = 0;

	if (is_withdrawal)
		r = record_read(RECORD_DIR, arg_share, j->path_buf, e);
	if (r != 0) {
		j->path = j->path_buf;
		return r < 0 ? r : 0;
	}
	r = source_load_unit_share(arg_share, &j->share, e);
	if (r < 0)
		return r;
	j->path = j->share->mount_point;
	j->type = j->share->filesystem.type;
	return 0;
}

static int job_from_unit(struct job *j, bool is_withdrawal, struct err *e)
{
	int r = load_path(j, is_withdrawal, e);

	if (r < 0)
		return r;
	(void)snprintf(j->target_buf, sizeof(j->target_buf), SHARE_RUN_DIR "/mnt/%s", arg_share);
	(void)snprintf(j->device_buf, sizeof(j->device_buf),
		       "/dev/mapper/" SHARE_MAPPER_PREFIX "%s",
		       arg_share); /* both fit: the name is that of a share */
	j->target = j->target_buf;
	j->device = j->device_buf;
	return 0;
}

static int run(int (*verb)(const struct job *j, struct err *e), char **operands, int n_operands,
	       struct err *e)
{
	struct job j = { .share = NULL };
	int r;

	if (!arg_share) {
		j.path = operands[0];
		j.target = operands[1];
		return verb(&j, e);
	}
	r = job_from_unit(&j, verb == withdraw, e);
	if (r < 0) {
		log_event(EV_LINK_FAILED, e->remedy, NO_FIELDS, "%s", e->text);
		return r == -ENOENT ? EXIT_NOT_CONFIGURED : EXIT_FAILED;
	}
	r = verb(&j, e);
	share_free(j.share);
	return r;
}

int main(int argc, char **argv)
{
	int (*verb)(const struct job *j, struct err *e) = NULL;
	const char *word = opts_take_verb(&argc, &argv);
	struct err e = { 0 };
	int r, first = 0;

	r = opts_parse(&program, argc, argv, &first, &e);
	if (r == OPTS_DONE)
		return EXIT_DONE;
	for (size_t i = 0; word && i < ARRAY_SIZE(verbs); i++)
		if (strcmp(word, verbs[i].name) == 0)
			verb = verbs[i].run;
	if (r >= 0 && !verb)
		r = err_set(&e, EINVAL, "the first word is 'publish' or 'withdraw'");
	else if (r >= 0 && argc - first != (arg_share ? 0 : 2))
		r = err_set(&e, EINVAL, "either --share=NAME, or PATH and TARGET");
	else if (r >= 0 && arg_share && !share_name_is_valid(arg_share))
		r = err_set(&e, EINVAL, "--share: '%s' is not a share's name", arg_share);
	if (r < 0)
		return opts_usage_error(&program, &e);
	umask(022); /* folders on the way to the path are for everybody */
	log_setup_service(program.name);
	log_context(arg_share, "link");
	return run(verb, argv + first, argc - first, &e);
}
