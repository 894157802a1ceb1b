/* SPDX-License-Identifier: MIT */
/*
 * transport-file: see transport-file.h
 */
#include "blob/transport-file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define FILE_THREADS   4
#define FILE_LABEL_MAX 600

struct file {
	struct transport transport; /* first */
	int fd;
	char label[FILE_LABEL_MAX];
	struct stat pinned;
	pthread_t threads[FILE_THREADS];
	unsigned n_threads;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct fetch *first, *last; /* queue; under the lock */
	bool is_stopping;
};

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void fail(struct file *t, struct fetch_result *result, enum pace_class class, int code,
		 const char *what)
{
	result->class = class;
	(void)err_errno(&result->err, code, "%s", what);
	(void)snprintf(result->brief, sizeof(result->brief), "%.*s", FETCH_BRIEF_MAX - 1,
		       result->err.text);
	err_wrap(&result->err, "%s", t->label);
}

/* Fills the first @len bytes of the fetch. */
static int read_all(int fd, struct fetch *f, size_t len)
{
	uint64_t off = f->off;

	for (unsigned i = 0; i < f->n_iov && len > 0; i++) {
		size_t want = f->iov[i].iov_len < len ? f->iov[i].iov_len : len, n = 0;

		while (n < want) {
			ssize_t r = pread(fd, (char *)f->iov[i].iov_base + n, want - n,
					  (off_t)(off + n));

			if (r < 0 && errno == EINTR)
				continue;
			if (r <= 0)
				return r < 0 ? -errno : -ENODATA;
			n += (size_t)r;
		}
		off += want;
		len -= want;
	}
	return 0;
}

static void serve(struct file *t, struct fetch *f)
{
	struct fetch_result result = { 0 };
	size_t len = f->len;
	struct stat st;
	int r;

	if (f->is_look) {
		f->blob_size = (uint64_t)t->pinned.st_size;
		len = f->blob_size < len ? f->blob_size : len;
	}
	r = read_all(t->fd, f, len);
	/* Looked at behind the reading: what was written meanwhile has changed the time. */
	if (fstat(t->fd, &st) < 0)
		fail(t, &result, PACE_AGAIN, errno, "look at the file");
	else if (!is_same(&st, &t->pinned))
		fail(t, &result, PACE_CHANGED, ESTALE, "the file was written to");
	else if (r < 0)
		fail(t, &result, PACE_AGAIN, -r, "read the file");
	t->transport.events.done(t->transport.events.user, f, &result);
}

static void *thread_main(void *arg)
{
	struct file *t = arg;

	(void)pthread_mutex_lock(&t->lock);
	for (;;) {
		struct fetch *f = t->first;

		if (t->is_stopping)
			break;
		if (!f) {
			(void)pthread_cond_wait(&t->wake, &t->lock);
			continue;
		}
		t->first = f->next;
		if (!t->first)
			t->last = NULL;
		(void)pthread_mutex_unlock(&t->lock);
		serve(t, f);
		(void)pthread_mutex_lock(&t->lock);
	}
	(void)pthread_mutex_unlock(&t->lock);
	return NULL;
}

static void file_start(struct transport *transport, struct fetch *f)
{
	struct file *t = (struct file *)transport;

	f->next = NULL;
	(void)pthread_mutex_lock(&t->lock);
	if (t->last)
		t->last->next = f;
	else
		t->first = f;
	t->last = f;
	(void)pthread_cond_signal(&t->wake);
	(void)pthread_mutex_unlock(&t->lock);
}

static void file_cancel(struct transport *transport unused_arg, struct fetch *f unused_arg)
{
	/* A local read ends by itself, and soon. */
}

static void file_free(struct transport *transport)
{
	struct file *t = (struct file *)transport;

	(void)pthread_mutex_lock(&t->lock);
	t->is_stopping = true;
	(void)pthread_cond_broadcast(&t->wake);
	(void)pthread_mutex_unlock(&t->lock);
	for (unsigned i = 0; i < t->n_threads; i++)
		(void)pthread_join(t->threads[i], NULL);
	(void)pthread_cond_destroy(&t->wake);
	(void)pthread_mutex_destroy(&t->lock);
	(void)close(t->fd); /* only read */
	free(t);
}

static int open_regular(const char *path, struct stat *ret_stat, int *ret_fd, struct err *e)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_errno(e, errno, "open '%s'", path);
	if (fstat(fd, ret_stat) < 0)
		return err_errno(e, errno, "look at '%s'", path);
	if (!S_ISREG(ret_stat->st_mode))
		return err_set(e, EINVAL, "'%s' is not a regular file", path);
	*ret_fd = steal_fd(&fd);
	return 0;
}

int transport_file_new(const char *path, struct transport **ret, struct err *e)
{
	static const struct transport_ops ops = { file_start, file_cancel, file_free };
	cleanup_free struct file *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return err_errno(e, ENOMEM, "set up reading");
	r = open_regular(path, &t->pinned, &t->fd, e);
	if (r < 0)
		return r;
	(void)snprintf(t->label, sizeof(t->label), "file://%s", path); /* cut */
	t->transport.ops = &ops;
	t->transport.origin = t->transport.label = t->label;
	t->transport.n_parallel = FILE_THREADS;
	(void)pthread_mutex_init(&t->lock, NULL); /* neither fails on Linux */
	(void)pthread_cond_init(&t->wake, NULL);
	for (; t->n_threads < FILE_THREADS; t->n_threads++) {
		r = pthread_create(&t->threads[t->n_threads], NULL, thread_main, t);
		if (r != 0) {
			file_free(&steal_ptr(&t)->transport);
			return err_errno(e, r, "start a thread");
		}
	}
	*ret = &steal_ptr(&t)->transport;
	return 0;
}
