/* SPDX-License-Identifier: MIT */
/*
 * header: see header.h; the format is that of "LUKS2 On-Disk Format Specification" 1.1
 */
#include "crypt/header.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/sha256.h"
#include "crypt/header-json.h"

/* Places in the binary part; numbers are big endian. */
#define AT_VERSION	  6
#define AT_SIZE		  8
#define AT_SEQUENCE	  16
#define AT_LABEL	  24
#define LABEL_SIZE	  48
#define AT_CHECKSUM_NAME  72
#define CHECKSUM_NAME_MAX 32
#define AT_UUID		  168
#define UUID_SIZE	  40
#define AT_SUBSYSTEM	  208
#define AT_OFFSET	  256
#define AT_CHECKSUM	  448
#define CHECKSUM_SIZE	  64
#define BINARY_SIZE	  4096 /* the JSON begins here */

#define SALT_TEXT_MAX  1024 /* characters of base64 */
#define VALUE_MAX      48   /* characters of a value that a finding shows */
#define TOKENS_MAX     32
#define SLOT_PATH_SIZE (sizeof("$.keyslots.") + 3)

static const uint8_t magic_primary[6] = { 'L', 'U', 'K', 'S', 0xba, 0xbe };
static const uint8_t magic_secondary[6] = { 'S', 'K', 'U', 'L', 0xba, 0xbe };

/*
 * Ciphers of segments. The first part is taken without being asked for, the rest only
 * where the share demands it. Key sizes in bytes, those of cipher and integrity together.
 */
static const struct cipher_row {
	const char *cipher, *integrity; /* integrity NULL: none */
	bool is_default;
	uint32_t key_sizes[2];
} ciphers[] = {
	{ "aes-xts-plain64", NULL, true, { 64 } },
	{ "aes-xts-plain64", "hmac(sha256)", true, { 96 } },
	{ "aes-xts-plain64", "hmac(sha512)", true, { 128 } },
	{ "aes-xts-random", "hmac(sha256)", true, { 96 } },
	{ "aes-xts-random", "hmac(sha512)", true, { 128 } },
	{ "aes-gcm-random", "aead", true, { 32 } },
	{ "chacha20-random", "poly1305", true, { 32 } },
	{ "aegis128-random", "aead", true, { 16 } },
	{ "aes-cbc-essiv:sha256", NULL, false, { 16, 32 } },
	{ "serpent-xts-plain64", NULL, false, { 32, 64 } },
	{ "twofish-xts-plain64", NULL, false, { 32, 64 } },
	{ "camellia-xts-plain64", NULL, false, { 32, 64 } },
};

/* Ciphers of key slots: those that keep lengths. */
static const struct cipher_row slot_ciphers[] = {
	{ "aes-xts-plain64", NULL, true, { 32, 64 } },
	{ "aes-cbc-essiv:sha256", NULL, true, { 16, 32 } },
	{ "serpent-xts-plain64", NULL, true, { 32, 64 } },
	{ "twofish-xts-plain64", NULL, true, { 32, 64 } },
	{ "camellia-xts-plain64", NULL, true, { 32, 64 } },
};

static const char *const hashes[] = { "sha256", "sha384", "sha512", NULL };

struct check {
	struct header *h;
	struct header_json json;
	const char *cipher; /* demanded, or NULL */
	uint64_t image_size, keyslots_size;
	uint64_t pbkdf2_cost, argon2_cost;
	bool has_error;
};

static uint64_t be(const uint8_t *p, size_t n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 8 | *p++;
	return value;
}

static struct header_finding *new_finding(struct check *c, bool is_error)
{
	c->has_error |= is_error;
	if (c->h->n_findings == HEADER_FINDINGS_MAX) {
		c->h->n_findings_dropped++;
		return NULL;
	}
	c->h->findings[c->h->n_findings].is_error = is_error;
	return &c->h->findings[c->h->n_findings++];
}

/* About the binary part, or the header as a whole. */
static void printf_like(4, 5)
	find(struct check *c, bool is_error, const char *path, const char *fmt, ...)
{
	struct header_finding *f = new_finding(c, is_error);
	va_list ap;

	if (!f)
		return;
	(void)snprintf(f->path, sizeof(f->path), "%s", path); /* cut when too long */
	va_start(ap, fmt);
	(void)vsnprintf(f->text, sizeof(f->text), fmt, ap); /* the same */
	va_end(ap);
}

