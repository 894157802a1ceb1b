/* SPDX-License-Identifier: MIT */
/*
 * secret: see secret.h
 */
#include "base/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* The pages of the buffer, without the two guards. */
static size_t inner_size(size_t size)
{
	return (size + page_size() - 1) / page_size() * page_size();
}

int secret_process_setup(struct err *e)
{
	static const struct rlimit no_core = { 0, 0 };

	(void)prctl(PR_SET_DUMPABLE, 0);	/* cannot fail with this value */
	(void)setrlimit(RLIMIT_CORE, &no_core); /* lowering cannot fail */
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0) {
		int r = err_errno(e, errno, "lock memory");

		err_remedy(e, "raise the limit (LimitMEMLOCK=, ulimit -l) or run as root");
		return r;
	}
	return 0;
}

int secret_new(size_t size, struct secret **ret, struct err *e)
{
	size_t page = page_size(), inner;
	cleanup_free struct secret *s = NULL;
	uint8_t *map;

	if (size == 0 || size > SECRET_SIZE_MAX)
		return err_set(e, EFBIG, "a secret of %zu bytes", size);
	inner = inner_size(size);
	s = calloc(1, sizeof(*s));
	if (!s)
		return err_errno(e, ENOMEM, "make room for a secret");
	map = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return err_errno(e, errno, "make room for a secret");
	if (mprotect(map + page, inner, PROT_READ | PROT_WRITE) < 0 ||
	    mlock2(map + page, inner, 0) < 0 || madvise(map + page, inner, MADV_DONTDUMP) < 0 ||
	    madvise(map + page, inner, MADV_WIPEONFORK) < 0) {
		int r = err_errno(e, errno, "lock the memory of a secret");

		(void)munmap(map, inner + 2 * page); /* nothing in it */
		return r;
	}
	s->data = map + page;
	s->size = size;
	*ret = steal_ptr(&s);
	return 0;
}

void secret_free(struct secret *s)
{
	size_t page = page_size(), inner;

	if (!s)
		return;
	inner = inner_size(s->size);
	explicit_bzero(s->data, inner);
	(void)munmap(s->data - page, inner + 2 * page); /* the arguments are our own */
	free(s);
}

int secret_set(struct secret *s, const void *data, size_t len, struct err *e)
{
	if (len > s->size)
		return err_set(e, EFBIG, "a secret is larger than %zu bytes", s->size);
	memcpy(s->data, data, len);
	s->len = len;
	return 0;
}

int secret_read_fd(int fd, struct secret **ret, struct err *e)
{
	cleanup_secret struct secret *s = NULL;
	int r = secret_new(SECRET_SIZE_MAX, &s, e);

	if (r < 0)
		return r;
	for (;;) {
		ssize_t n = read(fd, s->data + s->len, s->size - s->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, errno, "read");
		if (n == 0)
			break;
		s->len += (size_t)n;
		if (s->len == s->size)
			return err_set(e, EFBIG, "it is larger than %d bytes", SECRET_SIZE_MAX - 1);
	}
	if (s->len == 0)
		return err_set(e, ENODATA, "it is empty");
	*ret = steal_ptr(&s);
	return 0;
}
