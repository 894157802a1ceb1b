/* SPDX-License-Identifier: MIT */
/*
 * provider-file: the key as the bytes of a file of this machine
 *
 * A file that others can read is no secret, and one that others own can be changed to a
 * key of theirs: both are refused, with the command that mends it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/shell-quote.h"
#include "key/provider.h"

#define QUOTED_MAX (ERR_REMEDY_MAX / 2 - 16) /* bytes; a command may name the file twice */

/* Return: -EACCES; the remedy is what makes the file acceptable */
static int refuse(const char *path, const char *why, const char *commands, struct err *e)
{
	char quoted[QUOTED_MAX];

	(void)err_set(e, EACCES, "the key file '%s' %s", path, why);
	if (shell_quote(path, quoted, sizeof(quoted)) < 0)
		err_remedy(e, "give it to root, with mode 0600");
	else if (commands)
		err_remedy(e, "%s %s", commands, quoted);
	else
		err_remedy(
			e,
			"chown root: %s; chmod 0600 %s; and replace the key, which was not secret",
			quoted, quoted);
	return -EACCES;
}

static int check(const char *path, const struct stat *st, struct err *e)
{
	bool is_ours = st->st_uid == 0 || st->st_uid == geteuid();
	bool is_closed = (st->st_mode & 077) == 0;

	if (!S_ISREG(st->st_mode)) {
		(void)err_set(e, EACCES, "'%s' is not a regular file", path);
		err_remedy(e, "name a file that holds the key");
		return -EACCES;
	}
	if (!is_ours && !is_closed)
		return refuse(path, "belongs to another user and can be read by others", NULL, e);
	if (!is_ours)
		return refuse(path, "belongs to another user", "chown root:", e);
	if (!is_closed)
		return refuse(path, "can be read or written by others", "chmod 0600", e);
	return 0;
}

static int open_file(const char *path, struct err *e)
{
	/* O_NONBLOCK: a FIFO in the file's place must not stop us */
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int r;

	if (fd >= 0)
		return fd;
	if (errno == ELOOP) {
		(void)err_set(e, ELOOP, "the key file '%s' is a symbolic link", path);
		err_remedy(e, "name the file itself");
		return -ELOOP;
	}
	r = err_errno(e, errno, "open the key file '%s'", path);
	if (r == -ENOENT)
		err_remedy(e, "put the key there, owned by root, with mode 0600");
	return r;
}

int provider_file_read(const char *path, struct secret **ret, struct err *e)
{
	cleanup_secret struct secret *s = NULL;
	cleanup_fd int fd = -1;
	struct stat st;
	int r;

	if (path[0] != '/')
		return err_set(e, EINVAL, "the key file '%s' is not an absolute path", path);
	fd = open_file(path, e);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_errno(e, errno, "stat the key file '%s'", path);
	r = check(path, &st, e);
	if (r < 0)
		return r;
	r = secret_read_fd(fd, &s, e);
	if (r == 0 && s->len > SHARE_KEY_SIZE_MAX)
		r = err_set(e, EFBIG, "it is larger than %d bytes", SHARE_KEY_SIZE_MAX);
	if (r < 0) {
		err_wrap(e, "the key file '%s'", path);
		return r;
	}
	*ret = steal_ptr(&s);
	return 0;
}

int provider_file_fetch(const struct share *share, struct secret **ret, struct err *e)
{
	if (!share->key.path)
		return err_set(e, EBADMSG, "the share names no key file");
	return provider_file_read(share->key.path, ret, e);
}
