/* SPDX-License-Identifier: MIT */
/*
 * replay: every file of the folders that are named, through one fuzz target
 *
 * With gcc there is no libFuzzer; with the sanitizers on, a replay of what was found is
 * what keeps it from coming back. Each file is also given in all its beginnings, when it
 * is short: most mistakes are about where a text ends.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"

#define FILE_MAX  (64 * 1024 * 1024)
#define SHORT_MAX 600 /* bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of exactly its size, so that the sanitizer sees a read behind its end. */
static void run(const char *data, size_t len)
{
	cleanup_free uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, data, len);
	(void)LLVMFuzzerTestOneInput(copy, len);
}

static int replay_folder(const char *path)
{
	cleanup_dir DIR *dir = opendir(path);
	int n = 0;

	if (!dir) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	for (struct dirent *d; (d = readdir(dir)); n++) {
		cleanup_free char *data = NULL;
		struct err e = { 0 };
		size_t len;

		if (d->d_name[0] == '.')
			continue;
		if (io_read_file(dirfd(dir), d->d_name, FILE_MAX, &data, &len, &e) < 0) {
			fprintf(stderr, "%s\n", e.text);
			return -1;
		}
		printf("%s\n", d->d_name);
		fflush(stdout); /* the last line is the one that failed */
		run(data, len);
		for (size_t i = 0; len <= SHORT_MAX && i < len; i++)
			run(data, i);
	}
	return n;
}

int main(int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++) {
		int r = replay_folder(argv[i]);

		if (r < 0)
			return EXIT_FAILURE;
		n += r;
	}
	return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