/* What stands at @node, cut, and safe to show: hostile text goes to terminals and logs. */
static void show(const struct check *c, uint32_t node, char *dst, size_t size)
{
	const struct header_json_node *n = &c->json.nodes[node];
	size_t len = n->len < VALUE_MAX ? n->len : VALUE_MAX, used = 0;

	if (n->type == HEADER_JSON_OBJECT || n->type == HEADER_JSON_ARRAY) {
		(void)snprintf(dst, size, "an %s",
			       n->type == HEADER_JSON_OBJECT ? "object" : "array"); /* fits */
		return;
	}
	for (size_t i = 0; i < len && used + 8 < size; i++) {
		char ch = c->json.text[n->start + i];

		if (ch >= 0x20 && ch < 0x7f)
			dst[used++] = ch;
		else
			used += (size_t)snprintf(dst + used, 5, "\\x%02x", (unsigned char)ch);
	}
	(void)snprintf(dst + used, size - used, "%s", n->len > len ? "..." : ""); /* fits */
}

/* About member @name of @parent, which is at @path. Shows the value that is there. */
static void printf_like(5, 6) wrong(struct check *c, const char *path, const char *name,
				    uint32_t node, const char *fmt, ...)
{
	struct header_finding *f = new_finding(c, true);
	char value[VALUE_MAX * 4 + 16] = "";
	int n;
	va_list ap;

	if (!f)
		return;
	(void)snprintf(f->path, sizeof(f->path), "%s%s%s", path, name ? "." : "",
		       name ? name : ""); /* cut when too long */
	if (node)
		show(c, node, value, sizeof(value));
	n = snprintf(f->text, sizeof(f->text), "%s%s%s", node ? "'" : "", node ? value : "missing",
		     node ? "': " : ": ");
	va_start(ap, fmt);
	(void)vsnprintf(f->text + n, sizeof(f->text) - (size_t)n, fmt, ap); /* the same */
	va_end(ap);
}

static bool is_one_of(const struct check *c, uint32_t node, const char *const *texts)
{
	for (; *texts; texts++)
		if (node && header_json_is(&c->json, node, *texts))
			return true;
	return false;
}

/* Member @name must be one of @texts, which ends with NULL. */
static bool demand(struct check *c, const char *path, uint32_t object, const char *name,
		   const char *const *texts, const char *rule)
{
	uint32_t node = header_json_get(&c->json, object, name);

	if (is_one_of(c, node, texts))
		return true;
	wrong(c, path, name, node, "%s", rule);
	return false;
}

#define ONLY(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Member @name must be a number from @min to @max. Return: it, 0 if not */
static uint32_t demand_number(struct check *c, const char *path, uint32_t object, const char *name,
			      uint32_t min, uint32_t max)
{
	uint32_t node = header_json_get(&c->json, object, name), value;

	if (node && header_json_u32(&c->json, node, &value) == 0 && value >= min && value <= max)
		return value;
	wrong(c, path, name, node, "must be a number from %u to %u", min, max);
	return 0;
}

static bool demand_u64(struct check *c, const char *path, uint32_t object, const char *name,
		       uint64_t *ret)
{
	uint32_t node = header_json_get(&c->json, object, name);

	if (node && header_json_u64(&c->json, node, ret) == 0)
		return true;
	wrong(c, path, name, node, "must be a number of 64 bits, as a string");
	return false;
}

static void demand_base64(struct check *c, const char *path, uint32_t object, const char *name)
{
	uint32_t node = header_json_get(&c->json, object, name);

	if (!node || !header_json_base64(&c->json, node, SALT_TEXT_MAX))
		wrong(c, path, name, node, "must be base64 of at most %d characters",
		      SALT_TEXT_MAX);
}

/* Refuses members that no rule here knows: a setting not understood is not harmless. */
static void demand_known(struct check *c, const char *path, uint32_t object,
			 const char *const *names)
{
	for (uint32_t i = c->json.nodes[object].child; i; i = c->json.nodes[i].next) {
		const struct header_json_node *n = &c->json.nodes[i];
		const char *const *name = names;
		char text[VALUE_MAX];

		while (*name && (strlen(*name) != n->name_len ||
				 memcmp(c->json.text + n->name, *name, n->name_len) != 0))
			name++;
		if (*name)
			continue;
		(void)snprintf(text, sizeof(text), "%.*s", (int)n->name_len,
			       c->json.text + n->name); /* cut when too long */
		for (char *p = text; *p; p++)
			*p = *p < 0x20 || *p == 0x7f ? '?' : *p;
		wrong(c, path, text, i, "no such setting is expected here");
	}
}

/* An object that must be there. Return: its node, 0 if it is not */
static uint32_t demand_object(struct check *c, const char *path, uint32_t parent, const char *name)
{
	uint32_t node = header_json_get(&c->json, parent, name);

	if (node && c->json.nodes[node].type == HEADER_JSON_OBJECT)
		return node;
	wrong(c, path, name, node, "must be an object");
	return 0;
}

static bool key_size_fits(const struct cipher_row *row, uint32_t key_size)
{
	return key_size && (key_size == row->key_sizes[0] || key_size == row->key_sizes[1]);
}

/* ---- segments ---- */

