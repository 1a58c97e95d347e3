/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of unshare up to the fork: outsider, namespaces, their maps and clocks, the files that keep them. */
#include "core/refused.h"
#include "core/sys.h"
#include "toolbox/child.h"
#include "toolbox/namespace_file.h"
#include "toolbox/unshare_outside.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static bool setgroups_wanted(const void *ctx)
{
	const struct unshare *u = ctx;

	return u->setgroups != SETGROUPS_ASIS || u->own_group;
}

static bool maps_wanted(const void *ctx)
{
	const struct unshare *u = ctx;

	return u->users.n > 0 || u->groups.n > 0;
}

static bool clocks_wanted(const void *ctx)
{
	const struct unshare *u = ctx;

	return u->boottime || u->monotonic;
}

static bool outsider_wanted(const void *ctx)
{
	const struct unshare *u = ctx;

	return u->any_file || u->map_outside || (u->has_owner && (clocks_wanted(u) || setgroups_wanted(u)));
}

static int outsider_run(void *ctx, struct err *e)
{
	return outside_make(ctx, e);
}

static void outsider_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "leave a process behind that keeps the namespaces and rights of now, for what needs them later");
}

/* Becomes the one who shall own the user namespace. */
static int owner_run(void *ctx, struct err *e)
{
	const struct unshare *u = ctx;

	if (setgroups(0, NULL) < 0)
		return err_set(e, errno, "drop the groups, to become the owner %u:%u", u->owner_uid, u->owner_gid);
	if (setgid(u->owner_gid) < 0 || setuid(u->owner_uid) < 0)
		return err_set(e, errno, "become the owner %u:%u", u->owner_uid, u->owner_gid);
	return 0;
}

static bool owner_wanted(const void *ctx)
{
	return ((const struct unshare *)ctx)->has_owner;
}

static void owner_explain(const void *ctx, struct explain *x)
{
	const struct unshare *u = ctx;

	explain_say(x, "become user %u and group %u, who then own the user namespace", u->owner_uid, u->owner_gid);
	explain_shell(x, "setpriv --clear-groups --regid %u --reuid %u", u->owner_gid, u->owner_uid);
}

/* The namespaces asked for as words: "FIRST, SECOND", each behind PREFIX. */
static char *kinds_text(const struct unshare *u, struct arena *a, const char *prefix, const char *between)
{
	char *text = arena_strdup(a, "");

	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (u->flags & (unsigned int)ns_facts[k].flag)
			text = arena_printf(a, "%s%s%s%s", text, *text ? between : "", prefix, ns_facts[k].shell);
	return text;
}

static int namespaces_run(void *ctx, struct err *e)
{
	const struct unshare *u = ctx;

	if (unshare((int)u->flags) == 0)
		return 0;
	int code = errno;
	err_set(e, code, "make new namespaces (%s)", kinds_text(u, u->arena, "", ", "));
	return ns_refused(u->flags, code, u->euid != 0, u->arena, e);
}

static bool namespaces_wanted(const void *ctx)
{
	return ((const struct unshare *)ctx)->flags != 0;
}

static void namespaces_explain(const void *ctx, struct explain *x)
{
	const struct unshare *u = ctx;

	explain_say(x, "make new namespaces: %s", kinds_text(u, x->arena, "", ", "));
	explain_shell(x, "unshare %s", kinds_text(u, x->arena, "--", " "));
}

static int setgroups_run(void *ctx, struct err *e)
{
	return outside_or_here(ctx, OUTSIDE_SETGROUPS, e);
}

static void setgroups_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "%s setgroups(2) in the user namespace", unshare_setgroups_word(ctx));
	explain_shell(x, "echo %s >/proc/PID/setgroups", unshare_setgroups_word(ctx));
}

static int maps_run(void *ctx, struct err *e)
{
	return outside_or_here(ctx, OUTSIDE_MAPS, e);
}

/* One shell line for a map: the file where we may write it, else the program that may. */
static void map_explain(const struct unshare *u, const struct spec_idmaps *m, const char *file, struct explain *x)
{
	char *words = idmap_text(m, x->arena);

	if (m->n == 0)
		return;
	for (char *p = words; *p; p++)
		if (*p == '\n')
			*p = p[1] ? ' ' : '\0';
	if (u->map_outside && u->euid != 0)
		explain_shell(x, "new%.3smap PID %s", file, words);
	else if (m->n == 1)
		explain_shell(x, "echo %s >/proc/PID/%s", words, file);
	else
		explain_shell(x, "printf '%%s %%s %%s\\n' %s >/proc/PID/%s", words, file);
}

static void maps_explain(const void *ctx, struct explain *x)
{
	const struct unshare *u = ctx;

	explain_say(x, "say which ids inside stand for which outside");
	map_explain(u, &u->users, "uid_map", x);
	map_explain(u, &u->groups, "gid_map", x);
}

static int clocks_run(void *ctx, struct err *e)
{
	return outside_or_here(ctx, OUTSIDE_CLOCKS, e);
}

