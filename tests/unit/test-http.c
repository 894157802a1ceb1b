/* SPDX-License-Identifier: MIT */
/* http: URLs are taken apart strictly, headers with bounds */
#include "net/http.h"

#include "lib/test.h"

static struct http_answer parse(const char *text)
{
	struct http_answer a;

	http_answer_reset(&a);
	while (*text) {
		size_t n = strcspn(text, "\n");

		n += text[n] == '\n';
		CHECK_EQ(http_answer_line(&a, text, n, 1000000000), 0);
		text += n;
	}
	return a;
}

TEST(an_ordinary_answer)
{
	struct http_answer a = parse("HTTP/1.1 206 Partial Content\r\n"
				     "content-length: 100\r\n"
				     "CONTENT-RANGE: bytes 100-199/8796093022208\r\n"
				     "ETag: \"0x8D\"\r\n"
				     "x-ms-error-code: Some.Code\r\n"
				     "Date: Sun, 09 Sep 2001 01:46:40 GMT\r\n"
				     "\r\n");

	CHECK(!a.is_bad && a.is_complete);
	CHECK_EQ(a.status, 206);
	CHECK_EQ(a.content_length, 100);
	CHECK_EQ(a.range_first, 100);
	CHECK_EQ(a.range_last, 199);
	CHECK_EQ(a.range_total, (int64_t)1 << 43);
	CHECK_STR(a.etag, "\"0x8D\"");
	CHECK_STR(a.ms_error_code, "Some.Code");
	CHECK_EQ(a.date, 1000000000);
}

TEST(a_new_status_line_starts_afresh)
{
	struct http_answer a =
		parse("HTTP/1.1 100 Continue\r\n\r\n"
		      "HTTP/1.1 302 Found\r\nETag: \"x\"\r\nContent-Length: 5\r\n\r\n"
		      "HTTP/1.1 200 OK\r\n\r\n");

	CHECK_EQ(a.status, 200);
	CHECK_STR(a.etag, "");
	CHECK_EQ(a.content_length, -1);
}

