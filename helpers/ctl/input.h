/* SPDX-License-Identifier: MIT */
/*
 * input: the text of a configuration that was named on the command line
 *
 * Uses: base, conf.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/macros.h"

struct input {
	char *text; /* NULL when there was more than CONF_TEXT_MAX */
	size_t len; /* in bytes; then CONF_TEXT_MAX + 1 */
};

/** input_read - @path, or standard input for "-"; Return: 0 or -errno */
int input_read(const char *path, struct input *ret, struct err *e) must_check;

/**
 * input_decode - base64 to what is in it, in place; JSON stays
 *
 * Return: 0, -EBADMSG, -ENOMEM
 */
int input_decode(struct input *in, struct err *e) must_check;

/** input_done - wipe and release */
void input_done(struct input *in);

static inline void cleanup_input_fn(struct input *in)
{
	input_done(in);
}

#define cleanup_input __attribute__((cleanup(cleanup_input_fn)))
