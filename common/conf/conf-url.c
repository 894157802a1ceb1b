/* SPDX-License-Identifier: MIT */
/*
 * conf-url: see conf-url.h
 */
#include "conf/conf-url.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"

#define PORT_MAX 65535

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_host(const char *p, size_t len)
{
	bool is_bracketed = len > 2 && p[0] == '[' && p[len - 1] == ']';

	if (len == 0)
		return false;
	for (size_t i = is_bracketed; i < len - is_bracketed; i++)
		if (!is_alphanumeric(p[i]) && !strchr(is_bracketed ? ":." : "-._", p[i]))
			return false;
	return true;
}

static bool is_port(const char *p, size_t len)
{
	char digits[6] = "";
	uint64_t port;

	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, p, len);
	return parse_u64(digits, &port) == 0 && port > 0 && port <= PORT_MAX;
}

static const char *authority_problem(const char *authority, const char **ret_remedy)
{
	size_t len = strcspn(authority, "/?");
	const char *bracket = memchr(authority, ']', len);
	const char *from = bracket ? bracket : authority;
	const char *colon = memchr(from, ':', len - (size_t)(from - authority));
	size_t host_len = colon ? (size_t)(colon - authority) : len;

	if (memchr(authority, '@', len)) {
		*ret_remedy = "take the user name and password out; use a shared access signature "
			      "or a managed identity";
		return "user information in a URL is not accepted";
	}
	*ret_remedy = "write it as https://HOST/PATH";
	if (!is_host(authority, host_len))
		return "the URL names no valid host";
	if (colon && !is_port(colon + 1, len - host_len - 1))
		return "the URL's port is not a number from 1 to 65535";
	return NULL;
}

static bool has_signature_in_path(const char *url)
{
	const char *signature = strcasestr(url, "sig=");

	return signature && (size_t)(signature - url) < strcspn(url, "?");
}

const char *url_problem(const char *url, const char **ret_remedy)
{
	*ret_remedy = "write it with %20 and the like for such bytes";
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("\"<>\\", *p))
			return "a URL may not hold blanks, control characters or any of \" < > \\";
	*ret_remedy = "put a question mark between the path and the signature";
	if (has_signature_in_path(url))
		return "a signature stands in the path, where it would not be kept secret";
	*ret_remedy = "take everything from the # on away";
	if (strchr(url, '#'))
		return "a blob's URL has no fragment";
	if (strncasecmp(url, "https://", 8) == 0)
		return authority_problem(url + 8, ret_remedy);
	if (strncasecmp(url, "http://", 7) == 0)
		return authority_problem(url + 7, ret_remedy);
	*ret_remedy = "begin it with https://, or with file:/// for a file of this machine";
	if (strncasecmp(url, "file://", 7) != 0)
		return "not a URL of the kind http, https or file";
	if (url[7] != '/')
		return "a file URL names no host, and an absolute path";
	*ret_remedy = "take the query away";
	return strchr(url, '?') ? "a file URL has no query" : NULL;
}

/* Which version of a blob, and how it is asked for: public knowledge. Anything else in a
 * query may be a signature or a token, of whatever vendor, and is kept secret. */
static bool is_public_parameter(const char *p, size_t len)
{
	static const char *const names[] = { "snapshot", "versionid", "generation" };
	const char *equals = memchr(p, '=', len);
	size_t n = equals ? (size_t)(equals - p) : len;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == n && strncasecmp(names[i], p, n) == 0)
			return true;
	return len == 0;
}

int url_split_query(char *url, char **ret_query)
{
	char *mark = strchr(url, '?'), *query;
	bool is_public = true;

	*ret_query = NULL;
	if (!mark)
		return 0;
	for (const char *p = mark + 1;;) {
		size_t len = strcspn(p, "&");

		is_public = is_public && is_public_parameter(p, len);
		if (!p[len])
			break;
		p += len + 1;
	}
	if (!mark[1])
		*mark = '\0';
	if (is_public)
		return 0;
	query = strdup(mark + 1);
	if (!query)
		return -ENOMEM;
	explicit_bzero(mark, strlen(mark));
	*ret_query = query;
	return 0;
}
