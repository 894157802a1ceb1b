/* SPDX-License-Identifier: MIT */
/*
 * source: where configuration comes from, and what of it may be trusted
 *
 * The only code that reads configuration: generator, sealmountctl and the helpers that
 * need a secret at run time all see the same sources in the same order.
 *
 *   local files	/etc, /run, /usr/local/lib, /usr/lib +
 * /sealmount/{config.json,shares.d/X.json} (drop-in rules of systemd: same name in a higher place
 *replaces, empty or a link to /dev/null masks, order by name)
 *   credential		sealmount.config in /run/credentials/@system
 *   command line	sealmount.config= in /proc/cmdline
 *
 * In a confidential VM the last two are refused: the host can write them (cvm.h).
 *
 * Uses: base, conf.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/macros.h"
#include "conf/conf.h"

#define SOURCE_FILES_MAX 4096 /* files in all shares.d together */

struct source {
	enum share_origin kind;
	char *path;	   /* of the file as seen in the running system, or NULL */
	struct conf *conf; /* NULL when refused or unreadable */
	char *refused;	   /* why it is not used, a sentence; NULL: it is used */
	char *remedy;	   /* what to do about it; NULL with refused NULL */
};

struct source_set {
	struct source *sources;
	size_t n_sources;
	bool is_switched_off; /* sealmount=no on the kernel command line */
};

/**
 * source_load - read, parse and merge all sources below @root_fd
 *
 * A source that cannot be read or may not be trusted is listed with its reason; it
 * takes nothing else down. Files that hold secrets and that others can read are
 * refused, with the command that mends it.
 *
 * Return: 0, -ENOMEM
 */
int source_load(int root_fd, struct source_set **ret, struct err *e) must_check;

/** source_set_free - with all texts in it; NULL is fine */
void source_set_free(struct source_set *s);

/**
 * source_load_secrets - the share @unit with its secrets, from where it came from
 * @unit: from conf_parse_unit(); its origin says where and with what digest
 *
 * Reads the origin again (system credentials from $CREDENTIALS_DIRECTORY if the unit was
 * given sealmount.config), and demands that the share there still has the digest that
 * was validated.
 *
 * Return: 0; -ESTALE (changed since: daemon-reload), -ENOENT (it had none when it was
 * checked, or the origin is gone), -EACCES, -EBADMSG, -ENOMEM
 */
int source_load_secrets(const struct share *unit, struct share **ret, struct err *e) must_check;

/**
 * source_load_unit_share - the share this process serves: $CREDENTIALS_DIRECTORY/sealmount.share
 * @name: what the unit's instance says; must be the share's name
 *
 * Return: 0; -ENOENT (not started by a unit of sealmount), -EBADMSG, -ENOMEM
 */
int source_load_unit_share(const char *name, struct share **ret, struct err *e) must_check;
