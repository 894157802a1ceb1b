/* SPDX-License-Identifier: MIT */
/* azure: who speaks it, when a SAS ends, what an error means */
#include "blob/azure.h"

#include "lib/test.h"

#define SAS "sv=2021-12-02&sp=r&se=2026-11-21T10%3A00%3A00Z&sig=abc%3D"

TEST(hosts_paths_and_signatures_are_recognised)
{
	static const struct {
		const char *url, *query;
		bool want;
	} t[] = {
		{ "https://a.blob.core.windows.net/c/b", NULL, true },
		{ "https://A.BLOB.CORE.WINDOWS.NET/c/b", NULL, true },
		{ "https://a.z01.blob.storage.azure.net/c/b", NULL, true },
		{ "https://a.blob.core.windows.net.evil.example/c/b", NULL, false },
		{ "https://blob.core.windows.net/c/b", NULL, false },
		{ "http://127.0.0.1:10000/devstoreaccount1/c/b", NULL, true },
		{ "http://127.0.0.1:10000/devstoreaccount10/c/b", NULL, false },
		{ "https://files.example/c/b", NULL, false },
		{ "https://files.example/c/b", SAS, true },
		{ "https://files.example/c/b", "token=1", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct http_url u;
		struct err e;

		CHECK_EQ(http_url_split(t[i].url, &u, &e), 0);
		CHECK_EQ(azure_is_spoken(&u, t[i].query), t[i].want, "%s", t[i].url);
	}
}

TEST(expiry_in_every_form)
{
	static const struct {
		const char *query;
		time_t want;
	} t[] = {
		{ "se=2026-11-21T10:00:00Z", 1795255200 },
		{ "se=2026-11-21T10%3A00%3a00Z&x=1", 1795255200 },
		{ "a=1&se=2026-11-21T10%3A00Z", 1795255200 },
		{ "se=2026-11-21T10:00:00.1234567Z", 1795255200 },
		{ "se=2026-11-21", 1795219200 },
		{ "ase=2026-11-21", 0 },
		{ "se=", 0 },
		{ "se=%", 0 },
		{ "se=%3", 0 },
		{ "se=tomorrow", 0 },
		{ "se=2026-11-21T10:00:00Zjunk", 0 },
		{ "se=2026-11-21T10:00:00Z-and-much-more-than-fits-into-any-time-text", 0 },
		{ "sig=x", 0 },
		{ NULL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		CHECK_EQ(azure_sas_expiry(t[i].query), t[i].want, "row %zu", i);
}

static struct err explain(int status, const char *code, const char *query, time_t date, time_t now)
{
	struct http_answer a = { .status = status, .date = date };
	struct err e = { 0 };

	(void)snprintf(a.ms_error_code, sizeof(a.ms_error_code), "%s", code);
	azure_explain(&a, query, now, &e);
	CHECK(!strstr(e.text, "abc") && !strstr(e.remedy, "abc"));
	return e;
}

TEST(errors_have_cause_and_remedy)
{
	static const struct {
		int status;
		const char *code, *cause, *remedy, *query;
	} t[] = {
		{ 404, "BlobNotFound", "404 Not Found BlobNotFound: the container has no blob",
		  "case-sensitive" },
		{ 404, "ContainerNotFound", "no container", "path" },
		{ 404, "", "404 Not Found: there is no blob", "path" },
		{ 409, "PublicAccessNotPermitted", "anonymous", "SAS" },
		{ 403, "AuthenticationFailed", "not accepted", "copied whole", "sig=abc" },
		{ 403, "AuthorizationPermissionMismatch", "permission", "sp=r", "sig=abc" },
		{ 403, "SomethingNew", "not permitted", "network rules", "sig=abc" },
		{ 403, "AuthorizationFailure", "anonymously", "give a SAS", NULL },
		{ 418, "SomethingNew", "418 SomethingNew: the server refuses", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct err e = explain(t[i].status, t[i].code, t[i].query, 0, 1795255000);

		CHECK(strstr(e.text, t[i].cause), "row %zu: %s", i, e.text);
		CHECK(strstr(e.remedy, t[i].remedy), "row %zu: %s", i, e.remedy);
	}
}

TEST(an_expired_sas_is_named_with_its_time)
{
	struct err e = explain(403, "AuthenticationFailed", SAS, 1795255201, 1795255201);

	CHECK(strstr(e.text, "the SAS expired at 2026-11-21 10:00:00 UTC"), "%s", e.text);
	CHECK(strstr(e.remedy, "make a new SAS"));
}

TEST(the_servers_clock_decides_about_expiry)
{
	struct err e = explain(403, "AuthenticationFailed", SAS, 1795255300, 1795250000);

	CHECK(strstr(e.text, "expired"), "%s", e.text);
}

TEST(a_wrong_clock_is_named)
{
	struct err e = explain(403, "AuthenticationFailed", SAS, 1795250000, 1795240000);

	CHECK(strstr(e.text, "clock is 10000 s behind the server's"), "%s", e.text);
	e = explain(403, "AuthenticationFailed", SAS, 1795250000, 1795250301);
	CHECK(strstr(e.text, "clock is 301 s ahead of the server's"), "%s", e.text);
}

TEST_MAIN
