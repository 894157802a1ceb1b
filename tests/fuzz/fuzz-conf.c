/* SPDX-License-Identifier: MIT */
/*
 * fuzz-conf: any bytes as a configuration, a unit's share, a trust file, a command line
 *
 * Beyond not crashing: usable shares read back equal from their canonical text, without
 * secrets too; after a merge names are valid and no two are equal; a share is broken
 * when an error is about it; findings are one printable line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "source/source-cmdline.h"

#define SHARES_COMPARED 64 /* comparing each with each must not take all the time */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                         \
	do {                                                                    \
		if (!(condition)) {                                             \
			fprintf(stderr, "runtime error: not %s\n", #condition); \
			abort();                                                \
		}                                                               \
	} while (0)

static struct conf *parse(const char *text, size_t len)
{
	struct conf *c = NULL;

	MUST(conf_parse(text, len, &c, NULL) == 0);
	return c;
}

static void check_finding(const struct conf *c, const struct finding *f)
{
	char *text = finding_format(f);

	MUST(text && f->path && f->rule);
	for (const char *p = text; *p; p++)
		MUST((unsigned char)*p >= ' ' && *p != 0x7f);
	if (f->level == FINDING_ERROR)
		MUST(f->share < 0 ? c->is_unusable : c->shares[f->share]->is_broken);
	free(text);
}

/* Equal but for what a unit does not have. */
static void check_unit(struct share *s)
{
	struct share *unit = NULL;
	char *text, *again;

	s->origin.kind = SHARE_ORIGIN_FILE;
	s->origin.path = strdup("/etc/sealmount/config.json");
	text = conf_print_share(s, false);
	MUST(conf_parse_unit(text, strlen(text), &unit, NULL) == 0);
	again = conf_print_share(unit, false);
	MUST(strcmp(text, again) == 0);
	free(text);
	free(again);
	share_free(unit);
}

static void check_share(struct share *s)
{
	char digest[SHA256_HEX_SIZE], *first = conf_print_share(s, true), *second;
	struct conf *c = parse(first, strlen(first));
	struct share *copy = c->shares[0];

	MUST(s->mount_point && s->source.url && s->filesystem.type);
	MUST(c->form == CONF_FORM_SHARE && c->n_shares == 1);
	if (!copy->is_broken) { /* a placeholder, or upstream's laxness, is none of ours */
		second = conf_print_share(copy, true);
		MUST(strcmp(first, second) == 0);
		free(second);
	}
	MUST(conf_share_digest(s, s->origin.digest) == 0);
	s->name_is_given = true;
	MUST(conf_share_digest(s, digest) == 0);
	conf_free(c);
	free(first);
	check_unit(s);
}

static void check_names(const struct conf *c)
{
	for (size_t i = 0; i < c->n_shares; i++) {
		MUST(c->shares[i]->name && share_name_is_valid(c->shares[i]->name));
		for (size_t k = 0; k < i && i < SHARES_COMPARED; k++)
			MUST(strcmp(c->shares[i]->name, c->shares[k]->name) != 0);
	}
}

static void fuzz_conf(const char *text, size_t len)
{
	struct conf *confs[2] = { parse(text, len), parse(text, len) };
	struct conf *c = confs[0];

	for (size_t i = 0; i < confs[1]->n_shares; i++)
		confs[1]->shares[i]->origin.kind = SHARE_ORIGIN_COMMAND_LINE;
	MUST(conf_merge(confs, 2, NULL) == 0);
	for (size_t i = 0; i < c->n_findings; i++)
		check_finding(c, &c->findings[i]);
	for (size_t i = 0; i < confs[1]->n_findings; i++)
		MUST(confs[1]->findings[i].share < (int)confs[1]->n_shares);
	check_names(c);
	check_names(confs[1]);
	for (size_t i = 0; i < c->n_shares; i++)
		if (!c->shares[i]->is_broken)
			check_share(c->shares[i]);
	conf_free(c);
	conf_free(confs[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct cmdline cmdline = { 0 };
	struct share *unit = NULL;
	struct err e = { 0 };
	unsigned origins;

	fuzz_conf(text, size);
	if (conf_parse_unit(text, size, &unit, &e) == 0)
		share_free(unit);
	if (conf_parse_trust(text, size, &origins, &e) == 0)
		MUST(origins < 1u << 3);
	MUST(cmdline_parse(text, size, &cmdline, &e) == 0);
	cmdline_done(&cmdline);
	return 0;
}