static void check_integrity(struct check *c, uint32_t node)
{
	static const char path[] = "$.segments.0.integrity";
	const struct header_json_node *n;
	uint32_t type = header_json_get(&c->json, node, "type");

	if (c->json.nodes[node].type != HEADER_JSON_OBJECT) {
		wrong(c, path, NULL, node, "must be an object");
		return;
	}
	demand_known(c, path, node, ONLY("type", "journal_encryption", "journal_integrity"));
	(void)demand(c, path, node, "journal_encryption", ONLY("none"), "must be none");
	(void)demand(c, path, node, "journal_integrity", ONLY("none"), "must be none");
	n = &c->json.nodes[type];
	if (!type || n->type != HEADER_JSON_STRING || n->has_escape || n->len == 0 ||
	    n->len >= sizeof(c->h->integrity)) {
		wrong(c, path, "type", type, "must name an algorithm");
		return;
	}
	memcpy(c->h->integrity, c->json.text + n->start, n->len);
	c->h->integrity[n->len] = '\0';
}

static bool row_fits(const struct check *c, const struct cipher_row *row, uint32_t encryption)
{
	const char *integrity = row->integrity ? row->integrity : "";

	return header_json_is(&c->json, encryption, row->cipher) &&
	       strcmp(integrity, c->h->integrity) == 0 &&
	       (c->cipher ? strcmp(row->cipher, c->cipher) == 0 : row->is_default);
}

static const struct cipher_row *check_cipher(struct check *c, uint32_t segment)
{
	uint32_t node = header_json_get(&c->json, segment, "encryption");

	for (size_t i = 0; node && i < ARRAY_SIZE(ciphers); i++)
		if (row_fits(c, &ciphers[i], node)) {
			(void)snprintf(c->h->cipher, sizeof(c->h->cipher), "%s",
				       ciphers[i].cipher); /* fits, from the table */
			return &ciphers[i];
		}
	if (c->cipher)
		wrong(c, "$.segments.0", "encryption", node, "must be %s%s%s", c->cipher,
		      c->h->integrity[0] ? ", and may not have integrity " : "",
		      c->h->integrity[0] ? c->h->integrity : "");
	else if (c->h->integrity[0])
		wrong(c, "$.segments.0", "encryption", node,
		      "must be an authenticated cipher that is trusted together with the integrity "
		      "algorithm beside it");
	else
		wrong(c, "$.segments.0", "encryption", node,
		      "must be aes-xts-plain64, or a cipher that is trusted with integrity");
	return NULL;
}

static void check_data_area(struct check *c, uint32_t segment)
{
	struct header *h = c->h;
	uint32_t node = header_json_get(&c->json, segment, "size");
	uint64_t end = 2 * h->size + c->keyslots_size, rest;

	if (!demand_u64(c, "$.segments.0", segment, "offset", &h->data_offset))
		return;
	if (h->data_offset % 4096 || h->data_offset < end || h->data_offset > HEADER_AREA_MAX) {
		wrong(c, "$.segments.0", "offset", header_json_get(&c->json, segment, "offset"),
		      "must be a multiple of 4096 from the end of the key slots (%llu) to %d",
		      (unsigned long long)end, HEADER_AREA_MAX);
		return;
	}
	if (h->data_offset >= c->image_size) {
		find(c, true, "image",
		     "is cut off: it ends at byte %llu, and its data begin at %llu",
		     (unsigned long long)c->image_size, (unsigned long long)h->data_offset);
		return;
	}
	rest = c->image_size - h->data_offset;
	h->data_size = rest;
	if (h->sector_size && rest % h->sector_size)
		find(c, true, "image",
		     "is cut off: its %llu bytes of data are no multiple of a sector of %u",
		     (unsigned long long)rest, h->sector_size);
	if (node && header_json_is(&c->json, node, "dynamic"))
		return;
	if (!demand_u64(c, "$.segments.0", segment, "size", &h->data_size))
		return;
	if (h->data_size > rest)
		find(c, true, "image", "is cut off: %llu bytes of data are there, not %llu",
		     (unsigned long long)rest, (unsigned long long)h->data_size);
	else if (h->data_size != rest)
		wrong(c, "$.segments.0", "size", node,
		      "must be dynamic, or what the image has (%llu)", (unsigned long long)rest);
}

