/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entering, and the file system after it.
 *
 * Theory of the order.  Every namespace is owned by a user namespace, and entering it takes CAP_SYS_ADMIN there.  Who
 * enters a user namespace gets all capabilities in it, and loses those that he had outside.  So the user namespace
 * comes first for one who has no rights outside, and last for one who has them and enters namespaces that it does not
 * own.  Which of the two it is needs no guess:
 *
 *     1. where all come from the target: all at once, in which case the kernel takes the user namespace first.  It does
 *        all or nothing, so when it refuses nothing has changed, and
 *     2. the others first, as far as they let us; then the user namespace; then what is left of the others.
 *
 * What is left after that is entered one by one, to find the one that refuses, and why.  With --all this passes over
 * what the kernel does not have and what we are in already: the kernel asks for the same rights to stay as to enter.
 */
#include "core/sys.h"
#include "toolbox/nsenter_priv.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/* Finds out which of the target's namespaces are ours.  Before anything has been entered: /proc may change with it. */
static void compare(struct nsenter *n)
{
	/* What setns(2) would change are the namespaces that children get. */
	static const char *const ours[NS_KIND_COUNT] = {
		[NS_PID] = "/proc/self/ns/pid_for_children",
		[NS_TIME] = "/proc/self/ns/time_for_children",
	};

	n->compared = true;
	if (target_look(&n->target, NULL) < 0)
		return;
	for (int k = 0; k < NS_KIND_COUNT; k++) {
		char own[32], its[16];
		struct stat a, b;

		snprintf(own, sizeof(own), "/proc/self/ns/%s", ns_facts[k].proc);
		snprintf(its, sizeof(its), "ns/%s", ns_facts[k].proc);
		if (stat(ours[k] ? ours[k] : own, &a) < 0) {
			if (errno == ENOENT) /* the kernel has none of this kind */
				n->same |= ns_facts[k].flag;
		} else if (fstatat(n->target.proc_fd, its, &b, 0) == 0 && a.st_ino == b.st_ino) {
			n->same |= ns_facts[k].flag;
		}
	}
}

/* Enters those of FLAGS that are to be entered by the target: all or none; 0 or a negative errno. */
static int enter_by_target(struct nsenter *n, int flags)
{
	flags &= n->by_target;
	if (flags == 0)
		return 0;
	if (setns(n->target.pidfd, flags) == 0) {
		n->by_target &= ~flags;
		return 0;
	}
	int code = errno;
	if (!n->compared)
		compare(n);
	return -code;
}

/* Enters the namespace of KIND by its descriptor, if it has one. */
static int enter_by_fd(struct nsenter *n, enum ns_kind kind)
{
	if (n->ns_fd[kind] < 0)
		return 0;
	if (setns(n->ns_fd[kind], ns_facts[kind].flag) < 0)
		return -errno;
	fd_close(&n->ns_fd[kind]); /* a mount namespace must not live as long as we wait */
	return 0;
}

/* Enters what lets itself be entered now, except the user namespace. */
static void enter_others(struct nsenter *n)
{
	(void)enter_by_target(n, ~CLONE_NEWUSER);
	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (k != NS_USER)
			(void)enter_by_fd(n, (enum ns_kind)k);
}

/* Enters the namespace of KIND, by whichever way it comes; an error is final. */
static int enter_one(struct nsenter *n, enum ns_kind kind, struct err *e)
{
	int flag = ns_facts[kind].flag;
	int r = enter_by_fd(n, kind);

	if (r == 0)
		r = enter_by_target(n, flag);
	if (r < 0 && n->req->all && !n->req->ns[kind].given && n->same & n->by_target & flag) {
		n->by_target &= ~flag;
		return 0;
	}
	return r < 0 ? nsenter_refused(n, kind, n->ns_fd[kind], -r, e) : 0;
}

static int enter_run(void *ctx, struct err *e)
{
	struct nsenter *n = ctx;
	bool by_fd = false;
	int r = 0;

	for (int k = 0; k < NS_KIND_COUNT; k++)
		by_fd |= n->ns_fd[k] >= 0;
	if (!by_fd)
		(void)enter_by_target(n, n->by_target);
	enter_others(n);
	if (n->enters[NS_USER]) {
		r = enter_one(n, NS_USER, e);
		if (r == 0)
			enter_others(n);
	}
	for (int k = 0; r == 0 && k < NS_KIND_COUNT; k++)
		r = enter_one(n, (enum ns_kind)k, e);
	if (r < 0)
		return r;
	/* Nobody inside shall trace us, or take our descriptors, before the program is executed (CVE-2016-9962). */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return 0;
}

