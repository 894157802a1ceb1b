/* SPDX-License-Identifier: MIT */
/*
 * fs: see fs.h
 */
#define FUSE_USE_VERSION 35

#include "blob/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse_lowlevel.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/parse.h"

#define FS_THREADS     2 /* replies are asynchronous: more would only contend */
#define FS_BACKGROUND  256
#define FS_WRITE_MAX   (1024 * 1024) /* sets the kernel's limit of pages in any request */
#define FS_TIMEOUT_SEC (365.0 * 24 * 3600)
#define FS_READ_AHEAD_KIB                                                                   \
	1024		 /* for buffered readers: the kernel's 128 is one request at a time \
			  */
#define FS_INODE_FIRST 2 /* of the files; 1 is the directory */
#define MOUNTINFO_MAX  (16 * 1024 * 1024)
#define DEAD_MAX       16

struct fs {
	struct fs_file files[CORE_FILES_MAX];
	unsigned n_files;
	const char *dir;
	dev_t device;
	time_t time;
	struct fuse_session *session;
	bool is_initialised;
	pthread_t threads[FS_THREADS];
	unsigned n_threads;
	int gone_fd;
};

static struct fs_file *file_of(struct fs *fs, fuse_ino_t inode)
{
	if (inode < FS_INODE_FIRST || inode - FS_INODE_FIRST >= fs->n_files)
		return NULL;
	return &fs->files[inode - FS_INODE_FIRST];
}

static bool fill_stat(struct fs *fs, fuse_ino_t inode, struct stat *st)
{
	const struct fs_file *file = file_of(fs, inode);

	if (!file && inode != FUSE_ROOT_ID)
		return false;
	*st = (struct stat){
		.st_ino = inode,
		.st_mode = file ? S_IFREG | 0400 : S_IFDIR | 0500,
		.st_nlink = file ? 1 : 2,
		.st_size = file ? (off_t)file->size : 0,
		.st_blocks = file ? (blkcnt_t)(file->size / 512 + (file->size % 512 > 0)) : 0,
		.st_blksize = CHUNK_SIZE,
		.st_atime = fs->time,
		.st_mtime = fs->time,
		.st_ctime = fs->time,
	};
	return true;
}

static void drop_capability(struct fuse_conn_info *conn, unsigned flag)
{
#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 17)
	fuse_unset_feature_flag(conn, flag);
#else
	conn->want &= ~flag;
#endif
}

static void on_init(void *user, struct fuse_conn_info *conn)
{
	static const unsigned unwanted[] = {
		FUSE_CAP_SPLICE_READ,	  FUSE_CAP_SPLICE_WRITE,    FUSE_CAP_SPLICE_MOVE,
		FUSE_CAP_WRITEBACK_CACHE, FUSE_CAP_AUTO_INVAL_DATA, FUSE_CAP_READDIRPLUS,
	};
	struct fs *fs = user;

	for (size_t i = 0; i < ARRAY_SIZE(unwanted); i++)
		drop_capability(conn, unwanted[i]);
	conn->max_write = FS_WRITE_MAX;
	conn->max_read = CORE_READ_MAX;
	conn->max_background = FS_BACKGROUND;
	conn->congestion_threshold = FS_BACKGROUND;
	fs->is_initialised = true;
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fs *fs = fuse_req_userdata(req);
	struct fuse_entry_param entry = {
		.attr_timeout = FS_TIMEOUT_SEC,
		.entry_timeout = FS_TIMEOUT_SEC,
	};

	for (unsigned i = 0; parent == FUSE_ROOT_ID && i < fs->n_files; i++)
		if (strcmp(fs->files[i].name, name) == 0)
			entry.ino = FS_INODE_FIRST + i;
	if (entry.ino)
		(void)fill_stat(fs, entry.ino, &entry.attr);
	/* Inode 0: the kernel remembers that there is none. Replies fail only when the mount
	 * is gone, and then nobody waits for them; this holds for all of this file. */
	(void)fuse_reply_entry(req, &entry);
}

static void on_getattr(fuse_req_t req, fuse_ino_t inode, struct fuse_file_info *info unused_arg)
{
	struct fs *fs = fuse_req_userdata(req);
	struct stat st;

	if (fill_stat(fs, inode, &st))
		(void)fuse_reply_attr(req, &st, FS_TIMEOUT_SEC);
	else
		(void)fuse_reply_err(req, ENOENT);
}

static void on_open(fuse_req_t req, fuse_ino_t inode, struct fuse_file_info *info)
{
	struct fs *fs = fuse_req_userdata(req);

	if (!file_of(fs, inode)) {
		(void)fuse_reply_err(req, inode == FUSE_ROOT_ID ? EISDIR : ENOENT);
		return;
	}
	if ((info->flags & O_ACCMODE) != O_RDONLY) {
		(void)fuse_reply_err(req, EROFS);
		return;
	}
	info->keep_cache = 1; /* the version is pinned: what was read once stays right */
	(void)fuse_reply_open(req, info);
}

