/* SPDX-License-Identifier: MIT */
/* pin: only the wanted range of the wanted version passes */
#include "blob/pin.h"

#include "lib/test.h"

#define LEN 131072

static struct http_answer answer(const char *const *lines)
{
	struct http_answer a;

	http_answer_reset(&a);
	for (; *lines; lines++)
		CHECK_EQ(http_answer_line(&a, *lines, strlen(*lines), 0), 0);
	CHECK_EQ(http_answer_line(&a, "\r\n", 2, 0), 0);
	return a;
}

#define ANSWER(...) answer((const char *const[]){ __VA_ARGS__, NULL })

static struct pin opened(void)
{
	struct http_answer a = ANSWER("HTTP/1.1 206 x", "Content-Range: bytes 0-131071/1000000",
				      "Content-Length: 131072", "ETag: \"v1\"");
	struct pin p = { 0 };
	struct err e;

	CHECK_EQ(pin_look(&p, &a, LEN, &e), PIN_OK);
	return p;
}

TEST(the_first_look_remembers_size_and_etag)
{
	struct pin p = opened();
	char line[PIN_CONDITION_MAX];

	CHECK_EQ(p.size, 1000000);
	pin_condition(&p, line);
	CHECK_STR(line, "If-Match: \"v1\"");
}

TEST(without_a_strong_etag_the_date_is_the_condition)
{
	struct http_answer a =
		ANSWER("HTTP/1.1 206 x", "Content-Range: bytes 0-9/10", "ETag: W/\"weak\"",
		       "Last-Modified: Sat, 21 Nov 2026 09:00:00 GMT");
	struct pin p = { 0 };
	struct err e;
	char line[PIN_CONDITION_MAX];

	pin_condition(&p, line);
	CHECK_STR(line, "");
	CHECK_EQ(pin_look(&p, &a, LEN, &e), PIN_OK);
	pin_condition(&p, line);
	CHECK_STR(line, "If-Unmodified-Since: Sat, 21 Nov 2026 09:00:00 GMT");
}

