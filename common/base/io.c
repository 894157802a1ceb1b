/* SPDX-License-Identifier: MIT */
/*
 * io: see io.h
 */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define FIRST_BUFFER_SIZE 4096

int io_read_fd(int fd, size_t max, char **ret, size_t *ret_len, struct err *e)
{
	cleanup_free char *buf = NULL;
	size_t size = 0, n = 0;
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		size = (size_t)st.st_size < max ? (size_t)st.st_size + 2 : max + 2;
	else
		size = FIRST_BUFFER_SIZE < max ? FIRST_BUFFER_SIZE : max + 2;
	buf = malloc(size);
	for (;;) {
		ssize_t got;

		if (!buf)
			return err_errno(e, ENOMEM, "read");
		got = read(fd, buf + n, size - 1 - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(e, errno, "read");
		n += (size_t)got;
		if (n > max)
			return err_set(e, EFBIG, "it is larger than %zu bytes", max);
		if (got == 0)
			break;
		if (n + 1 == size) {
			char *larger =
				malloc(size * 2); /* not realloc: a move would leave a copy */

			if (larger)
				memcpy(larger, buf, n);
			explicit_bzero(buf, n);
			free(buf);
			buf = larger;
			size *= 2;
		}
	}
	buf[n] = '\0';
	*ret = steal_ptr(&buf);
	*ret_len = n;
	return 0;
}

int io_read_file(int dir_fd, const char *path, size_t max, char **ret, size_t *ret_len,
		 struct err *e)
{
	cleanup_fd int fd = -1;
	struct stat st;
	int r;

	/* O_NONBLOCK: a FIFO in the file's place must not stop us */
	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return err_errno(e, errno, "open '%s'", path);
	if (fstat(fd, &st) < 0)
		return err_errno(e, errno, "stat '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "'%s' is not a regular file", path);
	r = io_read_fd(fd, max, ret, ret_len, e);
	if (r < 0)
		err_wrap(e, "'%s'", path);
	return r;
}

int io_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}
