/* SPDX-License-Identifier: MIT */
/*
 * keyring: hand-over of a share's key through the kernel keyring
 *
 * The producer (sealmount-key) and the consumer (sealmount-crypt) are different processes of
 * different units with private session keyrings; they meet in root's user keyring.
 * The key is there from release to activation only, readable by its possessor only,
 * and with a lifetime. keyrings(7).
 *
 * What this prevents (tests/unit/test-keyring.c shows it): a process whose session does not
 * reach root's user keyring (every service with KeyringMode=private, and that is the
 * default) can neither read the key by its id nor request it, nor see it in /proc/keys;
 * processes of other users cannot at all.
 *
 * What it does not: any root process can search the user keyring and link what it finds,
 * as keyring_take() does, and a root session that has the user keyring linked (a login
 * with pam_keyinit, KeyringMode=shared or inherit) possesses the key until activation
 * revokes it. Keeping other root processes out takes a security module.
 *
 * Uses: base, libkeyutils.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "base/secret.h"

#define KEYRING_PREFIX	     "sealmount:"   /* description: prefix and share name */
#define KEYRING_KEY_SIZE_MAX 32767	    /* bytes; what the kernel takes for type "user" */
#define KEYRING_LIFETIME_SEC (24 * 60 * 60) /* a safety net: activation revokes it much earlier */

/**
 * keyring_put - leave @key for @share in the user keyring; one that is there is replaced
 *
 * Replaced means: in one step, and the old one is revoked, also for who took it before.
 * After a failure nothing new is there.
 *
 * Return: 0, -EDQUOT, -EINVAL (empty or too long), or another -errno of add_key(2)
 */
int keyring_put(const char *share, const struct secret *key, struct err *e) must_check;

/**
 * keyring_take - find the key and link it to this process (its process keyring)
 * @ret_description: for request_key(), e.g. by libcryptsetup; caller frees; may be NULL
 * @ret_key:	     a copy of the payload; may be NULL
 *
 * Return: 0, -ENOKEY (never put, or dropped), -EKEYEXPIRED, -EKEYREVOKED, -EACCES
 */
int keyring_take(const char *share, char **ret_description, struct secret **ret_key,
		 struct err *e) must_check;

/**
 * keyring_drop - revoke the key of @share, also for who took it, and unlink it
 *
 * Return: 1, 0 (none there, or expired or revoked already), -EACCES, -EINVAL
 */
int keyring_drop(const char *share, struct err *e) must_check;
