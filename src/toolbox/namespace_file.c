/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that keep a namespace alive: see namespace_file.h. */
#include "toolbox/namespace_file.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { NUMBERS_OF_CPU = 4096 }; /* the stock that a processor takes at once, COOKIE_LOCAL_BATCH */

/* The file in /proc/PID/ns: what a process that unshared these is in are only its children. */
static const char *proc_name(enum ns_kind kind)
{
	return kind == NS_PID ? "pid_for_children" : kind == NS_TIME ? "time_for_children" : ns_facts[kind].proc;
}

/* Whether the last mount that FILE lies on is shared; false where it can't be known. */
static bool is_on_shared_mount(const char *file, struct arena *a)
{
	char real[PATH_MAX], *text, *line, *save = NULL;
	size_t longest = 0;
	bool shared = false;

	if (!realpath(file, real) || file_read(AT_FDCWD, "/proc/self/mountinfo", a, 16 << 20, &text, NULL, NULL) < 0)
		return false;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char point[4096], options[4096];
		size_t len;

		if (sscanf(line, "%*s %*s %*s %*s %4095s %4095[^-]", point, options) != 2)
			continue;
		len = strcmp(point, "/") == 0 ? 0 : strlen(point);
		if (len < longest || strncmp(real, point, len) != 0 || (real[len] != '/' && real[len]))
			continue;
		longest = len;
		shared = strstr(options, " shared:");
	}
	return shared;
}

/* Says what can be known about a refused bind; -EDEADLK where another number may help. */
static int bind_refused(int code, enum ns_kind kind, const char *file, struct arena *a, struct err *e)
{
	struct stat st;

	err_set(e, code, "bind the new %s namespace to %s", ns_facts[kind].oci, file);
	if (stat(file, &st) < 0 && errno == ENOENT)
		return err_cure(e, "make an empty file of that name first");
	if (code == ENOTDIR)
		return err_why(e, "a namespace is bound to a file, and that is a directory");
	if (code == EPERM)
		return err_why(e, "only who may mount here binds a namespace to a file");
	if (kind != NS_MNT || code != EINVAL)
		return -code;
	if (is_on_shared_mount(file, a)) {
		err_why(e, "the mount that it lies on is shared, and would pass the namespace on into itself");
		return err_cure(e, "mount --bind its directory onto itself, and mount --make-private that");
	}
	err_why(e, "the kernel takes that namespace for an older one than this");
	if (e)
		e->code = EDEADLK;
	return -EDEADLK;
}

int namespace_file_bind(pid_t pid, enum ns_kind kind, const char *file, struct arena *a, struct err *e)
{
	char *source = arena_printf(a, "/proc/%d/ns/%s", (int)pid, proc_name(kind));

	return mount(source, file, NULL, MS_BIND, NULL) < 0 ? bind_refused(errno, kind, file, a, e) : 0;
}

void namespace_file_unbind(const char *file)
{
	(void)umount2(file, MNT_DETACH);
}

/* Makes one more mount namespace, and tries it. */
static int renumber_once(int (*again)(void *ctx, struct err *e), void *ctx, struct err *e)
{
	if (unshare(CLONE_NEWNS) < 0)
		return err_set(e, errno, "make another mount namespace");
	return again(ctx, e);
}

int namespace_renumber(int (*again)(void *ctx, struct err *e), void *ctx, struct err *e)
{
	cpu_set_t all, one;
	int r = -EDEADLK;

	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		return err_set(e, errno, "find the processors");
	for (int cpu = 0; cpu < CPU_SETSIZE && r == -EDEADLK; cpu++) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one) == 0)
			r = renumber_once(again, ctx, e);
	}
	(void)sched_setaffinity(0, sizeof(all), &all);
	for (int i = 0; i < NUMBERS_OF_CPU && r == -EDEADLK; i++)
		r = renumber_once(again, ctx, e);
	if (r == -EDEADLK && e)
		e->code = EINVAL; /* what the kernel said */
	return r == -EDEADLK ? -EINVAL : r;
}
