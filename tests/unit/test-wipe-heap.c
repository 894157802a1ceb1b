/* SPDX-License-Identifier: MIT */
/*
 * Built without sanitizers, which would bring an allocator of their own. After free() no
 * copy of the text may be anywhere in writable memory; the text itself is made anew, with
 * its bits turned, wherever it is needed.
 */
#include <inttypes.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/macros.h"
#include "lib/test.h"

#define TEXT_LEN 48

/* Bits turned, so that the text itself is not in this program's data. */
static const unsigned char turned[TEXT_LEN] = "a text that must not stay in memory, anywhere!!!";

static void make_text(char *dst)
{
	volatile char *p = dst;

	for (size_t i = 0; i < TEXT_LEN; i++)
		p[i] = (char)(((turned[i] ^ 0x15) & 0x5f) | 0x20);
	p[TEXT_LEN] = '\0';
}

static bool is_text_at(const volatile unsigned char *p)
{
	for (size_t i = 0; i < TEXT_LEN / 2; i++)
		if (p[i] != (((turned[i] ^ 0x15) & 0x5f) | 0x20))
			return false;
	return true;
}

static unsigned count_in(uintptr_t start, uintptr_t end)
{
	unsigned n = 0;

	for (uintptr_t p = start; p + TEXT_LEN <= end; p++)
		n += is_text_at((const volatile unsigned char *)p);
	return n;
}

/* Copies in the heap and in other anonymous writable memory, the stack excepted. */
static unsigned count_copies(void)
{
	char line[512], access[8], name[256];
	unsigned n = 0;
	FILE *maps;

	maps = fopen("/proc/self/maps", "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		uintptr_t start, end;

		name[0] = '\0';
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %*s %*s %*s %255s", &start, &end,
			   access, name) < 3)
			continue;
		if (access[0] == 'r' && access[1] == 'w' && strcmp(name, "[stack]") != 0)
			n += count_in(start, end);
	}
	if (maps)
		fclose(maps);
	return n;
}

TEST(search_finds_what_is_there)
{
	char *p = malloc(TEXT_LEN + 1);

	make_text(p);
	CHECK(count_copies() >= 1);
	free(p);
	CHECK_EQ(count_copies(), 0);
}

TEST(free_wipes_blocks_of_all_sizes)
{
	static const size_t sizes[] = { TEXT_LEN + 1, 200, 1000, 5000, 100000, 1000000 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *p = malloc(sizes[i]), *keep = malloc(64);

		memset(p, 'x', sizes[i]);
		make_text(p + sizes[i] - TEXT_LEN - 1);
		free(p);
		CHECK_EQ(count_copies(), 0, "size %zu", sizes[i]);
		free(keep);
	}
}

TEST(realloc_leaves_no_copy_behind)
{
	char *p = malloc(TEXT_LEN + 1), *keep[8];

	make_text(p);
	for (size_t i = 0; i < ARRAY_SIZE(keep); i++) {
		keep[i] = malloc(64); /* in the way, so that the block has to move */
		p = realloc(p, (TEXT_LEN + 1) << (i + 1));
		CHECK(p && is_text_at((unsigned char *)p));
		CHECK_EQ(count_copies(), 1, "round %zu", i);
	}
	p = realloc(p, TEXT_LEN + 1);
	CHECK_EQ(count_copies(), 1);
	free(p);
	CHECK_EQ(count_copies(), 0);
	for (size_t i = 0; i < ARRAY_SIZE(keep); i++)
		free(keep[i]);
}

TEST(memory_of_other_kinds_is_wiped_too)
{
	char *p = calloc(3, TEXT_LEN), *copy;
	void *aligned = NULL;

	make_text(p + TEXT_LEN);
	copy = strdup(p + TEXT_LEN);
	free(copy);
	free(p);
	CHECK_EQ(posix_memalign(&aligned, 4096, 8192), 0);
	make_text((char *)aligned + 4000);
	free(aligned);
	CHECK_EQ(count_copies(), 0);
}

static void write_and_read(void)
{
	char text[TEXT_LEN + 1];
	FILE *f = tmpfile();

	make_text(text);
	CHECK(f && fputs(text, f) >= 0);
	rewind(f);
	CHECK(fgets(text, sizeof(text), f) != NULL);
	fclose(f);
	memset(text, 0, sizeof(text));
}

TEST(buffers_of_libc_are_wiped)
{
	write_and_read();
	CHECK_EQ(count_copies(), 0);
}

static void parse_and_print(void)
{
	char text[TEXT_LEN + 1];
	json_object *o, *s;

	make_text(text);
	s = json_object_new_string(text);
	o = json_object_new_object();
	json_object_object_add(o, "hex", s);
	memset(text, 0, sizeof(text));
	s = json_tokener_parse(json_object_to_json_string(o));
	CHECK(s != NULL);
	json_object_put(o);
	json_object_put(s);
}

TEST(copies_of_a_library_are_wiped)
{
	parse_and_print();
	CHECK_EQ(count_copies(), 0);
}

TEST_MAIN
