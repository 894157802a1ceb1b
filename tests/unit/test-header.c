/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/macros.h"
#include "crypt/header.h"
#include "lib/test.h"

#define IMAGE_SIZE (64 * 1024 * 1024)
#define JSON_AT	   4096

/* As made by the existing tools' script; remotefs-protocol notes 7.2. */
static const char good[] =
	"{\"keyslots\":{\"0\":{\"type\":\"luks2\",\"key_size\":64,\"af\":{\"type\":\"luks1\","
	"\"stripes\":4000,\"hash\":\"sha256\"},\"area\":{\"type\":\"raw\",\"offset\":\"32768\","
	"\"size\":\"258048\",\"encryption\":\"aes-xts-plain64\",\"key_size\":64},\"kdf\":{\"type\":"
	"\"pbkdf2\",\"hash\":\"sha256\",\"iterations\":1000,\"salt\":\"ZP8uw1pq\"}}},\"tokens\":{},"
	"\"segments\":{\"0\":{\"type\":\"crypt\",\"offset\":\"16777216\",\"size\":\"dynamic\","
	"\"iv_tweak\":\"0\",\"encryption\":\"aes-xts-plain64\",\"sector_size\":4096}},\"digests\":{"
	"\"0\":{\"type\":\"pbkdf2\",\"keyslots\":[\"0\"],\"segments\":[\"0\"],\"hash\":\"sha256\","
	"\"iterations\":1000,\"salt\":\"I5NpYSFT\",\"digest\":\"FSGrLT7J\"}},\"config\":{"
	"\"json_size\":\"12288\",\"keyslots_size\":\"16744448\"}}";

static uint8_t image[2 * HEADER_SIZE_MIN];
static struct header h;

static void put_json(const char *text)
{
	static const uint8_t start[] = { 'L', 'U', 'K', 'S', 0xba, 0xbe, 0,    2,
					 0,   0,   0,	0,   0,	   0,	 0x40, 0 };

	memset(image, 0, sizeof(image));
	memcpy(image, start, sizeof(start));
	memcpy(image + 72, "sha256", 6);
	memcpy(image + 168, "66666666-7777-8888-9999-aaaaaaaaaaaa", 36);
	memcpy(image + JSON_AT, text, strlen(text));
	header_mirror(image, HEADER_SIZE_MIN);
	header_seal(image, HEADER_SIZE_MIN);
}

/* @from in the good JSON replaced by @to, once. */
static void put_changed(const char *from, const char *to)
{
	static char text[HEADER_SIZE_MIN];
	const char *at = strstr(good, from);

	CHECK(at, "'%s' is not there", from);
	if (at)
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, to,
			 at + strlen(from));
	put_json(text);
}

static int check(const char *cipher)
{
	return header_check(image, sizeof(image), IMAGE_SIZE, cipher, &h);
}

static bool has_finding(const char *path)
{
	for (size_t i = 0; i < h.n_findings; i++)
		if (h.findings[i].is_error && strcmp(h.findings[i].path, path) == 0)
			return true;
	return false;
}

TEST(header_of_the_existing_tools_is_accepted)
{
	put_json(good);
	CHECK_EQ(check(NULL), 0);
	CHECK_EQ(h.n_findings, 0);
	CHECK_STR(h.cipher, "aes-xts-plain64");
	CHECK_STR(h.integrity, "");
	CHECK_STR(h.uuid, "66666666-7777-8888-9999-aaaaaaaaaaaa");
	CHECK_EQ(h.key_size, 64);
	CHECK_EQ(h.data_offset, 16777216);
	CHECK_EQ(h.data_size, IMAGE_SIZE - 16777216);
	CHECK_EQ(h.n_slots, 1);
	CHECK_EQ(header_area_size(&h), 32768 + 258048);
	CHECK_EQ(check("aes-xts-plain64"), 0);
	CHECK_EQ(check("serpent-xts-plain64"), -EBADMSG);
	CHECK(has_finding("$.segments.0.encryption"));
}

