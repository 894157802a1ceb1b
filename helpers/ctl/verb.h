/* SPDX-License-Identifier: MIT */
/*
 * verb: what sealmountctl can do; one row a verb in main.c, one verb-X.c a first word
 *
 * A verb parses its own options (base/opts.h); argv[0] is its last word.
 * Uses: base.
 */
#pragma once

/** Return: an exit status of base/opts.h */
typedef int (*verb_fn)(int argc, char **argv);

/** verb_check - findings of a file, or of all sources */
int verb_check(int argc, char **argv);

/** verb_config_encode - a configuration as one line of base64 */
int verb_config_encode(int argc, char **argv);

/** verb_config_decode - the reverse, readable, secrets masked unless told otherwise */
int verb_config_decode(int argc, char **argv);

/** verb_config_report - why a share cannot be used, for the unit that stands for it */
int verb_config_report(int argc, char **argv);

/** verb_plan - the units that the configuration becomes */
int verb_plan(int argc, char **argv);
