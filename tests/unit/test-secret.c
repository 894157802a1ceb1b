/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"
#include "lib/test.h"

TEST(secret_holds_what_was_set)
{
	cleanup_secret struct secret *s = NULL;

	CHECK_EQ(secret_new(32, &s, NULL), 0);
	CHECK_EQ(secret_set(s, "0123456789", 10, NULL), 0);
	CHECK_EQ(s->len, 10);
	CHECK(memcmp(s->data, "0123456789", 10) == 0);
	CHECK_EQ(secret_set(s, "0123456789012345678901234567890123", 33, NULL), -EFBIG);
}

TEST(secret_size_is_bounded)
{
	cleanup_secret struct secret *s = NULL;

	CHECK_EQ(secret_new(0, &s, NULL), -EFBIG);
	CHECK_EQ(secret_new(SECRET_SIZE_MAX + 1, &s, NULL), -EFBIG);
}

TEST(secret_is_empty_in_a_forked_child)
{
	cleanup_secret struct secret *s = NULL;
	int status = -1;
	pid_t pid;

	CHECK_EQ(secret_new(16, &s, NULL), 0);
	CHECK_EQ(secret_set(s, "secret", 6, NULL), 0);
	pid = fork();
	if (pid == 0)
		_exit(s->data[0] == 0 ? 0 : 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

TEST(secret_is_locked_in_memory)
{
	cleanup_secret struct secret *s = NULL;
	char line[256];
	unsigned long locked = 0;
	FILE *f;

	CHECK_EQ(secret_new(4096, &s, NULL), 0);
	f = fopen("/proc/self/status", "re");
	while (f && fgets(line, sizeof(line), f))
		(void)sscanf(line, "VmLck: %lu kB", &locked);
	if (f)
		fclose(f);
	CHECK(locked >= 4);
}

TEST(secret_read_fd_takes_everything_but_not_too_much)
{
	cleanup_secret struct secret *s = NULL;
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(write(fds[1], "abc", 3), 3);
	close(fds[1]);
	CHECK_EQ(secret_read_fd(fds[0], &s, NULL), 0);
	CHECK_EQ(s->len, 3);
	close(fds[0]);

	CHECK_EQ(pipe(fds), 0);
	close(fds[1]);
	struct secret *none = NULL;
	CHECK_EQ(secret_read_fd(fds[0], &none, NULL), -ENODATA);
	CHECK(!none);
	close(fds[0]);
}

TEST_MAIN
