/* SPDX-License-Identifier: MIT */
/*
 * log: filter, format, hand to the sink
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	int level;
	const char *message_id;
} events[] = {
#define X(symbol, level, id, what) { level, id },
	LOG_EVENTS(X)
#undef X
};

static struct {
	const char *program;
	const char *share;
	const char *step;
	log_sink sink;
	int max_level;
} state = { .program = "sealmount", .sink = log_sink_stderr, .max_level = LOG_INFO };

static void level_from_environment(void)
{
	static const char *const names[] = { "emerg",	"alert",  "crit", "err",
					     "warning", "notice", "info", "debug" };
	const char *want = secure_getenv("SYSTEMD_LOG_LEVEL");

	for (size_t i = 0; want && i < ARRAY_SIZE(names); i++)
		if (strcmp(want, names[i]) == 0 || (want[0] == '0' + (char)i && !want[1]))
			state.max_level = (int)i;
}

void log_setup(const char *program, log_sink sink)
{
	state.program = program;
	state.sink = sink;
	level_from_environment();
}

void log_set_level(int level)
{
	state.max_level = level;
}

void log_context(const char *share, const char *step)
{
	state.share = share;
	state.step = step;
}

/* Unicode, table 3-7 (well-formed UTF-8), without the control characters. */
static const struct {
	unsigned char first_min, first_max, second_min, second_max;
	size_t size;
} printable[] = {
	{ 0x20, 0x7e, 0x00, 0xff, 1 }, { 0xc2, 0xc2, 0xa0, 0xbf, 2 }, { 0xc3, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

/* Bytes of the printable character at @p, 0 if there is none. Never looks behind a NUL. */
static size_t printable_size(const unsigned char *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(printable); i++) {
		size_t n = 1;

		if (p[0] < printable[i].first_min || p[0] > printable[i].first_max ||
		    p[1] < printable[i].second_min || p[1] > printable[i].second_max)
			continue;
		while (n < printable[i].size && (p[n] & 0xc0) == 0x80)
			n++;
		return n == printable[i].size ? n : 0;
	}
	return 0;
}

void log_make_printable(char *text)
{
	unsigned char *p = (unsigned char *)text;

	while (*p) {
		size_t n = printable_size(p);

		if (n == 0)
			*p = '?';
		p += n > 0 ? n : 1;
	}
}

static void send_record(struct log_record *record, const char *fmt, va_list ap)
{
	char text[LOG_TEXT_MAX], remedy[ERR_REMEDY_MAX];
	int n = 0;

	if (record->level > state.max_level)
		return;
	if (state.share)
		n = snprintf(text, sizeof(text) / 2, "share '%s': ", state.share);
	n = n < (int)sizeof(text) / 2 ? n : (int)sizeof(text) / 2 - 1;
	(void)vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap); /* cut when too long */
	log_make_printable(text);
	if (record->remedy) {
		(void)snprintf(remedy, sizeof(remedy), "%s", record->remedy);
		log_make_printable(remedy);
		record->remedy = remedy;
	}
	record->program = state.program;
	record->share = state.share;
	record->step = state.step;
	record->text = text;
	state.sink(record);
}

void log_event(enum log_event_id id, const char *remedy, const char *const *fields, const char *fmt,
	       ...)
{
	struct log_record record = {
		.level = events[id].level,
		.message_id = events[id].message_id,
		.remedy = remedy && remedy[0] ? remedy : NULL,
		.fields = fields,
	};
	va_list ap;

	va_start(ap, fmt);
	send_record(&record, fmt, ap);
	va_end(ap);
}

void log_plain(int level, const char *fmt, ...)
{
	struct log_record record = { .level = level };
	va_list ap;

	va_start(ap, fmt);
	send_record(&record, fmt, ap);
	va_end(ap);
}
