/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/test.h"
#include "link/probe-mount.h"

static char top[] = "/tmp/sealmount-probe-XXXXXX";

__attribute__((constructor)) static void set_up(void)
{
	if (!mkdtemp(top))
		abort();
}

__attribute__((destructor)) static void tear_down(void)
{
	rmdir(top);
}

TEST(probe_tells_a_mount_point_from_a_folder)
{
	struct err e = { 0 };

	CHECK_EQ(probe_mount_check("/", NULL, NULL, &e), 0, "%s", e.text);
	CHECK_EQ(probe_mount_check("/proc", NULL, "proc", &e), 0, "%s", e.text);
	CHECK_EQ(probe_mount_check(top, NULL, NULL, &e), -ENOTCONN);
	CHECK(strstr(e.text, "nothing is mounted at '/tmp/") == e.text, "%s", e.text);
	CHECK(e.remedy[0]);
	CHECK_EQ(probe_mount_check("/no/such/place", NULL, NULL, NULL), -ENOTCONN);
}

TEST(probe_refuses_another_type_or_device)
{
	struct err e = { 0 };

	CHECK_EQ(probe_mount_check("/proc", NULL, "ext4", &e), -EXDEV);
	CHECK_STR(e.text, "'proc' of type proc is mounted at '/proc', not ext4");
	CHECK_EQ(probe_mount_check("/proc", "/dev/no-such-device", NULL, &e), -ENODEV);
	CHECK_EQ(probe_mount_check("/proc", "/dev/null", NULL, &e), -ENODEV);
	if (access("/dev/loop7", F_OK) == 0)
		CHECK_EQ(probe_mount_check("/proc", "/dev/loop7", "proc", &e), -EXDEV);
}

TEST(probe_sees_the_mount_on_top)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		printf("# skipped: needs root for mounts of its own\n");
		return;
	}
	CHECK_EQ(mount("proc", top, "proc", 0, NULL), 0);
	CHECK_EQ(probe_mount_check(top, NULL, "proc", NULL), 0);
	CHECK_EQ(mount("tmpfs", top, "tmpfs", 0, NULL), 0);
	CHECK_EQ(probe_mount_check(top, NULL, "proc", NULL), -EXDEV);
	CHECK_EQ(probe_mount_check(top, NULL, "tmpfs", NULL), 0);
	umount(top);
	umount(top);
}

/* Device of the root filesystem, when it is mounted from one. */
TEST(probe_knows_the_device)
{
	struct stat st;
	char device[64], name[256] = "";
	FILE *f;

	CHECK_EQ(stat("/", &st), 0);
	snprintf(device, sizeof(device), "/tmp/sealmount-probe-dev-%d", (int)getpid());
	f = popen("findmnt -no SOURCE /", "re");
	if (f && fgets(name, sizeof(name), f))
		name[strcspn(name, "\n")] = '\0';
	if (f)
		pclose(f);
	if (mknod(device, S_IFBLK | 0600, st.st_dev) < 0 || name[0] != '/') {
		printf("# skipped: no device that is mounted\n");
		unlink(device);
		return;
	}
	CHECK_EQ(probe_mount_check("/", device, NULL, NULL), 0);
	unlink(device);
}

TEST_MAIN
