/* SPDX-License-Identifier: MIT */
/*
 * unit-set: see unit-set.h
 */
#include "unit-set.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE_FIRST (32 * 1024) /* holds a usual share */

static const struct {
	const char *name;
	size_t len;
} var_names[VAR_COUNT] = {
#define ROW(name)                              \
	{                                      \
		"{" name "}", sizeof(name) + 1 \
	}
	[VAR_NAME] = ROW("name"),	  [VAR_ESC] = ROW("esc"),
	[VAR_SOURCE] = ROW("source"),	  [VAR_DATA] = ROW("data"),
	[VAR_TYPE] = ROW("type"),	  [VAR_OPTIONS] = ROW("options"),
	[VAR_OPTIONS2] = ROW("options2"), [VAR_PARENT] = ROW("parent"),
	[VAR_KEY] = ROW("key"),		  [VAR_UNITS] = ROW("units"),
#undef ROW
};

void unit_set_done(struct unit_set *s)
{
	free(s->text);
	s->text = NULL;
}

void unit_set_clear(struct unit_set *s)
{
	s->n = 0;
	s->n_entries = 0;
	s->is_full = false;
	memset(s->vars, 0, sizeof(s->vars));
}

const char *unit_set_at(const struct unit_set *s, size_t at)
{
	return at == UNIT_SET_NONE ? NULL : s->text + at;
}

static void add(struct unit_set *s, const char *text, size_t len)
{
	if (s->n + len > s->size) {
		size_t size = s->size ? s->size : TEXT_SIZE_FIRST;
		char *larger;

		while (size < s->n + len)
			size *= 2;
		larger = realloc(s->text, size);
		if (!larger) {
			s->is_full = true;
			return;
		}
		s->text = larger;
		s->size = size;
	}
	memcpy(s->text + s->n, text, len);
	s->n += len;
}

/* The variable whose name starts at @brace; VAR_COUNT if it is only a brace. */
static enum unit_var find_var(const char *brace)
{
	enum unit_var v = 0;

	while (v < VAR_COUNT && (brace[1] != var_names[v].name[1] ||
				 strncmp(brace, var_names[v].name, var_names[v].len) != 0))
		v++;
	return v;
}

/* Adds the expanded text and a terminator; the return value is where it starts. */
static size_t expand(struct unit_set *s, const char *template)
{
	size_t start = s->n;

	while (*template) {
		size_t len = (size_t)(strchrnul(template, '{') - template);
		enum unit_var v;

		add(s, template, len);
		template += len;
		if (!*template)
			break;
		v = find_var(template);
		if (v < VAR_COUNT) {
			if (s->vars[v])
				add(s, s->vars[v], strlen(s->vars[v]));
			template += var_names[v].len;
		} else {
			add(s, template ++, 1);
		}
	}
	add(s, "", 1);
	return start;
}

static struct unit_entry *add_entry(struct unit_set *s, const char *dir, const char *name)
{
	struct unit_entry *entry;

	if (s->n_entries == UNIT_SET_ENTRIES_MAX) {
		s->is_full = true;
		return NULL;
	}
	entry = &s->entries[s->n_entries++];
	*entry = (struct unit_entry){ .target = UNIT_SET_NONE, .content = UNIT_SET_NONE };
	entry->dir = dir ? expand(s, dir) : UNIT_SET_NONE;
	entry->name = expand(s, name);
	return entry;
}

void unit_set_file(struct unit_set *s, const char *dir, const char *name, const char *content)
{
	struct unit_entry *entry = add_entry(s, dir, name);

	if (!entry)
		return;
	entry->content = expand(s, content);
	entry->len = s->n - entry->content - 1; /* without the terminator */
}

void unit_set_link(struct unit_set *s, const char *dir, const char *name, const char *target)
{
	struct unit_entry *entry = add_entry(s, dir, name);

	if (entry)
		entry->target = expand(s, target);
}
