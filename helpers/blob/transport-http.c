/* SPDX-License-Identifier: MIT */
/*
 * transport-http: see transport-http.h
 *
 * start() puts the fetch into a queue and wakes the reactor; all else happens in its
 * thread. A slot is one easy handle with its buffers, made once, so that a request
 * allocates next to nothing.
 *
 *	slot	event				next	action
 *	free	a fetch is in the queue		busy	headers, time limits, off it goes
 *	busy	header complete, judged good	body
 *	busy	header complete, judged bad	error	break off; say why
 *	busy	error status			error	read a little of the text, so that the
 *							connection can be kept
 *	body	bytes				body	into the fetch's memory, progress
 *	any	end, failure, time limit	free	done
 */
#include "blob/transport-http.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/cleanup.h"
#include "blob/azure.h"
#include "blob/pin.h"
#include "net/http.h"

#define CONNECT_MS	    5000
#define CONNECT_FIRST_MS    10000 /* the network may just be coming up */
#define FIRST_BYTE_MS	    10000
#define CONNECT_POLL_MS	    500
#define WHOLE_MS	    10000 /* and a second for each MiB: slower than that is broken */
#define MIB		    (1024 * 1024)
#define RECEIVE_BUFFER_SIZE (128 * 1024)
#define ERROR_BODY_MAX	    16384 /* bytes of an error's text that are read and dropped */
#define SLOT_HEADERS_MAX    6
#define IDLE_POLL_MS	    60000
#define REQUEST_ID_SIZE	    16

enum slot_phase { SLOT_FREE, SLOT_HEADER, SLOT_BODY, SLOT_ERROR };

struct slot {
	struct http *http;
	void *easy;
	enum slot_phase phase;
	struct fetch *fetch;
	bool is_head; /* second half of a look at an empty blob */
	struct http_answer answer;
	struct fetch_result result;
	size_t n_bytes;	     /* of the body that are in place */
	unsigned iov;	     /* where the next one goes */
	size_t iov_pos;	     /* in it */
	size_t n_error_body; /* bytes of an error's text */
	uint64_t started_ms, first_byte_by_ms;
	char range[64];
	char condition[PIN_CONDITION_MAX];
	char request_id[64];
	struct curl_slist headers[SLOT_HEADERS_MAX];
	char curl_text[CURL_ERROR_SIZE];
};

