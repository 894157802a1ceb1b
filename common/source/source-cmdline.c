/* SPDX-License-Identifier: MIT */
/*
 * source-cmdline: see source-cmdline.h
 */
#include "source/source-cmdline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0';
}

/* The next word without its quotes, copied to @dst; Return: where it ended. */
static size_t next_word(const char *text, size_t len, size_t at, char *dst)
{
	char quote = '\0';
	size_t n = 0;

	for (; at < len; at++) {
		char c = text[at];

		if (!quote && is_blank(c))
			break;
		if (!quote && (c == '"' || c == '\''))
			quote = c;
		else if (quote && c == quote)
			quote = '\0';
		else
			dst[n++] = c;
	}
	dst[n] = '\0';
	return at;
}

static void forget(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

static int take_word(const char *word, struct cmdline *c)
{
	static const char config[] = "sealmount.config=", onoff[] = "sealmount=";
	bool is_on;

	if (strncmp(word, onoff, sizeof(onoff) - 1) == 0 &&
	    parse_bool(word + sizeof(onoff) - 1, &is_on) == 0)
		c->is_switched_off = !is_on;
	if (strncmp(word, config, sizeof(config) - 1) != 0)
		return 0;
	forget(&c->config);
	if (!word[sizeof(config) - 1])
		return 0; /* empty: takes an earlier one back */
	c->config = strdup(word + sizeof(config) - 1);
	return c->config ? 0 : -ENOMEM;
}

int cmdline_parse(const char *text, size_t len, struct cmdline *ret, struct err *e)
{
	struct cmdline c = { 0 };
	char *word = malloc(len + 1);
	size_t at = 0;
	int r = word ? 0 : -ENOMEM;

	while (r == 0 && at < len) {
		if (is_blank(text[at])) {
			at++;
			continue;
		}
		at = next_word(text, len, at, word);
		r = take_word(word, &c);
	}
	if (word)
		explicit_bzero(word, len + 1);
	free(word);
	if (r < 0) {
		cmdline_done(&c);
		return err_errno(e, -r, "read the kernel command line");
	}
	*ret = c;
	return 0;
}

void cmdline_done(struct cmdline *c)
{
	forget(&c->config);
}
