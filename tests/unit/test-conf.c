/* SPDX-License-Identifier: MIT */
#include "conf/conf.h"

#include <errno.h>

#include "base/encode.h"
#include "lib/test.h"

#define SHARE(more)   "{\"mount_point\":\"/srv/a\",\"source\":{\"url\":\"https://h/b\"}," more "}"
#define GOOD_KEY      "\"key\":{\"provider\":\"file\",\"path\":\"/k\"}"
#define NATIVE(share) "{\"shares\":[" share "]}"
#define REMOTEFS(fs)  "{\"azure_filesystems\":[" fs "]}"
#define FS(more) \
	"{\"mount_point\":\"/m\",\"azure_url\":\"https://h/b\",\"raw_key\":\"00ff\"" more "}"

static struct conf *parse(const char *text)
{
	struct conf *c = NULL;
	struct err e = { 0 };

	CHECK_EQ(conf_parse(text, strlen(text), &c, &e), 0, "%s", e.text);
	return c;
}

static unsigned count(const struct conf *c, enum finding_level level)
{
	unsigned n = 0;

	for (size_t i = 0; i < c->n_findings; i++)
		n += c->findings[i].level == level;
	return n;
}

static const struct finding *find(const struct conf *c, enum finding_level level)
{
	for (size_t i = 0; i < c->n_findings; i++)
		if (c->findings[i].level == level)
			return &c->findings[i];
	return NULL;
}

TEST(native_share_is_read_in_full)
{
	struct conf *c = parse(NATIVE(
		"{\"name\":\"models\",\"mount_point\":\"//srv//models/\",\"source\":{\"url\":"
		"\"https://acct.blob.example/c/m.img?sv=1&sig=SeCrEt%3D\",\"writable\":false},"
		"\"key\":{\"provider\":\"credential\",\"name\":\"models.key\",\"encrypted\":true},"
		"\"volume\":{\"type\":\"luks2\",\"cipher\":\"aes-xts-plain64\",\"verity\":{"
		"\"root_hash\":\"ABCDEF0123456789ABCDEF0123456789\",\"hash_url\":\"https://h/t?"
		"sig=x\"}},\"filesystem\":{\"type\":\"ext4\",\"options\":\"noatime\"},"
		"\"boot\":{\"required\":true,\"automount\":false}}"));
	struct share *s = c->shares[0];

	CHECK_EQ(c->form, CONF_FORM_NATIVE);
	CHECK_EQ(c->n_findings, 0, "%s", c->n_findings ? finding_format(&c->findings[0]) : "");
	CHECK(!s->is_broken);
	CHECK_STR(s->name, "models");
	CHECK(s->name_is_given);
	CHECK_STR(s->mount_point, "/srv/models");
	CHECK_STR(s->source.url, "https://acct.blob.example/c/m.img");
	CHECK_STR(s->source.sas, "sv=1&sig=SeCrEt%3D");
	CHECK_EQ(s->source.credential, SHARE_CREDENTIAL_SAS);
	CHECK_EQ(s->key.provider, SHARE_PROVIDER_CREDENTIAL);
	CHECK_STR(s->key.name, "models.key");
	CHECK(s->key.is_encrypted);
	CHECK_STR(s->volume.root_hash, "abcdef0123456789abcdef0123456789");
	CHECK_STR(s->volume.hash_url, "https://h/t");
	CHECK_STR(s->volume.hash_sas, "sig=x");
	CHECK_STR(s->filesystem.options, "noatime");
	CHECK(s->boot.is_required);
	CHECK(s->boot.is_automatic);
	CHECK(share_has_secrets(s));
	conf_free(c);
}

