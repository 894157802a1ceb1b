/* SPDX-License-Identifier: MIT */
#include "conf/conf.h"

#include "lib/test.h"

#define REST "\"source\":{\"url\":\"https://h/b\"},\"key\":{\"provider\":\"file\",\"path\":\"/k\"}"

static struct conf *parse(const char *text, enum share_origin kind)
{
	struct conf *c = NULL;
	struct err e = { 0 };

	CHECK_EQ(conf_parse(text, strlen(text), &c, &e), 0);
	for (size_t i = 0; i < c->n_shares; i++)
		c->shares[i]->origin.kind = kind;
	return c;
}

static void merge(struct conf **confs, size_t n)
{
	struct err e = { 0 };

	CHECK_EQ(conf_merge(confs, n, &e), 0);
}

static bool is_broken(const struct conf *c, size_t i)
{
	return c->shares[i]->is_broken;
}

TEST(default_names_come_from_mount_points)
{
	struct conf *c = parse("{\"shares\":[{\"mount_point\":\"/srv/a\"," REST "},"
			       "{\"mount_point\":\"/b c\"," REST "}]}",
			       SHARE_ORIGIN_FILE);

	merge(&c, 1);
	CHECK_STR(c->shares[0]->name, "srv-a");
	CHECK_STR(c->shares[1]->name, "b_20c");
	conf_free(c);
}

TEST(default_names_that_collide_get_a_digest)
{
	struct conf *c = parse("{\"shares\":[{\"mount_point\":\"/a/b\"," REST "},"
			       "{\"mount_point\":\"/a-b\"," REST "},"
			       "{\"mount_point\":\"/c/d\"," REST "},"
			       "{\"name\":\"c-d\",\"mount_point\":\"/x\"," REST "}]}",
			       SHARE_ORIGIN_FILE);

	merge(&c, 1);
	CHECK_EQ(strncmp(c->shares[0]->name, "a-b-", 4), 0);
	CHECK_EQ(strncmp(c->shares[1]->name, "a-b-", 4), 0);
	CHECK(strcmp(c->shares[0]->name, c->shares[1]->name) != 0);
	CHECK_EQ(strncmp(c->shares[2]->name, "c-d-", 4), 0);
	CHECK_STR(c->shares[3]->name, "c-d");
	for (size_t i = 0; i < 4; i++)
		CHECK(!is_broken(c, i), "%zu", i);
	conf_free(c);
}

TEST(one_name_given_twice_breaks_and_names_both)
{
	struct conf *c[2] = {
		parse("{\"name\":\"x\",\"mount_point\":\"/a\"," REST "}", SHARE_ORIGIN_FILE),
		parse("{\"shares\":[{\"name\":\"x\",\"mount_point\":\"/b\"," REST "},"
		      "{\"name\":\"y\",\"mount_point\":\"/c\"," REST "}]}",
		      SHARE_ORIGIN_FILE),
	};

	merge(c, 2);
	CHECK(is_broken(c[0], 0));
	CHECK(is_broken(c[1], 0));
	CHECK(!is_broken(c[1], 1));
	CHECK_EQ(c[0]->n_findings, 1);
	CHECK(strstr(c[0]->findings[0].rule, "/b") != NULL, "%s", c[0]->findings[0].rule);
	CHECK(strstr(c[1]->findings[0].rule, "/a") != NULL, "%s", c[1]->findings[0].rule);
	CHECK_STR(c[0]->shares[0]->name, "x");
	CHECK(strcmp(c[1]->shares[0]->name, "x") != 0, "units need names of their own");
	conf_free(c[0]);
	conf_free(c[1]);
}

