/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures commands that each put the probe into a container: bench ROUNDS NAME COMMAND… [-- NAME COMMAND…]…
 *
 * Every round runs every command once, in an order that is drawn anew, so that what else the machine does falls on all
 * of them alike.  Two times are taken for each:
 *     start   from just before posix_spawn until the probe's first look at the clock;
 *     wall    until the command has ended.
 * The table has the tenth percentile, the median and the least of both, and how many times as long as the first command
 * each takes by its medians.
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

extern char **environ;

struct command {
	const char *name;
	char **argv;
	int64_t *start, *wall; /* nanoseconds, one for each round */
};

/* Runs C once; the two times go to START and WALL. */
static void run(const struct command *c, int64_t *start, int64_t *wall)
{
	posix_spawn_file_actions_t actions;
	int ends[2], status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		fail(c->name, strerror(errno));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	rest();
	int64_t begin = now_ns();
	int code = posix_spawnp(&pid, c->argv[0], &actions, NULL, c->argv, environ);
	if (code)
		fail(c->name, strerror(code));
	close(ends[1]);
	int64_t reached = probe_read(ends[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail(c->name, strerror(errno));
	*wall = now_ns() - begin;
	*start = reached - begin;
	close(ends[0]);
	posix_spawn_file_actions_destroy(&actions);
	if (status != 0 || reached < begin)
		fail(c->name, "did not run the probe");
}

static void print_table(struct command *commands, int n, int rounds)
{
	printf("%-30s  %23s  %23s  %s\n", "microseconds", "start: p10 median least", "wall: p10 median least",
	       "ratio: start wall");
	for (int i = 0; i < n; i++) {
		struct command *c = &commands[i];

		times_sort(c->start, rounds);
		times_sort(c->wall, rounds);
		printf("%-30s", c->name);
		times_print(c->start, rounds);
		times_print(c->wall, rounds);
		printf("  %6s %5.2f %5.2f\n", "", (double)c->start[rounds / 2] / (double)commands[0].start[rounds / 2],
		       (double)c->wall[rounds / 2] / (double)commands[0].wall[rounds / 2]);
	}
}

/* Reads the command line: "--" stands between two commands. */
static int read_commands(char **argv, struct command *commands, int rounds)
{
	int n = 0;

	while (*argv && n < COMMANDS_MAX) {
		struct command *c = &commands[n++];

		c->name = *argv++;
		c->argv = argv;
		c->start = times_new(rounds);
		c->wall = times_new(rounds);
		if (!*argv)
			fail(c->name, "no command");
		while (*argv && strcmp(*argv, "--") != 0)
			argv++;
		if (*argv)
			*argv++ = NULL;
	}
	return n;
}

int main(int argc, char **argv)
{
	struct command commands[COMMANDS_MAX];
	int order[COMMANDS_MAX];
	int rounds = argc > 1 ? atoi(argv[1]) : 0;

	if (rounds < 10 || argc < 4)
		fail("usage", "bench ROUNDS NAME COMMAND... [-- NAME COMMAND...]...");
	int n = read_commands(argv + 2, commands, rounds);
	srand((unsigned int)now_ns());
	for (int round = -WARM_UP; round < rounds; round++) {
		order_draw(order, n);
		for (int i = 0; i < n; i++) {
			struct command *c = &commands[order[i]];
			int at = round < 0 ? 0 : round;

			run(c, &c->start[at], &c->wall[at]);
		}
	}
	print_table(commands, n, rounds);
	return 0;
}