static void on_read_done(void *user, int error, const struct iovec *iov, unsigned n_iov)
{
	fuse_req_t req = user;

	if (error)
		(void)fuse_reply_err(req, error);
	else
		(void)fuse_reply_iov(req, iov, (int)n_iov);
}

static void on_read(fuse_req_t req, fuse_ino_t inode, size_t size, off_t off,
		    struct fuse_file_info *info unused_arg)
{
	struct fs_file *file = file_of(fuse_req_userdata(req), inode);

	if (!file || off < 0 || size > CORE_READ_MAX)
		(void)fuse_reply_err(req, EINVAL);
	else if (core_read(file->core_file, (uint64_t)off, size, on_read_done, req) < 0)
		(void)fuse_reply_err(req, ENOMEM);
}

static void on_readdir(fuse_req_t req, fuse_ino_t inode, size_t size, off_t off,
		       struct fuse_file_info *info unused_arg)
{
	struct fs *fs = fuse_req_userdata(req);
	char buf[512];
	size_t used = 0;

	if (inode != FUSE_ROOT_ID) {
		(void)fuse_reply_err(req, ENOTDIR);
		return;
	}
	size = size < sizeof(buf) ? size : sizeof(buf);
	for (off_t i = off < 0 ? 0 : off; i < (off_t)fs->n_files + 2; i++) {
		fuse_ino_t child = i < 2 ? FUSE_ROOT_ID : FS_INODE_FIRST + (fuse_ino_t)(i - 2);
		const char *name = i == 0 ? "." : i == 1 ? ".." : fs->files[i - 2].name;
		struct stat st;
		size_t n;

		(void)fill_stat(fs, child, &st);
		n = fuse_add_direntry(req, buf + used, size - used, name, &st, i + 1);
		if (n > size - used)
			break;
		used += n;
	}
	(void)fuse_reply_buf(req, buf, used);
}

static void on_statfs(fuse_req_t req, fuse_ino_t inode unused_arg)
{
	struct fs *fs = fuse_req_userdata(req);
	struct statvfs st = { .f_bsize = CHUNK_BLOCK_SIZE, .f_frsize = CHUNK_BLOCK_SIZE };

	st.f_files = fs->n_files + 1;
	st.f_namemax = 255;
	for (unsigned i = 0; i < fs->n_files; i++)
		st.f_blocks += fs->files[i].size / CHUNK_BLOCK_SIZE;
	(void)fuse_reply_statfs(req, &st);
}

static const struct fuse_lowlevel_ops ops = {
	.init = on_init,
	.lookup = on_lookup,
	.getattr = on_getattr,
	.open = on_open,
	.read = on_read,
	.readdir = on_readdir,
	.statfs = on_statfs,
};

/* ---- mounts as the kernel lists them ---- */

struct mount_line {
	dev_t device;
	char path[4096];
	char type[64];
};

/* \040 and the like, as the kernel escapes blanks in paths. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* The last mount at @dir is the one on top. Return: 1, 0 (none), -errno */
static int find_mount(const char *dir, struct mount_line *ret, struct err *e)
{
	cleanup_free char *text = NULL;
	char *line, *rest;
	size_t len;
	int r, found = 0;
	cleanup_fd int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(e, errno, "open /proc/self/mountinfo");
	r = io_read_fd(fd, MOUNTINFO_MAX, &text, &len, e);
	if (r < 0)
		return r;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct mount_line m;
		unsigned major, minor;
		const char *type = strstr(line, " - ");

		if (!type || sscanf(type, " - %63s", m.type) != 1 ||
		    sscanf(line, "%*u %*u %u:%u %*s %4095s", &major, &minor, m.path) != 3)
			continue;
		unescape(m.path);
		if (strcmp(m.path, dir) != 0)
			continue;
		m.device = makedev(major, minor);
		*ret = m;
		found = 1;
	}
	return found;
}

