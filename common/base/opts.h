/* SPDX-License-Identifier: MIT */
/*
 * opts: table-driven option parser that prints --help itself
 *
 * Options are rows; parsing, --help and --version follow from the table, so the
 * three cannot disagree. Words and exit statuses are those of all our programs.
 *
 * Uses: libc.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"

/* Exit statuses of all programs. Units use these numbers: they are interface. */
#define EXIT_DONE	    0
#define EXIT_FAILED	    1
#define EXIT_USAGE	    2
#define EXIT_NOT_CONFIGURED 6
#define EXIT_TRY_AGAIN	    75

enum opt_kind {
	OPT_FLAG,   /* bool */
	OPT_STRING, /* const char *, points into argv */
	OPT_U64,    /* uint64_t */
	OPT_SIZE,   /* uint64_t, bytes; K, M, G, T */
};

struct opt {
	const char *name; /* long name, without dashes */
	enum opt_kind kind;
	void *dst;	      /* of the kind's type */
	const char *argument; /* name in --help; NULL for flags */
	const char *help;     /* one line, with unit and default */
};

struct opts_program {
	const char *name;
	const char *synopsis; /* lines after the name, separated by '\n' */
	const char *purpose;  /* one sentence */
	const char *details;  /* verbs, files, examples; may be NULL */
	const char *man;      /* "sealmount-blob(8)" */
	const struct opt *options;
	size_t n_options;
};

enum opts_outcome {
	OPTS_RUN,  /* go on; operands begin at *ret_first */
	OPTS_DONE, /* --help or --version was printed: exit with EXIT_DONE */
};

/**
 * opts_parse - fill the variables of @p's rows
 * @ret_first: index of the first operand in @argv
 *
 * Options are --name=value, --name value or --name; "--" ends them. --help and
 * --version are there always. Options may stand among operands only before the first.
 *
 * Return: an opts_outcome, or -EINVAL with a text that names the option
 */
int opts_parse(const struct opts_program *p, int argc, char **argv, int *ret_first,
	       struct err *e) must_check;

/**
 * opts_take_verb - the first argument, if it is a word and not an option
 *
 * @argc and @argv begin there afterwards, as opts_parse() wants them, so that options
 * follow their verb: "sealmount-key fetch --share=NAME".
 *
 * Return: the word; NULL if there is none, and nothing changed
 */
const char *opts_take_verb(int *argc, char ***argv);

/** opts_usage_error - print @e and a pointer to --help; Return: EXIT_USAGE */
int opts_usage_error(const struct opts_program *p, const struct err *e);
