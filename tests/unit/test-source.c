/* SPDX-License-Identifier: MIT */
#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/test.h"

#define REST	 "\"source\":{\"url\":\"https://h/b\"},\"key\":{\"provider\":\"file\",\"path\":\"/k\"}"
#define SHARE(m) "{\"mount_point\":\"" m "\"," REST "}"
#define SECRET_SHARE(m)                                                                        \
	"{\"mount_point\":\"" m "\",\"source\":{\"url\":\"https://h/b?sig=SeCrEt\"},\"key\":{" \
	"\"provider\":\"file\",\"path\":\"/k\"}}"

static char root[256];

static void make_root(void)
{
	snprintf(root, sizeof(root), "%s/sealmount-test-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	CHECK(mkdtemp(root) != NULL);
	unsetenv("SEALMOUNT_CONFIDENTIAL");
}

static void remove_root(void)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	CHECK_EQ(system(command), 0);
	unsetenv("SEALMOUNT_CONFIDENTIAL");
}

static void make_parents(const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		CHECK(mkdir(full, 0755) == 0 || errno == EEXIST);
		*p = '/';
	}
}

static void put(const char *path, const char *text, mode_t mode)
{
	char full[512];
	FILE *f;

	make_parents(path);
	snprintf(full, sizeof(full), "%s%s", root, path);
	f = fopen(full, "w");
	CHECK(f != NULL);
	fputs(text, f);
	fclose(f);
	CHECK_EQ(chmod(full, mode), 0);
}

static void link_to(const char *path, const char *target)
{
	char full[512];

	make_parents(path);
	snprintf(full, sizeof(full), "%s%s", root, path);
	CHECK_EQ(symlink(target, full), 0);
}

static struct source_set *load(void)
{
	struct source_set *set = NULL;
	struct err e = { 0 };
	int fd = open(root, O_PATH | O_DIRECTORY);

	CHECK_EQ(source_load(fd, &set, &e), 0, "%s", e.text);
	close(fd);
	return set;
}

TEST(files_add_up_by_the_drop_in_rules)
{
	struct source_set *set;

	make_root();
	put("/etc/sealmount/config.json", SHARE("/one"), 0644);
	put("/usr/lib/sealmount/config.json", SHARE("/hidden"), 0644);
	put("/etc/sealmount/shares.d/b.json", SHARE("/b-etc"), 0644);
	put("/usr/lib/sealmount/shares.d/b.json", SHARE("/b-usr"), 0644);
	put("/run/sealmount/shares.d/a.json", SHARE("/a"), 0644);
	put("/usr/lib/sealmount/shares.d/c.json", SHARE("/c"), 0644);
	link_to("/etc/sealmount/shares.d/c.json", "/dev/null");
	put("/usr/local/lib/sealmount/shares.d/d.json", SHARE("/d"), 0644);
	put("/etc/sealmount/shares.d/d.json", "", 0644);
	put("/etc/sealmount/shares.d/.e.json", SHARE("/e"), 0644);
	put("/etc/sealmount/shares.d/f.json~", SHARE("/f"), 0644);
	set = load();
	CHECK_EQ(set->n_sources, 3);
	if (set->n_sources == 3) {
		CHECK_STR(set->sources[0].path, "/etc/sealmount/config.json");
		CHECK_STR(set->sources[1].path, "/run/sealmount/shares.d/a.json");
		CHECK_STR(set->sources[2].path, "/etc/sealmount/shares.d/b.json");
		CHECK_STR(set->sources[2].conf->shares[0]->name, "b-etc");
		/* nothing secret in it: nothing to find again at run time */
		CHECK_STR(set->sources[2].conf->shares[0]->origin.digest, "");
	}
	source_set_free(set);
	remove_root();
}

