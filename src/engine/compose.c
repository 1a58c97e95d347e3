/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what the user typed to a record and a spec: the order of the parts, the record, and what the parts share. */
#include "engine/compose_priv.h"

#include "base/parse.h"
#include "core/defaults.h"
#include "engine/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { LINES_MAX = 1 << 20, LOG_SIZE_MIN = 4096, LOG_FILES_MAX = 100 };

/* ---- what the parts share ---- */

int compose_bad(struct err *e, const char *option, const char *value, const char *why)
{
	err_set(e, 0, "bad value of %s: \"%s\"", option, value);
	return err_why(e, "%s", why);
}

void strs_split(struct strs *s, struct arena *a, const char *text, char separator)
{
	for (;;) {
		const char *end = strchr(text, separator);

		strs_take(s, a, arena_strndup(a, text, end ? (size_t)(end - text) : strlen(text)));
		if (!end)
			return;
		text = end + 1;
	}
}

struct spec_mount *compose_mount(struct compose *c, const char *destination, const char *type, const char *source,
				 const char *options)
{
	struct spec_mount *m = list_add(&c->spec->mounts, c->a);

	*m = (struct spec_mount){
		.destination = arena_strdup(c->a, destination),
		.type = arena_strdup(c->a, type),
		.source = arena_strdup(c->a, source),
		.source_fd = FD_NONE,
	};
	if (options && *options)
		strs_split(&m->options, c->a, options, ',');
	return m;
}

int compose_pair(struct compose *c, const char *text, const char *option, struct spec_pairs *to, struct err *e)
{
	const char *eq = strchr(text, '=');
	size_t len = eq ? (size_t)(eq - text) : strlen(text);

	if (len == 0)
		return compose_bad(e, option, text, "it must be KEY=VALUE");
	for (size_t i = 0; i < to->n; i++)
		if (strncmp(to->v[i].key, text, len) == 0 && !to->v[i].key[len]) {
			to->v[i].value = arena_strdup(c->a, eq ? eq + 1 : "");
			return 0;
		}
	struct spec_pair *p = list_add(to, c->a);
	p->key = arena_strndup(c->a, text, len);
	p->value = arena_strdup(c->a, eq ? eq + 1 : "");
	return 0;
}

int compose_path(struct compose *c, const char *path, const char *option, char **ret, struct err *e)
{
	char *plain = arena_alloc(c->a, strlen(path) + 2, 1), *to = plain;
	const char *typed = path;

	if (*path != '/')
		return compose_bad(e, option, path, "a path inside the container must begin with \"/\"");
	if (strlen(path) >= PATH_MAX)
		return compose_bad(e, option, path, "the path is too long");
	while (*path) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 2 && path[0] == '.' && path[1] == '.')
			return compose_bad(e, option, typed, "a path inside the container must not have \"..\" in it");
		if (len > 0 && !(len == 1 && *path == '.')) {
			*to++ = '/';
			memcpy(to, path, len);
			to += len;
		}
		path += len;
	}
	if (to == plain)
		*to++ = '/';
	*to = '\0';
	*ret = plain;
	return 0;
}

int compose_lines(const char *option, const char *file, struct arena *a,
		  int (*fn)(void *ctx, char *line, struct err *e), void *ctx, struct err *e)
{
	char *text, *line, *rest;
	size_t size;
	int r = file_read(AT_FDCWD, file, a, LINES_MAX, &text, &size, e);

	if (r < 0)
		return err_context(e, "%s", option);
	if (strlen(text) != size)
		return err_set(e, 0, "%s: read %s: there is a zero byte in it", option, file);
	rest = text;
	for (unsigned int n = 1; r == 0 && (line = strsep(&rest, "\n")); n++) {
		size_t len = strlen(line);

		if (len > 0 && line[len - 1] == '\r')
			line[len - 1] = '\0';
		line += strspn(line, " \t");
		if (!*line || *line == '#')
			continue;
		r = fn(ctx, line, e);
		if (r < 0)
			err_context(e, "%s, line %u", file, n);
	}
	return r;
}

/* ---- the record ---- */

/* One line of a --label-file. */
static int label_line(void *ctx, char *line, struct err *e)
{
	struct compose *c = ctx;

	return compose_pair(c, line, "--label-file", &c->record->labels, e);
}

/* Labels: the files first, so that an option replaces a file's. */
static int record_labels(struct compose *c, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->o->label_file.n; i++)
		r = compose_lines("--label-file", c->o->label_file.v[i], c->a, label_line, c, e);
	for (size_t i = 0; r == 0 && i < c->o->label.n; i++)
		r = compose_pair(c, c->o->label.v[i], "--label", &c->record->labels, e);
	return r;
}

/* How the container ends: by which signal, after how long. */
static int record_stop(struct compose *c, struct err *e)
{
	const struct run_options *o = c->o;
	struct box_record *rec = c->record;

	rec->stop_signal = SIGTERM;
	rec->stop_timeout_s = DEFAULT_STOP_TIMEOUT;
	if (o->stop_signal && !parse_signal(o->stop_signal, &rec->stop_signal))
		return compose_bad(e, "--stop-signal", o->stop_signal, "there is no such signal");
	if (o->stop_timeout && strcmp(o->stop_timeout, "-1") == 0)
		rec->stop_timeout_s = -1;
	else if (o->stop_timeout && !parse_seconds(o->stop_timeout, &rec->stop_timeout_s))
		return compose_bad(e, "--stop-timeout", o->stop_timeout,
				   "it must be a number of seconds; -1 means for ever");
	if (o->timeout && !parse_seconds(o->timeout, &rec->timeout_s))
		return compose_bad(e, "--timeout", o->timeout, "it must be a number of seconds");
	return 0;
}

