/* SPDX-License-Identifier: MIT */
/*
 * conf-finding: add findings to a configuration
 *
 * The one place where a value from a configuration becomes text for people: it is cut,
 * control characters are escaped, and what may be secret is left out.
 *
 * Uses: base.
 */
#pragma once

#include "conf/conf.h"

#define FINDING_VALUE_MAX 80 /* bytes of the value that are shown */

/* Given as the value of a setting that holds a secret. */
#define FINDING_SECRET "(not shown)"

struct finding_place {
	int share;	  /* index, -1: the whole text */
	const char *path; /* copied */
	unsigned line, column;
};

/**
 * finding_add - note a mistake
 * @value:  what stands there, as it is; NULL for nothing
 * @remedy: one sentence, copied; NULL for none
 * @fmt:    the rule, a sentence without full stop
 *
 * An error marks the share broken, or the text unusable. When there are too many, or no
 * memory, the finding is counted only; warnings leave room for errors.
 */
void finding_add(struct conf *c, enum finding_level level, const struct finding_place *place,
		 const char *value, const char *remedy, const char *fmt, ...) printf_like(6, 7);

/** finding_has_room - false when a finding of this level would only be counted */
bool finding_has_room(const struct conf *c, enum finding_level level);

/**
 * finding_show - a value as it may be shown
 * @dst: cut to @size - 1 bytes; queries and user information of URLs are left out
 */
void finding_show(const char *value, char *dst, size_t size);
