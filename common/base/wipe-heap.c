/* SPDX-License-Identifier: MIT */
/*
 * wipe-heap: memory is wiped when it is freed
 *
 * Libraries copy what passes through them: json-c a SAS, libcurl a URL, TLS a reply.
 * None of them wipes. A program that links this file (those that meet a secret do)
 * has free() and realloc() replaced by ones that zero the block first, whoever calls.
 * Together with secret_process_setup() no such copy outlives its use.
 *
 * Not under a sanitizer, which brings an allocator of its own.
 *
 * Uses: glibc (malloc_usable_size, __libc_free).
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

/* Ours are hidden by default (meson.build), but these are for all libraries of the process. */
#define for_all __attribute__((visibility("default")))

void __libc_free(void *p);

for_all void free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	__libc_free(p);
}

for_all void *realloc(void *p, size_t size)
{
	size_t old_size = p ? malloc_usable_size(p) : 0;
	void *q;

	if (p && size == 0) {
		free(p);
		return NULL;
	}
	if (p && size <= old_size)
		return p;
	q = malloc(size);
	if (!q)
		return NULL;
	if (p)
		memcpy(q, p, old_size);
	free(p);
	return q;
}

#endif
