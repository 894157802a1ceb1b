/* SPDX-License-Identifier: MIT */
/*
 * probe-mount: what is mounted at a path; the only code that knows libmount
 *
 * Uses: base, libmount.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"

/**
 * probe_mount_check - demand that @target is a mount point
 * @target: absolute, without symbolic links
 * @device: block device that must be mounted there; NULL: any
 * @type:   filesystem type it must have; NULL: any
 *
 * Looks once and waits for nothing: the unit is ordered after the mount.
 *
 * Return: 0, -ENOTCONN (nothing is mounted there), -EXDEV (something else is), -ENODEV
 *   (no such device), or an error of reading /proc/self/mountinfo
 */
int probe_mount_check(const char *target, const char *device, const char *type,
		      struct err *e) must_check;
