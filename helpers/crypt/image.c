/* SPDX-License-Identifier: MIT */
/*
 * image: see image.h
 */
#include "crypt/image.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

int image_open(const char *path, uint64_t *ret_size, struct err *e)
{
	cleanup_fd int fd = -1;
	struct stat st;

	/* O_NONBLOCK: a FIFO in place of the image must not make us wait. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return err_errno(e, errno, "open image '%s'", path);
	if (fstat(fd, &st) < 0)
		return err_errno(e, errno, "look at image '%s'", path);
	if (S_ISBLK(st.st_mode)) {
		if (ioctl(fd, BLKGETSIZE64, ret_size) < 0)
			return err_errno(e, errno, "size of image '%s'", path);
	} else if (S_ISREG(st.st_mode)) {
		*ret_size = (uint64_t)st.st_size;
	} else {
		return err_set(e, EINVAL, "image '%s' is neither a file nor a block device", path);
	}
	return steal_fd(&fd);
}

/* Up to @len bytes; less at the end of the image. Return: bytes, or -errno */
static ssize_t read_at(int fd, uint8_t *buf, size_t len, uint64_t offset, struct err *e)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, errno, "read the image at byte %llu",
					 (unsigned long long)(offset + done));
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int write_at(int fd, const uint8_t *buf, size_t len, uint64_t offset, struct err *e)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, buf, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_errno(e, n < 0 ? errno : EIO, "copy the header");
		buf += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int copy_slots(int fd, int copy_fd, const struct header *h, struct err *e)
{
	for (size_t i = 0; i < h->n_slots; i++) {
		const struct header_area *a = &h->slots[i];
		cleanup_free uint8_t *buf = malloc(a->size);
		ssize_t n;
		int r;

		if (!buf)
			return err_errno(e, ENOMEM, "copy a key slot");
		n = read_at(fd, buf, a->size, a->offset, e);
		if (n < 0)
			return (int)n;
		if ((uint64_t)n < a->size)
			return err_set(e, EIO, "the image ended within a key slot");
		r = write_at(copy_fd, buf, a->size, a->offset, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* @buf: both copies of the header; the second one is made anew. */
static int make_copy(int fd, uint8_t *buf, const struct header *h, int *ret_fd, struct err *e)
{
	cleanup_fd int copy_fd = -1;
	int r;

	header_mirror(buf, h->size);
	copy_fd = memfd_create("sealmount-header", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (copy_fd < 0)
		return err_errno(e, errno, "make room for the header");
	if (ftruncate(copy_fd, (off_t)h->data_offset) < 0)
		return err_errno(e, errno, "make room for the header");
	r = write_at(copy_fd, buf, 2 * h->size, 0, e);
	if (r == 0)
		r = copy_slots(fd, copy_fd, h, e);
	if (r < 0)
		return r;
	if (fcntl(copy_fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) <
	    0)
		return err_errno(e, errno, "seal the copy of the header");
	*ret_fd = steal_fd(&copy_fd);
	return 0;
}

int image_read_header(int fd, uint64_t size, const char *cipher, struct header *ret_h, int *ret_fd,
		      struct err *e)
{
	size_t room = 2 * HEADER_SIZE_MIN;
	cleanup_free uint8_t *buf = malloc(2 * (size_t)HEADER_SIZE_MAX);
	uint64_t copy_size;
	ssize_t n;
	int r;

	if (!buf)
		return err_errno(e, ENOMEM, "read the header");
	n = read_at(fd, buf, room, 0, e);
	if (n < 0)
		return (int)n;
	copy_size = (size_t)n < HEADER_PEEK_SIZE ? 0 : header_peek(buf);
	if (copy_size && 2 * copy_size > room && (size_t)n == room) {
		ssize_t more = read_at(fd, buf + room, 2 * copy_size - room, room, e);

		if (more < 0)
			return (int)more;
		n += more;
	}
	r = header_check(buf, (size_t)n, size, cipher, ret_h);
	if (r == -EBADMSG)
		return err_set(e, EBADMSG, "the header is not one that is opened");
	if (r < 0)
		return err_errno(e, -r, "check the header");
	return make_copy(fd, buf, ret_h, ret_fd, e);
}

int image_read_verity(int fd, uint64_t offset, uint64_t hash_size, uint64_t data_size,
		      struct verity *ret, struct err *e)
{
	uint8_t buf[VERITY_SUPERBLOCK_SIZE];
	ssize_t n = read_at(fd, buf, sizeof(buf), offset, e);

	if (n < 0)
		return (int)n;
	if ((size_t)n < sizeof(buf))
		return err_set(e, EBADMSG, "the hash tree is cut off: it has no superblock");
	return verity_check(buf, offset, hash_size, data_size, ret, e);
}
