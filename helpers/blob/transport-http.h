/* SPDX-License-Identifier: MIT */
/*
 * transport-http: ranges of a blob over HTTP and HTTPS
 *
 * One thread with libcurl's multi interface, HTTP/1.1 and kept-alive connections. Each
 * request carries the pinned version as its condition, and each answer is judged when its
 * header is complete: what is not exactly the wanted range of the wanted version is
 * broken off before a byte of it is taken.
 *
 * Uses: net/http.h, blob/{azure,pin,transport}.h, libcurl.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "base/secret.h"
#include "blob/transport.h"

#define TRANSPORT_HTTP_PARALLEL_DEFAULT 16
#define TRANSPORT_HTTP_PARALLEL_MAX	64

struct transport_http_config {
	const char *url;	  /* may have a query that is no credential */
	const struct secret *sas; /* query string without '?', NUL-terminated; NULL: none */
	const char *ca_file;	  /* PEM bundle; NULL: the system's */
	unsigned n_parallel;	  /* 1 to TRANSPORT_HTTP_PARALLEL_MAX */
};

/**
 * transport_http_new - start the thread; nothing is asked of the server yet
 *
 * Everything in @config is copied.
 *
 * Return: 0, -EINVAL (the URL or the SAS), -ENOMEM, -EIO (libcurl), or an error of
 * pthread_create(3)
 */
int transport_http_new(const struct transport_http_config *config, struct transport **ret,
		       struct err *e) must_check;
