/* SPDX-License-Identifier: MIT */
/*
 * generate: see generate.h
 *
 * After conf_merge() each share has a valid name that no other has, broken ones
 * included. Names are made here only for sources that cannot be used as a whole.
 *
 * Nine tenths of the time goes into making files, in the kernel. When there are many, a
 * second thread makes half of those of the good shares; it shares nothing but the
 * directory, says nothing, and leaves what did not work to the first one.
 */
#include "generate.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "conf/report.h"
#include "emit.h"
#include "plan.h"

#define WANT_MAX    (SHARE_NAME_MAX + 32) /* bytes of one line of what is wanted */
#define WANTS_FIRST 4096
#define LOG_MAX	    32 /* lines */
#define HELP_MIN    48 /* good shares from which on a second thread pays */

struct run {
	const struct source_set *set;
	struct running *running;
	int dir_fd;
	struct plan plan;
	char (*names)[SHARE_NAME_MAX + 1]; /* made for sources; one each at most */
	size_t n_names;
	char *wants; /* lines of sealmount.target */
	size_t wants_len, wants_size;
	bool *is_done; /* good shares by number, when two threads have been at it */
	size_t n_good; /* met so far */
	size_t n_logged;
	int first_failure;
};

static void fail(struct run *run, int r)
{
	if (run->first_failure == 0)
		run->first_failure = r;
}

static void fail_to_write(struct run *run, const char *name, const struct err *e)
{
	log_context(name, "config");
	log_event(EV_CONFIG_REJECTED, e->remedy, NO_FIELDS, "its units are incomplete: %s",
		  e->text);
	log_context(NULL, NULL);
	fail(run, -e->code);
}

static void want(struct run *run, const char *prefix, const char *name, const char *suffix)
{
	char *dst;

	if (run->wants_size - run->wants_len < WANT_MAX) {
		size_t size = run->wants_size ? 2 * run->wants_size : WANTS_FIRST;
		char *larger = realloc(run->wants, size);

		if (!larger) {
			fail(run, -ENOMEM);
			return;
		}
		run->wants = larger;
		run->wants_size = size;
	}
	dst = stpcpy(run->wants + run->wants_len, "Wants=");
	dst = stpcpy(stpcpy(stpcpy(stpcpy(dst, prefix), name), suffix), "\n");
	run->wants_len = (size_t)(dst - run->wants);
}

static const char *source_name(const struct source *source)
{
	if (source->kind == SHARE_ORIGIN_CREDENTIAL)
		return "credential sealmount.config";
	if (source->kind == SHARE_ORIGIN_COMMAND_LINE)
		return "kernel command line";
	return source->path ? source->path : "file";
}

/* The kernel log is small and limits us: the rest is told by the units, and by check. */
static bool may_log(struct run *run)
{
	if (run->n_logged++ < LOG_MAX)
		return true;
	if (run->n_logged == LOG_MAX + 1)
		log_event(EV_CONFIG_WARNING, "run: sealmountctl check", NO_FIELDS,
			  "there is more to say about the configuration than fits here");
	return false;
}

/* @name of a share, or NULL and @where of a source */
static void log_first(struct run *run, const char *name, const char *where, const struct finding *f,
		      size_t n_more)
{
	char place[64] = "", more[64] = "";

	if (!may_log(run))
		return;
	if (f->line > 0)
		(void)snprintf(place, sizeof(place), "line %u, column %u: ", f->line, f->column);
	if (n_more > 0)
		(void)snprintf(more, sizeof(more), " (and %zu more)", n_more);
	log_context(name, "config");
	log_event(EV_CONFIG_REJECTED, f->remedy, NO_FIELDS, "%s%s%s%s%s%s%s", where ? where : "",
		  where ? ": " : "", place, f->path ? f->path : "", f->path ? ": " : "",
		  f->rule ? f->rule : "it cannot be used", more);
	log_context(NULL, NULL);
}

/* The unit that says what is in @report and fails, and its place in the boot. */
static void write_broken(struct run *run, const struct source *source, const struct share *share,
			 const char *name, const struct report *report)
{
	struct plan_broken broken = {
		.name = name,
		.origin = source->kind,
		.path = source->path,
		.report = report->text,
		.is_share = share,
		.is_required = share && share->boot.is_required && share->boot.is_automatic,
	};
	struct err e = { 0 };
	int r = plan_broken(&run->plan, &broken, &e);

	if (r == 0)
		r = emit_units(run->dir_fd, &run->plan.units, &e);
	if (r < 0)
		fail_to_write(run, name, &e);
	fail(run, -EBADMSG);
}

/* shares */

static bool is_about(const struct conf *c, const struct finding *f, size_t share)
{
	return f->level == FINDING_ERROR &&
	       (f->share == (int)share || (f->share < 0 && c->is_unusable));
}

