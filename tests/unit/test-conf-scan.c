/* SPDX-License-Identifier: MIT */
#include "conf/conf-scan.h"

#include <errno.h>

#include "conf/conf.h"
#include "lib/test.h"

struct seen {
	char path[600];
	int share;
	unsigned n;
};

static void note(void *arg, const char *path, int share, size_t at)
{
	struct seen *s = arg;

	snprintf(s->path, sizeof(s->path), "%s", path);
	s->share = share;
	s->n++;
}

static int scan(const char *text, struct seen *seen, unsigned *line, unsigned *column)
{
	struct scan_problem p = { 0 };
	int r = scan_json(text, strlen(text), note, seen, &p);

	*line = *column = 0;
	if (r == -EBADMSG)
		scan_position(text, p.at, line, column);
	return r;
}

TEST(strict_json_is_accepted)
{
	static const char *const t[] = {
		"{}",
		" {\"a\" : [ 1, -0.5e+3, 0, true, false, null, \"\\u00e4\\ud83d\\ude00\\n\" ] } ",
		"[]",
		"\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"",
	};
	struct seen seen = { 0 };
	unsigned line, column;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		CHECK_EQ(scan(t[i], &seen, &line, &column), 0, "%s", t[i]);
	CHECK_EQ(seen.n, 0);
}

TEST(mistakes_have_line_and_column)
{
	static const struct {
		const char *text;
		unsigned line, column;
	} t[] = {
		{ "{\"a\": 1,\n }", 2, 2 },
		{ "", 1, 1 },
		{ "{", 1, 2 },
		{ "{\"a\"}", 1, 5 },
		{ "{\"a\":}", 1, 6 },
		{ "{\"a\":1", 1, 7 },
		{ "[1,]", 1, 4 },
		{ "[01]", 1, 3 },
		{ "[+1]", 1, 2 },
		{ "[1.]", 1, 4 },
		{ "[.5]", 1, 2 },
		{ "[1e]", 1, 4 },
		{ "[NaN]", 1, 2 },
		{ "[tru]", 1, 2 },
		{ "{} x", 1, 4 },
		{ "{'a':1}", 1, 2 },
		{ "{a:1}", 1, 2 },
		{ "[\"a\nb\"]", 1, 4 },
		{ "[\"\\x\"]", 1, 3 },
		{ "[\"\\u12g4\"]", 1, 3 },
		{ "[\"\\ud800\"]", 1, 3 },
		{ "[\"\\udc00\"]", 1, 3 },
		{ "[\"\xff\"]", 1, 3 },
		{ "[\"\xc0\x80\"]", 1, 3 },
		{ "[\"\xed\xa0\x80\"]", 1, 3 },
		{ "[\"\xf4\x90\x80\x80\"]", 1, 3 },
		{ "[\"\xe2\x82\"]", 1, 3 },
		{ "{\"a\\u0000b\":1}", 1, 2 },
		{ "[/* no */ 1]", 1, 2 },
	};
	struct seen seen = { 0 };
	unsigned line, column;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		CHECK_EQ(scan(t[i].text, &seen, &line, &column), -EBADMSG, "row %zu", i);
		CHECK_EQ(line, t[i].line, "row %zu", i);
		CHECK_EQ(column, t[i].column, "row %zu", i);
	}
}

TEST(depth_has_a_limit)
{
	char text[2 * CONF_DEPTH_MAX + 8];
	struct seen seen = { 0 };
	unsigned line, column;

	for (int extra = 0; extra < 2; extra++) {
		int depth = CONF_DEPTH_MAX + extra;

		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		text[2 * depth] = '\0';
		CHECK_EQ(scan(text, &seen, &line, &column), extra ? -EBADMSG : 0);
	}
}

TEST(duplicates_are_named_by_path)
{
	static const struct {
		const char *text, *path;
		int share;
	} t[] = {
		{ "{\"a\":1,\"a\":2}", "$.a", -1 },
		{ "{\"a\":1,\"\\u0061\":2}", "$.a", -1 },
		{ "{\"shares\":[{},{\"x\":{\"b\":1,\"b\":1}}]}", "$.shares[1].x.b", 1 },
		{ "{\"x\":{\"b\":1,\"b\":1}}", "$.x.b", -1 },
	};
	unsigned line, column;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct seen seen = { 0 };

		CHECK_EQ(scan(t[i].text, &seen, &line, &column), 0, "row %zu", i);
		CHECK_EQ(seen.n, 1, "row %zu", i);
		CHECK_STR(seen.path, t[i].path, "row %zu", i);
		CHECK_EQ(seen.share, t[i].share, "row %zu", i);
	}
}

TEST(many_members_take_no_quadratic_time)
{
	enum { COUNT = 100000, ROOM = COUNT * 16 };
	char *text = malloc(ROOM);
	size_t n = 1;
	struct seen seen = { 0 };
	unsigned line, column;

	text[0] = '{';
	for (int i = 0; i < COUNT; i++)
		n += (size_t)sprintf(text + n, "%s\"%d\":1", i ? "," : "", i % (COUNT - 1));
	strcpy(text + n, "}");
	CHECK_EQ(scan(text, &seen, &line, &column), 0);
	CHECK_EQ(seen.n, 1);
	CHECK_STR(seen.path, "$.0");
	free(text);
}

TEST_MAIN
