/* SPDX-License-Identifier: MIT */
/*
 * source: see source.h
 */
#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cvm.h"
#include "base/io.h"
#include "base/shell-quote.h"
#include "conf/conf-field.h"
#include "conf/conf-finding.h"
#include "source/source-cmdline.h"
#include "source/source-file.h"

#define CMDLINE_PATH	"/proc/cmdline"
#define CREDENTIAL_PATH "/run/credentials/@system/sealmount.config"
#define TRUST_PATH	"/etc/sealmount/trust.json"
#define SHARE_TEXT_SIZE CONF_TEXT_MAX /* of one unit's share */

static void cleanup_text_fn(struct text *t)
{
	text_done(t);
}

static void cleanup_conf_fn(struct conf **c)
{
	conf_free(*c);
}

static void cleanup_set_fn(struct source_set **s)
{
	source_set_free(*s);
}

#define cleanup_text __attribute__((cleanup(cleanup_text_fn)))
#define cleanup_conf __attribute__((cleanup(cleanup_conf_fn)))
#define cleanup_set  __attribute__((cleanup(cleanup_set_fn)))

void source_set_free(struct source_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_sources; i++) {
		free(s->sources[i].path);
		free(s->sources[i].refused);
		free(s->sources[i].remedy);
		conf_free(s->sources[i].conf);
	}
	free(s->sources);
	free(s);
}

static bool has_secrets(const struct conf *c)
{
	for (size_t i = 0; i < c->n_shares; i++)
		if (share_has_secrets(c->shares[i]))
			return true;
	return false;
}

/* Who may read and write the file; an error says which command mends it. */
static int check_mode(const char *path, const struct stat *st, bool is_secret, struct err *e)
{
	bool is_foreign = geteuid() == 0 && st->st_uid != 0;
	char quoted[ERR_REMEDY_MAX / 3]; /* a path that does not fit is left out */
	int r;

	if (shell_quote(path, quoted, sizeof(quoted)) < 0)
		(void)stpcpy(quoted, "FILE");
	if (st->st_mode & S_IWOTH) {
		r = err_set(e, EACCES, "anybody can write to it (mode %04o)", st->st_mode & 07777);
		err_remedy(e, "run: chmod o-w %s", quoted);
		return r;
	}
	if (!is_secret || (!is_foreign && !(st->st_mode & (S_IRWXG | S_IRWXO))))
		return 0;
	if (is_foreign) {
		r = err_set(e, EACCES, "it holds secrets and belongs to user %u, not to root",
			    (unsigned)st->st_uid);
		err_remedy(e, "run: chown root:root %s && chmod 600 %s", quoted, quoted);
		return r;
	}
	r = err_set(e, EACCES, "it holds secrets and others may use it (mode %04o)",
		    st->st_mode & 07777);
	err_remedy(e, "run: chmod 600 %s", quoted);
	return r;
}

/* The digest is for finding the secrets again; where there are none, nobody asks for it. */
static int set_origin(struct conf *c, enum share_origin kind, const char *path)
{
	for (size_t i = 0; i < c->n_shares; i++) {
		struct share *s = c->shares[i];

		s->origin.kind = kind;
		s->origin.path = path ? strdup(path) : NULL;
		if (path && !s->origin.path)
			return -ENOMEM;
		if (share_has_secrets(s) && conf_share_digest(s, s->origin.digest) < 0)
			return -ENOMEM;
	}
	return 0;
}

static struct source *add_source(struct source_set *set, enum share_origin kind, const char *path)
{
	struct source *s = &set->sources[set->n_sources];

	*s = (struct source){ .kind = kind, .path = path ? strdup(path) : NULL };
	if (path && !s->path)
		return NULL;
	set->n_sources++;
	return s;
}

static int refuse(struct source *s, const struct err *e)
{
	if (e->code == ENOMEM)
		return -ENOMEM;
	s->refused = strdup(e->text);
	s->remedy = strdup(e->remedy[0] ? e->remedy
					: "correct that, then run: systemctl "
					  "daemon-reload");
	return s->refused && s->remedy ? 0 : -ENOMEM;
}

