/* SPDX-License-Identifier: MIT */
/*
 * plan: one share to the units that serve it
 *
 * The templates in units/ hold whatever is the same for all shares. Planned here is what
 * cannot be a template: names that need escapes (.mount, .device), the share's settings,
 * and who wants what. Files and why they are what they are: plan.c.
 *
 * Pure: same share, same units. Uses: base, conf.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/macros.h"
#include "base/unit-name.h"
#include "conf/share.h"
#include "unit-set.h"

#define PLAN_VALUE_MAX (2 * SHARE_PATH_MAX + 64) /* bytes of one quoted value */

/* Used again for the next share. */
struct plan {
	struct unit_set units;
	char esc[UNIT_NAME_MAX + 1];
	char source[PLAN_VALUE_MAX], options[PLAN_VALUE_MAX], parent[PLAN_VALUE_MAX];
	char type[UNIT_NAME_MAX], key[PLAN_VALUE_MAX];
	char *data; /* of SetCredential= */
	size_t data_size;
};

/* A share, or a whole source, that cannot be used. */
struct plan_broken {
	const char *name; /* valid and not used by another */
	enum share_origin origin;
	const char *path;   /* of the file, or NULL */
	const char *report; /* for the unit that fails: the findings as JSON */
	bool is_share;	    /* false: a whole source */
	bool is_required;   /* the share's hook into remote-fs.target is kept */
};

/** plan_done - release the memory */
void plan_done(struct plan *p);

/**
 * plan_share - all units of a good share into @p->units
 *
 * Return: 0, -ENOMEM, -EINVAL (a unit cannot express it; the text says which setting)
 */
int plan_share(struct plan *p, const struct share *s, struct err *e) must_check;

/** plan_broken - units that fail and say why, in place of the share's; as plan_share() */
int plan_broken(struct plan *p, const struct plan_broken *broken, struct err *e) must_check;

/** plan_orphan - units that take a share down which is up but not configured; as plan_share() */
int plan_orphan(struct plan *p, const char *name, struct err *e) must_check;

/**
 * plan_common - what is there once
 * @wants: lines "Wants=...", what sealmount.target starts; may be empty
 */
int plan_common(struct plan *p, const char *wants, struct err *e) must_check;
