/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program in an island of a pool against one behind chroot: bench-pool ROUNDS DIRECTORY CHROOT ISLE RUN DATA POOL.
 *
 * In turns, in an order drawn anew each round, with a pause before each so that the island that was taken has its
 * successor:
 *     request   from a process that is there already: fork, chroot to DIRECTORY and execve /probe; or connect to POOL,
 *               whose islands have DIRECTORY as their root, and ask for /probe
 *     command   a command is started that does the same: CHROOT (chroot.c), or ISLE run --pool
 * Each time goes from just before the first system call until the probe's first look at the clock.
 */
#include "base/unix_socket.h"
#include "engine/pool_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WARM_UP = 5, PAUSE_MS = 20, WAYS = 4 };

extern char **environ;

static struct {
	const char *directory, *pool;
	char *chroot_argv[4], *isle_argv[10];
	struct home home;
} bench;

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Ends the program with a sentence: a bench with a hole in it is none. */
static _Noreturn void fail(const char *what, const struct err *e)
{
	fprintf(stderr, "bench-pool: %s%s%s\n", what, e ? ": " : "", e ? e->what : "");
	exit(1);
}

/* When the probe was there: reads what it wrote, up to the end of the pipe. */
static int64_t probe_time(int ends[2])
{
	char text[64] = "";
	size_t used = 0;
	ssize_t n;

	close(ends[1]);
	while (used < sizeof(text) - 1 && (n = read(ends[0], text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	return strtoll(text, NULL, 10);
}

static int64_t request_fork(int ends[2])
{
	char *argv[] = {(char[]){"/probe"}, NULL}, *env[] = {NULL};
	const int64_t begin = now_ns();
	pid_t pid = fork();

	if (pid == 0) {
		dup2(ends[1], 1);
		if (chroot(bench.directory) == 0 && chdir("/") == 0)
			execve(argv[0], argv, env);
		_exit(127);
	}
	const int64_t reached = probe_time(ends);
	waitpid(pid, NULL, 0);
	return reached - begin;
}

static int64_t request_pool(int ends[2])
{
	struct pool_request r = {.stop_timeout_s = POOL_NO_TIMEOUT};
	const int stdio[3] = {-1, ends[1], -1};
	struct pool_answer answer;
	struct err e = {0};
	int conn, fds[2], n;

	strs_add(&r.command, bench.home.arena, "/probe");
	const int64_t begin = now_ns();
	if (pool_connect(&bench.home, bench.pool, &conn, &e) < 0 ||
	    pool_request_send(conn, &r, stdio, bench.home.arena, &e) < 0)
		fail("ask", &e);
	const int64_t reached = probe_time(ends);
	do {
		if (fds_recv(conn, 0, &answer, sizeof(answer), fds, 2, &n) <= 0)
			fail("hear", NULL);
		while (n > 0)
			close(fds[--n]);
	} while (answer.word == POOL_GIVEN);
	if (answer.word != POOL_ENDED || answer.status != 0)
		fail("run the probe", &answer.err);
	close(conn);
	return reached - begin;
}

/* Starts ARGV with the pipe as its standard output. */
static int64_t command(char **argv, int ends[2])
{
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	const int64_t begin = now_ns();
	if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0)
		fail("start a command", NULL);
	const int64_t reached = probe_time(ends);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	posix_spawn_file_actions_destroy(&actions);
	return status == 0 ? reached - begin : -1;
}

static int64_t command_chroot(int ends[2])
{
	return command(bench.chroot_argv, ends);
}

static int64_t command_pool(int ends[2])
{
	return command(bench.isle_argv, ends);
}

static const struct {
	const char *name;
	int64_t (*run)(int ends[2]);
	int base; /* with which it is compared */
} ways[WAYS] = {
	{"request: fork, chroot, execve", request_fork, 0},
	{"request: island of a pool", request_pool, 0},
	{"command: fork, chroot, execve", command_chroot, 2},
	{"command: isle run --pool", command_pool, 2},
};

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void print_table(int64_t *times[WAYS], int rounds)
{
	const int p10 = rounds / 10, median = rounds / 2;

	printf("%-30s  %23s  %s\n", "microseconds", "start: p10 median least", "ratio: p10 median");
	for (int i = 0; i < WAYS; i++)
		qsort(times[i], (size_t)rounds, sizeof(int64_t), compare);
	for (int i = 0; i < WAYS; i++) {
		const int64_t *v = times[i], *base = times[ways[i].base];

		printf("%-30s  %7lld %7lld %7lld  %10.2f %6.2f\n", ways[i].name, (long long)v[p10] / 1000,
		       (long long)v[median] / 1000, (long long)v[0] / 1000, (double)v[p10] / (double)base[p10],
		       (double)v[median] / (double)base[median]);
	}
}

/* One measurement. */
static int64_t measure(int way)
{
	int ends[2];

	poll(NULL, 0, PAUSE_MS);
	if (pipe2(ends, O_CLOEXEC) < 0)
		fail("make a pipe", NULL);
	int64_t t = ways[way].run(ends);
	close(ends[0]);
	if (t < 0)
		fail(ways[way].name, NULL);
	return t;
}

int main(int argc, char **argv)
{
	const int rounds = argc == 8 ? atoi(argv[1]) : 0;
	int64_t *times[WAYS];
	struct arena arena = {0};
	struct err e = {0};

	if (rounds < 10)
		fail("usage: bench-pool ROUNDS DIRECTORY CHROOT ISLE RUN DATA POOL", NULL);
	bench.directory = argv[2];
	bench.pool = argv[7];
	memcpy(bench.chroot_argv, (char *[]){argv[3], argv[2], (char[]){"/probe"}, NULL}, sizeof(bench.chroot_argv));
	memcpy(bench.isle_argv,
	       (char *[]){argv[4], (char[]){"--root"}, argv[5], (char[]){"--data"}, argv[6], (char[]){"run"},
			  (char[]){"--pool"}, argv[7], (char[]){"/probe"}, NULL},
	       sizeof(bench.isle_argv));
	if (home_open(&bench.home, argv[5], argv[6], &arena, &e) < 0)
		fail("begin", &e);
	for (int i = 0; i < WAYS; i++)
		times[i] = calloc((size_t)rounds, sizeof(int64_t));
	srand((unsigned int)now_ns());
	for (int round = -WARM_UP; round < rounds; round++) {
		const int first = rand() % WAYS;

		for (int i = 0; i < WAYS; i++) {
			const int way = (first + i) % WAYS;

			times[way][MAX(round, 0)] = measure(way);
		}
	}
	print_table(times, rounds);
	return 0;
}
