/* SPDX-License-Identifier: MIT */
/*
 * log-stderr: the sink for people who run a program by hand
 */
#include <stdio.h>

#include "base/log.h"

void log_sink_stderr(const struct log_record *record)
{
	fprintf(stderr, "%s: %s\n", record->program, record->text);
	if (record->remedy)
		fprintf(stderr, "%s: remedy: %s\n", record->program, record->remedy);
}
