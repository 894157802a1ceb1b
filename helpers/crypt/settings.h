/* SPDX-License-Identifier: MIT */
/*
 * settings: what to attach, from a share or from options
 *
 * Uses: base, conf, source.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"
#include "conf/share.h"
#include "crypt/verity.h"

#define SETTINGS_NAME_MAX 160 /* bytes of a mapping's name, terminator included */

struct settings {
	const char *name;
	const char *image;	/* file */
	const char *hash;	/* file with the hash tree; NULL: in the image */
	const char *key_file;	/* NULL: the keyring */
	const char *cipher;	/* demanded; NULL: those that are trusted */
	const char *root_hash;	/* hexadecimal; NULL: no dm-verity */
	const char *filesystem; /* demanded; NULL: any */
	uint64_t hash_offset;
	bool is_plain;	 /* no LUKS: dm-verity alone */
	bool may_buffer; /* go on without direct I/O */

	/* Made by settings_complete(). */
	char mapping[SETTINGS_NAME_MAX]; /* "sealmount-NAME" */
	char verity[SETTINGS_NAME_MAX];	 /* "sealmount_verity-NAME"; empty: no such mapping */
	uint8_t root[VERITY_ROOT_HASH_MAX];
	size_t root_size;

	struct share *share; /* owns the strings, when it is one */
	char image_path[sizeof(SHARE_RUN_DIR "/blob/") + SHARE_NAME_MAX + sizeof("/image")];
	char hash_path[sizeof(SHARE_RUN_DIR "/blob/") + SHARE_NAME_MAX + sizeof("/image")];
};

/**
 * settings_from_share - what the unit of share @name was given
 *
 * Return: 0, -ENOENT (not started by a unit of ours), or another error of reading it
 */
int settings_from_share(const char *name, struct settings *ret, struct err *e) must_check;

/** settings_complete - check what fits together, and name the mappings; Return: 0, -EINVAL */
int settings_complete(struct settings *s, struct err *e) must_check;

/** settings_names - only the names of the mappings of share @name */
void settings_names(const char *name, struct settings *s);

/** settings_done - release the share */
void settings_done(struct settings *s);
