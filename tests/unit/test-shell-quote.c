/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/macros.h"
#include "base/shell-quote.h"
#include "lib/test.h"

TEST(shell_quote_is_printable_and_exact)
{
	static const struct {
		const char *in, *want;
	} t[] = {
		{ "", "''" },
		{ "/srv/models", "'/srv/models'" },
		{ "a b;$(c)`d`\"*?~", "'a b;$(c)`d`\"*?~'" },
		{ "it's", "$'it\\047s'" },
		{ "a\nb\0331", "$'a\\012b\\0331'" },
		{ "Gr\xc3\xbc\xc3\x9f", "$'Gr\\303\\274\\303\\237'" },
		{ "back\\slash", "$'back\\134slash'" },
	};
	char got[64];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		CHECK_EQ(shell_quote(t[i].in, got, sizeof(got)), strlen(t[i].want), "row %zu", i);
		CHECK_STR(got, t[i].want, "row %zu", i);
	}
}

TEST(shell_quote_means_the_same_to_a_shell)
{
	char all[256], quoted[1024], command[1200], got[512] = "";
	FILE *f;

	for (int c = 1; c < 256; c++)
		all[c - 1] = (char)c;
	all[255] = '\0';
	CHECK(shell_quote(all, quoted, sizeof(quoted)) > 0);
	snprintf(command, sizeof(command), "exec bash -c \"$(cat <<'END'\nprintf %%s %s\nEND\n)\"",
		 quoted);
	f = popen(command, "re");
	CHECK(f && fread(got, 1, sizeof(got) - 1, f) == 255);
	if (f)
		pclose(f);
	CHECK(strcmp(got, all) == 0);
}

TEST(shell_quote_never_cuts)
{
	static const char *const texts[] = { "/srv/models", "it's \n\n\n", "'" };
	char whole[64], got[64];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		long want = shell_quote(texts[i], whole, sizeof(whole));

		for (size_t size = 0; size < sizeof(got); size++) {
			long n;

			memset(got, 'x', sizeof(got));
			n = shell_quote(texts[i], got, size);
			CHECK(n == want || n == -ENAMETOOLONG, "row %zu size %zu", i, size);
			CHECK_STR(size == 0 ? "" : got, n < 0 ? "" : whole, "row %zu size %zu", i,
				  size);
			CHECK(got[size] == 'x');
		}
		CHECK(want > 0);
	}
}

TEST_MAIN
