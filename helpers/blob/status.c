/* SPDX-License-Identifier: MIT */
/*
 * status: see status.h
 */
#include "blob/status.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/log.h"
#include "sd/notify.h"

#define STATUS_TEXT_MAX	     512
#define STATUS_SHOW_EVERY_MS 500 /* a flapping server must not keep the manager busy */

/* One file's state. Times in milliseconds of the monotonic clock; 0: not set. */
struct entry {
	const char *name; /* NULL: unused */
	const char *origin;
	bool is_troubled, has_changed;
	bool is_logged; /* the outage has been reported */
	bool is_change_logged;
	uint64_t since_ms, next_log_ms;
	uint64_t retry_at_ms;
	unsigned attempt;
	char brief[FETCH_BRIEF_MAX];
	struct err err;
};

struct status {
	pthread_mutex_t lock; /* of the entries; never held while something may block */
	struct entry entries[CORE_FILES_MAX];
	int fd;
	bool is_ready;
	uint64_t size;
	const char *origin;
	uint64_t shown_ms;	     /* of the main thread, as the next one */
	char shown[STATUS_TEXT_MAX]; /* last status line */
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* this clock cannot fail */
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int status_new(struct status **ret, int *ret_fd, struct err *e)
{
	cleanup_free struct status *s = calloc(1, sizeof(*s));

	if (!s)
		return err_errno(e, ENOMEM, "set up the status");
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->fd < 0)
		return err_errno(e, errno, "make an eventfd");
	(void)pthread_mutex_init(&s->lock, NULL); /* cannot fail on Linux */
	*ret_fd = s->fd;
	*ret = steal_ptr(&s);
	return 0;
}

void status_free(struct status *s)
{
	if (!s)
		return;
	(void)close(s->fd); /* an eventfd */
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

const char *status_size_text(uint64_t size, char dst[32])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t whole = size, tenths = 0;
	int unit = -1;

	while (whole >= 1024 && unit + 1 < (int)ARRAY_SIZE(units)) {
		tenths = whole % 1024 * 10 / 1024;
		whole /= 1024;
		unit++;
	}
	if (unit < 0)
		(void)snprintf(dst, 32, "%" PRIu64 " bytes", size);
	else if (tenths > 0)
		(void)snprintf(dst, 32, "%" PRIu64 ".%" PRIu64 " %s", whole, tenths, units[unit]);
	else
		(void)snprintf(dst, 32, "%" PRIu64 " %s", whole, units[unit]);
	return dst;
}

static struct entry *entry_of(struct status *s, const char *name)
{
	for (unsigned i = 0; i < CORE_FILES_MAX; i++) {
		if (!s->entries[i].name)
			s->entries[i].name = name;
		if (strcmp(s->entries[i].name, name) == 0)
			return &s->entries[i];
	}
	return &s->entries[0];
}

static void note_trouble(struct status *s, struct entry *t, const struct core_report *r)
{
	uint64_t now = now_ms();

	if (!t->is_troubled) {
		t->is_troubled = true;
		t->is_logged = false;
		t->since_ms = now;
		t->next_log_ms = s->is_ready ? now + STATUS_WARN_MS : now;
	}
	t->attempt = r->attempt;
	t->retry_at_ms = now + r->delay_ms;
	memcpy(t->brief, r->result->brief, sizeof(t->brief));
	t->err = r->result->err;
}

void status_report(void *user, const struct core_report *r)
{
	struct status *s = user;
	uint64_t one = 1;
	struct entry *t;

	(void)pthread_mutex_lock(&s->lock); /* a default mutex, used correctly, does not fail */
	t = entry_of(s, r->name);
	t->origin = r->origin;
	if (r->class == PACE_OK) {
		t->is_troubled = false;
	} else if (r->class == PACE_CHANGED) {
		t->has_changed = true;
		t->err = r->result->err;
	} else {
		note_trouble(s, t, r);
	}
	(void)pthread_mutex_unlock(&s->lock);
	(void)!io_write_all(s->fd, &one, sizeof(one)); /* full: it is readable anyway */
}

void status_set_ready(struct status *s, uint64_t size, const char *origin)
{
	uint64_t one = 1;

	(void)pthread_mutex_lock(&s->lock);
	s->is_ready = true;
	s->size = size;
	s->origin = origin;
	(void)pthread_mutex_unlock(&s->lock);
	(void)!io_write_all(s->fd, &one, sizeof(one)); /* as above */
}