TEST(a_less_trusted_source_loses_and_takes_nothing_down)
{
	struct conf *c[2] = {
		parse("{\"shares\":[{\"name\":\"x\",\"mount_point\":\"/a\"," REST "},"
		      "{\"mount_point\":\"/d/e\"," REST "},{\"mount_point\":\"/f/g\"," REST "}]}",
		      SHARE_ORIGIN_FILE),
		parse("{\"shares\":[{\"name\":\"x\",\"mount_point\":\"/b\"," REST "},"
		      "{\"mount_point\":\"/c\"," REST "},"
		      "{\"name\":\"q\",\"mount_point\":\"/a\"," REST "},"
		      "{\"mount_point\":\"/d-e\"," REST "},"
		      "{\"mount_point\":\"/d/e\"," REST "},"
		      "{\"mount_point\":\"/f\"," REST "}]}",
		      SHARE_ORIGIN_COMMAND_LINE),
	};

	merge(c, 2);
	for (size_t i = 0; i < 3; i++)
		CHECK(!is_broken(c[0], i), "%zu", i);
	CHECK_EQ(c[0]->n_findings, 0);
	CHECK_STR(c[0]->shares[1]->name, "d-e");
	CHECK_EQ(c[1]->n_shares, 4); /* x and /d/e are left out */
	CHECK_STR(c[1]->shares[0]->mount_point, "/c");
	CHECK(!is_broken(c[1], 0));
	CHECK(is_broken(c[1], 1)); /* the mount point of x */
	CHECK_STR(c[1]->shares[2]->mount_point, "/d-e");
	CHECK(!is_broken(c[1], 2));
	CHECK_EQ(strncmp(c[1]->shares[2]->name, "d-e-", 4), 0);
	CHECK(is_broken(c[1], 3)); /* around /f/g */
	conf_free(c[0]);
	conf_free(c[1]);
}

TEST(mount_points_inside_each_other)
{
	struct conf *c = parse("{\"shares\":[{\"mount_point\":\"/a/b/c\"," REST "},"
			       "{\"mount_point\":\"/a\"," REST "},"
			       "{\"mount_point\":\"/a-b\"," REST "},"
			       "{\"mount_point\":\"/a/b\"," REST "},"
			       "{\"mount_point\":\"/ab/c\"," REST "}]}",
			       SHARE_ORIGIN_FILE);

	merge(&c, 1);
	CHECK(is_broken(c, 0));
	CHECK(!is_broken(c, 1));
	CHECK(!is_broken(c, 2));
	CHECK(is_broken(c, 3));
	CHECK(!is_broken(c, 4));
	conf_free(c);
}

TEST(one_mount_point_twice_breaks_both_but_not_what_is_inside)
{
	struct conf *c = parse("{\"shares\":[{\"mount_point\":\"/a\"," REST "},"
			       "{\"mount_point\":\"/a/\"," REST "},"
			       "{\"mount_point\":\"/a/b\"," REST "},"
			       "{\"mount_point\":\"//a\"," REST "}]}",
			       SHARE_ORIGIN_FILE);

	merge(&c, 1);
	CHECK(is_broken(c, 0));
	CHECK(is_broken(c, 1));
	CHECK(!is_broken(c, 2));
	CHECK(is_broken(c, 3));
	conf_free(c);
}

TEST(a_broken_share_takes_no_other_down)
{
	struct conf *c = parse("{\"shares\":[{\"mount_point\":\"/a\"},"
			       "{\"mount_point\":\"/a/b\"," REST "},"
			       "{\"mount_point\":\"/a\"," REST ",\"name\":\"good\"}]}",
			       SHARE_ORIGIN_FILE);

	merge(&c, 1);
	CHECK(is_broken(c, 0));
	CHECK(is_broken(c, 1)); /* inside the good /a */
	CHECK(!is_broken(c, 2));
	conf_free(c);
}

TEST(every_share_has_a_valid_name_of_its_own)
{
	struct conf *c = parse("{\"shares\":[{},{},7,{\"name\":\"a b\"},{\"name\":\"x\"},"
			       "{\"name\":\"x\"},{\"name\":\"x\"},{\"name\":\"x-again-5-1\"},"
			       "{\"name\":\"unnamed-0\"},{\"mount_point\":\"/x\"}]}",
			       SHARE_ORIGIN_FILE);

	merge(&c, 1);
	for (size_t i = 0; i < c->n_shares; i++) {
		CHECK(share_name_is_valid(c->shares[i]->name), "%zu", i);
		for (size_t k = 0; k < i; k++)
			CHECK(strcmp(c->shares[i]->name, c->shares[k]->name) != 0, "%s",
			      c->shares[i]->name);
	}
	conf_free(c);
}

TEST_MAIN
