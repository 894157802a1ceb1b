/* SPDX-License-Identifier: MIT */
#include "conf/conf-finding.h"

#include "lib/test.h"

TEST(queries_users_and_signatures_are_left_out)
{
	static const struct {
		const char *value, *shown;
	} t[] = {
		{ "/srv/a", "/srv/a" },
		{ "/srv/what?", "/srv/what?" },
		{ "https://h/b?sig=x", "https://h/b?..." },
		{ "https://h/b#x", "https://h/b?..." },
		{ "https://u:p@h/b", "https://...@h/b" },
		{ "https://u:p@x@h/b?q", "https://...@h/b?..." },
		{ "https://@/b", "https://@/b" },
		{ "https://@@h", "https://...@h" },
		{ "https://h/b&sig=x", "https://h/b?..." },
		{ "https://u&SIG=x@h", "https://...?..." },
		{ "sv=1&sig=x", "sv=1?..." },
		{ "Sig=x", "?..." },
		{ "://", "://" },
		{ "@", "@" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char shown[64];

		finding_show(t[i].value, shown, sizeof(shown));
		CHECK_STR(shown, t[i].shown, "row %zu", i);
	}
}

TEST(control_characters_and_changes_of_direction_are_escaped)
{
	static const struct {
		const char *value, *shown;
	} t[] = {
		{ "a\x1b[1m\n\x7f", "a\\x1b[1m\\x0a\\x7f" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\xc2\x9b", "\\xc2\\x9b" },
		{ "\xe2\x80\xae", "\\xe2\\x80\\xae" },
		{ "\xe2\x81\xa6", "\\xe2\\x81\\xa6" },
		{ "\xff\xc3", "\\xff\\xc3" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char shown[64];

		finding_show(t[i].value, shown, sizeof(shown));
		CHECK_STR(shown, t[i].shown, "row %zu", i);
	}
}

/* The sanitizer looks at what is written behind the end. */
TEST(nothing_is_written_behind_the_end)
{
	static const char *const pieces[] = {
		"a", "://", "@", "?", "\n", "\xe2\x80\xae", "&", "="
	};
	char value[200];

	srandom(1);
	for (int round = 0; round < 20000; round++) {
		size_t size = 32 + (size_t)random() % 80, n = 0;
		char *dst = malloc(size);

		while (n < 180 && random() % 60 != 0) {
			const char *piece = pieces[(size_t)random() % ARRAY_SIZE(pieces)];

			memcpy(value + n, piece, strlen(piece));
			n += strlen(piece);
		}
		value[n] = '\0';
		finding_show(value, dst, size);
		CHECK(strlen(dst) < size, "%s", value);
		free(dst);
	}
}

TEST_MAIN
