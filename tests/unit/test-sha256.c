/* SPDX-License-Identifier: MIT */
/* Known answers: FIPS 180-4 examples, and lengths around the block border by coreutils. */
#include "base/sha256.h"
#include "lib/test.h"

TEST(sha256_known_answers)
{
	static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	char hex[SHA256_HEX_SIZE];
	static char million[1000000];

	sha256_hex("", 0, hex);
	CHECK_STR(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_hex("abc", 3, hex);
	CHECK_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex(two_blocks, strlen(two_blocks), hex);
	CHECK_STR(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(million, 'a', sizeof(million));
	sha256_hex(million, sizeof(million), hex);
	CHECK_STR(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(sha256_pads_at_every_length_like_the_reference)
{
	/* digest over the digests of 'x' repeated 0 to 129 times; from an independent tool */
	char text[130], all[130 * 64 + 1] = "", hex[SHA256_HEX_SIZE];

	memset(text, 'x', sizeof(text));
	for (size_t n = 0; n < 130; n++)
		sha256_hex(text, n, all + 64 * n);
	sha256_hex(all, 130 * 64, hex);
	CHECK_STR(hex, "199af942eba7fa5d1e16d475169eb24018b14e69339c93d26a9ea6d873b4ace6");
}

TEST_MAIN
