/* SPDX-License-Identifier: MIT */
/*
 * plan: see plan.h
 *
 * The graph is that of the systemd-integration notes, 3.2. Every file costs a boot and a
 * reload about as much as all our computing for the share, so there are few:
 *
 *   run-sealmount-blob-X.mount     what the blob server mounts; a fragment of its own, because
 *                                  systemd takes a mount by a daemon for a local one and
 *                                  would stop the network before it. Never started as a job
 *   run-sealmount-mnt-X.mount      the filesystem, out of sight
 *   dev-mapper-sealmount\x2dX.device
 *                                  waits for the volume as long as it takes, and fails
 *                                  at once when the volume cannot be opened
 *   sealmount-@NAME.service.d      the share itself, for all services of it: systemd also
 *                                  looks for drop-ins under the name cut at its dashes
 *   sealmount-link@NAME.service.d  what the publication stands on
 *
 * (the first two and the last one also for a share that is up but not configured any more,
 * so that it can be taken down) and only where they apply: credentials for the key and blob
 * services, hooks into remote-fs.target. Nothing is ordered by blockdev@.target: the one user of
 * the volume is the mount here, which names the volume's service.
 */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/conf.h"

#define BLOCKDEV_UNIT                                                              \
	"blockdev@dev-mapper-sealmount\\x2d.target" /* systemd's; the longest name \
						     */
#define ESC_MAX (UNIT_NAME_MAX - sizeof(BLOCKDEV_UNIT) + 1)

#define HEAD "# Written by sealmount-generator(8).\n"

static const char blob_mount[] =
	HEAD "[Unit]\n"
	     "Description=Share {name}: Blob\n"
	     "Documentation=man:sealmount(7)\n"
	     "{source}"
	     "DefaultDependencies=no\n"
	     "BindsTo=sealmount-blob@{name}.service\n"
	     "PartOf=sealmount@{name}.target sealmount-base@{name}.target\n"
	     "After=sealmount-base@{name}.target sealmount-blob@{name}.service\n"
	     "Before=sealmount-crypt@{name}.service umount.target\n"
	     "Conflicts=umount.target\n"
	     "RefuseManualStart=yes\n"
	     "\n"
	     "[Mount]\n"
	     "What=sealmount\n"
	     "Where=/run/sealmount/blob/{name}\n"
	     "Type=fuse.sealmount\n"
	     "Options=_netdev,ro\n"
	     "LazyUnmount=yes\n";

static const char filesystem_mount[] =
	HEAD "[Unit]\n"
	     "Description=Share {name}: Filesystem\n"
	     "Documentation=man:sealmount(7)\n"
	     "{source}"
	     "PartOf=sealmount@{name}.target sealmount-base@{name}.target\n"
	     "Requires=sealmount-crypt@{name}.service\n"
	     "After=sealmount-base@{name}.target sealmount-crypt@{name}.service\n"
	     "\n"
	     "[Mount]\n"
	     "What=/dev/mapper/sealmount-{name}\n"
	     "Where=/run/sealmount/mnt/{name}\n"
	     "Type={type}\n"
	     "Options=_netdev,nofail,nosuid,nodev,{options}ro{options2}\n"
	     "LazyUnmount=yes\n"
	     "DirectoryMode=0755\n";

static const char device[] = HEAD "[Unit]\n"
				  "Description=Share {name}: Volume\n"
				  "{source}"
				  "JobTimeoutSec=infinity\n"
				  "Requires=sealmount-crypt@{name}.service\n";

static const char services[] = HEAD "[Unit]\n"
				    "{source}"
				    "\n"
				    "[Service]\n"
				    "SetCredential=sealmount.share:{data}\n";

static const char link_service[] = HEAD "[Unit]\n"
					"BindsTo=run-sealmount-mnt-{esc}.mount\n"
					"After=run-sealmount-mnt-{esc}.mount\n"
					"RequiresMountsFor={parent}\n";

/* The same for a share that is only to be taken down. */
static const char link_orphan[] = HEAD "[Unit]\n"
				       "BindsTo=run-sealmount-mnt-{esc}.mount\n"
				       "After=run-sealmount-mnt-{esc}.mount\n";

static const char credentials[] = HEAD "[Service]\n"
				       "{key}";

/* The volume has no key: the service is skipped, which counts as done. */
static const char no_key[] = HEAD "[Unit]\n"
				  "ConditionPathExists=!/\n";

static const char before_remote_fs[] = HEAD "[Unit]\n"
					    "Before=remote-fs.target\n";

static const char broken_target[] =
	HEAD "[Unit]\n"
	     "Description=Share {name} (its configuration cannot be used)\n"
	     "Documentation=man:sealmount.conf(5)\n"
	     "{source}"
	     "PartOf=sealmount.target\n"
	     "Requires=sealmount-config@{name}.service\n"
	     "After=sealmount-config@{name}.service\n";

static const char broken_service[] = HEAD "[Unit]\n"
					  "{source}"
					  "\n"
					  "[Service]\n"
					  "SetCredential=sealmount.finding:{data}\n";

