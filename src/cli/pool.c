/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle pool': islands that are prepared before they are asked for. */
#include "engine/pool.h"

#include "base/parse_time.h"
#include "base/table.h"
#include "cli/run_rows.h"
#include "cli/verbs.h"
#include "engine/ps.h"

#include <stdio.h>
#include <string.h>

#define HEADING_POOL "Pools"

/* ---- serve ---- */

static const struct opt serve_opts[] = {
	OPT_HEADING("The pool"),
	OPT_INT('n', "size", "NUMBER", 1, POOL_SIZE_MAX, struct run_args, size, "how many islands are kept ready [4]"),
	OPT_FLAG('d', "detach", struct run_args, background, "go to the background when all are ready"),

	OPT_HEADING("What its containers are"),
	FLAG(0, "rm", rm, "forget them when they have ended, as with run --rm"),
	FLAG(0, "init", init, "let isle be process 1, which reaps and passes signals on"),
	STR(0, "stop-signal", "SIGNAL", stop_signal, "what isle stop sends [SIGTERM]"),
	STR(0, "stop-timeout", "SECONDS", stop_timeout, "how long isle stop waits before it kills [10]; -1: for ever"),
	LIST('l', "label", "KEY=VALUE", label, "note something about them"),
	LIST(0, "log-opt", "KEY=VALUE", log_opt, "the log of -d: max-size=SIZE [10m], max-file=NUMBER [3]"),

	RUN_ROOT_ROWS,
	RUN_PROGRAM_ROWS,
	RUN_ISLAND_ROWS,
	OPT_END,
};

static const struct run_args serve_defaults = {.size = POOL_SIZE_DEFAULT};

/* Does 'isle pool serve'. */
static int serve_run(struct cli *c, void *args, struct err *e)
{
	struct run_args *a = args;
	const struct pool_options o = {
		.name = c->operands.v[0], .size = a->size, .detach = a->background, .islands = &a->o};
	const struct run_mode mode = {.tell = cli_tell, .ctx = c};

	a->o.root = c->operands.v[1];
	for (size_t i = 2; i < c->operands.n; i++)
		strs_take(&a->o.command, &c->arena, c->operands.v[i]);
	return pool_serve(&c->home, &o, &mode, e);
}

static const struct verb verb_serve = {
	.name = "serve",
	.heading = HEADING_POOL,
	.summary = "keep islands ready until it is stopped",
	.operands = "NAME ROOT [COMMAND [ARGUMENT...]]",
	.description =
		"Makes islands of ROOT as *isle run* would with the same options, and parks each just before its program is "
		"executed. *isle run --pool NAME* takes one, which is used once and then replaced.",
	.opts = serve_opts,
	.args_size = sizeof(struct run_args),
	.defaults = &serve_defaults,
	.operands_min = 2,
	.operands_max = -1,
	.operand_kind = OPERAND_NONE,
	.flags = VERB_HOME | VERB_FOREIGN_WORDS,
	.run = serve_run,
};

/* ---- ls ---- */

struct ls_args {
	bool quiet, json;
};

static const struct opt ls_opts[] = {
	OPT_FLAG('q', "quiet", struct ls_args, quiet, "names only, one in a line", .group = "form"),
	OPT_FLAG(0, "json", struct ls_args, json, "a list of objects with everything that is known", .group = "form"),
	OPT_END,
};

/* What one island of ROW costs on the average in KiB: its processes, and what the kernel charges where it counts. */
static char *memory_text(struct arena *a, const struct pool_row *row)
{
	int64_t pss = 0, charged = 0;
	const int64_t n = (int64_t)row->parked.n;

	for (size_t i = 0; i < row->parked.n; i++) {
		const struct pool_island *p = &row->parked.v[i];

		pss += MAX(p->keeper_pss, (int64_t)0) + MAX(p->box_pss, (int64_t)0);
		charged = charged < 0 || p->charged < 0 ? -1 : charged + p->charged;
	}
	if (n == 0)
		return arena_strdup(a, "-");
	if (charged <= 0)
		return arena_printf(a, "%lld KiB", (long long)(pss / n / 1024));
	return arena_printf(a, "%lld KiB (charged %lld)", (long long)(pss / n / 1024), (long long)(charged / n / 1024));
}

/* The table for people. */
static void print_table(struct cli *c, const struct pool_rows *rows)
{
	static const char *const heads[] = {"NAME", "ROOT", "PARKED", "TAKEN", "MEMORY OF ONE", "SERVED FOR"};
	struct table t = {.arena = &c->arena};

	table_heads(&t, heads, ARRAY_LEN(heads));
	for (size_t i = 0; i < rows->n; i++) {
		const struct pool_row *r = &rows->v[i];

		table_add(&t, r->name);
		table_add(&t, r->root);
		table_addf(&t, "%zu of %d", r->parked.n, r->size);
		table_addf(&t, "%lld", (long long)r->taken);
		table_add(&t, memory_text(&c->arena, r));
		table_add(&t, ps_age(&c->arena, time_now() - r->since_ns));
	}
	fputs(table_format(&t), stdout);
	/* Not a column: it is a sentence, and there is none as a rule. */
	for (size_t i = 0; i < rows->n; i++)
		if (rows->v[i].error)
			cli_tell(c, arena_printf(&c->arena, "%s: %s", rows->v[i].name, rows->v[i].error));
}