static void clocks_explain(const void *ctx, struct explain *x)
{
	const struct unshare *u = ctx;

	explain_say(x, "shift the clocks of the time namespace");
	if (u->boottime)
		explain_shell(x, "echo %d %s 0 >/proc/self/timens_offsets", CLOCK_BOOTTIME, u->boottime);
	if (u->monotonic)
		explain_shell(x, "echo %d %s 0 >/proc/self/timens_offsets", CLOCK_MONOTONIC, u->monotonic);
}

/* Whether a file other than that of the pid namespace is asked for. */
static bool files_wanted(const void *ctx)
{
	const struct unshare *u = ctx;

	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (u->files[k] && k != NS_PID)
			return true;
	return false;
}

/* Asks for the files; a second time those that are bound already are left alone. */
static int files_ask(void *ctx, struct err *e)
{
	return outsider_ask(&((struct unshare *)ctx)->outsider, OUTSIDE_FILES, e);
}

static int files_run(void *ctx, struct err *e)
{
	int r = files_ask(ctx, e);

	return r == -EDEADLK ? namespace_renumber(files_ask, ctx, e) : r;
}

/* Takes back all that is bound, the pid namespace too, whichever process it is that failed. */
static void outsider_undo(void *ctx)
{
	struct unshare *u = ctx;

	if (u->outsider.sock >= 0 && u->any_file)
		(void)!outsider_ask(&u->outsider, OUTSIDE_UNDO, NULL);
	outsider_leave(&u->outsider);
}

static void files_explain(const void *ctx, struct explain *x)
{
	const struct unshare *u = ctx;

	explain_say(x, "bind the namespaces to files, outside, so that they outlive the program");
	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (u->files[k] && k != NS_PID)
			explain_shell(x, "mount --bind /proc/PID/ns/%s%s %s", ns_facts[k].proc,
				      k == NS_TIME ? "_for_children" : "", u->files[k]);
}

static bool fork_wanted(const void *ctx)
{
	return ((const struct unshare *)ctx)->fork;
}

static int fork_run(void *ctx, struct err *e)
{
	struct unshare *u = ctx;

	if (u->death_signal) {
		u->parent_fd = sys_pidfd_open(getpid(), 0);
		if (u->parent_fd < 0)
			return err_set(e, errno, "open a descriptor of this process");
	}
	int r = child_fork(u->forward ? CHILD_FORWARD : 0, &u->child, e);
	if (r == -ENOMEM && u->flags & CLONE_NEWPID)
		return err_why(e, "the pid namespace has lost its first process");
	return r == -EAGAIN ? ns_refused(0, EAGAIN, false, u->arena, e) : r;
}

static void fork_explain(const void *ctx, struct explain *x)
{
	const struct unshare *u = ctx;

	explain_say(x, "%s; wait for it, and end as it ends",
		    u->flags & CLONE_NEWPID ? "fork: the child is process 1 of the pid namespace"
					    : "fork: the child becomes the program");
}

static int pid_file_run(void *ctx, struct err *e)
{
	return outsider_ask(&((struct unshare *)ctx)->outsider, OUTSIDE_PID_FILE, e);
}

static bool pid_file_wanted(const void *ctx)
{
	return ((const struct unshare *)ctx)->files[NS_PID];
}

static void pid_file_explain(const void *ctx, struct explain *x)
{
	const struct unshare *u = ctx;

	explain_say(x, "bind the pid namespace, which has a first process now, to its file");
	explain_shell(x, "mount --bind /proc/PID/ns/pid_for_children %s", u->files[NS_PID]);
}

int unshare_keep_files(const struct unshare *u, struct err *e)
{
	return u->any_file ? outsider_ask(&u->outsider, OUTSIDE_KEEP, e) : 0;
}

const struct step step_unshare_outsider = {.side = SIDE_HOST,
					   .name = "outsider",
					   .wanted = outsider_wanted,
					   .run = outsider_run,
					   .undo = outsider_undo,
					   .explain = outsider_explain};
const struct step step_unshare_owner = {
	.side = SIDE_HOST, .name = "owner", .wanted = owner_wanted, .run = owner_run, .explain = owner_explain};
const struct step step_unshare_namespaces = {.side = SIDE_HOST,
					     .name = "namespaces",
					     .wanted = namespaces_wanted,
					     .run = namespaces_run,
					     .explain = namespaces_explain};
const struct step step_unshare_setgroups = {.side = SIDE_HOST,
					    .name = "setgroups",
					    .wanted = setgroups_wanted,
					    .run = setgroups_run,
					    .explain = setgroups_explain};
const struct step step_unshare_maps = {
	.side = SIDE_HOST, .name = "id-maps", .wanted = maps_wanted, .run = maps_run, .explain = maps_explain};
const struct step step_unshare_clocks = {
	.side = SIDE_HOST, .name = "clocks", .wanted = clocks_wanted, .run = clocks_run, .explain = clocks_explain};
const struct step step_unshare_files = {
	.side = SIDE_HOST, .name = "files", .wanted = files_wanted, .run = files_run, .explain = files_explain};
const struct step step_unshare_fork = {
	.side = SIDE_HOST, .name = "fork", .wanted = fork_wanted, .run = fork_run, .explain = fork_explain};
const struct step step_unshare_pid_file = {.name = "pid-file",
					   .side = SIDE_BOX,
					   .wanted = pid_file_wanted,
					   .run = pid_file_run,
					   .explain = pid_file_explain};
