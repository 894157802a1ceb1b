/* SPDX-License-Identifier: MIT */
/*
 * generate: all shares of all sources into one output directory
 *
 * One share's failure is its own: it is logged, and the rest goes on. What is logged
 * may reach the host of a confidential VM (log-kmsg.c): names of shares, JSON paths and
 * rules, but no values, paths or addresses of the user's choice.
 *
 * Uses: base, conf, source.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "running.h"
#include "source/source.h"

/**
 * generate - write the units of @set below @dir_fd
 * @running: shares that are up; those without units of their own get what takes them down
 *
 * Return: 0; -errno of the first failure, everything else was written and the failures
 * were logged
 */
int generate(const struct source_set *set, struct running *running, int dir_fd) must_check;