static void enter_explain(const void *ctx, struct explain *x)
{
	const struct nsenter *n = ctx;
	char *words = arena_strdup(x->arena, "");

	for (int k = 0; k < NS_KIND_COUNT; k++) {
		const char *value = n->req->ns[k].value;

		if (n->enters[k] && !(k == NS_NET && n->req->net_socket >= 0))
			words = arena_printf(x->arena, "%s --%s%s%s", words, ns_facts[k].shell, value ? "=" : "",
					     value ? value : "");
	}
	explain_say(x, "enter the namespaces%s",
		    n->enters[NS_USER] ? ": the user namespace first, or last where that is what gives the right" : "");
	if (n->req->target.pid)
		words = arena_printf(x->arena, " --target %d%s", (int)n->req->target.pid, words);
	if (n->req->net_socket >= 0)
		words = arena_printf(x->arena, "%s --net-socket %d", words, n->req->net_socket);
	explain_shell(x, "nsenter%s%s COMMAND", words, n->req->user_parent ? " --user-parent" : "");
}

const struct step enter_enter = {"enter", SIDE_HOST, NULL, enter_run, NULL, enter_explain};

/* ---- root ---- */

static bool root_wanted(const void *ctx)
{
	return ((const struct nsenter *)ctx)->req->root.given;
}

/* The new root.  The working directory stays the one of before, if no other was asked for: as nsenter(1) has it. */
static int root_run(void *ctx, struct err *e)
{
	struct nsenter *n = ctx;

	if (n->wd_fd < 0 && !n->req->wdns.given) {
		n->wd_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (n->wd_fd < 0)
			return err_set(e, errno, "open the working directory");
	}
	if (fchdir(n->root_fd) < 0)
		return err_set(e, errno, "go to the new root directory");
	if (chroot(".") < 0) {
		int code = errno;

		err_set(e, code, "change the root directory");
		return code == EPERM ? err_why(e, "it takes CAP_SYS_CHROOT in the user namespace that was entered")
				     : -code;
	}
	fd_close(&n->root_fd);
	return chdir("/") < 0 ? err_set(e, errno, "go to the new root directory") : 0;
}

static void root_explain(const void *ctx, struct explain *x)
{
	const struct opt_maybe *o = &((const struct nsenter *)ctx)->req->root;

	explain_say(x, "make %s the root directory", o->value ? o->value : "the target's root");
	explain_shell(x, "chroot /proc/self/fd/3 COMMAND");
}

const struct step enter_root = {"root", SIDE_HOST, root_wanted, root_run, NULL, root_explain};

/* ---- directory ---- */

static bool directory_wanted(const void *ctx)
{
	const struct nsenter *n = ctx;

	return n->req->root.given || n->req->wd.given || n->req->wdns.given;
}

static int directory_run(void *ctx, struct err *e)
{
	struct nsenter *n = ctx;

	if (n->req->wdns.given)
		return chdir(n->req->wdns.value) < 0
			       ? err_set(e, errno, "go to the directory %s inside", n->req->wdns.value)
			       : 0;
	if (fchdir(n->wd_fd) < 0)
		return err_set(e, errno, "go to the working directory");
	fd_close(&n->wd_fd);
	return 0;
}

static void directory_explain(const void *ctx, struct explain *x)
{
	const struct nsenter_request *req = ((const struct nsenter *)ctx)->req;

	if (req->wdns.given) {
		explain_say(x, "go to the directory that is called %s inside", req->wdns.value);
		explain_shell(x, "cd %s", req->wdns.value);
		return;
	}
	explain_say(x, req->wd.given ? "go to the directory that was opened before"
				     : "go back to the working directory, which may lie outside of the root");
	explain_shell(x, "cd /proc/self/fd/4");
}

const struct step enter_directory = {"directory", SIDE_HOST, directory_wanted, directory_run, NULL, directory_explain};
