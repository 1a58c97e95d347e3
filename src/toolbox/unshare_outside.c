/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What unshare does to its namespaces from outside, or from inside where that is enough: see unshare_outside.h. */
#include "toolbox/unshare_outside.h"

#include "base/fd.h"
#include "base/parse.h"
#include "core/refused.h"
#include "toolbox/namespace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

/* Writes TEXT into FILE of the process that unshared: of this one where nobody stays outside. */
static int proc_write(const struct unshare *u, const char *file, const char *text, struct err *e)
{
	const char *path = u->self ? arena_printf(u->arena, "/proc/%d/%s", (int)u->self, file)
				   : arena_printf(u->arena, "/proc/self/%s", file);

	return file_write(AT_FDCWD, path, text, e);
}

/* ---- ids ---- */

const char *unshare_setgroups_word(const struct unshare *u)
{
	return u->setgroups == SETGROUPS_ALLOW ? "allow" : "deny";
}

/* Allows or denies setgroups(2); from where it can be done. */
static int setgroups_write(const struct unshare *u, struct err *e)
{
	int r = proc_write(u, "setgroups", unshare_setgroups_word(u), e);

	if (r == -EPERM && !(u->flags & CLONE_NEWUSER)) {
		err_why(e, "it is for a new user namespace, and none is asked for");
		return err_cure(e, "add --user");
	}
	return r < 0 ? map_refused(-r, u->euid != 0, u->arena, e) : 0;
}

/* Writes the maps: those of our own ids alone, or any from outside. */
static int maps_write(const struct unshare *u, struct err *e)
{
	int r = 0;

	if (u->map_outside) {
		r = idmap_apply(u->self, &u->users, &u->groups, u->euid == 0, u->arena, e);
		if (r == -ENOENT)
			return err_cure(e, "install newuidmap and newgidmap, on Debian the package uidmap");
		return r < 0 ? map_refused(-r, u->euid != 0, u->arena, e) : 0;
	}
	if (u->users.n > 0)
		r = proc_write(u, "uid_map", idmap_text(&u->users, u->arena), e);
	if (r == 0 && u->groups.n > 0)
		r = proc_write(u, "gid_map", idmap_text(&u->groups, u->arena), e);
	return r < 0 ? map_refused(-r, u->euid != 0, u->arena, e) : 0;
}

/* ---- clocks ---- */

/* Shifts the clocks of the new time namespace, before anybody lives in it. */
static int clocks_write(const struct unshare *u, struct err *e)
{
	const char *offsets[] = {u->boottime, u->monotonic};
	const int clocks[] = {CLOCK_BOOTTIME, CLOCK_MONOTONIC};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(clocks) && r == 0; i++)
		if (offsets[i])
			r = proc_write(u, "timens_offsets", arena_printf(u->arena, "%d %s 0", clocks[i], offsets[i]),
				       e);
	if (r == -ERANGE)
		err_why(e, "the clock would stand before 0, or too far ahead");
	return r;
}

/* ---- files ---- */

/* Binds what is asked for: the pid namespace, or all but that. */
static int files_bind(struct unshare *u, bool pid, struct err *e)
{
	int r = 0;

	for (int k = 0; k < NS_KIND_COUNT && r == 0; k++) {
		if (!u->files[k] || (k == NS_PID) != pid || u->bound[k])
			continue;
		r = namespace_file_bind(u->self, (enum ns_kind)k, u->files[k], u->arena, e);
		u->bound[k] = r == 0;
	}
	return r;
}

/* Takes back what was bound. */
static void files_unbind(struct unshare *u)
{
	for (int k = 0; k < NS_KIND_COUNT; k++) {
		if (u->bound[k])
			namespace_file_unbind(u->files[k]);
		u->bound[k] = false;
	}
}

/* ---- the outsider ---- */

/* What the outsider does when it is asked. */
static int outside_does(void *ctx, int what, struct err *e)
{
	struct unshare *u = ctx;

	switch ((enum outside)what) {
	case OUTSIDE_SETGROUPS:
		return setgroups_write(u, e);
	case OUTSIDE_MAPS:
		return maps_write(u, e);
	case OUTSIDE_CLOCKS:
		return clocks_write(u, e);
	case OUTSIDE_FILES:
	case OUTSIDE_PID_FILE:
		return files_bind(u, what == OUTSIDE_PID_FILE, e);
	case OUTSIDE_UNDO:
		files_unbind(u);
		return 0;
	case OUTSIDE_KEEP:
		u->keep = true;
		return 0;
	}
	return err_set(e, 0, "the process that stays outside was asked for %d", what);
}

/* The tool has become the program, or died. */
static void outside_ends(void *ctx)
{
	struct unshare *u = ctx;

	if (!u->keep)
		files_unbind(u);
}

/* Our number as /proc counts: it may be that of another pid namespace than ours. */
static pid_t own_number(void)
{
	char number[16];
	ssize_t n = readlink("/proc/self", number, sizeof(number) - 1);
	int pid = 0;

	number[MAX(n, (ssize_t)0)] = '\0';
	return parse_int(number, 1, INT_MAX, &pid) ? pid : getpid();
}

int outside_make(struct unshare *u, struct err *e)
{
	static const struct outsider_work work = {.does = outside_does, .ends = outside_ends};

	u->self = own_number();
	return outsider_make(&u->outsider, u->any_file, &work, u, e);
}

int outside_or_here(struct unshare *u, enum outside what, struct err *e)
{
	return u->outsider.sock >= 0 ? outsider_ask(&u->outsider, what, e) : outside_does(u, what, e);
}
