/* SPDX-License-Identifier: MIT */
/*
 * image: what stands at the start of an image, read once
 *
 * Storage may answer the same question differently the second time. So the header is
 * read once into memory of ours, checked there, sealed, and only that copy is used.
 *
 * Uses: base.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"
#include "crypt/header.h"
#include "crypt/verity.h"

/**
 * image_open - open a regular file or block device for reading
 * @ret_size: bytes
 *
 * Return: the descriptor, or -errno
 */
int image_open(const char *path, uint64_t *ret_size, struct err *e) must_check;

/**
 * image_read_header - read, check and copy the LUKS2 header and its key slots
 * @fd:	    of the image; its position does not matter
 * @size:   bytes of the image
 * @cipher: as for header_check()
 * @ret_h:  findings always (but after an error of reading), facts on success
 * @ret_fd: a sealed memfd as large as the part of the image before the data
 *
 * Reads both copies of the header and the areas that key slots use, nothing else.
 *
 * Return: 0, -EBADMSG (the findings say why), or the error of reading
 */
int image_read_header(int fd, uint64_t size, const char *cipher, struct header *ret_h, int *ret_fd,
		      struct err *e) must_check;

/**
 * image_read_verity - read and check the superblock of a hash tree
 * @offset: where it begins in @fd, in bytes
 *
 * Return: 0, -EBADMSG, or the error of reading
 */
int image_read_verity(int fd, uint64_t offset, uint64_t hash_size, uint64_t data_size,
		      struct verity *ret, struct err *e) must_check;
