/* SPDX-License-Identifier: MIT */
/*
 * keyring: see keyring.h
 *
 * A process keyring (@p) possesses what is linked to it, and dies with its process; a
 * thread keyring (@t) the same. Only possession counts here: the key's permissions give
 * its owner, root, nothing.
 */
#include "keys/keyring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <keyutils.h>

#include "base/cleanup.h"

#define KEY_TYPE "user"
#define PERM_POSSESSOR \
	0x3f000000	    /* everything for who possesses it; nothing for owner and others */
#define DESCRIPTION_MAX 256 /* bytes with prefix and terminator; a share's name has 64 */

static int describe(const char *share, char dst[DESCRIPTION_MAX], struct err *e)
{
	int n = snprintf(dst, DESCRIPTION_MAX, KEYRING_PREFIX "%s", share);

	if (n < 0 || n >= DESCRIPTION_MAX || !share[0])
		return err_set(e, EINVAL, "'%s' cannot name a key", share);
	return 0;
}

/* errno of a refusal to words; @what is the step that was refused. */
static int refused(int code, const char *what, const char *description, struct err *e)
{
	int r = err_errno(e, code, "%s '%s'", what, description);

	if (code == EDQUOT)
		err_remedy(e, "make room for keys: sysctl kernel.keys.root_maxbytes "
			      "kernel.keys.root_maxkeys; cat /proc/key-users");
	if (code == EPERM || code == ENOSYS)
		err_remedy(e,
			   "let this process use keyrings: a sandbox (SystemCallFilter=@keyring) "
			   "or a container keeps it from it");
	return r;
}

/* Link @id to @u in the old one's place, and make the old one useless to whoever took it. */
static int replace_in_user_keyring(key_serial_t id, const char *description, struct err *e)
{
	key_serial_t old = (key_serial_t)keyctl_search(KEY_SPEC_USER_KEYRING, KEY_TYPE, description,
						       KEY_SPEC_THREAD_KEYRING);

	/* the kernel replaces a link of the same type and description in one step */
	if (keyctl_link(id, KEY_SPEC_USER_KEYRING) < 0)
		return refused(errno, "link to the user keyring the key", description, e);
	if (old >= 0 && old != id) {
		(void)keyctl_revoke(old); /* nothing links to it any more but its users */
		(void)keyctl_unlink(old, KEY_SPEC_THREAD_KEYRING); /* gone with the thread anyway */
	}
	return 0;
}

int keyring_put(const char *share, const struct secret *key, struct err *e)
{
	char description[DESCRIPTION_MAX];
	key_serial_t id;
	int r;

	r = describe(share, description, e);
	if (r < 0)
		return r;
	if (key->len == 0 || key->len > KEYRING_KEY_SIZE_MAX)
		return err_set(e, EINVAL, "a key of %zu bytes; the kernel takes 1 to %d", key->len,
			       KEYRING_KEY_SIZE_MAX);
	/* through @p: it makes us possess the key, which then may be closed to all others */
	id = add_key(KEY_TYPE, description, key->data, key->len, KEY_SPEC_PROCESS_KEYRING);
	if (id < 0)
		return refused(errno, "add the key", description, e);
	if (keyctl_setperm(id, PERM_POSSESSOR) < 0)
		r = refused(errno, "set the permissions of the key", description, e);
	else if (keyctl_set_timeout(id, KEYRING_LIFETIME_SEC) < 0)
		r = refused(errno, "set the lifetime of the key", description, e);
	else
		r = replace_in_user_keyring(id, description, e);
	if (r < 0)
		(void)keyctl_revoke(id); /* it dies with this process in any case */
	(void)keyctl_unlink(id, KEY_SPEC_PROCESS_KEYRING); /* as above */
	return r;
}

/* Why there is no usable key: what the consumer's journal has to say. */
static int not_found(int code, const char *share, const char *description, struct err *e)
{
	int r;

	switch (code) {
	case ENOKEY:
		r = err_set(e, code, "there is no key '%s' in root's user keyring", description);
		err_remedy(e, "see why it was not fetched: journalctl -u sealmount-key@%s.service",
			   share);
		return r;
	case EKEYEXPIRED:
		r = err_set(e, code, "the key '%s' has expired", description);
		err_remedy(e, "fetch it again: systemctl restart sealmount@%s.target", share);
		return r;
	case EKEYREVOKED:
		r = err_set(e, code, "the key '%s' was revoked", description);
		err_remedy(e, "fetch it again: systemctl restart sealmount@%s.target", share);
		return r;
	case EACCES:
		r = err_set(e, code, "the key '%s' does not let this process use it", description);
		err_remedy(e,
			   "somebody else put it there: find it with 'keyctl list @u', remove it "
			   "with 'keyctl unlink ID @u', and start the share again");
		return r;
	default:
		return refused(code, "find the key", description, e);
	}
}

static int read_payload(key_serial_t id, const char *description, struct secret **ret,
			struct err *e)
{
	cleanup_secret struct secret *s = NULL;
	long len = keyctl_read(id, NULL, 0), got;
	int r;

	if (len < 0)
		return refused(errno, "read the key", description, e);
	r = secret_new((size_t)len, &s, e);
	if (r < 0)
		return r;
	got = keyctl_read(id, (char *)s->data, s->size);
	if (got < 0)
		return refused(errno, "read the key", description, e);
	if (got != len)
		return err_set(e, ESTALE, "the key '%s' changed while it was read", description);
	s->len = (size_t)len;
	*ret = steal_ptr(&s);
	return 0;
}

int keyring_take(const char *share, char **ret_description, struct secret **ret_key, struct err *e)
{
	char description[DESCRIPTION_MAX];
	cleanup_free char *copy = NULL;
	key_serial_t id;
	int r;

	r = describe(share, description, e);
	if (r < 0)
		return r;
	/* with a destination: found only, a private session could neither read nor request it */
	id = (key_serial_t)keyctl_search(KEY_SPEC_USER_KEYRING, KEY_TYPE, description,
					 KEY_SPEC_PROCESS_KEYRING);
	if (id < 0)
		return not_found(errno, share, description, e);
	copy = strdup(description);
	if (!copy)
		return err_errno(e, ENOMEM, "take the key '%s'", description);
	r = ret_key ? read_payload(id, description, ret_key, e) : 0;
	if (r < 0)
		return r;
	if (ret_description)
		*ret_description = steal_ptr(&copy);
	return 0;
}

int keyring_drop(const char *share, struct err *e)
{
	char description[DESCRIPTION_MAX];
	key_serial_t id;
	int r;

	r = describe(share, description, e);
	if (r < 0)
		return r;
	id = (key_serial_t)keyctl_search(KEY_SPEC_USER_KEYRING, KEY_TYPE, description,
					 KEY_SPEC_THREAD_KEYRING);
	if (id < 0 && (errno == ENOKEY || errno == EKEYREVOKED || errno == EKEYEXPIRED))
		return 0; /* the kernel collects the latter two */
	if (id < 0)
		return not_found(errno, share, description, e);
	if (keyctl_revoke(id) < 0)
		r = refused(errno, "revoke the key", description, e);
	if (keyctl_unlink(id, KEY_SPEC_USER_KEYRING) < 0 && errno != ENOENT && r == 0)
		r = refused(errno, "unlink from the user keyring the key", description, e);
	(void)keyctl_unlink(id, KEY_SPEC_THREAD_KEYRING); /* gone with the thread anyway */
	return r < 0 ? r : 1;
}
