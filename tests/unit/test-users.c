/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "crypt/device.h"
#include "crypt/users.h"
#include "lib/test.h"

TEST(users_of_an_open_file_are_named)
{
	char text[USERS_TEXT_MAX], me[32];
	int fd = memfd_create("users", MFD_CLOEXEC);
	struct stat st;

	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(users_describe(st.st_dev, text) >= 1);
	snprintf(me, sizeof(me), "%d (test-users)", getpid());
	CHECK(strstr(text, me) || strstr(text, " more"), "%s", text);
	close(fd);
}

TEST(users_of_a_mount_are_named_by_namespace)
{
	char text[USERS_TEXT_MAX], dir[] = "/tmp/test-users.XXXXXX";
	struct stat st;

	CHECK(mkdtemp(dir));
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("none", dir, "tmpfs", 0, NULL) == 0) {
		CHECK_EQ(stat(dir, &st), 0);
		CHECK_EQ(users_describe(st.st_dev, text), 1);
		CHECK(strstr(text, "a mount, as seen by ") == text, "%s", text);
		CHECK(strstr(text, "(test-users)"), "%s", text);
		CHECK_EQ(umount(dir), 0);
	} else {
		printf("# not allowed to mount here\n");
	}
	CHECK_EQ(rmdir(dir), 0);
}

TEST(users_of_an_unknown_device_are_none)
{
	char text[USERS_TEXT_MAX];

	CHECK_EQ(users_describe(makedev(4000, 77), text), 0);
	CHECK_STR(text, "");
}

TEST(device_block_size_divides_the_image)
{
	CHECK_EQ(device_block_size(16777216, 4096), 4096);
	CHECK_EQ(device_block_size(16777216 + 512, 4096), 512);
	CHECK_EQ(device_block_size(16777216 + 1024, 4096), 1024);
	CHECK_EQ(device_block_size(16777216, 512), 512);
	CHECK_EQ(device_block_size(1, 4096), 512);
}

TEST_MAIN
