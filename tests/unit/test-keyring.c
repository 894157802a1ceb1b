/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own keyrings, with names of this process. Cases run in a child with an
 * anonymous session keyring, as a service with KeyringMode=private has it.
 */
#include <errno.h>
#include <keyutils.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "keys/keyring.h"
#include "lib/test.h"

static char share[64], description[128];

/* Run as another service would: own process, own session. Its failures become ours. */
static void in_a_private_session(void (*run)(void))
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		test_failures = 0;
		if (keyctl_join_session_keyring(NULL) < 0)
			test_fail(__FILE__, __LINE__, "join a session: %s", strerror(errno));
		run();
		fflush(stdout);
		_exit(test_failures > 0);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
}

static void begin(const char *name)
{
	snprintf(share, sizeof(share), "unit.%d-%s", (int)getpid(), name);
	snprintf(description, sizeof(description), "sealmount:%s", share);
}

static int put(const void *data, size_t len, struct err *e)
{
	cleanup_secret struct secret *s = NULL;
	int r = secret_new(len ? len : 1, &s, e);

	if (r == 0)
		r = secret_set(s, data, len, e);
	return r < 0 ? r : keyring_put(share, s, e);
}

static long user_keyring_id(void)
{
	return keyctl_search(KEY_SPEC_USER_KEYRING, "user", description, 0);
}

static bool is_key_in_proc_keys(char *line, size_t size)
{
	FILE *f = fopen("/proc/keys", "re");
	bool is_there = false;

	while (f && !is_there && fgets(line, (int)size, f))
		is_there = strstr(line, description) != NULL;
	if (f)
		fclose(f);
	return is_there;
}

static void put_first(void)
{
	struct err e = { 0 };

	CHECK_EQ(put("\0key\xff", 5, &e), 0, "%s", e.text);
}

static void put_second(void)
{
	CHECK_EQ(put("another key", 11, NULL), 0);
}

static void drop(void)
{
	CHECK(keyring_drop(share, NULL) >= 0);
	CHECK_EQ(user_keyring_id(), -1);
}

static void take_first(void)
{
	cleanup_secret struct secret *key = NULL;
	cleanup_free char *found = NULL;
	struct err e = { 0 };

	CHECK_EQ(request_key("user", description, NULL, 0), -1);
	CHECK_EQ(errno, ENOKEY);
	CHECK_EQ(keyring_take(share, &found, &key, &e), 0, "%s", e.text);
	CHECK_STR(found, description);
	CHECK(key && key->len == 5 && memcmp(key->data, "\0key\xff", 5) == 0);
	/* what libcryptsetup does */
	CHECK(found && request_key("user", found, NULL, 0) > 0);
}

TEST(keyring_hands_a_key_from_one_service_to_another)
{
	begin("hand");
	in_a_private_session(put_first);
	in_a_private_session(take_first);
	in_a_private_session(drop);
}

static void try_by_id(void)
{
	char buf[64], line[512];
	long id = user_keyring_id();

	CHECK(id > 0);
	CHECK_EQ(keyctl_read((key_serial_t)id, buf, sizeof(buf)), -1);
	CHECK_EQ(errno, EACCES);
	CHECK_EQ(keyctl_link((key_serial_t)id, KEY_SPEC_PROCESS_KEYRING), -1);
	CHECK_EQ(errno, EACCES);
	CHECK_EQ(keyctl_setperm((key_serial_t)id, 0x3f3f3f3f), -1);
	CHECK_EQ(errno, EACCES);
	CHECK_EQ(request_key("user", description, NULL, 0), -1);
	CHECK(!is_key_in_proc_keys(line, sizeof(line)), "%s", line);
}

static void try_as_another_user(void)
{
	long id = user_keyring_id();
	char buf[64];

	CHECK_EQ(setresuid(65534, 65534, 65534), 0);
	CHECK_EQ(user_keyring_id(), -1);
	CHECK_EQ(keyctl_read((key_serial_t)id, buf, sizeof(buf)), -1);
	CHECK_EQ(errno, EACCES);
}

TEST(keyring_key_is_closed_to_who_does_not_take_it)
{
	begin("closed");
	in_a_private_session(put_first);
	in_a_private_session(try_by_id);
	if (geteuid() == 0)
		in_a_private_session(try_as_another_user);
	in_a_private_session(drop);
}

static void look_at_attributes(void)
{
	char line[512] = "";

	CHECK_EQ(keyring_take(share, NULL, NULL, NULL), 0);
	CHECK(is_key_in_proc_keys(line, sizeof(line)));
	CHECK(strstr(line, " 3f000000 ") != NULL, "%s", line);
	CHECK(strstr(line, " perm ") == NULL, "without a lifetime: %s", line);
}

TEST(keyring_key_has_narrow_permissions_and_a_lifetime)
{
	begin("attributes");
	in_a_private_session(put_first);
	in_a_private_session(look_at_attributes);
	in_a_private_session(drop);
}

static void take_put_again_look(void)
{
	long old = user_keyring_id();
	cleanup_secret struct secret *key = NULL;
	char buf[64];

	CHECK_EQ(keyring_take(share, NULL, NULL, NULL), 0);
	in_a_private_session(put_second);
	CHECK(user_keyring_id() != old);
	CHECK_EQ(keyctl_read((key_serial_t)old, buf, sizeof(buf)), -1);
	CHECK_EQ(errno, EKEYREVOKED);
	CHECK_EQ(keyring_take(share, NULL, &key, NULL), 0);
	CHECK(key && key->len == 11 && memcmp(key->data, "another key", 11) == 0);
}

