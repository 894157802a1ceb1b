/* SPDX-License-Identifier: MIT */
/*
 * arena: see arena.h
 */
#include "blob/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/cleanup.h"

uint64_t arena_default_size(void)
{
	struct sysinfo info;
	uint64_t size = ARENA_DEFAULT_MIN;

	if (sysinfo(&info) == 0)
		size = (uint64_t)info.totalram * info.mem_unit / ARENA_RAM_SHARE;
	if (size > ARENA_DEFAULT_MAX)
		return ARENA_DEFAULT_MAX;
	return size < ARENA_DEFAULT_MIN ? ARENA_DEFAULT_MIN : size;
}

int arena_new(uint64_t size, struct arena **ret, struct err *e)
{
	cleanup_free struct arena *a = NULL;
	cleanup_fd int fd = -1;
	void *base;

	if (size < ARENA_SIZE_MIN || size > ARENA_SIZE_MAX)
		return err_set(e, EINVAL, "a cache of %llu bytes: it must be 4 MiB to 1 TiB",
			       (unsigned long long)size);
	size -= size % ARENA_SLOT_SIZE;
	a = calloc(1, sizeof(*a));
	if (!a)
		return err_errno(e, ENOMEM, "make room for the cache");
	fd = memfd_create("sealmount-blob", MFD_CLOEXEC);
	if (fd < 0)
		return err_errno(e, errno, "make room for the cache");
	if (ftruncate(fd, (off_t)size) < 0)
		return err_errno(e, errno, "make room for the cache");
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return err_errno(e, errno, "map the cache");
	(void)madvise(base, size, MADV_DONTDUMP); /* core dumps are off already */
	a->base = base;
	a->n_slots = size / ARENA_SLOT_SIZE;
	a->fd = steal_fd(&fd);
	*ret = steal_ptr(&a);
	return 0;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	(void)munmap(a->base, a->n_slots * ARENA_SLOT_SIZE); /* our own mapping */
	(void)close(a->fd);				     /* nothing is lost */
	free(a);
}
