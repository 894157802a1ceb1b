/* SPDX-License-Identifier: MIT */
/*
 * sealmount-blob: one remote blob as one local file
 *
 * Life: look at the blob until it answers, mount, say READY, serve until the last user
 * has left. Served by threads of core, fs and transport; this one waits for signals,
 * logs, and ends the program in order.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/opts.h"
#include "blob/arena.h"
#include "blob/azure.h"
#include "blob/config.h"
#include "blob/core.h"
#include "blob/fs.h"
#include "blob/origin.h"
#include "blob/status.h"
#include "blob/transport-http.h"
#include "conf/share.h"
#include "net/http.h"
#include "sd/notify.h"

#define EXPIRY_WARN_SEC (24 * 3600)

static struct config_options arg_config;
static const char *arg_ca_file;
static uint64_t arg_cache_size;
static uint64_t arg_connections = TRANSPORT_HTTP_PARALLEL_DEFAULT;
static bool arg_foreground;

static const struct opt options[] = {
	{ "share", OPT_STRING, &arg_config.share, "NAME",
	  "serve this share; for its unit, instead of URL and DIR" },
	{ "sas-file", OPT_STRING, &arg_config.sas_file, "FILE",
	  "shared access signature of URL; mode 600" },
	{ "hash-url", OPT_STRING, &arg_config.hash_url, "URL",
	  "blob with the dm-verity hash tree, shown as 'hash'" },
	{ "hash-sas-file", OPT_STRING, &arg_config.hash_sas_file, "FILE",
	  "shared access signature of the hash URL" },
	{ "cache-size", OPT_SIZE, &arg_cache_size, "SIZE",
	  "memory for blob data, 4M or more; default: a 16th of RAM, 64M to 256M" },
	{ "connections", OPT_U64, &arg_connections, "N", "requests at once, 1 to 64; default 16" },
	{ "ca-file", OPT_STRING, &arg_ca_file, "FILE",
	  "PEM certificates to trust instead of the system's" },
	{ "foreground", OPT_FLAG, &arg_foreground, NULL, "does not detach; the only mode" },
};

static const struct opts_program program = {
	.name = "sealmount-blob",
	.synopsis = "[OPTIONS] URL DIR\n--share=NAME [--cache-size=SIZE] [--connections=N]",
	.purpose = "one remote blob as one local file, DIR/image",
	.details = "URL is http, https or file, or an absolute path. Runs until DIR is unmounted\n"
		   "or SIGTERM arrives, and its last user has left.\n",
	.man = "sealmount-blob(8)",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

struct server {
	struct config *config;
	struct arena *arena;
	struct status *status;
	struct core *core;
	struct core_file *files[CORE_FILES_MAX];
	const char *origin; /* of the image */
	unsigned n_files;
	struct fs *fs;
	int signal_fd, status_fd, gone_fd;
	bool is_dir_made;
};

enum { POLL_SIGNAL, POLL_STATUS, POLL_GONE, POLL_COUNT };

static int parse_arguments(int argc, char **argv, struct err *e)
{
	int first, r = opts_parse(&program, argc, argv, &first, e);

	if (r != OPTS_RUN)
		return r;
	if (arg_connections < 1 || arg_connections > TRANSPORT_HTTP_PARALLEL_MAX)
		return err_set(e, EINVAL, "--connections: 1 to %d", TRANSPORT_HTTP_PARALLEL_MAX);
	if (arg_cache_size && (arg_cache_size < ARENA_SIZE_MIN || arg_cache_size > ARENA_SIZE_MAX))
		return err_set(e, EINVAL, "--cache-size: 4M to 1T");
	if (arg_config.share) {
		if (argc > first || arg_config.sas_file || arg_config.hash_url ||
		    arg_config.hash_sas_file)
			return err_set(e, EINVAL, "--share takes its URLs from the configuration");
		return OPTS_RUN;
	}
	if (argc - first != 2)
		return err_set(e, EINVAL, "wants a URL and a directory");
	arg_config.url = argv[first];
	arg_config.dir = argv[first + 1];
	return OPTS_RUN;
}

