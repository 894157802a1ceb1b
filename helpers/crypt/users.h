/* SPDX-License-Identifier: MIT */
/*
 * users: which processes keep a filesystem's device in use?
 *
 * After a lazy unmount the filesystem is in no mount table any more, but files of it
 * are still open: they are recognised by their device number.
 *
 * Uses: base; /proc.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/macros.h"

#define USERS_LISTED_MAX 8   /* named in a message; the rest is counted */
#define USERS_TEXT_MAX	 512 /* bytes of that message */

/**
 * users_describe - "1234 (postgres), 99 (bash) and 3 more"
 * @device: st_dev of the filesystem
 * @dst:    USERS_TEXT_MAX bytes; empty when nobody was found
 *
 * Looks at open files, working and root directories and mapped files (executables among
 * them) of all processes that we may look at. If there are none, it is mounted: then one
 * process of each mount namespace is named ("a mount, as seen by 1 (systemd)").
 *
 * Return: number of processes found
 */
size_t users_describe(dev_t device, char *dst);
