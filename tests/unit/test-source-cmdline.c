/* SPDX-License-Identifier: MIT */
#include "source/source-cmdline.h"

#include "lib/test.h"

TEST(words_are_read_as_systemd_reads_them)
{
	static const struct {
		const char *text, *config;
		bool is_off;
	} t[] = {
		{ "", NULL, false },
		{ "quiet ro", NULL, false },
		{ "ro sealmount.config=abc= quiet\n", "abc=", false },
		{ "sealmount.config=a sealmount.config=b", "b", false },
		{ "sealmount.config=a sealmount.config=", NULL, false },
		{ "sealmount.config=\"{ }\"", "{ }", false },
		{ "\"sealmount.config=a b\" x", "a b", false },
		{ "sealmount.config='a\"b'", "a\"b", false },
		{ "xsealmount.config=a", NULL, false },
		{ "sealmount=no", NULL, true },
		{ "sealmount=0", NULL, true },
		{ "sealmount=off sealmount.config=a", "a", true },
		{ "sealmount=false sealmount=yes", NULL, false },
		{ "sealmount=yes sealmount=no", NULL, true },
		{ "sealmount=maybe", NULL, false },
		{ "sealmount", NULL, false },
		{ "rd.sealmount=no", NULL, false },
		{ "sealmount.config=\"open", "open", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct cmdline c = { 0 };
		struct err e;

		CHECK_EQ(cmdline_parse(t[i].text, strlen(t[i].text), &c, &e), 0);
		CHECK_STR(c.config, t[i].config, "row %zu", i);
		CHECK_EQ(c.is_switched_off, t[i].is_off, "row %zu", i);
		cmdline_done(&c);
	}
}

TEST_MAIN
