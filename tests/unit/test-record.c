/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/test.h"
#include "link/record.h"

static char top[] = "/tmp/sealmount-record-XXXXXX";
static char dir[sizeof(top) + sizeof("/link")];
static char path[SHARE_PATH_MAX + 1];

__attribute__((constructor)) static void set_up(void)
{
	if (!mkdtemp(top))
		abort();
	snprintf(dir, sizeof(dir), "%s/link", top);
}

__attribute__((destructor)) static void tear_down(void)
{
	rmdir(dir);
	rmdir(top);
}

TEST(record_is_none_before_it_was_written)
{
	CHECK_EQ(record_read(dir, "a", path, NULL), 0, "no directory");
	CHECK_EQ(mkdir(dir, 0755), 0, "made");
	CHECK_EQ(record_read(dir, "a", path, NULL), 0, "no record");
	record_remove(dir, "a");
}

TEST(record_is_read_as_written_and_replaced)
{
	static const char odd[] = "/srv/with space/../\xc3\xbc%";

	CHECK_EQ(record_write(dir, "a", "/srv/a", NULL), 0, "written");
	CHECK_EQ(record_write(dir, "a", odd, NULL), 0, "replaced");
	CHECK_EQ(record_read(dir, "a", path, NULL), 1, "read");
	CHECK_STR(path, odd);
	CHECK_EQ(record_read(dir, "b", path, NULL), 0, "another share");
	record_remove(dir, "a");
	CHECK_EQ(record_read(dir, "a", path, NULL), 0, "removed");
}

TEST(record_takes_the_longest_path_there_is)
{
	char longest[SHARE_PATH_MAX + 1];

	memset(longest, 'x', SHARE_PATH_MAX);
	longest[0] = '/';
	longest[SHARE_PATH_MAX] = '\0';
	CHECK_EQ(record_write(dir, "long", longest, NULL), 0, "written");
	CHECK_EQ(record_read(dir, "long", path, NULL), 1, "read");
	CHECK_STR(path, longest);
	record_remove(dir, "long");
}

TEST_MAIN
