/* SPDX-License-Identifier: MIT */
/*
 * conf-merge: the rules across shares and texts
 *
 * Everything is sorted once by mount point and once by name; clashes are then neighbours.
 * Local files are trusted most: what comes from a less trusted source never breaks or
 * renames a share of theirs (design section 5).
 *
 * After it each share has a valid name of its own, broken ones included.
 */
#include "conf/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/conf-field.h"
#include "conf/conf-finding.h"

#define WHO_MAX 512 /* bytes of the text that names a share */

struct entry {
	struct conf *conf;
	int index; /* in the conf */
	struct share *share;
	size_t order;	 /* precedence: less wins */
	bool is_dropped; /* a more trusted source has it */
};

struct merge {
	struct entry *entries; /* in order of precedence */
	struct entry **sorted;
	size_t n;
};

static void add(const struct entry *x, enum finding_level level, enum field_id id,
		const char *value, const char *remedy, const char *fmt, const char *who)
{
	char path[FIELD_PATH_MAX], rule[WHO_MAX + 128];
	struct finding_place place = { .share = x->index, .path = path };

	field_path(x->conf->form, x->index, id, path);
	(void)snprintf(rule, sizeof(rule), "%s%s", fmt, who); /* cut when too long */
	finding_add(x->conf, level, &place, value, remedy, "%s", rule);
}

/* "$.shares[3] of /etc/sealmount/config.json (/srv/b)" */
static void describe(const struct entry *x, char who[WHO_MAX])
{
	char path[FIELD_PATH_MAX], shown[FINDING_VALUE_MAX + 32] = "", from[WHO_MAX / 2] = "";

	if (x->share->origin.path)
		finding_show(x->share->origin.path, from, sizeof(from));
	else if (x->share->origin.kind != SHARE_ORIGIN_FILE)
		(void)snprintf(from, sizeof(from), "%s", share_origin_names[x->share->origin.kind]);
	field_path(x->conf->form, x->index, FIELD_NONE, path);
	if (x->share->mount_point)
		finding_show(x->share->mount_point, shown, sizeof(shown));
	(void)snprintf(who, WHO_MAX, "%.100s%s%.200s%s%s%s", path, from[0] ? " of " : "", from,
		       shown[0] ? " (" : "", shown, shown[0] ? ")" : "");
}

static bool is_less_trusted(const struct entry *a, const struct entry *b)
{
	return a->share->origin.kind > b->share->origin.kind;
}

static int by_trust(const struct entry *a, const struct entry *b)
{
	if (a->share->origin.kind != b->share->origin.kind)
		return a->share->origin.kind < b->share->origin.kind ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* By path, '/' before every other byte: what is inside a directory follows it directly. */
static int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return 0;
	if (!*a || !*b)
		return *a ? 1 : -1;
	if (*a == '/' || *b == '/')
		return *a == '/' ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int by_path(const void *pa, const void *pb)
{
	const struct entry *a = *(struct entry *const *)pa, *b = *(struct entry *const *)pb;
	int r = compare_paths(a->share->mount_point, b->share->mount_point);

	return r ? r : by_trust(a, b);
}

static int by_name(const void *pa, const void *pb)
{
	const struct entry *a = *(struct entry *const *)pa, *b = *(struct entry *const *)pb;
	int r = strcmp(a->share->name, b->share->name);

	return r ? r : by_trust(a, b);
}

static size_t select_entries(struct merge *m, bool (*is_wanted)(const struct entry *x),
			     int (*compare)(const void *, const void *))
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		if (!m->entries[i].is_dropped && is_wanted(&m->entries[i]))
			m->sorted[n++] = &m->entries[i];
	qsort(m->sorted, n, sizeof(*m->sorted), compare);
	return n;
}

static bool has_given_name(const struct entry *x)
{
	return x->share->name_is_given;
}

static bool has_name(const struct entry *x)
{
	return x->share->name != NULL;
}

static bool is_mounted_somewhere(const struct entry *x)
{
	return x->share->mount_point && !x->share->is_broken;
}

static void drop(struct entry *x, const struct entry *winner, enum field_id id, const char *value)
{
	char who[WHO_MAX];

	describe(winner, who);
	x->is_dropped = true;
	add(x, FINDING_WARNING, id, value, "give it another one, or take it out",
	    "is left out: a more trusted source has it, ", who);
}

