/* SPDX-License-Identifier: MIT */
/*
 * log: levels, events and fields, sent to one sink
 *
 * Programs log, libraries do not (debug level excepted). An event is an outcome that
 * an administrator may act on (log-events.h); everything else is plain text. No secret
 * ever reaches a message or a field.
 *
 * Sinks get text that is fit for a terminal and a journal, whatever a server or a path put
 * into it, and that names the share: "share 'models': the key is ...".
 *
 * Sinks: standard error (by hand), kernel log (generator), journal (common/sd).
 * Threads: any, after log_setup().
 * Uses: libc.
 */
#pragma once

#include <syslog.h>

#include "base/err.h"
#include "base/log-events.h"
#include "base/macros.h"

#define LOG_TEXT_MAX   2048 /* bytes of one message, terminator included */
#define LOG_FIELDS_MAX 16   /* pairs of one event */

enum log_event_id {
#define X(symbol, level, id, what) EV_##symbol,
	LOG_EVENTS(X)
#undef X
		LOG_EVENTS_COUNT
};

/* Field names and values in turn, ended by NULL: FIELDS("SEALMOUNT_URL_HOST", host). */
#define FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NO_FIELDS   NULL

struct log_record {
	int level;		   /* LOG_ERR ... LOG_DEBUG */
	const char *program;	   /* short name */
	const char *share;	   /* or NULL */
	const char *step;	   /* config, blob, key, crypt, link; or NULL */
	const char *message_id;	   /* 32 hex digits, or NULL */
	const char *remedy;	   /* or NULL */
	const char *const *fields; /* pairs, NULL-terminated; or NULL */
	const char *text;	   /* printable, one line, names the share */
};

typedef void (*log_sink)(const struct log_record *record);

/** log_sink_stderr - for people: text and, on a line of its own, the remedy */
void log_sink_stderr(const struct log_record *record);

/** log_sink_kmsg - for generators: one record of /dev/kmsg, cut to what the kernel takes */
void log_sink_kmsg(const struct log_record *record);

/**
 * log_setup - choose the sink and say who is talking
 * @program: static string
 *
 * The level is LOG_INFO unless SYSTEMD_LOG_LEVEL names another one.
 */
void log_setup(const char *program, log_sink sink);

/**
 * log_make_printable - one line of UTF-8 without control characters, in place
 *
 * Every byte of anything else becomes '?': it could drive a terminal, start a line of its
 * own, or make journalctl show "[blob data]" instead of the message.
 */
void log_make_printable(char *text);

/** log_set_level - drop everything less urgent than @level (LOG_ERR ... LOG_DEBUG) */
void log_set_level(int level);

/**
 * log_context - which share and which step the following messages are about
 * @share: must stay valid; NULL for none
 * @step:  static string or NULL
 */
void log_context(const char *share, const char *step);

/**
 * log_event - report an outcome
 * @remedy: what the reader can do, or NULL or "" for nothing
 * @fields: FIELDS(...) or NO_FIELDS
 */
void log_event(enum log_event_id id, const char *remedy, const char *const *fields, const char *fmt,
	       ...) printf_like(4, 5);

/** log_plain - a message without an ID; use the macros below */
void log_plain(int level, const char *fmt, ...) printf_like(2, 3);

#define log_error(...)	 log_plain(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_plain(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)	 log_plain(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)	 log_plain(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	 log_plain(LOG_DEBUG, __VA_ARGS__)
