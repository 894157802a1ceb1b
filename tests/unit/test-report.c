/* SPDX-License-Identifier: MIT */
#include "conf/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/test.h"

TEST(report_reads_back_what_was_written)
{
	struct finding f = { .level = FINDING_WARNING,
			     .path = (char *)"$.shares[0].name",
			     .value = (char *)"a \"b\"\\\n\x01 \xc3\xbc",
			     .rule = (char *)"may not",
			     .line = 3,
			     .column = 7 };
	struct report_content c;
	struct report r;

	CHECK_EQ(report_begin(&r, "models", "/etc/x", true), 0, "begin");
	report_add(&r, &f);
	f.level = FINDING_ERROR;
	f.value = NULL;
	f.remedy = (char *)"do";
	report_add(&r, &f);
	report_end(&r);
	CHECK(strchr(r.text, '\n') == NULL, "it is one line");
	CHECK_EQ(report_parse(r.text, strlen(r.text), &c, NULL), 0, "parse");
	CHECK_STR(c.share, "models", "share");
	CHECK_STR(c.source, "/etc/x", "source");
	CHECK(c.is_refused, "refused");
	CHECK_EQ(c.n_findings, 2, "findings");
	CHECK_EQ(c.findings[0].level, FINDING_WARNING, "level");
	CHECK_STR(c.findings[0].value, "a \"b\"\\\n\x01 \xc3\xbc", "value");
	CHECK_EQ(c.findings[0].line, 3, "line");
	CHECK_EQ(c.findings[0].column, 7, "column");
	CHECK(c.findings[0].remedy == NULL, "no remedy");
	CHECK_EQ(c.findings[1].level, FINDING_ERROR, "level");
	CHECK(c.findings[1].value == NULL, "no value");
	CHECK_STR(c.findings[1].remedy, "do", "remedy");
	report_content_done(&c);
	report_done(&r);
}

TEST(report_counts_what_does_not_fit)
{
	static char rule[2000];
	struct finding f = { .rule = rule };
	struct report_content c;
	struct report r;

	memset(rule, 'x', sizeof(rule) - 1);
	CHECK_EQ(report_begin(&r, NULL, "/etc/x", false), 0, "begin");
	for (int i = 0; i < 100; i++)
		report_add(&r, &f);
	report_end(&r);
	CHECK(strlen(r.text) < REPORT_MAX, "limit");
	CHECK_EQ(report_parse(r.text, strlen(r.text), &c, NULL), 0, "parse");
	CHECK(c.share == NULL, "a source has no share");
	CHECK(c.n_findings > 10 && c.n_left_out > 10, "some of both");
	CHECK_EQ(c.n_findings + c.n_left_out, 100, "none is lost");
	report_content_done(&c);
	report_done(&r);
}

TEST(report_refuses_what_it_did_not_write)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{",
		"{}",
		"{\"findings\":7}",
		"{\"findings\":[7]}",
		"{\"share\":1,\"findings\":[]}",
		"{\"findings\":[{\"rule\":[]}]}",
		"{\"findings\":[[[[[[[[[[[[[[]]]]]]]]]]]]]]}",
	};
	struct report_content c;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		CHECK_EQ(report_parse(texts[i], strlen(texts[i]), &c, NULL), -EBADMSG, "%s",
			 texts[i]);
}

TEST_MAIN
