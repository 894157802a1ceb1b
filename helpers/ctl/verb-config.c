/* SPDX-License-Identifier: MIT */
/*
 * verb-config: a configuration as one line, and back
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/encode.h"
#include "base/opts.h"
#include "conf/conf-scan.h"
#include "conf/conf.h"
#include "ctl/input.h"
#include "ctl/pretty.h"
#include "ctl/verb.h"

static bool arg_show_secrets;

static const struct opts_program encode_program = {
	.name = "sealmountctl config encode",
	.synopsis = "FILE|-",
	.purpose = "check a configuration and print it as one line of base64.",
	.man = "sealmountctl(8)",
};

static const struct opt decode_options[] = {
	{ "show-secrets", OPT_FLAG, &arg_show_secrets, NULL, "do not mask keys and signatures" },
};

static const struct opts_program decode_program = {
	.name = "sealmountctl config decode",
	.synopsis = "[--show-secrets] [FILE|-]",
	.purpose = "print a configuration, base64 or JSON, for people.",
	.man = "sealmountctl(8)",
	.options = decode_options,
	.n_options = ARRAY_SIZE(decode_options),
};

static int failed(const char *path, const struct err *e)
{
	fprintf(stderr, "sealmountctl: %s: %s\n", path, e->text);
	if (e->remedy[0])
		fprintf(stderr, "sealmountctl: remedy: %s\n", e->remedy);
	return EXIT_FAILED;
}

/* Prints the mistakes; Return: 0, -EBADMSG when there is an error among them, or -errno. */
static int check(const struct input *in, struct err *e)
{
	struct conf *c = NULL;
	bool is_bad;
	int r = conf_parse(in->text, in->len, &c, e);

	if (r == 0)
		r = conf_merge(&c, 1, e);
	is_bad = r == 0 && c->is_unusable;
	for (size_t i = 0; r == 0 && i < c->n_findings; i++) {
		cleanup_free char *line = finding_format(&c->findings[i]);

		fprintf(stderr, "%s\n", line ? line : "error");
		is_bad = is_bad || c->findings[i].level == FINDING_ERROR;
	}
	conf_free(c);
	if (is_bad)
		r = err_set(e, EBADMSG, "it has mistakes, and is not encoded");
	return r;
}

static int encode(const char *path, struct err *e)
{
	cleanup_input struct input in = { 0 };
	char *line = NULL;
	int r = input_read(path, &in, e);

	if (r == 0)
		r = check(&in, e);
	if (r == 0)
		r = input_decode(&in, e);
	if (r < 0)
		return r;
	line = base64_encode(in.text, pretty_shorten(in.text, in.len));
	if (!line)
		return err_errno(e, ENOMEM, "encode");
	puts(line);
	explicit_bzero(line, strlen(line));
	free(line);
	return 0;
}

int verb_config_encode(int argc, char **argv)
{
	struct err e = { 0 };
	int first, r = opts_parse(&encode_program, argc, argv, &first, &e);

	if (r == OPTS_DONE)
		return EXIT_DONE;
	if (r == OPTS_RUN && argc - first != 1)
		r = err_set(&e, EINVAL, "name one file");
	if (r < 0)
		return opts_usage_error(&encode_program, &e);
	r = encode(argv[first], &e);
	if (r < 0)
		return failed(argv[first], &e);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

static void ignore_duplicate(void *arg, const char *path, int share, size_t at)
{
}

static int decode(const char *path, struct err *e)
{
	cleanup_input struct input in = { 0 };
	struct scan_problem problem;
	unsigned line, column;
	int r = input_read(path, &in, e);

	if (r == 0)
		r = input_decode(&in, e);
	if (r < 0)
		return r;
	r = scan_json(in.text, in.len, ignore_duplicate, NULL, &problem);
	if (r == -EBADMSG) {
		scan_position(in.text, problem.at, &line, &column);
		return err_set(e, EBADMSG, "line %u, column %u: %s", line, column, problem.rule);
	}
	if (r < 0)
		return err_errno(e, -r, "read it");
	pretty_print(in.text, in.len, arg_show_secrets, stdout);
	return 0;
}

int verb_config_decode(int argc, char **argv)
{
	struct err e = { 0 };
	int first, r = opts_parse(&decode_program, argc, argv, &first, &e);
	const char *path;

	if (r == OPTS_DONE)
		return EXIT_DONE;
	if (r == OPTS_RUN && argc - first > 1)
		r = err_set(&e, EINVAL, "one file at a time");
	if (r < 0)
		return opts_usage_error(&decode_program, &e);
	path = first < argc ? argv[first] : "-";
	r = decode(path, &e);
	if (r < 0)
		return failed(path, &e);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}
