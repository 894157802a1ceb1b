/* SPDX-License-Identifier: MIT */
/*
 * device: see device.h; loop(4), linux/loop.h
 */
#include "crypt/device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/io.h"

#define CONTROL	     "/dev/loop-control"
#define ATTACH_TRIES 64 /* somebody else may take the free device first */

uint32_t device_block_size(uint64_t size, uint32_t wanted)
{
	while (wanted > 512 && size % wanted)
		wanted /= 2;
	return wanted;
}

/*
 * One try. -EBUSY: somebody was faster. -EAGAIN: the kernel could not settle the page cache of
 * the device yet.
 */
static int attach_free_one(int control, const struct loop_config *config, struct device *d,
			   struct err *e)
{
	int number = ioctl(control, LOOP_CTL_GET_FREE), r;

	if (number < 0)
		return err_errno(e, errno, "find a free loop device");
	(void)snprintf(d->path, sizeof(d->path), "/dev/loop%d", number); /* fits */
	d->number = (unsigned)number;
	d->fd = open(d->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (d->fd < 0)
		return err_errno(e, errno, "open '%s'", d->path);
	if (ioctl(d->fd, LOOP_CONFIGURE, config) == 0)
		return 0;
	r = err_errno(e, errno, "attach the image to '%s'", d->path);
	(void)close(steal_fd(&d->fd)); /* nothing was written through it */
	return r;
}

static int attach(const struct loop_config *config, struct device *d, struct err *e)
{
	cleanup_fd int control = open(CONTROL, O_RDWR | O_CLOEXEC);
	int r;

	if (control < 0) {
		r = err_errno(e, errno, "open " CONTROL);
		err_remedy(e, r == -EACCES || r == -EPERM ? "run it as root"
							  : "load the kernel's loop devices: "
							    "modprobe loop");
		return r;
	}
	for (int i = 0; i < ATTACH_TRIES; i++) {
		r = attach_free_one(control, config, d, e);
		if (r != -EBUSY && r != -EAGAIN)
			return r;
	}
	return r;
}

/* Some kernels ignore parts of LOOP_CONFIGURE: believe what can be read back. */
static int verify(const struct device *d, bool may_buffer, struct err *e)
{
	struct loop_info64 info;
	char path[64];
	cleanup_free char *text = NULL;
	size_t len;
	int r;

	if (ioctl(d->fd, LOOP_GET_STATUS64, &info) < 0)
		return err_errno(e, errno, "ask about '%s'", d->path);
	if (!(info.lo_flags & LO_FLAGS_READ_ONLY) || !(info.lo_flags & LO_FLAGS_AUTOCLEAR))
		return err_set(e, EIO, "the kernel did not make '%s' read-only and self-clearing",
			       d->path);
	(void)snprintf(path, sizeof(path), "/sys/block/loop%u/loop/dio", d->number); /* fits */
	r = io_read_file(AT_FDCWD, path, 64, &text, &len, e);
	if (r < 0)
		return r;
	if ((info.lo_flags & LO_FLAGS_DIRECT_IO) && text[0] == '1')
		return 0;
	if (may_buffer)
		return 0;
	r = err_set(e, EOPNOTSUPP,
		    "'%s' does no direct I/O: through the page cache the image would be read one "
		    "request at a time",
		    d->path);
	err_remedy(e, "keep the image where direct I/O works (the blob server's file, ext4, xfs), "
		      "or, by hand, accept it with --buffered");
	return r;
}

int device_attach(int file, const char *path, uint32_t block_size, bool may_buffer,
		  struct device *ret, struct err *e)
{
	struct loop_config config = {
		.fd = (uint32_t)file,
		.block_size = block_size,
		.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO,
	};
	cleanup_device struct device d = DEVICE_NONE;
	struct stat st;
	int r;

	(void)snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", path); /* may be cut */
	if (fstat(file, &st) < 0)
		return err_errno(e, errno, "look at image '%s'", path);
	d.file_device = st.st_dev;
	d.file_inode = st.st_ino;
	r = attach(&config, &d, e);
	if (r < 0)
		return r;
	if (fstat(d.fd, &st) < 0)
		return err_errno(e, errno, "look at '%s'", d.path);
	d.device = st.st_rdev;
	r = verify(&d, may_buffer, e);
	if (r < 0)
		return r;
	*ret = d;
	d.fd = -1;
	return 0;
}

void device_close(struct device *d)
{
	if (d->fd >= 0)
		(void)close(steal_fd(&d->fd)); /* nothing was written through it */
}

bool device_holds_file(unsigned number, dev_t file_device, ino_t file_inode)
{
	struct loop_info64 info;
	cleanup_fd int fd = -1;
	char path[32];

	(void)snprintf(path, sizeof(path), "/dev/loop%u", number); /* fits */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return false;
	/* The kernel gives lo_device in an encoding of its own; libc's makedev() differs. */
	return info.lo_inode == file_inode &&
	       info.lo_device == ((minor(file_device) & 0xff) | (major(file_device) << 8) |
				  ((uint64_t)(minor(file_device) & ~0xffU) << 12));
}

static int set_queue(dev_t device, const char *name, unsigned value, struct err *e)
{
	cleanup_fd int fd = -1;
	char path[96], text[16];
	int n, r;

	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/queue/%s", major(device),
		       minor(device), name); /* fits */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, errno, "open '%s'", path);
	n = snprintf(text, sizeof(text), "%u", value);
	r = io_write_all(fd, text, (size_t)n);
	return r < 0 ? err_errno(e, -r, "write %s to '%s'", text, path) : 0;
}

int device_tune(dev_t device, struct err *e)
{
	int r = set_queue(device, "max_sectors_kb", DEVICE_REQUEST_KIB, e);
	int r2 = set_queue(device, "read_ahead_kb", DEVICE_READAHEAD_KIB, r < 0 ? NULL : e);

	return r < 0 ? r : r2;
}
