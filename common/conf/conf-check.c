/* SPDX-License-Identifier: MIT */
/*
 * conf-check: see conf-check.h
 */
#include "conf/conf-check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/conf-finding.h"
#include "conf/conf-url.h"

#define COMPONENT_MAX	255 /* bytes of one path component; NAME_MAX */
#define FS_TYPE_MAX	32
#define ROOT_HASH_MIN	32 /* hex digits: 128 bits */
#define ROOT_HASH_MAX	128
#define HASH_ALIGNMENT	512
#define HASH_OFFSET_MAX (UINT64_C(1) << 60)
#define DEFAULT_FS_TYPE "ext4"

struct check {
	struct conf *conf;
	int share;
	struct draft *d;
	bool is_unit;
};

static void add(const struct check *k, enum finding_level level, enum field_id id,
		const char *value, const char *remedy, const char *rule)
{
	char path[FIELD_PATH_MAX];
	struct finding_place place = { .share = k->share, .path = path };

	if (level == FINDING_ERROR)
		k->d->share.is_broken = true;
	field_path(k->conf->form, k->share, id, path);
	finding_add(k->conf, level, &place, value, remedy, "%s", rule);
}

static void error(const struct check *k, enum field_id id, const char *value, const char *remedy,
		  const char *rule)
{
	add(k, FINDING_ERROR, id, value, remedy, rule);
}

static void warning(const struct check *k, enum field_id id, const char *value, const char *remedy,
		    const char *rule)
{
	add(k, FINDING_WARNING, id, value, remedy, rule);
}

/* Values alone: each returns the rule that is broken, or NULL. */

static const char *name_problem(char *text, const char **ret_remedy)
{
	*ret_remedy = "use letters, digits, '_', '.' and '-', a letter or digit first, at most 64";
	return share_name_is_valid(text) ? NULL : "not a valid name of a share";
}

/* No double or trailing slashes afterwards. */
static void squeeze(char *path)
{
	char *to = path;

	for (const char *from = path; *from; from++)
		if (*from != '/' || (from[1] != '/' && from[1] != '\0'))
			*to++ = *from;
	if (to == path)
		*to++ = '/';
	*to = '\0';
}

static const char *path_problem(char *text, const char **ret_remedy)
{
	*ret_remedy = "give the path from the root, as in /srv/models";
	if (text[0] != '/')
		return "not an absolute path";
	squeeze(text);
	*ret_remedy = "write the path that is meant, without . and .. in it";
	for (const char *p = text + 1;;) {
		size_t len = strcspn(p, "/");

		if ((len == 1 && p[0] == '.') || (len == 2 && p[0] == '.' && p[1] == '.'))
			return "a path may not hold . or .. as components";
		if (len > COMPONENT_MAX) {
			*ret_remedy = "use shorter names";
			return "a component of the path is longer than 255 bytes";
		}
		if (!p[len])
			return NULL;
		p += len + 1;
	}
}