TEST(keyring_put_replaces_and_revokes_the_old_key)
{
	begin("replace");
	in_a_private_session(put_first);
	in_a_private_session(take_put_again_look);
	in_a_private_session(drop);
}

static void put_twice(void)
{
	put_first();
	put_first();
	put_second();
}

static void take_second(void)
{
	cleanup_secret struct secret *key = NULL;

	CHECK_EQ(keyring_take(share, NULL, &key, NULL), 0);
	CHECK(key && key->len == 11);
}

TEST(keyring_put_repeats_in_one_process)
{
	begin("repeat");
	in_a_private_session(put_twice);
	in_a_private_session(take_second);
	in_a_private_session(drop);
}

static void take_drop_use(void)
{
	cleanup_free char *found = NULL;

	CHECK_EQ(keyring_take(share, &found, NULL, NULL), 0);
	CHECK_EQ(keyring_drop(share, NULL), 1);
	CHECK_EQ(keyring_drop(share, NULL), 0);
	CHECK_EQ(user_keyring_id(), -1);
	CHECK_EQ(request_key("user", found, NULL, 0), -1);
	CHECK(errno == EKEYREVOKED || errno == ENOKEY, "errno %d", errno);
}

TEST(keyring_drop_revokes_for_everybody_and_repeats)
{
	begin("drop");
	in_a_private_session(put_first);
	in_a_private_session(take_drop_use);
}

static void expect_error(int code, const char *text, const char *remedy)
{
	struct err e = { 0 };

	CHECK_EQ(keyring_take(share, NULL, NULL, &e), -code, "%s", e.text);
	CHECK_EQ(e.code, code);
	CHECK(strstr(e.text, text) != NULL, "%s", e.text);
	CHECK(strstr(e.remedy, remedy) != NULL, "%s", e.remedy);
}

static void take_nothing(void)
{
	expect_error(ENOKEY, "there is no key 'sealmount:unit.", "journalctl -u sealmount-key@");
}

static void take_revoked(void)
{
	CHECK_EQ(keyring_take(share, NULL, NULL, NULL), 0);
	CHECK_EQ(keyctl_revoke((key_serial_t)user_keyring_id()), 0);
	expect_error(EKEYREVOKED, "revoked", "systemctl restart sealmount@");
	CHECK_EQ(keyring_drop(share, NULL), 0);
	put_second();
	take_second();
}

static void take_expired(void)
{
	key_serial_t id;

	CHECK_EQ(keyring_take(share, NULL, NULL, NULL), 0);
	id = (key_serial_t)user_keyring_id();
	CHECK_EQ(keyctl_set_timeout(id, 1), 0);
	for (int i = 0; i < 300 && keyctl_read(id, NULL, 0) >= 0; i++)
		(void)poll(NULL, 0, 10); /* the kernel's clock is what is waited for */
	expect_error(EKEYEXPIRED, "expired", "systemctl restart sealmount@");
	CHECK_EQ(keyring_drop(share, NULL), 0);
	CHECK_EQ(keyctl_unlink(id, KEY_SPEC_USER_KEYRING), 0);
}

static void take_closed(void)
{
	key_serial_t id = (key_serial_t)user_keyring_id();

	CHECK_EQ(keyring_take(share, NULL, NULL, NULL), 0);
	CHECK_EQ(keyctl_setperm(id, KEY_POS_VIEW | KEY_POS_SETATTR), 0);
	expect_error(EACCES, "does not let", "keyctl unlink ID @u");
	CHECK_EQ(keyring_drop(share, NULL), -EACCES);
	CHECK_EQ(keyctl_unlink(id, KEY_SPEC_USER_KEYRING), 0); /* as the remedy says */
}

TEST(keyring_take_says_what_is_wrong)
{
	begin("nothing");
	in_a_private_session(take_nothing);
	begin("revoked");
	in_a_private_session(put_first);
	in_a_private_session(take_revoked);
	in_a_private_session(drop);
	begin("expired");
	in_a_private_session(put_first);
	in_a_private_session(take_expired);
	begin("denied");
	in_a_private_session(put_first);
	in_a_private_session(take_closed);
}

static void put_odd_sizes(void)
{
	static char large[KEYRING_KEY_SIZE_MAX + 1];
	cleanup_secret struct secret *key = NULL;

	CHECK_EQ(put("", 0, NULL), -EINVAL);
	CHECK_EQ(put(large, sizeof(large), NULL), -EINVAL);
	CHECK_EQ(user_keyring_id(), -1);
	CHECK_EQ(put(large, sizeof(large) - 1, NULL), 0);
	CHECK_EQ(keyring_take(share, NULL, &key, NULL), 0);
	CHECK(key && key->len == KEYRING_KEY_SIZE_MAX);
	share[0] = '\0';
	CHECK_EQ(put("x", 1, NULL), -EINVAL);
}

TEST(keyring_key_size_is_bounded)
{
	begin("sizes");
	in_a_private_session(put_odd_sizes);
	in_a_private_session(drop);
}

TEST_MAIN
