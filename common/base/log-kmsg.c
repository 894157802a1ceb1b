/* SPDX-License-Identifier: MIT */
/*
 * log-kmsg: the sink for generators, which run before there is a journal
 *
 * Kernel messages also reach the serial console, which the host of a confidential VM
 * reads: what is sent here must be fit for its eyes. One write() is one record; the
 * kernel takes about 900 bytes of it. systemd.generator(7), printk documentation.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

#define KMSG_RECORD_MAX 900 /* bytes; the kernel cuts or refuses longer ones */

void log_sink_kmsg(const struct log_record *record)
{
	char line[KMSG_RECORD_MAX];
	cleanup_fd int fd = -1;
	int n;

	fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		log_sink_stderr(record);
		return;
	}
	n = snprintf(line, sizeof(line), "<%d>%s[%d]: %s%s%s\n", record->level, record->program,
		     (int)getpid(), record->text, record->remedy ? ". Remedy: " : "",
		     record->remedy ? record->remedy : "");
	if (n >= (int)sizeof(line)) {
		n = (int)sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	for (int i = 0; i < n - 1; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?'; /* a newline would start a record of the sender's choice */
	if (write(fd, line, (size_t)n) < 0)
		log_sink_stderr(record);
}