/* Return: the row of its cipher, NULL when that is wrong */
static const struct cipher_row *check_segment(struct check *c, uint32_t segments)
{
	static const char path[] = "$.segments.0";
	uint32_t segment, node;

	if (c->json.nodes[segments].n_children != 1) {
		wrong(c, "$.segments", NULL, segments, "must hold exactly one segment, and has %u",
		      c->json.nodes[segments].n_children);
		return NULL;
	}
	segment = demand_object(c, "$.segments", segments, "0");
	if (!segment || !demand(c, path, segment, "type", ONLY("crypt"), "must be crypt"))
		return NULL;
	demand_known(c, path, segment,
		     ONLY("type", "offset", "size", "iv_tweak", "encryption", "sector_size",
			  "integrity", "flags"));
	(void)demand(c, path, segment, "iv_tweak", ONLY("0"), "must be 0");
	c->h->sector_size = demand_number(c, path, segment, "sector_size", 512, 4096);
	if (c->h->sector_size && c->h->sector_size != 512 && c->h->sector_size != 4096)
		wrong(c, path, "sector_size", header_json_get(&c->json, segment, "sector_size"),
		      "must be 512 or 4096");
	node = header_json_get(&c->json, segment, "flags");
	if (node && (c->json.nodes[node].type != HEADER_JSON_ARRAY || c->json.nodes[node].child))
		wrong(c, path, "flags", node, "must be absent or empty");
	node = header_json_get(&c->json, segment, "integrity");
	if (node)
		check_integrity(c, node);
	check_data_area(c, segment);
	return check_cipher(c, segment);
}

/* ---- key slots ---- */

static void check_pbkdf2(struct check *c, const char *path, uint32_t kdf)
{
	demand_known(c, path, kdf, ONLY("type", "hash", "iterations", "salt"));
	(void)demand(c, path, kdf, "hash", hashes, "must be sha256, sha384 or sha512");
	c->pbkdf2_cost +=
		demand_number(c, path, kdf, "iterations", 1, HEADER_PBKDF2_ITERATIONS_MAX);
}

static void check_argon2(struct check *c, const char *path, uint32_t kdf)
{
	uint32_t memory, passes;

	demand_known(c, path, kdf, ONLY("type", "time", "memory", "cpus", "salt"));
	memory = demand_number(c, path, kdf, "memory", 32, HEADER_ARGON2_MEMORY_MAX_KIB);
	passes = demand_number(c, path, kdf, "time", 1, HEADER_ARGON2_COST_MAX_KIB / 32);
	(void)demand_number(c, path, kdf, "cpus", 1, HEADER_ARGON2_THREADS_MAX);
	c->argon2_cost += (uint64_t)memory * passes;
	if (memory > c->h->argon2_memory_kib)
		c->h->argon2_memory_kib = memory;
}

static void check_kdf(struct check *c, const char *slot_path, uint32_t slot)
{
	char path[HEADER_FINDING_PATH_MAX];
	uint32_t kdf = demand_object(c, slot_path, slot, "kdf"), type;

	if (!kdf)
		return;
	(void)snprintf(path, sizeof(path), "%s.kdf", slot_path); /* fits */
	demand_base64(c, path, kdf, "salt");
	type = header_json_get(&c->json, kdf, "type");
	if (is_one_of(c, type, ONLY("pbkdf2")))
		check_pbkdf2(c, path, kdf);
	else if (is_one_of(c, type, ONLY("argon2i", "argon2id")))
		check_argon2(c, path, kdf);
	else
		wrong(c, path, "type", type, "must be pbkdf2, argon2i or argon2id");
}

static void check_af(struct check *c, const char *slot_path, uint32_t slot)
{
	char path[HEADER_FINDING_PATH_MAX];
	uint32_t af = demand_object(c, slot_path, slot, "af");

	if (!af)
		return;
	(void)snprintf(path, sizeof(path), "%s.af", slot_path); /* fits */
	demand_known(c, path, af, ONLY("type", "stripes", "hash"));
	(void)demand(c, path, af, "type", ONLY("luks1"), "must be luks1");
	(void)demand(c, path, af, "hash", hashes, "must be sha256, sha384 or sha512");
	(void)demand_number(c, path, af, "stripes", HEADER_AF_STRIPES, HEADER_AF_STRIPES);
}

static void check_area_cipher(struct check *c, const char *path, uint32_t area)
{
	uint32_t node = header_json_get(&c->json, area, "encryption");
	uint32_t key_size = demand_number(c, path, area, "key_size", 16, 64);

	for (size_t i = 0; node && i < ARRAY_SIZE(slot_ciphers); i++) {
		if (!header_json_is(&c->json, node, slot_ciphers[i].cipher))
			continue;
		if (key_size && !key_size_fits(&slot_ciphers[i], key_size))
			wrong(c, path, "key_size", header_json_get(&c->json, area, "key_size"),
			      "is no size of a key for %s", slot_ciphers[i].cipher);
		return;
	}
	wrong(c, path, "encryption", node,
	      "must be aes-xts-plain64, or another cipher that is trusted");
}

