/* SPDX-License-Identifier: MIT */
/*
 * azure: see azure.h; error codes of the Blob service's REST reference
 */
#include "blob/azure.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

/* Value of @name in a query string, or NULL; ends at '&' or NUL. */
static const char *query_value(const char *query, const char *name)
{
	size_t n = strlen(name);

	while (query && *query) {
		if (strncmp(query, name, n) == 0 && query[n] == '=')
			return query + n + 1;
		query = strchr(query, '&');
		query = query ? query + 1 : NULL;
	}
	return NULL;
}

bool azure_query_is_sas(const char *query)
{
	return query_value(query, "sig") != NULL;
}

bool azure_is_spoken(const struct http_url *url, const char *query)
{
	static const char *const clouds[] = {
		".blob.core.windows.net",      ".blob.core.usgovcloudapi.net",
		".blob.core.chinacloudapi.cn", ".blob.core.cloudapi.de",
		".blob.storage.azure.net", /* ACCOUNT.zNN.blob.storage.azure.net */
	};
	static const char emulator[] = "/devstoreaccount1/";

	for (size_t i = 0; i < ARRAY_SIZE(clouds); i++)
		if (ends_with(url->host, clouds[i]))
			return true;
	if (url->path_len > sizeof(emulator) - 1 &&
	    memcmp(url->path, emulator, sizeof(emulator) - 1) == 0)
		return true;
	return azure_query_is_sas(query) && query_value(query, "sv");
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Up to '&', with %XX resolved; false when it does not fit. */
static bool decode_value(const char *value, char *dst, size_t size)
{
	size_t n = 0;

	for (; *value && *value != '&'; value++) {
		char c = *value;

		if (c == '%') {
			int high = hex_digit(value[1]), low = high < 0 ? -1 : hex_digit(value[2]);

			if (low < 0)
				return false;
			c = (char)(high * 16 + low);
			value += 2;
		}
		if (n + 1 >= size)
			return false;
		dst[n++] = c;
	}
	dst[n] = '\0';
	return true;
}

time_t azure_sas_expiry(const char *query)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d" };
	const char *value = query_value(query, "se");
	char text[40], *fraction;

	if (!value || !decode_value(value, text, sizeof(text)))
		return 0;
	fraction = strchr(text, '.');
	if (fraction) { /* tenths of microseconds do not matter */
		fraction[0] = 'Z';
		fraction[1] = '\0';
	}
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, forms[i], &tm);

		if (end && !*end)
			return timegm(&tm);
	}
	return 0;
}

