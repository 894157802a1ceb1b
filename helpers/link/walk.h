/* SPDX-License-Identifier: MIT */
/*
 * walk: open the directory a path's last component is in, one component at a time
 *
 * Uses: base.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/macros.h"

struct walk {
	int dir_fd;		 /* O_PATH; the caller closes it */
	char name[NAME_MAX + 1]; /* last component */
};

/**
 * walk_to_parent - resolve all but the last component of @path
 * @path:	 absolute
 * @may_create:	 make missing directories (0755 without the umask)
 * @ret:	 set on success only
 *
 * Symbolic links are followed if root or this user owns them.
 *
 * Return: 0; -EINVAL (not absolute, or no last component), -ENAMETOOLONG, -ENOENT (only
 *   without @may_create), -ENOTDIR, -ELOOP, -EPERM (a link of another user), or -errno
 */
int walk_to_parent(const char *path, bool may_create, struct walk *ret, struct err *e) must_check;
