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

static void send_record(struct log_record *record, const char *fmt, va_list ap)
{
	char text[LOG_TEXT_MAX];

	if (record->level > state.max_level)
		return;
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut when too long */
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
