/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/macros.h"
#include "crypt/header-json.h"
#include "lib/test.h"

static int parse(const char *text, struct header_json *j, const char **why)
{
	return header_json_parse(text, strlen(text), j, why, NULL);
}

TEST(header_json_accepts_what_luks2_writes)
{
	struct header_json j;
	uint32_t a, n32 = 0;
	uint64_t n64 = 0;

	CHECK_EQ(parse(" {\"a\":{\"n\":4000,\"s\":\"16777216\"},\"b\":[\"0\",\"1\"],\"c\":\"x\"} ",
		       &j, NULL),
		 0);
	a = header_json_get(&j, 0, "a");
	CHECK(a);
	CHECK_EQ(header_json_u32(&j, header_json_get(&j, a, "n"), &n32), 0);
	CHECK_EQ(n32, 4000);
	CHECK_EQ(header_json_u64(&j, header_json_get(&j, a, "s"), &n64), 0);
	CHECK_EQ(n64, 16777216);
	CHECK(header_json_is(&j, header_json_get(&j, 0, "c"), "x"));
	CHECK(!header_json_is(&j, header_json_get(&j, 0, "c"), "xy"));
	CHECK_EQ(j.nodes[header_json_get(&j, 0, "b")].n_children, 2);
	CHECK_EQ(header_json_get(&j, 0, "d"), 0);
	CHECK_EQ(header_json_get(&j, a, "a"), 0);
	header_json_done(&j);
}

TEST(header_json_refuses_what_readers_may_read_differently)
{
	static const char *const texts[] = {
		"",
		"{",
		"{}x",
		"{} {}",
		"{\"a\":1,}",
		"{\"a\":1,\"a\":2}",
		"{\"a\":{\"b\":1,\"b\":1}}",
		"{\"\\u0061\":1}",
		"{\"\":1}",
		"{'a':1}",
		"{a:1}",
		"{\"a\":1}//x",
		"/**/{}",
		"{\"a\":01}",
		"{\"a\":-1}",
		"{\"a\":1.5}",
		"{\"a\":1e3}",
		"{\"a\":0x10}",
		"{\"a\":NaN}",
		"{\"a\":True}",
		"{\"a\" 1}",
		"{\"a\":\"\n\"}",
		"{\"a\":\"\\x\"}",
		"{\"a\":\"\\u12\"}",
		"{\"a\":\"b}",
		"[1 2]",
		"[,1]",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct header_json j;
		const char *why = NULL;

		CHECK_EQ(parse(texts[i], &j, &why), -EBADMSG, "row %zu: %s", i, texts[i]);
		CHECK(why, "row %zu", i);
	}
}

TEST(header_json_is_bounded)
{
	static char deep[200], wide[HEADER_JSON_MEMBERS_MAX * 2 + 8];
	struct header_json j;
	size_t n = 0;

	memset(deep, '[', 100);
	memset(deep + 100, ']', 99);
	CHECK_EQ(parse(deep, &j, NULL), -EBADMSG);
	wide[n++] = '[';
	for (unsigned i = 0; i < HEADER_JSON_MEMBERS_MAX; i++) {
		wide[n++] = '1';
		wide[n++] = ',';
	}
	wide[n - 1] = ']';
	CHECK_EQ(parse(wide, &j, NULL), 0);
	header_json_done(&j);
	memcpy(wide + n - 1, ",1]", 4);
	CHECK_EQ(parse(wide, &j, NULL), -EBADMSG);
}

TEST(header_json_numbers_do_not_wrap)
{
	static const struct {
		const char *text;
		bool is_u32, is_u64;
	} t[] = {
		{ "[0]", true, false },
		{ "[2147483647]", true, false },
		{ "[2147483648]", false, false },
		{ "[18446744073709551617]", false, false },
		{ "[\"0\"]", false, true },
		{ "[\"18446744073709551615\"]", false, true },
		{ "[\"18446744073709551616\"]", false, false },
		{ "[\"00\"]", false, false },
		{ "[\"-1\"]", false, false },
		{ "[\" 1\"]", false, false },
		{ "[\"\"]", false, false },
		{ "[\"1x\"]", false, false },
		{ "[null]", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct header_json j;
		uint32_t n32;
		uint64_t n64;

		CHECK_EQ(parse(t[i].text, &j, NULL), 0, "row %zu", i);
		CHECK_EQ(header_json_u32(&j, 1, &n32) == 0, t[i].is_u32, "row %zu", i);
		CHECK_EQ(header_json_u64(&j, 1, &n64) == 0, t[i].is_u64, "row %zu", i);
		header_json_done(&j);
	}
}

TEST(header_json_base64_is_of_the_alphabet_and_bounded)
{
	static const struct {
		const char *text;
		bool want;
	} t[] = {
		{ "[\"AAAA\"]", true },
		{ "[\"AA==\"]", true },
		{ "[\"AAA=\"]", true },
		{ "[\"AAA\"]", false },
		{ "[\"\"]", false },
		{ "[\"A===\"]", false },
		{ "[\"A-A_\"]", false },
		{ "[\"A\\/AA\"]", false },
		{ "[1234]", false },
		{ "[\"AAAAAAAA\"]", true },
		{ "[\"AAAAAAAAAAAA\"]", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct header_json j;

		CHECK_EQ(parse(t[i].text, &j, NULL), 0, "row %zu", i);
		CHECK_EQ(header_json_base64(&j, 1, 8), t[i].want, "row %zu", i);
		header_json_done(&j);
	}
}

TEST_MAIN
