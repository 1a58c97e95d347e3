/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle run': a program on an island of its own. */
#include "cli/run_rows.h"
#include "cli/verbs.h"
#include "engine/pool.h"

#include <stdio.h>
#include <string.h>

static const struct opt run_opts[] = {
	OPT_HEADING("How it runs"),
	FLAG('i', "interactive", interactive, "pass standard input on"),
	FLAG('t', "tty", tty, "give it a terminal of its own"),
	FLAG('d', "detach", detach, "run it in the background, and print its id"),
	FLAG(0, "rm", rm, "forget the container when it has ended"),
	STR(0, "name", "NAME", name, "call it NAME; two containers never have the same name"),
	FLAG(0, "init", init, "let isle be process 1, which reaps and passes signals on"),
	STR(0, "stop-signal", "SIGNAL", stop_signal, "what isle stop sends [SIGTERM]"),
	STR(0, "stop-timeout", "SECONDS", stop_timeout, "how long isle stop waits before it kills [10]; -1: for ever"),
	STR(0, "timeout", "SECONDS", timeout, "kill it after so long"),
	LIST('l', "label", "KEY=VALUE", label, "note something about it"),
	LIST(0, "label-file", "FILE", label_file, "notes from a file, one in a line"),
	STR(0, "cidfile", "FILE", cidfile, "write its id into a new FILE"),
	STR(0, "pidfile", "FILE", pidfile, "write the pid of its first process into FILE"),
	LIST(0, "log-opt", "KEY=VALUE", log_opt, "the log of -d: max-size=SIZE [10m], max-file=NUMBER [3]"),
	OPT_STR(0, "pool", "NAME", struct run_args, pool, "take an island of isle pool NAME; there is no ROOT then"),

	RUN_ROOT_ROWS,
	FLAG(0, "rebuild", rebuild, "build or unpack ROOT again, although it is kept"),
	RUN_PROGRAM_ROWS,
	RUN_ISLAND_ROWS,

	SHOW_STEPS_ROWS(struct run_args),
	OPT_END,
};

/* What can still be chosen when an island of a pool is taken. */
static const char *const pool_choices[] = {
	"interactive", "tty",	  "detach",	"rm",	   "name",    "stop-signal", "stop-timeout",
	"timeout",     "label",	  "label-file", "cidfile", "pidfile", "log-opt",     "env",
	"env-file",    "workdir", "entrypoint", "pool",	   "timings", "json",
};

/* Whether the user gave the option O. */
static bool was_given(const struct opt *o, const void *args)
{
	const char *field = (const char *)args + o->offset;

	if (!o->name || o->kind == OPT_KIND_HEADING)
		return false;
	if (o->kind == OPT_KIND_FLAG)
		return *(const bool *)field;
	return o->kind == OPT_KIND_LIST ? ((const struct strs *)field)->n > 0 : *(char *const *)field != NULL;
}

/* Refuses what was decided when the pool's islands were made. */
static int check_choices(const struct run_args *a, struct err *e)
{
	for (const struct opt *o = run_opts; o->kind != OPT_KIND_END; o++) {
		bool may = !was_given(o, a);

		for (size_t i = 0; !may && i < ARRAY_LEN(pool_choices); i++)
			may = strcmp(o->name, pool_choices[i]) == 0;
		if (may)
			continue;
		err_set(e, 0, "--%s can't be chosen for an island of the pool %s", o->name, a->pool);
		err_why(e, "it is made already");
		return err_cure(e, "give it to isle pool serve");
	}
	return 0;
}

/* Takes ROOT, where there is to be one, and COMMAND from the operands. */
static int take_operands(struct cli *c, struct run_args *a, struct err *e)
{
	size_t i = 0;

	if (!a->pool && c->operands.n == 0) {
		err_set(e, 0, "no ROOT was given");
		return err_cure(e, "usage: %s [OPTION...] %s", cli_called(c, c->verb), c->verb->operands);
	}
	if (!a->pool)
		a->o.root = c->operands.v[i++];
	for (; i < c->operands.n; i++)
		strs_take(&a->o.command, &c->arena, c->operands.v[i]);
	return a->pool ? check_choices(a, e) : 0;
}

/* Does 'isle run'. */
static int run_run(struct cli *c, void *args, struct err *e)
{
	struct run_args *a = args;
	const struct run_mode mode = show_steps_mode(c, &a->show);
	char id[BOX_ID_LEN + 1] = "";
	int r = take_operands(c, a, e);

	if (r == 0)
		r = show_steps_check(c, &a->show, e);
	if (r < 0)
		return r;
	if (a->pool)
		r = pool_take(&c->home, a->pool, &a->o, &mode, &c->status, id, e);
	else
		r = engine_run(&c->home, &a->o, &mode, &c->status, id, e);
	if (r == 0 && a->o.detach && !a->show.explain)
		puts(id);
	return r;
}

const struct verb verb_run = {
	.name = "run",
	.heading = HEADING_RUN,
	.summary = "put a program on an island of its own",
	.operands = "ROOT [COMMAND [ARGUMENT...]]",
	.description =
		"Starts COMMAND in a new container: with its own files, processes, users, network, host name and "
		"limits. _ROOT_ is what it sees as its files:\n"
		"\n"
		"*host*, this machine's own root below a throw-away layer: nothing of the machine changes, and what "
		"belongs to root alone can't be read; a directory, used in the same way unless *--rw* is given; a "
		"root tarball (.tar, also with .gz, .xz or .zst), which is unpacked once and kept; or "
		"*debootstrap:*_SUITE_, a Debian or Ubuntu that is built once and kept.\n"
		"\n"
		"Without COMMAND a shell is started. A container that has ended is kept for *isle start* and *isle "
		"logs* unless *--rm* is given.\n"
		"\n"
		"Each container has users of its own: its root is an unprivileged user of the machine. A shared "
		"directory (*--volume*) shows the owners that it has here, and the container's root has the rights of "
		"the one who started it there; with the word noidmap its files belong to nobody inside.\n"
		"\n"
		"With *--pool* an island is taken that *isle pool serve* has made beforehand: only the program and what is "
		"around it can still be chosen, and all operands are COMMAND.",
	.exit_status = "That of the program; 128+N if signal N killed it; 0 with *--detach*.",
	.examples =
		(const struct verb_example[]){
			{"isle run -it --rm host", "a shell on a copy of this machine"},
			{"isle run --rm --net none --read-only host make -C /src test", "code that nobody has read"},
			{"isle run -d --name db -v ./data:/data -m 512m debootstrap:bookworm /data/serve", "a service"},
			{"isle run --rm --net container:db host ss -ltn", "the network of another container"},
			{"isle run --pool web /usr/bin/handle-request", "an island that is ready already"},
			{"isle run --explain --rm host true", "what a start consists of"},
			{0},
		},
	.opts = run_opts,
	.args_size = sizeof(struct run_args),
	.operands_max = -1,
	.operand_kind = OPERAND_ROOT,
	.flags = VERB_HOME | VERB_FOREIGN_WORDS,
	.run = run_run,
};