TEST(contradictions_and_nonsense_spoil_the_answer)
{
	static const char *const t[] = {
		"Content-Length: 1\nContent-Length: 2\n",
		"Content-Length: -1\n",
		"Content-Length: 1x\n",
		"Content-Length:\n",
		"Content-Length: 9223372036854775808\n",
		"Content-Length: 99999999999999999999999\n",
		"Content-Range: bytes 0-1/2\nContent-Range: bytes 0-1/2\n",
		"Content-Range: bytes 5-4/10\n",
		"Content-Range: bytes 0-10/10\n",
		"Content-Range: bytes 0-\n",
		"Content-Range: bytes -5/10\n",
		"Content-Range: bytes 0-4/10 \xff\n",
		"Content-Range: lines 0-4/10\n",
		"Content-Range: bytes 0-4\n",
		"Content-Range: bytes */\n",
		"ETag: \"a\"\nETag: \"b\"\n",
		"HTTP/1.1 abc\n",
		"HTTP/1.1 99 x\n",
		"HTTP/1.1 600 x\n",
		"HTTP/1.1\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		CHECK(parse(t[i]).is_bad, "row %zu", i);
}

TEST(what_is_no_etag_is_not_kept)
{
	static const char *const t[] = { "ETag: abc\n",	     "ETag: \"\n",	"ETag: \"a b\"\n",
					 "ETag: \"a\"b\"\n", "ETag: w/\"a\"\n", "ETag: \"\x01\"\n",
					 "ETag:\n" };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		CHECK_STR(parse(t[i]).etag, "", "row %zu", i);
	CHECK_STR(parse("ETag: W/\"a\"\n").etag, "W/\"a\"");
	CHECK_STR(parse("ETag: \"\"\n").etag, "\"\"");
}

TEST(retry_after_in_all_forms)
{
	static const struct {
		const char *text;
		uint64_t want;
	} t[] = {
		{ "Retry-After: 7\n", 7000 },
		{ "Retry-After: Sun, 09 Sep 2001 01:46:45 GMT\n", 5000 },
		{ "Retry-After: Sun, 09 Sep 2001 01:46:35 GMT\n", 0 },
		{ "x-ms-retry-after-ms: 250\nRetry-After: 7\n", 250 },
		{ "Retry-After: 7\nretry-after-ms: 250\n", 250 },
		{ "Retry-After: soon\n", 0 },
		{ "Retry-After: 999999999999\n", 3600000 },
		{ "Retry-After: 99999999999999999999999999\n", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		CHECK_EQ(parse(t[i].text).retry_after_ms, t[i].want, "row %zu", i);
}

TEST(a_header_without_end_is_refused)
{
	struct http_answer a;
	char line[1000];
	int r = 0;

	memset(line, 'x', sizeof(line));
	http_answer_reset(&a);
	for (unsigned i = 0; i < HTTP_HEADERS_MAX / sizeof(line) + 1 && r == 0; i++)
		r = http_answer_line(&a, line, sizeof(line), 0);
	CHECK(r < 0);
	http_answer_reset(&a);
	CHECK(http_answer_line(&a, line, HTTP_HEADERS_MAX + 1, 0) < 0);
}

TEST(long_and_binary_values_do_not_hurt)
{
	char line[HTTP_TOKEN_MAX * 3] = "x-ms-error-code: ";
	struct http_answer a;

	memset(line + 17, 'A', sizeof(line) - 18);
	http_answer_reset(&a);
	CHECK_EQ(http_answer_line(&a, line, sizeof(line) - 1, 0), 0);
	CHECK_EQ(strlen(a.ms_error_code), HTTP_TOKEN_MAX - 1);
	CHECK_STR(parse("x-ms-error-code: a\x1b[31m\n").ms_error_code, "");
	CHECK_EQ(http_answer_line(&a, "ETag: \"\0\"\n", 10, 0), 0);
	CHECK_STR(a.etag, "");
}

TEST(urls_that_are_taken)
{
	static const struct {
		const char *url, *origin, *host, *path, *query;
		bool is_tls;
	} t[] = {
		{ "https://a.example/c/b.img", "https://a.example", "a.example", "/c/b.img", NULL,
		  true },
		{ "HTTP://A.Example:8080/b?x=1&y", "http://A.Example:8080", "a.example", "/b",
		  "x=1&y", false },
		{ "http://[::1]:10000/b", "http://[::1]:10000", "::1", "/b", NULL, false },
		{ "http://h", "http://h", "h", "", NULL, false },
		{ "http://h?q", "http://h", "h", "", "q", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct http_url u;
		struct err e = { 0 };
		char path[64];

		CHECK_EQ(http_url_split(t[i].url, &u, &e), 0, "%s: %s", t[i].url, e.text);
		(void)snprintf(path, sizeof(path), "%.*s", (int)u.path_len, u.path);
		CHECK_STR(u.origin, t[i].origin);
		CHECK_STR(u.host, t[i].host);
		CHECK_STR(path, t[i].path);
		CHECK_STR(u.query, t[i].query);
		CHECK_EQ(u.is_tls, t[i].is_tls);
	}
}

TEST(urls_that_are_refused_without_being_quoted)
{
	static const char *const t[] = {
		"ftp://h/x",
		"h/x",
		"",
		"https:///x",
		"https://u:SECRET@h/x",
		"https://h/a SECRET",
		"https://h/x#SECRET",
		"https://h/x?SECRET\n",
		"https://h/\"SECRET",
		"http://[::1/x",
		"http://:80/x",
		"https://h/x\x7f?SECRET",
	};
	char huge[HTTP_URL_MAX + 100] = "http://h/";
	struct http_url u;
	struct err e;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		CHECK(http_url_split(t[i], &u, &e) < 0, "%s", t[i]);
		CHECK(!strstr(e.text, "SECRET"), "%s", e.text);
	}
	memset(huge + 9, 'x', sizeof(huge) - 10);
	CHECK(http_url_split(huge, &u, &e) < 0);
}

TEST_MAIN
