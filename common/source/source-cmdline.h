/* SPDX-License-Identifier: MIT */
/*
 * source-cmdline: our words on the kernel command line
 *
 * Pure. Words and quotes as systemd reads them (proc-cmdline.c): of two assignments the last
 * one wins, quotes are taken off.
 *
 * Uses: base.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/macros.h"

struct cmdline {
	char *config;	      /* of sealmount.config=, NULL: none; may hold a secret */
	bool is_switched_off; /* sealmount=no */
};

/** cmdline_parse - Return: 0, -ENOMEM */
int cmdline_parse(const char *text, size_t len, struct cmdline *ret, struct err *e) must_check;

/** cmdline_done - wipe and release what is in @c */
void cmdline_done(struct cmdline *c);
