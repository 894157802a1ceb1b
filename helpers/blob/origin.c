/* SPDX-License-Identifier: MIT */
/*
 * origin: see origin.h
 */
#include "blob/origin.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/encode.h"
#include "blob/transport-file.h"
#include "blob/transport-http.h"

/* The path of a file URL, with %XX resolved. */
static int decode_path(const char *text, char dst[PATH_MAX], struct err *e)
{
	size_t n = 0;

	for (; *text; text++) {
		uint8_t c = (uint8_t)*text;

		if (c == '%') {
			if (hex_decode(text + 1, strnlen(text + 1, 2), &c) != 1 || c == 0)
				return err_set(e, EINVAL,
					       "the URL of the file holds a '%%' that "
					       "is not followed by two hex digits");
			text += 2;
		}
		if (n + 1 >= PATH_MAX)
			return err_set(e, ENAMETOOLONG, "the path of the file is too long");
		dst[n++] = (char)c;
	}
	dst[n] = '\0';
	return 0;
}

static int open_file_url(const char *url, struct transport **ret, struct err *e)
{
	char path[PATH_MAX];
	int r;

	if (url[strlen("file://")] != '/')
		return err_set(e, EINVAL, "a file URL has three slashes: file:///path");
	r = decode_path(url + strlen("file://"), path, e);
	return r < 0 ? r : transport_file_new(path, ret, e);
}

int origin_open(const struct origin_config *config, struct transport **ret, struct err *e)
{
	struct transport_http_config http = {
		.url = config->url,
		.sas = config->sas,
		.ca_file = config->ca_file,
		.n_parallel = config->n_parallel,
	};

	if (config->url[0] == '/')
		return transport_file_new(config->url, ret, e);
	if (strncasecmp(config->url, "file://", strlen("file://")) == 0)
		return open_file_url(config->url, ret, e);
	return transport_http_new(&http, ret, e);
}
