/* SPDX-License-Identifier: MIT */
/*
 * settings: see settings.h
 */
#include "crypt/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "source/source.h"

#define VERITY_PREFIX "sealmount_verity-" /* no share's mapping begins so */

int settings_from_share(const char *name, struct settings *ret, struct err *e)
{
	struct share *share;
	int r = source_load_unit_share(name, &share, e);

	if (r < 0)
		return r;
	*ret = (struct settings){
		.share = share,
		.name = share->name,
		.cipher = share->volume.cipher,
		.root_hash = share->volume.root_hash,
		.hash_offset = share->volume.hash_url ? 0 : share->volume.hash_offset,
		.is_plain = share->volume.type == SHARE_VOLUME_PLAIN,
		.filesystem = share->filesystem.type,
	};
	(void)snprintf(ret->image_path, sizeof(ret->image_path), SHARE_RUN_DIR "/blob/%s/image",
		       share->name); /* names are short */
	(void)snprintf(ret->hash_path, sizeof(ret->hash_path), SHARE_RUN_DIR "/blob/%s/hash",
		       share->name); /* the same */
	ret->image = ret->image_path;
	ret->hash = share->volume.hash_url ? ret->hash_path : NULL;
	return settings_complete(ret, e);
}

static int decode_root_hash(struct settings *s, struct err *e)
{
	size_t len = strlen(s->root_hash);
	long n = len > 2 * sizeof(s->root) ? -EBADMSG : hex_decode(s->root_hash, len, s->root);

	if (n != 32 && n != 64)
		return err_set(e, EINVAL,
			       "the root hash must be 64 or 128 hexadecimal digits, and has %zu "
			       "characters",
			       len);
	s->root_size = (size_t)n;
	return 0;
}

int settings_complete(struct settings *s, struct err *e)
{
	if (!share_name_is_valid(s->name))
		return err_set(e, EINVAL, "'%s' is no name of a share", s->name);
	if (s->is_plain && !s->root_hash)
		return err_set(e, EINVAL,
			       "a plain volume needs a root hash: nothing else protects it");
	settings_names(s->name, s);
	if (!s->root_hash)
		return 0;
	return decode_root_hash(s, e);
}

void settings_names(const char *name, struct settings *s)
{
	(void)snprintf(s->mapping, sizeof(s->mapping), SHARE_MAPPER_PREFIX "%s", name); /* fits */
	(void)snprintf(s->verity, sizeof(s->verity), VERITY_PREFIX "%s", name);		/* fits */
}

void settings_done(struct settings *s)
{
	share_free(s->share);
	s->share = NULL;
}
