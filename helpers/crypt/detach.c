/* SPDX-License-Identifier: MIT */
/*
 * detach: mappings and loop devices away, now or when their last user is gone
 *
 * A filesystem that was unmounted lazily lives on until the last file of it is closed.
 * Then the mapping is left to the kernel to remove (deferred), its users are named, and
 * we wait for the kernel to say that it went: whoever stops the share gets back control
 * when it is really down.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/opts.h"
#include "crypt/crypt.h"
#include "crypt/dm.h"
#include "crypt/state.h"
#include "crypt/uevent.h"
#include "crypt/users.h"
#include "crypt/verbs.h"
#include "sd/notify.h"

#define MOMENT_SEC     3 /* udev and blkid look at devices without being asked; they end soon */
#define LOOP_CLEAR_SEC 5 /* the kernel frees a loop device after its last close */

/* Top first: the lower one is in use as long as the upper one is there. */
static int close_both(const struct settings *s, bool when_unused, struct err *e)
{
	int r = crypt_mapping_close(s->mapping, when_unused, e);

	if (r < 0)
		return r;
	r = crypt_mapping_close(s->verity, when_unused, e);
	return r < 0 ? r : 0;
}

int detach_now(const struct settings *s, struct err *e)
{
	return close_both(s, /* when_unused= */ false, e);
}

static int mappings_gone(void *arg, struct err *e)
{
	const struct settings *s = arg;
	struct dm_mapping upper, lower;
	int r = dm_query(s->mapping, &upper, e);

	if (r == 0)
		r = dm_query(s->verity, &lower, e);
	return r < 0 ? r : !upper.exists && !lower.exists;
}

static int loops_gone(void *arg, struct err *e)
{
	const struct state *st = arg;

	for (size_t i = 0; i < st->n_loops; i++)
		if (device_holds_file(st->loops[i].number, st->loops[i].file_device,
				      st->loops[i].file_inode))
			return 0;
	return 1;
}

static void tell_users(const struct settings *s)
{
	char users[USERS_TEXT_MAX];
	struct dm_mapping m;

	if (dm_query(s->mapping, &m, NULL) < 0 || !m.exists)
		return;
	if (users_describe(m.device, users) == 0)
		(void)snprintf(users, sizeof(users), "nobody that /proc shows"); /* fits */
	notify_status("Waiting for %s", users);
	log_event(EV_CRYPT_BUSY, "end these processes, or wait until they have closed their files",
		  FIELDS("SEALMOUNT_MAPPING", s->mapping, "SEALMOUNT_USERS", users),
		  "Volume %s is still in use by %s; it is closed when they are done", s->mapping,
		  users);
}

/*
 * First without a word for a moment: an event of udev keeps a device open for an
 * instant, and nobody needs to be told.
 */
static int wait_for_users(const struct settings *s, int events, struct err *e)
{
	char users[USERS_TEXT_MAX];
	struct dm_mapping m;
	int r = close_both(s, /* when_unused= */ true, e);

	if (r < 0)
		return r;
	r = dm_query(s->mapping, &m, e);
	if (r < 0)
		return r;
	if (!m.exists || users_describe(m.device, users) == 0) {
		r = uevent_wait(events, mappings_gone, (void *)s, MOMENT_SEC, e);
		if (r != -ETIMEDOUT)
			return r;
	}
	tell_users(s);
	return uevent_wait(events, mappings_gone, (void *)s, /* timeout_sec= */ 0, e);
}

static int detach(const struct settings *s, struct err *e)
{
	struct state st = { .n_loops = 0 };
	struct err loop_error = { 0 };
	/* Opened before anything is looked at: what happens from here on is not missed. */
	cleanup_fd int events = uevent_open(e);
	int r;

	if (events < 0)
		return events;
	if (state_read(s->name, &st, &loop_error) < 0)
		log_warning("%s", loop_error.text);
	r = detach_now(s, e);
	if (r == -EBUSY)
		r = wait_for_users(s, events, e);
	if (r < 0)
		return r;
	if (uevent_wait(events, loops_gone, &st, LOOP_CLEAR_SEC, &loop_error) < 0)
		log_warning("A loop device still holds the image: %s", loop_error.text);
	state_remove(s->name);
	return 0;
}

int verb_detach(const struct settings *s)
{
	struct err e = { 0 };
	int r;

	uevent_block_signals();
	r = detach(s, &e);
	if (r == 0) {
		log_event(EV_CRYPT_DETACHED, NULL, FIELDS("SEALMOUNT_MAPPING", s->mapping),
			  "Volume %s closed", s->mapping);
		return EXIT_DONE;
	}
	notify_errno(e.code);
	if (r == -EINTR) {
		log_notice("Told to stop: the kernel closes %s when its last user is done",
			   s->mapping);
		return EXIT_TRY_AGAIN;
	}
	log_event(EV_CRYPT_FAILED, e.remedy, FIELDS("SEALMOUNT_MAPPING", s->mapping),
		  "Cannot close the volume %s: %s", s->mapping, e.text);
	return EXIT_FAILED;
}
