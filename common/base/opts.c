/* SPDX-License-Identifier: MIT */
/*
 * opts: see opts.h
 */
#include "base/opts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

#define HELP_COLUMN 26 /* where the explanations start */

static void print_row(const char *name, const char *argument, const char *help)
{
	int n = printf("  --%s%s%s", name, argument ? "=" : "", argument ? argument : "");

	printf("%*s%s\n", n < HELP_COLUMN ? HELP_COLUMN - n : 1, "", help);
}

static void print_help(const struct opts_program *p)
{
	const char *line = p->synopsis;

	printf("%s: %s\n\n", p->name, p->purpose);
	while (*line) {
		size_t n = strcspn(line, "\n");

		printf("  %s %.*s\n", p->name, (int)n, line);
		line += n + (line[n] == '\n');
	}
	printf("\nOptions:\n");
	for (size_t i = 0; i < p->n_options; i++)
		print_row(p->options[i].name, p->options[i].argument, p->options[i].help);
	print_row("help", NULL, "this text");
	print_row("version", NULL, "version of the program");
	if (p->details)
		printf("\n%s", p->details);
	printf("\nExit status: 0 done, 1 failed, 2 wrong usage, 6 not configured here, "
	       "75 try again later.\nMore: man %s\n",
	       p->man);
}

static int set_value(const struct opt *o, const char *value, struct err *e)
{
	int r = 0;

	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)o->dst = true;
		break;
	case OPT_STRING:
		*(const char **)o->dst = value;
		break;
	case OPT_U64:
		r = parse_u64(value, o->dst);
		break;
	case OPT_SIZE:
		r = parse_size(value, o->dst);
		break;
	}
	if (r < 0)
		return err_set(e, EINVAL, "--%s: '%s' is not a %s", o->name, value,
			       o->kind == OPT_SIZE ? "size" : "number");
	return 0;
}

static int parse_one(const struct opts_program *p, char **argv, int *i, struct err *e)
{
	const char *name = argv[*i] + 2, *equals = strchr(name, '='), *value = NULL;
	size_t len = equals ? (size_t)(equals - name) : strlen(name);

	for (size_t k = 0; k < p->n_options; k++) {
		const struct opt *o = &p->options[k];

		if (strlen(o->name) != len || memcmp(o->name, name, len) != 0)
			continue;
		if (o->kind == OPT_FLAG && equals)
			return err_set(e, EINVAL, "--%s takes no value", o->name);
		if (o->kind != OPT_FLAG)
			value = equals ? equals + 1 : argv[++*i];
		if (o->kind != OPT_FLAG && !value)
			return err_set(e, EINVAL, "--%s needs a value", o->name);
		return set_value(o, value, e);
	}
	return err_set(e, EINVAL, "unknown option '%.*s'", (int)len + 2, argv[*i]);
}

int opts_parse(const struct opts_program *p, int argc, char **argv, int *ret_first, struct err *e)
{
	int i;

	for (i = 1; i < argc; i++) {
		int r;

		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (argv[i][0] != '-' || argv[i][1] == '\0')
			break;
		if (strcmp(argv[i], "--help") == 0) {
			print_help(p);
			return OPTS_DONE;
		}
		if (strcmp(argv[i], "--version") == 0) {
			printf("%s %s\n", p->name, SEALMOUNT_VERSION);
			return OPTS_DONE;
		}
		if (argv[i][1] != '-')
			return err_set(e, EINVAL, "unknown option '%s'", argv[i]);
		r = parse_one(p, argv, &i, e);
		if (r < 0)
			return r;
	}
	*ret_first = i;
	return OPTS_RUN;
}

const char *opts_take_verb(int *argc, char ***argv)
{
	if (*argc < 2 || (*argv)[1][0] == '-')
		return NULL;
	(*argc)--;
	(*argv)++;
	return (*argv)[0];
}

int opts_usage_error(const struct opts_program *p, const struct err *e)
{
	fprintf(stderr, "%s: %s\nTry '%s --help'.\n", p->name, e->text, p->name);
	return EXIT_USAGE;
}
