/* SPDX-License-Identifier: MIT */
/*
 * probe: does the open volume hold the filesystem that the share names?
 *
 * udev calls a mapping without a recognised superblock not ready, and the mount would wait for
 * it for ever (systemd-integration notes 3.7). So the same question is asked here, with
 * the same library, and a no fails at once.
 *
 * Uses: base, libblkid.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"

#define PROBE_TYPE_MAX 32 /* bytes of a type's name, terminator included */

/**
 * probe_filesystem - find out what @device holds and compare
 * @type:     demanded; NULL: any filesystem
 * @ret_type: PROBE_TYPE_MAX bytes
 *
 * Return: 0, -ENODATA (nothing, or several things, or another one), or an error of reading
 */
int probe_filesystem(const char *device, const char *type, char *ret_type,
		     struct err *e) must_check;
