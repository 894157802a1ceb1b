/* SPDX-License-Identifier: MIT */
/*
 * share: the model of one share, as every program sees it
 *
 * A share is one remote image and the path it appears at. The two spellings of the
 * configuration (remotefs, native) both become this; what validated once is handed to
 * the helpers as canonical native JSON (conf-print.h), so they see exactly the same.
 *
 * Strings are owned by the share; NULL means "not set".
 * Uses: base.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/sha256.h"

#define SHARE_NAME_MAX	    64	 /* bytes */
#define SHARE_PATH_MAX	    4095 /* bytes; PATH_MAX without terminator */
#define SHARE_URL_MAX	    8192
#define SHARE_TEXT_MAX	    4096 /* any other string */
#define SHARE_KEY_SIZE_MAX  4096 /* bytes of a raw key, decoded */
#define SHARE_RUN_DIR	    "/run/sealmount"
#define SHARE_MAPPER_PREFIX "sealmount-" /* /dev/mapper/sealmount-NAME */

enum share_credential {
	SHARE_CREDENTIAL_ANONYMOUS,
	SHARE_CREDENTIAL_SAS,		    /* query string in the configuration */
	SHARE_CREDENTIAL_MANAGED_IDENTITY,  /* accepted; not served by this version */
	SHARE_CREDENTIAL_WORKLOAD_IDENTITY, /* the same */
};

enum share_provider {
	SHARE_PROVIDER_RAW,	   /* hex in the configuration, for tests */
	SHARE_PROVIDER_CREDENTIAL, /* a systemd credential */
	SHARE_PROVIDER_FILE,	   /* a file of the machine */
	SHARE_PROVIDER_AZURE_SKR,  /* accepted; not served by this version */
	SHARE_PROVIDER_NONE,	   /* volume type "plain": nothing to open */
};

enum share_volume {
	SHARE_VOLUME_LUKS2, /* the default */
	SHARE_VOLUME_PLAIN, /* a bare filesystem; only below dm-verity */
};

/* Where the text of a configuration came from; what may be trusted depends on it. */
enum share_origin {
	SHARE_ORIGIN_FILE,	   /* local file of the image; the path says which */
	SHARE_ORIGIN_CREDENTIAL,   /* system credential sealmount.config */
	SHARE_ORIGIN_COMMAND_LINE, /* sealmount.config= of the kernel command line */
};

struct share {
	char *name;	    /* unit instance, mapper name, key description, log field */
	bool name_is_given; /* false: derived from the mount point */
	char *mount_point;  /* absolute, no "." or "..", no double or trailing slash */

	struct {
		char *url; /* http, https or file; without the SAS */
		char *sas; /* SECRET: query string without '?', verbatim; NULL in units */
		enum share_credential credential;
		char *client_id;
		bool is_writable; /* asked for; this version serves read-only */
	} source;

	struct {
		enum share_provider provider;
		char *hex;	   /* SECRET: raw; NULL in units */
		char *name;	   /* credential: its id */
		char *path;	   /* file: absolute; credential: optional absolute path */
		bool is_encrypted; /* credential: made by systemd-creds encrypt */
		/* azure-skr, kept for the version that serves it */
		char *kid, *authority_endpoint, *vault_endpoint;
		char *bearer_token; /* SECRET */
		char *derive_salt, *derive_label;
	} key;

	struct {
		enum share_volume type;
		char *cipher;	      /* demanded of the header; NULL: the allow list */
		char *root_hash;      /* dm-verity, lower-case hex; NULL: none */
		char *hash_url;	      /* blob with the hash tree; NULL: behind the data */
		char *hash_sas;	      /* SECRET: its query */
		uint64_t hash_offset; /* bytes; where the tree begins when hash_url is NULL */
	} volume;

	struct {
		char *type;    /* default ext4 */
		char *options; /* mount options, comma separated; NULL: none */
	} filesystem;

	struct {
		bool is_required;  /* remote-fs.target waits for it */
		bool is_automatic; /* started at boot; default true (native "auto") */
	} boot;

	struct {
		enum share_origin kind;
		char *path;		      /* of the file; NULL otherwise */
		char digest[SHA256_HEX_SIZE]; /* of the canonical text with secrets; "" if there
					       * are none */
	} origin;

	bool is_broken; /* an error finding is about this share: it must not run */
};

/** share_free - wipe the secrets and release; NULL is fine */
void share_free(struct share *s);

/** share_name_is_valid - [A-Za-z0-9][A-Za-z0-9_.-]*, at most SHARE_NAME_MAX bytes */
bool share_name_is_valid(const char *name);

/**
 * share_name_from_path - the default name (design section 5)
 * @mount_point: normalized
 * @dst:	 SHARE_NAME_MAX + 1 bytes
 * @with_digest: append "-" and 8 hex digits of the path's SHA-256 (collisions); names
 *		 that are too long are cut and get it anyway
 */
void share_name_from_path(const char *mount_point, bool with_digest, char *dst);

/** share_has_secrets - something in it that must come from the origin at run time */
bool share_has_secrets(const struct share *s);

/* Names in JSON of the enumerations; the value is an index. */
extern const char *const share_credential_names[];
extern const char *const share_provider_names[];
extern const char *const share_volume_names[];
extern const char *const share_origin_names[];
