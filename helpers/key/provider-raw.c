/* SPDX-License-Identifier: MIT */
/*
 * provider-raw: the key as hexadecimal digits in the configuration, for tests
 */
#include <errno.h>
#include <string.h>

#include "base/encode.h"
#include "key/provider.h"
#include "source/source.h"

static int decode(const char *hex, struct secret **ret, struct err *e)
{
	cleanup_secret struct secret *s = NULL;
	size_t len = strlen(hex);
	long n;
	int r;

	if (len == 0 || len > 2 * SHARE_KEY_SIZE_MAX)
		return err_set(e, EBADMSG,
			       "the key in the configuration has %zu digits, not 2 to %d", len,
			       2 * SHARE_KEY_SIZE_MAX);
	r = secret_new((len + 1) / 2, &s, e);
	if (r < 0)
		return r;
	n = hex_decode(hex, len, s->data);
	if (n < 0)
		return err_set(e, EBADMSG, "the key in the configuration is not hexadecimal");
	s->len = (size_t)n;
	*ret = steal_ptr(&s);
	return 0;
}

int provider_raw_fetch(const struct share *share, struct secret **ret, struct err *e)
{
	struct share *full = NULL;
	int r;

	r = source_load_secrets(share, &full, e);
	if (r < 0)
		return r;
	if (full->key.hex)
		r = decode(full->key.hex, ret, e);
	else
		r = err_set(e, EBADMSG, "the configuration of the share holds no key");
	share_free(full);
	return r;
}
