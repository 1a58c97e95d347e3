/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures how many containers come and go in a second: crowd TOTAL AT_ONCE NAME COMMAND… [-- NAME COMMAND…]…
 *
 * Each command is run TOTAL times, AT_ONCE of them at a time; a word "%" of it becomes an id of its own.
 */
#include "measure.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 32 };

extern char **environ;

/* Starts the COMMAND with ID; what it writes nobody reads. */
static void begin(char *const *command, const char *name, char *id, posix_spawn_file_actions_t *actions)
{
	char *argv[WORDS_MAX] = {NULL};
	pid_t pid;

	for (int i = 0; command[i] && i < WORDS_MAX - 1; i++)
		argv[i] = strcmp(command[i], "%") == 0 ? id : command[i];
	int code = posix_spawnp(&pid, argv[0], actions, NULL, argv, environ);
	if (code)
		fail(name, strerror(code));
}

/* Waits for one of those that run. */
static void end(const char *name)
{
	int status;

	while (wait(&status) < 0)
		if (errno != EINTR)
			fail(name, strerror(errno));
	if (status != 0)
		fail(name, "a container failed");
}

/* Runs COMMAND as often as TOTAL; returns how long that took, in nanoseconds. */
static int64_t crowd(char *const *command, const char *name, int total, int at_once)
{
	posix_spawn_file_actions_t actions;
	char id[64];

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 1 /* O_WRONLY */, 0);
	int64_t from = now_ns();
	for (int i = 0; i < total; i++) {
		if (i >= at_once)
			end(name);
		snprintf(id, sizeof(id), "isle-bench-crowd-%d-%d", (int)getpid(), i);
		begin(command, name, id, &actions);
	}
	for (int i = 0; i < total && i < at_once; i++)
		end(name);
	posix_spawn_file_actions_destroy(&actions);
	return now_ns() - from;
}

int main(int argc, char **argv)
{
	int total = argc > 1 ? atoi(argv[1]) : 0, at_once = argc > 2 ? atoi(argv[2]) : 0;
	double first = 0;

	if (total < 1 || at_once < 1 || argc < 5)
		fail("usage", "crowd TOTAL AT_ONCE NAME COMMAND... [-- NAME COMMAND...]...");
	printf("%-30s  %10s  %s\n", "containers in a second", "", "ratio");
	for (char **at = argv + 3; *at;) {
		const char *name = *at++;
		char **command = at;

		while (*at && strcmp(*at, "--") != 0)
			at++;
		if (*at)
			*at++ = NULL;
		double each = (double)total * 1e9 / (double)crowd(command, name, total, at_once);
		first = first > 0 ? first : each;
		printf("%-30s  %10.0f  %5.2f\n", name, each, each / first);
	}
	return 0;
}
