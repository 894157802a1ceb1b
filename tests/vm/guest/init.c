// SPDX-License-Identifier: MIT
/*
 * init: the whole initial RAM disk of a test guest
 *
 * Loads the modules named in /modules.list, mounts the disk with serial "root",
 * unpacks the tar on the disk with serial "payload" into it, and hands over to the
 * root's /sbin/init. So everything that a test brings is in place before systemd and
 * its generators look. A second boot of the same guest finds the marker and unpacks
 * nothing.
 *
 * Uses: libc, linked statically. A failure ends in a panic, which ends QEMU.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MARKER "/vmtest/.unpacked"

static void die(const char *what)
{
	dprintf(2, "vmtest init: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void load_modules(void)
{
	char path[256];
	FILE *f = fopen("/modules.list", "re");

	if (!f)
		die("/modules.list");
	while (fscanf(f, "%255s", path) == 1) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			die(path);
		if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)
			dprintf(2, "vmtest init: load %s: %s\n", path, strerror(errno));
		close(fd);
	}
	fclose(f);
}

/* Name of the virtio disk with this serial, as a path below /dev; "" when there is none. */
static void find_disk(const char *serial, char ret_path[64])
{
	struct dirent *de;
	DIR *d = opendir("/sys/block");

	ret_path[0] = 0;
	while (d && (de = readdir(d))) {
		char path[300], have[32] = "";
		int fd;

		snprintf(path, sizeof(path), "/sys/block/%s/serial", de->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (read(fd, have, sizeof(have) - 1) > 0 && strcmp(have, serial) == 0)
			snprintf(ret_path, 64, "/dev/%.50s", de->d_name);
		close(fd);
	}
	if (d)
		closedir(d);
}

/* Runs a command inside the new root and waits for it. */
static void run_in_root(char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		if (chroot("/root") < 0 || chdir("/") < 0)
			die("chroot");
		setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
		execv(argv[0], argv);
		die(argv[0]);
	}
	if (waitpid(pid, &status, 0) < 0 || status != 0) {
		dprintf(2, "vmtest init: %s ended with %#x\n", argv[0], status);
		exit(1);
	}
}

static void unpack(const char *disk)
{
	char *tar[] = { "/bin/tar",
			"-C",
			"/",
			"-xpf",
			(char *)disk,
			"--numeric-owner",
			"--no-overwrite-dir",
			"--keep-directory-symlink",
			NULL };
	int fd;

	if (access("/root" MARKER, F_OK) == 0)
		return;
	run_in_root(tar);
	mkdir("/root/vmtest", 0700);
	fd = open("/root" MARKER, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		die("marker");
	close(fd);
}

int main(void)
{
	static const struct timespec tick = { .tv_nsec = 10000000 };
	char root[64], payload[64];

	mkdir("/dev", 0755);
	mkdir("/sys", 0755);
	mkdir("/proc", 0755);
	mkdir("/root", 0755);
	if (mount("dev", "/dev", "devtmpfs", MS_NOSUID, "mode=0755") < 0 && errno != EBUSY)
		die("mount /dev");
	if (mount("sys", "/sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL) < 0)
		die("mount /sys");
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL) < 0)
		die("mount /proc");
	load_modules();

	for (int i = 0; i < 1000; i++) { /* the disks are probed asynchronously */
		find_disk("root", root);
		find_disk("payload", payload);
		if (root[0] && payload[0])
			break;
		nanosleep(&tick, NULL);
	}
	errno = ENODEV;
	if (!root[0] || !payload[0])
		die("disks with serial 'root' and 'payload'");
	if (mount(root, "/root", "ext4", 0, NULL) < 0)
		die("mount root");
	if (mount("/dev", "/root/dev", NULL, MS_MOVE, NULL) < 0 ||
	    mount("/sys", "/root/sys", NULL, MS_MOVE, NULL) < 0 ||
	    mount("/proc", "/root/proc", NULL, MS_MOVE, NULL) < 0)
		die("move mounts");
	unpack(payload);

	if (chdir("/root") < 0)
		die("chdir");
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		die("switch root");
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	execl("/sbin/init", "/sbin/init", (char *)NULL);
	die("/sbin/init");
}
