/* SPDX-License-Identifier: MIT */
/*
 * http: see http.h
 */
#include "net/http.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/parse.h"

#define KEEPALIVE_IDLE_SEC  20
#define CONNECTION_AGE_SEC  60 /* older idle ones are likely dead behind a NAT */
#define RETRY_AFTER_SEC_MAX 3600
#define MSEC_PER_SEC	    1000

int http_init(struct err *e)
{
	CURLcode c = curl_global_init(CURL_GLOBAL_DEFAULT);

	if (c != CURLE_OK)
		return err_set(e, EIO, "set up libcurl: %s", curl_easy_strerror(c));
	return 0;
}

static CURLcode set_transfer(CURL *easy, const struct http_policy *p)
{
	const char *protocols = p->is_tls_demanded ? "https" : "http,https";
	CURLcode c = CURLE_OK;

	c |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	c |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
	c |= curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
	c |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, p->may_redirect ? 1L : 0L);
	c |= curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)HTTP_REDIRECT_MAX);
	c |= curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 0L);
	c |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	c |= curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
	c |= curl_easy_setopt(easy, CURLOPT_VERBOSE, 0L);
	c |= curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* not the environment's */
	c |= curl_easy_setopt(easy, CURLOPT_USERAGENT, "sealmount/" SEALMOUNT_VERSION);
	c |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	c |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE_SEC);
	c |= curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)CONNECTION_AGE_SEC);
	c |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)p->connect_ms);
	return c;
}

static CURLcode set_tls(CURL *easy, const struct http_policy *p)
{
	CURLcode c = CURLE_OK;

	c |= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	c |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	c |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	/* A bundle without a directory beside it is parsed once and kept: no file is needed later.
	 */
	c |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	if (p->ca_file)
		c |= curl_easy_setopt(easy, CURLOPT_CAINFO, p->ca_file);
#if LIBCURL_VERSION_NUM >= 0x075700
	c |= curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, -1L);
#endif
	return c;
}

int http_easy_new(const struct http_policy *p, void **ret, struct err *e)
{
	CURL *easy = curl_easy_init();

	if (!easy)
		return err_errno(e, ENOMEM, "set up a transfer");
	if (set_transfer(easy, p) != CURLE_OK || set_tls(easy, p) != CURLE_OK) {
		curl_easy_cleanup(easy);
		return err_set(e, EIO, "libcurl does not take an option that is needed");
	}
	*ret = easy;
	return 0;
}

void http_easy_free(void *easy)
{
	curl_easy_cleanup(easy);
}

void http_set_connect_ms(void *easy, unsigned ms)
{
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)ms); /* cannot fail */
}

static bool is_clean(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f || strchr("\"<>\\^`{|}", s[i]))
			return false;
	return true;
}

/* "host", "host:port", "[v6]:port" to the bare host in lower case. */
static int split_host(const char *authority, size_t len, struct http_url *u)
{
	const char *host = authority, *end;
	size_t n;

	if (len > 0 && *authority == '[') {
		host++;
		end = memchr(host, ']', len - 1);
		if (!end)
			return -EINVAL;
	} else {
		end = memchr(host, ':', len);
		if (!end)
			end = authority + len;
	}
	n = (size_t)(end - host);
	if (n == 0 || n >= sizeof(u->host))
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		u->host[i] = (char)tolower((unsigned char)host[i]);
	u->host[n] = '\0';
	return 0;
}

int http_url_split(const char *url, struct http_url *ret, struct err *e)
{
	struct http_url u = { 0 };
	size_t len = strnlen(url, HTTP_URL_MAX + 1), scheme, n;
	const char *authority;

	if (strncasecmp(url, "https://", 8) == 0) {
		u.is_tls = true;
		scheme = 8;
	} else if (strncasecmp(url, "http://", 7) == 0) {
		scheme = 7;
	} else {
		return err_set(e, EINVAL, "the URL begins with neither https:// nor http://");
	}
	if (len > HTTP_URL_MAX)
		return err_set(e, EINVAL, "the URL is longer than %d bytes", HTTP_URL_MAX);
	authority = url + scheme;
	n = strcspn(authority, "/?#");
	if (memchr(authority, '@', n))
		return err_set(e, EINVAL, "the URL holds a user name before its host");
	if (scheme + n >= sizeof(u.origin) || split_host(authority, n, &u) < 0)
		return err_set(e, EINVAL, "the URL has no usable host");
	if (!is_clean(url, len))
		return err_set(e, EINVAL,
			       "the URL holds a blank or another character that must be "
			       "percent-encoded");
	if (strchr(authority, '#'))
		return err_set(e, EINVAL, "the URL holds a fragment ('#')");
	(void)snprintf(u.origin, sizeof(u.origin), "%s%.*s", u.is_tls ? "https://" : "http://",
		       (int)n, authority); /* its length was checked */
	u.path = authority + n;
	u.path_len = strcspn(u.path, "?");
	if (u.path[u.path_len] == '?')
		u.query = u.path + u.path_len + 1;
	*ret = u;
	return 0;
}