const char *azure_time_text(time_t when, char dst[32])
{
	struct tm tm;

	if (!gmtime_r(&when, &tm) || strftime(dst, 32, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		dst[0] = '\0';
	return dst;
}

/* The first row that fits both counts; a NULL code fits any. */
static const struct {
	int status;
	const char *code;
	const char *cause, *remedy;
} rows[] = {
	{ 404, "BlobNotFound", "the container has no blob of this name",
	  "check the path of the URL; names are case-sensitive" },
	{ 404, "ContainerNotFound", "there is no container of this name",
	  "check the path of the URL" },
	{ 404, "ResourceNotFound",
	  "there is no blob of this name, or it may not be read anonymously",
	  "check the path of the URL, or give a SAS with read permission" },
	{ 404, NULL, "there is no blob of this name", "check the path of the URL" },
	{ 409, "PublicAccessNotPermitted", "the storage account does not permit anonymous reading",
	  "give a SAS with read permission" },
	{ 0, "NoAuthenticationInformation", "the blob cannot be read without a credential",
	  "give a SAS with read permission" },
	{ 0, "AuthorizationPermissionMismatch", "the SAS does not give permission to read",
	  "make a SAS with read permission (sp=r)" },
	{ 0, "AuthorizationProtocolMismatch", "the SAS demands https", "use an https:// URL" },
	{ 0, "AuthorizationSourceIPMismatch", "the SAS is not for this machine's address",
	  "make a SAS for the address this machine has towards the storage" },
	{ 0, "AuthorizationServiceMismatch", "the SAS is not for the blob service",
	  "make a SAS for blobs (ss=b)" },
	{ 0, "AuthorizationResourceTypeMismatch", "the SAS is not for objects",
	  "make a SAS for objects (srt=o)" },
	{ 0, "AccountIsDisabled", "the storage account is disabled", "enable the storage account" },
	{ 0, "KeyVaultEncryptionKeyNotFound", "the storage account's own encryption key is gone",
	  "restore the customer-managed key of the storage account" },
	{ 0, "BlobArchived", "the blob is in the archive tier", "move it to an online tier" },
	{ 0, "AuthenticationFailed", "the SAS is not accepted",
	  "check that it was copied whole, and that the account key it was made with still holds" },
	{ 0, "AuthorizationFailure", "the credential, or this machine's network, is not permitted",
	  "check the SAS (read permission, expiry) and the storage account's network rules" },
	{ 403, NULL, "reading is not permitted",
	  "check the SAS (read permission, expiry) and the storage account's network rules" },
};

/* Clock first, then expiry: with a wrong clock the second would mislead. */
static bool explain_time(const struct http_answer *a, const char *query, time_t now, struct err *e)
{
	time_t expiry = azure_sas_expiry(query);
	time_t skew = a->date ? (a->date > now ? a->date - now : now - a->date) : 0;
	time_t server_now = a->date ? a->date : now;
	char text[32];

	if (a->status != 403 && a->status != 401)
		return false;
	if (expiry && expiry <= server_now) {
		(void)err_set(e, EACCES, "the SAS expired at %s", azure_time_text(expiry, text));
		err_remedy(e, "make a new SAS and put it into the configuration");
		return true;
	}
	if (skew > AZURE_CLOCK_SLACK_SEC) {
		(void)err_set(e, EACCES,
			      "reading is not permitted, and this machine's clock is %lld s %s the "
			      "server's",
			      (long long)skew, a->date > now ? "behind" : "ahead of");
		err_remedy(e, "set the clock, and check the SAS");
		return true;
	}
	return false;
}

static bool explain_anonymous(const struct http_answer *a, const char *query, struct err *e)
{
	if ((a->status != 401 && a->status != 403) || azure_query_is_sas(query))
		return false;
	(void)err_set(e, EACCES, "the blob cannot be read anonymously from here");
	err_remedy(e, "give a SAS with read permission, or check the storage account's network "
		      "rules");
	return true;
}

static bool row_fits(size_t i, const struct http_answer *a)
{
	return (rows[i].status == 0 || rows[i].status == a->status) &&
	       (!rows[i].code || strcmp(rows[i].code, a->ms_error_code) == 0);
}

void azure_explain(const struct http_answer *a, const char *query, time_t now, struct err *e)
{
	char status[HTTP_TOKEN_MAX];
	bool is_transient = a->status >= 500 || a->status == 429 || a->status == 408;
	size_t i = 0, used;

	(void)http_status_text(a->status, status);
	if (!explain_time(a, query, now, e) && !explain_anonymous(a, query, e)) {
		while (i < ARRAY_SIZE(rows) && !row_fits(i, a))
			i++;
		if (i < ARRAY_SIZE(rows)) {
			(void)err_set(e, EACCES, "%s", rows[i].cause);
			err_remedy(e, "%s", rows[i].remedy);
		} else {
			(void)err_set(e, EIO, "%s",
				      is_transient ? "the server is busy or has a fault"
						   : "the server refuses");
		}
	}
	err_wrap(e, "%s%s%s", status, a->ms_error_code[0] ? " " : "", a->ms_error_code);
	used = strlen(e->text);
	if (a->ms_request_id[0]) /* what the vendor's support asks for; cut when too long */
		(void)snprintf(e->text + used, sizeof(e->text) - used, " (request %s)",
			       a->ms_request_id);
}
