/* SPDX-License-Identifier: MIT */
/*
 * conf-field: rows of fields.h as data, and where a value of theirs belongs
 *
 * Inside common/conf and common/source only.
 * Uses: base.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

enum field_kind {
	KIND_STRING,
	KIND_URL,    /* a string whose query is never shown */
	KIND_SECRET, /* a string that is never shown */
	KIND_BOOL,
	KIND_SIZE,
	KIND_CREDENTIAL, /* one of share_credential_names */
	KIND_PROVIDER,
	KIND_VOLUME,
	KIND_STRINGS,	   /* list of strings, not used */
	KIND_IGNORED,	   /* string, not used */
	KIND_IGNORED_BOOL, /* the same */
	KIND_FALSE,	   /* only false: the rest is not available */
	KIND_ABSENT,	   /* not available */
	KIND_SHARES,
	KIND_ORIGIN, /* one of share_origin_names; units only */
};

enum field_id {
	FIELD_NONE,
	FIELD_NAME,
	FIELD_MOUNT_POINT,
	FIELD_URL,
	FIELD_PRIVATE,
	FIELD_CREDENTIAL,
	FIELD_CLIENT_ID,
	FIELD_SAS,
	FIELD_WRITABLE,
	FIELD_PROVIDER,
	FIELD_HEX,
	FIELD_KEY_NAME,
	FIELD_KEY_PATH,
	FIELD_KEY_ENCRYPTED,
	FIELD_KID,
	FIELD_AUTHORITY,
	FIELD_VAULT,
	FIELD_BEARER_TOKEN,
	FIELD_SALT,
	FIELD_LABEL,
	FIELD_VOLUME,
	FIELD_CIPHER,
	FIELD_ROOT_HASH,
	FIELD_HASH_URL,
	FIELD_HASH_SAS, /* split off from hash_url; no setting of its own, except in units */
	FIELD_HASH_OFFSET,
	FIELD_FS_TYPE,
	FIELD_FS_OPTIONS,
	FIELD_REQUIRED,
	FIELD_AUTO,
	FIELD_ORIGIN_KIND,
	FIELD_ORIGIN_PATH,
	FIELD_ORIGIN_DIGEST,
	FIELD_COUNT,
};

struct field {
	const char *path; /* below the share or the text, members joined by '.' */
	enum field_kind kind;
	enum field_id id;
};

struct field_table {
	const struct field *rows;
	size_t n_rows;
};

/* A share while it is read: what was given, and what has no place in the model. */
struct draft {
	struct share share;
	uint64_t given;	      /* bit FIELD_x: it was set, and not to null */
	uint64_t invalid;     /* bit FIELD_x: one of a list, but not on it */
	uint64_t placeholder; /* bit FIELD_x: "<text>" that nobody filled in */
	bool is_private;      /* remotefs azure_url_private */
	char *origin_digest;
};

static inline bool draft_has(const struct draft *d, enum field_id id)
{
	return d->given >> id & 1;
}

/** field_table_of - settings of one share, or of the whole text when @is_root */
struct field_table field_table_of(enum conf_form form, bool is_root);

/** field_table_of_unit - native settings and the origin that only units have */
struct field_table field_table_of_unit(void);

/** field_place - where the value of @id is kept in @d; its type follows from the kind */
void *field_place(struct draft *d, enum field_id id);

/** field_max - longest text in bytes */
size_t field_max(enum field_id id);

#define FIELD_PATH_MAX 512 /* bytes of a path in a finding; longer ones are cut */

/**
 * field_path - JSON path of @id in a text of @form
 * @share: index, or -1 for the whole text
 * @dst:   FIELD_PATH_MAX bytes
 */
void field_path(enum conf_form form, int share, enum field_id id, char *dst);

/** field_path_prefix - "$.shares[3]." or "$."; Return: bytes written */
size_t field_path_prefix(enum conf_form form, int share, char *dst);