static const char wanted[] = HEAD "[Unit]\n"
				  "{units}";

#define TEMPLATE(unit) SEALMOUNT_UNIT_DIR "/" unit
#define LOAD_CONFIG    "LoadCredential=sealmount.config:sealmount.config\n"

void plan_done(struct plan *p)
{
	unit_set_done(&p->units);
	free(p->data);
	p->data = NULL;
}

static int out_of_memory(struct err *e)
{
	return err_errno(e, ENOMEM, "plan units");
}

static int inexpressible(struct err *e, const char *setting)
{
	int r = err_set(e, EINVAL, "%s cannot be written into a unit", setting);

	err_remedy(e, "use no control characters, no blanks at its ends, and a shorter text");
	return r;
}

static void set_source(struct plan *p, enum share_origin kind, const char *path)
{
	static const char word[] = "SourcePath=";
	size_t len = sizeof(word) - 1;
	long n;

	if (kind == SHARE_ORIGIN_CREDENTIAL)
		path = "/run/credentials/@system/sealmount.config";
	else if (kind == SHARE_ORIGIN_COMMAND_LINE)
		path = "/proc/cmdline";
	if (!path || path[0] != '/')
		return;
	/* Only for people, and for the hint to reload: an odd name of a file breaks nothing. */
	n = unit_quote_value(path, p->source + len, sizeof(p->source) - len - 1);
	if (n < 0)
		return;
	memcpy(p->source, word, len);
	memcpy(p->source + len + n, "\n", 2);
	p->units.vars[VAR_SOURCE] = p->source;
}

static int set_name(struct plan *p, const char *name, struct err *e)
{
	long n = unit_escape(name, p->esc, sizeof(p->esc));

	if (n < 0 || n > (long)ESC_MAX) {
		int r = err_set(e, EINVAL, "its name is too long for a unit's name");

		err_remedy(e, "give it a shorter name, or one with fewer '-', each of which "
			      "takes four characters there");
		return r;
	}
	p->units.vars[VAR_NAME] = name;
	p->units.vars[VAR_ESC] = p->esc;
	return 0;
}

static int set_data(struct plan *p, const char *json, struct err *e)
{
	size_t size = 4 * strlen(json) + 1; /* \xNN each, at worst */

	if (size > p->data_size) {
		free(p->data);
		p->data_size = 0;
		p->data = malloc(size);
		if (!p->data)
			return out_of_memory(e);
		p->data_size = size;
	}
	if (unit_quote_credential(json, p->data, p->data_size) < 0)
		return inexpressible(e, "its configuration");
	p->units.vars[VAR_DATA] = p->data;
	return 0;
}

static int set_filesystem(struct plan *p, const struct share *s, struct err *e)
{
	/* What keeps a read-only mount from writing; behind the user's, so that it wins. */
	static const struct {
		const char *type, *options;
	} no_recovery[] = { { "ext3", ",noload" },
			    { "ext4", ",noload" },
			    { "xfs", ",norecovery" } };
	const char *type = s->filesystem.type ? s->filesystem.type : "ext4";
	long n;

	if (unit_quote_value(type, p->type, sizeof(p->type)) <= 0)
		return inexpressible(e, "filesystem.type");
	p->units.vars[VAR_TYPE] = p->type;
	for (size_t i = 0; i < ARRAY_SIZE(no_recovery); i++)
		if (strcmp(type, no_recovery[i].type) == 0)
			p->units.vars[VAR_OPTIONS2] = no_recovery[i].options;
	if (!s->filesystem.options || !s->filesystem.options[0])
		return 0;
	n = unit_quote_value(s->filesystem.options, p->options, sizeof(p->options) - 1);
	if (n < 0)
		return inexpressible(e, "filesystem.options");
	memcpy(p->options + n, ",", 2);
	p->units.vars[VAR_OPTIONS] = p->options;
	return 0;
}

static int set_parent(struct plan *p, const char *mount_point, struct err *e)
{
	const char *slash = strrchr(mount_point, '/');
	size_t len = slash ? (size_t)(slash - mount_point) : 0;
	char parent[SHARE_PATH_MAX + 1];

	if (len >= sizeof(parent))
		return inexpressible(e, "mount_point");
	memcpy(parent, mount_point, len);
	if (len == 0)
		parent[len++] = '/';
	parent[len] = '\0';
	if (unit_quote_word(parent, /* is_command= */ 0, p->parent, sizeof(p->parent)) < 0)
		return inexpressible(e, "mount_point");
	p->units.vars[VAR_PARENT] = p->parent;
	return 0;
}

/* The line that loads the key, behind the one that loads the configuration. */
static int set_key(struct plan *p, const struct share *s, bool needs_config, struct err *e)
{
	const char *what = s->key.path ? s->key.path : s->key.name;
	char value[PLAN_VALUE_MAX];

	p->units.vars[VAR_KEY] = p->key;
	(void)snprintf(p->key, sizeof(p->key), "%s", needs_config ? LOAD_CONFIG : "");
	if (s->key.provider != SHARE_PROVIDER_CREDENTIAL || !what)
		return 0;
	if (unit_quote_value(what, value, sizeof(value)) < 0)
		return inexpressible(e, s->key.path ? "key.path" : "key.name");
	if (snprintf(p->key, sizeof(p->key), "%sLoadCredential%s=sealmount.key:%s\n",
		     needs_config ? LOAD_CONFIG : "", s->key.is_encrypted ? "Encrypted" : "",
		     value) >= (int)sizeof(p->key))
		return inexpressible(e, s->key.path ? "key.path" : "key.name");
	return 0;
}