TEST(remotefs_share_is_read_as_upstream_reads_it)
{
	struct conf *c = parse(
		"{\"azure_info\":{\"identity\":{\"client_id\":\"id-1\"}},\"Azure_FileSystems\":[{"
		"\"MOUNT_POINT\":\"/mnt/a b\",\"azure_url\":\"https://h/c/b.img\","
		"\"azure_url_private\":true,\"read_write\":true,\"raw_key\":\"00\",\"key\":{"
		"\"kid\":\"k/1\",\"kty\":\"RSA-HSM\",\"key_ops\":[\"a\"],\"authority\":{"
		"\"endpoint\":\"maa\",\"api_version\":\"2020\"},\"mhsm\":{\"endpoint\":\"hsm\","
		"\"bearer_token\":\"tOkEn\"}},\"key_derivation\":{\"salt\":\"00FF\",\"label\":"
		"\"l\"},\"whatever\":{\"x\":[1]}}]}");
	struct share *s = c->shares[0];

	CHECK_EQ(c->form, CONF_FORM_REMOTEFS);
	CHECK_EQ(count(c, FINDING_ERROR), 0);
	CHECK(!s->is_broken);
	CHECK_STR(s->mount_point, "/mnt/a b");
	CHECK_EQ(s->source.credential, SHARE_CREDENTIAL_MANAGED_IDENTITY);
	CHECK_STR(s->source.client_id, "id-1");
	CHECK(s->source.is_writable);
	CHECK_EQ(s->key.provider, SHARE_PROVIDER_AZURE_SKR);
	CHECK_STR(s->key.hex, NULL);
	CHECK_STR(s->key.kid, "k/1");
	CHECK_STR(s->key.vault_endpoint, "hsm");
	CHECK_STR(s->key.bearer_token, "tOkEn");
	CHECK_STR(s->key.derive_salt, "00FF");
	CHECK_STR(s->filesystem.type, "ext4");
	conf_free(c);
}

TEST(base64_and_json_are_told_apart)
{
	static const char json[] = NATIVE(SHARE(GOOD_KEY));
	char *text = base64_encode(json, strlen(json)), broken[4096];
	struct conf *c = parse(text);

	CHECK(c->was_base64);
	CHECK_EQ(c->n_shares, 1);
	conf_free(c);
	snprintf(broken, sizeof(broken), "\n%.20s\r\n%s\n", text, text + 20);
	c = parse(broken);
	CHECK_EQ(c->n_shares, 1);
	conf_free(c);
	c = parse("[1]");
	CHECK(c->is_unusable);
	conf_free(c);
	c = parse("WzFd"); /* [1] */
	CHECK(c->is_unusable);
	conf_free(c);
	free(text);
}

