/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/cleanup.h"
#include "base/unit-name.h"
#include "lib/test.h"

/* What systemd-escape says, or an empty text when it refuses. */
static void systemd_escape(const char *option, const char *text, char *dst, size_t size)
{
	char command[4096];
	FILE *f;
	size_t n = (size_t)snprintf(command, sizeof(command), "systemd-escape %s -- '", option);

	for (; *text && n < sizeof(command) - 8; text++)
		n += (size_t)snprintf(command + n, sizeof(command) - n,
				      *text == '\'' ? "'\\''" : "%c", *text);
	snprintf(command + n, sizeof(command) - n, "' 2>/dev/null");
	dst[0] = '\0';
	f = popen(command, "re");
	if (f && fgets(dst, (int)size, f))
		dst[strcspn(dst, "\n")] = '\0';
	if (f)
		pclose(f);
}

TEST(unit_escape_agrees_with_systemd_escape)
{
	static const char *const t[] = { "my-share", ".hidden",	 "a b",	    "a/b", "x%y",
					 "a\\b",     "-lead",	 "a.b:c_d", "ä€",  "'q'",
					 "a..b",     "\x01\x7f", "@",	    "a//b" };
	char want[512], got[512];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		systemd_escape("", t[i], want, sizeof(want));
		CHECK(unit_escape(t[i], got, sizeof(got)) > 0);
		CHECK_STR(got, want, "%s", t[i]);
	}
}

TEST(unit_escape_path_agrees_with_systemd_escape)
{
	static const char *const t[] = { "/",	      "/a",	"/a/b",
					 "//a///b//", "/.a/.b", "/my-share",
					 "/a b/ü",    "/a/..b", "/run/sealmount/mnt/x-y" };
	char want[512], got[512];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		systemd_escape("--path", t[i], want, sizeof(want));
		CHECK(unit_escape_path(t[i], got, sizeof(got)) > 0);
		CHECK_STR(got, want, "%s", t[i]);
	}
}

TEST(unit_escape_path_refuses_what_is_no_plain_absolute_path)
{
	char got[64];

	CHECK_EQ(unit_escape_path("a/b", got, sizeof(got)), -EINVAL);
	CHECK_EQ(unit_escape_path("/a/../b", got, sizeof(got)), -EINVAL);
	CHECK_EQ(unit_escape_path("/a/.", got, sizeof(got)), -EINVAL);
	CHECK_EQ(unit_escape_path("", got, sizeof(got)), -EINVAL);
}

TEST(unit_escape_never_writes_past_the_end)
{
	char got[8];

	memset(got, '#', sizeof(got));
	CHECK_EQ(unit_escape("a-a", got, 5), -ENAMETOOLONG);
	CHECK_EQ(got[5], '#');
	CHECK_EQ(unit_escape("abcd", got, 5), 4);
	CHECK_EQ(unit_escape("x", got, 0), -ENAMETOOLONG);
}

TEST(unit_quote_value_doubles_percent_and_refuses_what_cannot_be_said)
{
	char got[64];

	CHECK_EQ(unit_quote_value("/a%b c", got, sizeof(got)), 7);
	CHECK_STR(got, "/a%%b c");
	CHECK_EQ(unit_quote_value("a\nb", got, sizeof(got)), -EINVAL);
	CHECK_EQ(unit_quote_value(" a", got, sizeof(got)), -EINVAL);
	CHECK_EQ(unit_quote_value("a ", got, sizeof(got)), -EINVAL);
	CHECK_EQ(unit_quote_value("a\\", got, sizeof(got)), -EINVAL);
}

TEST(unit_quote_word_survives_lists_and_command_lines)
{
	char got[64];

	CHECK(unit_quote_word("a b\"c\\d%e$f", 1, got, sizeof(got)) > 0);
	CHECK_STR(got, "\"a b\\\"c\\\\d%%e$$f\"");
	CHECK(unit_quote_word("$f", 0, got, sizeof(got)) > 0);
	CHECK_STR(got, "\"$f\"");
	CHECK_EQ(unit_quote_word("a\x7f", 0, got, sizeof(got)), -EINVAL);
}

TEST(unit_quote_credential_escapes_for_c_unescape_only)
{
	char got[64];

	CHECK(unit_quote_credential("{\"a\\n\":\"%ü\n\"}", got, sizeof(got)) > 0);
	CHECK_STR(got, "{\"a\\x5cn\":\"%\\xc3\\xbc\\x0a\"}");
}

TEST_MAIN
