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
#include "blob/azure.h"

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
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(e, errno, "open the SAS file '%s'", path);
	if (S_ISREG(st.st_mode) && st.st_mode & (S_IRWXG | S_IRWXO)) {
		(void)err_set(e, EACCES, "the SAS file '%s' can be read by others", path);
		err_remedy(e, "chmod 600 '%s', and make a new SAS if it was read", path);
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

int config_load(const struct config_options *o, struct config **ret, struct err *e)
{
	__attribute__((cleanup(cleanup_config_fn))) struct config *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return err_errno(e, ENOMEM, "read the configuration");
	r = load_by_hand(o, c, e);
	if (r < 0)
		return r;
	*ret = steal_ptr(&c);
	return 0;
}
