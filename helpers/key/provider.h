/* SPDX-License-Identifier: MIT */
/*
 * provider: one way to come by a share's key
 *
 * Each has a file of its own, provider-NAME.c, with one function, and a row in
 * provider.c. A provider reads straight into a secret, leaves no copy, and does not log.
 * What no repetition mends it returns as an error with a remedy; one that talks to a
 * service repeats what may pass by itself.
 *
 * Uses: base, conf, source.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "base/secret.h"
#include "conf/share.h"

#define PROVIDER_CREDENTIAL "sealmount.key" /* id of the unit's credential; HACKING.md */

struct provider {
	enum share_provider id;
	/**
	 * fetch - the key itself
	 * @share: as the unit was given it, without secrets
	 *
	 * Return: 0, -ENOENT, -EACCES, -EBADMSG, -ESTALE, -ENOKEY, or another -errno
	 */
	int (*fetch)(const struct share *share, struct secret **ret, struct err *e);
	const char *warning; /* to be logged at each use, or NULL */
	const char *remedy;  /* of the warning */
};

/**
 * provider_find - the row of @id
 *
 * Return: NULL with @e set when this version does not serve it
 */
const struct provider *provider_find(enum share_provider id, struct err *e) must_check;

/** provider_raw_fetch - hex in the configuration, read again from its origin */
int provider_raw_fetch(const struct share *share, struct secret **ret, struct err *e) must_check;

/** provider_credential_fetch - the credential that the unit was given as sealmount.key */
int provider_credential_fetch(const struct share *share, struct secret **ret,
			      struct err *e) must_check;

/** provider_file_fetch - the file that the share names */
int provider_file_fetch(const struct share *share, struct secret **ret, struct err *e) must_check;

/**
 * provider_file_read - a key from a file, byte for byte
 * @path: absolute; a regular file of root's (or of this user's) that nobody else can
 *	  open, and no symbolic link
 *
 * Return: 0, -EINVAL (not absolute), -ELOOP, -EACCES, -ENODATA (empty), -EFBIG (more than
 *   SHARE_KEY_SIZE_MAX bytes), or the error of open(2); a refusal's remedy is the command
 *   that mends it
 */
int provider_file_read(const char *path, struct secret **ret, struct err *e) must_check;
