/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "lib/test.h"

TEST(io_read_file_has_a_limit)
{
	char path[] = "/tmp/sealmount-test-io-XXXXXX";
	int fd = mkstemp(path);
	cleanup_free char *text = NULL;
	struct err e = { 0 };
	size_t len = 0;

	CHECK(fd >= 0);
	CHECK_EQ(io_write_all(fd, "0123456789", 10), 0);
	CHECK_EQ(io_read_file(AT_FDCWD, path, 10, &text, &len, NULL), 0);
	CHECK_EQ(len, 10);
	CHECK_STR(text, "0123456789");
	free(steal_ptr(&text));
	CHECK_EQ(io_read_file(AT_FDCWD, path, 9, &text, &len, &e), -EFBIG);
	CHECK(strstr(e.text, "larger than 9 bytes"), "%s", e.text);
	close(fd);
	unlink(path);
}

TEST(io_read_file_refuses_what_is_no_file)
{
	char dir[] = "/tmp/sealmount-test-io-XXXXXX", path[64];
	cleanup_free char *text = NULL;
	size_t len;

	CHECK(mkdtemp(dir));
	CHECK_EQ(io_read_file(AT_FDCWD, dir, 10, &text, &len, NULL), -EINVAL);
	snprintf(path, sizeof(path), "%s/fifo", dir);
	CHECK_EQ(mkfifo(path, 0600), 0);
	CHECK_EQ(io_read_file(AT_FDCWD, path, 10, &text, &len, NULL), -EINVAL);
	unlink(path);
	rmdir(dir);
	CHECK_EQ(io_read_file(AT_FDCWD, dir, 10, &text, &len, NULL), -ENOENT);
}

TEST(io_read_fd_grows_for_pipes)
{
	cleanup_free char *text = NULL;
	static char block[50000];
	size_t len = 0;
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	memset(block, 'z', sizeof(block));
	CHECK_EQ(io_write_all(fds[1], block, sizeof(block)), 0);
	close(fds[1]);
	CHECK_EQ(io_read_fd(fds[0], 1 << 20, &text, &len, NULL), 0);
	CHECK_EQ(len, sizeof(block));
	CHECK(text && memcmp(text, block, sizeof(block)) == 0);
	close(fds[0]);
}

TEST_MAIN
