/* SPDX-License-Identifier: MIT */
/*
 * chunk: see chunk.h
 *
 * Unpinned chunks, unused ones first, hang in one list from the oldest to the newest.
 */
#include "blob/chunk.h"

#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"

struct chunk_table {
	struct chunk *chunks;
	size_t n_chunks;
	struct chunk **buckets; /* a power of two of them */
	size_t n_buckets;
	struct chunk *oldest, *newest;
	size_t n_free;
};

static size_t bucket_of(const struct chunk_table *t, uint32_t file, uint64_t index)
{
	uint64_t x = index ^ ((uint64_t)file << 56);

	x *= 0x9e3779b97f4a7c15u; /* Fibonacci hashing: the upper bits are well mixed */
	return (size_t)(x >> 32) & (t->n_buckets - 1);
}

static void list_append(struct chunk_table *t, struct chunk *c)
{
	c->newer = NULL;
	c->older = t->newest;
	if (t->newest)
		t->newest->newer = c;
	else
		t->oldest = c;
	t->newest = c;
	t->n_free++;
}

static void list_remove(struct chunk_table *t, struct chunk *c)
{
	if (c->older)
		c->older->newer = c->newer;
	else
		t->oldest = c->newer;
	if (c->newer)
		c->newer->older = c->older;
	else
		t->newest = c->older;
	c->older = c->newer = NULL;
	t->n_free--;
}

struct chunk_table *chunk_table_new(size_t n_slots)
{
	struct chunk_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->n_buckets = 1;
	while (t->n_buckets < n_slots)
		t->n_buckets *= 2;
	t->chunks = calloc(n_slots, sizeof(*t->chunks));
	t->buckets = calloc(t->n_buckets, sizeof(struct chunk *));
	if (!t->chunks || !t->buckets) {
		chunk_table_free(t);
		return NULL;
	}
	t->n_chunks = n_slots;
	for (size_t i = 0; i < n_slots; i++) {
		t->chunks[i].slot = (uint32_t)i;
		list_append(t, &t->chunks[i]);
	}
	return t;
}

void chunk_table_free(struct chunk_table *t)
{
	if (!t)
		return;
	free(t->chunks);
	free(t->buckets);
	free(t);
}

struct chunk *chunk_find(struct chunk_table *t, uint32_t file, uint64_t index)
{
	struct chunk *c = t->buckets[bucket_of(t, file, index)];

	while (c && (c->index != index || c->file != file))
		c = c->next;
	return c;
}

/* Out of its bucket: its part of the file is forgotten. */
static void forget(struct chunk_table *t, struct chunk *c)
{
	struct chunk **p = &t->buckets[bucket_of(t, c->file, c->index)];

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	c->next = NULL;
	c->is_used = false;
	c->valid = 0;
}

struct chunk *chunk_get(struct chunk_table *t, uint32_t file, uint64_t index)
{
	struct chunk *c = chunk_find(t, file, index), **bucket;

	if (!c) {
		c = t->oldest;
		if (!c)
			return NULL;
		if (c->is_used)
			forget(t, c);
		c->file = file;
		c->index = index;
		c->is_used = true;
		bucket = &t->buckets[bucket_of(t, file, index)];
		c->next = *bucket;
		*bucket = c;
	}
	if (c->n_pins++ == 0)
		list_remove(t, c);
	return c;
}

void chunk_pin(struct chunk *c)
{
	assert(c->n_pins > 0);
	c->n_pins++;
}

void chunk_unpin(struct chunk_table *t, struct chunk *c)
{
	assert(c->n_pins > 0);
	if (--c->n_pins > 0)
		return;
	assert(c->pending == 0 && !c->waiters);
	list_append(t, c);
}

size_t chunk_table_n_free(const struct chunk_table *t)
{
	return t->n_free;
}

uint32_t chunk_mask(uint32_t from, uint32_t to)
{
	uint32_t first = from / CHUNK_BLOCK_SIZE;
	uint32_t end = (to + CHUNK_BLOCK_SIZE - 1) / CHUNK_BLOCK_SIZE; /* exclusive */
	uint32_t upto_end = end >= CHUNK_BLOCKS ? UINT32_MAX : ((uint32_t)1 << end) - 1;

	if (from >= to)
		return 0;
	return upto_end & ~(((uint32_t)1 << first) - 1);
}
