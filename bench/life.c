/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures the life of a container under OCI runtimes: life ROUNDS BUNDLE NAME RUNTIME… [-- NAME RUNTIME…]…
 *
 * The program of BUNDLE is "/probe hold".  Every round each runtime, in an order that is drawn anew, does
 *     create, start, exec of /probe, delete --force
 * with one container.  Told are the three commands that make and unmake it, from just before posix_spawn until the
 * command has ended; and of exec the time until the probe's first look at the clock.
 */
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 24 };
enum column { CREATE, START, DELETE, WHOLE, EXEC, COLUMNS };

static const char *const columns[COLUMNS] = {"create", "start", "delete -f", "these three", "exec"};

extern char **environ;

struct runtime {
	const char *name;
	char **argv;
	int64_t *times[COLUMNS]; /* nanoseconds, one for each round */
};

/* Runs the runtime R with WORDS (ended by NULL) behind its own; returns how long it took. */
static int64_t run(const struct runtime *r, const char *const *words, int out)
{
	posix_spawn_file_actions_t actions;
	char *argv[WORDS_MAX];
	int n = 0, status;
	pid_t pid;

	while (r->argv[n] && n < WORDS_MAX / 2) {
		argv[n] = r->argv[n];
		n++;
	}
	while (*words && n < WORDS_MAX - 1)
		argv[n++] = (char *)(uintptr_t)*words++;
	argv[n] = NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	int64_t begin = now_ns();
	int code = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	if (code)
		fail(r->name, strerror(code));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail(r->name, strerror(errno));
	int64_t took = now_ns() - begin;
	posix_spawn_file_actions_destroy(&actions);
	if (status != 0)
		fail(r->name, words[-1]);
	return took;
}

/* One container's life, whose times go to round AT. */
static void live(struct runtime *r, const char *bundle, const char *id, int at)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		fail(r->name, strerror(errno));
	rest();
	r->times[CREATE][at] = run(r, (const char *[]){"create", "--bundle", bundle, id, NULL}, ends[1]);
	rest();
	r->times[START][at] = run(r, (const char *[]){"start", id, NULL}, ends[1]);
	if (probe_read(ends[0]) == 0)
		fail(r->name, "did not run the probe");
	rest();
	int64_t begin = now_ns();
	run(r, (const char *[]){"exec", id, "/probe", NULL}, ends[1]);
	r->times[EXEC][at] = probe_read(ends[0]) - begin;
	rest();
	r->times[DELETE][at] = run(r, (const char *[]){"delete", "--force", id, NULL}, ends[1]);
	r->times[WHOLE][at] = r->times[CREATE][at] + r->times[START][at] + r->times[DELETE][at];
	close(ends[0]);
	close(ends[1]);
}

static void print_tables(struct runtime *runtimes, int n, int rounds)
{
	for (int c = 0; c < COLUMNS; c++) {
		printf("%s%-30s  %23s  %s\n", c ? "\n" : "", columns[c], "p10 median least", "ratio");
		for (int i = 0; i < n; i++) {
			times_sort(runtimes[i].times[c], rounds);
			printf("%-30s", runtimes[i].name);
			times_print(runtimes[i].times[c], rounds);
			printf("  %5.2f\n",
			       (double)runtimes[i].times[c][rounds / 2] / (double)runtimes[0].times[c][rounds / 2]);
		}
	}
}

/* Reads the command line: "--" stands between two runtimes. */
static int read_runtimes(char **argv, struct runtime *runtimes, int rounds)
{
	int n = 0;

	while (*argv && n < COMMANDS_MAX) {
		struct runtime *r = &runtimes[n++];

		r->name = *argv++;
		r->argv = argv;
		for (int c = 0; c < COLUMNS; c++)
			r->times[c] = times_new(rounds);
		if (!*argv)
			fail(r->name, "no command");
		while (*argv && strcmp(*argv, "--") != 0)
			argv++;
		if (*argv)
			*argv++ = NULL;
	}
	return n;
}

int main(int argc, char **argv)
{
	struct runtime runtimes[COMMANDS_MAX];
	int order[COMMANDS_MAX];
	int rounds = argc > 1 ? atoi(argv[1]) : 0;
	char id[64];

	if (rounds < 10 || argc < 5)
		fail("usage", "life ROUNDS BUNDLE NAME RUNTIME... [-- NAME RUNTIME...]...");
	int n = read_runtimes(argv + 3, runtimes, rounds);
	srand((unsigned int)now_ns());
	snprintf(id, sizeof(id), "isle-bench-life-%d", (int)getpid());
	for (int round = -WARM_UP; round < rounds; round++) {
		order_draw(order, n);
		for (int i = 0; i < n; i++)
			live(&runtimes[order[i]], argv[2], id, round < 0 ? 0 : round);
	}
	print_tables(runtimes, n, rounds);
	return 0;
}
