/* SPDX-License-Identifier: MIT */
/*
 * err: bounded text and code, built from the inside out
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e) {
		e->code = code;
		e->remedy[0] = '\0';
		va_start(ap, fmt);
		(void)vsnprintf(e->text, sizeof(e->text), fmt, ap); /* cut when too long */
		va_end(ap);
	}
	return -code;
}

int err_errno(struct err *e, int code, const char *fmt, ...)
{
	char system_text[128];
	va_list ap;
	size_t n;

	if (!e)
		return -code;
	e->code = code;
	e->remedy[0] = '\0';
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap); /* cut when too long */
	va_end(ap);
	n = strlen(e->text);
	(void)snprintf(e->text + n, sizeof(e->text) - n, ": %s",
		       strerror_r(code, system_text, sizeof(system_text)));
	return -code;
}

void err_wrap(struct err *e, const char *fmt, ...)
{
	char inner[ERR_TEXT_MAX];
	va_list ap;
	size_t n;

	if (!e)
		return;
	memcpy(inner, e->text, sizeof(inner));
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap); /* cut when too long */
	va_end(ap);
	n = strlen(e->text);
	(void)snprintf(e->text + n, sizeof(e->text) - n, ": %s", inner);
}

void err_remedy(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e || e->remedy[0])
		return;
	va_start(ap, fmt);
	(void)vsnprintf(e->remedy, sizeof(e->remedy), fmt, ap); /* cut when too long */
	va_end(ap);
}
