/* SPDX-License-Identifier: MIT */
/*
 * sealmountctl: what a person types about shares
 *
 * A table of verbs and nothing else.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/opts.h"
#include "base/secret.h"
#include "ctl/verb.h"

static const struct {
	const char *words[2]; /* the second one may be NULL */
	verb_fn run;
} verbs[] = {
	{ { "check" }, verb_check },
	{ { "config", "encode" }, verb_config_encode },
	{ { "config", "decode" }, verb_config_decode },
	{ { "config", "report" }, verb_config_report },
	{ { "plan" }, verb_plan },
};

static const struct opts_program program = {
	.name = "sealmountctl",
	.synopsis = "check [--root=DIR] [--json] [FILE|-]\n"
		    "config encode FILE|-\n"
		    "config decode [--show-secrets] [FILE|-]\n"
		    "config report --share=NAME\n"
		    "plan [--root=DIR] [--generator=FILE]",
	.purpose = "look at the configuration of encrypted remote shares.",
	.details = "Each verb has a --help of its own.\n",
	.man = "sealmountctl(8)",
};

static bool is_verb(const char *const words[2], int argc, char **argv)
{
	return argc > 1 && strcmp(argv[1], words[0]) == 0 &&
	       (!words[1] || (argc > 2 && strcmp(argv[2], words[1]) == 0));
}

static int no_verb(int argc, char **argv)
{
	struct err e = { 0 };
	int first, r = opts_parse(&program, argc, argv, &first, &e);

	if (r == OPTS_DONE)
		return EXIT_DONE;
	if (r == OPTS_RUN && first == argc)
		err_set(&e, EINVAL, "say what to do");
	else if (r == OPTS_RUN)
		err_set(&e, EINVAL, "unknown verb '%s'", argv[first]);
	return opts_usage_error(&program, &e);
}

int main(int argc, char **argv)
{
	log_setup("sealmountctl", log_sink_stderr);
	/* A user who looks at a file of his own may lock little memory or none, and it must
	 * not be the configuration's size that decides whether it can be looked at. */
	if (secret_process_setup(NULL) < 0 || geteuid() != 0)
		(void)munlockall(); /* nothing that could fail */
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (is_verb(verbs[i].words, argc, argv)) {
			int skip = verbs[i].words[1] ? 2 : 1;

			return verbs[i].run(argc - skip, argv + skip);
		}
	return no_verb(argc, argv);
}
