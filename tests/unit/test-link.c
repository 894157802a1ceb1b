/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sha256.h"
#include "lib/test.h"
#include "link/link.h"

#define TARGET "/run/sealmount/mnt/models"
#define OTHER  "/run/sealmount/mnt/other"

static char top[] = "/tmp/sealmount-link-XXXXXX";

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

__attribute__((constructor)) static void set_up(void)
{
	if (!mkdtemp(top) || chdir(top) < 0)
		abort();
}

__attribute__((destructor)) static void tear_down(void)
{
	nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *at(const char *name)
{
	static char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static const char *leads(const char *name)
{
	static char buf[PATH_MAX];
	ssize_t n = readlink(name, buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static unsigned count_entries(void)
{
	cleanup_dir DIR *d = opendir(".");
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	return n;
}

TEST(link_is_published_and_withdrawn_and_both_repeat)
{
	unsigned before = count_entries();

	CHECK_EQ(link_publish(at("models"), TARGET, NULL), LINK_DONE);
	CHECK_STR(leads("models"), TARGET);
	CHECK_EQ(link_publish(at("models"), TARGET, NULL), LINK_UNCHANGED);
	CHECK_EQ(count_entries(), before + 1);
	CHECK_EQ(link_withdraw(at("models"), TARGET, NULL), LINK_DONE);
	CHECK_EQ(link_withdraw(at("models"), TARGET, NULL), LINK_UNCHANGED);
	CHECK_EQ(link_withdraw(at("no/such/folder"), TARGET, NULL), LINK_UNCHANGED);
	CHECK_EQ(count_entries(), before);
}

static void make_socket(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "busy" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK_EQ(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
}

static void make_file(void)
{
	int fd = open("busy", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "theirs", 6), 6);
	close(fd);
}

static void make_directory(void)
{
	CHECK_EQ(mkdir("busy", 0700), 0);
}

static void make_full_directory(void)
{
	CHECK_EQ(mkdir("busy", 0700), 0);
	CHECK_EQ(mkdir("busy/inner", 0700), 0);
}

static void make_link(void)
{
	CHECK_EQ(symlink("/srv/elsewhere", "busy"), 0);
}

static void make_link_to_file(void)
{
	CHECK_EQ(symlink("/etc/passwd", "busy"), 0);
}

static void make_pipe(void)
{
	CHECK_EQ(mkfifo("busy", 0600), 0);
}

static const struct {
	void (*make)(void);
	const char *text, *remedy;
} in_the_way[] = {
	{ make_file, "a file is at '", "move it away: mv '" },
	{ make_directory, "a directory is at '", "remove it, it is empty: rmdir '" },
	{ make_full_directory, "a directory is at '", "move it away: mv '" },
	{ make_link, "a symbolic link to '/srv/elsewhere' is at '", "move it away: mv '" },
	{ make_link_to_file, "a symbolic link to '/etc/passwd' is at '", "move it away: mv '" },
	{ make_socket, "a socket is at '", "move it away: mv '" },
	{ make_pipe, "a named pipe is at '", "move it away: mv '" },
};

TEST(link_never_touches_what_is_in_the_way)
{
	for (size_t i = 0; i < ARRAY_SIZE(in_the_way); i++) {
		struct stat before, after;
		struct err e = { 0 };

		in_the_way[i].make();
		CHECK_EQ(lstat("busy", &before), 0);
		CHECK_EQ(link_publish(at("busy"), TARGET, &e), LINK_FOREIGN, "row %zu", i);
		CHECK(strstr(e.text, in_the_way[i].text) == e.text, "%s", e.text);
		CHECK(strstr(e.remedy, in_the_way[i].remedy) == e.remedy, "%s", e.remedy);
		CHECK_EQ(link_withdraw(at("busy"), TARGET, &e), LINK_FOREIGN, "row %zu", i);
		CHECK(strstr(e.text, in_the_way[i].text) == e.text, "%s", e.text);
		CHECK_EQ(lstat("busy", &after), 0);
		CHECK(memcmp(&before.st_ino, &after.st_ino, sizeof(before.st_ino)) == 0 &&
		      before.st_mode == after.st_mode && before.st_size == after.st_size &&
		      before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
		nftw("busy", remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
}

TEST(link_remedy_works_in_a_shell)
{
	struct err e = { 0 };
	const char *command;
	char shell[ERR_REMEDY_MAX + 32];

	CHECK_EQ(mkdir("it's", 0755), 0);
	close(open("it's/a b", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	CHECK_EQ(link_publish(at("it's/a b"), TARGET, &e), LINK_FOREIGN);
	command = strstr(e.remedy, ": mv ");
	CHECK(command != NULL);
	snprintf(shell, sizeof(shell), "bash <<'END'\n%s\nEND\n", command ? command + 2 : "");
	CHECK_EQ(system(shell), 0); // NOLINT: the remedy is for a shell
	CHECK_EQ(access("it's/a b.old", F_OK), 0);
	CHECK_EQ(link_publish(at("it's/a b"), TARGET, &e), LINK_DONE);
}

TEST(link_remedy_is_never_a_cut_command)
{
	char name[NAME_MAX + 1], deep[2 * NAME_MAX + 2];
	struct err e = { 0 };

	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = '\0';
	snprintf(deep, sizeof(deep), "%s/%s", name, name);
	CHECK_EQ(mkdir(name, 0755), 0);
	CHECK_EQ(mkdir(deep, 0755), 0);
	CHECK_EQ(link_publish(at(deep), TARGET, &e), LINK_FOREIGN);
	CHECK_STR(e.remedy, "move it away");
}

TEST(link_left_over_from_a_crash_is_replaced)
{
	unsigned before = count_entries();

	/* of this share under another name, where nothing is mounted */
	CHECK_EQ(symlink(OTHER, "stale"), 0);
	CHECK_EQ(link_withdraw(at("stale"), TARGET, NULL), LINK_FOREIGN);
	CHECK_STR(leads("stale"), OTHER);
	CHECK_EQ(link_publish(at("stale"), TARGET, NULL), LINK_DONE);
	CHECK_STR(leads("stale"), TARGET);
	CHECK_EQ(link_withdraw(at("stale"), TARGET, NULL), LINK_DONE);
	CHECK_EQ(count_entries(), before);
}

static void aside_name(const char *name, char dst[64])
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(name, strlen(name), hex);
	snprintf(dst, 64, ".sealmount-link-%.16s", hex);
}

TEST(link_moved_aside_before_a_crash_is_removed)
{
	unsigned before = count_entries();
	char aside[64];

	aside_name("models", aside);
	CHECK_EQ(symlink(TARGET, aside), 0);
	CHECK_EQ(link_publish(at("models"), TARGET, NULL), LINK_DONE);
	CHECK_EQ(symlink(TARGET, aside), 0);
	CHECK_EQ(link_withdraw(at("models"), TARGET, NULL), LINK_DONE);
	CHECK_EQ(count_entries(), before);

	/* but not somebody's file of that name */
	close(open(aside, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	CHECK_EQ(link_publish(at("models"), TARGET, NULL), LINK_DONE);
	CHECK_EQ(link_withdraw(at("models"), TARGET, NULL), -EEXIST);
	CHECK_EQ(access(aside, F_OK), 0);
	CHECK_EQ(unlink(aside), 0);
	CHECK_EQ(link_withdraw(at("models"), TARGET, NULL), LINK_DONE);
}

static bool private_mounts(void)
{
	if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return true;
	printf("# skipped: needs root for mounts of its own\n");
	return false;
}

TEST(link_on_a_read_only_file_system_says_so)
{
	struct err e = { 0 };

	CHECK_EQ(mkdir("readonly", 0755), 0);
	if (!private_mounts())
		return;
	CHECK_EQ(mount("tmpfs", "readonly", "tmpfs", MS_RDONLY, NULL), 0);
	CHECK_EQ(link_publish(at("readonly/models"), TARGET, &e), -EROFS);
	CHECK(strstr(e.remedy, "writable") != NULL, "%s", e.remedy);
	CHECK_EQ(link_publish(at("readonly/below/models"), TARGET, &e), -EROFS);
	CHECK(strstr(e.text, "'below' in '") != NULL, "%s", e.text);
	/* a mount point in the way has a command of its own */
	CHECK_EQ(link_publish(at("readonly"), TARGET, &e), LINK_FOREIGN);
	CHECK(strstr(e.text, "a mounted file system is at '") == e.text, "%s", e.text);
	CHECK(strstr(e.remedy, "umount '") != NULL, "%s", e.remedy);
	CHECK_EQ(umount("readonly"), 0);
}

TEST(link_of_another_share_that_is_up_is_not_touched)
{
	struct err e = { 0 };

	if (!private_mounts())
		return;
	CHECK_EQ(mount("tmpfs", "/run", "tmpfs", 0, NULL), 0);
	mkdir("/run/sealmount", 0755);
	mkdir("/run/sealmount/mnt", 0755);
	mkdir(OTHER, 0755);
	CHECK_EQ(mount("tmpfs", OTHER, "tmpfs", 0, NULL), 0);
	CHECK_EQ(symlink(OTHER, "taken"), 0);
	CHECK_EQ(link_publish(at("taken"), TARGET, &e), LINK_FOREIGN);
	CHECK(strstr(e.text, "a symbolic link to '" OTHER "'") == e.text, "%s", e.text);
	CHECK_STR(e.remedy, "stop that share: systemctl stop sealmount@other.target");
	CHECK_EQ(umount(OTHER), 0);
	CHECK_EQ(link_publish(at("taken"), TARGET, &e), LINK_DONE);
	CHECK_EQ(umount("/run"), 0);
}

#define ROUNDS 400

static atomic_int round_now;

/* Puts a file over the path in each round, sooner or later. */
static void *put_file_over(void *unused)
{
	for (int i = 1; i <= ROUNDS; i++) {
		close(open("race-file", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
		while (atomic_load(&round_now) < i)
			sched_yield();
		for (int k = 0; k < i % 40; k++)
			(void)access("race", F_OK);
		CHECK_EQ(rename("race-file", "race"), 0);
		atomic_store(&round_now, -i);
		while (atomic_load(&round_now) == -i)
			sched_yield();
	}
	return NULL;
}

TEST(link_withdraw_never_removes_a_file_that_came_meanwhile)
{
	unsigned n_found = 0;
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, put_file_over, NULL), 0);
	for (int i = 1; i <= ROUNDS; i++) {
		struct stat st;

		CHECK_EQ(link_publish(at("race"), TARGET, NULL), LINK_DONE);
		atomic_store(&round_now, i);
		CHECK(link_withdraw(at("race"), TARGET, NULL) >= 0);
		while (atomic_load(&round_now) != -i)
			sched_yield();
		CHECK(lstat("race", &st) == 0 && S_ISREG(st.st_mode), "round %d", i);
		n_found += unlink("race") == 0;
		atomic_store(&round_now, 0);
	}
	pthread_join(thread, NULL);
	CHECK_EQ(n_found, ROUNDS);
}

TEST(link_publish_never_replaces_a_file_that_came_meanwhile)
{
	unsigned n_found = 0;
	pthread_t thread;

	atomic_store(&round_now, 0);
	CHECK_EQ(pthread_create(&thread, NULL, put_file_over, NULL), 0);
	for (int i = 1; i <= ROUNDS; i++) {
		struct stat st;

		/* a link that must be taken away first: the longest way through */
		CHECK_EQ(symlink(OTHER, "race"), 0);
		atomic_store(&round_now, i);
		CHECK(link_publish(at("race"), TARGET, NULL) >= 0);
		while (atomic_load(&round_now) != -i)
			sched_yield();
		CHECK(lstat("race", &st) == 0 && S_ISREG(st.st_mode), "round %d", i);
		n_found += unlink("race") == 0;
		atomic_store(&round_now, 0);
	}
	pthread_join(thread, NULL);
	CHECK_EQ(n_found, ROUNDS);
}

TEST_MAIN