static bool overlaps(const struct header_area *a, const struct header_area *b)
{
	return a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

static void check_area(struct check *c, const char *slot_path, uint32_t slot, uint32_t key_size)
{
	char path[HEADER_FINDING_PATH_MAX];
	uint32_t area = demand_object(c, slot_path, slot, "area");
	uint64_t begin = 2 * c->h->size, end = begin + c->keyslots_size;
	struct header_area a;

	if (!area)
		return;
	(void)snprintf(path, sizeof(path), "%s.area", slot_path); /* fits */
	demand_known(c, path, area, ONLY("type", "offset", "size", "encryption", "key_size"));
	(void)demand(c, path, area, "type", ONLY("raw"), "must be raw");
	check_area_cipher(c, path, area);
	if (!demand_u64(c, path, area, "offset", &a.offset) ||
	    !demand_u64(c, path, area, "size", &a.size))
		return;
	if (a.offset % 4096 || a.offset < begin || a.offset > end || a.size > end - a.offset ||
	    a.size % 512) {
		wrong(c, path, NULL, area, "must lie within the key slots (%llu to %llu)",
		      (unsigned long long)begin, (unsigned long long)end);
		return;
	}
	if (a.size < (uint64_t)key_size * HEADER_AF_STRIPES)
		wrong(c, path, "size", header_json_get(&c->json, area, "size"),
		      "is too small for a key of %u bytes", key_size);
	for (size_t i = 0; i < c->h->n_slots; i++)
		if (overlaps(&a, &c->h->slots[i]))
			wrong(c, path, NULL, area, "lies over the area of another key slot");
	if (a.offset + a.size > c->image_size)
		find(c, true, "image", "is cut off: it ends within the area of a key slot");
	c->h->slots[c->h->n_slots++] = a;
}

static void check_slot(struct check *c, uint32_t slot, const struct cipher_row *row)
{
	const struct header_json_node *n = &c->json.nodes[slot];
	char path[SLOT_PATH_SIZE];
	uint32_t key_size, node;

	(void)snprintf(path, sizeof(path), "$.keyslots.%.*s",
		       n->name_len < 3 ? (int)n->name_len : 3, c->json.text + n->name); /* fits */
	if (n->type != HEADER_JSON_OBJECT) {
		wrong(c, path, NULL, slot, "must be an object");
		return;
	}
	if (!demand(c, path, slot, "type", ONLY("luks2"), "must be luks2"))
		return;
	demand_known(c, path, slot, ONLY("type", "key_size", "af", "area", "kdf", "priority"));
	key_size = demand_number(c, path, slot, "key_size", 16, 128);
	if (key_size && row && !key_size_fits(row, key_size))
		wrong(c, path, "key_size", header_json_get(&c->json, slot, "key_size"),
		      "must be %u, for %s", row->key_sizes[0], row->cipher);
	if (key_size && c->h->key_size && key_size != c->h->key_size)
		wrong(c, path, "key_size", header_json_get(&c->json, slot, "key_size"),
		      "must be the same in all key slots");
	c->h->key_size = key_size;
	node = header_json_get(&c->json, slot, "priority");
	if (node)
		(void)demand_number(c, path, slot, "priority", 0, 2);
	check_af(c, path, slot);
	check_kdf(c, path, slot);
	check_area(c, path, slot, key_size);
}

/* "0" to "31", as libcryptsetup writes it. */
static bool is_slot_name(const struct check *c, uint32_t slot)
{
	const struct header_json_node *n = &c->json.nodes[slot];
	const char *name = c->json.text + n->name;

	if (n->name_len == 1)
		return name[0] >= '0' && name[0] <= '9';
	return n->name_len == 2 && name[1] >= '0' &&
	       ((name[0] >= '1' && name[0] <= '2' && name[1] <= '9') ||
		(name[0] == '3' && name[1] <= '1'));
}

static void check_slots(struct check *c, uint32_t slots, const struct cipher_row *row)
{
	uint32_t n = c->json.nodes[slots].n_children;

	if (n < 1 || n > HEADER_SLOTS_MAX) {
		wrong(c, "$.keyslots", NULL, slots, "must hold 1 to %d key slots, and has %u",
		      HEADER_SLOTS_MAX, n);
		return;
	}
	for (uint32_t i = c->json.nodes[slots].child; i; i = c->json.nodes[i].next)
		if (is_slot_name(c, i))
			check_slot(c, i, row);
		else
			wrong(c, "$.keyslots", NULL, i,
			      "has a member that is no number from 0 to %d", HEADER_SLOTS_MAX - 1);
	if (c->pbkdf2_cost > HEADER_PBKDF2_COST_MAX)
		find(c, true, "$.keyslots", "all together ask for more than %d PBKDF2 iterations",
		     HEADER_PBKDF2_COST_MAX);
	if (c->argon2_cost > HEADER_ARGON2_COST_MAX_KIB)
		find(c, true, "$.keyslots",
		     "all together ask Argon2 to write more than %d MiB of memory",
		     HEADER_ARGON2_COST_MAX_KIB / 1024);
}

/* ---- digests, tokens, config ---- */

/* Each key slot exactly once: one that opens something else has no place in a share. */
static bool covers_all_slots(const struct check *c, uint32_t list, uint32_t slots)
{
	if (c->json.nodes[list].type != HEADER_JSON_ARRAY ||
	    c->json.nodes[list].n_children != c->json.nodes[slots].n_children)
		return false;
	for (uint32_t s = c->json.nodes[slots].child; s; s = c->json.nodes[s].next) {
		const struct header_json_node *slot = &c->json.nodes[s];
		unsigned n = 0;

		for (uint32_t i = c->json.nodes[list].child; i; i = c->json.nodes[i].next) {
			const struct header_json_node *entry = &c->json.nodes[i];

			n += entry->type == HEADER_JSON_STRING && entry->len == slot->name_len &&
			     memcmp(c->json.text + entry->start, c->json.text + slot->name,
				    entry->len) == 0;
		}
		if (n != 1)
			return false;
	}
	return true;
}

static void check_digest(struct check *c, uint32_t digests, uint32_t slots)
{
	static const char path[] = "$.digests.0";
	uint32_t digest, node;

	if (c->json.nodes[digests].n_children != 1) {
		wrong(c, "$.digests", NULL, digests, "must hold exactly one digest, and has %u",
		      c->json.nodes[digests].n_children);
		return;
	}
	digest = demand_object(c, "$.digests", digests, "0");
	if (!digest)
		return;
	demand_known(c, path, digest,
		     ONLY("type", "keyslots", "segments", "hash", "iterations", "salt", "digest"));
	(void)demand(c, path, digest, "type", ONLY("pbkdf2"), "must be pbkdf2");
	(void)demand(c, path, digest, "hash", hashes, "must be sha256, sha384 or sha512");
	c->pbkdf2_cost +=
		demand_number(c, path, digest, "iterations", 1, HEADER_PBKDF2_ITERATIONS_MAX);
	demand_base64(c, path, digest, "salt");
	demand_base64(c, path, digest, "digest");
	node = header_json_get(&c->json, digest, "segments");
	if (!node || c->json.nodes[node].type != HEADER_JSON_ARRAY ||
	    c->json.nodes[node].n_children != 1 ||
	    !header_json_is(&c->json, c->json.nodes[node].child, "0"))
		wrong(c, path, "segments", node, "must hold the one segment");
	node = header_json_get(&c->json, digest, "keyslots");
	if (!node || !covers_all_slots(c, node, slots))
		wrong(c, path, "keyslots", node, "must hold each key slot once, and no other");
}

static void check_flags(struct check *c, uint32_t config)
{
	uint32_t flags = header_json_get(&c->json, config, "flags");

	if (!flags)
		return;
	if (c->json.nodes[flags].type != HEADER_JSON_ARRAY) {
		wrong(c, "$.config", "flags", flags, "must be an array");
		return;
	}
	for (uint32_t i = c->json.nodes[flags].child; i; i = c->json.nodes[i].next)
		if (!header_json_is(&c->json, i, "no-journal"))
			wrong(c, "$.config", "flags", i, "only no-journal is expected here");
}

static void check_requirements(struct check *c, uint32_t config)
{
	uint32_t node = header_json_get(&c->json, config, "requirements"), list;

	if (!node)
		return;
	list = header_json_get(&c->json, node, "mandatory");
	if (c->json.nodes[node].type != HEADER_JSON_OBJECT ||
	    c->json.nodes[node].n_children > (list != 0) ||
	    (list && (c->json.nodes[list].type != HEADER_JSON_ARRAY || c->json.nodes[list].child)))
		wrong(c, "$.config", "requirements", node,
		      "must be absent: nothing is half done (reencryption) in a finished image");
}

static void check_config(struct check *c)
{
	uint32_t config = demand_object(c, "$", 0, "config");
	uint64_t json_size;

	if (!config)
		return;
	demand_known(c, "$.config", config,
		     ONLY("json_size", "keyslots_size", "flags", "requirements"));
	if (demand_u64(c, "$.config", config, "json_size", &json_size) &&
	    json_size != c->h->size - BINARY_SIZE)
		wrong(c, "$.config", "json_size", header_json_get(&c->json, config, "json_size"),
		      "must be %llu", (unsigned long long)c->h->size - BINARY_SIZE);
	if (demand_u64(c, "$.config", config, "keyslots_size", &c->keyslots_size) &&
	    (c->keyslots_size % 4096 || c->keyslots_size > HEADER_AREA_MAX - 2 * c->h->size)) {
		wrong(c, "$.config", "keyslots_size",
		      header_json_get(&c->json, config, "keyslots_size"),
		      "must be a multiple of 4096 up to %llu",
		      (unsigned long long)(HEADER_AREA_MAX - 2 * c->h->size));
		c->keyslots_size = 0;
	}
	check_flags(c, config);
	check_requirements(c, config);
}

/* Nobody uses them here; they only may not be many. */
static void check_tokens(struct check *c)
{
	uint32_t tokens = demand_object(c, "$", 0, "tokens");

	if (tokens && c->json.nodes[tokens].n_children > TOKENS_MAX)
		wrong(c, "$.tokens", NULL, tokens, "must be at most %d", TOKENS_MAX);
	for (uint32_t i = tokens ? c->json.nodes[tokens].child : 0; i; i = c->json.nodes[i].next)
		if (c->json.nodes[i].type != HEADER_JSON_OBJECT)
			wrong(c, "$.tokens", NULL, i, "has a member that is no object");
}

static void check_document(struct check *c)
{
	const struct cipher_row *row = NULL;
	uint32_t segments, slots, digests;

	if (c->json.nodes[0].type != HEADER_JSON_OBJECT) {
		find(c, true, "$", "must be an object");
		return;
	}
	demand_known(c, "$", 0, ONLY("keyslots", "tokens", "segments", "digests", "config"));
	check_config(c);
	check_tokens(c);
	segments = demand_object(c, "$", 0, "segments");
	slots = demand_object(c, "$", 0, "keyslots");
	digests = demand_object(c, "$", 0, "digests");
	if (segments)
		row = check_segment(c, segments);
	if (digests && slots)
		check_digest(c, digests, slots);
	if (slots)
		check_slots(c, slots, row);
}

/* ---- binary part ---- */

/* NUL-terminated and printable within its field? */
static bool is_text(const uint8_t *field, size_t size)
{
	size_t len = strnlen((const char *)field, size);

	for (size_t i = 0; i < len; i++)
		if (field[i] < 0x20 || field[i] == 0x7f)
			return false;
	return len < size;
}

/* It becomes part of the mapping's UUID and, through udev, of names in /dev. */
static bool is_uuid(const uint8_t *field)
{
	for (size_t i = 0; i < 36; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? field[i] != '-' : !memchr("0123456789abcdefABCDEF", field[i], 22))
			return false;
	}
	return field[36] == '\0';
}

