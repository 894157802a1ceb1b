/* SPDX-License-Identifier: MIT */
/*
 * conf: text of a configuration to shares and findings
 *
 * Pure: no I/O, no clock, no globals. Hostile input is expected: everything is bounded,
 * and all mistakes are reported at once, each with its place, value, rule and remedy.
 * json-c is used behind this door only (conf-json.c).
 *
 * Uses: base, json-c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/macros.h"
#include "conf/share.h"

#define CONF_TEXT_MAX	  (1024 * 1024) /* bytes of one source; systemd's limit of a credential */
#define CONF_DEPTH_MAX	  32
#define CONF_SHARES_MAX	  4096
#define CONF_FINDINGS_MAX 256 /* more than that are counted, not listed */

enum conf_form {
	CONF_FORM_UNKNOWN,
	CONF_FORM_NATIVE,    /* {"shares":[...]} */
	CONF_FORM_REMOTEFS,  /* {"azure_info":..., "azure_filesystems":[...]} */
	CONF_FORM_SHARE,     /* one bare native share, for shares.d */
	CONF_FORM_IMPORTKEY, /* upstream's key import configuration; names no shares */
	CONF_FORM_SKR,	     /* upstream's key release server configuration; the same */
};

extern const char *const conf_form_names[]; /* "unknown", "native", "remotefs", ... */

enum finding_level {
	FINDING_ERROR,	 /* the share, or the whole text, cannot be used */
	FINDING_WARNING, /* it can, but not as its author may think */
};

struct finding {
	enum finding_level level;
	int share;    /* index in conf->shares, -1: about the whole text */
	char *path;   /* "$.shares[2].source.url"; "$" for the whole */
	char *value;  /* what stands there, cut, control characters escaped; secrets masked;
		       * NULL if there is nothing to show */
	char *rule;   /* what is wrong, as a sentence without a full stop */
	char *remedy; /* what to do, one sentence */
	unsigned line, column; /* from 1, in bytes; 0 when not known */
};

struct conf {
	enum conf_form form; /* a guess, if the text could not be read */
	bool was_base64;
	struct share **shares; /* broken ones included: their names are needed */
	size_t n_shares;
	struct finding *findings;
	size_t n_findings, n_findings_dropped;
	bool is_unusable; /* an error finding is about the whole text */
};

/**
 * conf_parse - one text (JSON or base64 of it) to shares and findings
 * @text:  @len bytes; need not be terminated
 * @ret:   always set on success, even if nothing in the text is usable
 *
 * Names are final only after conf_merge(). Origins are not set.
 *
 * Return: 0, -ENOMEM. Mistakes in the text are findings, not errors.
 */
int conf_parse(const char *text, size_t len, struct conf **ret, struct err *e) must_check;

/** conf_free - with its shares and findings; NULL is fine */
void conf_free(struct conf *c);

/**
 * conf_merge - the rules across shares and texts
 * @confs:  in order of precedence, first wins; shares stay owned by their conf
 * @n:	    number of texts
 *
 * Sets default names (with digests where they collide), and adds findings: one name
 * given twice in one or two local files (both shares are broken, both are named), the
 * same name in a less trusted source (that one is dropped with a warning), one mount
 * point twice, a mount point inside another share's (the inner one is broken).
 *
 * Return: 0, -ENOMEM
 */
int conf_merge(struct conf *const *confs, size_t n, struct err *e) must_check;

/**
 * finding_format - "error: $.shares[0].name: 'a b': may hold only ... Remedy: ..."
 *
 * One line without terminator at the end, never secrets. caller frees; NULL without memory
 */
char *finding_format(const struct finding *f) must_check;

/**
 * conf_print_share - canonical native JSON of one share, one line, members in fixed order
 * @with_secrets: false for everything that is stored or shown. Then url etc. are there,
 *		  but "sas", "hex" and "bearer_token" are not; what the helper needs to find
 *		  them is in "origin": {"kind":..., "path":..., "digest":...}
 *
 * conf_parse() reads the text back (CONF_FORM_SHARE) to an equal share; "origin" is
 * accepted only by conf_parse_unit(). caller frees (and the heap is wiped, wipe-heap.c)
 *
 * Return: NULL without memory
 */
char *conf_print_share(const struct share *s, bool with_secrets) must_check;

/** conf_share_digest - SHA-256 of conf_print_share(with_secrets) without its origin */
int conf_share_digest(const struct share *s, char ret[SHA256_HEX_SIZE]) must_check;

/**
 * conf_parse_unit - what the generator put into SetCredential=sealmount.share
 *
 * Return: 0, -EBADMSG (text says what), -ENOMEM
 */
int conf_parse_unit(const char *text, size_t len, struct share **ret, struct err *e) must_check;

/**
 * conf_parse_trust - /etc/sealmount/trust.json: {"unsigned": ["credential", "command-line"]}
 * @ret_origins: bit (1u << SHARE_ORIGIN_x) for each source that is accepted unsigned
 *
 * Strict: anything else in it is an error.
 *
 * Return: 0, -EBADMSG (text says what), -ENOMEM
 */
int conf_parse_trust(const char *text, size_t len, unsigned *ret_origins, struct err *e) must_check;
