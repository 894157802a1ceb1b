/* SPDX-License-Identifier: MIT */
/*
 * provider: the table of those that this version serves
 */
#include "key/provider.h"

#include <errno.h>

static const struct provider providers[] = {
	{ SHARE_PROVIDER_RAW, provider_raw_fetch,
	  "the key stands in the configuration itself: whoever reads the configuration has the "
	  "data",
	  "keep this for tests; use key provider 'credential' or 'file' for data that matters" },
	{ SHARE_PROVIDER_CREDENTIAL, provider_credential_fetch, NULL, NULL },
	{ SHARE_PROVIDER_FILE, provider_file_fetch, NULL, NULL },
};

const struct provider *provider_find(enum share_provider id, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(providers); i++)
		if (providers[i].id == id)
			return &providers[i];
	/* in the words of the warning that the configuration got (conf-check.c) */
	(void)err_set(e, EOPNOTSUPP,
		      "key provider '%s': secure key release is not served by this version",
		      share_provider_names[id]);
	err_remedy(e, "use the provider credential or file until then");
	return NULL;
}