static void checksum(const uint8_t *copy, uint64_t size, uint8_t *scratch, uint8_t ret[SHA256_SIZE])
{
	memcpy(scratch, copy, size);
	memset(scratch + AT_CHECKSUM, 0, CHECKSUM_SIZE);
	sha256(scratch, size, ret);
}

/* Return: NULL if the copy at @copy is whole, else what is wrong with it */
static const char *copy_fault(const uint8_t *copy, uint64_t size, uint64_t offset, uint8_t *scratch)
{
	static const uint8_t zero[CHECKSUM_SIZE - SHA256_SIZE];
	uint8_t digest[SHA256_SIZE];

	if (memcmp(copy, offset ? magic_secondary : magic_primary, sizeof(magic_primary)) != 0)
		return "does not begin as a LUKS header does";
	if (be(copy + AT_VERSION, 2) != 2)
		return "has another version than 2";
	if (be(copy + AT_SIZE, 8) != size)
		return "has another size";
	if (be(copy + AT_OFFSET, 8) != offset)
		return "says that it is in another place";
	if (memcmp(copy + AT_CHECKSUM_NAME, "sha256", sizeof("sha256")) != 0)
		return "has a checksum that is not sha256";
	checksum(copy, size, scratch, digest);
	if (memcmp(copy + AT_CHECKSUM, digest, SHA256_SIZE) != 0 ||
	    memcmp(copy + AT_CHECKSUM + SHA256_SIZE, zero, sizeof(zero)) != 0)
		return "has a wrong checksum: it is damaged or was changed";
	return NULL;
}

