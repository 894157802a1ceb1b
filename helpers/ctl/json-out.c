/* SPDX-License-Identifier: MIT */
/*
 * json-out: see json-out.h
 */
#include "ctl/json-out.h"

#include <stdio.h>

static int depth;
static bool has_member; /* in what is open */

static void indent(void)
{
	printf("\n%*s", 2 * depth, "");
}

static void quote(const char *text)
{
	putchar('"');
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			printf("\\u%04x", (unsigned char)*text);
		else
			putchar(*text);
	putchar('"');
}

static void begin(const char *name)
{
	if (depth > 0) {
		if (has_member)
			putchar(',');
		indent();
	}
	has_member = true;
	if (name) {
		quote(name);
		printf(": ");
	}
}

void json_open(const char *name, char bracket)
{
	begin(name);
	putchar(bracket);
	depth++;
	has_member = false;
}

void json_close(char bracket)
{
	depth--;
	if (has_member)
		indent();
	putchar(bracket);
	has_member = true;
	if (depth == 0) {
		putchar('\n');
		has_member = false;
	}
}

void json_text(const char *name, const char *value)
{
	if (!value)
		return;
	begin(name);
	quote(value);
}

void json_number(const char *name, long long value)
{
	begin(name);
	printf("%lld", value);
}

void json_bool(const char *name, bool value)
{
	begin(name);
	fputs(value ? "true" : "false", stdout);
}
