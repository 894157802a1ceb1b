/* SPDX-License-Identifier: MIT */
/*
 * verb-check: is this configuration right, and what would come of it?
 *
 * One file, or all that this machine has. Everything that is wrong is shown at once; no
 * secret ever is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/opts.h"
#include "ctl/input.h"
#include "ctl/json-out.h"
#include "ctl/verb.h"
#include "source/source.h"

static bool arg_json;
static const char *arg_root = "/";

static const struct opt options[] = {
	{ "root", OPT_STRING, &arg_root, "DIR", "look for the machine's files below DIR" },
	{ "json", OPT_FLAG, &arg_json, NULL, "print JSON" },
};

static const struct opts_program program = {
	.name = "sealmountctl check",
	.synopsis = "[--root=DIR] [--json] [FILE|-]",
	.purpose = "show every mistake of a configuration, and its shares.",
	.details = "Without FILE, everything that this machine is configured with is checked.\n",
	.man = "sealmountctl(8)",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

/* "/etc/sealmount/config.json", "credential", ... */
static const char *source_name(const struct source *s)
{
	return s->path ? s->path : share_origin_names[s->kind];
}

static bool source_is_good(const struct source *s)
{
	if (!s->conf)
		return false;
	for (size_t i = 0; i < s->conf->n_findings; i++)
		if (s->conf->findings[i].level == FINDING_ERROR)
			return false;
	for (size_t i = 0; i < s->conf->n_shares; i++)
		if (s->conf->shares[i]->is_broken)
			return false;
	return !s->conf->is_unusable;
}

static void print_text(const char *text)
{
	/* names of files are the only text here that finding_format() did not clean */
	for (; *text; text++)
		putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}

static void print_share(const struct share *s)
{
	printf("share %s: ", s->name);
	print_text(s->mount_point);
	printf(", key %s, %s, %s%s%s\n", share_provider_names[s->key.provider],
	       share_volume_names[s->volume.type], s->filesystem.type,
	       s->boot.is_required ? ", required" : "",
	       s->boot.is_automatic ? "" : ", not at boot");
}

static void print_source(const struct source *s)
{
	print_text(source_name(s));
	if (!s->conf) {
		printf(": refused\nerror: ");
		print_text(s->refused);
		printf(". Remedy: ");
		print_text(s->remedy);
		puts(".");
		return;
	}
	printf(": form %s%s\n", conf_form_names[s->conf->form],
	       s->conf->was_base64 ? ", base64" : "");
	for (size_t i = 0; i < s->conf->n_findings; i++) {
		cleanup_free char *line = finding_format(&s->conf->findings[i]);

		if (line)
			puts(line);
	}
	if (s->conf->n_findings_dropped > 0)
		printf("and %zu more\n", s->conf->n_findings_dropped);
	for (size_t i = 0; i < s->conf->n_shares; i++)
		if (!s->conf->shares[i]->is_broken)
			print_share(s->conf->shares[i]);
}

static void print_json_conf(const struct conf *c)
{
	json_text("form", conf_form_names[c->form]);
	json_bool("base64", c->was_base64);
	json_open("findings", '[');
	for (size_t i = 0; i < c->n_findings; i++) {
		const struct finding *f = &c->findings[i];

		json_open(NULL, '{');
		json_text("level", f->level == FINDING_ERROR ? "error" : "warning");
		json_number("share", f->share);
		json_text("path", f->path);
		json_text("value", f->value);
		json_text("rule", f->rule);
		json_text("remedy", f->remedy);
		if (f->line > 0) {
			json_number("line", f->line);
			json_number("column", f->column);
		}
		json_close('}');
	}
	json_close(']');
	json_number("findings_not_listed", (long long)c->n_findings_dropped);
	json_open("shares", '[');
	for (size_t i = 0; i < c->n_shares; i++) {
		json_open(NULL, '{');
		json_text("name", c->shares[i]->name);
		json_text("mount_point", c->shares[i]->mount_point);
		json_bool("usable", !c->shares[i]->is_broken);
		json_close('}');
	}
	json_close(']');
}

static void print_json(const struct source *sources, size_t n, bool is_good, bool is_off)
{
	json_open(NULL, '{');
	json_bool("valid", is_good);
	json_bool("switched_off", is_off);
	json_open("sources", '[');
	for (size_t i = 0; i < n; i++) {
		json_open(NULL, '{');
		json_text("kind", share_origin_names[sources[i].kind]);
		json_text("path", sources[i].path);
		json_text("refused", sources[i].refused);
		json_text("remedy", sources[i].remedy);
		if (sources[i].conf)
			print_json_conf(sources[i].conf);
		json_close('}');
	}
	json_close(']');
	json_close('}');
}

static int show(const struct source *sources, size_t n, bool is_off)
{
	bool is_good = true;

	for (size_t i = 0; i < n; i++)
		is_good = source_is_good(&sources[i]) && is_good;
	if (arg_json)
		print_json(sources, n, is_good, is_off);
	for (size_t i = 0; i < n && !arg_json; i++)
		print_source(&sources[i]);
	return is_good ? EXIT_DONE : EXIT_FAILED;
}

static int failed(const struct err *e)
{
	fprintf(stderr, "sealmountctl: %s\n", e->text);
	return EXIT_FAILED;
}

static int check_file(const char *path)
{
	cleanup_input struct input in = { 0 };
	struct source s = { .kind = SHARE_ORIGIN_FILE };
	struct err e = { 0 };
	int r = input_read(path, &in, &e);

	if (r == 0)
		r = conf_parse(in.text, in.len, &s.conf, &e);
	if (r == 0)
		r = conf_merge(&s.conf, 1, &e);
	if (r == 0) {
		s.path = (char *)(strcmp(path, "-") == 0 ? "standard input" : path);
		r = show(&s, 1, false);
	}
	conf_free(s.conf);
	return r < 0 ? failed(&e) : r;
}

static int check_machine(void)
{
	cleanup_fd int root_fd = open(arg_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct source_set *set = NULL;
	struct err e = { 0 };
	int r = root_fd < 0 ? err_errno(&e, errno, "open '%s'", arg_root)
			    : source_load(root_fd, &set, &e);

	if (r < 0)
		return failed(&e);
	r = show(set->sources, set->n_sources, set->is_switched_off);
	if (!arg_json && set->is_switched_off)
		puts("sealmount is switched off on the kernel command line");
	else if (!arg_json && set->n_sources == 0)
		puts("nothing is configured; see sealmount.conf(5)");
	if (set->n_sources == 0 && !set->is_switched_off)
		r = EXIT_NOT_CONFIGURED;
	source_set_free(set);
	return r;
}

int verb_check(int argc, char **argv)
{
	struct err e = { 0 };
	int first, r = opts_parse(&program, argc, argv, &first, &e);

	if (r == OPTS_DONE)
		return EXIT_DONE;
	if (r == OPTS_RUN && argc - first > 1)
		r = err_set(&e, EINVAL, "one file at a time");
	if (r < 0)
		return opts_usage_error(&program, &e);
	r = first < argc ? check_file(argv[first]) : check_machine();
	return fflush(stdout) == 0 ? r : EXIT_FAILED;
}
