/* SPDX-License-Identifier: MIT */
/*
 * config: see config.h
 */
#include "blob/config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/shell-quote.h"
#include "blob/azure.h"
#include "conf/share.h"
#include "source/source.h"

void config_free(struct config *c)
{
	if (!c)
		return;
	secret_free(c->sas);
	secret_free(c->hash_sas);
	free(c->dir);
	free(c->url);
	free(c->hash_url);
	free(c->share);
	free(c);
}

static void cleanup_config_fn(struct config **c)
{
	config_free(*c);
}

static int copy(const char *text, char **ret, struct err *e)
{
	if (!text)
		return 0;
	*ret = strdup(text);
	return *ret ? 0 : err_errno(e, ENOMEM, "read the configuration");
}

/* Only its owner may read it: a secret that others know protects nothing. */
static int open_secret_file(const char *path, int *ret_fd, struct err *e)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char quoted[ERR_REMEDY_MAX / 2];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(e, errno, "open the SAS file '%s'", path);
	if (S_ISREG(st.st_mode) && st.st_mode & (S_IRWXG | S_IRWXO)) {
		(void)err_set(e, EACCES, "the SAS file '%s' can be read by others", path);
		if (shell_quote(path, quoted, sizeof(quoted)) >= 0)
			err_remedy(e, "chmod 600 %s; make a new SAS if it was read", quoted);
		return -EACCES;
	}
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* The whole of it without line end and leading '?', NUL-terminated. */
static int read_sas(const char *path, struct secret **ret, struct err *e)
{
	cleanup_secret struct secret *raw = NULL, *sas = NULL;
	cleanup_fd int fd = -1;
	size_t first;
	int r = open_secret_file(path, &fd, e);

	if (r == 0)
		r = secret_read_fd(fd, &raw, e);
	if (r < 0) {
		err_wrap(e, "SAS file '%s'", path);
		return r;
	}
	while (raw->len > 0 && strchr("\r\n", raw->data[raw->len - 1]))
		raw->len--;
	first = raw->len > 0 && raw->data[0] == '?';
	if (raw->len == first || memchr(raw->data, '\0', raw->len))
		return err_set(e, EINVAL, "SAS file '%s': it holds no query string", path);
	r = secret_new(raw->len - first + 1, &sas, e);
	if (r == 0)
		r = secret_set(sas, raw->data + first, raw->len - first, e);
	if (r < 0)
		return r;
	*ret = steal_ptr(&sas);
	return 0;
}

static int check_url(const char *url, struct err *e)
{
	const char *query = strchr(url, '?');

	if (query && azure_query_is_sas(query + 1)) {
		(void)err_set(e, EINVAL, "the URL holds a SAS, which every process can see there");
		err_remedy(e, "put what follows the '?' into a file of mode 600, give it with "
			      "--sas-file=, and make a new SAS");
		return -EINVAL;
	}
	return 0;
}

static int load_by_hand(const struct config_options *o, struct config *c, struct err *e)
{
	int r = check_url(o->url, e);

	if (r == 0 && o->hash_url)
		r = check_url(o->hash_url, e);
	if (r == 0)
		r = copy(o->url, &c->url, e);
	if (r == 0)
		r = copy(o->hash_url, &c->hash_url, e);
	if (r == 0 && o->sas_file)
		r = read_sas(o->sas_file, &c->sas, e);
	if (r == 0 && o->hash_sas_file)
		r = read_sas(o->hash_sas_file, &c->hash_sas, e);
	if (r < 0)
		return r;
	c->dir = realpath(o->dir, NULL);
	if (!c->dir)
		return err_errno(e, errno, "mount point '%s'", o->dir);
	return 0;
}

static void cleanup_share_fn(struct share **s)
{
	share_free(*s);
}

#define cleanup_share __attribute__((cleanup(cleanup_share_fn)))

static int copy_secret(const char *text, struct secret **ret, struct err *e)
{
	cleanup_secret struct secret *s = NULL;
	int r;

	if (!text)
		return 0;
	r = secret_new(strlen(text) + 1, &s, e);
	if (r == 0)
		r = secret_set(s, text, strlen(text), e);
	if (r == 0)
		*ret = steal_ptr(&s);
	return r;
}

static int refuse_identity(const struct share *s, struct err *e)
{
	if (s->source.credential != SHARE_CREDENTIAL_MANAGED_IDENTITY &&
	    s->source.credential != SHARE_CREDENTIAL_WORKLOAD_IDENTITY)
		return 0;
	(void)err_set(e, EOPNOTSUPP, "%s: this identity is not served by this version",
		      share_credential_names[s->source.credential]);
	err_remedy(e, "use a shared access signature or a public blob until then");
	return -EOPNOTSUPP;
}

/* A unit holds no secret. Whether the hash URL has one is not told in the unit's text. */
static int load_share_secrets(const struct share *unit, struct config *c, struct err *e)
{
	cleanup_share struct share *s = NULL;
	bool has_sas = unit->source.credential == SHARE_CREDENTIAL_SAS;
	int r;

	if (!has_sas && !unit->volume.hash_url)
		return 0;
	r = source_load_secrets(unit, &s, e);
	if (r == -ENOENT && !has_sas) {
		memset(e, 0, sizeof(*e));
		return 0;
	}
	if (r == 0)
		r = copy_secret(s->source.sas, &c->sas, e);
	if (r == 0)
		r = copy_secret(s->volume.hash_sas, &c->hash_sas, e);
	return r;
}

static int load_share(const char *name, struct config *c, struct err *e)
{
	cleanup_share struct share *s = NULL;
	int r = 0;

	if (!share_name_is_valid(name))
		return err_set(e, EINVAL, "'%s' is no name of a share", name);
	r = source_load_unit_share(name, &s, e);
	if (r == 0)
		r = refuse_identity(s, e);
	if (r == 0 && !s->source.url)
		r = err_set(e, EBADMSG, "the share has no URL");
	if (r == 0)
		r = load_share_secrets(s, c, e);
	if (r == 0)
		r = copy(s->source.url, &c->url, e);
	if (r == 0)
		r = copy(s->volume.hash_url, &c->hash_url, e);
	if (r == 0)
		r = copy(name, &c->share, e);
	if (r < 0)
		return r;
	if (asprintf(&c->dir, "%s/%s", CONFIG_DIR, name) < 0) {
		c->dir = NULL;
		return err_errno(e, ENOMEM, "read the configuration");
	}
	c->is_dir_ours = true;
	return 0;
}

int config_load(const struct config_options *o, struct config **ret, struct err *e)
{
	__attribute__((cleanup(cleanup_config_fn))) struct config *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return err_errno(e, ENOMEM, "read the configuration");
	r = o->share ? load_share(o->share, c, e) : load_by_hand(o, c, e);
	if (r < 0)
		return r;
	*ret = steal_ptr(&c);
	return 0;
}