static int load_file(int root_fd, struct source *s)
{
	cleanup_text struct text text = { 0 };
	cleanup_conf struct conf *conf = NULL;
	struct err e = { 0 };
	int r = text_read(root_fd, s->path, &text, &e);

	if (r == 0)
		r = conf_parse(text.data, text.len, &conf, &e);
	if (r == 0)
		r = check_mode(s->path, &text.st, has_secrets(conf), &e);
	if (r < 0)
		return refuse(s, &e);
	if (set_origin(conf, s->kind, s->path) < 0)
		return -ENOMEM;
	s->conf = steal_ptr(&conf);
	return 0;
}

static int load_files(int root_fd, const struct file_list *files, bool is_full,
		      struct source_set *set)
{
	struct source *s;
	int r = 0;

	for (size_t i = 0; i < files->n && r == 0; i++) {
		s = add_source(set, SHARE_ORIGIN_FILE, files->paths[i]);
		r = s ? load_file(root_fd, s) : -ENOMEM;
	}
	if (r == 0 && is_full) {
		struct err e;

		s = add_source(set, SHARE_ORIGIN_FILE, "/etc/sealmount/shares.d");
		err_set(&e, E2BIG,
			"there are more than %d files in all shares.d together; not all "
			"were read",
			SOURCE_FILES_MAX);
		err_remedy(&e, "put several shares into one file");
		r = s ? refuse(s, &e) : -ENOMEM;
	}
	return r;
}

/* May this be the administrator's? Who can write it can turn off the checks. */
static int check_trust_owner(const struct stat *st, struct err *e)
{
	uid_t me = geteuid();

	if (st->st_uid != 0 && st->st_uid != me)
		return err_set(e, EACCES, "it does not belong to root");
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, EACCES, "others can write to it");
	return 0;
}

/* Origins that the image accepts unsigned, as bits; 0 when it says nothing valid. */
static unsigned read_trust(int root_fd, struct err *e)
{
	cleanup_text struct text text = { 0 };
	unsigned origins = 0;
	int r = text_read(root_fd, TRUST_PATH, &text, e);

	if (r == -ENOENT) {
		*e = (struct err){ 0 };
		return 0;
	}
	if (r == 0)
		r = check_trust_owner(&text.st, e);
	if (r == 0)
		r = conf_parse_trust(text.data, text.len, &origins, e);
	if (r < 0)
		err_wrap(e, TRUST_PATH " is not used");
	return r < 0 ? 0 : origins;
}

/* In a confidential VM the host must not be able to say what is mounted where. */
static int check_trust(int root_fd, enum share_origin kind, struct err *e)
{
	struct err trust = { 0 };
	const char *why;
	int r;

	if (!cvm_detect(&why) || read_trust(root_fd, &trust) & 1u << kind)
		return 0;
	r = err_set(e, EPERM,
		    "not trusted in a confidential VM (%s): the host can write it, and signed "
		    "configurations are not verified by this version%s%s",
		    why, trust.code ? "; " : "", trust.text);
	err_remedy(e,
		   "put the configuration into /etc/sealmount of the image, or accept this source "
		   "with {\"unsigned\": [\"%s\"]} in " TRUST_PATH,
		   share_origin_names[kind]);
	return r;
}

static int load_text(int root_fd, struct source *s, const char *text, size_t len)
{
	cleanup_conf struct conf *conf = NULL;
	struct err e = { 0 };
	int r = check_trust(root_fd, s->kind, &e);

	if (r == 0)
		r = conf_parse(text, len, &conf, &e);
	if (r < 0)
		return refuse(s, &e);
	if (set_origin(conf, s->kind, NULL) < 0)
		return -ENOMEM;
	s->conf = steal_ptr(&conf);
	return 0;
}

static int load_credential(int root_fd, struct source_set *set)
{
	cleanup_text struct text text = { 0 };
	struct err e = { 0 };
	int r = text_read(root_fd, CREDENTIAL_PATH, &text, &e);
	struct source *s;

	if (r == -ENOENT || r == -ENOTDIR || (r == -EACCES && geteuid() != 0))
		return 0; /* none, or none that we could see */
	s = add_source(set, SHARE_ORIGIN_CREDENTIAL, NULL);
	if (!s)
		return -ENOMEM;
	return r < 0 ? refuse(s, &e) : load_text(root_fd, s, text.data, text.len);
}

