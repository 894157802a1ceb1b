/* SPDX-License-Identifier: MIT */
/*
 * sealmount-crypt: opens and closes the volume in a share's image
 *
 * Started by sealmount-crypt@NAME.service as "attach --share=NAME" and "detach --share=NAME";
 * by hand, everything a share says can be given as options instead.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/opts.h"
#include "base/secret.h"
#include "crypt/settings.h"
#include "crypt/verbs.h"
#include "sd/notify.h"

static const char *arg_share;
static const char *arg_type;
static struct settings arg;

static const struct opt options[] = {
	{ "share", OPT_STRING, &arg_share, "NAME", "share whose unit this is" },
	{ "name", OPT_STRING, &arg.name, "NAME", "by hand: the mapping will be sealmount-NAME" },
	{ "image", OPT_STRING, &arg.image, "FILE", "by hand: image to open" },
	{ "key-file", OPT_STRING, &arg.key_file, "FILE", "raw key; default: the kernel keyring" },
	{ "cipher", OPT_STRING, &arg.cipher, "NAME",
	  "demand this cipher; default: aes-xts-plain64, or an authenticated one" },
	{ "type", OPT_STRING, &arg_type, "TYPE", "luks2 (default), or plain: dm-verity alone" },
	{ "root-hash", OPT_STRING, &arg.root_hash, "HEX", "dm-verity, with this root hash" },
	{ "hash", OPT_STRING, &arg.hash, "FILE", "file with the hash tree; default: the image" },
	{ "hash-offset", OPT_SIZE, &arg.hash_offset, "BYTES",
	  "where the tree's superblock begins, 0 by default" },
	{ "filesystem", OPT_STRING, &arg.filesystem, "TYPE",
	  "what the volume must hold; default: any filesystem" },
	{ "buffered", OPT_FLAG, &arg.may_buffer, NULL,
	  "go on where the image's filesystem has no direct I/O" },
};

static const struct opts_program program = {
	.name = "sealmount-crypt",
	.synopsis = "attach --share=NAME\n"
		    "attach --name=NAME --image=FILE [--key-file=FILE] [OPTIONS]\n"
		    "detach --share=NAME\n"
		    "check [--key-file=FILE] [--cipher=NAME] IMAGE",
	.purpose = "open, close and check the encrypted volume in an image",
	.details = "Example: sealmount-crypt check --key-file=key.bin models.img\n",
	.man = "sealmount-crypt(8)",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

static int usage(const char *text)
{
	struct err e = { 0 };

	(void)err_set(&e, EINVAL, "%s", text); /* returns what we know */
	return opts_usage_error(&program, &e);
}

static int fail(enum log_event_id event, int status, const struct err *e)
{
	notify_errno(e->code);
	log_event(event, e->remedy, NO_FIELDS, "%s", e->text);
	return status;
}

static int run_attach(int n_operands, char **operands)
{
	struct err e = { 0 };
	int r;

	if (n_operands)
		return usage("attach takes no operands");
	if (arg_share ? arg.name || arg.image : !arg.name || !arg.image)
		return usage("attach needs either --share, or --name and --image");
	if (arg_type && strcmp(arg_type, "luks2") != 0 && strcmp(arg_type, "plain") != 0)
		return usage("--type must be luks2 or plain");
	r = secret_process_setup(&e);
	if (r < 0)
		return fail(EV_CRYPT_FAILED, EXIT_FAILED, &e);
	log_context(arg_share ? arg_share : arg.name, "crypt");
	arg.is_plain = arg_type && strcmp(arg_type, "plain") == 0;
	r = arg_share ? settings_from_share(arg_share, &arg, &e) : settings_complete(&arg, &e);
	if (r < 0)
		return fail(EV_CRYPT_FAILED, r == -ENOENT ? EXIT_NOT_CONFIGURED : EXIT_FAILED, &e);
	r = verb_attach(&arg);
	log_context(NULL, "crypt"); /* the name belongs to the share */
	settings_done(&arg);
	return r;
}

static int run_detach(int n_operands, char **operands)
{
	if (!arg_share)
		arg_share = arg.name;
	if (n_operands || !arg_share)
		return usage("detach needs --share and no operands");
	if (!share_name_is_valid(arg_share))
		return usage("that is no name of a share");
	log_context(arg_share, "crypt");
	arg.name = arg_share;
	settings_names(arg_share, &arg);
	return verb_detach(&arg);
}

static int run_check(int n_operands, char **operands)
{
	struct err e = { 0 };

	if (n_operands != 1)
		return usage("check needs one image");
	/* A user may check an image of his own; only for root is unlocked memory an error. */
	if (arg.key_file && secret_process_setup(&e) < 0) {
		if (geteuid() == 0)
			return fail(EV_CRYPT_FAILED, EXIT_FAILED, &e);
		log_warning("The key may reach swap space: %s", e.text);
	}
	return verb_check(operands[0], arg.key_file, arg.cipher);
}

static const struct {
	const char *name;
	int (*run)(int n_operands, char **operands);
} verbs[] = { { "attach", run_attach }, { "detach", run_detach }, { "check", run_check } };

int main(int argc, char **argv)
{
	struct err e = { 0 };
	const char *verb = opts_take_verb(&argc, &argv);
	int first, r;

	log_setup_service(program.name);
	r = opts_parse(&program, argc, argv, &first, &e);
	if (r < 0)
		return opts_usage_error(&program, &e);
	if (r == OPTS_DONE)
		return EXIT_DONE;
	for (size_t i = 0; verb && i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i].name, verb) == 0)
			return verbs[i].run(argc - first, argv + first);
	return usage(verb ? "no such verb" : "say what to do: attach, detach or check");
}