void http_answer_reset(struct http_answer *a)
{
	memset(a, 0, sizeof(*a));
	a->content_length = -1;
}

static void spoil(struct http_answer *a, const char *why)
{
	if (!a->is_bad)
		a->says_bad = why;
	a->is_bad = true;
}

/* A number of decimal digits that ends where it should. */
static bool take_number(const char **p, uint64_t *ret)
{
	uint64_t v = 0;
	const char *s = *p;

	if (!isdigit((unsigned char)*s))
		return false;
	for (; isdigit((unsigned char)*s); s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (v > ((uint64_t)INT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*p = s;
	*ret = v;
	return true;
}

static void on_content_length(struct http_answer *a, const char *value, time_t now unused_arg)
{
	uint64_t n;

	if (!take_number(&value, &n) || *value)
		spoil(a, "Content-Length is not a number");
	else if (a->content_length >= 0 && (uint64_t)a->content_length != n)
		spoil(a, "there are two Content-Length");
	else
		a->content_length = (int64_t)n;
}

/* RFC 9110 14.4: bytes first-last/total, with "*" for what is not known. */
static void on_content_range(struct http_answer *a, const char *value, time_t now unused_arg)
{
	uint64_t first = 0, last = 0, total = 0;
	bool has_range = false, has_total;

	if (a->has_range || a->has_total) {
		spoil(a, "there are two Content-Range");
		return;
	}
	if (strncasecmp(value, "bytes ", 6) != 0) {
		spoil(a, "Content-Range is not in bytes");
		return;
	}
	value += 6;
	if (*value == '*') {
		value++;
	} else {
		has_range = take_number(&value, &first) && *value == '-' &&
			    (value++, take_number(&value, &last)) && last >= first;
		if (!has_range) {
			spoil(a, "Content-Range is malformed");
			return;
		}
	}
	if (*value++ != '/') {
		spoil(a, "Content-Range is malformed");
		return;
	}
	has_total = take_number(&value, &total);
	if ((has_total ? *value != '\0' : strcmp(value, "*") != 0) ||
	    (has_range && has_total && last >= total)) {
		spoil(a, "Content-Range is malformed");
		return;
	}
	a->has_range = has_range;
	a->has_total = has_total;
	a->range_first = first;
	a->range_last = last;
	a->range_total = total;
}

static void on_retry_after_ms(struct http_answer *a, const char *value, time_t now unused_arg)
{
	uint64_t ms;

	if (take_number(&value, &ms) && !*value)
		a->retry_after_ms = ms < RETRY_AFTER_SEC_MAX * MSEC_PER_SEC
					    ? ms
					    : RETRY_AFTER_SEC_MAX * MSEC_PER_SEC;
}

static void on_retry_after(struct http_answer *a, const char *value, time_t now)
{
	uint64_t sec;
	time_t when;

	if (a->retry_after_ms > 0)
		return; /* the finer one has come before */
	if (take_number(&value, &sec) && !*value) {
		a->retry_after_ms =
			(sec < RETRY_AFTER_SEC_MAX ? sec : RETRY_AFTER_SEC_MAX) * MSEC_PER_SEC;
		return;
	}
	when = curl_getdate(value, NULL);
	if (when > now)
		a->retry_after_ms =
			(uint64_t)(when - now < RETRY_AFTER_SEC_MAX ? when - now
								    : RETRY_AFTER_SEC_MAX) *
			MSEC_PER_SEC;
}

static void on_date(struct http_answer *a, const char *value, time_t now unused_arg)
{
	time_t when = curl_getdate(value, NULL);

	a->date = when > 0 ? when : 0;
}

/* Optional W/, then printable characters in quotes. What else is sent is no ETag. */
static void on_etag(struct http_answer *a, const char *value, time_t now unused_arg)
{
	size_t len = strlen(value), first = strncmp(value, "W/", 2) == 0 ? 2 : 0;

	if (len < first + 2 || len >= sizeof(a->etag) || value[first] != '"' ||
	    value[len - 1] != '"')
		return;
	for (size_t i = first + 1; i < len - 1; i++)
		if (value[i] < 0x21 || value[i] > 0x7e || value[i] == '"')
			return;
	if (a->etag[0] && strcmp(a->etag, value) != 0)
		spoil(a, "there are two ETag");
	else
		memcpy(a->etag, value, len + 1);
}

#define TEXT_ROW(member) offsetof(struct http_answer, member)

static const struct {
	const char *name;
	void (*take)(struct http_answer *a, const char *value, time_t now);
	size_t offset; /* of a text of HTTP_TOKEN_MAX, when there is no function */
} headers[] = {
	{ "Content-Length", on_content_length, 0 },
	{ "Content-Range", on_content_range, 0 },
	{ "ETag", on_etag, 0 },
	{ "Date", on_date, 0 },
	{ "Retry-After", on_retry_after, 0 },
	{ "retry-after-ms", on_retry_after_ms, 0 },
	{ "x-ms-retry-after-ms", on_retry_after_ms, 0 },
	{ "Last-Modified", NULL, TEXT_ROW(last_modified) },
	{ "Content-Encoding", NULL, TEXT_ROW(content_encoding) },
	{ "x-ms-error-code", NULL, TEXT_ROW(ms_error_code) },
	{ "x-ms-request-id", NULL, TEXT_ROW(ms_request_id) },
	{ "x-ms-version", NULL, TEXT_ROW(ms_version) },
	{ "x-ms-blob-type", NULL, TEXT_ROW(ms_blob_type) },
};

static void take_text(char *dst, const char *value)
{
	size_t n = strnlen(value, HTTP_TOKEN_MAX - 1);

	for (size_t i = 0; i < n; i++)
		if (value[i] < ' ' || value[i] > '~')
			return;
	memcpy(dst, value, n);
	dst[n] = '\0';
}

static void take_header(struct http_answer *a, const char *name, size_t name_len, const char *value,
			time_t now)
{
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		if (strlen(headers[i].name) != name_len ||
		    strncasecmp(headers[i].name, name, name_len) != 0)
			continue;
		if (headers[i].take)
			headers[i].take(a, value, now);
		else
			take_text((char *)a + headers[i].offset, value);
		return;
	}
}

/* "HTTP/1.1 206 Partial Content" */
static void take_status(struct http_answer *a, const char *line)
{
	const char *p = strchr(line, ' ');
	uint64_t status;
	size_t bytes = a->header_bytes;

	http_answer_reset(a);
	a->header_bytes = bytes;
	if (p && (p++, take_number(&p, &status)) && (*p == ' ' || !*p) && status >= 100 &&
	    status <= 599)
		a->status = (int)status;
	else
		spoil(a, "the status line is malformed");
}

int http_answer_line(struct http_answer *a, const char *line, size_t len, time_t now)
{
	char text[1024]; /* all values of interest are shorter; longer lines are skipped */
	const char *colon;
	char *value;

	if (len > HTTP_HEADERS_MAX || a->header_bytes + len > HTTP_HEADERS_MAX)
		return -E2BIG;
	a->header_bytes += len;
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r' || line[len - 1] == ' ' ||
			   line[len - 1] == '\t'))
		len--;
	if (len == 0) {
		a->is_complete = a->status > 0;
		return 0;
	}
	if (len >= sizeof(text) || memchr(line, '\0', len))
		return 0;
	memcpy(text, line, len);
	text[len] = '\0';
	if (strncmp(text, "HTTP/", 5) == 0) {
		take_status(a, text);
		return 0;
	}
	colon = strchr(text, ':');
	if (!colon || colon == text)
		return 0;
	value = text + (colon - text) + 1;
	value += strspn(value, " \t");
	take_header(a, text, (size_t)(colon - text), value, now);
	return 0;
}

const char *http_status_text(int status, char dst[HTTP_TOKEN_MAX])
{
	static const struct {
		int status;
		const char *text;
	} rows[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 412, "Precondition Failed" },
		{ 416, "Range Not Satisfiable" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};
	const char *text = "";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].status == status)
			text = rows[i].text;
	(void)snprintf(dst, HTTP_TOKEN_MAX, "%d%s%s", status, *text ? " " : "", text);
	return dst;
}
