/* SPDX-License-Identifier: MIT */
/*
 * sealmount-key: a share's key into the kernel keyring, and out of it
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/opts.h"
#include "base/secret.h"
#include "key/provider.h"
#include "keys/keyring.h"
#include "sd/notify.h"
#include "source/source.h"

static const char *arg_share, *arg_key_file;

static const struct opt options[] = {
	{ "share", OPT_STRING, &arg_share, "NAME", "the share whose key it is" },
	{ "key-file", OPT_STRING, &arg_key_file, "PATH",
	  "fetch: take this file, whatever the share's configuration says" },
};

static const struct opts_program program = {
	.name = "sealmount-key",
	.synopsis = "fetch --share=NAME\nfetch --share=NAME --key-file=PATH\ndrop --share=NAME",
	.purpose = "leave the key of a share in the kernel keyring, or remove it",
	.details = "The key is found there by sealmount-crypt(8) as 'sealmount:NAME', and stays "
		   "until the\n"
		   "volume is open, for 24 hours at most.\n",
	.man = "sealmount-key(8)",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

static int failed(const char *provider, const struct err *e)
{
	log_event(EV_KEY_FAILED, e->remedy, FIELDS("SEALMOUNT_PROVIDER", provider), "no key: %s",
		  e->text);
	notify_status("no key: %s", e->text);
	notify_errno(e->code);
	return EXIT_FAILED;
}

static bool is_signal_pending(const sigset_t *set)
{
	sigset_t pending;

	(void)sigpending(&pending); /* cannot fail with this argument */
	return sigandset(&pending, &pending, set) == 0 && !sigisemptyset(&pending);
}

/*
 * Whoever stops us must be able to tell whether there is a key: it is there if and only if we
 * exit with EXIT_DONE. So a signal either ends us before, or takes the key away again and
 * ends us then, or comes too late and is held.
 */
static int put_unless_stopped(const struct secret *key, struct err *e)
{
	sigset_t stops;
	int r;

	(void)sigemptyset(&stops); /* these cannot fail with these arguments */
	(void)sigaddset(&stops, SIGTERM);
	(void)sigaddset(&stops, SIGINT);
	(void)sigaddset(&stops, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &stops, NULL);
	r = keyring_put(arg_share, key, e);
	if (r < 0 || !is_signal_pending(&stops))
		return r;
	r = keyring_drop(arg_share, e);
	if (r < 0)
		return r;
	(void)sigprocmask(SIG_UNBLOCK, &stops, NULL); /* ends us, unless the signal is ignored */
	return err_set(e, ECANCELED, "stopped before the key was handed over");
}

/* A key that was written by "echo" ends in a newline, which then is part of it. */
static void hint_at_newline(const struct secret *key)
{
	if (key->data[key->len - 1] == '\n')
		log_notice("the key's last byte is a newline, which is part of the key; if that is "
			   "not meant, write the file with printf instead of echo");
}

static int put(const char *provider, const struct secret *key, struct err *e)
{
	char size[24];

	if (put_unless_stopped(key, e) < 0)
		return failed(provider, e);
	hint_at_newline(key);
	(void)snprintf(size, sizeof(size), "%zu", key->len); /* it fits */
	log_event(EV_KEY_READY, NULL,
		  FIELDS("SEALMOUNT_PROVIDER", provider, "SEALMOUNT_KEY_SIZE", size),
		  "key of %zu bytes from provider '%s' is in the kernel keyring", key->len,
		  provider);
	notify_status("key from provider '%s' handed over", provider);
	return EXIT_DONE;
}

static int fetch_from_provider(const struct share *share, struct err *e)
{
	const char *name = share_provider_names[share->key.provider];
	cleanup_secret struct secret *key = NULL;
	const struct provider *p;

	if (share->key.provider == SHARE_PROVIDER_NONE) {
		log_info("this share needs no key");
		return EXIT_DONE;
	}
	p = provider_find(share->key.provider, e);
	if (!p)
		return failed(name, e);
	if (p->warning)
		log_event(EV_KEY_RAW_USED, p->remedy, FIELDS("SEALMOUNT_PROVIDER", name), "%s",
			  p->warning);
	notify_status("asking provider '%s'", name);
	if (p->fetch(share, &key, e) < 0)
		return failed(name, e);
	return put(name, key, e);
}

static int fetch_by_hand(struct err *e)
{
	cleanup_secret struct secret *key = NULL;

	if (provider_file_read(arg_key_file, &key, e) < 0)
		return failed("file", e);
	return put("file", key, e);
}

static int fetch(struct err *e)
{
	struct share *share = NULL;
	int r;

	if (secret_process_setup(e) < 0)
		return failed("none", e);
	if (arg_key_file)
		return fetch_by_hand(e);
	r = source_load_unit_share(arg_share, &share, e);
	if (r < 0) {
		(void)failed("none", e);
		return r == -ENOENT ? EXIT_NOT_CONFIGURED : EXIT_FAILED;
	}
	r = fetch_from_provider(share, e);
	share_free(share);
	return r;
}

static int drop(struct err *e)
{
	int r = keyring_drop(arg_share, e);

	if (r < 0) {
		log_event(EV_KEY_FAILED, e->remedy, NO_FIELDS, "key not removed: %s", e->text);
		return EXIT_FAILED;
	}
	if (r > 0)
		log_event(EV_KEY_DROPPED, NULL, NO_FIELDS, "key removed from the kernel keyring");
	return EXIT_DONE;
}

static const struct {
	const char *name;
	int (*run)(struct err *e);
} verbs[] = {
	{ "fetch", fetch },
	{ "drop", drop },
};

int main(int argc, char **argv)
{
	const char *word = opts_take_verb(&argc, &argv);
	int (*verb)(struct err * e) = NULL;
	struct err e = { 0 };
	int r, first = 0;

	r = opts_parse(&program, argc, argv, &first, &e);
	if (r == OPTS_DONE)
		return EXIT_DONE;
	for (size_t i = 0; word && i < ARRAY_SIZE(verbs); i++)
		if (strcmp(word, verbs[i].name) == 0)
			verb = verbs[i].run;
	if (r >= 0 && !verb)
		r = err_set(&e, EINVAL, "the first word is 'fetch' or 'drop'");
	else if (r >= 0 && (!arg_share || first != argc))
		r = err_set(&e, EINVAL, "--share=NAME is needed, and nothing else");
	else if (r >= 0 && !share_name_is_valid(arg_share))
		r = err_set(&e, EINVAL, "--share: '%s' is not a share's name", arg_share);
	else if (r >= 0 && arg_key_file && verb == drop)
		r = err_set(&e, EINVAL, "--key-file is for 'fetch'");
	if (r < 0)
		return opts_usage_error(&program, &e);
	log_setup_service(program.name);
	log_context(arg_share, "key");
	return verb(&e);
}
