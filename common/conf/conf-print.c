/* SPDX-License-Identifier: MIT */
/*
 * conf-print: canonical native JSON of one share
 *
 * Order of the members is fixed and what has its default is left out, so equal shares
 * print equal texts, and a digest of the text is a digest of the share.
 */
#include "conf/conf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define FIRST_SIZE 1024
#define ESCAPED	   6 /* bytes of \u00NN */

struct out {
	char *text;
	size_t n, size;
	bool is_first; /* in the object that is open */
	bool is_out_of_memory;
};

static bool grow(struct out *o, size_t more)
{
	size_t size = o->size ? o->size : FIRST_SIZE;
	char *text;

	if (o->is_out_of_memory)
		return false;
	if (o->n + more < o->size)
		return true;
	while (size <= o->n + more)
		size *= 2;
	text = malloc(size); /* not realloc: a move would leave a copy of a secret */
	if (!text) {
		o->is_out_of_memory = true;
		return false;
	}
	if (o->text) {
		memcpy(text, o->text, o->n);
		explicit_bzero(o->text, o->n);
		free(o->text);
	}
	o->text = text;
	o->size = size;
	return true;
}

static void put(struct out *o, const char *text, size_t len)
{
	if (!grow(o, len))
		return;
	memcpy(o->text + o->n, text, len);
	o->n += len;
}

static void put_text(struct out *o, const char *text)
{
	put(o, text, strlen(text));
}

/* Only what JSON demands is escaped; everything else is UTF-8 that was checked. */
static void put_quoted(struct out *o, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	char *dst;

	if (!grow(o, ESCAPED * strlen(text) + 2))
		return;
	dst = o->text + o->n;
	*dst++ = '"';
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			*dst++ = '\\';
		if (c >= ' ') {
			*dst++ = *text;
			continue;
		}
		dst = mempcpy(dst, "\\u00", 4);
		*dst++ = digits[c >> 4];
		*dst++ = digits[c & 15];
	}
	*dst++ = '"';
	o->n = (size_t)(dst - o->text);
}

static void put_name(struct out *o, const char *name)
{
	put_text(o, o->is_first ? "\"" : ",\"");
	put_text(o, name);
	put_text(o, "\":");
	o->is_first = false;
}

static void open_object(struct out *o, const char *name)
{
	if (name)
		put_name(o, name);
	put_text(o, "{");
	o->is_first = true;
}

static void close_object(struct out *o)
{
	put_text(o, "}");
	o->is_first = false;
}

static void member(struct out *o, const char *name, const char *value)
{
	if (!value)
		return;
	put_name(o, name);
	put_quoted(o, value);
}

static void member_if(struct out *o, const char *name, bool value, bool fallback)
{
	if (value == fallback)
		return;
	put_name(o, name);
	put_text(o, value ? "true" : "false");
}

static void put_source(struct out *o, const struct share *s, bool with_secrets)
{
	open_object(o, "source");
	member(o, "url", s->source.url);
	open_object(o, "credential");
	member(o, "type", share_credential_names[s->source.credential]);
	member(o, "client_id", s->source.client_id);
	member(o, "sas", with_secrets ? s->source.sas : NULL);
	close_object(o);
	member_if(o, "writable", s->source.is_writable, false);
	close_object(o);
}

static void put_vault(struct out *o, const struct share *s, bool with_secrets)
{
	const char *token = with_secrets ? s->key.bearer_token : NULL;

	if (s->key.authority_endpoint) {
		open_object(o, "authority");
		member(o, "endpoint", s->key.authority_endpoint);
		close_object(o);
	}
	if (s->key.vault_endpoint || token) {
		open_object(o, "vault");
		member(o, "endpoint", s->key.vault_endpoint);
		member(o, "bearer_token", token);
		close_object(o);
	}
	if (s->key.derive_salt || s->key.derive_label) {
		open_object(o, "derive");
		member(o, "salt", s->key.derive_salt);
		member(o, "label", s->key.derive_label);
		close_object(o);
	}
}