/* from, to, and the path of the finding; NULL: it is accepted */
static const struct {
	const char *from, *to, *path;
} changes[] = {
	{ "\"size\":\"dynamic\"", "\"size\":\"50331648\"", NULL },
	{ "\"size\":\"dynamic\"", "\"size\":\"50331647\"", "$.segments.0.size" },
	{ "\"size\":\"dynamic\"", "\"size\":\"50331649\"", "image" },
	{ "\"sector_size\":4096}", "\"sector_size\":512}", NULL },
	{ "\"sector_size\":4096}", "\"sector_size\":1024}", "$.segments.0.sector_size" },
	{ "\"sector_size\":4096}", "\"sector_size\":4096,\"flags\":[]}", NULL },
	{ "\"sector_size\":4096}", "\"sector_size\":4096,\"flags\":[\"x\"]}",
	  "$.segments.0.flags" },
	{ "\"sector_size\":4096}", "\"sector_size\":4096,\"x\":1}", "$.segments.0.x" },
	{ "\"iv_tweak\":\"0\"", "\"iv_tweak\":\"1\"", "$.segments.0.iv_tweak" },
	{ "\"iv_tweak\":\"0\",\"encryption\":\"aes-xts-plain64\"",
	  "\"iv_tweak\":\"0\",\"encryption\":\"cipher_null-ecb\"", "$.segments.0.encryption" },
	{ "\"encryption\":\"aes-xts-plain64\",\"key_size\":64",
	  "\"encryption\":\"cipher_null-ecb\",\"key_size\":64", "$.keyslots.0.area.encryption" },
	{ "\"encryption\":\"aes-xts-plain64\",\"key_size\":64",
	  "\"encryption\":\"aes-xts-plain64\",\"key_size\":32", NULL },
	{ "\"encryption\":\"aes-xts-plain64\",\"key_size\":64",
	  "\"encryption\":\"aes-xts-plain64\",\"key_size\":33", "$.keyslots.0.area.key_size" },
	{ "\"key_size\":64,\"af\"", "\"key_size\":32,\"af\"", "$.keyslots.0.key_size" },
	{ "\"offset\":\"32768\"", "\"offset\":\"32767\"", "$.keyslots.0.area" },
	{ "\"offset\":\"32768\"", "\"offset\":\"18446744073709547520\"", "$.keyslots.0.area" },
	{ "\"size\":\"258048\"", "\"size\":\"18446744073709551104\"", "$.keyslots.0.area" },
	{ "\"size\":\"258048\"", "\"size\":\"4096\"", "$.keyslots.0.area.size" },
	{ "\"type\":\"raw\"", "\"type\":\"journal\"", "$.keyslots.0.area.type" },
	{ "\"type\":\"luks2\"", "\"type\":\"reencrypt\"", "$.keyslots.0.type" },
	{ "\"type\":\"luks2\"", "\"type\":\"luks2\",\"priority\":0", NULL },
	{ "\"type\":\"luks2\"", "\"type\":\"luks2\",\"priority\":3", "$.keyslots.0.priority" },
	{ "\"keyslots\":{\"0\"", "\"keyslots\":{\"32\"", "$.keyslots" },
	{ "\"keyslots\":{\"0\"", "\"keyslots\":{\"00\"", "$.keyslots" },
	{ "\"type\":\"pbkdf2\",\"hash\":\"sha256\",\"iterations\":1000,\"salt\":\"ZP8uw1pq\"",
	  "\"type\":\"argon2id\",\"time\":4,\"memory\":1048576,\"cpus\":4,\"salt\":\"ZP8uw1pq\"",
	  NULL },
	{ "\"type\":\"pbkdf2\",\"hash\":\"sha256\",\"iterations\":1000,\"salt\":\"ZP8uw1pq\"",
	  "\"type\":\"argon2id\",\"time\":4,\"memory\":1048577,\"cpus\":4,\"salt\":\"ZP8uw1pq\"",
	  "$.keyslots.0.kdf.memory" },
	{ "\"type\":\"pbkdf2\",\"hash\":\"sha256\",\"iterations\":1000,\"salt\":\"ZP8uw1pq\"",
	  "\"type\":\"argon2id\",\"time\":64,\"memory\":1048576,\"cpus\":4,\"salt\":\"ZP8uw1pq\"",
	  "$.keyslots" },
	{ "\"hash\":\"sha256\",\"iterations\":1000,\"salt\":\"ZP8",
	  "\"hash\":\"sha1\",\"iterations\":"
	  "1000,\"salt\":\"ZP8",
	  "$.keyslots.0.kdf.hash" },
	{ "\"tokens\":{}", "\"tokens\":{\"0\":{\"type\":\"x\",\"keyslots\":[]}}", NULL },
	{ "\"tokens\":{}", "\"tokens\":{\"0\":1}", "$.tokens" },
	{ "\"tokens\":{}", "\"tokens\":{},\"more\":{}", "$.more" },
	{ "\"digests\":{\"0\"", "\"digests\":{\"1\"", "$.digests.0" },
	{ "\"segments\":[\"0\"]", "\"segments\":[\"1\"]", "$.digests.0.segments" },
	{ "\"keyslots\":[\"0\"]", "\"keyslots\":[]", "$.digests.0.keyslots" },
	{ "\"keyslots\":[\"0\"]", "\"keyslots\":[\"1\"]", "$.digests.0.keyslots" },
	{ "\"digest\":\"FSGrLT7J\"", "\"digest\":\"\"", "$.digests.0.digest" },
	{ "\"json_size\":\"12288\"", "\"json_size\":\"12287\"", "$.config.json_size" },
	{ "\"config\":{", "\"config\":{\"flags\":[],", NULL },
	{ "\"config\":{", "\"config\":{\"flags\":[\"no-journal\"],", NULL },
	{ "\"config\":{", "\"config\":{\"flags\":[\"allow-discards\"],", "$.config.flags" },
	{ "\"config\":{", "\"config\":{\"requirements\":{\"mandatory\":[]},", NULL },
	{ "\"config\":{", "\"config\":{\"requirements\":{\"mandatory\":[\"online-reencrypt-v2\"]},",
	  "$.config.requirements" },
	{ "\"keyslots_size\":\"16744448\"", "\"keyslots_size\":\"16748544\"",
	  "$.config.keyslots_size" },
	{ "\"offset\":\"16777216\"", "\"offset\":\"16773120\"", "$.segments.0.offset" },
};

