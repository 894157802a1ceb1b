/* SPDX-License-Identifier: MIT */
/*
 * err: what went wrong, in which words, and what to do about it
 *
 * The first failure writes the text, callers that know more put their words in front,
 * and only the program at the top logs it. Texts never hold secrets: no SAS, no token,
 * no key, no query string of a URL.
 *
 * Threads: an error object belongs to one thread.
 * Uses: libc.
 */
#pragma once

#include "base/macros.h"

#define ERR_TEXT_MAX   1024 /* bytes, terminator included; longer texts are cut */
#define ERR_REMEDY_MAX 512

struct err {
	int code; /* positive errno value, 0 = no error */
	char text[ERR_TEXT_MAX];
	char remedy[ERR_REMEDY_MAX]; /* one sentence, or empty */
};

/**
 * err_set - note the first failure
 * @e:    may be NULL, then only the return value counts
 * @code: positive errno value
 *
 * Return: -@code
 */
int err_set(struct err *e, int code, const char *fmt, ...) printf_like(3, 4);

/** err_errno - as err_set(), and adds ": " and the system's text for @code */
int err_errno(struct err *e, int code, const char *fmt, ...) printf_like(3, 4);

/** err_wrap - put words and ": " in front of the text that is there; keeps the code */
void err_wrap(struct err *e, const char *fmt, ...) printf_like(2, 3);

/** err_remedy - say what the reader can do; a remedy that is there already is kept */
void err_remedy(struct err *e, const char *fmt, ...) printf_like(2, 3);