/* Before any thread: they inherit all of it. */
static int setup_process(struct server *s, struct err *e)
{
	sigset_t set;
	int r = secret_process_setup(e);

	if (r < 0)
		return r;
	if (prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0) < 0)
		log_warning("Cannot become an I/O flusher, which memory reclaim may one day wait "
			    "for: %m");
	(void)sigemptyset(&set); /* valid signals: none of these fails */
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd < 0)
		return err_errno(e, errno, "wait for signals");
	return http_init(e);
}

static int add_file(struct server *s, const char *name, const char *url, const struct secret *sas,
		    struct err *e)
{
	struct origin_config config = {
		.url = url,
		.sas = sas,
		.ca_file = arg_ca_file,
		.n_parallel = (unsigned)arg_connections,
	};
	struct transport *t;
	int r = origin_open(&config, &t, e);

	if (r < 0)
		return r;
	if (!s->origin)
		s->origin = t->origin;
	s->files[s->n_files] = core_add(s->core, name, t);
	if (!s->files[s->n_files]) {
		t->ops->free(t);
		return err_errno(e, ENOMEM, "serve '%s'", name);
	}
	s->n_files++;
	return 0;
}

static int open_blobs(struct server *s, struct err *e)
{
	struct core_events events = { .report = status_report };
	int r = arena_new(arg_cache_size ? arg_cache_size : arena_default_size(), &s->arena, e);

	if (r == 0)
		r = status_new(&s->status, &s->status_fd, e);
	events.user = s->status;
	if (r == 0)
		r = core_new(s->arena, &events, &s->core, e);
	if (r == 0)
		r = add_file(s, "image", s->config->url, s->config->sas, e);
	if (r == 0 && s->config->hash_url)
		r = add_file(s, "hash", s->config->hash_url, s->config->hash_sas, e);
	return r;
}

/* The signal that asks to end, or 0. */
static int take_signal(struct server *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGHUP) /* nothing to read again */
			return (int)info.ssi_signo;
	return 0;
}

/* Waits for any of the descriptors; returns the signal that asks to end, or 0. */
static int wait_for_news(struct server *s, bool *ret_is_gone)
{
	struct pollfd fds[POLL_COUNT] = {
		[POLL_SIGNAL] = { .fd = s->signal_fd, .events = POLLIN },
		[POLL_STATUS] = { .fd = s->status_fd, .events = POLLIN },
		[POLL_GONE] = { .fd = s->gone_fd, .events = POLLIN },
	};
	int timeout = status_work(s->status);

	(void)poll(fds, POLL_COUNT, timeout); /* woken early: look */
	*ret_is_gone = fds[POLL_GONE].revents & POLLIN;
	return take_signal(s);
}

/* Return: 1 all open, 0 asked to end, or negative: one can never be opened */
static int wait_until_open(struct server *s, struct err *e)
{
	for (;;) {
		unsigned n_open = 0;
		bool is_gone;

		for (unsigned i = 0; i < s->n_files; i++) {
			enum core_state state = core_file_state(s->files[i], NULL, e);

			if (state == CORE_FAILED || state == CORE_CHANGED)
				return -(e->code ? e->code : EIO);
			n_open += state == CORE_OPEN;
		}
		if (n_open == s->n_files)
			return 1;
		if (wait_for_news(s, &is_gone))
			return 0;
	}
}

/* The share's own directory, or one that a person has made. */
static int prepare_dir(struct server *s, struct err *e)
{
	int r = fs_detach_dead(s->config->dir, e);

	if (r > 0)
		log_notice("Removed %d dead mount%s at %s", r, r > 1 ? "s" : "", s->config->dir);
	if (r < 0 || !s->config->is_dir_ours)
		return r;
	(void)mkdir(SHARE_RUN_DIR, 0755); /* both are there already when systemd-tmpfiles has run */
	(void)mkdir(CONFIG_DIR, 0755);
	if (mkdir(s->config->dir, 0700) == 0)
		s->is_dir_made = true;
	else if (errno != EEXIST)
		return err_errno(e, errno, "make directory '%s'", s->config->dir);
	return 0;
}

/* A share lives for months, a SAS rarely does. */
static void warn_of_expiry(const struct secret *sas, const char *name)
{
	time_t expiry = sas ? azure_sas_expiry((const char *)sas->data) : 0, now = time(NULL);
	char text[32];

	if (expiry)
		log_plain(
			expiry < now + EXPIRY_WARN_SEC ? LOG_WARNING : LOG_INFO,
			"The SAS of '%s' expires at %s; reads wait from then on until the share is "
			"started with a new one",
			name, azure_time_text(expiry, text));
}

