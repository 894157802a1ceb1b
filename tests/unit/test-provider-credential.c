/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "key/provider.h"
#include "lib/test.h"

static char dir[] = "/tmp/sealmount-creds-XXXXXX";

__attribute__((constructor)) static void set_up(void)
{
	if (!mkdtemp(dir) || chdir(dir) < 0)
		abort();
}

__attribute__((destructor)) static void tear_down(void)
{
	unlink(PROVIDER_CREDENTIAL);
	rmdir(dir);
}

static void write_credential(const void *data, size_t len)
{
	int fd = open(PROVIDER_CREDENTIAL, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0400);

	CHECK(fd >= 0 && write(fd, data, len) == (ssize_t)len);
	close(fd);
}

TEST(credential_that_is_missing_says_how_to_make_it)
{
	static const struct {
		bool is_encrypted;
		char *name;
		const char *remedy;
	} t[] = {
		{ false, (char *)"models",
		  "put the key into /etc/credstore/models, with mode 0600" },
		{ true, (char *)"models",
		  "make it: systemd-creds encrypt --name=sealmount.key KEYFILE "
		  "/etc/credstore.encrypted/models" },
		{ false, NULL, "put the key into /etc/credstore/sealmount.key, with mode 0600" },
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(t); i++) {
		const size_t row = i / 2;
		struct share share = { .key.name = t[row].name,
				       .key.is_encrypted = t[row].is_encrypted };
		cleanup_secret struct secret *s = NULL;
		struct err e = { 0 };

		if (i % 2)
			setenv("CREDENTIALS_DIRECTORY", dir, 1);
		else
			unsetenv("CREDENTIALS_DIRECTORY");
		CHECK_EQ(provider_credential_fetch(&share, &s, &e), -ENOENT);
		CHECK_STR(e.remedy, t[row].remedy);
	}
}

TEST(credential_is_taken_byte_for_byte)
{
	static char large[SHARE_KEY_SIZE_MAX + 1] = "\0key\n";
	static const struct {
		size_t len;
		int want;
	} t[] = {
		{ 0, -ENODATA },
		{ 5, 0 },
		{ SHARE_KEY_SIZE_MAX, 0 },
		{ SHARE_KEY_SIZE_MAX + 1, -EFBIG },
	};
	const struct share share = { .key.name = (char *)"models" };

	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_secret struct secret *s = NULL;
		struct err e = { 0 };

		write_credential(large, t[i].len);
		CHECK_EQ(provider_credential_fetch(&share, &s, &e), t[i].want, "%s", e.text);
		CHECK(t[i].want < 0 ||
		      (s && s->len == t[i].len && memcmp(s->data, large, s->len) == 0));
		CHECK(t[i].want == 0 || strstr(e.text, "credential 'models'"), "%s", e.text);
	}
}

TEST_MAIN
