/* SPDX-License-Identifier: MIT */
/*
 * record: which path a share was published at, for whoever withdraws it
 *
 * The withdrawal must not depend on the configuration: it may have changed since, and
 * systemd 252 does not show credentials to ExecStop= of a unit with a mount namespace.
 * The record of a share is a symbolic link DIR/NAME whose content is the path: made and
 * replaced in one step, and cannot be followed by accident (nobody but root can write DIR).
 *
 * Uses: base, conf (limits only).
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "conf/share.h"

#define RECORD_DIR SHARE_RUN_DIR "/link"

/** record_write - remember @path for @share; replaces; Return: 0, -errno */
int record_write(const char *dir, const char *share, const char *path, struct err *e) must_check;

/** record_read - Return: 1 (in @ret_path), 0 (there is none), -errno */
int record_read(const char *dir, const char *share, char ret_path[SHARE_PATH_MAX + 1],
		struct err *e) must_check;

/** record_remove - it need not be there */
void record_remove(const char *dir, const char *share);