struct http {
	struct transport transport; /* first */
	struct secret *url;	    /* with the SAS */
	const char *query;	    /* into url; NULL: none */
	char origin[HTTP_ORIGIN_MAX];
	char label[HTTP_ORIGIN_MAX + 512];
	bool is_azure;
	struct pin pin; /* of the reactor's thread */
	CURLM *multi;
	struct slot *slots;
	unsigned n_slots, n_busy;
	pthread_t thread;
	pthread_mutex_t lock;
	struct fetch *first, *last;			      /* queue; under the lock */
	struct fetch *cancelled[TRANSPORT_HTTP_PARALLEL_MAX]; /* the same */
	unsigned n_cancelled;
	bool is_stopping;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* this clock cannot fail */
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- the answer ---- */

static void fail(struct slot *s, enum pace_class class)
{
	s->result.class = class;
	(void)snprintf(s->result.brief, sizeof(s->result.brief), "%.*s", FETCH_BRIEF_MAX - 1,
		       s->result.err.text);
	err_wrap(&s->result.err, "%s", s->http->label);
	s->phase = SLOT_ERROR;
}

static bool is_redirect(const struct slot *s)
{
	int status = s->answer.status;

	return !s->http->query && !s->http->is_azure &&
	       (status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
}

static void explain_status(struct slot *s)
{
	struct err *e = &s->result.err;
	int status = s->answer.status;
	char text[HTTP_TOKEN_MAX];

	if (s->http->is_azure || s->answer.ms_error_code[0]) {
		azure_explain(&s->answer, s->http->query, time(NULL), e);
		return;
	}
	(void)err_set(e, status == 404 ? ENOENT : EACCES, "the server answers %s",
		      http_status_text(status, text));
	if (status == 404 || status == 410)
		err_remedy(e, "check the path of the URL");
	else if (status == 401 || status == 403)
		err_remedy(e, "check that the server permits reading, and the credential if "
			      "one is needed");
}

/* A verdict of pin.h as a class; PIN_OK goes on to the body. */
static void take_verdict(struct slot *s, enum pin_verdict v)
{
	static const enum pace_class classes[] = {
		[PIN_CHANGED] = PACE_CHANGED,	    [PIN_BAD_ANSWER] = PACE_AGAIN,
		[PIN_NO_RANGES] = PACE_REFUSED,	    [PIN_NO_VALIDATOR] = PACE_REFUSED,
		[PIN_MAYBE_CHANGED] = PACE_REFUSED,
	};

	if (v == PIN_OK) {
		s->phase = SLOT_BODY;
		return;
	}
	if (v == PIN_MAYBE_EMPTY) {
		s->is_head = true; /* asked again when this transfer has ended */
		s->phase = SLOT_ERROR;
		return;
	}
	s->result.is_maybe_changed = v == PIN_MAYBE_CHANGED && !s->fetch->is_unconditional;
	fail(s, classes[v]);
}

static void judge(struct slot *s)
{
	struct fetch *f = s->fetch;
	const struct http_answer *a = &s->answer;
	struct err *e = &s->result.err;
	bool is_range = a->status == 200 || a->status == 206;

	if (s->is_head && is_range)
		take_verdict(s, pin_look_empty(&s->http->pin, a, e));
	else if (f->is_look && !s->is_head && (is_range || a->status == 416))
		take_verdict(s, pin_look(&s->http->pin, a, f->len, e));
	else if (!f->is_look && (is_range || a->status == 412))
		take_verdict(s, pin_check(&s->http->pin, a, f->off, f->len, e));
	else {
		explain_status(s);
		s->result.retry_after_ms = a->retry_after_ms;
		fail(s, pace_classify(a->status));
	}
}

/* Header line; returning anything but the size breaks the transfer off. */
static size_t on_header(char *data, size_t size, size_t n, void *user)
{
	struct slot *s = user;
	size_t len = size * n;

	if (s->phase != SLOT_HEADER)
		return len; /* trailers */
	if (http_answer_line(&s->answer, data, len, time(NULL)) < 0) {
		(void)err_set(&s->result.err, EBADMSG, "the header of the answer is too large");
		fail(s, PACE_AGAIN);
		return 0;
	}
	if (!s->answer.is_complete || s->answer.status < 200 || is_redirect(s)) {
		s->answer.is_complete = false;
		return len;
	}
	judge(s);
	if (s->phase == SLOT_ERROR && (s->answer.status == 200 || s->answer.status == 206))
		return 0; /* not a byte of what may be gigabytes */
	return len;
}

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	struct slot *s = user;
	struct fetch *f = s->fetch;
	size_t len = size * n, left = len;

	if (s->phase != SLOT_BODY) {
		s->n_error_body += len;
		return s->n_error_body > ERROR_BODY_MAX ? 0 : len;
	}
	while (left > 0 && s->iov < f->n_iov) {
		struct iovec *v = &f->iov[s->iov];
		size_t part = v->iov_len - s->iov_pos;

		part = part < left ? part : left;
		memcpy((char *)v->iov_base + s->iov_pos, data, part);
		data += part;
		left -= part;
		s->n_bytes += part;
		s->iov_pos += part;
		if (s->iov_pos == v->iov_len) {
			s->iov++;
			s->iov_pos = 0;
		}
	}
	if (left > 0) {
		(void)err_set(&s->result.err, EBADMSG, "the answer is longer than its range");
		fail(s, PACE_AGAIN);
		return 0;
	}
	if (!f->is_look)
		s->http->transport.events.progress(s->http->transport.events.user, f, s->n_bytes);
	return len;
}

/* ---- the request ---- */

static void add_header(struct slot *s, unsigned *n, char *line)
{
	s->headers[*n].data = line;
	s->headers[*n].next = NULL;
	if (*n > 0)
		s->headers[*n - 1].next = &s->headers[*n];
	(*n)++;
}

static void make_request_id(struct slot *s)
{
	uint8_t bytes[REQUEST_ID_SIZE] = { 0 };
	int n = snprintf(s->request_id, sizeof(s->request_id), "x-ms-client-request-id: ");

	unused_arg ssize_t got = getrandom(bytes, sizeof(bytes), GRND_NONBLOCK); /* zeros do, too */
	for (size_t i = 0; i < sizeof(bytes); i++)
		n += snprintf(s->request_id + n, sizeof(s->request_id) - (size_t)n, "%02x",
			      bytes[i]);
}

static void set_headers(struct slot *s)
{
	static char version[] = "x-ms-version: " AZURE_VERSION,
		    identity[] = "Accept-Encoding: identity";
	struct fetch *f = s->fetch;
	unsigned n = 0;

	add_header(s, &n, identity);
	if (!s->is_head) {
		(void)snprintf(s->range, sizeof(s->range), "%s: bytes=%" PRIu64 "-%" PRIu64,
			       s->http->is_azure ? "x-ms-range" : "Range", f->off,
			       f->off + f->len - 1);
		add_header(s, &n, s->range);
	}
	pin_condition(&s->http->pin, s->condition);
	if (s->condition[0] && !f->is_unconditional)
		add_header(s, &n, s->condition);
	if (s->http->is_azure) {
		make_request_id(s);
		add_header(s, &n, version);
		add_header(s, &n, s->request_id);
	}
	(void)curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER,
			       s->headers); /* not copied: cannot fail */
}

