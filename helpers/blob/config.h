/* SPDX-License-Identifier: MIT */
/*
 * config: what this process is to serve, and where
 *
 * Either from the command line (a person) or from the unit's credentials (a share). In
 * both cases a SAS comes from a file and goes into locked memory, never through
 * arguments or the environment.
 *
 * Uses: base, source.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"
#include "base/secret.h"
#include "conf/share.h"

#define CONFIG_DIR SHARE_RUN_DIR "/blob" /* directories of shares, one each */

struct config_options { /* as given; NULL or 0: not given */
	const char *share;
	const char *url, *dir;
	const char *sas_file;
	const char *hash_url, *hash_sas_file;
};

struct config {
	char *dir; /* absolute, resolved */
	bool is_dir_ours;
	char *url;
	struct secret *sas; /* NUL-terminated; NULL: none */
	char *hash_url;	    /* NULL: no second file */
	struct secret *hash_sas;
	char *share; /* NULL: by hand */
};

/**
 * config_load - check and collect
 *
 * A file with a SAS that others can read is refused, and so is a SAS in a URL.
 *
 * Return: 0, -EINVAL, -EACCES, -ENOENT, -ESTALE, -ENOMEM, or the error of a file
 */
int config_load(const struct config_options *o, struct config **ret, struct err *e) must_check;

/** config_free - wipes; NULL is fine */
void config_free(struct config *c);
