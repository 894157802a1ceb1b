/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/cleanup.h"
#include "base/encode.h"
#include "lib/test.h"

TEST(base64_known_answers_of_rfc_4648)
{
	static const struct {
		const char *plain, *encoded;
	} t[] = { { "", "" },
		  { "f", "Zg==" },
		  { "fo", "Zm8=" },
		  { "foo", "Zm9v" },
		  { "foob", "Zm9vYg==" },
		  { "fooba", "Zm9vYmE=" },
		  { "foobar", "Zm9vYmFy" } };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_free char *encoded = base64_encode(t[i].plain, strlen(t[i].plain));
		cleanup_free uint8_t *plain = NULL;
		size_t len = 99;

		CHECK_STR(encoded, t[i].encoded);
		CHECK_EQ(base64_decode(t[i].encoded, strlen(t[i].encoded), &plain, &len, NULL), 0);
		CHECK_EQ(len, strlen(t[i].plain));
		CHECK_STR((char *)plain, t[i].plain);
	}
}

TEST(base64_decode_skips_line_ends_and_outer_blanks)
{
	cleanup_free uint8_t *plain = NULL;
	size_t len;

	CHECK_EQ(base64_decode("  Zm9v\r\nYmFy\n ", 14, &plain, &len, NULL), 0);
	CHECK_STR((char *)plain, "foobar");
}

TEST(base64_decode_refuses_the_sloppy)
{
	static const struct {
		const char *text, *rule;
	} t[] = {
		{ "Zg", "ends early" },
		{ "Zg=", "ends early" },
		{ "Zm9vYg", "ends early" },
		{ "Zh==", "unused bits" },
		{ "Zm9=", "unused bits" },
		{ "Zm-v", "standard alphabet" },
		{ "Zm_v", "standard alphabet" },
		{ "Z===", "padding at this place" },
		{ "Zg==Zg==", "data after" },
		{ "Zg=v", "data after" },
		{ "Zm9v Zm9v", "standard alphabet" },
		{ "====", "padding at this place" },
		{ "Zm9v====", "padding at this place" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_free uint8_t *plain = NULL;
		struct err e = { 0 };
		size_t len;

		CHECK_EQ(base64_decode(t[i].text, strlen(t[i].text), &plain, &len, &e), -EBADMSG,
			 "%s", t[i].text);
		CHECK(strstr(e.text, t[i].rule), "%s: %s", t[i].text, e.text);
		CHECK(!plain);
	}
}

TEST(hex_goes_both_ways)
{
	uint8_t bytes[4];
	char text[9];

	CHECK_EQ(hex_decode("00fFa510", 8, bytes), 4);
	hex_encode(bytes, 4, text);
	CHECK_STR(text, "00ffa510");
	CHECK_EQ(hex_decode("", 0, bytes), 0);
}

TEST(hex_decode_refuses_the_sloppy)
{
	uint8_t bytes[8];

	CHECK_EQ(hex_decode("abc", 3, bytes), -EBADMSG);
	CHECK_EQ(hex_decode("0g", 2, bytes), -EBADMSG);
	CHECK_EQ(hex_decode("0x", 2, bytes), -EBADMSG);
	CHECK_EQ(hex_decode(" 1", 2, bytes), -EBADMSG);
}

TEST_MAIN