/* @first is the most trusted one of @n entries with one given name. */
static void clash_of_names(struct entry **first, size_t n)
{
	char who[WHO_MAX];

	for (size_t i = 1; i < n; i++) {
		if (is_less_trusted(first[i], first[0])) {
			drop(first[i], first[0], FIELD_NAME, first[i]->share->name);
			continue;
		}
		describe(first[0], who);
		add(first[i], FINDING_ERROR, FIELD_NAME, first[i]->share->name,
		    "give each share a name of its own", "the same name is given to ", who);
		if (i > 1)
			continue;
		describe(first[1], who);
		add(first[0], FINDING_ERROR, FIELD_NAME, first[0]->share->name,
		    "give each share a name of its own", "the same name is given to ", who);
	}
}

static size_t group_by_name(struct entry **first, size_t left)
{
	size_t n = 1;

	while (n < left && strcmp(first[n]->share->name, first[0]->share->name) == 0)
		n++;
	return n;
}

static void check_given_names(struct merge *m)
{
	size_t n = select_entries(m, has_given_name, by_name);

	for (size_t i = 0; i < n;) {
		size_t group = group_by_name(m->sorted + i, n - i);

		clash_of_names(m->sorted + i, group);
		i += group;
	}
}

static void clash_of_paths(struct entry *first, struct entry *second)
{
	char who[WHO_MAX];

	describe(first, who);
	if (is_less_trusted(second, first) && !second->share->name_is_given) {
		drop(second, first, FIELD_MOUNT_POINT, second->share->mount_point);
		return;
	}
	add(second, FINDING_ERROR, FIELD_MOUNT_POINT, second->share->mount_point,
	    "give each share a mount point of its own", "the same mount point is that of ", who);
	if (is_less_trusted(second, first))
		return;
	describe(second, who);
	add(first, FINDING_ERROR, FIELD_MOUNT_POINT, first->share->mount_point,
	    "give each share a mount point of its own", "the same mount point is that of ", who);
}

static bool is_inside(const char *path, const char *outer)
{
	size_t len = strlen(outer);

	return strncmp(path, outer, len) == 0 && path[len] == '/';
}

static void nested(struct entry *inner, struct entry *outer)
{
	struct entry *loser = is_less_trusted(outer, inner) ? outer : inner;
	char who[WHO_MAX];

	describe(loser == inner ? outer : inner, who);
	add(loser, FINDING_ERROR, FIELD_MOUNT_POINT, loser->share->mount_point,
	    "move one of the two elsewhere",
	    loser == inner ? "the mount point is inside that of "
			   : "the mount point is around that of ",
	    who);
}

static size_t group_by_path(struct entry **first, size_t left)
{
	const char *path = first[0]->share->mount_point;
	size_t n = 1;

	while (n < left && strcmp(first[n]->share->mount_point, path) == 0)
		n++;
	return n;
}

/* @outer: usable shares that the next one may be inside of, innermost last. Broken ones
 * are not among them: they take no other down. */
static void check_paths(struct merge *m, struct entry **outer)
{
	size_t n = select_entries(m, is_mounted_somewhere, by_path), depth = 0, group;

	for (size_t i = 0; i < n; i += group) {
		struct entry *x = m->sorted[i];

		group = group_by_path(m->sorted + i, n - i);
		for (size_t k = 1; k < group; k++)
			clash_of_paths(x, m->sorted[i + k]);
		while (depth > 0 && !x->share->is_broken) {
			struct entry *o = outer[depth - 1];

			if (!o->share->is_broken &&
			    is_inside(x->share->mount_point, o->share->mount_point))
				nested(x, o);
			else
				depth--;
		}
		if (!x->share->is_broken)
			outer[depth++] = x;
	}
}

static int set_name(struct entry *x, bool with_digest)
{
	char name[SHARE_NAME_MAX + 1], unnamed[32];
	const char *path = x->share->mount_point;

	if (!path) { /* broken; it needs a unit that says so */
		(void)snprintf(unnamed, sizeof(unnamed), "unnamed-%zu", x->order);
		path = unnamed;
	}
	share_name_from_path(path, with_digest, name);
	free(x->share->name);
	x->share->name = strdup(name);
	return x->share->name ? 0 : -ENOMEM;
}