/* One --log-opt. */
static int record_log_opt(struct compose *c, const char *text, struct err *e)
{
	const char *value = strchr(text, '=');

	if (value && strncmp(text, "max-size=", 9) == 0) {
		if (!parse_size(value + 1, &c->record->log_max_size) || c->record->log_max_size < LOG_SIZE_MIN)
			return compose_bad(e, "--log-opt", text, "max-size must be at least 4k");
		return 0;
	}
	if (value && strncmp(text, "max-file=", 9) == 0) {
		if (!parse_int(value + 1, 1, LOG_FILES_MAX, &c->record->log_max_files))
			return compose_bad(e, "--log-opt", text, "max-file must be a number from 1 to 100");
		return 0;
	}
	return compose_bad(e, "--log-opt", text, "the log has max-size=SIZE and max-file=NUMBER");
}

/* One of them: a path that holds wherever the process that writes it stands. */
static int record_file(struct compose *c, const char *path, const char *option, char **ret, struct err *e)
{
	return *path ? path_absolute(path, option, c->a, ret, e) : compose_bad(e, option, path, "a file must be named");
}

/* The files that tell scripts what was started. */
static int record_files(struct compose *c, struct err *e)
{
	const struct run_options *o = c->o;
	int r = 0;

	if (o->cidfile)
		r = record_file(c, o->cidfile, "--cidfile", &c->record->cidfile, e);
	if (r == 0 && o->pidfile)
		r = record_file(c, o->pidfile, "--pidfile", &c->record->pidfile, e);
	if (r == 0 && o->cidfile && access(c->record->cidfile, F_OK) == 0) {
		err_set(e, EEXIST, "write the container's id to %s", o->cidfile);
		return err_cure(e, "remove it if no container needs it any more, or name another file");
	}
	return r;
}

/* What outlives the run. */
static int compose_record(struct compose *c, struct err *e)
{
	const struct run_options *o = c->o;
	struct box_record *rec = c->record;
	int r;

	if (!o->root || !*o->root)
		return err_set(e, 0, "no root is named");
	rec->root = arena_strdup(c->a, o->root);
	rec->name = arena_strdup(c->a, o->name);
	rec->rm = o->rm;
	rec->detach = o->detach;
	rec->tty = o->tty;
	rec->stdin_open = o->interactive;
	rec->init = o->init;
	rec->log_max_size = DEFAULT_LOG_SIZE;
	rec->log_max_files = DEFAULT_LOG_FILES;
	r = rec->name ? box_name_check(rec->name, e) : 0;
	if (r == 0)
		r = record_labels(c, e);
	if (r == 0)
		r = record_stop(c, e);
	for (size_t i = 0; r == 0 && i < o->log_opt.n; i++)
		r = record_log_opt(c, o->log_opt.v[i], e);
	return r < 0 ? r : record_files(c, e);
}

/* ---- the whole ---- */

int compose_layer(const struct run_options *o, bool *ret_memory, struct err *e)
{
	if (o->layer && strcmp(o->layer, "memory") != 0 && strcmp(o->layer, "disk") != 0)
		return compose_bad(e, "--layer", o->layer, "a layer lives in \"memory\" or on \"disk\"");
	if (o->layer && o->rw)
		return err_set(e, 0, "--layer does not go with --rw, which uses the root without a layer");
	*ret_memory = o->layer ? strcmp(o->layer, "memory") == 0 : o->rm && !o->detach;
	return 0;
}

/* Pairs of options that say opposite things. */
static int compose_contradictions(const struct run_options *o, struct err *e)
{
	if (o->rw && o->read_only)
		return err_set(e, 0, "--rw and --read-only contradict each other");
	if (o->host_private && o->root && strcmp(o->root, "host") != 0)
		return err_set(e, 0, "--host-private is for the root \"host\" alone");
	return 0;
}

int compose(const struct run_options *o, struct home *h, struct box *b, struct err *e)
{
	static int (*const parts[])(struct compose *, struct err *) = {
		compose_record, compose_ns, compose_process, compose_rights, compose_limits, compose_mounts,
	};
	struct compose c = {.o = o, .h = h, .a = h->arena, .b = b, .record = &b->record, .spec = &b->spec};
	bool memory;
	int r = compose_contradictions(o, e);

	if (r == 0)
		r = compose_layer(o, &memory, e);
	b->record = (struct box_record){
		.rootfs = b->record.rootfs,
		.id_slot = b->record.id_slot,
		.created_ns = b->record.created_ns,
		.persistent = b->record.persistent,
	};
	spec_init(&b->spec);
	b->spec.oci_version = arena_strdup(c.a, "1.2.0");
	b->spec.root.readonly = o->read_only;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(parts); i++)
		r = parts[i](&c, e);
	return r;
}

int compose_take(const struct run_options *o, struct home *h, struct box *b, struct err *e)
{
	struct compose c = {.o = o, .h = h, .a = h->arena, .b = b, .record = &b->record, .spec = &b->spec};
	struct spec_process *p = &b->spec.process;
	int r = compose_record(&c, e);

	if (r == 0 && o->workdir)
		r = compose_path(&c, o->workdir, "--workdir", &p->cwd, e);
	if (r == 0)
		r = compose_env(&o->env, &o->env_file, c.a, p, e);
	compose_terminal(o->tty, p);
	return r;
}

int compose_again(struct home *h, struct box *b, struct err *e)
{
	static const struct run_options none;
	struct compose c = {.o = &none, .h = h, .a = h->arena, .b = b, .record = &b->record, .spec = &b->spec};

	return compose_ns_open(&c, e);
}
