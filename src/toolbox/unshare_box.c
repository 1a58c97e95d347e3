/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of the process that becomes unshare's program: mounts, root, directory, who it is, and what it runs. */
#include "base/fd.h"
#include "toolbox/ambient.h"
#include "toolbox/program.h"
#include "toolbox/unshare_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <poll.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#define BINFMT_DIR "/proc/sys/fs/binfmt_misc"

enum { MOUNT_SAFE = MS_NOSUID | MS_NOEXEC | MS_NODEV };

/* ---- mounts ---- */

static bool propagation_wanted(const void *ctx)
{
	const struct unshare *u = ctx;

	return u->flags & CLONE_NEWNS && u->propagation;
}

static int propagation_run(void *ctx, struct err *e)
{
	const struct unshare *u = ctx;

	if (mount("none", "/", NULL, u->propagation, NULL) < 0)
		return err_set(e, errno, "change how the mounts propagate, from / on");
	return 0;
}

static void propagation_explain(const void *ctx, struct explain *x)
{
	const struct unshare *u = ctx;
	const char *word = u->propagation & MS_PRIVATE ? "private" : u->propagation & MS_SHARED ? "shared" : "slave";

	explain_say(x, "%s",
		    u->propagation & MS_PRIVATE ? "cut all mounts off from those outside"
						: "set how mounts are shared with those outside");
	explain_shell(x, "mount --make-r%s /", word);
}

/* Registers the interpreter with the binfmt_misc at DIR. */
static int interp_register(const char *dir, const char *interp, struct arena *a, struct err *e)
{
	int r = file_write(AT_FDCWD, arena_printf(a, "%s/register", dir), interp, e);

	if (r == -EEXIST)
		return err_why(e, "there is one of that name");
	if (r == -EINVAL)
		return err_cure(e, "it is :NAME:TYPE:OFFSET:MAGIC:MASK:INTERPRETER:FLAGS");
	return r;
}

/* Mounts a binfmt_misc of this user namespace at DIR. */
static int binfmt_mount(const char *dir, struct err *e)
{
	if (mount("binfmt_misc", dir, "binfmt_misc", MOUNT_SAFE, NULL) == 0)
		return 0;
	err_set(e, errno, "mount binfmt_misc on %s", dir);
	if (e && e->code == ENODEV)
		return err_why(e, "this kernel has no binfmt_misc, or its module is not loaded");
	return e && e->code == EPERM ? err_why(e, "user namespaces have one of their own from Linux 6.7 on") : -errno;
}

/* Whether the interpreter is opened when it is registered (flag F): then it is a file of the caller's root. */
static bool is_fixed(const char *interp)
{
	const char *flags = strrchr(interp, ':');

	return flags && strchr(flags, 'F');
}

static bool interp_early_wanted(const void *ctx)
{
	const struct unshare *u = ctx;

	return u->interp && u->root && is_fixed(u->interp);
}

static int interp_early_run(void *ctx, struct err *e)
{
	const struct unshare *u = ctx;
	int r = binfmt_mount(BINFMT_DIR, e);

	return r < 0 ? r : interp_register(BINFMT_DIR, u->interp, u->arena, e);
}

static void interp_early_explain(const void *ctx, struct explain *x)
{
	const struct unshare *u = ctx;

	explain_say(x, "register the interpreter, whose file is outside the new root");
	explain_shell(x, "mount -t binfmt_misc binfmt_misc " BINFMT_DIR);
	explain_shell(x, "echo '%s' >" BINFMT_DIR "/register", u->interp);
}

static bool root_wanted(const void *ctx)
{
	return ((const struct unshare *)ctx)->root;
}

static int root_run(void *ctx, struct err *e)
{
	const struct unshare *u = ctx;

	if (chroot(u->root) == 0)
		return 0;
	err_set(e, errno, "change the root directory to %s", u->root);
	if (e && e->code == EPERM)
		return err_cure(e, "as a plain user add --map-root-user");
	return e ? -e->code : -EPERM;
}

static void root_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "make %s the root directory", ((const struct unshare *)ctx)->root);
	explain_shell(x, "chroot %s", ((const struct unshare *)ctx)->root);
}

