/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "lib/test.h"

static char seen_text[LOG_TEXT_MAX], seen_id[64], seen_share[64], seen_remedy[LOG_TEXT_MAX];
static unsigned n_seen;

static void sink(const struct log_record *r)
{
	n_seen++;
	snprintf(seen_text, sizeof(seen_text), "%s", r->text);
	snprintf(seen_remedy, sizeof(seen_remedy), "%s", r->remedy ? r->remedy : "");
	snprintf(seen_id, sizeof(seen_id), "%s", r->message_id ? r->message_id : "");
	snprintf(seen_share, sizeof(seen_share), "%s", r->share ? r->share : "");
}

TEST(log_event_carries_id_and_context)
{
	log_setup("test", sink);
	log_context("models", "key");
	log_event(EV_KEY_READY, NULL, NO_FIELDS, "key of %d bytes", 32);
	CHECK_STR(seen_text, "share 'models': key of 32 bytes");
	CHECK_STR(seen_share, "models");
	CHECK_EQ(strlen(seen_id), 32);
}

TEST(log_text_is_one_printable_line)
{
	static const struct {
		const char *in, *want;
	} t[] = {
		{ "a\nb\033[2J\x7f\t", "a?b?[2J??" },
		{ "Gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91",
		  "Gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91" },
		{ "\xc2\x9b"
		  "31m",
		  "??31m" }, /* C1: CSI */
		{ "\xff\xfe", "??" },
		{ "\xc0\x80", "??" }, /* overlong NUL */
		{ "\xe0\x80\xaf", "???" },
		{ "\xed\xa0\x80", "???" },	/* surrogate */
		{ "\xf4\x90\x80\x80", "????" }, /* above U+10FFFF */
		{ "\xf5\x80\x80\x80", "????" },
		{ "cut \xe2\x82", "cut ??" },
		{ "\x80", "?" },
	};

	log_setup("test", sink);
	log_context(NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		log_event(EV_KEY_FAILED, t[i].in, NO_FIELDS, "%s", t[i].in);
		CHECK_STR(seen_text, t[i].want, "row %zu", i);
		CHECK_STR(seen_remedy, t[i].want, "row %zu", i);
	}
}

TEST(log_text_is_cut_not_overrun)
{
	char longer[3 * LOG_TEXT_MAX];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	log_context(longer, NULL);
	log_event(EV_KEY_FAILED, longer, NO_FIELDS, "%s", longer);
	CHECK_EQ(strlen(seen_text), LOG_TEXT_MAX - 1);
	CHECK_EQ(strlen(seen_remedy), ERR_REMEDY_MAX - 1);
	log_context(NULL, NULL);
}

TEST(log_levels_filter)
{
	log_setup("test", sink);
	log_set_level(LOG_WARNING);
	n_seen = 0;
	log_info("not seen");
	log_warning("seen");
	CHECK_EQ(n_seen, 1);
	log_set_level(LOG_INFO);
}

TEST(log_event_ids_are_all_different)
{
	static const char *const ids[] = {
#define X(symbol, level, id, what) id,
		LOG_EVENTS(X)
#undef X
	};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		CHECK_EQ(strspn(ids[i], "0123456789abcdef"), 32, "%s", ids[i]);
		for (size_t k = 0; k < i; k++)
			CHECK(strcmp(ids[i], ids[k]) != 0, "%s", ids[i]);
	}
}

TEST_MAIN
