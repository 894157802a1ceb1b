/* SPDX-License-Identifier: MIT */
/*
 * dm: what the kernel says about a mapping
 *
 * Asked directly, so that the check after activation and the wait at the end do not
 * depend on the library that did the work.
 *
 * Uses: base; /dev/mapper/control.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/macros.h"

#define DM_TEXT_MAX 128 /* longest name and UUID, terminator included */

struct dm_mapping {
	bool exists, is_read_only;
	uint32_t n_open;
	dev_t device;
	char uuid[DM_TEXT_MAX + 1];
	char target[17];
	char cipher[128]; /* of a crypt target */
};

/**
 * dm_query - state of mapping @name
 *
 * Return: 0 (look at exists), or -errno of opening or asking device-mapper
 */
int dm_query(const char *name, struct dm_mapping *ret, struct err *e) must_check;
