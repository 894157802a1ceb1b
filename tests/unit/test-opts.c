/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/opts.h"
#include "lib/test.h"

static bool arg_flag;
static const char *arg_text;
static uint64_t arg_size;

static const struct opt options[] = {
	{ "flag", OPT_FLAG, &arg_flag, NULL, "a flag" },
	{ "text", OPT_STRING, &arg_text, "WORD", "a word" },
	{ "size", OPT_SIZE, &arg_size, "SIZE", "a size" },
};

static const struct opts_program program = {
	.name = "test-opts",
	.synopsis = "[OPTION...] A",
	.purpose = "tests options",
	.man = "none(1)",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

static int parse(int argc, const char **argv, int *first, struct err *e)
{
	arg_flag = false;
	arg_text = NULL;
	arg_size = 0;
	return opts_parse(&program, argc, (char **)argv, first, e);
}

TEST(opts_fill_their_variables)
{
	const char *argv[] = { "p", "--flag", "--text=a b", "--size", "4K", "operand", "--flag" };
	int first = 0;

	CHECK_EQ(parse(7, argv, &first, NULL), OPTS_RUN);
	CHECK(arg_flag);
	CHECK_STR(arg_text, "a b");
	CHECK_EQ(arg_size, 4096);
	CHECK_EQ(first, 5);
}

TEST(opts_end_at_two_dashes_and_take_a_single_one_as_operand)
{
	const char *argv[] = { "p", "--", "--flag" }, *dash[] = { "p", "-" };
	int first = 0;

	CHECK_EQ(parse(3, argv, &first, NULL), OPTS_RUN);
	CHECK_EQ(first, 2);
	CHECK(!arg_flag);
	CHECK_EQ(parse(2, dash, &first, NULL), OPTS_RUN);
	CHECK_EQ(first, 1);
}

TEST(opts_refuse_what_they_do_not_know)
{
	static const struct {
		const char *argv[3];
		const char *text;
	} t[] = {
		{ { "p", "--nope", NULL }, "unknown option '--nope'" },
		{ { "p", "-x", NULL }, "unknown option '-x'" },
		{ { "p", "--flag=1", NULL }, "--flag takes no value" },
		{ { "p", "--text", NULL }, "--text needs a value" },
		{ { "p", "--size=4Q", NULL }, "--size: '4Q' is not a size" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct err e = { 0 };
		int first = 0;

		CHECK_EQ(parse(2, (const char **)t[i].argv, &first, &e), -EINVAL);
		CHECK_STR(e.text, t[i].text);
	}
}

TEST(opts_verb_is_the_first_word)
{
	char *words[] = { (char *)"p", (char *)"fetch", (char *)"--flag", NULL }, **argv = words;
	int argc = 3;

	CHECK_STR(opts_take_verb(&argc, &argv), "fetch");
	CHECK_EQ(argc, 2);
	CHECK_STR(argv[1], "--flag");
	CHECK(!opts_take_verb(&argc, &argv));
	CHECK_EQ(argc, 2);
	argc = 1;
	CHECK(!opts_take_verb(&argc, &argv));
}

TEST_MAIN