static bool is_at_or_below(const char *path, const char *tree)
{
	size_t len = strlen(tree);

	return strncmp(path, tree, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static const char *mount_point_problem(char *text, const char **ret_remedy)
{
	static const struct {
		const char *tree, *rule;
	} reserved[] = {
		{ "/proc", "below /proc nothing can be made; the kernel owns it" },
		{ "/sys", "below /sys nothing can be made; the kernel owns it" },
		{ "/dev", "/dev holds devices; udev owns it" },
		{ SHARE_RUN_DIR, SHARE_RUN_DIR " is where shares are kept out of sight" },
		{ "/usr", "/usr holds the system's programs; a share there could replace them" },
		{ "/boot", "/boot holds the kernel; a share there could replace it" },
		{ "/etc", "/etc holds the system's configuration; a share there could replace it" },
	};
	const char *rule = path_problem(text, ret_remedy);

	if (rule)
		return rule;
	*ret_remedy = "choose a path below /srv, /mnt or /opt";
	if (strcmp(text, "/") == 0)
		return "the root of the file system cannot be replaced by a share";
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (is_at_or_below(text, reserved[i].tree))
			return reserved[i].rule;
	return NULL;
}

static const char *hex_problem(char *text, const char **ret_remedy)
{
	size_t len = strlen(text);

	*ret_remedy = "write each byte as two digits 0 to 9 and a to f";
	if (strspn(text, "0123456789abcdefABCDEF") != len)
		return "not hexadecimal";
	return len % 2 ? "an odd number of hexadecimal digits" : NULL;
}

static const char *raw_key_problem(char *text, const char **ret_remedy)
{
	*ret_remedy = "write each byte as two digits 0 to 9 and a to f";
	return *text ? hex_problem(text, ret_remedy) : "a key of no bytes";
}

static const char *root_hash_problem(char *text, const char **ret_remedy)
{
	const char *rule = hex_problem(text, ret_remedy);
	size_t len = strlen(text);

	if (rule)
		return rule;
	*ret_remedy = "copy it from the output of veritysetup format";
	if (len < ROOT_HASH_MIN || len > ROOT_HASH_MAX)
		return "a root hash has 32 to 128 hexadecimal digits";
	for (char *p = text; *p; p++)
		*p = *p >= 'A' && *p <= 'F' ? (char)(*p + 'a' - 'A') : *p;
	return NULL;
}

static const char *credential_name_problem(char *text, const char **ret_remedy)
{
	*ret_remedy = "use letters, digits, '_', '.' and '-'";
	for (const char *p = text; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		      (*p >= '0' && *p <= '9') || strchr("_.-", *p)))
			return "not a valid name of a credential";
	if (!*text || strlen(text) > COMPONENT_MAX || text[0] == '.')
		return "not a valid name of a credential";
	return NULL;
}

static const char *url_rule(char *text, const char **ret_remedy)
{
	return url_problem(text, ret_remedy);
}

static const char *sas_problem(char *text, const char **ret_remedy)
{
	*ret_remedy = "copy it again, without the question mark in front";
	if (!*text || strpbrk(text, " \"<>\\?#"))
		return "not the query of a URL";
	return NULL;
}

static const char *endpoint_problem(char *text, const char **ret_remedy)
{
	*ret_remedy = "write the host alone, as in name.vault.azure.net";
	return strpbrk(text, " \"<>\\@?#") ? "not a host" : NULL;
}

static const char *cipher_problem(char *text, const char **ret_remedy)
{
	*ret_remedy = "write it as cryptsetup does, as in aes-xts-plain64";
	for (const char *p = text; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || strchr("_-:()", *p)))
			return "not the name of a cipher";
	if (!*text)
		return "not the name of a cipher";
	*ret_remedy = "name a cipher that encrypts, or leave it out";
	return strstr(text, "null") ? "a cipher that does not encrypt" : NULL;
}

static const char *fs_type_problem(char *text, const char **ret_remedy)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	*ret_remedy = "name a type of filesystem, as in ext4";
	return text[len] || len == 0 || len > FS_TYPE_MAX ? "not a type of filesystem" : NULL;
}

static const char *fs_options_problem(char *text, const char **ret_remedy)
{
	static const char *const refused[] = { "loop", "remount", "bind", "rbind", "move" };

	*ret_remedy = "separate them by commas alone, as in noatime,nodiratime";
	if (strpbrk(text, " \"\\"))
		return "mount options may not hold blanks, quotes or backslashes";
	*ret_remedy = "take it out; a share is always mounted from its own volume";
	for (const char *p = text;;) {
		size_t len = strcspn(p, ",=");

		for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
			if (strlen(refused[i]) == len && memcmp(p, refused[i], len) == 0)
				return "the options loop, remount, bind, rbind and move are not "
				       "accepted";
		p = strchr(p, ',');
		if (!p)
			return NULL;
		p++;
	}
}

static const struct {
	enum field_id id;
	const char *(*problem)(char *text, const char **ret_remedy);
	bool is_secret;
} text_rules[] = {
	{ FIELD_NAME, name_problem },
	{ FIELD_MOUNT_POINT, mount_point_problem },
	{ FIELD_URL, url_rule },
	{ FIELD_SAS, sas_problem, .is_secret = true },
	{ FIELD_HEX, raw_key_problem, .is_secret = true },
	{ FIELD_KEY_NAME, credential_name_problem },
	{ FIELD_KEY_PATH, path_problem },
	{ FIELD_AUTHORITY, endpoint_problem },
	{ FIELD_VAULT, endpoint_problem },
	{ FIELD_SALT, hex_problem },
	{ FIELD_CIPHER, cipher_problem },
	{ FIELD_ROOT_HASH, root_hash_problem },
	{ FIELD_HASH_URL, url_rule },
	{ FIELD_FS_TYPE, fs_type_problem },
	{ FIELD_FS_OPTIONS, fs_options_problem },
};

