/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "lib/test.h"

static char seen_text[LOG_TEXT_MAX], seen_id[64], seen_share[64];
static unsigned n_seen;

static void sink(const struct log_record *r)
{
	n_seen++;
	snprintf(seen_text, sizeof(seen_text), "%s", r->text);
	snprintf(seen_id, sizeof(seen_id), "%s", r->message_id ? r->message_id : "");
	snprintf(seen_share, sizeof(seen_share), "%s", r->share ? r->share : "");
}

TEST(log_event_carries_id_and_context)
{
	log_setup("test", sink);
	log_context("models", "key");
	log_event(EV_KEY_READY, NULL, NO_FIELDS, "key of %d bytes", 32);
	CHECK_STR(seen_text, "key of 32 bytes");
	CHECK_STR(seen_share, "models");
	CHECK_EQ(strlen(seen_id), 32);
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
