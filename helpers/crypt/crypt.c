/* SPDX-License-Identifier: MIT */
/*
 * crypt: see crypt.h
 */
#include "crypt/crypt.h"

#include <errno.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "crypt/dm.h"

#define SECTOR	   512
#define DETAIL_MAX 256 /* bytes of libcryptsetup's own words that we pass on */

/* The first complaint of libcryptsetup since the last call; it has no other place for one. */
struct detail {
	char text[DETAIL_MAX];
};

static void cleanup_crypt_fn(struct crypt_device **cd)
{
	crypt_free(*cd);
}

#define cleanup_crypt __attribute__((cleanup(cleanup_crypt_fn)))

static void keep_detail(int level, const char *msg, void *user)
{
	struct detail *d = user;

	log_debug("libcryptsetup: %.*s", (int)strcspn(msg, "\n"), msg);
	if (level == CRYPT_LOG_ERROR && !d->text[0])
		(void)snprintf(d->text, sizeof(d->text), "%.*s", (int)strcspn(msg, "\n"),
			       msg); /* cut when too long */
}

static int explain(struct err *e, int r, const struct detail *d, const char *what)
{
	if (r == -ENODEV || r == -ENOTBLK || r == -ENOTSUP)
		(void)err_set(e, -r, "%s: %s", what,
			      d->text[0] ? d->text : "device-mapper is not available");
	else if (d->text[0])
		(void)err_set(e, -r, "%s: %s", what, d->text);
	else
		(void)err_errno(e, -r, "%s", what);
	return r;
}

/*
 * Global settings of libcryptsetup: no locks for headers (ours is private to us), and no
 * loading of token plug-ins, whose names a header would choose.
 */
static void set_up_library(void)
{
	(void)crypt_metadata_locking(NULL, 0); /* cannot be refused */
	crypt_token_external_disable();
	crypt_set_debug_level(CRYPT_DEBUG_NONE);
}

/* What libcryptsetup understood must be what was checked. */
static int compare_header(struct crypt_device *cd, const struct header *h, struct err *e)
{
	struct crypt_params_integrity integrity = { 0 };
	const char *uuid = crypt_get_uuid(cd), *type = crypt_get_type(cd);
	const char *what = NULL;
	char cipher[64];

	(void)crypt_get_integrity_info(cd, &integrity); /* none is fine, compared below */
	(void)snprintf(cipher, sizeof(cipher), "%s-%s", crypt_get_cipher(cd),
		       crypt_get_cipher_mode(cd)); /* a cut one compares unequal */
	if (!type || strcmp(type, CRYPT_LUKS2) != 0)
		what = "type";
	else if (!uuid || strcmp(uuid, h->uuid) != 0)
		what = "UUID";
	else if (strcmp(cipher, h->cipher) != 0)
		what = "cipher";
	else if (strcmp(integrity.integrity ? integrity.integrity : "", h->integrity) != 0)
		what = "integrity";
	else if (crypt_get_data_offset(cd) * SECTOR != h->data_offset)
		what = "data offset";
	else if ((uint32_t)crypt_get_sector_size(cd) != h->sector_size)
		what = "sector size";
	if (what)
		return err_set(e, EBADMSG, "libcryptsetup reads another %s than was checked", what);
	return 0;
}

static int load(int header_fd, const struct header *h, const char *device, struct detail *d,
		struct crypt_device **ret, struct err *e)
{
	cleanup_crypt struct crypt_device *cd = NULL;
	char path[64];
	int r;

	set_up_library();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", header_fd); /* fits */
	r = crypt_init_data_device(&cd, path, device);
	if (r < 0)
		return explain(e, r, d, "set up libcryptsetup");
	crypt_set_log_callback(cd, keep_detail, d);
	r = crypt_load(cd, CRYPT_LUKS2, NULL);
	if (r < 0)
		return explain(e, r, d, "load the checked header");
	r = compare_header(cd, h, e);
	if (r < 0)
		return r;
	*ret = steal_ptr(&cd);
	return 0;
}

static int unlock(struct crypt_device *cd, const struct header *h, const char *name,
		  const struct secret *key, uint32_t flags, struct detail *d, struct err *e)
{
	int r;

	/*
	 * Several shares start at once: one Argon2 at a time, or memory runs out. The lock
	 * is a file of root's; a test of the key need not wait.
	 */
	if (name && h->argon2_memory_kib)
		flags |= CRYPT_ACTIVATE_SERIALIZE_MEMORY_HARD_PBKDF;
	r = crypt_activate_by_passphrase(cd, name, CRYPT_ANY_SLOT, (const char *)key->data,
					 key->len, flags);
	if (r == -EPERM || r == -ENOENT)
		return err_set(e, EKEYREJECTED, "the key opens none of the %zu key slots",
			       h->n_slots);
	if (r < 0)
		return explain(e, r, d, name ? "activate the volume" : "try the key");
	if ((uint32_t)crypt_get_volume_key_size(cd) != h->key_size)
		return err_set(e, EBADMSG, "the volume key has another size than was checked");
	return 0;
}

