/* SPDX-License-Identifier: MIT */
/*
 * check: the header check alone, for people and tests
 *
 * Needs neither root nor device-mapper, and opens the image for reading only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/opts.h"
#include "crypt/crypt.h"
#include "crypt/image.h"
#include "crypt/verbs.h"

static void print_findings(const struct header *h)
{
	for (size_t i = 0; i < h->n_findings; i++)
		printf("%s: %s: %s\n", h->findings[i].is_error ? "error" : "warning",
		       h->findings[i].path, h->findings[i].text);
	if (h->n_findings_dropped)
		printf("and %zu more\n", h->n_findings_dropped);
}

static void print_facts(const struct header *h)
{
	printf("cipher: %s%s%s, key of %u bytes\n", h->cipher, h->integrity[0] ? " with " : "",
	       h->integrity, h->key_size);
	printf("data: %llu bytes at %llu, sectors of %u\n", (unsigned long long)h->data_size,
	       (unsigned long long)h->data_offset, h->sector_size);
	printf("key slots: %zu\n", h->n_slots);
	printf("uuid: %s\n", h->uuid);
}

static int test_key(const char *key_file, int header_fd, const struct header *h, struct err *e)
{
	cleanup_secret struct secret *key = NULL;
	cleanup_fd int fd = open(key_file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0)
		return err_errno(e, errno, "open key file '%s'", key_file);
	r = secret_read_fd(fd, &key, e);
	if (r < 0) {
		err_wrap(e, "key file '%s'", key_file);
		return r;
	}
	return crypt_volume_test(header_fd, h, key, e);
}

static int check(const char *image, const char *key_file, const char *cipher, struct err *e)
{
	cleanup_fd int fd = -1, header_fd = -1;
	struct header h = { 0 };
	uint64_t size;
	int r;

	fd = image_open(image, &size, e);
	if (fd < 0)
		return fd;
	r = image_read_header(fd, size, cipher, &h, &header_fd, e);
	print_findings(&h);
	if (r < 0)
		return r;
	print_facts(&h);
	if (!key_file)
		return 0;
	r = test_key(key_file, header_fd, &h, e);
	if (r == 0)
		printf("key: opens the volume\n");
	return r;
}

int verb_check(const char *image, const char *key_file, const char *cipher)
{
	struct err e = { 0 };
	int r = check(image, key_file, cipher, &e);

	if (r == 0)
		printf("'%s' would be opened\n", image);
	else
		printf("'%s' would not be opened: %s\n", image, e.text);
	/* The verdict is the product: one that nobody could read is a failure. */
	if (fflush(stdout) != 0)
		return EXIT_FAILED;
	return r == 0 ? EXIT_DONE : EXIT_FAILED;
}
