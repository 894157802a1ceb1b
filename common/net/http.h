/* SPDX-License-Identifier: MIT */
/*
 * http: what every use of libcurl here has in common
 *
 * Policies of a transfer (TLS, redirects, protocols, time to connect), the headers of an
 * answer that we act on, and how a URL may appear in a message: never with its query,
 * which may be a credential.
 *
 * Everything in an answer is hostile: sizes are bounded, values are checked, and a
 * header given twice with two values spoils the answer.
 *
 * Threads: http_init() first, before any thread; the rest is free of shared state.
 * Uses: base, libcurl.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "base/macros.h"

#define HTTP_HEADERS_MAX  (64 * 1024) /* bytes of one answer's header */
#define HTTP_URL_MAX	  8192
#define HTTP_ORIGIN_MAX	  300
#define HTTP_ETAG_MAX	  256
#define HTTP_TOKEN_MAX	  128 /* error codes, ids, dates */
#define HTTP_REDIRECT_MAX 5

struct http_policy {
	const char *ca_file;  /* PEM bundle; NULL: the system's */
	unsigned connect_ms;  /* time limit for name, TCP and TLS together */
	bool may_redirect;    /* never from https to http, nor with a credential in it */
	bool is_tls_demanded; /* https only */
};

/** http_init - once per process, before the first thread; Return: 0, -EIO */
int http_init(struct err *e) must_check;

/**
 * http_easy_new - an easy handle of libcurl with our policies
 * @ret: CURL *; the caller sets URL, callbacks and its own time limits
 *
 * HTTP/1.1, http and https only, TLS 1.2 or later and verified, no proxy from the
 * environment, no cookies, no compression, no signals, no output of its own.
 *
 * Return: 0, -ENOMEM, -EIO (libcurl refuses an option)
 */
int http_easy_new(const struct http_policy *p, void **ret, struct err *e) must_check;

/** http_easy_free - close it; NULL is fine */
void http_easy_free(void *easy);

/** http_set_connect_ms - change the time limit of http_policy.connect_ms */
void http_set_connect_ms(void *easy, unsigned ms);

/* The parts of a URL that we look at. */
struct http_url {
	bool is_tls;
	char origin[HTTP_ORIGIN_MAX]; /* "https://host:port": may be shown */
	char host[HTTP_ORIGIN_MAX];   /* without port and brackets, lower case */
	const char *path;	      /* into the URL: from '/', or "" */
	size_t path_len;	      /* without query */
	const char *query;	      /* behind '?', or NULL: never shown */
};

/**
 * http_url_split - check and take apart
 * @url: stays the owner of path and query
 *
 * Refused: other schemes, a user name, a fragment, control characters, blanks, lengths
 * above HTTP_URL_MAX.
 *
 * Return: 0, -EINVAL (the text shows no more than scheme and host)
 */
int http_url_split(const char *url, struct http_url *ret, struct err *e) must_check;

/* What is kept of an answer's header. Texts are printable ASCII, "" when absent. */
struct http_answer {
	int status;	  /* of the last status line; 0: none yet */
	bool is_complete; /* the blank line has come */
	bool is_bad;	  /* contradicts itself or is malformed; says_bad tells how */
	const char *says_bad;
	size_t header_bytes;
	int64_t content_length; /* -1: not said */
	bool has_range;		/* Content-Range: bytes first-last/total */
	bool has_total;		/* total is a number; a 416 has it without a range */
	uint64_t range_first, range_last, range_total;
	uint64_t retry_after_ms;  /* 0: not said */
	time_t date;		  /* of the Date header; 0: none or unreadable */
	char etag[HTTP_ETAG_MAX]; /* with its quotes, and W/ when weak */
	char last_modified[HTTP_TOKEN_MAX];
	char content_encoding[HTTP_TOKEN_MAX];
	char ms_error_code[HTTP_TOKEN_MAX];
	char ms_request_id[HTTP_TOKEN_MAX];
	char ms_version[HTTP_TOKEN_MAX];
	char ms_blob_type[HTTP_TOKEN_MAX];
};

/** http_answer_reset - before the first line */
void http_answer_reset(struct http_answer *a);

/**
 * http_answer_line - take in one line of the header
 * @line: @len bytes with or without CR LF; a status line starts a new block (100, redirects)
 * @now:  for a Retry-After that is a date
 *
 * Return: 0, -E2BIG (more than HTTP_HEADERS_MAX); mistakes set is_bad
 */
int http_answer_line(struct http_answer *a, const char *line, size_t len, time_t now) must_check;

/** http_status_text - "503 Service Unavailable", "418" */
const char *http_status_text(int status, char dst[HTTP_TOKEN_MAX]);
