/* SPDX-License-Identifier: MIT */
/*
 * link: a symbolic link that appears in one step and never takes another's place
 *
 * symlinkat(2) makes the whole link or fails when anything is there, so there is no
 * moment between a look and an act in which somebody's file could be lost, and nothing
 * to clean up after a crash. Taking away has such a moment: the link is moved aside, looked at
 * again, and put back if it is not ours any more.
 *
 * The directories above are opened one by one. Missing ones are made (0755). A symbolic
 * link among them is followed if root or this user owns it (the administrator's /mnt ->
 * /data), else refused: a user who can write one of them must not choose where it leads.
 *
 * Blocks for local file systems only. Uses: base, conf (names only).
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"

enum link_outcome {
	LINK_DONE,	/* the link was made, or was removed */
	LINK_UNCHANGED, /* it was there already, or was gone already */
	LINK_FOREIGN,	/* something else is at the path and was not touched; @e says what */
};

/**
 * link_publish - make the link @path -> @target
 * @path:   absolute; its last component is the link
 * @target: absolute
 *
 * A link to another place below /run/sealmount/mnt where nothing is mounted is left over
 * from a crash and is replaced.
 *
 * Return: an outcome; -EINVAL, -ENAMETOOLONG, -ENOTDIR, -EPERM (a user's link in the
 *   path), -EROFS, -EACCES or another -errno
 */
int link_publish(const char *path, const char *target, struct err *e) must_check;

/** link_withdraw - remove the link @path if it still is one to @target; Return: as above */
int link_withdraw(const char *path, const char *target, struct err *e) must_check;
