/* SPDX-License-Identifier: MIT */
/*
 * What reaches the service manager, and the journal's native socket: a private one, in a
 * mount namespace of this test (root only; the path is fixed in libsystemd).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/test.h"
#include "sd/notify.h"

#define JOURNAL_DIR    "/run/systemd/journal"
#define JOURNAL_SOCKET JOURNAL_DIR "/socket"

static char message[65536];

static int listen_at(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Next datagram as text, "" when there is none. */
static const char *receive(int fd)
{
	ssize_t n = recv(fd, message, sizeof(message) - 1, 0);

	message[n > 0 ? n : 0] = '\0';
	return message;
}

TEST(notify_messages_are_single_assignments)
{
	char dir[] = "/tmp/sealmount-notify-XXXXXX", path[64];
	int fd;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/s", dir);
	fd = listen_at(path);
	CHECK(fd >= 0);
	setenv("NOTIFY_SOCKET", path, 1);

	notify_status("attempt %d\nREADY=1\nMAINPID=%d", 3, 1);
	CHECK_STR(receive(fd), "STATUS=attempt 3?READY=1?MAINPID=1");
	notify_errno(-EACCES);
	CHECK_STR(receive(fd), "ERRNO=13");
	notify_ready();
	CHECK_STR(receive(fd), "READY=1");
	notify_ready();
	CHECK_STR(receive(fd), "");

	unsetenv("NOTIFY_SOCKET");
	notify_status("to nobody");
	CHECK_STR(receive(fd), "");
	close(fd);
	unlink(path);
	rmdir(dir);
}

/* Standard error goes to a file while @run runs; returns what is in it. */
static const char *stderr_of(void (*run)(void))
{
	char name[] = "/tmp/sealmount-stderr-XXXXXX";
	int saved = dup(STDERR_FILENO), fd = mkstemp(name);
	ssize_t n;

	unlink(name);
	dup2(fd, STDERR_FILENO);
	run();
	n = pread(fd, message, sizeof(message) - 1, 0);
	message[n > 0 ? n : 0] = '\0';
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd);
	return message;
}

static void log_something(void)
{
	log_setup_service("sealmount-test");
	log_context("models", "key");
	log_event(EV_KEY_FAILED, "do this", FIELDS("SEALMOUNT_PROVIDER", "file"), "it %s", "broke");
}

static void log_with_wrong_stream(void)
{
	setenv("JOURNAL_STREAM", "1:2", 1);
	log_something();
}

static void log_with_right_stream(void)
{
	struct stat st;
	char stream[64];

	fstat(STDERR_FILENO, &st);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_something();
}

static const char on_stderr[] = "sealmount-test: share 'models': it broke\n"
				"sealmount-test: remedy: do this\n";

TEST(log_goes_to_stderr_unless_it_is_the_journal)
{
	unsetenv("JOURNAL_STREAM");
	CHECK_STR(stderr_of(log_something), on_stderr);
	CHECK_STR(stderr_of(log_with_wrong_stream), on_stderr);
	unsetenv("JOURNAL_STREAM");
}

static int private_journal(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0)
		return -1;
	mkdir("/run/systemd", 0755);
	mkdir(JOURNAL_DIR, 0755);
	return listen_at(JOURNAL_SOCKET);
}

TEST(log_journal_record_has_all_fields)
{
	static const char *const lines[] = {
		"MESSAGE=share 'models': it broke. Remedy: do this\n",
		"PRIORITY=3\n",
		"SYSLOG_IDENTIFIER=sealmount-test\n",
		"MESSAGE_ID=662f3123237793ce0e3ade37d3670949\n",
		"SEALMOUNT_SHARE=models\n",
		"SEALMOUNT_STEP=key\n",
		"SEALMOUNT_REMEDY=do this\n",
		"SEALMOUNT_PROVIDER=file\n",
	};
	int fd = private_journal();

	if (fd < 0) {
		printf("# skipped: needs root for a journal of its own\n");
		return;
	}
	CHECK_STR(stderr_of(log_with_right_stream), "");
	receive(fd);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		CHECK(strstr(message, lines[i]) != NULL, "%s in %s", lines[i], message);
	CHECK(!strstr(message, "CODE_FILE"));
	close(fd);
	unsetenv("JOURNAL_STREAM");
}

TEST_MAIN