static void log_outage(struct entry *t, const struct entry *copy, uint64_t now)
{
	uint64_t sec = (now - copy->since_ms) / 1000;
	const char *remedy = copy->err.remedy;

	/* Most outages end by themselves; a share that never came up has another cause. */
	if (!remedy || !remedy[0])
		remedy = "none is needed if the server comes back; otherwise check the URL, the "
			 "network and the server";
	t->is_logged = true;
	t->next_log_ms = copy->since_ms + STATUS_WARN_MS;
	while (t->next_log_ms <= now)
		t->next_log_ms += STATUS_REPEAT_MS;
	if (sec == 0)
		log_event(EV_BLOB_UNREACHABLE, remedy, FIELDS("SEALMOUNT_ORIGIN", copy->origin),
			  "Cannot read blob, and goes on trying: %s", copy->err.text);
	else
		log_event(EV_BLOB_UNREACHABLE, remedy, FIELDS("SEALMOUNT_ORIGIN", copy->origin),
			  "Cannot read blob for %" PRIu64
			  " s now, and goes on trying (attempt %u): %s",
			  sec, copy->attempt, copy->err.text);
}

/* Logs what is due for one entry; returns when the next thing will be. */
static uint64_t work_entry(struct entry *t, const struct entry *copy, uint64_t now)
{
	if (copy->has_changed && !copy->is_change_logged) {
		t->is_change_logged = true;
		log_event(EV_BLOB_CHANGED, "restart the share to serve the blob as it is now",
			  FIELDS("SEALMOUNT_ORIGIN", copy->origin),
			  "%s; reading fails from now on (ESTALE)", copy->err.text);
	}
	if (copy->has_changed)
		return UINT64_MAX;
	if (!copy->is_troubled) {
		if (copy->is_logged)
			log_event(EV_BLOB_RECOVERED, NULL, FIELDS("SEALMOUNT_ORIGIN", copy->origin),
				  "%s answers again after %" PRIu64 " s", copy->origin,
				  (now - copy->since_ms) / 1000);
		t->is_logged = false;
		return UINT64_MAX;
	}
	if (copy->next_log_ms <= now)
		log_outage(t, copy, now);
	return t->next_log_ms;
}

static void make_line(const struct status *s, const struct entry *copies, uint64_t now,
		      char dst[STATUS_TEXT_MAX])
{
	char size[32];

	dst[0] = '\0';
	if (s->is_ready) /* texts too long to show are cut, here and below */
		(void)snprintf(dst, STATUS_TEXT_MAX, "Serving %s from %s",
			       status_size_text(s->size, size), s->origin);
	for (unsigned i = 0; i < CORE_FILES_MAX; i++) {
		const struct entry *t = &copies[i];
		uint64_t wait = t->retry_at_ms > now ? t->retry_at_ms - now : 0;

		if (t->is_troubled)
			(void)snprintf(dst, STATUS_TEXT_MAX,
				       "%s: %s, attempt %u, next in %" PRIu64 " s", t->origin,
				       t->brief, t->attempt, (wait + 999) / 1000);
		if (t->has_changed) {
			(void)snprintf(dst, STATUS_TEXT_MAX, "Stopped reading: %.*s",
				       STATUS_TEXT_MAX - 32, t->err.text);
			return;
		}
	}
}

/* Returns when the line must be looked at again. */
static uint64_t show(struct status *s, const struct status *copy, const struct entry *copies,
		     uint64_t now)
{
	char line[STATUS_TEXT_MAX];

	make_line(copy, copies, now, line);
	if (!line[0] || strcmp(line, s->shown) == 0)
		return UINT64_MAX;
	if (s->shown_ms && now < s->shown_ms + STATUS_SHOW_EVERY_MS)
		return s->shown_ms + STATUS_SHOW_EVERY_MS;
	memcpy(s->shown, line, sizeof(line));
	s->shown_ms = now;
	notify_status("%s", line);
	return UINT64_MAX;
}

int status_work(struct status *s)
{
	struct entry copies[CORE_FILES_MAX];
	uint64_t now = now_ms(), due = UINT64_MAX, count, next_show;
	struct status copy;

	(void)!read(s->fd, &count, sizeof(count)); /* empty when it is only time that has passed */
	(void)pthread_mutex_lock(&s->lock);
	memcpy(copies, s->entries, sizeof(copies));
	copy = *s;
	(void)pthread_mutex_unlock(&s->lock);
	for (unsigned i = 0; i < CORE_FILES_MAX; i++) {
		struct entry t = copies[i];
		uint64_t next;

		if (!t.name)
			continue;
		next = work_entry(&t, &copies[i], now);
		due = next < due ? next : due;
		(void)pthread_mutex_lock(&s->lock);
		s->entries[i].is_change_logged = t.is_change_logged;
		if (s->entries[i].since_ms == t.since_ms) { /* not another outage by now */
			s->entries[i].is_logged = t.is_logged;
			s->entries[i].next_log_ms = t.next_log_ms;
		}
		(void)pthread_mutex_unlock(&s->lock);
	}
	next_show = show(s, &copy, copies, now);
	due = next_show < due ? next_show : due;
	if (due == UINT64_MAX)
		return -1;
	return due > now ? (int)(due - now) : 0;
}
