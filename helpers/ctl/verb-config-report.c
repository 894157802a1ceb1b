/* SPDX-License-Identifier: MIT */
/*
 * verb-config-report: say why a share, or a whole source, cannot be used, and fail
 *
 * Run by sealmount-config@NAME.service, which stands for what is broken. The findings come
 * with the unit (common/conf/report.h): what is said is what the generator found.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/log.h"
#include "base/opts.h"
#include "conf/report.h"
#include "ctl/verb.h"
#include "sd/notify.h"

#define REPORT_CREDENTIAL "sealmount.finding"

static const char *arg_share;

static const struct opt options[] = {
	{ "share", OPT_STRING, &arg_share, "NAME", "instance of the unit; required" },
};

static const struct opts_program program = {
	.name = "sealmountctl config report",
	.synopsis = "--share=NAME",
	.purpose = "log why a share cannot be used, and fail; for its unit.",
	.details = "Reads the credential " REPORT_CREDENTIAL " in $CREDENTIALS_DIRECTORY.\n",
	.man = "sealmountctl(8)",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

static int read_report(struct report_content *ret, struct err *e)
{
	const char *dir = secure_getenv("CREDENTIALS_DIRECTORY");
	cleanup_free char *text = NULL;
	cleanup_fd int dir_fd = -1;
	size_t len;
	int r;

	if (!dir) {
		r = err_set(e, ENOENT, "no credentials were given to this process");
		err_remedy(e, "see the unit instead: systemctl status sealmount-config@%s.service",
			   arg_share);
		return r;
	}
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return err_errno(e, errno, "open '%s'", dir);
	r = io_read_file(dir_fd, REPORT_CREDENTIAL, REPORT_MAX, &text, &len, e);
	if (r == 0)
		r = report_parse(text, len, ret, e);
	return r;
}

static void log_finding(const struct report_content *c, const struct finding *f)
{
	enum log_event_id id = c->is_refused ? EV_SOURCE_REFUSED : EV_CONFIG_REJECTED;
	const char *path = f->path ? f->path : "", *value = f->value ? f->value : "";
	char place[64] = "";

	if (f->level == FINDING_WARNING)
		id = EV_CONFIG_WARNING;
	if (f->line > 0)
		(void)snprintf(place, sizeof(place), "line %u, column %u: ", f->line, f->column);
	log_event(id, f->remedy,
		  FIELDS("SEALMOUNT_SOURCE", c->source ? c->source : "", "SEALMOUNT_SETTING", path),
		  "%s: %s%s%s%s%s%s%s", c->source ? c->source : "configuration", place, path,
		  *path ? ": " : "", *value ? "'" : "", value, *value ? "': " : "",
		  f->rule ? f->rule : "cannot be used");
}

static void log_report(const struct report_content *c)
{
	log_context(c->share, "config");
	for (size_t i = 0; i < c->n_findings; i++)
		log_finding(c, &c->findings[i]);
	if (c->n_left_out > 0)
		log_event(EV_CONFIG_WARNING, "run: sealmountctl check", NO_FIELDS,
			  "%u more mistakes are not listed here", c->n_left_out);
	if (c->n_findings == 0)
		log_event(EV_CONFIG_REJECTED, "run: sealmountctl check", NO_FIELDS,
			  "%s cannot be used", c->source ? c->source : "the configuration");
	log_context(NULL, NULL);
}

int verb_config_report(int argc, char **argv)
{
	struct report_content content = { 0 };
	struct err e = { 0 };
	int first, r = opts_parse(&program, argc, argv, &first, &e);

	if (r == OPTS_DONE)
		return EXIT_DONE;
	if (r == OPTS_RUN && (!arg_share || first < argc))
		r = err_set(&e, EINVAL, "--share is needed, and nothing else");
	if (r < 0)
		return opts_usage_error(&program, &e);
	log_setup_service("sealmountctl");
	r = read_report(&content, &e);
	if (r < 0) {
		log_context(arg_share, "config");
		log_event(EV_CONFIG_REJECTED, e.remedy, NO_FIELDS, "read the report: %s", e.text);
		return r == -ENOENT ? EXIT_NOT_CONFIGURED : EXIT_FAILED;
	}
	log_report(&content);
	report_content_done(&content);
	return EXIT_FAILED; /* what it reports is a failure */
}