/* A number of bytes, or null where it is not known. */
static void put_bytes(struct json_out *o, const char *key, int64_t n)
{
	if (n < 0)
		json_null(o, key);
	else
		json_i64(o, key, n);
}

/* One pool as an object. */
static void put_row(struct json_out *o, const void *row)
{
	const struct pool_row *r = row;
	char since[TIME_TEXT_SIZE];

	time_format(r->since_ns, since);
	json_open_object(o, NULL);
	json_string(o, "name", r->name);
	json_string(o, "root", r->root);
	json_string(o, "command", r->command);
	json_i64(o, "size", r->size);
	json_i64(o, "taken", r->taken);
	json_i64(o, "failed", r->failed);
	if (r->error)
		json_string(o, "error", r->error);
	else
		json_null(o, "error");
	json_i64(o, "service_pid", r->service_pid);
	json_string(o, "since", since);
	json_open_list(o, "parked");
	for (size_t i = 0; i < r->parked.n; i++) {
		json_open_object(o, NULL);
		json_string(o, "id", r->parked.v[i].id);
		put_bytes(o, "keeper_pss", r->parked.v[i].keeper_pss);
		put_bytes(o, "island_pss", r->parked.v[i].box_pss);
		put_bytes(o, "charged", r->parked.v[i].charged);
		json_close_object(o);
	}
	json_close_list(o);
	json_close_object(o);
}

/* Does 'isle pool ls'. */
static int ls_run(struct cli *c, void *args, struct err *e)
{
	const struct ls_args *a = args;
	struct pool_rows rows = {0};
	int r = pool_rows(&c->home, &rows, e);

	if (r < 0)
		return r;
	if (a->json)
		cli_print_list(c, &rows, put_row);
	else if (!a->quiet)
		print_table(c, &rows);
	for (size_t i = 0; a->quiet && i < rows.n; i++)
		puts(rows.v[i].name);
	return 0;
}

static const struct verb verb_ls = {
	.name = "ls",
	.heading = HEADING_POOL,
	.summary = "list the pools that are served",
	.operands = "",
	.description =
		"MEMORY OF ONE is what a parked island costs: the proportional share of its two processes, and in brackets, "
		"where the memory controller counts for it, what its control group is charged with, the kernel's own included.",
	.opts = ls_opts,
	.args_size = sizeof(struct ls_args),
	.flags = VERB_HOME,
	.run = ls_run,
};

/* ---- stop ---- */

/* Stops one pool. */
static int stop_one(struct cli *c, const char *name, void *args, struct err *e)
{
	(void)args;
	return pool_stop(&c->home, name, e);
}

static const struct verb verb_pool_stop = {
	.name = "stop",
	.heading = HEADING_POOL,
	.summary = "end pools",
	.operands = "NAME...",
	.description = "Ends their services and what is parked. Containers that were taken live on.",
	.operands_min = 1,
	.operands_max = -1,
	.operand_kind = OPERAND_NONE,
	.flags = VERB_HOME,
	.each = stop_one,
};

/* ---- the door ---- */

static const struct verb *const pool_verbs[] = {&verb_serve, &verb_ls, &verb_pool_stop, NULL};

/* Does 'isle pool': finds the verb, and goes on with it. */
static int door_run(struct cli *c, void *args, struct err *e)
{
	(void)args;
	const struct verb *v = verb_find_in(pool_verbs, c->operands.v[0]);

	if (!v)
		return cli_unknown_verb(c, c->verb, c->operands.v[0], e);
	c->door = c->verb;
	return cli_verb_run(c, v, c->operands.v + 1, e);
}

const struct verb verb_pool = {
	.name = "pool",
	.heading = HEADING_KEEP,
	.summary = "keep islands ready that start as fast as a program",
	.operands = "VERB [ARGUMENT...]",
	.description =
		"A pool is a service that keeps islands parked: made as *isle run* makes them, with namespaces, root, limits, "
		"rights and filter, all but the program. *isle run --pool NAME COMMAND* takes one. Each is used once, never "
		"again; another is made in the background.\n"
		"\n"
		"When it is taken, the program, its environment, directory and terminal, the container's name, labels and log "
		"can be chosen; namespaces, root, mounts, user, limits and rights are those of *isle pool serve*. If none is "
		"ready, the command waits for the next, 10 seconds at most.\n"
		"\n"
		"The service needs nothing but to run: in a terminal, under a service manager, or with *--detach*. When it "
		"ends, even by SIGKILL, the parked islands end with it; containers that were taken do not. A service manager "
		"must leave them alone (systemd: KillMode=mixed kills them, KillMode=process does not).",
	.examples =
		(const struct verb_example[]){
			{"isle pool serve -d --size 8 --rm --net none --memory 256m web /srv/web", "eight of them"},
			{"isle run --pool web /bin/handle --one-request", "take one"},
			{"isle pool ls", "how many are parked, and what they cost"},
			{"isle pool stop web", "end it"},
			{0},
		},
	.operands_min = 1,
	.operands_max = -1,
	.operand_kind = OPERAND_VERB,
	.flags = VERB_FOREIGN_WORDS,
	.verbs = pool_verbs,
	.run = door_run,
};
