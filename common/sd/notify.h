/* SPDX-License-Identifier: MIT */
/*
 * notify: readiness and status to the service manager; sink of the journal
 *
 * The only code that knows libsystemd. Run by hand (no NOTIFY_SOCKET, no
 * JOURNAL_STREAM), everything here does nothing or falls back to standard error.
 *
 * Uses: base, libsystemd.
 */
#pragma once

#include "base/log.h"
#include "base/macros.h"

/** notify_ready - READY=1; once */
void notify_ready(void);

/** notify_status - STATUS=, one line, no secrets; shown by systemctl status */
void notify_status(const char *fmt, ...) printf_like(1, 2);

/** notify_errno - ERRNO= for systemctl show, before exiting with a failure */
void notify_errno(int code);

/**
 * log_sink_journal - fields MESSAGE_ID, SEALMOUNT_SHARE, SEALMOUNT_STEP, SEALMOUNT_REMEDY and
 * the event's own; the remedy also stands at the end of MESSAGE, so that plain
 * journalctl shows it
 */
void log_sink_journal(const struct log_record *record);

/**
 * log_setup_service - log_setup() with the journal when standard error is connected to it,
 * standard error otherwise
 */
void log_setup_service(const char *program);
