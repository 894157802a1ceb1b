/* SPDX-License-Identifier: MIT */
/*
 * pin: see pin.h
 */
#include "blob/pin.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_strong(const char *etag)
{
	return etag[0] == '"';
}

static enum pin_verdict refuse(enum pin_verdict v, struct err *e, const char *what)
{
	(void)err_set(e, v == PIN_CHANGED ? ESTALE : EIO, "%s", what);
	return v;
}

/* What no answer may have, whatever was asked. */
static const char *fault_of(const struct http_answer *a)
{
	if (a->is_bad)
		return a->says_bad;
	if (a->content_encoding[0] && strcmp(a->content_encoding, "identity") != 0)
		return "the server encodes the content although it was asked not to";
	return NULL;
}

static enum pin_verdict remember(struct pin *p, const struct http_answer *a, uint64_t size,
				 struct err *e)
{
	struct pin now = { .is_set = true, .size = size };

	if (is_strong(a->etag))
		memcpy(now.etag, a->etag, sizeof(now.etag));
	memcpy(now.last_modified, a->last_modified, sizeof(now.last_modified));
	if (!now.etag[0] && !now.last_modified[0]) {
		(void)refuse(PIN_NO_VALIDATOR, e,
			     "the server says neither ETag nor Last-Modified, so that a change of "
			     "the blob could not be noticed");
		err_remedy(e, "use a server that sends one of them");
		return PIN_NO_VALIDATOR;
	}
	*p = now;
	return PIN_OK;
}

static enum pin_verdict refuse_whole(struct err *e)
{
	(void)refuse(PIN_NO_RANGES, e, "the server answers a range request with the whole file");
	err_remedy(e, "use a server that supports range requests");
	return PIN_NO_RANGES;
}

/* The answer carries exactly [off, off + len) of a blob of @total bytes. */
static const char *range_fault(const struct http_answer *a, uint64_t off, uint64_t len)
{
	if (!a->has_range || !a->has_total)
		return "the answer does not say which range it is, of how many bytes";
	if (a->range_total > INT64_MAX)
		return "the blob is said to be larger than any file can be";
	if (a->range_first != off || a->range_last != off + len - 1)
		return "the answer is for another range";
	if (a->content_length >= 0 && (uint64_t)a->content_length != len)
		return "the answer is not as long as its range";
	return NULL;
}

enum pin_verdict pin_look(struct pin *p, const struct http_answer *a, uint64_t len, struct err *e)
{
	const char *fault = fault_of(a);
	uint64_t want = len;

	if (fault)
		return refuse(PIN_BAD_ANSWER, e, fault);
	if (a->status == 416 || (a->status != 206 && a->content_length == 0))
		return PIN_MAYBE_EMPTY;
	if (a->status != 206)
		return refuse_whole(e);
	if (a->has_total && a->range_total == 0)
		return PIN_MAYBE_EMPTY;
	if (a->content_length == 0)
		return PIN_MAYBE_EMPTY; /* Azurite: 206 with an odd range */
	if (a->has_total && a->range_total < want)
		want = a->range_total;
	fault = range_fault(a, 0, want);
	if (fault)
		return refuse(PIN_BAD_ANSWER, e, fault);
	return remember(p, a, a->range_total, e);
}

enum pin_verdict pin_look_empty(struct pin *p, const struct http_answer *a, struct err *e)
{
	const char *fault = fault_of(a);

	if (fault)
		return refuse(PIN_BAD_ANSWER, e, fault);
	if (a->content_length != 0)
		return refuse(PIN_NO_RANGES, e,
			      "the server sends no range of a blob that is not empty");
	return remember(p, a, 0, e);
}

/* The same version, as far as the answer says; a validator that is missing is no change. */
static enum pin_verdict check_version(const struct pin *p, const struct http_answer *a,
				      struct err *e)
{
	static const char changed[] = "the blob is no longer the one that was opened";

	if (p->etag[0]) {
		if (!is_strong(a->etag))
			return refuse(PIN_BAD_ANSWER, e, "the answer has no strong ETag any more");
		if (strcmp(a->etag, p->etag) != 0)
			return refuse(PIN_CHANGED, e, changed);
		return PIN_OK;
	}
	if (!a->last_modified[0])
		return refuse(PIN_BAD_ANSWER, e, "the answer has no Last-Modified any more");
	if (strcmp(a->last_modified, p->last_modified) != 0)
		return refuse(PIN_CHANGED, e, changed);
	if (a->has_total && a->range_total != p->size)
		return refuse(PIN_CHANGED, e, changed);
	return PIN_OK;
}

enum pin_verdict pin_check(const struct pin *p, const struct http_answer *a, uint64_t off,
			   uint64_t len, struct err *e)
{
	const char *fault = fault_of(a);
	enum pin_verdict v;

	if (fault)
		return refuse(PIN_BAD_ANSWER, e, fault);
	if (a->status == 412)
		return refuse(PIN_MAYBE_CHANGED, e, "the server says that the blob has changed");
	v = check_version(p, a, e);
	if (v != PIN_OK)
		return v;
	if (a->status != 206)
		return refuse_whole(e);
	fault = range_fault(a, off, len);
	if (!fault && a->range_total != p->size)
		fault = "the answer is of a blob of another length";
	return fault ? refuse(PIN_BAD_ANSWER, e, fault) : PIN_OK;
}

void pin_condition(const struct pin *p, char dst[PIN_CONDITION_MAX])
{
	dst[0] = '\0';
	if (!p->is_set)
		return;
	/* Both fit: their values are shorter than PIN_CONDITION_MAX by more than the names. */
	if (p->etag[0])
		(void)snprintf(dst, PIN_CONDITION_MAX, "If-Match: %s", p->etag);
	else
		(void)snprintf(dst, PIN_CONDITION_MAX, "If-Unmodified-Since: %s", p->last_modified);
}
