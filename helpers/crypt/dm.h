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

#define DM_TEXT_MAX 128 /* longest name, terminator included */

struct dm_mapping {
	bool exists, is_read_only;
	dev_t device;
};

struct dm_target {
	char type[17];	  /* "crypt", "verity"; empty: not exactly one */
	char cipher[128]; /* of a crypt target */
};

/**
 * dm_query - state of mapping @name
 *
 * Return: 0 (look at exists), or -errno of opening or asking device-mapper
 */
int dm_query(const char *name, struct dm_mapping *ret, struct err *e) must_check;

/**
 * dm_query_target - what mapping @name does
 *
 * The kernel's answer may hold a key (where it was not given by reference): only for processes
 * that secret_process_setup() made ready.
 *
 * Return: 0, -ENXIO (no such mapping), or another -errno
 */
int dm_query_target(const char *name, struct dm_target *ret, struct err *e) must_check;
