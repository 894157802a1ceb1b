/* SPDX-License-Identifier: MIT */
/*
 * share: see share.h
 */
#include "conf/share.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const share_credential_names[] = {
	[SHARE_CREDENTIAL_ANONYMOUS] = "anonymous",
	[SHARE_CREDENTIAL_SAS] = "sas",
	[SHARE_CREDENTIAL_MANAGED_IDENTITY] = "managed-identity",
	[SHARE_CREDENTIAL_WORKLOAD_IDENTITY] = "workload-identity",
	NULL,
};

const char *const share_provider_names[] = {
	[SHARE_PROVIDER_RAW] = "raw",	[SHARE_PROVIDER_CREDENTIAL] = "credential",
	[SHARE_PROVIDER_FILE] = "file", [SHARE_PROVIDER_AZURE_SKR] = "azure-skr",
	[SHARE_PROVIDER_NONE] = "none", NULL,
};

const char *const share_volume_names[] = {
	[SHARE_VOLUME_LUKS2] = "luks2",
	[SHARE_VOLUME_PLAIN] = "plain",
	NULL,
};

const char *const share_origin_names[] = {
	[SHARE_ORIGIN_FILE] = "file",
	[SHARE_ORIGIN_CREDENTIAL] = "credential",
	[SHARE_ORIGIN_COMMAND_LINE] = "command-line",
	NULL,
};

#define DIGEST_SHOWN 8					 /* hex digits in a name */
#define NAME_CUT     (SHARE_NAME_MAX - 1 - DIGEST_SHOWN) /* leaves room for '-' and them */

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_name_char(char c)
{
	return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
}

static void free_secret(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void share_free(struct share *s)
{
	if (!s)
		return;
	free(s->name);
	free(s->mount_point);
	free(s->source.url);
	free_secret(s->source.sas);
	free(s->source.client_id);
	free_secret(s->key.hex);
	free(s->key.name);
	free(s->key.path);
	free(s->key.kid);
	free(s->key.authority_endpoint);
	free(s->key.vault_endpoint);
	free_secret(s->key.bearer_token);
	free(s->key.derive_salt);
	free(s->key.derive_label);
	free(s->volume.cipher);
	free(s->volume.root_hash);
	free(s->volume.hash_url);
	free_secret(s->volume.hash_sas);
	free(s->filesystem.type);
	free(s->filesystem.options);
	free(s->origin.path);
	free(s);
}

bool share_name_is_valid(const char *name)
{
	size_t n = 0;

	if (!is_alphanumeric(name[0]))
		return false;
	while (is_name_char(name[n]))
		if (++n > SHARE_NAME_MAX)
			return false;
	return name[n] == '\0';
}

void share_name_from_path(const char *mount_point, bool with_digest, char *dst)
{
	char name[SHARE_NAME_MAX + 8], digest[SHA256_HEX_SIZE];
	const char *p = mount_point + (mount_point[0] == '/');
	size_t n = 0;

	if (!is_alphanumeric(*p))
		name[n++] = 's';
	for (; *p && n <= SHARE_NAME_MAX; p++)
		if (*p == '/')
			name[n++] = '-';
		else if (is_name_char(*p))
			name[n++] = *p;
		else
			n += (size_t)snprintf(name + n, sizeof(name) - n, "_%02x",
					      (unsigned char)*p);
	name[n] = '\0';
	if (n <= SHARE_NAME_MAX && !with_digest) {
		memcpy(dst, name, n + 1);
		return;
	}
	sha256_hex(mount_point, strlen(mount_point), digest);
	(void)snprintf(dst, SHARE_NAME_MAX + 1, "%.*s-%.*s", NAME_CUT, name, DIGEST_SHOWN, digest);
}

bool share_has_secrets(const struct share *s)
{
	return s->source.sas || s->key.hex || s->key.bearer_token || s->volume.hash_sas;
}