/* The parts of both copies that mean something must be the same. */
static bool copies_agree(const uint8_t *a, const uint8_t *b, uint64_t size)
{
	return be(a + AT_SEQUENCE, 8) == be(b + AT_SEQUENCE, 8) &&
	       memcmp(a + AT_LABEL, b + AT_LABEL, LABEL_SIZE) == 0 &&
	       memcmp(a + AT_UUID, b + AT_UUID, UUID_SIZE) == 0 &&
	       memcmp(a + BINARY_SIZE, b + BINARY_SIZE, size - BINARY_SIZE) == 0;
}

static int check_copies(struct check *c, const uint8_t *buf, size_t len)
{
	uint64_t size = c->h->size;
	cleanup_free uint8_t *scratch = malloc(size);
	const char *fault;

	if (!scratch)
		return -ENOMEM;
	if (len < 2 * size) {
		find(c, true, "image", "is cut off within its header");
		return 0;
	}
	fault = copy_fault(buf, size, 0, scratch);
	if (fault) {
		find(c, true, "primary header", "%s", fault);
		return 0;
	}
	fault = copy_fault(buf + size, size, size, scratch);
	if (fault)
		find(c, false, "secondary header", "%s; the primary one is used", fault);
	else if (!copies_agree(buf, buf + size, size))
		find(c, true, "secondary header",
		     "is valid but not the same as the primary one: a change of the header was cut "
		     "short, or somebody planted it");
	return 0;
}

