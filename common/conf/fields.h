/* SPDX-License-Identifier: MIT */
/*
 * fields: every setting of both spellings, one row each
 *
 * The reader (conf-json.c), the paths in findings and the check of the man page follow from
 * these tables. Columns: path below the share (or below the text, for the ROOT tables), kind
 * of value, what it sets, default, one line. Rows of one object stand together: the reader
 * goes by runs of a common prefix.
 *
 * Uses: nothing.
 */
#pragma once

/* {"shares": [...]} */
#define CONF_NATIVE_ROOT_FIELDS(X) X("shares", SHARES, NONE, "", "list of shares")

#define CONF_NATIVE_FIELDS(X)                                                                     \
	X("name", STRING, NAME, "from mount_point", "unit instance, mapping, key and log field")  \
	X("mount_point", STRING, MOUNT_POINT, "", "where the share appears; absolute path")       \
	X("source.url", URL, URL, "", "address of the blob: http, https or file")                 \
	X("source.credential.type", CREDENTIAL, CREDENTIAL, "anonymous, or sas if there is one",  \
	  "who asks for the blob")                                                                \
	X("source.credential.client_id", STRING, CLIENT_ID, "", "id of the managed identity")     \
	X("source.credential.sas", SECRET, SAS, "", "query of a shared access signature; secret") \
	X("source.writable", BOOL, WRITABLE, "false", "writing is wanted")                        \
	X("key.provider", PROVIDER, PROVIDER, "", "where the key comes from")                     \
	X("key.hex", SECRET, HEX, "", "raw: the key in hexadecimal; secret, for tests")           \
	X("key.name", STRING, KEY_NAME, "", "credential: its name")                               \
	X("key.path", STRING, KEY_PATH, "", "file: where it is; credential: file with it")        \
	X("key.encrypted", BOOL, KEY_ENCRYPTED, "false", "credential: made by systemd-creds")     \
	X("key.kid", STRING, KID, "", "azure-skr: name of the key, or name/version")              \
	X("key.authority.endpoint", STRING, AUTHORITY, "", "azure-skr: attestation service")      \
	X("key.vault.endpoint", STRING, VAULT, "", "azure-skr: key vault or managed HSM")         \
	X("key.vault.bearer_token", SECRET, BEARER_TOKEN, "", "azure-skr: access token; secret")  \
	X("key.derive.salt", STRING, SALT, "", "azure-skr: HKDF salt in hexadecimal")             \
	X("key.derive.label", STRING, LABEL, "", "azure-skr: HKDF info")                          \
	X("volume.type", VOLUME, VOLUME, "luks2", "luks2, or plain below dm-verity")              \
	X("volume.cipher", STRING, CIPHER, "the allow list", "cipher that the header must name")  \
	X("volume.verity.root_hash", STRING, ROOT_HASH, "", "dm-verity root hash, hexadecimal")   \
	X("volume.verity.hash_url", URL, HASH_URL, "behind the data", "blob with the hash tree")  \
	X("volume.verity.hash_offset", SIZE, HASH_OFFSET, "0", "where the tree begins, in bytes") \
	X("filesystem.type", STRING, FS_TYPE, "ext4", "type of the filesystem")                   \
	X("filesystem.options", STRING, FS_OPTIONS, "", "mount options, separated by commas")     \
	X("boot.required", BOOL, REQUIRED, "false", "remote-fs.target waits for it")              \
	X("boot.auto", BOOL, AUTO, "true", "started at boot")                                     \
	X("boot.automount", FALSE, NONE, "false", "not available in this version")                \
	X("overlay", ABSENT, NONE, "", "not available in this version")

/* {"azure_info": ..., "azure_filesystems": [...]} */
#define CONF_REMOTEFS_ROOT_FIELDS(X)                                                            \
	X("azure_filesystems", SHARES, NONE, "", "list of shares")                              \
	X("azure_info.identity.client_id", STRING, CLIENT_ID, "", "id of the managed identity") \
	X("azure_info.certcache.endpoint_type", IGNORED, NONE, "", "not used by this version")  \
	X("azure_info.certcache.endpoint", IGNORED, NONE, "", "not used by this version")       \
	X("azure_info.certcache.tee_type", IGNORED, NONE, "", "not used by this version")       \
	X("azure_info.certcache.api_version", IGNORED, NONE, "", "not used by this version")    \
	X("azure_info.certcache.client_id", IGNORED, NONE, "", "not used by this version")      \
	X("azure_info.certcache.amd", IGNORED_BOOL, NONE, "false", "old; not used")

#define CONF_REMOTEFS_FIELDS(X)                                                                   \
	X("mount_point", STRING, MOUNT_POINT, "", "where the share appears; absolute path")       \
	X("azure_url", URL, URL, "", "address of the blob, SAS included if there is one")         \
	X("azure_url_private", BOOL, PRIVATE, "false", "the managed identity asks for the blob")  \
	X("read_write", BOOL, WRITABLE, "false", "writing is wanted")                             \
	X("key.kid", STRING, KID, "", "name of the key, or name/version")                         \
	X("key.kty", IGNORED, NONE, "", "accepted; the vault's answer decides")                   \
	X("key.key_ops", STRINGS, NONE, "", "accepted; not used")                                 \
	X("key.authority.endpoint", STRING, AUTHORITY, "", "attestation service, without scheme") \
	X("key.authority.tee_type", IGNORED, NONE, "", "accepted; not used")                      \
	X("key.authority.api_version", IGNORED, NONE, "", "accepted; not used")                   \
	X("key.akv.endpoint", STRING, VAULT, "", "key vault or managed HSM, without scheme")      \
	X("key.akv.api_version", IGNORED, NONE, "", "accepted; not used")                         \
	X("key.akv.bearer_token", SECRET, BEARER_TOKEN, "", "access token for the vault; secret") \
	X("key.mhsm.endpoint", STRING, VAULT, "", "old name of key.akv.endpoint")                 \
	X("key.mhsm.api_version", IGNORED, NONE, "", "old name of key.akv.api_version")           \
	X("key.mhsm.bearer_token", SECRET, BEARER_TOKEN, "", "old name of key.akv.bearer_token")  \
	X("key_derivation.salt", STRING, SALT, "", "HKDF salt in hexadecimal")                    \
	X("key_derivation.label", STRING, LABEL, "", "HKDF info")                                 \
	X("raw_key", SECRET, HEX, "", "the key in hexadecimal; secret, for tests")
