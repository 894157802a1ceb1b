/* SPDX-License-Identifier: MIT */
/*
 * traced: run a program and look at it, or stop it, at an exact point
 *
 *   traced secret FILE PROGRAM [ARGUMENT...]
 *	At the program's exit, search all of its memory, its command line and its environment
 *	for the bytes of FILE, as they are and as hexadecimal digits, and see that it could not
 *	have left a core dump. Prints each find. Status 99 if there is one.
 *
 *   traced signal N PROGRAM [ARGUMENT...]
 *	Send SIGTERM before its Nth system call. Status 98 if it made fewer.
 *
 * Otherwise the program's status, or 128 and the number of the signal that ended it. Not for
 * programs with sanitizers: those keep what was freed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECRET_MAX	4096
#define CHUNK		(1 << 20) /* bytes read at once */
#define STATUS_FOUND	99
#define STATUS_NO_CALL	98
#define STATUS_NO_TRACE 97

struct pattern {
	const char *name;
	unsigned char data[2 * SECRET_MAX];
	size_t len;
};

static struct pattern patterns[3] = { { "bytes" }, { "hex" }, { "HEX" } };
static bool is_found;

static void die(const char *what)
{
	perror(what);
	exit(STATUS_NO_TRACE);
}

static void load_patterns(const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f)
		die(path);
	patterns[0].len = fread(patterns[0].data, 1, SECRET_MAX, f);
	fclose(f);
	if (patterns[0].len < 8)
		die("too short to search for");
	for (size_t i = 0; i < patterns[0].len; i++) {
		char hex[3];

		for (int upper = 0; upper < 2; upper++) {
			snprintf(hex, sizeof(hex), upper ? "%02X" : "%02x", patterns[0].data[i]);
			memcpy(patterns[1 + upper].data + 2 * i, hex, 2);
			patterns[1 + upper].len = 2 * patterns[0].len;
		}
	}
}

static void search(const unsigned char *data, size_t len, const char *where)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		/* half of it is a leak, too */
		size_t n = patterns[i].len / 2;

		if (memmem(data, len, patterns[i].data, n) ||
		    memmem(data, len, patterns[i].data + patterns[i].len - n, n)) {
			printf("found as %s in %s\n", patterns[i].name, where);
			is_found = true;
		}
	}
}

static void search_mapping(int mem, uint64_t start, uint64_t end, const char *line)
{
	static unsigned char buf[CHUNK + sizeof(patterns[0].data)];
	const size_t overlap = sizeof(patterns[0].data);

	while (start < end) {
		size_t want = end - start < sizeof(buf) ? (size_t)(end - start) : sizeof(buf);
		ssize_t n = pread(mem, buf, want, (off_t)start);

		if (n <= 0)
			return; /* guard pages, [vvar] */
		search(buf, (size_t)n, line);
		start += (size_t)n > overlap ? (size_t)n - overlap : (size_t)n;
		if ((size_t)n == want && start + overlap >= end)
			return;
	}
}

static void search_memory(pid_t pid)
{
	char path[64], line[512];
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	if (mem < 0 || !maps)
		die(path);
	while (fgets(line, sizeof(line), maps)) {
		uint64_t start, end;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%lx-%lx", &start, &end) == 2)
			search_mapping(mem, start, end, line);
	}
	fclose(maps);
	close(mem);
}

static void search_file(pid_t pid, const char *name)
{
	static unsigned char buf[CHUNK];
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	f = fopen(path, "re");
	if (!f)
		die(path);
	search(buf, fread(buf, 1, sizeof(buf), f), path);
	fclose(f);
}

static void look_for_core(pid_t pid)
{
	char path[64], line[256];
	bool is_off = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/limits", pid);
	f = fopen(path, "re");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f)) {
		char soft[32], hard[32];

		if (sscanf(line, "Max core file size %31s %31s", soft, hard) == 2)
			is_off = strcmp(soft, "0") == 0 && strcmp(hard, "0") == 0;
	}
	fclose(f);
	if (!is_off) {
		printf("core dumps are not switched off\n");
		is_found = true;
	}
}

static pid_t start(char **argv, long options)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execv(argv[0], argv);
		die(argv[0]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL | options) < 0)
		die("trace");
	return pid;
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_secret(const char *secret, char **argv)
{
	int status = 0, pass = 0;
	pid_t pid;

	load_patterns(secret);
	pid = start(argv, PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC);
	while (ptrace(PTRACE_CONT, pid, NULL, pass) == 0 && waitpid(pid, &status, 0) == pid &&
	       WIFSTOPPED(status)) {
		pass = 0;
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
			search_memory(pid);
			search_file(pid, "cmdline");
			search_file(pid, "environ");
			look_for_core(pid);
		} else if (status >> 16 == 0) {
			pass = WSTOPSIG(status);
		}
	}
	return is_found ? STATUS_FOUND : status_of(status);
}

static int run_signal(unsigned long at, char **argv)
{
	unsigned long n_stops = 0;
	int status = 0, pass = 0;
	bool is_sent = false;
	pid_t pid;

	pid = start(argv, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC);
	while (ptrace(PTRACE_SYSCALL, pid, NULL, pass) == 0 && waitpid(pid, &status, 0) == pid &&
	       WIFSTOPPED(status)) {
		pass = 0;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			/* entry and exit of a call are a stop each */
			if (++n_stops == 2 * at - 1) {
				kill(pid, SIGTERM);
				is_sent = true;
			}
		} else if (status >> 16 == 0) {
			pass = WSTOPSIG(status);
		}
	}
	return is_sent ? status_of(status) : STATUS_NO_CALL;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 3 && strcmp(argv[1], "secret") == 0)
		return run_secret(argv[2], argv + 3);
	if (argc > 3 && strcmp(argv[1], "signal") == 0)
		return run_signal(strtoul(argv[2], NULL, 10), argv + 3);
	fprintf(stderr, "traced: secret FILE PROGRAM ..., or signal N PROGRAM ...\n");
	return STATUS_NO_TRACE;
}
