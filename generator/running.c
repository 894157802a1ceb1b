/* SPDX-License-Identifier: MIT */
/*
 * running: see running.h
 */
#include "running.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define RECORDS "run/sealmount/crypt"

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool add(struct running *r, size_t *size, const char *name)
{
	if (r->n == *size) {
		size_t larger = *size ? 2 * *size : 16;
		void *names = realloc(r->names, larger * sizeof(*r->names));

		if (!names)
			return false;
		r->names = names;
		*size = larger;
	}
	memcpy(r->names[r->n++], name, strlen(name) + 1);
	return true;
}

void running_read(int root_fd, struct running *ret)
{
	cleanup_fd int fd =
		openat(root_fd, RECORDS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_dir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	size_t size = 0;

	*ret = (struct running){ 0 };
	if (!dir)
		return;
	(void)steal_fd(&fd); /* the stream's now */
	while (ret->n < RUNNING_MAX && (entry = readdir(dir)))
		if (share_name_is_valid(entry->d_name) && !add(ret, &size, entry->d_name))
			break;
	ret->is_configured = calloc(ret->n + 1, sizeof(*ret->is_configured));
	if (!ret->is_configured)
		ret->n = 0;
	if (ret->n > 0)
		qsort(ret->names, ret->n, sizeof(*ret->names), compare);
}

void running_done(struct running *r)
{
	free(r->names);
	free(r->is_configured);
	*r = (struct running){ 0 };
}

void running_mark(struct running *r, const char *name)
{
	char(*found)[SHARE_NAME_MAX + 1] =
		r->n > 0 ? bsearch(name, r->names, r->n, sizeof(*r->names), compare) : NULL;

	if (found)
		r->is_configured[found - r->names] = true;
}