static void do_broken(struct run *run, const struct source *source, size_t index)
{
	const struct conf *c = source->conf;
	const struct share *s = c->shares[index];
	const struct finding *first = &(struct finding){ .path = NULL };
	struct report report;
	size_t n = 0;

	if (s->boot.is_automatic)
		want(run, "sealmount@", s->name, ".target");
	if (report_begin(&report, s->name, source_name(source), /* is_refused= */ false) < 0) {
		fail(run, -ENOMEM);
		return;
	}
	for (size_t i = 0; i < c->n_findings; i++) {
		if (!is_about(c, &c->findings[i], index))
			continue;
		first = n++ == 0 ? &c->findings[i] : first;
		report_add(&report, &c->findings[i]);
	}
	report_end(&report);
	write_broken(run, source, s, s->name, &report);
	log_first(run, s->name, NULL, first, n > 1 ? n - 1 : 0);
	report_done(&report);
}

/* A good configuration, but no unit can express it. */
static void do_inexpressible(struct run *run, const struct source *source, const struct share *s,
			     struct err *e)
{
	struct finding f = { .path = NULL, .rule = e->text, .remedy = e->remedy };
	struct report report;

	if (report_begin(&report, s->name, source_name(source), /* is_refused= */ false) < 0) {
		fail(run, -ENOMEM);
		return;
	}
	report_add(&report, &f);
	report_end(&report);
	write_broken(run, source, s, s->name, &report);
	log_first(run, s->name, NULL, &f, 0);
	report_done(&report);
}

static void do_share(struct run *run, const struct source *source, const struct share *s)
{
	struct err e = { 0 };
	int r;

	if (s->boot.is_automatic)
		want(run, "sealmount@", s->name, ".target");
	running_mark(run->running, s->name);
	if (run->is_done && run->is_done[run->n_good++])
		return;
	r = plan_share(&run->plan, s, &e);
	if (r == -EINVAL) {
		do_inexpressible(run, source, s, &e);
		return;
	}
	if (r == 0)
		r = emit_units(run->dir_fd, &run->plan.units, &e);
	if (r < 0)
		fail_to_write(run, s->name, &e);
}

/* Half of the good shares; those that fail are done again, and reported, by do_share(). */
struct half {
	const struct source_set *set;
	int dir_fd;
	size_t parity;
	bool *is_done; /* by number among all good shares */
	struct plan plan;
};

static bool is_good(const struct source *source, size_t index)
{
	const struct conf *c = source->conf;

	return !source->refused && !c->is_unusable && !c->shares[index]->is_broken;
}

static size_t count_good(const struct source_set *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n_sources; i++)
		for (size_t k = 0; set->sources[i].conf && k < set->sources[i].conf->n_shares; k++)
			n += is_good(&set->sources[i], k);
	return n;
}

static void *do_half(void *arg)
{
	struct half *half = arg;
	size_t n = 0;

	for (size_t i = 0; i < half->set->n_sources; i++) {
		const struct source *source = &half->set->sources[i];

		for (size_t k = 0; source->conf && k < source->conf->n_shares; k++) {
			if (!is_good(source, k) || n++ % 2 != half->parity)
				continue;
			half->is_done[n - 1] =
				plan_share(&half->plan, source->conf->shares[k], NULL) == 0 &&
				emit_units(half->dir_fd, &half->plan.units, NULL) == 0;
		}
	}
	plan_done(&half->plan);
	return NULL;
}

static void do_halves(struct run *run)
{
	size_t n = count_good(run->set);
	struct half first = { .set = run->set, .dir_fd = run->dir_fd }, second;
	cpu_set_t cpus;
	pthread_t thread;

	if (n < HELP_MIN || sched_getaffinity(0, sizeof(cpus), &cpus) < 0 || CPU_COUNT(&cpus) < 2)
		return;
	run->is_done = calloc(n, sizeof(*run->is_done));
	if (!run->is_done)
		return;
	first.is_done = run->is_done;
	second = first;
	second.parity = 1;
	if (pthread_create(&thread, NULL, do_half, &second) != 0)
		return;
	(void)do_half(&first);
	(void)pthread_join(thread, NULL); /* cannot fail: it is ours and joinable */
}

/* sources */

static bool is_taken(const struct run *run, const char *name)
{
	for (size_t i = 0; i < run->set->n_sources; i++) {
		const struct conf *c = run->set->sources[i].conf;

		for (size_t k = 0; c && k < c->n_shares; k++)
			if (strcmp(c->shares[k]->name, name) == 0)
				return true;
	}
	for (size_t i = 0; i < run->n_names; i++)
		if (strcmp(run->names[i], name) == 0)
			return true;
	return false;
}

