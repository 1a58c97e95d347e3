/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'isle top': see top.h.
 *
 * Which processes belong to the container is told by its cgroup.  Where it has none, they are those in its pid
 * namespace, and those in namespaces below that one are not found.
 */
#include "engine/top.h"

#include "core/cgroup.h"
#include "engine/dir.h"
#include "engine/lifecycle_priv.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Reads the file NAME of the process directory PROC into TEXT; its length, or -1. */
static ssize_t read_proc(int proc, const char *name, char *text, size_t size)
{
	auto_fd fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (n >= 0)
		text[n] = '\0';
	return n;
}

/* Takes state, parent, times out of /proc/PID/stat (proc_pid_stat(5)). */
static bool read_stat(int proc, int64_t boot_ns, struct top_row *row)
{
	char text[1024];
	unsigned long long user_ticks, system_ticks, start_ticks;
	int64_t hz = sysconf(_SC_CLK_TCK);

	if (read_proc(proc, "stat", text, sizeof(text)) <= 0)
		return false;
	/* The process chose the name in field 2, and may have put a ')' into it. */
	char *p = strrchr(text, ')');
	if (!p || sscanf(p + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu",
			 &row->state, &row->ppid, &user_ticks, &system_ticks, &start_ticks) != 5)
		return false;
	row->cpu_ms = (int64_t)(user_ticks + system_ticks) * 1000 / hz;
	row->started_ns = boot_ns + (int64_t)start_ticks * (1000000000 / hz);
	return true;
}

/* Takes the user, the name and the innermost pid out of /proc/PID/status. */
static bool read_status(int proc, struct top_row *row, char name[64])
{
	char text[4096];

	if (read_proc(proc, "status", text, sizeof(text)) <= 0)
		return false;
	const char *uid = strstr(text, "\nUid:\t"), *nspid = strstr(text, "\nNSpid:");
	if (!uid || sscanf(uid, "\nUid:\t%u", &row->uid) != 1 || sscanf(text, "Name:\t%63[^\n]", name) != 1)
		return false;
	row->inside_pid = row->pid;
	if (nspid) {
		const char *end = strchr(nspid + 1, '\n');
		const char *last = end;

		while (last && last > nspid && !isspace((unsigned char)last[-1]))
			last--;
		if (last)
			row->inside_pid = (pid_t)strtol(last, NULL, 10);
	}
	return true;
}

/* The arguments joined by spaces; "[name]" for a process without any. */
static const char *read_command(int proc, struct arena *a, const char *name)
{
	char text[4096];
	ssize_t n = read_proc(proc, "cmdline", text, sizeof(text));

	while (n > 0 && text[n - 1] == '\0')
		n--;
	if (n <= 0)
		return arena_printf(a, "[%s]", name);
	for (ssize_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	return arena_strndup(a, text, (size_t)n);
}

/* Adds the row of process PID, unless it is gone. */
static void add_row(struct top_rows *rows, struct arena *a, pid_t pid, int64_t boot_ns)
{
	struct top_row row = {.pid = pid};
	char path[32], name[64] = "";

	/* One descriptor for all files of the process: if the pid is used again meanwhile, they all say "gone". */
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	auto_fd proc = dir_open(AT_FDCWD, path);
	if (proc < 0 || !read_stat(proc, boot_ns, &row) || !read_status(proc, &row, name))
		return;
	row.command = read_command(proc, a, name);
	*list_add(rows, a) = row;
}

/* Appends the processes of the pid namespace that PIDNS (an inode) is. */
static void pids_of_namespace(unsigned long pidns, struct arena *a, struct pids *ret)
{
	auto_dir d = dir_stream(AT_FDCWD, "/proc");
	struct dirent *entry;

	while (d && pidns && (entry = dir_next(d))) {
		int pid = atoi(entry->d_name);

		if (pid > 0 && ns_inode(pid, NS_PID) == pidns)
			*list_add(ret, a) = pid;
	}
}

/* The processes of the box. */
static int find_pids(struct box *b, struct pids *ret, struct err *e)
{
	CLEANUP(cgroup_release) struct cgroup cg;
	int r = box_cgroup_open(b, &cg, e);

	if (r == 0)
		r = cgroup_pids(&cg, b->home->arena, ret, e);
	if (r < 0 || ret->n > 0)
		return r;
	auto_fd pidfd = FD_NONE;
	/* The identity is checked after the namespace was read, so both are of the same process. */
	unsigned long pidns = ns_inode(b->state.pid, NS_PID);
	if (b->state.pid > 0 && box_pidfd(b, &pidfd, NULL) == 0 && pidns != ns_inode(0, NS_PID))
		pids_of_namespace(pidns, b->home->arena, ret);
	return 0;
}

/* For qsort(3). */
static int compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

int top_rows(struct home *h, const char *ref, struct top_rows *ret, struct err *e)
{
	struct timespec now, up;
	struct pids pids = {0};
	CLEANUP(box_close) struct box b;
	int r = box_find(h, ref, false, &b, e);

	if (r == 0)
		r = box_must_run(&b, e);
	if (r == 0)
		r = find_pids(&b, &pids, e);
	if (r < 0)
		return r;
	if (pids.n > 1)
		qsort(pids.v, pids.n, sizeof(*pids.v), compare_pids);
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	int64_t boot_ns = ((int64_t)now.tv_sec - up.tv_sec) * 1000000000 + now.tv_nsec - up.tv_nsec;
	for (size_t i = 0; i < pids.n; i++)
		add_row(ret, h->arena, pids.v[i], boot_ns);
	return 0;
}