static void warn_public_secrets(struct conf *c)
{
	for (size_t i = 0; i < c->n_shares; i++) {
		char path[FIELD_PATH_MAX];
		struct finding_place place = { .share = (int)i, .path = path };

		if (!share_has_secrets(c->shares[i]))
			continue;
		field_path(c->form, (int)i, FIELD_NONE, path);
		finding_add(c, FINDING_WARNING, &place, NULL,
			    "use the credential sealmount.config or a file of mode 600",
			    "holds a secret on the kernel command line, which everybody can read");
	}
}

static int load_cmdline(int root_fd, const struct cmdline *cmdline, struct source_set *set)
{
	struct source *s;
	int r;

	if (!cmdline->config)
		return 0;
	s = add_source(set, SHARE_ORIGIN_COMMAND_LINE, NULL);
	r = s ? load_text(root_fd, s, cmdline->config, strlen(cmdline->config)) : -ENOMEM;
	if (r == 0 && s->conf)
		warn_public_secrets(s->conf);
	return r;
}

static int merge(struct source_set *set, struct err *e)
{
	cleanup_free struct conf **confs = calloc(set->n_sources + 1, sizeof(*confs));
	size_t n = 0;

	if (!confs)
		return err_errno(e, ENOMEM, "read the configuration");
	for (size_t i = 0; i < set->n_sources; i++)
		if (set->sources[i].conf)
			confs[n++] = set->sources[i].conf;
	return conf_merge(confs, n, e);
}

static int read_cmdline(int root_fd, struct cmdline *ret, struct err *e)
{
	cleanup_text struct text text = { 0 };

	if (text_read(root_fd, CMDLINE_PATH, &text, NULL) < 0 || !text.data)
		return 0; /* no /proc: a container, or a tree of a test */
	return cmdline_parse(text.data, text.len, ret, e);
}

static int load_all(int root_fd, const struct cmdline *cmdline, struct source_set *set,
		    struct err *e)
{
	struct file_list files = { 0 };
	bool is_full;
	int r = file_list_read(root_fd, &files, &is_full, e);

	if (r < 0)
		return r;
	set->sources = calloc(files.n + 3, sizeof(*set->sources)); /* and the three others */
	r = set->sources ? load_files(root_fd, &files, is_full, set) : -ENOMEM;
	if (r == 0)
		r = load_credential(root_fd, set);
	if (r == 0)
		r = load_cmdline(root_fd, cmdline, set);
	file_list_done(&files);
	return r < 0 ? err_errno(e, -r, "read the configuration") : merge(set, e);
}

int source_load(int root_fd, struct source_set **ret, struct err *e)
{
	cleanup_set struct source_set *set = calloc(1, sizeof(*set));
	struct cmdline cmdline = { 0 };
	int r;

	if (!set)
		return err_errno(e, ENOMEM, "read the configuration");
	r = read_cmdline(root_fd, &cmdline, e);
	if (r < 0)
		return r;
	set->is_switched_off = cmdline.is_switched_off;
	if (!set->is_switched_off)
		r = load_all(root_fd, &cmdline, set, e);
	cmdline_done(&cmdline);
	if (r < 0)
		return r;
	*ret = steal_ptr(&set);
	return 0;
}

/* The rest is for helpers, at run time. */

static int open_root(struct err *e)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_errno(e, errno, "open /") : fd;
}

static int read_origin_file(int root_fd, const char *path, struct text *ret, struct err *e)
{
	int r;

	if (!path)
		return err_set(e, EBADMSG, "the unit does not say which file");
	r = text_read(root_fd, path, ret, e);
	return r < 0 ? r : check_mode(path, &ret->st, true, e);
}

static int read_origin_credential(int root_fd, struct text *ret, struct err *e)
{
	const char *dir = secure_getenv("CREDENTIALS_DIRECTORY");
	char path[SHARE_PATH_MAX + 1];

	if (dir && dir[0] == '/') {
		int r;

		(void)snprintf(path, sizeof(path), "%s/sealmount.config", dir);
		r = text_read(root_fd, path, ret, e);
		if (r != -ENOENT)
			return r;
	}
	return text_read(root_fd, CREDENTIAL_PATH, ret, e);
}

