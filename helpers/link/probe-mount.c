/* SPDX-License-Identifier: MIT */
/*
 * probe-mount: see probe-mount.h
 */
#include "link/probe-mount.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include <libmount.h>

#define MOUNTINFO "/proc/self/mountinfo"

static void unref_table(struct libmnt_table **t)
{
	mnt_unref_table(*t);
}

#define cleanup_table __attribute__((cleanup(unref_table)))

/* By number, and by the source's number: btrfs shows a number of its own. */
static bool is_of_device(struct libmnt_fs *fs, dev_t want)
{
	const char *source = mnt_fs_get_source(fs);
	struct stat st;

	if (mnt_fs_get_devno(fs) == want)
		return true;
	return source && source[0] == '/' && stat(source, &st) == 0 && S_ISBLK(st.st_mode) &&
	       st.st_rdev == want;
}

static int wrong(struct libmnt_fs *fs, const char *target, const char *wanted, struct err *e)
{
	const char *source = mnt_fs_get_source(fs), *type = mnt_fs_get_fstype(fs);

	(void)err_set(e, EXDEV, "'%s' of type %s is mounted at '%s', not %s",
		      source ? source : "none", type ? type : "unknown", target, wanted);
	err_remedy(e,
		   "see who mounted it: findmnt -A %s; then stop the share, unmount that, and "
		   "start the share again",
		   target);
	return -EXDEV;
}

int probe_mount_check(const char *target, const char *device, const char *type, struct err *e)
{
	cleanup_table struct libmnt_table *table = NULL;
	struct libmnt_fs *fs;
	struct stat st;

	table = mnt_new_table_from_file(MOUNTINFO);
	if (!table)
		return err_errno(e, errno ? errno : EIO, "read " MOUNTINFO);
	/* backward: the one on top, when there are several */
	fs = mnt_table_find_target(table, target, MNT_ITER_BACKWARD);
	if (!fs) {
		(void)err_set(e, ENOTCONN, "nothing is mounted at '%s'", target);
		err_remedy(e, "let systemd mount it: start the share, not this service or program");
		return -ENOTCONN;
	}
	if (device && (stat(device, &st) < 0 || !S_ISBLK(st.st_mode)))
		return err_set(e, ENODEV, "there is no block device '%s'", device);
	if (device && !is_of_device(fs, st.st_rdev))
		return wrong(fs, target, device, e);
	if (type && (!mnt_fs_get_fstype(fs) || strcmp(mnt_fs_get_fstype(fs), type) != 0))
		return wrong(fs, target, type, e);
	return 0;
}