static bool directory_wanted(const void *ctx)
{
	return ((const struct unshare *)ctx)->dir;
}

static int directory_run(void *ctx, struct err *e)
{
	const struct unshare *u = ctx;

	return chdir(u->dir) < 0 ? err_set(e, errno, "change to the directory %s", u->dir) : 0;
}

static void directory_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "start in %s", ((const struct unshare *)ctx)->dir);
	explain_shell(x, "cd %s", ((const struct unshare *)ctx)->dir);
}

static bool proc_wanted(const void *ctx)
{
	return ((const struct unshare *)ctx)->proc;
}

/* Says why a proc was refused. */
static int proc_refused(const struct unshare *u, int code, struct err *e)
{
	err_set(e, code, "mount proc on %s", u->proc);
	if (code != EPERM || !(u->flags & CLONE_NEWUSER))
		return -code;
	if (u->flags & CLONE_NEWPID && u->fork)
		return err_why(e, "a part of the machine's own /proc is covered, and a new one would show it");
	err_why(e, "a proc shows the pid namespace of its maker, and this one is not ours");
	return err_cure(e, "add %s", u->flags & CLONE_NEWPID ? "--fork" : "--pid --fork");
}

/*
 * A proc of our own.  It must not be seen outside: where the mounts propagate still, the place is cut off first; if it
 * is no mount there is nothing to cut, and the kernel says EINVAL.
 */
static int proc_run(void *ctx, struct err *e)
{
	const struct unshare *u = ctx;

	if (!u->root && u->propagation != (MS_PRIVATE | MS_REC) &&
	    mount("none", u->proc, NULL, MS_PRIVATE | MS_REC, NULL) < 0 && errno != EINVAL)
		return err_set(e, errno, "cut %s off from mounts outside", u->proc);
	return mount("proc", u->proc, "proc", MOUNT_SAFE, NULL) < 0 ? proc_refused(u, errno, e) : 0;
}

static void proc_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "mount a proc that shows this pid namespace");
	explain_shell(x, "mount -t proc -o nosuid,nodev,noexec proc %s", ((const struct unshare *)ctx)->proc);
}

static bool binfmt_wanted(const void *ctx)
{
	return ((const struct unshare *)ctx)->binfmt;
}

static int binfmt_run(void *ctx, struct err *e)
{
	return binfmt_mount(((const struct unshare *)ctx)->binfmt, e);
}

static void binfmt_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "mount a binfmt_misc of this user namespace");
	explain_shell(x, "mount -t binfmt_misc binfmt_misc %s", ((const struct unshare *)ctx)->binfmt);
}

static bool interp_wanted(const void *ctx)
{
	return ((const struct unshare *)ctx)->interp && !interp_early_wanted(ctx);
}

static int interp_run(void *ctx, struct err *e)
{
	const struct unshare *u = ctx;

	return interp_register(u->binfmt, u->interp, u->arena, e);
}

static void interp_explain(const void *ctx, struct explain *x)
{
	const struct unshare *u = ctx;

	explain_say(x, "register the interpreter");
	explain_shell(x, "echo '%s' >%s/register", u->interp, u->binfmt);
}

/* ---- who it is ---- */

static bool ids_wanted(const void *ctx)
{
	const struct unshare *u = ctx;

	return u->uid.has || u->gid.has;
}

/* Says why an id was refused. */
static int id_refused(int code, const char *what, uint32_t id, struct err *e)
{
	err_set(e, code, "become %s %u", what, id);
	if (code == EINVAL)
		return err_why(e, "no id outside stands for it: see --map-users and --map-groups");
	return -code;
}

/* The group first, while we may; the groups that we had are given up with it. */
static int ids_run(void *ctx, struct err *e)
{
	const struct unshare *u = ctx;

	if (u->keep_caps && u->flags & CLONE_NEWUSER && ambient_hold(e) < 0)
		return -EPERM;
	if (u->gid.has && setgroups(0, NULL) < 0) {
		err_set(e, errno, "drop the groups, to become group %u", u->gid.id);
		if (e && e->code == EPERM && u->flags & CLONE_NEWUSER)
			return err_why(e, "setgroups is denied in this user namespace, or no group is mapped yet");
		return e ? -e->code : -EPERM;
	}
	if (u->gid.has && setgid(u->gid.id) < 0)
		return id_refused(errno, "group", u->gid.id, e);
	if (u->uid.has && setuid(u->uid.id) < 0)
		return id_refused(errno, "user", u->uid.id, e);
	return 0;
}

