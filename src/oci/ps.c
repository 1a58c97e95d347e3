/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'ps': the processes of a container, as a list for programs, or as the lines of ps(1) for people. */
#include "base/fd.h"
#include "base/json_out.h"
#include "base/parse.h"
#include "oci/container.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 64 << 20 };

/* The pids of the container, sorted: of its group, or of its first process where it has none. */
static int find_pids(struct oci_container *c, struct pids *ret, struct err *e)
{
	struct cgroup_manager m;
	CLEANUP(cgroup_release) struct cgroup cg;
	int r = container_cgroup(c, &m, &cg, e);

	if (r == 0 && cg.path)
		r = cgroup_pids(&cg, c->rt->arena, ret, e);
	else if (r == 0 && c->pidfd >= 0)
		*(pid_t *)list_add(ret, c->rt->arena) = c->record.pid;
	return r;
}

/* For qsort(3) and bsearch(3). */
static int by_number(const void *a, const void *b)
{
	const pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* A list of numbers. */
static char *pids_json(const struct pids *pids, struct arena *a)
{
	struct json_out o;

	json_out_init(&o, a, JSON_COMPACT);
	json_open_list(&o, NULL);
	for (size_t i = 0; i < pids->n; i++)
		json_i64(&o, NULL, pids->v[i]);
	json_close_list(&o);
	return arena_printf(a, "%s\n", json_out_text(&o));
}

/* Runs ps(1) with ARGS and takes what it says on both descriptors. */
static int run_ps(const struct strs *args, struct arena *a, char **ret, struct err *e)
{
	int ends[2], status;
	size_t size;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(e, errno, "make a pipe");
	auto_fd from = ends[0];
	auto_fd to = ends[1];
	pid_t pid = fork();
	if (pid < 0)
		return err_set(e, errno, "make a process for ps");
	if (pid == 0) {
		if (dup2(to, 1) == 1 && dup2(to, 2) == 2)
			execvp("ps", args->v);
		_exit(127);
	}
	fd_close(&to);
	int r = fd_read_all(from, a, OUTPUT_MAX, ret, &size, e);
	fd_close(&from);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return r;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		err_set(e, 0, "run ps: it could not be executed");
		return err_cure(e, "install procps, or ask with --format json");
	}
	err_set(e, 0, "run ps: it failed");
	return err_why(e, "%.*s", (int)strcspn(*ret, "\n"), *ret);
}

/* The index of the word PID in LINE; -1 if it is not there. */
static int pid_column(const char *line)
{
	for (int column = 0;; column++) {
		line += strspn(line, " \t");
		size_t n = strcspn(line, " \t\n");

		if (n == 0)
			return -1;
		if (n == 3 && strncmp(line, "PID", 3) == 0)
			return column;
		line += n;
	}
}

/* The number in COLUMN of LINE; 0 if there is none. */
static pid_t pid_of(const char *line, int column, struct arena *a)
{
	int pid;

	for (; column > 0; column--) {
		line += strspn(line, " \t");
		line += strcspn(line, " \t");
	}
	line += strspn(line, " \t");
	return parse_int(arena_strndup(a, line, strcspn(line, " \t")), 1, INT32_MAX, &pid) ? pid : 0;
}

/* Adds LINE and a line break to OUT, which has N bytes and room for all that ps says. */
static void add_line(char *out, size_t *n, const char *line)
{
	size_t len = strlen(line);

	memcpy(out + *n, line, len + 1);
	out[*n + len] = '\n';
	*n += len + 1;
}

/* The first line of what ps says, and the lines of PIDS. */
static int pids_table(const struct pids *pids, const struct strs *args, struct arena *a, char **ret, struct err *e)
{
	struct strs words = {0};
	char *text;

	strs_add(&words, a, "ps");
	for (size_t i = 0; i < args->n; i++)
		strs_add(&words, a, args->v[i]);
	if (args->n == 0)
		strs_add(&words, a, "-ef");
	int r = run_ps(&words, a, &text, e);
	if (r < 0)
		return r;
	char *out = arena_alloc(a, strlen(text) + 2, 1);
	size_t n = 0;
	char *line = strsep(&text, "\n");
	const int column = pid_column(line);
	if (column < 0)
		return err_set(e, 0, "read what ps says: it has no column PID");
	add_line(out, &n, line);
	while ((line = strsep(&text, "\n"))) {
		const pid_t pid = pid_of(line, column, a);

		if (pid && pids->n && bsearch(&pid, pids->v, pids->n, sizeof(pid), by_number))
			add_line(out, &n, line);
	}
	*ret = out;
	return 0;
}

int oci_ps(struct oci_runtime *rt, const char *id, const char *format, const struct strs *args, char **ret_text,
	   struct err *e)
{
	CLEANUP(container_close) struct oci_container c;
	struct pids pids = {0};
	int r;

	container_init(&c, rt, id);
	r = container_open(&c, rt, id, false, e);
	r = r < 0 ? r : find_pids(&c, &pids, e);
	if (r < 0)
		return r;
	if (pids.n)
		qsort(pids.v, pids.n, sizeof(*pids.v), by_number);
	if (strcmp(format, "json") != 0)
		return pids_table(&pids, args, rt->arena, ret_text, e);
	*ret_text = pids_json(&pids, rt->arena);
	return 0;
}