static void slot_start(struct slot *s)
{
	struct fetch *f = s->fetch;
	uint64_t whole = WHOLE_MS + (uint64_t)f->len * 1000 / MIB;
	unsigned connect = f->is_look ? CONNECT_FIRST_MS : CONNECT_MS;

	s->phase = SLOT_HEADER;
	s->n_bytes = s->iov_pos = s->n_error_body = 0;
	s->iov = 0;
	s->curl_text[0] = '\0';
	memset(&s->result, 0, sizeof(s->result));
	http_answer_reset(&s->answer);
	set_headers(s);
	s->started_ms = now_ms();
	s->first_byte_by_ms = s->started_ms + FIRST_BYTE_MS;
	/* None of these fails: they store a number. */
	http_set_connect_ms(s->easy, connect);
	(void)curl_easy_setopt(s->easy, CURLOPT_TIMEOUT_MS, (long)(connect + whole));
	(void)curl_easy_setopt(s->easy, CURLOPT_FRESH_CONNECT, f->wants_fresh ? 1L : 0L);
	(void)curl_easy_setopt(s->easy, CURLOPT_NOBODY, s->is_head ? 1L : 0L);
	if (!s->is_head)
		(void)curl_easy_setopt(s->easy, CURLOPT_HTTPGET, 1L);
	(void)curl_multi_add_handle(s->http->multi, s->easy); /* only our own bug makes it fail */
}

/* ---- the end of a transfer ---- */

static const struct {
	CURLcode code;
	enum pace_class class;
	const char *text;
} curl_rows[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, PACE_AGAIN, "the name cannot be resolved" },
	{ CURLE_COULDNT_CONNECT, PACE_AGAIN, "no connection" },
	{ CURLE_OPERATION_TIMEDOUT, PACE_AGAIN, "no answer in time" },
	{ CURLE_PARTIAL_FILE, PACE_AGAIN, "the answer broke off" },
	{ CURLE_GOT_NOTHING, PACE_AGAIN, "the connection was closed without an answer" },
	{ CURLE_RECV_ERROR, PACE_AGAIN, "the connection broke" },
	{ CURLE_SEND_ERROR, PACE_AGAIN, "the connection broke" },
	{ CURLE_SSL_CONNECT_ERROR, PACE_AGAIN, "no secure connection" },
	{ CURLE_PEER_FAILED_VERIFICATION, PACE_HOLD, "the server's certificate is not accepted" },
	{ CURLE_SSL_CACERT_BADFILE, PACE_HOLD, "the bundle of certificates cannot be read" },
	{ CURLE_TOO_MANY_REDIRECTS, PACE_REFUSED, "the server redirects too often" },
	{ CURLE_UNSUPPORTED_PROTOCOL, PACE_REFUSED, "the server redirects to another protocol" },
	{ CURLE_URL_MALFORMAT, PACE_REFUSED, "the URL is malformed" },
};