/* A valid name that looks like the source and is nobody else's. */
static const char *make_name(struct run *run, const struct source *source)
{
	char *dst = run->names[run->n_names], *start = dst;
	const char *wish = source->path ? source->path : "file";
	const char *slash = strrchr(wish, '/');

	wish = slash ? slash + 1 : wish;
	if (source->kind == SHARE_ORIGIN_CREDENTIAL)
		wish = "credential";
	else if (source->kind == SHARE_ORIGIN_COMMAND_LINE)
		wish = "command-line";
	for (size_t i = 0; wish[i] && i < SHARE_NAME_MAX - 8; i++) {
		*dst = wish[i];
		dst[1] = '\0';
		if (!share_name_is_valid(start))
			*dst = '_';
		dst += share_name_is_valid(start);
		*dst = '\0';
	}
	if (dst == start)
		dst = stpcpy(start, "file");
	for (unsigned i = 2; is_taken(run, start); i++)
		(void)snprintf(dst, (size_t)(start + SHARE_NAME_MAX + 1 - dst), "-%u",
			       i); /* it fits */
	run->n_names++;
	return start;
}

static void do_bad_source(struct run *run, const struct source *source)
{
	const char *name = make_name(run, source);
	const struct conf *c = source->conf;
	struct finding refusal = { .path = NULL,
				   .rule = source->refused,
				   .remedy = source->remedy };
	const struct finding *first = source->refused ? &refusal : NULL;
	struct report report;
	size_t n = 0;

	if (report_begin(&report, NULL, source_name(source), source->refused != NULL) < 0) {
		fail(run, -ENOMEM);
		return;
	}
	if (first)
		report_add(&report, first);
	for (size_t i = 0; c && i < c->n_findings; i++) {
		if (c->findings[i].share >= 0)
			continue;
		first = first ? first : &c->findings[i];
		report_add(&report, &c->findings[i]);
		n++;
	}
	report_end(&report);
	write_broken(run, source, /* share= */ NULL, name, &report);
	want(run, "sealmount-config@", name, ".service");
	if (!source->refused)
		log_first(run, NULL, source_name(source), first ? first : &refusal,
			  n > 1 ? n - 1 : 0);
	else if (may_log(run))
		log_event(EV_SOURCE_REFUSED, source->remedy, NO_FIELDS, "%s is not used: %s",
			  source_name(source), source->refused);
	report_done(&report);
}

static void log_warnings(struct run *run, const struct conf *c)
{
	for (size_t i = 0; i < c->n_findings; i++) {
		const struct finding *f = &c->findings[i];

		if (f->level != FINDING_WARNING || !may_log(run))
			continue;
		log_context(f->share >= 0 ? c->shares[f->share]->name : NULL, "config");
		log_event(EV_CONFIG_WARNING, f->remedy, NO_FIELDS, "%s: %s",
			  f->path ? f->path : "$", f->rule ? f->rule : "odd");
	}
	log_context(NULL, NULL);
}

/* Return: units of it that something may want */
static size_t do_source(struct run *run, const struct source *source)
{
	const struct conf *c = source->conf;
	bool is_bad = !c || source->refused || c->is_unusable;

	if (is_bad)
		do_bad_source(run, source);
	if (!c)
		return 1;
	for (size_t i = 0; i < c->n_shares; i++)
		if (is_good(source, i))
			do_share(run, source, c->shares[i]);
		else
			do_broken(run, source, i);
	log_warnings(run, c);
	return c->n_shares + is_bad;
}

/* Up, but no longer configured: units that take it down in order, and nothing more. */
static void do_orphans(struct run *run)
{
	for (size_t i = 0; i < run->running->n; i++) {
		const char *name = run->running->names[i];
		struct err e = { 0 };
		int r;

		if (run->running->is_configured[i])
			continue;
		r = plan_orphan(&run->plan, name, &e);
		if (r == 0)
			r = emit_units(run->dir_fd, &run->plan.units, &e);
		if (r < 0)
			fail_to_write(run, name, &e);
	}
}

static void do_common(struct run *run)
{
	struct err e = { 0 };
	int r = plan_common(&run->plan, run->wants ? run->wants : "", &e);

	if (r == 0)
		r = emit_units(run->dir_fd, &run->plan.units, &e);
	if (r < 0)
		fail_to_write(run, NULL, &e);
}

int generate(const struct source_set *set, struct running *running, int dir_fd)
{
	struct run run = { .set = set, .running = running, .dir_fd = dir_fd };
	size_t n = 0;

	run.names = calloc(set->n_sources + 1, sizeof(*run.names));
	if (!run.names)
		return -ENOMEM;
	do_halves(&run);
	for (size_t i = 0; i < set->n_sources; i++)
		n += do_source(&run, &set->sources[i]);
	do_orphans(&run);
	if (n > 0)
		do_common(&run);
	plan_done(&run.plan);
	free(run.is_done);
	free(run.names);
	free(run.wants);
	return run.first_failure;
}
