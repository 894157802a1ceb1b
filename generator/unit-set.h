/* SPDX-License-Identifier: MIT */
/*
 * unit-set: files and links in memory, before they become a unit directory
 *
 * One set holds what belongs together, so that it can be planned as a whole and is
 * written only if all of it could be expressed. It is used again for the next share:
 * nothing is allocated in the usual case.
 *
 * Texts are templates: "{name}" stands for a variable of the set. What a variable holds
 * goes in as it is: quote it first (base/unit-name.h).
 *
 * Pure. Uses: base.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

#define UNIT_SET_ENTRIES_MAX 24

/* Variables of a template; the names in braces are in unit-set.c. */
enum unit_var {
	VAR_NAME,     /* share, literally: instance of a template */
	VAR_ESC,      /* the same as part of a .mount or .device name */
	VAR_SOURCE,   /* a line SourcePath=, or nothing */
	VAR_DATA,     /* of SetCredential= */
	VAR_TYPE,     /* filesystem */
	VAR_OPTIONS,  /* of the filesystem, what the user asked for, with a comma behind */
	VAR_OPTIONS2, /* what comes behind and wins, with a comma in front */
	VAR_PARENT,   /* directory of the user's path, as a quoted word */
	VAR_KEY,      /* the line that loads the key */
	VAR_UNITS,    /* lines of the unit that wants others */
	VAR_COUNT,
};

/* Offsets into the set's text; dir and target may be absent (UNIT_SET_NONE). */
#define UNIT_SET_NONE ((size_t)-1)

struct unit_entry {
	size_t dir;	/* folder below the output directory */
	size_t name;	/* file or link in it */
	size_t target;	/* of a link; UNIT_SET_NONE: it is a file */
	size_t content; /* of a file */
	size_t len;	/* of the content */
};

struct unit_set {
	char *text;
	size_t n, size;
	struct unit_entry entries[UNIT_SET_ENTRIES_MAX];
	size_t n_entries;
	const char *vars[VAR_COUNT];
	bool is_full; /* out of memory or entries: the set must not be used */
};

/** unit_set_done - release the memory */
void unit_set_done(struct unit_set *s);

/** unit_set_clear - forget entries and variables, keep the memory */
void unit_set_clear(struct unit_set *s);

/**
 * unit_set_file - add a file
 * @dir: folder below the output directory, or NULL; a template like the other two
 */
void unit_set_file(struct unit_set *s, const char *dir, const char *name, const char *content);

/** unit_set_link - add a symbolic link to @target; all three are templates */
void unit_set_link(struct unit_set *s, const char *dir, const char *name, const char *target);

/** unit_set_at - text of an entry; NULL for UNIT_SET_NONE; valid until the next addition */
const char *unit_set_at(const struct unit_set *s, size_t at);
