/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/parse.h"
#include "lib/test.h"

TEST(parse_u64_takes_digits_only)
{
	static const struct {
		const char *text;
		int r;
		uint64_t value;
	} t[] = {
		{ "0", 0, 0 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "007", 0, 7 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		uint64_t value = 0;

		CHECK_EQ(parse_u64(t[i].text, &value), t[i].r, "%s", t[i].text);
		CHECK(value == t[i].value, "%s", t[i].text);
	}
}

TEST(parse_size_knows_powers_of_1024)
{
	uint64_t value = 0;

	CHECK_EQ(parse_size("4096", &value), 0);
	CHECK_EQ(value, 4096);
	CHECK_EQ(parse_size("64K", &value), 0);
	CHECK_EQ(value, 65536);
	CHECK_EQ(parse_size("3T", &value), 0);
	CHECK_EQ(value, 3ll << 40);
	CHECK_EQ(parse_size("16777216T", &value), -ERANGE);
	CHECK_EQ(parse_size("1k", &value), -EINVAL);
	CHECK_EQ(parse_size("1KB", &value), -EINVAL);
	CHECK_EQ(parse_size("K", &value), -EINVAL);
}

TEST(parse_bool_knows_the_words_of_unit_files)
{
	bool value = false;

	CHECK_EQ(parse_bool("yes", &value), 0);
	CHECK(value);
	CHECK_EQ(parse_bool("off", &value), 0);
	CHECK(!value);
	CHECK_EQ(parse_bool("maybe", &value), -EINVAL);
	CHECK_EQ(parse_bool("", &value), -EINVAL);
}

TEST_MAIN