/* "<name-of-the-blob>": upstream's examples are full of them, and valid. Not where the
 * value decides what we do ourselves. */
static bool is_let_pass(const struct check *k, enum field_id id)
{
	if (id == FIELD_MOUNT_POINT || id == FIELD_NAME || id == FIELD_HEX)
		return false;
	return (k->d->placeholder >> id & 1) && (k->is_unit || k->conf->form == CONF_FORM_REMOTEFS);
}

static void check_texts(const struct check *k)
{
	for (size_t i = 0; i < ARRAY_SIZE(text_rules); i++) {
		char **text = field_place(k->d, text_rules[i].id);
		const char *rule, *remedy = NULL;

		if (!*text || is_let_pass(k, text_rules[i].id))
			continue;
		rule = text_rules[i].problem(*text, &remedy);
		if (!rule)
			continue;
		error(k, text_rules[i].id, text_rules[i].is_secret ? FINDING_SECRET : *text, remedy,
		      rule);
		explicit_bzero(*text, strlen(*text));
		free(*text);
		*text = NULL;
	}
}

/* Values together. */

static bool is_native(const struct check *k)
{
	return k->conf->form != CONF_FORM_REMOTEFS;
}

static void check_presence(const struct check *k)
{
	if (!draft_has(k->d, FIELD_MOUNT_POINT))
		error(k, FIELD_MOUNT_POINT, NULL, "say where the share is to appear", "is missing");
	if (!draft_has(k->d, FIELD_URL))
		error(k, FIELD_URL, NULL, "give the address of the blob", "is missing");
}

static void check_credential_native(const struct check *k)
{
	struct share *s = &k->d->share;
	bool has_identity = s->source.credential == SHARE_CREDENTIAL_MANAGED_IDENTITY ||
			    s->source.credential == SHARE_CREDENTIAL_WORKLOAD_IDENTITY;

	if (!draft_has(k->d, FIELD_CREDENTIAL)) {
		if (s->source.sas)
			s->source.credential = SHARE_CREDENTIAL_SAS;
	} else if (s->source.credential == SHARE_CREDENTIAL_SAS && !s->source.sas &&
		   !draft_has(k->d, FIELD_SAS) && !k->is_unit) {
		error(k, FIELD_SAS, NULL, "add it here, or to the URL", "is missing for type sas");
	} else if (s->source.credential == SHARE_CREDENTIAL_ANONYMOUS && s->source.sas) {
		error(k, FIELD_CREDENTIAL, "anonymous", "set type to sas, or take the query away",
		      "contradicts the query that is given");
	}
	if (s->source.client_id && !has_identity)
		warning(k, FIELD_CLIENT_ID, s->source.client_id, "set type to managed-identity",
			"has no effect with this type of credential");
}

/* The query leaves the URL; what is not sure to be public is a secret. */
static int check_queries(const struct check *k)
{
	struct share *s = &k->d->share;
	char *sas = NULL;

	if (s->source.url && url_split_query(s->source.url, &sas) < 0)
		return -ENOMEM;
	if (sas && s->source.sas)
		error(k, FIELD_SAS, FINDING_SECRET, "keep one of the two",
		      "is given here and in the URL");
	if (sas) {
		free(s->source.sas);
		s->source.sas = sas;
	}
	if (s->volume.hash_url && url_split_query(s->volume.hash_url, &s->volume.hash_sas) < 0)
		return -ENOMEM;
	return 0;
}

static void check_source(const struct check *k)
{
	struct share *s = &k->d->share;
	bool is_file = s->source.url && strncasecmp(s->source.url, "file:", 5) == 0;

	if (is_native(k))
		check_credential_native(k);
	else if (k->d->is_private)
		s->source.credential = SHARE_CREDENTIAL_MANAGED_IDENTITY;
	else if (s->source.sas)
		s->source.credential = SHARE_CREDENTIAL_SAS;
	if (s->source.credential == SHARE_CREDENTIAL_MANAGED_IDENTITY ||
	    s->source.credential == SHARE_CREDENTIAL_WORKLOAD_IDENTITY) {
		warning(k, is_native(k) ? FIELD_CREDENTIAL : FIELD_PRIVATE,
			is_native(k) ? share_credential_names[s->source.credential] : "true",
			"use a shared access signature or a public blob until then",
			"this identity is not served by this version");
		if (s->source.sas)
			warning(k, FIELD_URL, s->source.url, "keep one of the two",
				"a query that may be a signature and an identity are both given");
	}
	if (is_file && s->source.credential != SHARE_CREDENTIAL_ANONYMOUS)
		error(k, FIELD_URL, s->source.url, "take the credential away",
		      "a file of this machine needs no credential");
	if (s->source.url && s->source.sas && strncasecmp(s->source.url, "http:", 5) == 0)
		warning(k, FIELD_URL, s->source.url, "use https",
			"a signature travels unencrypted over http");
	if (s->source.is_writable)
		warning(k, FIELD_WRITABLE, "true", "expect a read-only share",
			"writing is not served by this version; the share is read-only");
}

