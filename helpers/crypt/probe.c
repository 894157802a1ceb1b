/* SPDX-License-Identifier: MIT */
/*
 * probe: see probe.h
 */
#include "crypt/probe.h"

#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/parse.h"

/* What blkid says, and which type given in a configuration mounts it as well. */
static const struct {
	const char *found, *demanded;
} compatible[] = {
	{ "ext2", "ext4" },
	{ "ext3", "ext4" },
	{ "ext2", "ext3" },
	{ "ntfs", "ntfs3" },
};

static void cleanup_probe_fn(blkid_probe *p)
{
	if (*p)
		blkid_free_probe(*p);
}

static bool fits(const char *found, const char *demanded)
{
	if (!demanded || strcmp(demanded, "auto") == 0 || strcmp(found, demanded) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(compatible); i++)
		if (strcmp(found, compatible[i].found) == 0 &&
		    strcmp(demanded, compatible[i].demanded) == 0)
			return true;
	return false;
}

/*
 * ext2 to 4 cannot be mounted on a device whose blocks are larger than theirs; the
 * kernel's words for it ("wrong fs type, bad option, bad superblock, ...") help nobody.
 */
static int check_block_size(blkid_probe p, int fd, const char *found, struct err *e)
{
	const char *text;
	uint64_t size;
	int device_size, r;

	if (strncmp(found, "ext", 3) != 0 || ioctl(fd, BLKSSZGET, &device_size) < 0 ||
	    blkid_probe_lookup_value(p, "BLOCK_SIZE", &text, NULL) < 0 ||
	    parse_u64(text, &size) < 0 || size >= (uint64_t)device_size)
		return 0;
	r = err_set(e, ENODATA, "its %s has blocks of %llu bytes, the device of %d", found,
		    (unsigned long long)size, device_size);
	err_remedy(e, "make the filesystem with blocks of 4096 bytes (mkfs.ext4 -b 4096), or the "
		      "volume with smaller ones (--sector-size 512, --data-block-size=1024)");
	return r;
}

static int judge(blkid_probe p, int fd, const char *type, char *ret_type, struct err *e)
{
	const char *found = NULL, *usage = NULL;
	int r;

	errno = 0;
	r = blkid_do_safeprobe(p);
	if (r == -2)
		return err_set(e, ENODATA, "it could be several filesystems at once");
	if (r < 0)
		return err_errno(e, errno ? errno : EIO, "look for a filesystem in it");
	if (r > 0)
		return err_set(e, ENODATA, "there is no filesystem in it");
	(void)blkid_probe_lookup_value(p, "TYPE", &found, NULL); /* NULL without one */
	(void)blkid_probe_lookup_value(p, "USAGE", &usage, NULL);
	if (!found || !usage || strcmp(usage, "filesystem") != 0)
		return err_set(e, ENODATA, "there is no filesystem in it, but %s",
			       found ? found : "something else");
	if (!fits(found, type))
		return err_set(e, ENODATA, "it holds %s, not %s", found, type);
	(void)snprintf(ret_type, PROBE_TYPE_MAX, "%s", found); /* cut when too long */
	return check_block_size(p, fd, found, e);
}

int probe_filesystem(const char *device, const char *type, char *ret_type, struct err *e)
{
	__attribute__((cleanup(cleanup_probe_fn))) blkid_probe p = NULL;
	cleanup_fd int fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_errno(e, errno, "open '%s'", device);
	p = blkid_new_probe();
	if (!p)
		return err_errno(e, ENOMEM, "probe '%s'", device);
	if (blkid_probe_set_device(p, fd, 0, 0) < 0)
		return err_errno(e, errno ? errno : EIO, "probe '%s'", device);
	(void)blkid_probe_enable_superblocks(p, 1); /* cannot be refused */
	(void)blkid_probe_set_superblocks_flags(p, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE);
	(void)blkid_probe_enable_partitions(p, 0);
	return judge(p, fd, type, ret_type, e);
}