static void explain_curl(struct slot *s, CURLcode code)
{
	enum pace_class class = PACE_AGAIN;
	const char *text = curl_easy_strerror(code);
	struct err *e = &s->result.err;

	for (size_t i = 0; i < ARRAY_SIZE(curl_rows); i++)
		if (curl_rows[i].code == code) {
			class = curl_rows[i].class;
			text = curl_rows[i].text;
		}
	s->curl_text[strcspn(s->curl_text, "?\n")] = '\0'; /* a query never reaches a message */
	(void)err_set(e, code == CURLE_OPERATION_TIMEDOUT ? ETIMEDOUT : EIO, "%s%s%s%s", text,
		      s->curl_text[0] ? " (" : "", s->curl_text, s->curl_text[0] ? ")" : "");
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		err_remedy(e, "check the clock and the host name, or add the server's CA to the "
			      "system's certificates");
	fail(s, class);
}

/* What has ended must not be cancelled under the name of a later fetch. */
static void forget_cancel(struct http *h, const struct fetch *f)
{
	(void)pthread_mutex_lock(&h->lock);
	for (unsigned i = 0; i < h->n_cancelled; i++)
		if (h->cancelled[i] == f)
			h->cancelled[i--] = h->cancelled[--h->n_cancelled];
	(void)pthread_mutex_unlock(&h->lock);
}

/* Ends the lending of the fetch; the slot is free for the next one. */
static void slot_done(struct slot *s)
{
	struct fetch *f = s->fetch;
	struct transport_events *ev = &s->http->transport.events;

	s->fetch = NULL;
	s->phase = SLOT_FREE;
	s->is_head = false;
	s->http->n_busy--;
	forget_cancel(s->http, f);
	ev->done(ev->user, f, &s->result);
}

static bool is_whole(const struct slot *s)
{
	const struct fetch *f = s->fetch;
	size_t want = f->len;

	if (f->is_look && s->http->pin.size < want)
		want = s->http->pin.size;
	return s->n_bytes == want;
}

static void slot_end(struct slot *s, CURLcode code)
{
	long n_new = 0;

	(void)curl_multi_remove_handle(s->http->multi, s->easy); /* it is there */
	(void)curl_easy_getinfo(s->easy, CURLINFO_NUM_CONNECTS, &n_new);
	if (s->is_head && s->phase == SLOT_ERROR && s->result.class == PACE_OK) {
		slot_start(s);
		return;
	}
	if (s->phase == SLOT_HEADER && code == CURLE_OK) {
		(void)err_set(&s->result.err, EBADMSG, "the answer has no header");
		fail(s, PACE_AGAIN);
	} else if (s->phase != SLOT_ERROR && code != CURLE_OK) {
		explain_curl(s, code);
		s->result.was_reused =
			n_new == 0 && s->n_bytes == 0 && code != CURLE_OPERATION_TIMEDOUT;
	} else if (s->phase == SLOT_BODY && !is_whole(s)) {
		(void)err_set(&s->result.err, EBADMSG, "the answer is shorter than its range");
		fail(s, PACE_AGAIN);
	}
	if (s->phase == SLOT_BODY && s->fetch->is_look)
		s->fetch->blob_size = s->http->pin.size;
	else if (s->phase == SLOT_ERROR && s->fetch->is_look)
		s->http->pin.is_set = false; /* not opened: the next look starts afresh */
	slot_done(s);
}

static void slot_abort(struct slot *s, enum pace_class class, const char *why)
{
	(void)curl_multi_remove_handle(s->http->multi, s->easy); /* it is there */
	(void)err_set(&s->result.err, ETIMEDOUT, "%s", why);
	s->result.was_reused = false;
	fail(s, class);
	if (s->fetch->is_look)
		s->http->pin.is_set = false;
	slot_done(s);
}

/* ---- the reactor ---- */

static void start_queued(struct http *h)
{
	struct fetch *f;

	(void)pthread_mutex_lock(&h->lock);
	f = h->first;
	h->first = h->last = NULL;
	(void)pthread_mutex_unlock(&h->lock);
	while (f) {
		struct fetch *next = f->next;
		unsigned i = 0;

		while (h->slots[i].phase != SLOT_FREE)
			i++; /* the core starts no more than there are slots */
		h->slots[i].fetch = f;
		h->n_busy++;
		slot_start(&h->slots[i]);
		f = next;
	}
}