static int set_all(struct plan *p, const struct share *s, struct err *e)
{
	cleanup_free char *json = conf_print_share(s, /* with_secrets= */ false);
	int r;

	if (!json)
		return out_of_memory(e);
	r = set_name(p, s->name, e);
	if (r < 0)
		return r;
	set_source(p, s->origin.kind, s->origin.path);
	r = set_data(p, json, e);
	if (r < 0)
		return r;
	r = set_filesystem(p, s, e);
	if (r < 0)
		return r;
	return set_parent(p, s->mount_point, e);
}

static int add_credentials(struct plan *p, const struct share *s, struct err *e)
{
	bool needs_config = s->origin.kind == SHARE_ORIGIN_CREDENTIAL && share_has_secrets(s);
	int r = set_key(p, s, needs_config, e);

	if (r < 0)
		return r;
	if (p->key[0])
		unit_set_file(&p->units, "sealmount-key@{name}.service.d", "50-sealmount.conf",
			      credentials);
	if (s->key.provider == SHARE_PROVIDER_NONE)
		unit_set_file(&p->units, "sealmount-key@{name}.service.d", "50-sealmount.conf",
			      no_key);
	if (!needs_config)
		return 0;
	p->units.vars[VAR_KEY] = LOAD_CONFIG;
	unit_set_file(&p->units, "sealmount-blob@{name}.service.d", "50-sealmount.conf",
		      credentials);
	return 0;
}

static void add_required(struct unit_set *units, const char *target)
{
	unit_set_link(units, "remote-fs.target.requires", "sealmount@{name}.target", target);
	unit_set_file(units, "sealmount@{name}.target.d", "50-sealmount.conf", before_remote_fs);
}

int plan_share(struct plan *p, const struct share *s, struct err *e)
{
	struct unit_set *units = &p->units;
	int r;

	unit_set_clear(units);
	r = set_all(p, s, e);
	if (r < 0)
		return r;
	unit_set_file(units, NULL, "run-sealmount-blob-{esc}.mount", blob_mount);
	unit_set_file(units, NULL, "run-sealmount-mnt-{esc}.mount", filesystem_mount);
	unit_set_file(units, NULL, "dev-mapper-sealmount\\x2d{esc}.device", device);
	unit_set_file(units, "sealmount-@{name}.service.d", "40-sealmount.conf", services);
	unit_set_file(units, "sealmount-link@{name}.service.d", "50-sealmount.conf", link_service);
	r = add_credentials(p, s, e);
	if (r < 0)
		return r;
	if (s->boot.is_required && s->boot.is_automatic)
		add_required(units, TEMPLATE("sealmount@.target"));
	return units->is_full ? out_of_memory(e) : 0;
}

int plan_broken(struct plan *p, const struct plan_broken *broken, struct err *e)
{
	struct unit_set *units = &p->units;
	int r;

	unit_set_clear(units);
	units->vars[VAR_NAME] = broken->name;
	set_source(p, broken->origin, broken->path);
	r = set_data(p, broken->report, e);
	if (r < 0)
		return r;
	unit_set_file(units, "sealmount-config@{name}.service.d", "50-sealmount.conf",
		      broken_service);
	if (broken->is_share)
		unit_set_file(units, NULL, "sealmount@{name}.target", broken_target);
	if (broken->is_share && broken->is_required)
		add_required(units, "../sealmount@{name}.target");
	return units->is_full ? out_of_memory(e) : 0;
}

int plan_orphan(struct plan *p, const char *name, struct err *e)
{
	struct unit_set *units = &p->units;
	int r;

	unit_set_clear(units);
	r = set_name(p, name, e);
	if (r < 0)
		return r;
	units->vars[VAR_TYPE] = "auto"; /* it is mounted already */
	unit_set_file(units, NULL, "run-sealmount-blob-{esc}.mount", blob_mount);
	unit_set_file(units, NULL, "run-sealmount-mnt-{esc}.mount", filesystem_mount);
	unit_set_file(units, "sealmount-link@{name}.service.d", "50-sealmount.conf", link_orphan);
	return units->is_full ? out_of_memory(e) : 0;
}

int plan_common(struct plan *p, const char *wants, struct err *e)
{
	struct unit_set *units = &p->units;

	unit_set_clear(units);
	unit_set_link(units, "remote-fs.target.wants", "sealmount.target",
		      TEMPLATE("sealmount.target"));
	if (wants[0]) {
		units->vars[VAR_UNITS] = wants;
		unit_set_file(units, "sealmount.target.d", "50-sealmount.conf", wanted);
	}
	return units->is_full ? out_of_memory(e) : 0;
}