int fs_detach_dead(const char *dir, struct err *e)
{
	for (int n = 0; n < DEAD_MAX; n++) {
		struct mount_line m;
		struct statvfs st; /* asks the server; stat() may be answered from memory */
		int r = find_mount(dir, &m, e);

		if (r < 0)
			return r;
		if (r == 0 || strcmp(m.type, FS_TYPE) != 0)
			return n;
		if (statvfs(dir, &st) == 0 || errno != ENOTCONN) {
			(void)err_set(e, EBUSY, "'%s' is served by another process", dir);
			err_remedy(e, "stop that one first, or unmount '%s'", dir);
			return -EBUSY;
		}
		if (umount2(dir, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
			return err_errno(e, errno, "detach the dead mount '%s'", dir);
	}
	return err_set(e, EBUSY, "'%s' has too many dead mounts", dir);
}

/* Best effort, without touching the mount: buffered readers are slower with the default. */
static void set_read_ahead(dev_t device)
{
	char path[64], text[16];
	cleanup_fd int fd = -1;
	int n = snprintf(text, sizeof(text), "%d", FS_READ_AHEAD_KIB);

	(void)snprintf(path, sizeof(path), "/sys/class/bdi/%u:%u/read_ahead_kb", major(device),
		       minor(device)); /* fits */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		(void)!io_write_all(fd, text, (size_t)n);
}

/* ---- life ---- */

static int mount_fd(struct fs *fs, int *ret_fd, struct err *e)
{
	cleanup_fd int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	struct mount_line m;
	char data[256];
	int r;

	if (fd < 0) {
		r = err_errno(e, errno, "open /dev/fuse");
		err_remedy(e, "load the kernel module fuse");
		return r;
	}
	(void)snprintf(
		data, sizeof(data),
		"fd=%d,rootmode=40500,user_id=%u,group_id=%u,default_permissions,max_read=%d", fd,
		getuid(), getgid(), CORE_READ_MAX); /* fits */
	if (mount(FS_SOURCE, fs->dir, FS_TYPE, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, data) <
	    0)
		return err_errno(e, errno, "mount at '%s'", fs->dir);
	r = find_mount(fs->dir, &m, e);
	if (r > 0)
		fs->device = m.device;
	if (r < 0)
		return r;
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* One request; false when there will be no more. */
static bool serve_one(struct fs *fs, struct fuse_buf *buf)
{
	int r = fuse_session_receive_buf(fs->session, buf);

	if (r == -EINTR || r == -EAGAIN)
		return true;
	if (r <= 0)
		return false;
	fuse_session_process_buf(fs->session, buf);
	return true;
}

static int start_session(struct fs *fs, struct err *e)
{
	char max_read[32], path[32];
	char *argv[] = { (char *)"sealmount-blob", (char *)"-o", max_read, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(3, argv);
	struct fuse_buf buf = { 0 };
	int fd, r;

	(void)snprintf(max_read, sizeof(max_read), "max_read=%d", CORE_READ_MAX); /* fits */
	fs->session = fuse_session_new(&args, &ops, sizeof(ops), fs);
	fuse_opt_free_args(&args);
	if (!fs->session)
		return err_set(e, EPROTO, "libfuse refuses the options of the session");
	r = mount_fd(fs, &fd, e);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", fd); /* fits */
	if (fuse_session_mount(fs->session, path) != 0) {
		(void)close(fd); /* ends the connection */
		return err_set(e, EPROTO, "libfuse does not take the descriptor");
	}
	(void)serve_one(fs, &buf); /* INIT is the first; its outcome is checked */
	free(buf.mem);
	if (!fs->is_initialised || fuse_session_exited(fs->session))
		return err_set(e, EPROTO, "the kernel's FUSE does not suit libfuse %s",
			       fuse_pkgversion());
	return 0;
}

int fs_mount(const struct fs_file *files, unsigned n_files, const char *dir, struct fs **ret,
	     struct err *e)
{
	struct fs *fs = calloc(1, sizeof(*fs));
	int r;

	if (!fs)
		return err_errno(e, ENOMEM, "set up the mount");
	memcpy(fs->files, files, n_files * sizeof(*files));
	fs->n_files = n_files;
	fs->dir = dir;
	fs->time = time(NULL);
	fs->gone_fd = -1;
	r = start_session(fs, e);
	if (r < 0) {
		fs_detach(fs);
		fs_free(fs);
		return r;
	}
	*ret = fs;
	return 0;
}

static void *thread_main(void *arg)
{
	struct fs *fs = arg;
	struct fuse_buf buf = { 0 };
	uint64_t one = 1;

	while (!fuse_session_exited(fs->session) && serve_one(fs, &buf))
		;
	free(buf.mem);
	(void)!io_write_all(fs->gone_fd, &one, sizeof(one)); /* a counter far from full */
	return NULL;
}

int fs_start(struct fs *fs, int *ret_gone_fd, struct err *e)
{
	fs->gone_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fs->gone_fd < 0)
		return err_errno(e, errno, "make an eventfd");
	for (; fs->n_threads < FS_THREADS; fs->n_threads++) {
		int r = pthread_create(&fs->threads[fs->n_threads], NULL, thread_main, fs);

		if (r != 0)
			return err_errno(e, r, "start a thread");
	}
	set_read_ahead(fs->device);
	*ret_gone_fd = fs->gone_fd;
	return 0;
}

void fs_detach(struct fs *fs)
{
	struct mount_line m;

	if (!fs->device || find_mount(fs->dir, &m, NULL) <= 0 || m.device != fs->device)
		return;
	(void)umount2(fs->dir, MNT_DETACH | UMOUNT_NOFOLLOW); /* gone already: just as well */
}

void fs_join(struct fs *fs)
{
	while (fs->n_threads > 0)
		(void)pthread_join(fs->threads[--fs->n_threads], NULL);
}

void fs_free(struct fs *fs)
{
	if (!fs)
		return;
	if (fs->session) {
		fuse_session_unmount(fs->session); /* closes the descriptor, no more */
		fuse_session_destroy(fs->session);
	}
	if (fs->gone_fd >= 0)
		(void)close(fs->gone_fd); /* an eventfd */
	free(fs);
}
