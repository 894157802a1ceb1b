/* SPDX-License-Identifier: MIT */
/*
 * emit: write a unit set below one output directory
 *
 * Nothing that is there is replaced or followed: files are made exclusively, links are
 * never opened, and a folder that is a link is refused. What is there already and is
 * exactly what would be written is fine, so that a second run changes nothing.
 * systemd.generator(7); systemd-integration notes 1.4.
 *
 * Uses: base.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "unit-set.h"

/**
 * emit_units - write all entries of @s below @dir_fd
 *
 * Carries on behind an entry that fails; a file that could not be completed is removed.
 *
 * Return: 0, or the error of the first entry that failed:
 *   -EEXIST  something else is in its place
 *   -errno   of mkdirat(2), openat(2), write(2), symlinkat(2)
 */
int emit_units(int dir_fd, const struct unit_set *s, struct err *e) must_check;
