/* SPDX-License-Identifier: MIT */
/*
 * users: see users.h; proc(5)
 */
#include "crypt/users.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"

#define COMM_MAX   17
#define MOUNT_TEXT "a mount, as seen by "

static bool is_on(int dir, const char *name, dev_t device)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 && st.st_dev == device;
}

static DIR *open_dir(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		(void)close(fd); /* read only */
	return d;
}

static bool has_open_file(int process, dev_t device)
{
	cleanup_dir DIR *d = open_dir(process, "fd");
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    is_on(dirfd(d), entry->d_name, device))
			return true;
	return false;
}

/* Where a file of /proc names devices, as MAJOR:MINOR. */
struct list {
	const char *file;
	unsigned column; /* from 0 */
	int base;	 /* of the two numbers */
};

static const struct list maps = { "maps", 3, 16 }, mountinfo = { "mountinfo", 2, 10 };

static bool names_device(const char *line, const struct list *l, dev_t device)
{
	unsigned long maj, min;
	char *end;

	for (unsigned i = 0; i < l->column; i++) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	maj = strtoul(line, &end, l->base);
	if (end == line || *end != ':')
		return false;
	min = strtoul(end + 1, NULL, l->base);
	return makedev((unsigned)maj, (unsigned)min) == device;
}

static bool is_listed(int process, const struct list *l, dev_t device)
{
	cleanup_file FILE *f = NULL;
	cleanup_free char *line = NULL;
	size_t room = 0;
	int fd = openat(process, l->file, O_RDONLY | O_CLOEXEC);
	bool found = false;

	if (fd < 0)
		return false;
	f = fdopen(fd, "re");
	if (!f) {
		(void)close(fd); /* read only */
		return false;
	}
	while (!found && getline(&line, &room, f) > 0)
		found = names_device(line, l, device);
	return found;
}

/* What ties a process to a filesystem. */
static bool uses_files(int process, dev_t device)
{
	return is_on(process, "cwd", device) || is_on(process, "root", device) ||
	       has_open_file(process, device) || is_listed(process, &maps, device);
}

static bool has_mount(int process, dev_t device)
{
	return is_listed(process, &mountinfo, device);
}

static void read_comm(int process, char comm[COMM_MAX])
{
	cleanup_fd int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, comm, COMM_MAX - 1);

	comm[n > 0 ? n : 0] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	for (char *p = comm; *p; p++)
		*p = (unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p;
}

static void add(char *dst, size_t n, const char *pid, int process)
{
	size_t used = strlen(dst);
	char comm[COMM_MAX];

	if (n >= USERS_LISTED_MAX)
		return;
	read_comm(process, comm);
	(void)snprintf(dst + used, USERS_TEXT_MAX - used, "%s%s (%s)", n ? ", " : "", pid,
		       comm); /* USERS_LISTED_MAX of them fit */
}

/* Who was found so far. */
struct found {
	char *text; /* USERS_TEXT_MAX bytes */
	size_t n;
	ino_t namespaces[USERS_LISTED_MAX]; /* of mounts; one process of each is enough */
};

/* The first process of a mount namespace that is not among those found? */
static bool is_new_namespace(int process, struct found *f)
{
	struct stat st;

	if (f->n >= USERS_LISTED_MAX || fstatat(process, "ns/mnt", &st, 0) < 0)
		return false;
	for (size_t i = 0; i < f->n; i++)
		if (f->namespaces[i] == st.st_ino)
			return false;
	f->namespaces[f->n] = st.st_ino;
	return true;
}

static bool is_user(int process, dev_t device, bool by_mount, struct found *f)
{
	if (!by_mount)
		return uses_files(process, device);
	return is_new_namespace(process, f) && has_mount(process, device);
}

static void scan(dev_t device, bool by_mount, struct found *f)
{
	cleanup_dir DIR *proc = open_dir(AT_FDCWD, "/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		cleanup_fd int process = -1;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		process = openat(dirfd(proc), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (process >= 0 && is_user(process, device, by_mount, f))
			add(f->text, f->n++, entry->d_name, process);
	}
}

size_t users_describe(dev_t device, char *dst)
{
	struct found f = { .text = dst };
	size_t used;

	dst[0] = '\0';
	scan(device, /* by_mount= */ false, &f);
	used = strlen(dst);
	if (f.n > USERS_LISTED_MAX)
		(void)snprintf(dst + used, USERS_TEXT_MAX - used, " and %zu more",
			       f.n - USERS_LISTED_MAX); /* fits */
	if (f.n)
		return f.n;
	/* Nobody has a file of it open: then it is mounted where these processes live. */
	(void)snprintf(dst, USERS_TEXT_MAX, MOUNT_TEXT); /* fits */
	scan(device, /* by_mount= */ true, &f);
	if (!f.n)
		dst[0] = '\0';
	return f.n;
}
