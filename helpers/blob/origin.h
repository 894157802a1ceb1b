/* SPDX-License-Identifier: MIT */
/*
 * origin: from a URL or path to the transport that reads it
 *
 * Uses: base, blob/{transport-file,transport-http}.h.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "base/secret.h"
#include "blob/transport.h"

struct origin_config {
	const char *url;	  /* http://, https://, file:/// or an absolute path */
	const struct secret *sas; /* NUL-terminated query string; NULL: none */
	const char *ca_file;	  /* NULL: the system's */
	unsigned n_parallel;
};

/**
 * origin_open - nothing is asked of a server yet; a file is opened
 *
 * Return: 0; -EINVAL (URL or SAS), or what the transports' _new() return
 */
int origin_open(const struct origin_config *config, struct transport **ret,
		struct err *e) must_check;
