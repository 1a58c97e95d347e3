/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last part of nsenter: the child, its control groups, ids and capabilities, and the program. */
#include "toolbox/ambient.h"
#include "toolbox/child.h"
#include "toolbox/nsenter_priv.h"
#include "toolbox/program.h"
#include "toolbox/target_cgroups.h"

#include <errno.h>
#include <grp.h>
#include <unistd.h>

/* ---- fork ---- */

static bool fork_wanted(const void *ctx)
{
	const struct nsenter *n = ctx;

	return n->enters[NS_PID] && !n->req->no_fork;
}

static int fork_run(void *ctx, struct err *e)
{
	struct nsenter *n = ctx;
	int r = child_fork(CHILD_MIRROR_STOP | CHILD_TERM_ENDS, &n->child, e);

	if (r == -ENOMEM)
		return err_why(e, "the first process of the pid namespace has ended, and it takes no other");
	return r;
}

static void fork_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "make a child, which is in the pid namespace; wait for it, stop and end as it does");
}

const struct step enter_fork = {"fork", SIDE_HOST, fork_wanted, fork_run, NULL, fork_explain};

/* ---- join-cgroups ---- */

static bool join_wanted(const void *ctx)
{
	return ((const struct nsenter *)ctx)->req->join_cgroup;
}

/* Done by the program's own process: one that only waits outside is not killed, frozen or counted with the group. */
static int join_run(void *ctx, struct err *e)
{
	return target_cgroups_join(&((struct nsenter *)ctx)->groups, e);
}

static void join_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "move into the target's control groups");
	explain_shell(x, "echo $$ > /sys/fs/cgroup/GROUP/cgroup.procs");
}

const struct step enter_join_cgroups = {"join-cgroups", SIDE_BOX, join_wanted, join_run, NULL, join_explain};

/* ---- ids ---- */

static bool ids_wanted(const void *ctx)
{
	return nsenter_sets_gid(ctx) || nsenter_sets_uid(ctx);
}

/* Drops the supplementary groups; where that is denied to everybody inside, those of the caller stay. */
static int drop_groups(struct nsenter *n, struct err *e)
{
	if (setgroups(0, NULL) == 0 || n->groups_dropped || getgroups(0, NULL) == 0)
		return 0;
	if (errno == EPERM && n->enters[NS_USER] && !n->req->gid.how)
		return 0;
	int code = errno;
	err_set(e, code, "drop the supplementary groups");
	return code == EPERM ? err_why(e, "it takes CAP_SETGID, and a user namespace may deny it (its setgroups file "
					  "in /proc)")
			     : -code;
}

/* The sentence for an id that could not be taken on. */
static int id_refused(const char *word, uint32_t id, int code, struct err *e)
{
	err_set(e, code, "become %s %u", word, (unsigned int)id);
	if (code == EINVAL) {
		err_why(e, "the user namespace has no such id");
		return err_cure(e, "choose one with --set%s, or give --preserve-credentials", word);
	}
	return code == EPERM ? err_why(e, "it takes CAP_SET%s in the user namespace", word[0] == 'u' ? "UID" : "GID")
			     : -code;
}

static int ids_run(void *ctx, struct err *e)
{
	struct nsenter *n = ctx;
	const struct nsenter_request *req = n->req;
	uint32_t uid = req->uid.number, gid = req->gid.number, its_uid = 0, its_gid = 0;
	int r = 0;

	if (req->uid.how == NSENTER_ID_FOLLOW || req->gid.how == NSENTER_ID_FOLLOW)
		r = target_ids(&n->target, n->arena, &its_uid, &its_gid, e);
	if (req->uid.how == NSENTER_ID_FOLLOW)
		uid = its_uid;
	if (req->gid.how == NSENTER_ID_FOLLOW)
		gid = its_gid;
	if (r == 0 && nsenter_sets_gid(n))
		r = drop_groups(n, e);
	if (r < 0)
		return r;
	if (req->keep_caps && n->enters[NS_USER] && (r = ambient_hold(e)) < 0)
		return r;
	if (nsenter_sets_gid(n) && setresgid(gid, gid, gid) < 0)
		return id_refused("gid", gid, errno, e);
	if (nsenter_sets_uid(n) && setresuid(uid, uid, uid) < 0)
		return id_refused("uid", uid, errno, e);
	return 0;
}

/* The id as a word for the explanation. */
static const char *id_word(const struct nsenter_id *id, struct arena *a)
{
	return id->how == NSENTER_ID_FOLLOW ? "that of the target" : arena_printf(a, "%u", (unsigned int)id->number);
}

static void ids_explain(const void *ctx, struct explain *x)
{
	const struct nsenter *n = ctx;
	const struct nsenter_request *req = n->req;
	const char *gid = nsenter_sets_gid(n) ? id_word(&req->gid, x->arena) : NULL;
	const char *uid = nsenter_sets_uid(n) ? id_word(&req->uid, x->arena) : NULL;

	explain_say(x, "take on%s%s%s%s%s", gid ? " gid " : "", gid ? gid : "", gid && uid ? " and" : "",
		    uid ? " uid " : "", uid ? uid : "");
	explain_shell(x, "setpriv%s%s%s%s COMMAND", gid ? " --clear-groups --regid " : "", gid ? gid : "",
		      uid ? " --reuid " : "", uid ? uid : "");
}

const struct step enter_ids = {"ids", SIDE_BOX, ids_wanted, ids_run, NULL, ids_explain};

/* ---- capabilities ---- */

static bool capabilities_wanted(const void *ctx)
{
	const struct nsenter *n = ctx;

	return n->req->keep_caps && n->enters[NS_USER];
}

static int capabilities_run(void *ctx, struct err *e)
{
	(void)ctx;
	return ambient_raise(e);
}

static void capabilities_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "keep the capabilities that the user namespace gave: the program has them as ambient ones");
	explain_shell(x, "setpriv --inh-caps +all --ambient-caps +all COMMAND");
}

const struct step enter_capabilities = {
	"capabilities", SIDE_BOX, capabilities_wanted, capabilities_run, NULL, capabilities_explain,
};

/* ---- execute ---- */

static int execute_run(void *ctx, struct err *e)
{
	struct nsenter *n = ctx;

	/* $PATH and $SHELL, too, are those of the environment that the program gets. */
	if (n->env)
		environ = n->env;
	return program_become(n->req->argv, environ, n->arena, e);
}

static void execute_explain(const void *ctx, struct explain *x)
{
	char **argv = ((const struct nsenter *)ctx)->req->argv;
	char *words = arena_strdup(x->arena, "exec");

	for (size_t i = 0; argv && argv[i]; i++)
		words = arena_printf(x->arena, "%s %s", words, argv[i]);
	explain_say(x, argv && argv[0] ? "become the program" : "become the login shell");
	explain_shell(x, argv && argv[0] ? "%s" : "exec -l \"${SHELL:-/bin/sh}\"", words);
}

const struct step enter_execute = {"execute", SIDE_BOX, NULL, execute_run, NULL, execute_explain};