static void report_ready(struct server *s, uint64_t image_size)
{
	char size[32];

	notify_ready();
	status_set_ready(s->status, image_size, s->origin);
	log_event(EV_BLOB_READY, NULL, FIELDS("SEALMOUNT_ORIGIN", s->origin),
		  "Serving %s from %s at %s", status_size_text(image_size, size), s->origin,
		  s->config->dir);
	warn_of_expiry(s->config->sas, "image");
	warn_of_expiry(s->config->hash_sas, "hash");
}

static int mount_files(struct server *s, struct err *e)
{
	static const char *const names[CORE_FILES_MAX] = { "image", "hash" };
	struct fs_file files[CORE_FILES_MAX];
	int r = prepare_dir(s, e);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < s->n_files; i++) {
		files[i] = (struct fs_file){ .name = names[i], .core_file = s->files[i] };
		(void)core_file_state(s->files[i], &files[i].size, NULL); /* it is open */
	}
	r = fs_mount(files, s->n_files, s->config->dir, &s->fs, e);
	if (r < 0)
		return r;
	r = fs_start(s->fs, &s->gone_fd, e);
	if (r < 0) {
		fs_detach(s->fs);
		return r;
	}
	report_ready(s, files[0].size);
	return 0;
}

/*
 * Until nobody has it mounted or open. The first signal takes the mount out of sight
 * (under systemd PID 1 has unmounted before it sends one), the second gives up.
 */
static void serve(struct server *s)
{
	unsigned n_signals = 0;
	bool is_gone = false;

	for (;;) {
		int signal_number = wait_for_news(s, &is_gone);

		if (is_gone)
			return;
		if (!signal_number)
			continue;
		if (++n_signals > 1) {
			log_warning("Giving up although %s is in use", s->config->dir);
			_exit(EXIT_FAILED);
		}
		fs_detach(s->fs);
	}
}

static void report_end(struct server *s)
{
	struct core_counters n;
	char fetched[32], read[32];

	core_counters_get(s->core, &n);
	log_event(EV_BLOB_STOPPED, NULL, FIELDS("SEALMOUNT_ORIGIN", s->origin),
		  "No longer serving %s: %s read, %s fetched in %llu requests, %llu repeated",
		  s->origin, status_size_text(n.read_bytes, read),
		  status_size_text(n.fetched_bytes, fetched), (unsigned long long)n.n_fetches,
		  (unsigned long long)n.n_retries);
}

static int run(struct server *s, struct err *e)
{
	int r = open_blobs(s, e);

	if (r == 0)
		r = wait_until_open(s, e);
	if (r <= 0)
		return r;
	r = mount_files(s, e);
	if (r < 0)
		return r;
	serve(s);
	report_end(s);
	return 0;
}

static void release(struct server *s)
{
	if (s->fs)
		fs_join(s->fs);
	core_free(s->core);
	fs_free(s->fs);
	status_free(s->status);
	arena_free(s->arena);
	if (s->is_dir_made)
		(void)rmdir(s->config->dir); /* not empty or gone: not ours any more */
	config_free(s->config);
}

int main(int argc, char **argv)
{
	struct server server = { .signal_fd = -1, .status_fd = -1, .gone_fd = -1 };
	struct err e = { 0 };
	int r = parse_arguments(argc, argv, &e);

	if (r == OPTS_DONE)
		return EXIT_DONE;
	if (r < 0)
		return opts_usage_error(&program, &e);
	log_setup_service("sealmount-blob");
	log_context(arg_config.share, "blob");
	r = setup_process(&server, &e);
	if (r == 0)
		r = config_load(&arg_config, &server.config, &e);
	if (r == 0)
		r = run(&server, &e);
	if (r < 0) {
		log_event(EV_BLOB_FAILED, e.remedy, NO_FIELDS, "Cannot serve blob: %s", e.text);
		notify_errno(-r);
		_exit(EXIT_FAILED); /* threads may wait for what will not come */
	}
	release(&server);
	return EXIT_DONE;
}