TEST(nothing_outside_of_the_root_is_read)
{
	struct source_set *set;

	make_root();
	put("/inside.json", SHARE("/inside"), 0644);
	link_to("/etc/sealmount/config.json", "/inside.json");
	link_to("/etc/sealmount/shares.d/x.json", "/etc/passwd");
	set = load();
	CHECK_EQ(set->n_sources, 2);
	CHECK(set->sources[0].conf != NULL, "%s", set->sources[0].refused);
	CHECK(set->sources[1].refused != NULL);
	source_set_free(set);
	remove_root();
}

TEST(secrets_that_others_can_read_are_refused)
{
	static const struct {
		mode_t mode;
		const char *text;
		bool is_good;
	} t[] = {
		{ 0600, SECRET_SHARE("/a"), true },  { 0400, SECRET_SHARE("/a"), true },
		{ 0640, SECRET_SHARE("/a"), false }, { 0604, SECRET_SHARE("/a"), false },
		{ 0644, SHARE("/a"), true },	     { 0646, SHARE("/a"), false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct source_set *set;

		make_root();
		put("/etc/sealmount/config.json", t[i].text, t[i].mode);
		set = load();
		CHECK_EQ(set->sources[0].conf != NULL, t[i].is_good, "row %zu", i);
		if (!t[i].is_good)
			CHECK(strstr(set->sources[0].remedy, "chmod") != NULL);
		source_set_free(set);
		remove_root();
	}
}

TEST(odd_files_take_nothing_down)
{
	struct source_set *set;
	char full[512];

	make_root();
	put("/etc/sealmount/config.json", SHARE("/a"), 0644);
	snprintf(full, sizeof(full), "%s/etc/sealmount/shares.d", root);
	CHECK_EQ(mkdir(full, 0755), 0);
	snprintf(full, sizeof(full), "%s/etc/sealmount/shares.d/fifo.json", root);
	CHECK_EQ(mkfifo(full, 0600), 0);
	snprintf(full, sizeof(full), "%s/etc/sealmount/shares.d/dir.json", root);
	CHECK_EQ(mkdir(full, 0700), 0);
	put("/etc/sealmount/shares.d/large.json", " ", 0600);
	snprintf(full, sizeof(full), "%s/etc/sealmount/shares.d/large.json", root);
	CHECK_EQ(truncate(full, (off_t)64 << 20), 0);
	set = load();
	CHECK_EQ(set->n_sources, 4);
	for (size_t i = 0; i < set->n_sources; i++)
		if (strstr(set->sources[i].path, "large"))
			CHECK_EQ(set->sources[i].conf->n_findings, 1);
		else if (i > 0)
			CHECK(set->sources[i].refused != NULL);
	CHECK(!set->sources[0].conf->shares[0]->is_broken);
	source_set_free(set);
	remove_root();
}

TEST(command_line_and_credential_count_outside_of_a_confidential_vm)
{
	struct source_set *set;

	make_root();
	put("/proc/cmdline", "ro sealmount.config='" SECRET_SHARE("/c") "'\n", 0444);
	put("/run/credentials/@system/sealmount.config", SHARE("/b"), 0400);
	set = load();
	CHECK_EQ(set->n_sources, 2);
	CHECK_EQ(set->sources[0].kind, SHARE_ORIGIN_CREDENTIAL);
	CHECK_EQ(set->sources[1].kind, SHARE_ORIGIN_COMMAND_LINE);
	source_set_free(set);
	put("/proc/cmdline", "sealmount=off sealmount.config=x\n", 0444);
	set = load();
	CHECK(set->is_switched_off);
	CHECK_EQ(set->n_sources, 0);
	source_set_free(set);
	remove_root();
}

TEST(a_confidential_vm_trusts_them_only_if_the_image_says_so)
{
	struct source_set *set;

	make_root();
	put("/proc/cmdline", "ro sealmount.config='" SHARE("/c") "'\n", 0444);
	put("/run/credentials/@system/sealmount.config", SHARE("/b"), 0400);
	put("/etc/sealmount/config.json", SHARE("/a"), 0644);
	setenv("SEALMOUNT_CONFIDENTIAL", "1", 1);
	set = load();
	CHECK_EQ(set->n_sources, 3);
	CHECK(set->sources[0].conf != NULL);
	for (size_t i = 1; i < 3; i++) {
		CHECK(set->sources[i].conf == NULL);
		CHECK(strstr(set->sources[i].refused, "signed") != NULL);
	}
	source_set_free(set);
	put("/etc/sealmount/trust.json", "{\"unsigned\": [\"credential\"]}", 0644);
	set = load();
	CHECK(set->sources[1].conf != NULL);
	CHECK(set->sources[2].conf == NULL);
	source_set_free(set);
	put("/etc/sealmount/trust.json", "{\"unsigned\": [\"credential\"]}", 0666);
	set = load();
	CHECK(set->sources[1].conf == NULL);
	CHECK(strstr(set->sources[1].refused, "trust.json") != NULL);
	source_set_free(set);
	remove_root();
}

TEST(secrets_are_read_again_from_the_origin_that_was_validated)
{
	char path[512];
	struct conf *c = NULL;
	struct share *unit, *got = NULL;
	struct err e = { 0 };

	make_root();
	put("/conf.json", "{\"shares\":[" SHARE("/z") "," SECRET_SHARE("/a") "]}", 0600);
	snprintf(path, sizeof(path), "%s/conf.json", root);
	CHECK_EQ(conf_parse("{\"shares\":[" SECRET_SHARE("/a") "]}",
			    strlen("{\"shares\":[" SECRET_SHARE("/a") "]}"), &c, &e),
		 0);
	unit = c->shares[0];
	unit->origin.path = strdup(path);
	CHECK_EQ(conf_share_digest(unit, unit->origin.digest), 0);
	unit->name = strdup("a");
	CHECK_EQ(source_load_secrets(unit, &got, &e), 0, "%s", e.text);
	CHECK_STR(got ? got->source.sas : NULL, "sig=SeCrEt");
	CHECK_STR(got ? got->name : NULL, "a");
	share_free(got);
	got = NULL;
	CHECK_EQ(chmod(path, 0644), 0);
	CHECK_EQ(source_load_secrets(unit, &got, &e), -EACCES);
	put("/conf.json", SHARE("/a"), 0600);
	CHECK_EQ(source_load_secrets(unit, &got, &e), -ESTALE);
	CHECK(strstr(e.remedy, "daemon-reload") != NULL);
	conf_free(c);
	remove_root();
}

TEST(a_share_without_secrets_has_none_to_read_again)
{
	struct share unit = { .origin.path = (char *)"/nowhere" }, *got = NULL;
	struct source_set *set;
	struct err e = { 0 };

	make_root();
	put("/etc/sealmount/config.json", "{\"shares\":[" SHARE("/z") "," SECRET_SHARE("/a") "]}",
	    0600);
	set = load();
	CHECK_STR(set->sources[0].conf->shares[0]->origin.digest, "");
	CHECK_EQ(strlen(set->sources[0].conf->shares[1]->origin.digest), 64);
	source_set_free(set);
	CHECK_EQ(source_load_secrets(&unit, &got, &e), -ENOENT);
	remove_root();
}

TEST(the_unit_share_must_be_the_one_of_the_instance)
{
	struct share *s = NULL;
	struct err e = { 0 };

	make_root();
	put("/sealmount.share", "{\"name\":\"a\",\"mount_point\":\"/a\"," REST "}", 0400);
	unsetenv("CREDENTIALS_DIRECTORY");
	CHECK_EQ(source_load_unit_share("a", &s, &e), -ENOENT);
	setenv("CREDENTIALS_DIRECTORY", root, 1);
	CHECK_EQ(source_load_unit_share("b", &s, &e), -EBADMSG);
	CHECK_EQ(source_load_unit_share("a", &s, &e), 0, "%s", e.text);
	CHECK_STR(s ? s->mount_point : NULL, "/a");
	share_free(s);
	unsetenv("CREDENTIALS_DIRECTORY");
	remove_root();
}

TEST_MAIN
