/* SPDX-License-Identifier: MIT */
#include "conf/share.h"

#include "base/macros.h"
#include "lib/test.h"

TEST(name_holds_letters_digits_and_three_marks)
{
	static const struct {
		const char *name;
		bool is_valid;
	} t[] = {
		{ "a", true },
		{ "my-share", true },
		{ "A.b_c-9", true },
		{ "9", true },
		{ "", false },
		{ "-a", false },
		{ ".a", false },
		{ "_a", false },
		{ "a b", false },
		{ "a/b", false },
		{ "a%i", false },
		{ "a\n", false },
		{ "a@b", false },
		{ "\xc3\xa4", false },
		{ "0123456789012345678901234567890123456789012345678901234567890123", true },
		{ "01234567890123456789012345678901234567890123456789012345678901234", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		CHECK_EQ(share_name_is_valid(t[i].name), t[i].is_valid, "'%s'", t[i].name);
}

TEST(name_from_path_follows_the_design)
{
	static const struct {
		const char *path, *name;
	} t[] = {
		{ "/srv/models", "srv-models" },
		{ "/mnt/remote/share", "mnt-remote-share" },
		{ "/a b", "a_20b" },
		{ "/\xc3\xa4", "s_c3_a4" },
		{ "/.x", "s.x" },
		{ "/-x", "s-x" },
		{ "/100%", "100_25" },
	};
	char name[SHARE_NAME_MAX + 1];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		share_name_from_path(t[i].path, false, name);
		CHECK_STR(name, t[i].name, "%s", t[i].path);
		CHECK(share_name_is_valid(name), "%s", t[i].path);
	}
}

TEST(name_from_path_gets_a_digest_when_asked_or_too_long)
{
	char path[5000] = "/", a[SHARE_NAME_MAX + 1], b[SHARE_NAME_MAX + 1];

	share_name_from_path("/a-b", true, a);
	share_name_from_path("/a/b", true, b);
	CHECK_EQ(strncmp(a, "a-b-", 4), 0);
	CHECK_EQ(strlen(a), 4 + 8);
	CHECK(strcmp(a, b) != 0);
	memset(path + 1, '%', 4000);
	share_name_from_path(path, false, a);
	CHECK_EQ(strlen(a), SHARE_NAME_MAX);
	CHECK(share_name_is_valid(a));
	share_name_from_path("/0123456789012345678901234567890123456789012345678901234567890123",
			     false, a);
	CHECK_EQ(strlen(a), SHARE_NAME_MAX);
	CHECK_EQ(a[55], '5', "not cut");
}

TEST_MAIN