static void end_cancelled(struct http *h)
{
	for (;;) {
		struct fetch *f = NULL;

		(void)pthread_mutex_lock(&h->lock);
		if (h->n_cancelled > 0)
			f = h->cancelled[--h->n_cancelled];
		(void)pthread_mutex_unlock(&h->lock);
		if (!f)
			return;
		for (unsigned i = 0; i < h->n_slots; i++)
			if (h->slots[i].fetch == f)
				slot_abort(&h->slots[i], PACE_CANCELLED, "not wanted any more");
	}
}

static void end_finished(struct http *h)
{
	CURLMsg *msg;
	int n_left;

	while ((msg = curl_multi_info_read(h->multi, &n_left)) != NULL) {
		struct slot *s = NULL;
		CURLcode code = msg->data.result;

		if (msg->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&s);
		slot_end(s, code);
	}
}

/* Has it been without an answer for too long since the request was sent? */
static bool is_late(struct slot *s, uint64_t now)
{
	curl_off_t sent_us = 0;

	if (s->first_byte_by_ms > now)
		return false;
	(void)curl_easy_getinfo(s->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us); /* or 0 */
	if (sent_us == 0) /* still connecting, which libcurl limits */
		s->first_byte_by_ms = now + CONNECT_POLL_MS;
	else
		s->first_byte_by_ms = s->started_ms + (uint64_t)sent_us / 1000 + FIRST_BYTE_MS;
	return s->first_byte_by_ms <= now;
}

/* Ends what got no first byte in time; returns milliseconds until the next one is late. */
static int end_late(struct http *h)
{
	uint64_t now = now_ms(), next = now + IDLE_POLL_MS;

	for (unsigned i = 0; i < h->n_slots && h->n_busy > 0; i++) {
		struct slot *s = &h->slots[i];

		if (s->phase != SLOT_HEADER)
			continue;
		if (is_late(s, now))
			slot_abort(s, PACE_AGAIN, "no answer in time");
		else if (s->first_byte_by_ms < next)
			next = s->first_byte_by_ms;
	}
	return (int)(next - now);
}

static bool must_stop(struct http *h)
{
	bool yes;

	(void)pthread_mutex_lock(&h->lock);
	yes = h->is_stopping;
	(void)pthread_mutex_unlock(&h->lock);
	return yes;
}

static void *thread_main(void *arg)
{
	struct http *h = arg;
	int n_running, wait_ms;

	while (!must_stop(h)) {
		start_queued(h);
		end_cancelled(h);
		(void)curl_multi_perform(h->multi, &n_running); /* faults show in the transfers */
		end_finished(h);
		wait_ms = end_late(h);
		(void)curl_multi_poll(h->multi, NULL, 0, wait_ms, NULL); /* woken early: look */
	}
	return NULL;
}

static void http_start(struct transport *t, struct fetch *f)
{
	struct http *h = (struct http *)t;

	f->next = NULL;
	(void)pthread_mutex_lock(&h->lock);
	if (h->last)
		h->last->next = f;
	else
		h->first = f;
	h->last = f;
	(void)pthread_mutex_unlock(&h->lock);
	(void)curl_multi_wakeup(h->multi); /* cannot fail on a live handle */
}

static void http_cancel(struct transport *t, struct fetch *f)
{
	struct http *h = (struct http *)t;

	(void)pthread_mutex_lock(&h->lock);
	if (h->n_cancelled < ARRAY_SIZE(h->cancelled))
		h->cancelled[h->n_cancelled++] = f;
	(void)pthread_mutex_unlock(&h->lock);
	(void)curl_multi_wakeup(h->multi); /* as above */
}

/* ---- life ---- */

static void http_release(struct http *h)
{
	for (unsigned i = 0; i < h->n_slots; i++) {
		if (!h->slots[i].easy)
			continue;
		(void)curl_multi_remove_handle(h->multi, h->slots[i].easy); /* if it is there */
		http_easy_free(h->slots[i].easy);
	}
	free(h->slots);
	(void)curl_multi_cleanup(h->multi); /* empty now */
	secret_free(h->url);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}

static void http_free(struct transport *t)
{
	struct http *h = (struct http *)t;

	(void)pthread_mutex_lock(&h->lock);
	h->is_stopping = true;
	(void)pthread_mutex_unlock(&h->lock);
	(void)curl_multi_wakeup(h->multi); /* as above */
	(void)pthread_join(h->thread, NULL);
	http_release(h);
}