static void drop_secret(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

static void choose_provider_remotefs(const struct check *k)
{
	struct share *s = &k->d->share;

	if (s->key.kid) {
		s->key.provider = SHARE_PROVIDER_AZURE_SKR;
		if (draft_has(k->d, FIELD_HEX))
			warning(k, FIELD_HEX, FINDING_SECRET, "take it out",
				"is not used, because key.kid is given");
		drop_secret(&s->key.hex);
		return;
	}
	s->key.provider = SHARE_PROVIDER_RAW;
	if (!draft_has(k->d, FIELD_HEX) && !draft_has(k->d, FIELD_KID))
		error(k, FIELD_KID, NULL, "name the key, or give raw_key for a test",
		      "neither key.kid nor raw_key is given");
}

static void check_provider_native(const struct check *k)
{
	struct share *s = &k->d->share;
	bool is_plain = s->volume.type == SHARE_VOLUME_PLAIN;

	if (is_plain && draft_has(k->d, FIELD_PROVIDER) && s->key.provider != SHARE_PROVIDER_NONE)
		error(k, FIELD_PROVIDER, share_provider_names[s->key.provider],
		      "take the key out, or set volume.type to luks2",
		      "a plain volume is not encrypted and takes no key");
	else if (!is_plain && !draft_has(k->d, FIELD_PROVIDER))
		error(k, FIELD_PROVIDER, NULL, "name one of raw, credential, file, azure-skr",
		      "is missing");
	else if (!is_plain && s->key.provider == SHARE_PROVIDER_NONE)
		error(k, FIELD_PROVIDER, "none", "name one of raw, credential, file, azure-skr",
		      "an encrypted volume needs a key");
	if (is_plain)
		s->key.provider = SHARE_PROVIDER_NONE;
}

/* What each provider needs and what the others have no use for. */
static const struct {
	enum field_id id;
	bool is_secret, is_needed;
	unsigned providers; /* bits */
} key_rules[] = {
	{ FIELD_HEX, true, true, 1u << SHARE_PROVIDER_RAW },
	{ FIELD_KEY_NAME, false, false, 1u << SHARE_PROVIDER_CREDENTIAL },
	{ FIELD_KEY_PATH, false, false,
	  1u << SHARE_PROVIDER_FILE | 1u << SHARE_PROVIDER_CREDENTIAL },
	{ FIELD_KEY_ENCRYPTED, false, false, 1u << SHARE_PROVIDER_CREDENTIAL },
	{ FIELD_KID, false, true, 1u << SHARE_PROVIDER_AZURE_SKR },
	{ FIELD_AUTHORITY, false, true, 1u << SHARE_PROVIDER_AZURE_SKR },
	{ FIELD_VAULT, false, true, 1u << SHARE_PROVIDER_AZURE_SKR },
	{ FIELD_BEARER_TOKEN, true, false, 1u << SHARE_PROVIDER_AZURE_SKR },
	{ FIELD_SALT, false, false, 1u << SHARE_PROVIDER_AZURE_SKR },
	{ FIELD_LABEL, false, false, 1u << SHARE_PROVIDER_AZURE_SKR },
};

static void check_key_native(const struct check *k)
{
	struct share *s = &k->d->share;

	if (k->d->invalid >> FIELD_PROVIDER & 1)
		return; /* said already */
	check_provider_native(k);
	if (!draft_has(k->d, FIELD_PROVIDER))
		return; /* the same, or plain */
	for (size_t i = 0; i < ARRAY_SIZE(key_rules); i++) {
		bool is_for = key_rules[i].providers >> s->key.provider & 1;

		if (is_for && key_rules[i].is_needed && !draft_has(k->d, key_rules[i].id))
			error(k, key_rules[i].id, NULL, "add it, or choose another provider",
			      "is missing for this provider");
		if (!is_for && draft_has(k->d, key_rules[i].id))
			warning(k, key_rules[i].id, NULL, "take it out",
				"has no effect with this provider");
	}
	if (s->key.provider == SHARE_PROVIDER_CREDENTIAL && !draft_has(k->d, FIELD_KEY_NAME) &&
	    !draft_has(k->d, FIELD_KEY_PATH))
		error(k, FIELD_KEY_NAME, NULL, "name the credential, or the file that holds it",
		      "is missing for this provider");
	if (s->key.provider == SHARE_PROVIDER_FILE && !draft_has(k->d, FIELD_KEY_PATH))
		error(k, FIELD_KEY_PATH, NULL, "say where the key file is",
		      "is missing for this provider");
}

static void check_key_remotefs(const struct check *k)
{
	struct share *s = &k->d->share;

	choose_provider_remotefs(k);
	if (s->key.provider != SHARE_PROVIDER_AZURE_SKR)
		return;
	if (!s->key.authority_endpoint)
		warning(k, FIELD_AUTHORITY, NULL, "name the attestation service",
			"is missing, and no key can be released without it");
	if (!s->key.vault_endpoint)
		warning(k, FIELD_VAULT, NULL, "name the key vault or managed HSM",
			"is missing, and no key can be released without it");
}

static void check_key(const struct check *k)
{
	struct share *s = &k->d->share;

	if (k->is_unit)
		return; /* checked when it was written; its secrets are elsewhere */
	if (is_native(k))
		check_key_native(k);
	else
		check_key_remotefs(k);
	if (s->key.provider == SHARE_PROVIDER_AZURE_SKR)
		warning(k, FIELD_KID, s->key.kid, "use the provider credential or file until then",
			"secure key release is not served by this version");
	if (s->key.provider == SHARE_PROVIDER_RAW && s->key.hex)
		warning(k, FIELD_HEX, FINDING_SECRET, "use it for tests only",
			"the key stands in the configuration itself");
}

static void check_verity(const struct check *k)
{
	struct share *s = &k->d->share;
	bool has_tree = draft_has(k->d, FIELD_HASH_URL) || s->volume.hash_offset > 0;

	if (s->volume.type == SHARE_VOLUME_PLAIN && !draft_has(k->d, FIELD_ROOT_HASH))
		error(k, FIELD_ROOT_HASH, NULL, "add the root hash, or set volume.type to luks2",
		      "a plain volume needs dm-verity: nothing else protects it from its storage");
	else if (has_tree && !draft_has(k->d, FIELD_ROOT_HASH))
		error(k, FIELD_ROOT_HASH, NULL, "add the root hash, or take verity out",
		      "is missing");
	if (draft_has(k->d, FIELD_ROOT_HASH) && !has_tree)
		error(k, FIELD_HASH_URL, NULL, "give hash_url, or hash_offset",
		      "nothing says where the hash tree is");
	if (draft_has(k->d, FIELD_HASH_URL) && s->volume.hash_offset > 0)
		warning(k, FIELD_HASH_OFFSET, NULL, "take it out",
			"has no effect, because hash_url is given");
	if (s->volume.hash_offset % HASH_ALIGNMENT || s->volume.hash_offset > HASH_OFFSET_MAX)
		error(k, FIELD_HASH_OFFSET, NULL, "copy it from the call of veritysetup format",
		      "not a multiple of 512, or too large");
	if (s->volume.root_hash && s->source.is_writable)
		error(k, FIELD_WRITABLE, "true", "take it out",
		      "a volume below dm-verity cannot be written");
}

static int complete(const struct check *k)
{
	struct share *s = &k->d->share;

	if (s->boot.is_required && !s->boot.is_automatic)
		warning(k, FIELD_REQUIRED, "true", "take one of the two out",
			"has no effect, because boot.auto is false");
	s->name_is_given = s->name != NULL;
	if (!s->filesystem.type)
		s->filesystem.type = strdup(DEFAULT_FS_TYPE);
	return s->filesystem.type ? 0 : -ENOMEM;
}

int conf_check_share(struct conf *c, int share, struct draft *d, bool is_unit)
{
	struct check k = { .conf = c, .share = share, .d = d, .is_unit = is_unit };

	check_presence(&k);
	check_texts(&k);
	if (check_queries(&k) < 0)
		return -ENOMEM;
	check_source(&k);
	check_key(&k);
	check_verity(&k);
	return complete(&k);
}
