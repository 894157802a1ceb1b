/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "key/provider.h"
#include "lib/test.h"

static char top[] = "/tmp/sealmount-keyfile-XXXXXX";

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
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static void write_file(const char *name, const void *data, size_t len, mode_t mode)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && write(fd, data, len) == (ssize_t)len);
	CHECK_EQ(fchmod(fd, mode), 0);
	close(fd);
}

TEST(file_is_taken_byte_for_byte)
{
	static const char all[] = "\0\n \xff"
				  "key\n";
	cleanup_secret struct secret *s = NULL;
	struct err e = { 0 };

	write_file("key", all, sizeof(all), 0600);
	CHECK_EQ(provider_file_read(at("key"), &s, &e), 0, "%s", e.text);
	CHECK(s && s->len == sizeof(all) && memcmp(s->data, all, sizeof(all)) == 0);
}

TEST(file_size_is_bounded)
{
	static char large[SHARE_KEY_SIZE_MAX + 1];
	static const struct {
		size_t len;
		int want;
	} t[] = {
		{ 0, -ENODATA },
		{ 1, 0 },
		{ SHARE_KEY_SIZE_MAX, 0 },
		{ SHARE_KEY_SIZE_MAX + 1, -EFBIG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_secret struct secret *s = NULL;
		struct err e = { 0 };

		write_file("sized", large, t[i].len, 0400);
		CHECK_EQ(provider_file_read(at("sized"), &s, &e), t[i].want, "%s", e.text);
		CHECK(t[i].want == 0 || strstr(e.text, top), "%s", e.text);
		CHECK(t[i].want == 0 || !s);
		unlink("sized");
	}
}

/* What a remedy says, done by a shell, makes the file acceptable. */
static void follow_remedy(const char *remedy)
{
	char script[ERR_REMEDY_MAX + 64];
	FILE *f = popen("bash", "we");

	snprintf(script, sizeof(script), "%.*s\n", (int)strcspn(remedy, "&"), remedy);
	CHECK(f && fputs(script, f) >= 0);
	CHECK(f && pclose(f) == 0);
}

TEST(file_that_others_can_open_is_refused_with_the_command_that_mends_it)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0777 };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		cleanup_secret struct secret *s = NULL;
		struct err e = { 0 };

		write_file("it's open", "key", 3, modes[i]);
		CHECK_EQ(provider_file_read(at("it's open"), &s, &e), -EACCES, "%o", modes[i]);
		CHECK(strncmp(e.remedy, "chmod 0600 $'/tmp/", 18) == 0, "%s", e.remedy);
		follow_remedy(e.remedy);
		CHECK_EQ(provider_file_read(at("it's open"), &s, &e), 0, "%s", e.text);
	}
}

TEST(file_of_another_user_is_refused)
{
	cleanup_secret struct secret *s = NULL;
	struct err e = { 0 };

	write_file("theirs", "key", 3, 0600);
	if (chown("theirs", 65534, 65534) < 0) {
		printf("# skipped: needs root to give a file away\n");
		return;
	}
	CHECK_EQ(provider_file_read(at("theirs"), &s, &e), -EACCES);
	CHECK(strncmp(e.remedy, "chown root: '/tmp/", 18) == 0, "%s", e.remedy);
	CHECK_EQ(chmod("theirs", 0644), 0);
	CHECK_EQ(provider_file_read(at("theirs"), &s, &e), -EACCES);
	CHECK(strstr(e.remedy, "chown root: ") && strstr(e.remedy, "chmod 0600 "), "%s", e.remedy);
	CHECK_EQ(chmod("theirs", 0600), 0);
	CHECK_EQ(provider_file_read(at("theirs"), &s, &e), -EACCES);
	follow_remedy(e.remedy);
	CHECK_EQ(provider_file_read(at("theirs"), &s, &e), 0, "%s", e.text);
}

TEST(file_must_be_a_file)
{
	cleanup_secret struct secret *s = NULL;
	struct err e = { 0 };

	write_file("real", "key", 3, 0600);
	CHECK_EQ(symlink("real", "link"), 0);
	CHECK_EQ(mkfifo("pipe", 0600), 0);
	CHECK_EQ(mkdir("folder", 0700), 0);
	CHECK_EQ(provider_file_read(at("link"), &s, &e), -ELOOP);
	CHECK(strstr(e.text, "is a symbolic link") && e.remedy[0], "%s", e.text);
	CHECK_EQ(provider_file_read(at("pipe"), &s, &e), -EACCES);
	CHECK_EQ(provider_file_read(at("folder"), &s, &e), -EACCES);
	CHECK(strstr(e.text, "is not a regular file"), "%s", e.text);
	CHECK_EQ(provider_file_read("/dev/zero", &s, &e), -EACCES);
	CHECK_EQ(provider_file_read(at("nowhere"), &s, &e), -ENOENT);
	CHECK(e.remedy[0]);
	CHECK_EQ(provider_file_read("real", &s, &e), -EINVAL);
	CHECK(!s);
}

TEST(file_remedy_is_never_a_cut_command)
{
	cleanup_secret struct secret *s = NULL;
	char name[NAME_MAX + 1], deep[3 * NAME_MAX];
	struct err e = { 0 };

	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = '\0';
	CHECK_EQ(mkdir(name, 0755), 0);
	snprintf(deep, sizeof(deep), "%s/%s", name, name);
	write_file(deep, "key", 3, 0644);
	snprintf(deep, sizeof(deep), "%s/%s/%s", top, name, name);
	CHECK_EQ(provider_file_read(deep, &s, &e), -EACCES);
	CHECK_STR(e.remedy, "give it to root, with mode 0600");
}

TEST_MAIN
