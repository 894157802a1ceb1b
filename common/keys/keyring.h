/* SPDX-License-Identifier: MIT */
/*
 * keyring: hand-over of a share's key through the kernel keyring
 *
 * The producer (sealmount-key) and the consumer (sealmount-crypt) are different processes of
 * different units with private session keyrings; they meet in root's user keyring.
 * The key is there from release to activation only, readable by its possessor only,
 * and with a lifetime. Facts: keyrings(7), and systemd-integration notes 4.
 *
 * Uses: base, libkeyutils.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "base/secret.h"

#define KEYRING_PREFIX	     "sealmount:"   /* description: prefix and share name */
#define KEYRING_LIFETIME_SEC (24 * 60 * 60) /* a safety net: activation revokes it much earlier */

/**
 * keyring_put - leave @key for @share in the user keyring; one that is there is replaced
 *
 * Return: 0, -EDQUOT, -EINVAL (empty or too long), or another -errno of add_key(2)
 */
int keyring_put(const char *share, const struct secret *key, struct err *e) must_check;

/**
 * keyring_take - find the key and link it to this process
 * @ret_description: for request_key(), e.g. by libcryptsetup; caller frees; may be NULL
 * @ret_key:	     a copy of the payload; may be NULL
 *
 * Return: 0, -ENOKEY (never put, or dropped), -EKEYEXPIRED, -EKEYREVOKED, -EACCES
 */
int keyring_take(const char *share, char **ret_description, struct secret **ret_key,
		 struct err *e) must_check;

/** keyring_drop - revoke and unlink the key of @share; Return: 1, 0 (none there), -errno */
int keyring_drop(const char *share, struct err *e) must_check;