static int make_url(struct http *h, const struct transport_http_config *config, struct err *e)
{
	struct http_url url;
	const char *sas = config->sas ? (const char *)config->sas->data : NULL;
	size_t len = strlen(config->url) + 2 + (config->sas ? config->sas->len : 0);
	int r;

	if (sas && *sas == '?')
		sas++;
	if (sas && sas[strcspn(sas, "# \t\r\n")])
		return err_set(e, EINVAL, "the SAS holds a blank or '#'");
	r = http_url_split(config->url, &url, e);
	if (r == 0)
		r = secret_new(len, &h->url, e);
	if (r < 0)
		return r;
	/* It fits: len counts all parts. */
	h->url->len = (size_t)snprintf((char *)h->url->data, len, "%s%s%s", config->url,
				       sas ? (url.query ? "&" : "?") : "", sas ? sas : "");
	r = http_url_split((const char *)h->url->data, &url, e);
	if (r < 0)
		return r;
	h->query = url.query;
	h->is_azure = azure_is_spoken(&url, url.query);
	memcpy(h->origin, url.origin, sizeof(h->origin));
	/* A path too long to show is cut. */
	(void)snprintf(h->label, sizeof(h->label), "%s%.*s", url.origin,
		       (int)(url.path_len < 500 ? url.path_len : 500), url.path);
	return 0;
}

static int slot_init(struct slot *s, struct http *h, const struct http_policy *policy,
		     struct err *e)
{
	CURLcode c = CURLE_OK;
	int r = http_easy_new(policy, &s->easy, e);

	if (r < 0)
		return r;
	s->http = h;
	c |= curl_easy_setopt(s->easy, CURLOPT_URL, (const char *)h->url->data);
	c |= curl_easy_setopt(s->easy, CURLOPT_PRIVATE, (void *)s);
	c |= curl_easy_setopt(s->easy, CURLOPT_HEADERFUNCTION, on_header);
	c |= curl_easy_setopt(s->easy, CURLOPT_HEADERDATA, (void *)s);
	c |= curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_body);
	c |= curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, (void *)s);
	c |= curl_easy_setopt(s->easy, CURLOPT_ERRORBUFFER, s->curl_text);
	c |= curl_easy_setopt(s->easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER_SIZE);
	return c == CURLE_OK ? 0 : err_set(e, EIO, "libcurl does not take an option");
}

static int make_slots(struct http *h, const struct transport_http_config *config, struct err *e)
{
	struct http_policy policy = {
		.ca_file = config->ca_file,
		.connect_ms = CONNECT_FIRST_MS,
		.may_redirect = !h->query && !h->is_azure,
		.is_tls_demanded = h->url->data[4] == 's' || h->url->data[4] == 'S',
	};
	int r = 0;

	h->slots = calloc(config->n_parallel, sizeof(*h->slots));
	h->multi = curl_multi_init();
	if (!h->slots || !h->multi)
		return err_errno(e, ENOMEM, "set up connections");
	h->n_slots = config->n_parallel;
	for (unsigned i = 0; i < h->n_slots && r == 0; i++)
		r = slot_init(&h->slots[i], h, &policy, e);
	/* Left alone it shrinks in a lull, and drops connections that are still warm. */
	(void)curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)h->n_slots + 2);
	return r;
}

int transport_http_new(const struct transport_http_config *config, struct transport **ret,
		       struct err *e)
{
	static const struct transport_ops ops = { http_start, http_cancel, http_free };
	struct http *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return err_errno(e, ENOMEM, "set up connections");
	(void)pthread_mutex_init(&h->lock, NULL); /* cannot fail on Linux */
	r = make_url(h, config, e);
	if (r == 0)
		r = make_slots(h, config, e);
	if (r == 0) {
		h->transport.ops = &ops;
		h->transport.origin = h->origin;
		h->transport.label = h->label;
		h->transport.n_parallel = h->n_slots;
		r = pthread_create(&h->thread, NULL, thread_main, h);
		if (r != 0)
			r = err_errno(e, r, "start a thread");
	}
	if (r < 0) {
		http_release(h);
		return r;
	}
	*ret = &h->transport;
	return 0;
}
