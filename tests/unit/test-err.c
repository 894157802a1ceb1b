/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/err.h"
#include "lib/test.h"

TEST(err_set_keeps_code_and_text)
{
	struct err e = { 0 };

	CHECK_EQ(err_set(&e, ENOENT, "no %s", "blob"), -ENOENT);
	CHECK_EQ(e.code, ENOENT);
	CHECK_STR(e.text, "no blob");
	CHECK_STR(e.remedy, "");
}

TEST(err_is_built_from_the_inside_out)
{
	struct err e = { 0 };

	CHECK_EQ(err_errno(&e, EACCES, "open '%s'", "/run/t"), -EACCES);
	err_remedy(&e, "chmod 0600 it");
	err_remedy(&e, "a later remedy does not replace the first");
	err_wrap(&e, "share '%s'", "a");
	CHECK_STR(e.text, "share 'a': open '/run/t': Permission denied");
	CHECK_STR(e.remedy, "chmod 0600 it");
	CHECK_EQ(e.code, EACCES);
}

TEST(err_cuts_long_texts)
{
	struct err e = { 0 };
	char text[2 * ERR_TEXT_MAX];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)err_set(&e, EIO, "%s", text);
	err_wrap(&e, "%s", text);
	CHECK_EQ(strlen(e.text), ERR_TEXT_MAX - 1);
}

TEST(err_object_is_optional)
{
	CHECK_EQ(err_set(NULL, EIO, "x"), -EIO);
	CHECK_EQ(err_errno(NULL, EIO, "x"), -EIO);
	err_wrap(NULL, "x");
	err_remedy(NULL, "x");
}

TEST_MAIN
