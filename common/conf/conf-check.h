/* SPDX-License-Identifier: MIT */
/*
 * conf-check: the rules of one share
 *
 * Pure. Every mistake becomes a finding; what is left out gets its default.
 * Uses: base.
 */
#pragma once

#include "conf/conf-field.h"

/**
 * conf_check_share - check and complete @d
 * @share:   index in @c
 * @is_unit: the text is one that the generator wrote: secrets are elsewhere, and what was
 *	     let pass there passes here
 *
 * Afterwards mount_point and URLs are normalized, or NULL where they were wrong.
 *
 * Return: 0, -ENOMEM
 */
int conf_check_share(struct conf *c, int share, struct draft *d, bool is_unit) must_check;
