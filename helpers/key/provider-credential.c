/* SPDX-License-Identifier: MIT */
/*
 * provider-credential: the key as a systemd credential, plain or encrypted
 *
 * The generated drop-in names it; systemd decrypts it and shows it to this service alone, in
 * memory that is not swapped. Its bytes are the key. systemd.exec(5).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "key/provider.h"

static int missing(const struct share *share, int code, struct err *e)
{
	const char *id = share->key.name ? share->key.name : PROVIDER_CREDENTIAL;
	int r = err_set(e, code, "the service was not given the credential '%s'", id);

	if (share->key.is_encrypted)
		err_remedy(e,
			   "make it: systemd-creds encrypt --name=" PROVIDER_CREDENTIAL
			   " KEYFILE /etc/credstore.encrypted/%s",
			   id);
	else
		err_remedy(e, "put the key into /etc/credstore/%s, with mode 0600", id);
	return r;
}

int provider_credential_fetch(const struct share *share, struct secret **ret, struct err *e)
{
	const char *dir = secure_getenv("CREDENTIALS_DIRECTORY");
	cleanup_secret struct secret *s = NULL;
	cleanup_fd int dir_fd = -1, fd = -1;
	int r;

	if (!dir)
		return missing(share, ENOENT, e);
	dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return err_errno(e, errno, "open the credentials of this service");
	fd = openat(dir_fd, PROVIDER_CREDENTIAL, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return missing(share, ENOENT, e);
	if (fd < 0)
		return err_errno(e, errno, "open the credential '" PROVIDER_CREDENTIAL "'");
	r = secret_read_fd(fd, &s, e);
	if (r == 0 && s->len > SHARE_KEY_SIZE_MAX)
		r = err_set(e, EFBIG, "it is larger than %d bytes", SHARE_KEY_SIZE_MAX);
	if (r < 0) {
		err_wrap(e, "the key in the credential '%s'",
			 share->key.name ? share->key.name : PROVIDER_CREDENTIAL);
		return r;
	}
	*ret = steal_ptr(&s);
	return 0;
}
