/* SPDX-License-Identifier: MIT */
/*
 * conf-field: see conf-field.h
 */
#include "conf/conf-field.h"

#include <stdio.h>
#include <string.h>

#include "conf/fields.h"

#define ROW(path, kind, id, fallback, help) { path, KIND_##kind, FIELD_##id },

static const struct field native_root[] = { CONF_NATIVE_ROOT_FIELDS(ROW) };
static const struct field native[] = { CONF_NATIVE_FIELDS(ROW) };
static const struct field remotefs_root[] = { CONF_REMOTEFS_ROOT_FIELDS(ROW) };
static const struct field remotefs[] = { CONF_REMOTEFS_FIELDS(ROW) };

/* What the generator adds for the helpers; no settings of a user. */
static const struct field unit[] = {
	CONF_NATIVE_FIELDS(ROW){ "origin.kind", KIND_ORIGIN, FIELD_ORIGIN_KIND },
	{ "origin.path", KIND_STRING, FIELD_ORIGIN_PATH },
	{ "origin.digest", KIND_STRING, FIELD_ORIGIN_DIGEST },
};

#define TABLE(rows) ((struct field_table){ rows, ARRAY_SIZE(rows) })

struct field_table field_table_of(enum conf_form form, bool is_root)
{
	if (form == CONF_FORM_REMOTEFS)
		return is_root ? TABLE(remotefs_root) : TABLE(remotefs);
	if (form == CONF_FORM_NATIVE && is_root)
		return TABLE(native_root);
	return TABLE(native);
}

struct field_table field_table_of_unit(void)
{
	return TABLE(unit);
}

void *field_place(struct draft *d, enum field_id id)
{
#define AT(member) offsetof(struct draft, member)
	static const size_t offsets[FIELD_COUNT] = {
		[FIELD_NAME] = AT(share.name),
		[FIELD_MOUNT_POINT] = AT(share.mount_point),
		[FIELD_URL] = AT(share.source.url),
		[FIELD_PRIVATE] = AT(is_private),
		[FIELD_CREDENTIAL] = AT(share.source.credential),
		[FIELD_CLIENT_ID] = AT(share.source.client_id),
		[FIELD_SAS] = AT(share.source.sas),
		[FIELD_WRITABLE] = AT(share.source.is_writable),
		[FIELD_PROVIDER] = AT(share.key.provider),
		[FIELD_HEX] = AT(share.key.hex),
		[FIELD_KEY_NAME] = AT(share.key.name),
		[FIELD_KEY_PATH] = AT(share.key.path),
		[FIELD_KEY_ENCRYPTED] = AT(share.key.is_encrypted),
		[FIELD_KID] = AT(share.key.kid),
		[FIELD_AUTHORITY] = AT(share.key.authority_endpoint),
		[FIELD_VAULT] = AT(share.key.vault_endpoint),
		[FIELD_BEARER_TOKEN] = AT(share.key.bearer_token),
		[FIELD_SALT] = AT(share.key.derive_salt),
		[FIELD_LABEL] = AT(share.key.derive_label),
		[FIELD_VOLUME] = AT(share.volume.type),
		[FIELD_CIPHER] = AT(share.volume.cipher),
		[FIELD_ROOT_HASH] = AT(share.volume.root_hash),
		[FIELD_HASH_URL] = AT(share.volume.hash_url),
		[FIELD_HASH_SAS] = AT(share.volume.hash_sas),
		[FIELD_HASH_OFFSET] = AT(share.volume.hash_offset),
		[FIELD_FS_TYPE] = AT(share.filesystem.type),
		[FIELD_FS_OPTIONS] = AT(share.filesystem.options),
		[FIELD_REQUIRED] = AT(share.boot.is_required),
		[FIELD_AUTO] = AT(share.boot.is_automatic),
		[FIELD_ORIGIN_KIND] = AT(share.origin.kind),
		[FIELD_ORIGIN_PATH] = AT(share.origin.path),
		[FIELD_ORIGIN_DIGEST] = AT(origin_digest),
	};
#undef AT

	return (char *)d + offsets[id];
}

size_t field_max(enum field_id id)
{
	switch (id) {
	case FIELD_MOUNT_POINT:
	case FIELD_KEY_PATH:
	case FIELD_ORIGIN_PATH:
		return SHARE_PATH_MAX;
	case FIELD_URL:
	case FIELD_HASH_URL:
	case FIELD_SAS:
	case FIELD_BEARER_TOKEN:
		return SHARE_URL_MAX;
	case FIELD_HEX:
		return 2 * SHARE_KEY_SIZE_MAX;
	default:
		return SHARE_TEXT_MAX;
	}
}

size_t field_path_prefix(enum conf_form form, int share, char *dst)
{
	const char *list = form == CONF_FORM_REMOTEFS ? "azure_filesystems" : "shares";

	if (share < 0 || form == CONF_FORM_SHARE)
		return (size_t)snprintf(dst, FIELD_PATH_MAX, "$.");
	return (size_t)snprintf(dst, FIELD_PATH_MAX, "$.%s[%d].", list, share);
}

static const char *path_in(struct field_table table, enum field_id id)
{
	for (size_t i = 0; i < table.n_rows; i++)
		if (table.rows[i].id == id && id != FIELD_NONE)
			return table.rows[i].path;
	return NULL;
}

void field_path(enum conf_form form, int share, enum field_id id, char *dst)
{
	const char *path = path_in(field_table_of(form, false), id);
	size_t n;

	if (!path && (path = path_in(field_table_of(form, true), id)))
		share = -1; /* a setting of the whole text */
	n = field_path_prefix(form, share, dst);
	if (path)
		(void)snprintf(dst + n, FIELD_PATH_MAX - n, "%s", path);
	else
		dst[n - 1] = '\0'; /* no setting of its own: the share itself */
}
