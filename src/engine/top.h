/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'isle top': the processes of a container, read from the host's /proc alone.
 *
 * Nothing is executed in the container and none of its files is read, so nothing in it can lie to the host or trap it
 * (CVE-2022-1227).  Names and arguments of processes are the container's own words: escape them before they are
 * printed.
 */
#ifndef ISLE_ENGINE_TOP_H
#define ISLE_ENGINE_TOP_H

#include "engine/box.h"

struct top_row {
	pid_t pid, ppid;     /* as the host sees them */
	pid_t inside_pid;    /* in the process's own pid namespace */
	uid_t uid;	     /* as the host sees it */
	char state;	     /* 'R', 'S', 'D', 'Z', 'T'… (proc_pid_stat(5)) */
	int64_t cpu_ms;	     /* processor time used, user and system */
	int64_t started_ns;  /* since 1970 */
	const char *command; /* the arguments joined by spaces, or "[name]" where there are none */
};
struct top_rows {
	struct top_row *v;
	size_t n, room;
};

/* The container's processes by ascending pid; one that ends meanwhile is left out. */
int top_rows(struct home *h, const char *ref, struct top_rows *ret, struct err *e) MUST_USE;

#endif