static void ids_explain(const void *ctx, struct explain *x)
{
	const struct unshare *u = ctx;
	char *words = arena_strdup(x->arena, "");

	if (u->gid.has)
		words = arena_printf(x->arena, " --clear-groups --regid %u", u->gid.id);
	if (u->uid.has)
		words = arena_printf(x->arena, "%s --reuid %u", words, u->uid.id);
	explain_say(x, "become the user and the group asked for");
	explain_shell(x, "setpriv%s", words);
}

static bool keep_caps_wanted(const void *ctx)
{
	const struct unshare *u = ctx;

	return u->keep_caps && u->flags & CLONE_NEWUSER;
}

static int keep_caps_run(void *ctx, struct err *e)
{
	(void)ctx;
	return ambient_raise(e);
}

static void keep_caps_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "let the program keep the capabilities of the user namespace, whoever it is");
	explain_shell(x, "setpriv --inh-caps +all --ambient-caps +all");
}

static bool tie_wanted(const void *ctx)
{
	return ((const struct unshare *)ctx)->death_signal != 0;
}

/* After the last change of ids, which would undo it; and a parent that died before it is noticed after it. */
static int tie_run(void *ctx, struct err *e)
{
	const struct unshare *u = ctx;
	struct pollfd parent = {.fd = u->parent_fd, .events = POLLIN};

	if (prctl(PR_SET_PDEATHSIG, (unsigned long)u->death_signal, 0, 0, 0) < 0)
		return err_set(e, errno, "ask for signal %d when the tool dies", u->death_signal);
	if (poll(&parent, 1, 0) < 0)
		return err_set(e, errno, "look whether the tool lives");
	if (parent.revents)
		_exit(1); /* nobody is left to tell */
	return 0;
}

static void tie_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "let it get signal %d when this process dies", ((const struct unshare *)ctx)->death_signal);
	explain_shell(x, "setpriv --pdeathsig %d", ((const struct unshare *)ctx)->death_signal);
}

/* ---- the program ---- */

static int program_run(void *ctx, struct err *e)
{
	const struct unshare *u = ctx;
	int r = unshare_keep_files(u, e);

	if (r < 0)
		return r;
	if (u->mode->timings)
		plan_tell(u->plan, u->arena, u->mode->tell_steps, u->mode->ctx);
	return program_become(u->command, u->env, u->arena, e);
}

static void program_explain(const void *ctx, struct explain *x)
{
	const struct unshare *u = ctx;
	char *words = arena_strdup(x->arena, "");

	for (char *const *w = u->command; w && *w; w++)
		words = arena_printf(x->arena, "%s %s", words, *w);
	explain_say(x, "%s", *words ? "become the program" : "become the login shell");
	explain_shell(x, "exec%s", *words ? words : " -l \"$SHELL\"");
}

#define BOX_STEP(variable, words, prefix)                        \
	const struct step variable = {.name = (words),           \
				      .side = SIDE_BOX,          \
				      .wanted = prefix##_wanted, \
				      .run = prefix##_run,       \
				      .explain = prefix##_explain}

BOX_STEP(step_unshare_propagation, "propagation", propagation);
BOX_STEP(step_unshare_interp_early, "interpreter-early", interp_early);
BOX_STEP(step_unshare_root, "root", root);
BOX_STEP(step_unshare_directory, "directory", directory);
BOX_STEP(step_unshare_proc, "proc", proc);
BOX_STEP(step_unshare_binfmt, "binfmt", binfmt);
BOX_STEP(step_unshare_interp, "interpreter", interp);
BOX_STEP(step_unshare_ids, "ids", ids);
BOX_STEP(step_unshare_keep_caps, "keep-caps", keep_caps);
BOX_STEP(step_unshare_tie, "tie", tie);
const struct step step_unshare_program = {
	.name = "program", .side = SIDE_BOX, .run = program_run, .explain = program_explain};
