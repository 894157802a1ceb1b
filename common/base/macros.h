/* SPDX-License-Identifier: MIT */
/*
 * macros: attributes and small idioms used everywhere
 *
 * Uses: nothing.
 */
#pragma once

#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define must_check	  __attribute__((warn_unused_result))
#define printf_like(f, a) __attribute__((format(printf, f, a)))
#define unused_arg	  __attribute__((unused))

/* Hands a pointer over: the variable is NULL afterwards, so that its cleanup does nothing. */
#define steal_ptr(pp)                                   \
	({                                              \
		__typeof__(*(pp)) steal_value_ = *(pp); \
		*(pp) = NULL;                           \
		steal_value_;                           \
	})

/* The same for a file descriptor, which is -1 afterwards. */
static inline int steal_fd(int *fd)
{
	int value = *fd;

	*fd = -1;
	return value;
}
