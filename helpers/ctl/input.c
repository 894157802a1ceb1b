/* SPDX-License-Identifier: MIT */
/*
 * input: see input.h
 */
#include "ctl/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/encode.h"
#include "base/io.h"
#include "conf/conf.h"

int input_read(const char *path, struct input *ret, struct err *e)
{
	cleanup_fd int fd = -1;
	struct input in = { 0 };
	int r;

	fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
				    : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_errno(e, errno, "open '%s'", path);
	r = io_read_fd(fd, CONF_TEXT_MAX, &in.text, &in.len, e);
	if (r == -EFBIG) {
		in.len = CONF_TEXT_MAX + 1; /* a finding, not a failure */
	} else if (r < 0) {
		err_wrap(e, "'%s'", path);
		return r;
	}
	*ret = in;
	return 0;
}

int input_decode(struct input *in, struct err *e)
{
	size_t blanks = in->text ? strspn(in->text, " \t\r\n") : 0, len;
	uint8_t *decoded;
	int r;

	if (!in->text)
		return err_set(e, EBADMSG, "it is larger than 1 MiB");
	if (in->text[blanks] == '{')
		return 0;
	r = base64_decode(in->text, in->len, &decoded, &len, e);
	if (r < 0)
		return r;
	input_done(in);
	*in = (struct input){ .text = (char *)decoded, .len = len };
	return 0;
}

void input_done(struct input *in)
{
	if (in->text)
		explicit_bzero(in->text, in->len);
	free(in->text);
	*in = (struct input){ 0 };
}
