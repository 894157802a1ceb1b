/* SPDX-License-Identifier: MIT */
/*
 * test: one program of named cases, reported as TAP
 *
 * TEST(name_states_the_rule) { ... CHECK_EQ(got, want, "row %d", i); ... }
 * TEST_MAIN
 *
 * A failed check prints where and what and the case goes on, so that one run shows all.
 */
#pragma once

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test_case {
	const char *name;
	void (*run)(void);
	struct test_case *next;
};

static struct test_case *test_first, **test_last = &test_first;
static unsigned test_failures;

#define TEST(ident)                                                     \
	static void ident(void);                                        \
	__attribute__((constructor)) static void register_##ident(void) \
	{                                                               \
		static struct test_case c = { #ident, ident, NULL };    \
		*test_last = &c;                                        \
		test_last = &c.next;                                    \
	}                                                               \
	static void ident(void)

__attribute__((format(printf, 3, 4))) static inline void test_fail(const char *file, int line,
								   const char *fmt, ...)
{
	va_list ap;

	printf("# %s:%d: ", file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	test_failures++;
}

#define TEST_NOTE(...) (printf("#   at " __VA_ARGS__), printf("\n"))

/* CHECK(condition, "context %d", i): the context is optional */
#define CHECK(cond, ...)                                                      \
	do {                                                                  \
		if (!(cond)) {                                                \
			test_fail(__FILE__, __LINE__, "not true: %s", #cond); \
			__VA_OPT__(TEST_NOTE(__VA_ARGS__);)                   \
		}                                                             \
	} while (0)

#define CHECK_EQ(got, want, ...)                                                                \
	do {                                                                                    \
		intmax_t got_ = (intmax_t)(got), want_ = (intmax_t)(want);                      \
		if (got_ != want_) {                                                            \
			test_fail(__FILE__, __LINE__, "%s is %jd, not %jd", #got, got_, want_); \
			__VA_OPT__(TEST_NOTE(__VA_ARGS__);)                                     \
		}                                                                               \
	} while (0)

#define CHECK_STR(got, want, ...)                                                    \
	do {                                                                         \
		const char *got_ = (got), *want_ = (want);                           \
		if (!got_ || !want_ ? got_ != want_ : strcmp(got_, want_) != 0) {    \
			test_fail(__FILE__, __LINE__, "%s is '%s', not '%s'", #got,  \
				  got_ ? got_ : "(null)", want_ ? want_ : "(null)"); \
			__VA_OPT__(TEST_NOTE(__VA_ARGS__);)                          \
		}                                                                    \
	} while (0)

#define TEST_MAIN                                                                              \
	int main(void)                                                                         \
	{                                                                                      \
		unsigned n = 0, n_failed = 0;                                                  \
		setvbuf(stdout, NULL, _IOLBF, 0);                                              \
		for (struct test_case *c = test_first; c; c = c->next) {                       \
			test_failures = 0;                                                     \
			c->run();                                                              \
			n_failed += test_failures > 0;                                         \
			printf("%s %u - %s\n", test_failures ? "not ok" : "ok", ++n, c->name); \
		}                                                                              \
		printf("1..%u\n", n);                                                          \
		return n_failed > 0;                                                           \
	}