/* Of one default name, only a more trusted or a given one stays as it is. */
static int resolve_group(struct entry **first, size_t n)
{
	bool is_kept = first[0]->share->name_is_given;
	size_t n_best = 0;

	for (size_t i = 0; i < n; i++)
		n_best += !is_less_trusted(first[i], first[0]);
	is_kept = is_kept || n_best == 1;
	for (size_t i = 0; i < n; i++) {
		struct entry *x = first[i];

		if (i == 0 && is_kept)
			continue;
		if (!x->share->name_is_given && set_name(x, true) < 0)
			return -ENOMEM;
		if (x->share->name_is_given && is_kept && is_less_trusted(x, first[0]))
			drop(x, first[0], FIELD_NAME, x->share->name);
	}
	return 0;
}

/*
 * Whatever still has the name of another (broken shares, a default name that somebody
 * gave) gets one with its number: no two units may have one name.
 *
 * Return: 1 when something was renamed, 0, -ENOMEM
 */
static int force_unique(struct merge *m, unsigned pass)
{
	size_t n = select_entries(m, has_name, by_name);
	const struct entry *last = n > 0 ? m->sorted[0] : NULL;
	int r = 0;

	for (size_t i = 1; i < n; i++) {
		struct entry *x = m->sorted[i];
		char name[SHARE_NAME_MAX + 1], *copy;

		if (strcmp(x->share->name, last->share->name) != 0) {
			last = x;
			continue;
		}
		if (!x->share->is_broken)
			add(x, FINDING_ERROR, FIELD_NAME, x->share->name,
			    "give each share a name of its own", "another share has the same name",
			    "");
		(void)snprintf(name, sizeof(name), "%.40s-again-%zu-%u", x->share->name, x->order,
			       pass);
		copy = strdup(name);
		if (!copy)
			return -ENOMEM;
		free(x->share->name);
		x->share->name = copy;
		r = 1;
	}
	return r;
}

static int set_default_names(struct merge *m)
{
	size_t n;
	int r;

	for (size_t i = 0; i < m->n; i++)
		if (!m->entries[i].share->name_is_given && set_name(&m->entries[i], false) < 0)
			return -ENOMEM;
	n = select_entries(m, has_name, by_name);
	for (size_t i = 0; i < n;) {
		size_t group = group_by_name(m->sorted + i, n - i);

		if (group > 1 && resolve_group(m->sorted + i, group) < 0)
			return -ENOMEM;
		i += group;
	}
	for (unsigned pass = 1; (r = force_unique(m, pass)) > 0; pass++)
		;
	return r;
}

/* Shares that were dropped leave their conf; findings keep their paths. */
static void remove_dropped(struct conf *c, struct entry *entries)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_findings; i++) {
		int share = c->findings[i].share, before = 0;

		if (share < 0)
			continue;
		for (int k = 0; k < share; k++)
			before += entries[k].is_dropped;
		c->findings[i].share = entries[share].is_dropped ? -1 : share - before;
	}
	for (size_t i = 0; i < c->n_shares; i++)
		if (entries[i].is_dropped)
			share_free(c->shares[i]);
		else
			c->shares[n++] = c->shares[i];
	c->n_shares = n;
}

static void collect(struct merge *m, struct conf *const *confs, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < confs[i]->n_shares; j++, k++)
			m->entries[k] = (struct entry){ .conf = confs[i],
							.index = (int)j,
							.share = confs[i]->shares[j],
							.order = k };
}

int conf_merge(struct conf *const *confs, size_t n, struct err *e)
{
	cleanup_free struct entry *entries = NULL;
	cleanup_free struct entry **sorted = NULL, **outer = NULL;
	struct merge m = { 0 };
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		m.n += confs[i]->n_shares;
	if (m.n == 0)
		return 0;
	m.entries = entries = calloc(m.n, sizeof(*entries));
	m.sorted = sorted = calloc(m.n, sizeof(struct entry *));
	outer = calloc(m.n, sizeof(struct entry *));
	if (!entries || !sorted || !outer)
		return err_errno(e, ENOMEM, "merge configurations");
	collect(&m, confs, n);
	check_given_names(&m);
	check_paths(&m, outer);
	if (set_default_names(&m) < 0)
		return err_errno(e, ENOMEM, "merge configurations");
	for (size_t i = 0; i < n; i++) {
		size_t n_shares = confs[i]->n_shares;

		remove_dropped(confs[i], entries + k);
		k += n_shares;
	}
	return 0;
}