TEST(first_looks_that_are_refused)
{
	static const struct {
		const char *lines[6];
		enum pin_verdict want;
	} t[] = {
		{ { "HTTP/1.1 200 x", "Content-Length: 1000000", "ETag: \"a\"" }, PIN_NO_RANGES },
		{ { "HTTP/1.1 200 x", "ETag: \"a\"" }, PIN_NO_RANGES },
		{ { "HTTP/1.1 206 x", "Content-Range: bytes 0-131071/1000000" }, PIN_NO_VALIDATOR },
		{ { "HTTP/1.1 206 x", "Content-Range: bytes 0-131071/1000000", "ETag: W/\"a\"" },
		  PIN_NO_VALIDATOR },
		{ { "HTTP/1.1 206 x", "ETag: \"a\"" }, PIN_BAD_ANSWER },
		{ { "HTTP/1.1 206 x", "ETag: \"a\"", "Content-Range: bytes 0-131071/*" },
		  PIN_BAD_ANSWER },
		{ { "HTTP/1.1 206 x", "ETag: \"a\"", "Content-Range: bytes 1-131072/1000000" },
		  PIN_BAD_ANSWER },
		{ { "HTTP/1.1 206 x", "ETag: \"a\"", "Content-Range: bytes 0-131070/1000000" },
		  PIN_BAD_ANSWER },
		{ { "HTTP/1.1 206 x", "ETag: \"a\"", "Content-Range: bytes 0-131071/1000000",
		    "Content-Length: 131071" },
		  PIN_BAD_ANSWER },
		{ { "HTTP/1.1 206 x", "ETag: \"a\"", "Content-Range: bytes 0-131071/1000000",
		    "Content-Encoding: gzip" },
		  PIN_BAD_ANSWER },
		{ { "HTTP/1.1 206 x", "ETag: \"a\"",
		    "Content-Range: bytes 0-131071/9223372036854775808" },
		  PIN_BAD_ANSWER },
		{ { "HTTP/1.1 206 x", "ETag: \"a\"", "Content-Range: bytes 0-131071/1000000",
		    "ETag: \"b\"" },
		  PIN_BAD_ANSWER },
		{ { "HTTP/1.1 416 x", "Content-Range: bytes */0" }, PIN_MAYBE_EMPTY },
		{ { "HTTP/1.1 200 x", "Content-Length: 0", "ETag: \"a\"" }, PIN_MAYBE_EMPTY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct http_answer a = answer(t[i].lines);
		struct pin p = { 0 };
		struct err e = { 0 };

		CHECK_EQ(pin_look(&p, &a, LEN, &e), t[i].want, "row %zu: %s", i, e.text);
		CHECK(!p.is_set, "row %zu", i);
	}
}

TEST(an_empty_blob_is_believed_after_head_only)
{
	struct http_answer empty = ANSWER("HTTP/1.1 200 x", "Content-Length: 0", "ETag: \"a\"");
	struct http_answer full = ANSWER("HTTP/1.1 200 x", "Content-Length: 9", "ETag: \"a\"");
	struct pin p = { 0 };
	struct err e;

	CHECK_EQ(pin_look_empty(&p, &full, &e), PIN_NO_RANGES);
	CHECK_EQ(pin_look_empty(&p, &empty, &e), PIN_OK);
	CHECK(p.is_set && p.size == 0);
}

TEST(later_answers)
{
	static const struct {
		const char *lines[6];
		enum pin_verdict want;
	} t[] = {
		{ { "HTTP/1.1 206 x", "ETag: \"v1\"", "Content-Range: bytes 4096-8191/1000000",
		    "Content-Length: 4096" },
		  PIN_OK },
		{ { "HTTP/1.1 206 x", "ETag: \"v1\"", "Content-Range: bytes 4096-8191/1000000" },
		  PIN_OK },
		{ { "HTTP/1.1 206 x", "ETag: \"v2\"", "Content-Range: bytes 4096-8191/1000000" },
		  PIN_CHANGED },
		{ { "HTTP/1.1 200 x", "ETag: \"v2\"", "Content-Length: 77" }, PIN_CHANGED },
		{ { "HTTP/1.1 200 x", "ETag: \"v1\"", "Content-Length: 1000000" }, PIN_NO_RANGES },
		{ { "HTTP/1.1 206 x", "Content-Range: bytes 4096-8191/1000000" }, PIN_BAD_ANSWER },
		{ { "HTTP/1.1 206 x", "ETag: W/\"v1\"", "Content-Range: bytes 4096-8191/1000000" },
		  PIN_BAD_ANSWER },
		{ { "HTTP/1.1 206 x", "ETag: \"v1\"", "Content-Range: bytes 4096-8191/1000001" },
		  PIN_BAD_ANSWER },
		{ { "HTTP/1.1 206 x", "ETag: \"v1\"", "Content-Range: bytes 0-4095/1000000" },
		  PIN_BAD_ANSWER },
		{ { "HTTP/1.1 206 x", "ETag: \"v1\"", "Content-Range: bytes 4096-8190/1000000" },
		  PIN_BAD_ANSWER },
		{ { "HTTP/1.1 206 x", "ETag: \"v1\"" }, PIN_BAD_ANSWER },
		{ { "HTTP/1.1 412 x", "ETag: \"v2\"" }, PIN_MAYBE_CHANGED },
	};
	struct pin p = opened();

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct http_answer a = answer(t[i].lines);
		struct err e = { 0 };

		CHECK_EQ(pin_check(&p, &a, 4096, 4096, &e), t[i].want, "row %zu: %s", i, e.text);
	}
}

TEST(with_a_date_only_another_length_is_a_change)
{
	struct pin p = { .is_set = true, .size = 100, .last_modified = "then" };
	struct http_answer a =
		ANSWER("HTTP/1.1 206 x", "Last-Modified: then", "Content-Range: bytes 0-9/101");
	struct http_answer b =
		ANSWER("HTTP/1.1 206 x", "Last-Modified: now", "Content-Range: bytes 0-9/100");
	struct http_answer c =
		ANSWER("HTTP/1.1 206 x", "Last-Modified: then", "Content-Range: bytes 0-9/100");
	struct err e;

	CHECK_EQ(pin_check(&p, &a, 0, 10, &e), PIN_CHANGED);
	CHECK_EQ(pin_check(&p, &b, 0, 10, &e), PIN_CHANGED);
	CHECK_EQ(pin_check(&p, &c, 0, 10, &e), PIN_OK);
}

TEST_MAIN
