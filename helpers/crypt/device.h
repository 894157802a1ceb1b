/* SPDX-License-Identifier: MIT */
/*
 * device: an image file as block device
 *
 * Loop devices made by us, in one step, with direct I/O: a buffered one sends the blob
 * server one request at a time (97 against 10,187 reads a second at 10 ms). Each frees
 * itself at its last close (autoclear), so whoever made one keeps it open until a
 * mapping holds it, and nothing is left behind when that mapping goes.
 *
 * Uses: base; /dev/loop-control, sysfs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/macros.h"

#define DEVICE_BLOCK_SIZE    4096 /* bytes; what the blob server is made for */
#define DEVICE_REQUEST_KIB   1024 /* largest request; FUSE would cut larger ones */
#define DEVICE_READAHEAD_KIB 4096

struct device {
	int fd;		 /* -1: not attached */
	unsigned number; /* of the loop device */
	dev_t device;
	dev_t file_device; /* of the backing file, as fstat(2) says */
	ino_t file_inode;
	char path[32]; /* "/dev/loop3" */
};

#define DEVICE_NONE      \
	{                \
		.fd = -1 \
	}

/** device_block_size - the largest block size up to @wanted that divides @size */
uint32_t device_block_size(uint64_t size, uint32_t wanted);

/**
 * device_attach - a loop device over an open file, read-only
 * @file:	  stays the caller's
 * @path:	  of the file, for the kernel's books
 * @block_size:	  bytes
 * @may_buffer:	  go on without direct I/O
 *
 * Return: 0, -EOPNOTSUPP (no direct I/O), -EBUSY (no free device after many tries), or another
 * -errno
 */
int device_attach(int file, const char *path, uint32_t block_size, bool may_buffer,
		  struct device *ret, struct err *e) must_check;

/** device_close - let go; the device is freed when nobody else holds it */
void device_close(struct device *d);

/** device_holds_file - is loop device @number (still) attached to that file? */
bool device_holds_file(unsigned number, dev_t file_device, ino_t file_inode);

/**
 * device_tune - request size and read-ahead of a loop device or mapping
 *
 * Return: 0, or -errno of the first that could not be set; nothing depends on it but speed
 */
int device_tune(dev_t device, struct err *e);

static inline void cleanup_device_fn(struct device *d)
{
	device_close(d);
}

#define cleanup_device __attribute__((cleanup(cleanup_device_fn)))
