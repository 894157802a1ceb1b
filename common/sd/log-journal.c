/* SPDX-License-Identifier: MIT */
/*
 * log-journal: the sink for services, one record with fields
 *
 * Native protocol of journald, so that `journalctl SEALMOUNT_SHARE=NAME` and
 * `journalctl -x` (the catalog, by MESSAGE_ID) work. Location fields are left out: they
 * would name this file, always.
 */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <systemd/sd-journal.h>

#include "sd/notify.h"

#define RECORD_MAX	 16384 /* bytes of all fields; what does not fit is left out */
#define RECORD_PARTS_MAX (8 + LOG_FIELDS_MAX) /* our own fields and the event's */

struct record {
	struct iovec parts[RECORD_PARTS_MAX];
	char buf[RECORD_MAX];
	size_t n_parts, used;
};

static void add(struct record *r, const char *fmt, ...) printf_like(2, 3);

static void add(struct record *r, const char *fmt, ...)
{
	char *start = r->buf + r->used;
	size_t room = sizeof(r->buf) - r->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(start, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room || r->n_parts == ARRAY_SIZE(r->parts))
		return; /* a field is worth less than the record */
	r->parts[r->n_parts++] = (struct iovec){ start, (size_t)n };
	r->used += (size_t)n + 1;
}

void log_sink_journal(const struct log_record *record)
{
	struct record r = { .n_parts = 0 };
	const char *const *f = record->fields;

	add(&r, "MESSAGE=%s%s%s", record->text, record->remedy ? ". Remedy: " : "",
	    record->remedy ? record->remedy : "");
	add(&r, "PRIORITY=%d", record->level);
	add(&r, "SYSLOG_IDENTIFIER=%s", record->program);
	if (record->message_id)
		add(&r, "MESSAGE_ID=%s", record->message_id);
	if (record->share)
		add(&r, "SEALMOUNT_SHARE=%s", record->share);
	if (record->step)
		add(&r, "SEALMOUNT_STEP=%s", record->step);
	if (record->remedy)
		add(&r, "SEALMOUNT_REMEDY=%s", record->remedy);
	for (; f && f[0]; f += 2)
		add(&r, "%s=%s", f[0], f[1] ? f[1] : "");
	if (sd_journal_sendv(r.parts, (int)r.n_parts) < 0)
		log_sink_stderr(record);
}

/* systemd.exec(5), $JOURNAL_STREAM: device and inode of the stream it gave us. */
static bool is_stderr_the_journal(void)
{
	const char *want = secure_getenv("JOURNAL_STREAM");
	char have[64];
	struct stat st;

	if (!want || fstat(STDERR_FILENO, &st) < 0)
		return false;
	(void)snprintf(have, sizeof(have), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(want, have) == 0;
}

void log_setup_service(const char *program)
{
	log_setup(program, is_stderr_the_journal() ? log_sink_journal : log_sink_stderr);
}