static void put_key(struct out *o, const struct share *s, bool with_secrets)
{
	open_object(o, "key");
	member(o, "provider", share_provider_names[s->key.provider]);
	member(o, "hex", with_secrets ? s->key.hex : NULL);
	member(o, "name", s->key.name);
	member(o, "path", s->key.path);
	member_if(o, "encrypted", s->key.is_encrypted, false);
	member(o, "kid", s->key.kid);
	put_vault(o, s, with_secrets);
	close_object(o);
}

static void put_hash_url(struct out *o, const struct share *s, bool with_secrets)
{
	char *url = NULL;

	if (!s->volume.hash_sas || !with_secrets || !s->volume.hash_url) {
		member(o, "hash_url", s->volume.hash_url);
		return;
	}
	if (asprintf(&url, "%s?%s", s->volume.hash_url, s->volume.hash_sas) < 0) {
		o->is_out_of_memory = true;
		return;
	}
	member(o, "hash_url", url);
	explicit_bzero(url, strlen(url));
	free(url);
}

static void put_volume(struct out *o, const struct share *s, bool with_secrets)
{
	char offset[24];

	open_object(o, "volume");
	member(o, "type", share_volume_names[s->volume.type]);
	member(o, "cipher", s->volume.cipher);
	if (s->volume.root_hash || s->volume.hash_url || s->volume.hash_offset > 0) {
		open_object(o, "verity");
		member(o, "root_hash", s->volume.root_hash);
		put_hash_url(o, s, with_secrets);
		if (s->volume.hash_offset > 0) {
			(void)snprintf(offset, sizeof(offset), "%" PRIu64, s->volume.hash_offset);
			put_name(o, "hash_offset");
			put_text(o, offset);
		}
		close_object(o);
	}
	close_object(o);
}

static void put_rest(struct out *o, const struct share *s)
{
	open_object(o, "filesystem");
	member(o, "type", s->filesystem.type);
	member(o, "options", s->filesystem.options);
	close_object(o);
	open_object(o, "boot");
	member_if(o, "required", s->boot.is_required, false);
	member_if(o, "auto", s->boot.is_automatic, true);
	close_object(o);
}

static void put_origin(struct out *o, const struct share *s)
{
	open_object(o, "origin");
	member(o, "kind", share_origin_names[s->origin.kind]);
	member(o, "path", s->origin.path);
	member(o, "digest", s->origin.digest[0] ? s->origin.digest : NULL);
	close_object(o);
}

static char *print(const struct share *s, bool with_secrets, bool with_name, bool with_origin)
{
	struct out o = { 0 };

	open_object(&o, NULL);
	member(&o, "name", with_name ? s->name : NULL);
	member(&o, "mount_point", s->mount_point);
	put_source(&o, s, with_secrets);
	put_key(&o, s, with_secrets);
	put_volume(&o, s, with_secrets);
	put_rest(&o, s);
	if (with_origin)
		put_origin(&o, s);
	close_object(&o);
	put(&o, "", 1);
	if (!o.is_out_of_memory)
		return o.text;
	if (o.text)
		explicit_bzero(o.text, o.n);
	free(o.text);
	return NULL;
}

char *conf_print_share(const struct share *s, bool with_secrets)
{
	bool has_origin = s->origin.path || s->origin.kind != SHARE_ORIGIN_FILE;

	return print(s, with_secrets, true, has_origin || s->origin.digest[0]);
}

int conf_share_digest(const struct share *s, char ret[SHA256_HEX_SIZE])
{
	/* A default name depends on the other shares, and is not what the text says. */
	cleanup_free char *text = print(s, true, s->name_is_given, false);

	if (!text)
		return -ENOMEM;
	sha256_hex(text, strlen(text), ret);
	explicit_bzero(text, strlen(text));
	return 0;
}