TEST(header_rules_hold_one_by_one)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		put_changed(changes[i].from, changes[i].to);
		CHECK_EQ(check(NULL), changes[i].path ? -EBADMSG : 0, "row %zu: %s, finding %s %s",
			 i, changes[i].to, h.n_findings ? h.findings[0].path : "none",
			 h.n_findings ? h.findings[0].text : "");
		if (changes[i].path)
			CHECK(has_finding(changes[i].path), "row %zu: %s, not %s: %s", i,
			      changes[i].path, h.findings[0].path, h.findings[0].text);
	}
}

TEST(header_with_integrity_is_accepted_in_known_pairs_only)
{
	static const struct {
		const char *cipher, *integrity;
		unsigned key_size;
		bool want;
	} t[] = {
		{ "aes-xts-plain64", "hmac(sha256)", 96, true },
		{ "aes-xts-random", "hmac(sha512)", 128, true },
		{ "aes-gcm-random", "aead", 32, true },
		{ "chacha20-random", "poly1305", 32, true },
		{ "aegis128-random", "aead", 16, true },
		{ "aes-xts-plain64", "hmac(sha256)", 64, false },
		{ "aes-xts-plain64", "crc32c", 64, false },
		{ "aes-xts-plain64", "none", 64, false },
		{ "aes-gcm-random", "hmac(sha256)", 64, false },
		{ "aes-gcm-plain64", "aead", 32, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		static char text[HEADER_SIZE_MIN];
		char segment[256], size[32];
		const char *at;

		snprintf(
			segment, sizeof(segment),
			"\"encryption\":\"%s\",\"sector_size\":4096,\"integrity\":{\"type\":\"%s\","
			"\"journal_encryption\":\"none\",\"journal_integrity\":\"none\"}}",
			t[i].cipher, t[i].integrity);
		snprintf(size, sizeof(size), "\"key_size\":%u,\"af\"", t[i].key_size);
		put_changed("\"encryption\":\"aes-xts-plain64\",\"sector_size\":4096}", segment);
		memcpy(text, image + JSON_AT, sizeof(text) - JSON_AT);
		at = strstr(text, "\"key_size\":64,\"af\"");
		/* Room for a larger key, and its size. */
		{
			static char with_key[HEADER_SIZE_MIN];
			char *area;

			snprintf(with_key, sizeof(with_key), "%.*s%s%s", (int)(at - text), text,
				 size, at + strlen("\"key_size\":64,\"af\""));
			area = strstr(with_key, "258048");
			memcpy(area, "516096", 6);
			put_json(with_key);
		}
		CHECK_EQ(check(NULL), t[i].want ? 0 : -EBADMSG, "row %zu: %s", i,
			 h.n_findings ? h.findings[0].text : "");
		if (t[i].want)
			CHECK_STR(h.integrity, t[i].integrity, "row %zu", i);
	}
}

TEST(header_copies_are_both_looked_at)
{
	put_json(good);
	image[HEADER_SIZE_MIN + 5000] ^= 1;
	CHECK_EQ(check(NULL), 0);
	CHECK_EQ(h.n_findings, 1);
	CHECK(!h.findings[0].is_error);
	put_json(good);
	image[5000] ^= 1;
	CHECK_EQ(check(NULL), -EBADMSG);
	CHECK(has_finding("primary header"));
	/* A valid secondary copy with another sequence number. */
	put_json(good);
	image[HEADER_SIZE_MIN + 23] = 9;
	header_seal(image + HEADER_SIZE_MIN, HEADER_SIZE_MIN);
	CHECK_EQ(check(NULL), -EBADMSG);
	CHECK(has_finding("secondary header"));
}

TEST(header_mirror_makes_a_valid_copy)
{
	put_json(good);
	memset(image + HEADER_SIZE_MIN, 0xff, HEADER_SIZE_MIN);
	header_mirror(image, HEADER_SIZE_MIN);
	CHECK_EQ(check(NULL), 0);
	CHECK_EQ(h.n_findings, 0);
}

TEST(header_that_is_cut_off_is_refused)
{
	static const size_t sizes[] = { 0, 6, 100, 4095, 4096, 16384, 32767 };

	put_json(good);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		CHECK_EQ(header_check(image, sizes[i], sizes[i], NULL, &h), -EBADMSG, "row %zu", i);
		CHECK(h.n_findings > 0 && strcmp(h.findings[0].path, "image") == 0, "row %zu", i);
	}
	CHECK_EQ(header_check(image, sizeof(image), 100000, NULL, &h), -EBADMSG);
	CHECK_EQ(header_check(image, sizeof(image), 16777216, NULL, &h), -EBADMSG);
	CHECK_EQ(header_check(image, sizeof(image), 16777216 + 4097, NULL, &h), -EBADMSG);
	CHECK_EQ(header_check(image, sizeof(image), 16777216 + 4096, NULL, &h), 0);
}

TEST(header_findings_are_bounded_and_printable)
{
	static char text[HEADER_SIZE_MIN - JSON_AT];
	size_t n = 0;

	n += (size_t)snprintf(text, sizeof(text), "{");
	for (unsigned i = 0; i < 60; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%s\"\xc3\xa4%u\":\"\xff\x80%0100u\"", i ? "," : "", i, i);
	(void)snprintf(text + n, sizeof(text) - n, "}");
	put_json(text);
	CHECK_EQ(check(NULL), -EBADMSG);
	CHECK_EQ(h.n_findings, HEADER_FINDINGS_MAX);
	CHECK(h.n_findings_dropped > 0);
	for (size_t i = 0; i < h.n_findings; i++)
		for (const char *p = h.findings[i].text; *p; p++)
			CHECK(*p >= 0x20 && *p < 0x7f, "finding %zu", i);
}

TEST_MAIN
