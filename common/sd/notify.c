/* SPDX-License-Identifier: MIT */
/*
 * notify: see notify.h
 */
#include "sd/notify.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <systemd/sd-daemon.h>

#define STATUS_MAX 512 /* bytes of one status line, cut when longer */

void notify_ready(void)
{
	static bool is_sent;

	if (is_sent)
		return;
	is_sent = true;
	(void)sd_notify(0, "READY=1"); /* nobody to tell it to when this fails */
}

void notify_status(const char *fmt, ...)
{
	static const char prefix[] = "STATUS=";
	char message[sizeof(prefix) + STATUS_MAX];
	const size_t start = sizeof(prefix) - 1;
	va_list ap;

	memcpy(message, prefix, sizeof(prefix));
	va_start(ap, fmt);
	(void)vsnprintf(message + start, sizeof(message) - start, fmt, ap); /* cut */
	va_end(ap);
	/* each line of the message is an assignment: a newline would let a server's text make one
	 */
	log_make_printable(message + start);
	(void)sd_notify(0, message); /* as above */
}

void notify_errno(int code)
{
	(void)sd_notifyf(0, "ERRNO=%d", code < 0 ? -code : code); /* as above */
}