static int read_origin_cmdline(int root_fd, struct text *ret, struct err *e)
{
	struct cmdline cmdline = { 0 };
	int r = read_cmdline(root_fd, &cmdline, e);

	if (r < 0)
		return r;
	if (!cmdline.config)
		return err_set(e, ENOENT, "sealmount.config= is not on the kernel command line");
	ret->data = steal_ptr(&cmdline.config);
	ret->len = strlen(ret->data);
	return 0;
}

static int read_origin(const struct share *unit, struct text *ret, struct err *e)
{
	cleanup_fd int root_fd = open_root(e);

	if (root_fd < 0)
		return root_fd;
	switch (unit->origin.kind) {
	case SHARE_ORIGIN_FILE:
		return read_origin_file(root_fd, unit->origin.path, ret, e);
	case SHARE_ORIGIN_CREDENTIAL:
		return read_origin_credential(root_fd, ret, e);
	case SHARE_ORIGIN_COMMAND_LINE:
		return read_origin_cmdline(root_fd, ret, e);
	}
	return err_set(e, EBADMSG, "the unit names no origin");
}

static bool is_same_place(const struct share *a, const struct share *b)
{
	return a->mount_point && b->mount_point && strcmp(a->mount_point, b->mount_point) == 0;
}

/* The share that was validated, and no other one. */
static int find_validated(struct conf *c, const struct share *unit, struct share **ret,
			  struct err *e)
{
	char digest[SHA256_HEX_SIZE];
	int r;

	for (size_t i = 0; i < c->n_shares; i++) {
		struct share *s = c->shares[i];

		if (s->is_broken || !is_same_place(s, unit))
			continue;
		if (conf_share_digest(s, digest) < 0)
			return err_errno(e, ENOMEM, "compare digests");
		if (strcmp(digest, unit->origin.digest) != 0)
			continue;
		free(s->name);
		s->name = strdup(unit->name);
		s->origin.kind = unit->origin.kind;
		s->origin.path = unit->origin.path ? strdup(unit->origin.path) : NULL;
		memcpy(s->origin.digest, digest, sizeof(digest));
		if (!s->name || (unit->origin.path && !s->origin.path))
			return err_errno(e, ENOMEM, "read the configuration");
		*ret = steal_ptr(&c->shares[i]);
		return 0;
	}
	r = err_set(e, ESTALE, "the configuration of this share was changed since it was read");
	err_remedy(e, "run: systemctl daemon-reload, then start the share again");
	return r;
}

int source_load_secrets(const struct share *unit, struct share **ret, struct err *e)
{
	cleanup_text struct text text = { 0 };
	cleanup_conf struct conf *conf = NULL;
	int r;

	if (!unit->origin.digest[0])
		return err_set(e, ENOENT, "the share had no secrets when it was checked");
	r = read_origin(unit, &text, e);
	if (r == 0)
		r = conf_parse(text.data, text.len, &conf, e);
	if (r == 0)
		r = find_validated(conf, unit, ret, e);
	if (r < 0)
		err_wrap(e, "read the secrets"); /* the log names the share */
	return r;
}

static int read_unit_share(struct share **ret, struct err *e)
{
	const char *dir = secure_getenv("CREDENTIALS_DIRECTORY");
	cleanup_fd int dir_fd = -1;
	cleanup_free char *text = NULL;
	size_t len;
	int r;

	if (!dir)
		return err_set(e, ENOENT, "no credentials were given to this process");
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return err_errno(e, errno, "open '%s'", dir);
	r = io_read_file(dir_fd, "sealmount.share", SHARE_TEXT_SIZE, &text, &len, e);
	return r < 0 ? r : conf_parse_unit(text, len, ret, e);
}

int source_load_unit_share(const char *name, struct share **ret, struct err *e)
{
	struct share *s = NULL;
	int r = read_unit_share(&s, e);

	if (r == 0 && strcmp(s->name, name) != 0)
		r = err_set(e, EBADMSG, "the unit is of '%s', its share of '%s'", name, s->name);
	if (r < 0) {
		share_free(s);
		err_remedy(e, "start it with: systemctl start sealmount@%s.target", name);
		return r;
	}
	*ret = s;
	return 0;
}
