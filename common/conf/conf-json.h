/* SPDX-License-Identifier: MIT */
/*
 * conf-json: the door to json-c; JSON that conf-scan.c accepted to drafts of shares
 *
 * The tables of fields.h say which member is what; what they mean together is the business
 * of conf-check.c.
 *
 * Uses: base, json-c.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "conf/conf.h"

/**
 * json_read_conf - form, shares and findings of @text
 *
 * Return: 0, -ENOMEM
 */
int json_read_conf(struct conf *c, const char *text, size_t len) must_check;

/**
 * json_read_unit - the one share of a text that conf_print_share() wrote
 *
 * Return: 0, -EBADMSG (not an object), -ENOMEM. Mistakes are findings in @c.
 */
int json_read_unit(struct conf *c, const char *text, size_t len) must_check;

/** json_read_trust - as conf_parse_trust(), of a text that scan_json() accepted */
int json_read_trust(const char *text, size_t len, unsigned *ret_origins, struct err *e) must_check;