TEST(each_mistake_of_a_share_is_an_error_with_its_path)
{
	static const struct {
		const char *text, *path;
	} t[] = {
		{ NATIVE("{\"source\":{\"url\":\"https://h/b\"}," GOOD_KEY "}"),
		  "$.shares[0].mount_point" },
		{ NATIVE("{\"mount_point\":\"/a\"," GOOD_KEY "}"), "$.shares[0].source.url" },
		{ NATIVE(SHARE("\"key\":{\"provider\":\"x\"}")), "$.shares[0].key.provider" },
		{ NATIVE(SHARE("\"name\":\"x\"")), "$.shares[0].key.provider" },
		{ NATIVE(SHARE("\"name\":\"a b\"," GOOD_KEY)), "$.shares[0].name" },
		{ NATIVE(SHARE("\"naem\":\"ab\"," GOOD_KEY)), "$.shares[0].naem" },
		{ NATIVE(SHARE("\"Name\":\"ab\"," GOOD_KEY)), "$.shares[0].Name" },
		{ NATIVE(SHARE("\"overlay\":{}," GOOD_KEY)), "$.shares[0].overlay" },
		{ NATIVE(SHARE("\"boot\":{\"automount\":true}," GOOD_KEY)),
		  "$.shares[0].boot.automount" },
		{ NATIVE(SHARE("\"boot\":{\"required\":1}," GOOD_KEY)),
		  "$.shares[0].boot.required" },
		{ NATIVE(SHARE("\"boot\":[]," GOOD_KEY)), "$.shares[0].boot" },
		{ NATIVE(SHARE("\"key\":{\"provider\":\"raw\",\"hex\":\"0\"}")),
		  "$.shares[0].key.hex" },
		{ NATIVE(SHARE("\"key\":{\"provider\":\"file\"}")), "$.shares[0].key.path" },
		{ NATIVE(SHARE("\"key\":{\"provider\":\"credential\"}")), "$.shares[0].key.name" },
		{ NATIVE(SHARE("\"key\":{\"provider\":\"credential\",\"name\":\"../x\"}")),
		  "$.shares[0].key.name" },
		{ NATIVE(SHARE("\"volume\":{\"type\":\"plain\"}")),
		  "$.shares[0].volume.verity.root_hash" },
		{ NATIVE(SHARE("\"volume\":{\"cipher\":\"cipher_null-ecb\"}," GOOD_KEY)),
		  "$.shares[0].volume.cipher" },
		{ NATIVE(SHARE("\"filesystem\":{\"options\":\"ro,loop=/x\"}," GOOD_KEY)),
		  "$.shares[0].filesystem.options" },
		{ NATIVE(SHARE("\"filesystem\":{\"options\":\"a b\"}," GOOD_KEY)),
		  "$.shares[0].filesystem.options" },
		{ NATIVE(SHARE("\"filesystem\":{\"type\":\"../x\"}," GOOD_KEY)),
		  "$.shares[0].filesystem.type" },
		{ NATIVE("7"), "$.shares[0]" },
		{ REMOTEFS("{\"mount_point\":\"/m\",\"azure_url\":\"https://h/b\"}"),
		  "$.azure_filesystems[0].key.kid" },
		{ REMOTEFS("{\"mount_point\":\"m\",\"azure_url\":\"https://h/"
			   "b\",\"raw_key\":\"00\"}"),
		  "$.azure_filesystems[0].mount_point" },
		{ REMOTEFS("{\"mount_point\":\"/m\",\"azure_url\":\"ftp://h/"
			   "b\",\"raw_key\":\"00\"}"),
		  "$.azure_filesystems[0].azure_url" },
		{ REMOTEFS(FS(",\"key_derivation\":{\"salt\":\"xy\"}")),
		  "$.azure_filesystems[0].key_derivation.salt" },
		{ REMOTEFS(FS(",\"azure_url_private\":\"yes\"")),
		  "$.azure_filesystems[0].azure_url_private" },
		{ "{\"shares\":[],\"more\":1}", "$.more" },
		{ "{\"shares\":{}}", "$.shares" },
		{ "{}", "$" },
		{ "{\"mount_point\":\"/a\"," GOOD_KEY "}", "$.source.url" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct conf *c = parse(t[i].text);
		const struct finding *f = find(c, FINDING_ERROR);

		CHECK_EQ(count(c, FINDING_ERROR), 1, "row %zu", i);
		CHECK(f != NULL, "row %zu", i);
		if (f) {
			CHECK_STR(f->path, t[i].path, "row %zu", i);
			CHECK(f->remedy && f->remedy[0], "row %zu", i);
		}
		CHECK(c->is_unusable || c->shares[0]->is_broken, "row %zu", i);
		conf_free(c);
	}
}

TEST(mount_points_that_would_harm_are_refused)
{
	static const struct {
		const char *path;
		bool is_good;
	} t[] = {
		{ "/", false },
		{ "//", false },
		{ "/proc", false },
		{ "/proc/x", false },
		{ "/sys/x", false },
		{ "/dev/shm/x", false },
		{ "/run/sealmount", false },
		{ "/run/sealmount/x", false },
		{ "/usr/x", false },
		{ "/boot", false },
		{ "/etc/x", false },
		{ "/a/../b", false },
		{ "/a/./b", false },
		{ "/..", false },
		{ "a", false },
		{ "/a\\u0000b", false },
		{ "/a\\nb", false },
		{ "/run/x", true },
		{ "/usrx", true },
		{ "/process", true },
		{ "/srv/a%b", true },
		{ "/a/..b", true },
		{ "/a b\xc3\xa4", true },
		{ "/mnt/$x`y`", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char text[512];
		struct conf *c;

		snprintf(text, sizeof(text),
			 "{\"mount_point\":\"%s\",\"source\":{\"url\":\"https://h/b\"}," GOOD_KEY
			 "}",
			 t[i].path);
		c = parse(text);
		CHECK_EQ(!c->shares[0]->is_broken, t[i].is_good, "%s", t[i].path);
		conf_free(c);
	}
}

TEST(urls_are_checked)
{
	static const struct {
		const char *url;
		bool is_good;
	} t[] = {
		{ "https://h", true },
		{ "HTTPS://h:8443/b", true },
		{ "http://[::1]:80/b", true },
		{ "file:///img", true },
		{ "https://h/b?snapshot=2020-01-01T00:00:00Z", true },
		{ "https://u:p@h/b", false },
		{ "https:///b", false },
		{ "https://h:0/b", false },
		{ "https://h:99999/b", false },
		{ "https://h:x/b", false },
		{ "https://h/b&sig=x", false },
		{ "https://h/a b", false },
		{ "https://h/#x", false },
		{ "file://host/img", false },
		{ "file:///img?x", false },
		{ "ftp://h/b", false },
		{ "/dev/sda", false },
		{ "https://h\\\\@evil/b", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char text[512];
		struct conf *c;

		snprintf(text, sizeof(text),
			 "{\"mount_point\":\"/m\",\"source\":{\"url\":\"%s\"}," GOOD_KEY "}",
			 t[i].url);
		c = parse(text);
		CHECK_EQ(!c->shares[0]->is_broken, t[i].is_good, "%s", t[i].url);
		conf_free(c);
	}
}

TEST(only_public_queries_stay_in_the_url)
{
	static const struct {
		const char *url, *want_url, *want_sas;
	} t[] = {
		{ "https://h/b?sig=1", "https://h/b", "sig=1" },
		{ "https://h/b?snapshot=1", "https://h/b?snapshot=1", NULL },
		{ "https://h/b?VersionId=1", "https://h/b?VersionId=1", NULL },
		{ "https://h/b?snapshot=1&sv=2&sig=3", "https://h/b", "snapshot=1&sv=2&sig=3" },
		{ "https://h/b?X-Amz-Signature=1", "https://h/b", "X-Amz-Signature=1" },
		{ "https://h/b?", "https://h/b", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char text[512];
		struct conf *c;

		snprintf(
			text, sizeof(text),
			REMOTEFS(
				"{\"mount_point\":\"/m\",\"azure_url\":\"%s\",\"raw_key\":\"00\"}"),
			t[i].url);
		c = parse(text);
		CHECK_STR(c->shares[0]->source.url, t[i].want_url);
		CHECK_STR(c->shares[0]->source.sas, t[i].want_sas);
		CHECK_EQ(c->shares[0]->source.credential,
			 t[i].want_sas ? SHARE_CREDENTIAL_SAS : SHARE_CREDENTIAL_ANONYMOUS);
		conf_free(c);
	}
}

TEST(findings_never_show_secrets)
{
	static const char *const t[] = {
		REMOTEFS("{\"mount_point\":\"m\",\"azure_url\":\"ftp://h/b?sig=SeCrEt\","
			 "\"raw_key\":\"SeCrEt\"}"),
		REMOTEFS("{\"mount_point\":\"/m\",\"azure_url\":\"https://u:SeCrEt@h/b?SeCrEt\","
			 "\"raw_key\":[\"SeCrEt\"],\"rawkey\":\"SeCrEt\"}"),
		NATIVE(SHARE("\"key\":{\"provider\":\"raw\",\"hex\":\"SeCrEt\"},\"source\":{"
			     "\"credential\":{\"sas\":\"a b SeCrEt\",\"type\":\"sas\"}}")),
		NATIVE(SHARE("\"key\":{\"provider\":\"azure-skr\",\"vault\":{\"bearer_token\":"
			     "{\"SeCrEt\":1},\"token\":\"SeCrEt\"}}")),
		NATIVE(SHARE("\"key\":{\"provider\":\"azure-skr\",\"vault\":{\"bearer_token\":"
			     "\"<SeCrEt>\"}}")),
		NATIVE("{\"mount_point\":\"/m\",\"source\":{\"url\":\"https://h/b&sig=SeCrEt\"}}"),
		NATIVE("{\"mount_point\":\"sv=1&sig=SeCrEt\",\"name\":\"SIG=SeCrEt\"}"),
		"{\"shares\":[{\"key\":{\"hex\":\"SeCrEt",
		"{\"shares\":[{\"key\":{\"hex\":\"SeCrEt\\q\"}}]}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct conf *c = parse(t[i]);

		CHECK(c->n_findings > 0);
		for (size_t k = 0; k < c->n_findings; k++) {
			char *text = finding_format(&c->findings[k]);

			CHECK(!strstr(text, "SeCrEt"), "row %zu: %s", i, text);
			free(text);
		}
		conf_free(c);
	}
}

TEST(values_are_cut_and_made_printable)
{
	char text[8192], *line;
	struct conf *c;

	snprintf(text, sizeof(text),
		 NATIVE(SHARE("\"name\":\"\\u001b[31m\xe2\x80\xae%0200d\"," GOOD_KEY)), 1);
	c = parse(text);
	line = finding_format(find(c, FINDING_ERROR));
	CHECK(strstr(line, "\\x1b[31m\\xe2\\x80\\xae000") || strstr(line, "\\x1b"), "%s", line);
	CHECK(strlen(line) < 400, "%s", line);
	for (const char *p = line; *p; p++)
		CHECK(*p >= ' ' && *p < 0x7f);
	free(line);
	conf_free(c);
}

TEST(every_mistake_is_reported_at_once)
{
	struct conf *c =
		parse("{\"shares\":[{\"mount_point\":\"a\"},{\"mount_point\":\"/b\",\"source\":"
		      "{\"url\":\"https://h/b\"}," GOOD_KEY "},{\"name\":\"-\",\"boot\":1}]}");

	CHECK_EQ(c->n_shares, 3);
	CHECK(c->shares[0]->is_broken);
	CHECK(!c->shares[1]->is_broken);
	CHECK(c->shares[2]->is_broken);
	CHECK(count(c, FINDING_ERROR) >= 7, "%u", count(c, FINDING_ERROR));
	conf_free(c);
}

TEST(duplicates_are_errors_in_the_native_form_only)
{
	struct conf *c = parse(NATIVE(SHARE("\"name\":\"x\",\"name\":\"y\"," GOOD_KEY)));

	CHECK(c->shares[0]->is_broken);
	CHECK(find(c, FINDING_ERROR)->line == 1 && find(c, FINDING_ERROR)->column > 1);
	conf_free(c);
	c = parse(REMOTEFS("{\"mount_point\":\"/x\",\"mount_point\":\"/m\",\"Mount_Point\":\"/l\","
			   "\"azure_url\":\"https://h/b\",\"raw_key\":\"00\"}"));
	CHECK(!c->shares[0]->is_broken);
	CHECK_STR(c->shares[0]->mount_point, "/l");
	CHECK_EQ(count(c, FINDING_WARNING), 3); /* both kinds of repetition, and the raw key */
	conf_free(c);
	c = parse("{\"shares\":[],\"shares\":[" SHARE(GOOD_KEY) "]}");
	CHECK(c->is_unusable);
	CHECK(c->shares[0]->is_broken);
	conf_free(c);
}

TEST(too_large_is_one_finding)
{
	struct conf *c = NULL;
	struct err e;

	CHECK_EQ(conf_parse(NULL, (size_t)64 << 20, &c, &e), 0);
	CHECK_EQ(c->n_findings, 1);
	CHECK(c->is_unusable);
	conf_free(c);
}

TEST(too_many_findings_are_counted_and_errors_come_through)
{
	size_t room = (size_t)1 << 20, n;
	char *text = malloc(room);
	struct conf *c;

	n = (size_t)sprintf(text, "{\"shares\":[");
	for (int i = 0; i < 1000; i++)
		n += (size_t)sprintf(
			text + n,
			"{\"mount_point\":\"/m%d\",\"source\":{\"url\":\"https://h/b\","
			"\"writable\":true}," GOOD_KEY "},",
			i);
	sprintf(text + n, "{\"name\":\"last\"}]}");
	c = parse(text);
	CHECK_EQ(c->n_shares, 1001);
	CHECK(c->n_findings_dropped > 0);
	CHECK(c->n_findings <= CONF_FINDINGS_MAX);
	CHECK_EQ(find(c, FINDING_ERROR)->share, 1000);
	conf_free(c);
	free(text);
}

static void check_round_trip(const char *text, const char *name)
{
	struct conf *c = parse(text), *again;
	struct share *s = c->shares[0], *unit = NULL;
	struct err e = { 0 };
	char *first, *second, *without;
	char digest[SHA256_HEX_SIZE], digest_again[SHA256_HEX_SIZE];

	CHECK(!s->is_broken);
	if (!s->name)
		s->name = strdup(name);
	first = conf_print_share(s, true);
	again = parse(first);
	CHECK_EQ(again->form, CONF_FORM_SHARE);
	second = conf_print_share(again->shares[0], true);
	CHECK_STR(second, first);
	s->name_is_given = true;
	CHECK_EQ(conf_share_digest(s, digest), 0);
	CHECK_EQ(conf_share_digest(again->shares[0], digest_again), 0);
	CHECK_STR(digest_again, digest);
	s->origin.kind = SHARE_ORIGIN_FILE;
	s->origin.path = strdup("/etc/sealmount/config.json");
	memcpy(s->origin.digest, digest, sizeof(digest));
	without = conf_print_share(s, false);
	CHECK(!strstr(without, "SeCrEt"));
	CHECK_EQ(conf_parse_unit(without, strlen(without), &unit, &e), 0, "%s", e.text);
	if (unit) {
		CHECK_STR(unit->origin.path, s->origin.path);
		CHECK_STR(unit->origin.digest, digest);
		CHECK_STR(unit->mount_point, s->mount_point);
		CHECK_EQ(unit->key.provider, s->key.provider);
		CHECK_EQ(unit->source.credential, s->source.credential);
	}
	share_free(unit);
	free(first);
	free(second);
	free(without);
	conf_free(again);
	conf_free(c);
}

TEST(canonical_text_reads_back_equal)
{
	check_round_trip(NATIVE(SHARE("\"name\":\"x\"," GOOD_KEY)), NULL);
	check_round_trip(
		"{\"name\":\"x\",\"mount_point\":\"/a \\\"\\\\\xc3\xa4%\",\"source\":{"
		"\"url\":\"https://h/b?snapshot=1\",\"credential\":{\"type\":\"sas\","
		"\"sas\":\"sig=SeCrEt\"}},\"key\":{\"provider\":\"raw\",\"hex\":\"00\"},"
		"\"volume\":{\"verity\":{\"root_hash\":\"00112233445566778899aabbccddeeff\","
		"\"hash_offset\":4096}},\"boot\":{\"auto\":false}}",
		NULL);
	check_round_trip(
		REMOTEFS("{\"mount_point\":\"/m\",\"azure_url\":\"https://h/b?sig=SeCrEt\","
			 "\"key\":{\"kid\":\"k\",\"authority\":{\"endpoint\":\"a\"},\"akv\":{"
			 "\"endpoint\":\"v\",\"bearer_token\":\"SeCrEt\"}}}"),
		"m");
	check_round_trip(NATIVE(SHARE("\"volume\":{\"type\":\"plain\",\"verity\":{\"root_hash\":"
				      "\"00112233445566778899aabbccddeeff\",\"hash_url\":"
				      "\"https://h/t?sig=SeCrEt\"}}")),
			 "srv-a");
}

TEST(unit_text_is_strict)
{
	static const char *const t[] = {
		"",
		"{}",
		"[]",
		"{\"name\":\"x\"}",
		"{\"name\":\"x\",\"name\":\"x\",\"mount_point\":\"/a\",\"source\":{\"url\":"
		"\"https://h\"}}",
		"{\"mount_point\":\"/a\",\"source\":{\"url\":\"https://h\"}}",
		"{\"name\":\"x\",\"mount_point\":\"/etc\",\"source\":{\"url\":\"https://h\"}}",
		"{\"name\":\"x\",\"mount_point\":\"/a\",\"source\":{\"url\":\"https://"
		"h\"},\"y\":1}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct share *s = NULL;
		struct err e = { 0 };

		CHECK_EQ(conf_parse_unit(t[i], strlen(t[i]), &s, &e), -EBADMSG, "row %zu", i);
		CHECK(e.text[0] != '\0', "row %zu", i);
		share_free(s);
	}
}

TEST(trust_file_is_strict)
{
	static const struct {
		const char *text;
		int r;
		unsigned origins;
	} t[] = {
		{ "{\"unsigned\":[]}", 0, 0 },
		{ "{\"unsigned\":[\"credential\"]}", 0, 1u << SHARE_ORIGIN_CREDENTIAL },
		{ "{\"unsigned\":[\"command-line\",\"credential\"]}", 0,
		  1u << SHARE_ORIGIN_CREDENTIAL | 1u << SHARE_ORIGIN_COMMAND_LINE },
		{ "{\"unsigned\":[\"file\"]}", -EBADMSG, 0 },
		{ "{\"unsigned\":[\"cred\"]}", -EBADMSG, 0 },
		{ "{\"unsigned\":[1]}", -EBADMSG, 0 },
		{ "{\"unsigned\":\"credential\"}", -EBADMSG, 0 },
		{ "{\"unsigned\":[\"credential\"],\"x\":1}", -EBADMSG, 0 },
		{ "{\"unsigned\":[],\"unsigned\":[\"credential\"]}", -EBADMSG, 0 },
		{ "{}", -EBADMSG, 0 },
		{ "", -EBADMSG, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		unsigned origins = 0;
		struct err e = { 0 };

		CHECK_EQ(conf_parse_trust(t[i].text, strlen(t[i].text), &origins, &e), t[i].r,
			 "row %zu", i);
		CHECK_EQ(origins, t[i].origins, "row %zu", i);
	}
}

TEST_MAIN
