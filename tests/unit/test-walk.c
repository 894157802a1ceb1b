/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "lib/test.h"
#include "link/walk.h"

static char top[] = "/tmp/sealmount-walk-XXXXXX";

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

/* Walk to @path below the test's folder; the directory's path as the kernel sees it, or NULL. */
static const char *walked(const char *path, bool may_create, int *ret_error, struct err *e)
{
	static char where[PATH_MAX];
	char whole[2 * PATH_MAX], link[64];
	struct walk w;
	ssize_t n;

	snprintf(whole, sizeof(whole), "%s/%s", top, path);
	*ret_error = walk_to_parent(whole, may_create, &w, e);
	if (*ret_error < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", w.dir_fd);
	n = readlink(link, where, sizeof(where) - 1);
	close(w.dir_fd);
	if (n < 0)
		return NULL;
	where[n] = '\0';
	return strncmp(where, top, strlen(top)) == 0 ? where + strlen(top) : where;
}

TEST(walk_makes_missing_directories_only_when_told)
{
	struct stat st;
	mode_t mask = umask(022);
	int r;

	CHECK(!walked("a/b/c", false, &r, NULL));
	CHECK_EQ(r, -ENOENT);
	CHECK_STR(walked("a//b/c", true, &r, NULL), "/a/b");
	CHECK_EQ(stat("a/b", &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0755);
	CHECK(stat("a/b/c", &st) < 0);
	CHECK_STR(walked("a/b/c", false, &r, NULL), "/a/b");
	umask(mask);
}

TEST(walk_follows_links_of_root_and_its_own)
{
	char absolute[PATH_MAX];
	int r;

	snprintf(absolute, sizeof(absolute), "%s/data/deep", top);
	CHECK_EQ(mkdir("data", 0755), 0);
	CHECK_EQ(mkdir("data/deep", 0755), 0);
	CHECK_EQ(symlink("data/deep", "relative"), 0);
	CHECK_EQ(symlink(absolute, "absolute"), 0);
	CHECK_EQ(symlink("../relative/../../data", "data/up"), 0);
	CHECK_STR(walked("relative/x", false, &r, NULL), "/data/deep");
	CHECK_STR(walked("absolute/x", false, &r, NULL), "/data/deep");
	CHECK_STR(walked("data/up/x", false, &r, NULL), "/data");
	CHECK_STR(walked("absolute/new/x", true, &r, NULL), "/data/deep/new");
}

TEST(walk_refuses_links_of_other_users)
{
	struct err e = { 0 };
	int r;

	CHECK_EQ(symlink("/etc", "theirs"), 0);
	if (lchown("theirs", 65534, 65534) < 0) {
		printf("# skipped: needs root to give a link away\n");
		return;
	}
	CHECK(!walked("theirs/x", true, &r, &e));
	CHECK_EQ(r, -EPERM);
	CHECK(strstr(e.text, "symbolic link of user 65534") != NULL, "%s", e.text);
	/* also where a link of root's leads */
	CHECK_EQ(symlink("theirs", "through"), 0);
	CHECK(!walked("through/x", true, &r, NULL));
	CHECK_EQ(r, -EPERM);
}

TEST(walk_ends_on_loops_and_on_what_is_no_directory)
{
	struct err e = { 0 };
	int r;

	CHECK_EQ(symlink("loop-b", "loop-a"), 0);
	CHECK_EQ(symlink("loop-a", "loop-b"), 0);
	CHECK(!walked("loop-a/x", true, &r, NULL));
	CHECK_EQ(r, -ELOOP);
	/* each round is longer than the one before */
	CHECK_EQ(symlink("grow/grow/grow/grow/grow/grow/grow/grow", "grow"), 0);
	CHECK(!walked("grow/x", true, &r, NULL));
	CHECK(r == -ELOOP || r == -ENAMETOOLONG);
	close(open("file", O_CREAT | O_WRONLY, 0600));
	CHECK(!walked("file/x", true, &r, &e));
	CHECK_EQ(r, -ENOTDIR);
	CHECK(strstr(e.text, "'file' in '") != NULL, "%s", e.text);
}

TEST(walk_refuses_paths_that_name_nothing)
{
	static const char *const paths[] = { "", "a", "a/b", "/", "/a/", "/a/.", "/a/.." };
	struct walk w;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		CHECK_EQ(walk_to_parent(paths[i], true, &w, NULL), -EINVAL, "%s", paths[i]);
}

TEST(walk_refuses_what_is_too_long)
{
	char component[NAME_MAX + 16], path[3 * PATH_MAX] = "";
	struct walk w;
	int r;

	memset(component, 'x', sizeof(component));
	component[NAME_MAX + 1] = '\0';
	CHECK(!walked(component, true, &r, NULL));
	CHECK_EQ(r, -ENAMETOOLONG);
	memcpy(component + NAME_MAX + 1, "/x", 3);
	CHECK(!walked(component, true, &r, NULL));
	CHECK_EQ(r, -ENAMETOOLONG);
	component[NAME_MAX] = '\0';
	CHECK_STR(walked(component, true, &r, NULL), "");

	for (size_t i = 0; i + 3 < PATH_MAX + 2; i += 2)
		memcpy(path + i, "/x", 3);
	CHECK(strlen(path) >= PATH_MAX);
	CHECK_EQ(walk_to_parent(path, false, &w, NULL), -ENAMETOOLONG);
	path[PATH_MAX - 2] = '\0'; /* about the longest that is allowed; no such directories */
	CHECK_EQ(walk_to_parent(path, false, &w, NULL), -ENOENT);
}

TEST(walk_takes_components_of_any_bytes)
{
	int r;

	CHECK_STR(walked("a b\n\x01\xff'\"%s/\\x2d/x", true, &r, NULL),
		  "/a b\n\x01\xff'\"%s/\\x2d");
}

TEST_MAIN
