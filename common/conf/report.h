/* SPDX-License-Identifier: MIT */
/*
 * report: why a share or a source cannot be used, as one JSON text
 *
 *   {"share":NAME or null, "source":TEXT, "is_refused":BOOL, "findings":
 *    [{"level":..., "path":..., "value":..., "rule":..., "remedy":..., "line":N, "column":N}],
 *    "more":N}
 *
 * Written by the generator into the unit that stands for a broken share, read by
 * "sealmountctl config report", which that unit runs. Values were masked when the
 * findings were made (conf-finding.c).
 *
 * Pure. Uses: base, json-c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "conf/conf.h"

#define REPORT_MAX (64 * 1024) /* bytes; findings that no longer fit are counted */

struct report {
	char *text;
	size_t n;
	size_t n_findings, n_left_out;
};

/** report_done - release the memory */
void report_done(struct report *r);

/**
 * report_begin - start a text
 * @share:      name, or NULL for a whole source
 * @source:     what people call it: a path, "kernel command line", ...
 * @is_refused: the source is not trusted here
 *
 * Return: 0, -ENOMEM
 */
int report_begin(struct report *r, const char *share, const char *source,
		 bool is_refused) must_check;

/** report_add - one finding; left out and counted when there is no room */
void report_add(struct report *r, const struct finding *f);

/** report_end - complete the text */
void report_end(struct report *r);

/* What was in a text; strings are NULL where it had null. */
struct report_content {
	char *share, *source;
	bool is_refused;
	struct finding *findings;
	size_t n_findings;
	unsigned n_left_out;
};

/**
 * report_parse - read a text back
 * @ret: release it with report_content_done()
 *
 * Return: 0, -EBADMSG, -ENOMEM
 */
int report_parse(const char *text, size_t len, struct report_content *ret,
		 struct err *e) must_check;

/** report_content_done - release the memory */
void report_content_done(struct report_content *c);