int crypt_volume_test(int header_fd, const struct header *h, const struct secret *key,
		      struct err *e)
{
	cleanup_crypt struct crypt_device *cd = NULL;
	struct detail d = { "" };
	int r;

	r = load(header_fd, h, NULL, &d, &cd, e);
	if (r < 0)
		return r;
	return unlock(cd, h, /* name= */ NULL, key, 0, &d, e);
}

/* The kernel's own view: a table that we did not mean must not stay. */
static int compare_table(struct crypt_device *cd, const struct header *h, const char *name,
			 struct err *e)
{
	struct crypt_active_device active;
	struct dm_mapping m;
	struct dm_target target;
	int r = crypt_get_active_device(cd, name, &active);

	if (r < 0)
		return err_errno(e, -r, "look at the new mapping");
	r = dm_query(name, &m, e);
	if (r == 0)
		r = dm_query_target(name, &target, e);
	if (r < 0)
		return r;
	if (!m.exists || !m.is_read_only || !(active.flags & CRYPT_ACTIVATE_READONLY))
		return err_set(e, EBADMSG, "the new mapping is not read-only");
	if (strcmp(target.type, "crypt") != 0)
		return err_set(e, EBADMSG, "the new mapping is '%s', not crypt", target.type);
	if (h->integrity[0])
		return 0; /* offset and cipher are written in other ways there */
	if (strcmp(target.cipher, h->cipher) != 0 || active.offset * SECTOR != h->data_offset ||
	    active.size * SECTOR != h->data_size || active.iv_offset != 0)
		return err_set(e, EBADMSG,
			       "the new mapping has cipher '%s', offset %llu, size %llu, "
			       "not what was checked",
			       target.cipher, (unsigned long long)active.offset * SECTOR,
			       (unsigned long long)active.size * SECTOR);
	return 0;
}

int crypt_volume_open(int header_fd, const struct header *h, const char *device, const char *name,
		      const struct secret *key, struct err *e)
{
	/* The header's own flags are the storage's; only ours count. */
	uint32_t flags = CRYPT_ACTIVATE_READONLY | CRYPT_ACTIVATE_IGNORE_PERSISTENT;
	cleanup_crypt struct crypt_device *cd = NULL;
	struct detail d = { "" };
	int r;

	r = load(header_fd, h, device, &d, &cd, e);
	if (r < 0)
		return r;
	/* dm-integrity would replay its journal, which it cannot on a read-only device. */
	if (h->integrity[0])
		flags |= CRYPT_ACTIVATE_NO_JOURNAL;
	r = unlock(cd, h, name, key, flags, &d, e);
	if (r == 0) {
		r = compare_table(cd, h, name, e);
		if (r < 0)
			(void)crypt_deactivate(cd, name); /* the first error is the one to tell */
	}
	return r;
}

int crypt_verity_open(const struct verity *v, const uint8_t *root_hash, const char *data_device,
		      const char *hash_device, const char *name, struct err *e)
{
	/* No header: the superblock was read and checked by us, and is not read again. */
	struct crypt_params_verity p = {
		.hash_name = v->algorithm,
		.data_device = data_device,
		.hash_device = hash_device,
		.salt = (const char *)v->salt,
		.salt_size = v->salt_size,
		.hash_type = 1,
		.data_block_size = v->data_block_size,
		.hash_block_size = v->hash_block_size,
		.data_size = v->data_blocks,
		/* The tree begins in the block behind the superblock's. */
		.hash_area_offset = v->offset + v->hash_block_size,
		.flags = CRYPT_VERITY_NO_HEADER,
	};
	cleanup_crypt struct crypt_device *cd = NULL;
	struct detail d = { "" };
	int r;

	set_up_library();
	r = crypt_init(&cd, hash_device);
	if (r < 0)
		return explain(e, r, &d, "set up libcryptsetup");
	crypt_set_log_callback(cd, keep_detail, &d);
	r = crypt_format(cd, CRYPT_VERITY, NULL, NULL, NULL, NULL, 0, &p);
	if (r < 0)
		return explain(e, r, &d, "set up dm-verity");
	r = crypt_activate_by_volume_key(cd, name, (const char *)root_hash, v->digest_size,
					 CRYPT_ACTIVATE_READONLY);
	if (r == -EPERM)
		return err_set(e, EBADMSG,
			       "the hash tree does not have the root hash of the share");
	if (r < 0)
		return explain(e, r, &d, "activate dm-verity");
	return 0;
}

int crypt_mapping_close(const char *name, bool when_unused, struct err *e)
{
	struct detail d = { "" };
	struct dm_mapping m;
	int r = dm_query(name, &m, e);

	if (r < 0 || !m.exists)
		return r;
	set_up_library();
	crypt_set_log_callback(NULL, keep_detail, &d);
	r = crypt_deactivate_by_name(NULL, name, when_unused ? CRYPT_DEACTIVATE_DEFERRED : 0);
	crypt_set_log_callback(NULL, NULL, NULL);
	if (r == -ENODEV)
		return 0;
	if (r < 0)
		return explain(e, r, &d, "deactivate the mapping");
	return 1;
}
