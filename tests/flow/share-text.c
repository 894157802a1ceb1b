/* SPDX-License-Identifier: MIT */
/*
 * share-text: what the generator would hand to the units of a configuration
 *
 *   share-text FILE
 *
 * Prints the text of SetCredential=sealmount.share of each share, one a line.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "conf/conf.h"

static int print(struct share *s, const char *path)
{
	cleanup_free char *text = NULL;

	s->origin.kind = SHARE_ORIGIN_FILE;
	free(s->origin.path);
	s->origin.path = strdup(path);
	if (!s->origin.path || conf_share_digest(s, s->origin.digest) < 0)
		return 1;
	text = conf_print_share(s, false);
	return !text || puts(text) < 0;
}

int main(int argc, char **argv)
{
	struct conf *conf = NULL;
	char *text = NULL;
	struct err e = { 0 };
	size_t len = 0;
	int r = 0;

	if (argc != 2 || io_read_file(AT_FDCWD, argv[1], CONF_TEXT_MAX, &text, &len, &e) < 0 ||
	    conf_parse(text, len, &conf, &e) < 0 || conf_merge(&conf, 1, &e) < 0) {
		fprintf(stderr, "share-text: %s\n", e.text);
		return 1;
	}
	for (size_t i = 0; i < conf->n_findings; i++) {
		cleanup_free char *finding = finding_format(&conf->findings[i]);

		fprintf(stderr, "share-text: %s\n", finding ? finding : "");
	}
	for (size_t i = 0; i < conf->n_shares; i++)
		r |= print(conf->shares[i], argv[1]);
	conf_free(conf);
	free(text);
	return r;
}
