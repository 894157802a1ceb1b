/* SPDX-License-Identifier: MIT */
/*
 * azure: the dialect of Azure Blob Storage
 *
 * The only code that knows it: which hosts speak it, what a request needs beyond plain
 * HTTP, and what an error means to the person who has to mend it.
 *
 * Pure: the clock is an argument. No text made here holds any part of a SAS but the
 * time of its end.
 * Uses: net/http.h (types only).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "base/macros.h"
#include "net/http.h"

#define AZURE_VERSION	      "2021-12-02"
#define AZURE_CLOCK_SLACK_SEC 300 /* issuers back-date a SAS by 15 minutes */

/** azure_is_spoken - by the host's name, the emulator's path, or a SAS in @query (may be NULL) */
bool azure_is_spoken(const struct http_url *url, const char *query) must_check;

/** azure_query_is_sas - holds a signature */
bool azure_query_is_sas(const char *query) must_check;

/** azure_sas_expiry - the "se" of a SAS; 0 when it says none that can be read */
time_t azure_sas_expiry(const char *query) must_check;

/** azure_time_text - "2026-01-31 12:00:00 UTC" */
const char *azure_time_text(time_t when, char dst[32]);

/**
 * azure_explain - cause and remedy of an error answer
 * @a:	     its header
 * @query:   the SAS, or NULL
 * @now:     our clock
 * @e:	     text is replaced, remedy set
 */
void azure_explain(const struct http_answer *a, const char *query, time_t now, struct err *e);