static void check_binary(struct check *c, const uint8_t *buf)
{
	if (is_uuid(buf + AT_UUID))
		(void)snprintf(c->h->uuid, sizeof(c->h->uuid), "%.36s",
			       (const char *)buf + AT_UUID); /* fits */
	else
		find(c, true, "primary header", "its UUID is none");
	if (!is_text(buf + AT_LABEL, LABEL_SIZE) || !is_text(buf + AT_SUBSYSTEM, LABEL_SIZE))
		find(c, true, "primary header", "label or subsystem is no text");
}

static int check_json(struct check *c, const uint8_t *buf)
{
	const char *text = (const char *)buf + BINARY_SIZE, *why;
	size_t room = c->h->size - BINARY_SIZE, len = strnlen(text, room), where;
	int r;

	if (len == room) {
		find(c, true, "$", "the JSON has no end");
		return 0;
	}
	for (size_t i = len; i < room; i++)
		if (text[i]) {
			find(c, true, "$", "something stands behind the end of the JSON");
			return 0;
		}
	r = header_json_parse(text, len, &c->json, &why, &where);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		find(c, true, "$", "the JSON is not as LUKS2 demands: %s, at byte %zu", why, where);
		return 0;
	}
	check_document(c);
	header_json_done(&c->json);
	return 0;
}

uint64_t header_peek(const uint8_t *buf)
{
	uint64_t size = be(buf + AT_SIZE, 8);

	if (memcmp(buf, magic_primary, sizeof(magic_primary)) != 0 || be(buf + AT_VERSION, 2) != 2)
		return 0;
	if (size < HEADER_SIZE_MIN || size > HEADER_SIZE_MAX || (size & (size - 1)))
		return 0;
	return size;
}

/* Why header_peek() said no. */
static void explain(struct check *c, const uint8_t *buf, size_t len)
{
	if (len < HEADER_PEEK_SIZE)
		find(c, true, "image", "is too small for a LUKS2 header");
	else if (memcmp(buf, magic_primary, sizeof(magic_primary)) != 0)
		find(c, true, "image", "has no LUKS2 header");
	else if (be(buf + AT_VERSION, 2) == 1)
		find(c, true, "primary header",
		     "is of version 1; an image of one's own is converted by: cryptsetup convert "
		     "--type luks2");
	else if (be(buf + AT_VERSION, 2) != 2)
		find(c, true, "primary header", "is of an unknown version");
	else
		find(c, true, "primary header", "says it has %llu bytes, which the format has not",
		     (unsigned long long)be(buf + AT_SIZE, 8));
}

int header_check(const uint8_t *buf, size_t len, uint64_t image_size, const char *cipher,
		 struct header *ret)
{
	struct check c = { .h = ret, .cipher = cipher, .image_size = image_size };
	int r;

	*ret = (struct header){ 0 };
	ret->size = len < HEADER_PEEK_SIZE ? 0 : header_peek(buf);
	if (!ret->size) {
		explain(&c, buf, len);
		return -EBADMSG;
	}
	r = check_copies(&c, buf, len);
	if (r < 0)
		return r;
	/* A copy with a wrong checksum is noise: what is wrong in it tells nobody anything. */
	if (c.has_error)
		return -EBADMSG;
	check_binary(&c, buf);
	r = check_json(&c, buf);
	if (r < 0)
		return r;
	return c.has_error ? -EBADMSG : 0;
}

void header_mirror(uint8_t *buf, uint64_t size)
{
	uint8_t *copy = buf + size;

	memcpy(copy, buf, size);
	memcpy(copy, magic_secondary, sizeof(magic_secondary));
	for (unsigned i = 0; i < 8; i++)
		copy[AT_OFFSET + i] = (uint8_t)(size >> (56 - 8 * i));
	header_seal(copy, size);
}

void header_seal(uint8_t *copy, uint64_t size)
{
	uint8_t digest[SHA256_SIZE];

	memset(copy + AT_CHECKSUM, 0, CHECKSUM_SIZE);
	sha256(copy, size, digest);
	memcpy(copy + AT_CHECKSUM, digest, sizeof(digest));
}

uint64_t header_area_size(const struct header *h)
{
	uint64_t end = 2 * h->size;

	for (size_t i = 0; i < h->n_slots; i++)
		if (h->slots[i].offset + h->slots[i].size > end)
			end = h->slots[i].offset + h->slots[i].size;
	return end;
}
