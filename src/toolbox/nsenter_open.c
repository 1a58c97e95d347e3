/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nsenter does while it is still outside: everything that is named from here is opened. */
#include "core/sys.h"
#include "toolbox/nsenter_priv.h"
#include "toolbox/nsfd.h"
#include "toolbox/target_cgroups.h"

#include <errno.h>
#include <grp.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* ---- target ---- */

static bool target_wanted(const void *ctx)
{
	const struct nsenter_request *req = ((const struct nsenter *)ctx)->req;
	const char *needed_for;

	return nsenter_needs_target(req, &needed_for) || req->target.inode;
}

static int target_run(void *ctx, struct err *e)
{
	struct nsenter *n = ctx;

	return target_open(&n->target, &n->req->target, e);
}

static void target_explain(const void *ctx, struct explain *x)
{
	const struct nsenter *n = ctx;

	explain_say(x, "hold on to process %d, so that no other one with its number is taken for it",
		    (int)n->req->target.pid);
}

const struct step enter_target = {"target", SIDE_HOST, target_wanted, target_run, NULL, target_explain};

/* ---- namespaces ---- */

/* Whether the target is in the user namespace that we are in. */
static int user_is_ours(struct nsenter *n, bool *ret, struct err *e)
{
	struct stat ours, its;
	int r = target_look(&n->target, e);

	if (r < 0)
		return r;
	if (stat("/proc/self/ns/user", &ours) < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "look at our own user namespace");
	if (fstatat(n->target.proc_fd, "ns/user", &its, 0) < 0)
		return nsenter_refused(n, NS_USER, FD_NONE, errno == EACCES ? EPERM : errno, e);
	*ret = ours.st_ino == its.st_ino;
	return 0;
}

/* Opens the user namespace above the one that was asked for. */
static int open_parent(struct nsenter *n, struct err *e)
{
	auto_fd child = fd_take(&n->ns_fd[NS_USER]);

	if (child < 0) {
		int r = target_file(&n->target, "ns/user", O_RDONLY, &child, e);

		if (r < 0)
			return r;
	}
	return nsfd_parent(child, &n->ns_fd[NS_USER], e);
}

/* Opens the network namespace of the target's socket. */
static int open_socket_net(struct nsenter *n, struct err *e)
{
	auto_fd sock = sys_pidfd_getfd(n->target.pidfd, n->req->net_socket, 0);

	if (n->target.pidfd < 0) {
		err_set(e, EOPNOTSUPP, "take descriptor %d of process %d", n->req->net_socket, (int)n->target.pid);
		return err_why(e, "it is a thread; name its process");
	}
	if (sock < 0) {
		int code = errno;

		err_set(e, code, "take descriptor %d of process %d", n->req->net_socket, (int)n->target.pid);
		if (code == EBADF)
			return err_why(e, "it is not open there");
		if (code != EPERM)
			return -code;
		err_why(e, "that is as good as tracing it, which the kernel refuses us (ptrace(2); the limits of "
			   "/proc/sys/kernel/yama/ptrace_scope hold, too)");
		return err_cure(e, "be root, or have CAP_SYS_PTRACE in its user namespace");
	}
	n->ns_fd[NS_NET] = ioctl(sock, SIOCGSKNS); /* the kernel makes it close-on-exec */
	if (n->ns_fd[NS_NET] >= 0)
		return 0;
	int code = errno;
	err_set(e, code, "find the network namespace of descriptor %d of process %d", n->req->net_socket,
		(int)n->target.pid);
	if (code == EPERM)
		return err_why(e, "it takes CAP_NET_ADMIN in the user namespace that owns it");
	return code == ENOTTY ? err_why(e, "it is no socket") : -code;
}

/* Opens the target's namespace of KIND by its file; what the kernel does not have is no part of --all. */
static int open_in_proc(struct nsenter *n, enum ns_kind kind, struct err *e)
{
	char file[16];

	snprintf(file, sizeof(file), "ns/%s", ns_facts[kind].proc);
	int r = target_file(&n->target, file, O_RDONLY, &n->ns_fd[kind], e);
	return r == -ENOENT && n->req->all && !n->req->ns[kind].given ? 0 : r;
}

/* Finds out where the namespace of KIND comes from, and opens it unless the target's pidfd will do. */
static int open_one(struct nsenter *n, enum ns_kind kind, struct err *e)
{
	const struct opt_maybe *o = &n->req->ns[kind];

	if (kind == NS_NET && n->req->net_socket >= 0)
		return open_socket_net(n, e);
	if (o->value && o->value[0] == ':')
		return nsfd_by_id(o->value + 1, kind, &n->ns_fd[kind], e);
	if (o->value)
		return nsfd_open(o->value, kind, &n->ns_fd[kind], e);
	if (kind == NS_USER && n->req->all && !o->given && !n->req->user_parent) {
		bool ours = false;
		int r = user_is_ours(n, &ours, e);

		if (r < 0)
			return r;
		n->enters[NS_USER] = !ours;
	}
	if (!n->enters[kind] || (kind == NS_USER && n->req->user_parent))
		return 0;
	if (n->target.pidfd < 0)
		return open_in_proc(n, kind, e);
	n->by_target |= ns_facts[kind].flag;
	return 0;
}

static int namespaces_run(void *ctx, struct err *e)
{
	struct nsenter *n = ctx;
	int r = 0;

	for (int k = 0; r == 0 && k < NS_KIND_COUNT; k++)
		if (n->enters[k])
			r = open_one(n, (enum ns_kind)k, e);
	return r == 0 && n->req->user_parent ? open_parent(n, e) : r;
}

static void namespaces_explain(const void *ctx, struct explain *x)
{
	explain_say(x,
		    "open the namespaces that are not the target's own, and look whether its user namespace is ours");
	for (int k = 0; k < NS_KIND_COUNT; k++) {
		const char *file = ((const struct nsenter *)ctx)->req->ns[k].value;

		if (file && *file != ':')
			explain_shell(x, "stat -f %s", file);
	}
}

const struct step enter_namespaces = {"namespaces", SIDE_HOST, NULL, namespaces_run, NULL, namespaces_explain};

/* ---- directories ---- */

/* Opens the directory that O names here, or FILE of the target. */
static int open_directory(struct nsenter *n, const struct opt_maybe *o, const char *file, int *ret_fd, struct err *e)
{
	if (!o->given)
		return 0;
	if (!o->value)
		return target_file(&n->target, file, O_PATH | O_DIRECTORY, ret_fd, e);
	*ret_fd = open(o->value, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? err_set(e, errno, "open the directory %s", o->value) : 0;
}

static bool directories_wanted(const void *ctx)
{
	const struct nsenter *n = ctx;

	return n->req->root.given || n->req->wd.given;
}

static int directories_run(void *ctx, struct err *e)
{
	struct nsenter *n = ctx;
	int r = open_directory(n, &n->req->root, "root", &n->root_fd, e);

	return r < 0 ? r : open_directory(n, &n->req->wd, "cwd", &n->wd_fd, e);
}

static void directories_explain(const void *ctx, struct explain *x)
{
	const struct nsenter_request *req = ((const struct nsenter *)ctx)->req;

	explain_say(x, "open the new root or working directory while paths still mean what they mean here");
	if (req->root.given)
		explain_shell(x, req->root.value ? "exec 3<%s" : "exec 3</proc/$TARGET/root", req->root.value);
	if (req->wd.given)
		explain_shell(x, req->wd.value ? "exec 4<%s" : "exec 4</proc/$TARGET/cwd", req->wd.value);
}

const struct step enter_directories = {
	"directories", SIDE_HOST, directories_wanted, directories_run, NULL, directories_explain,
};

/* ---- environment ---- */

static bool environment_wanted(const void *ctx)
{
	return ((const struct nsenter *)ctx)->req->env;
}

static int environment_run(void *ctx, struct err *e)
{
	struct nsenter *n = ctx;

	return target_environ(&n->target, n->arena, &n->env, e);
}

static void environment_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "read the variables of the target, which take the place of ours");
	explain_shell(x, "tr '\\0' '\\n' < /proc/%d/environ", (int)((const struct nsenter *)ctx)->req->target.pid);
}

const struct step enter_environment = {
	"environment", SIDE_HOST, environment_wanted, environment_run, NULL, environment_explain,
};

/* ---- cgroups ---- */

static bool cgroups_wanted(const void *ctx)
{
	return ((const struct nsenter *)ctx)->req->join_cgroup;
}

static int cgroups_run(void *ctx, struct err *e)
{
	struct nsenter *n = ctx;

	return target_cgroups_open(&n->target, n->arena, &n->groups, e);
}

static void cgroups_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "find the target's control groups that are not ours, in every hierarchy");
	explain_shell(x, "cat /proc/%d/cgroup", (int)((const struct nsenter *)ctx)->req->target.pid);
}

const struct step enter_cgroups = {"cgroups", SIDE_HOST, cgroups_wanted, cgroups_run, NULL, cgroups_explain};

/* ---- context ---- */

static bool context_wanted(const void *ctx)
{
	return ((const struct nsenter *)ctx)->req->follow_context;
}

static int context_run(void *ctx, struct err *e)
{
	struct nsenter *n = ctx;

	return target_context(&n->target, n->arena, e);
}

static void context_explain(const void *ctx, struct explain *x)
{
	explain_say(x, "give the program the SELinux context of the target");
	explain_shell(x, "runcon \"$(cat /proc/%d/attr/current)\" COMMAND",
		      (int)((const struct nsenter *)ctx)->req->target.pid);
}

const struct step enter_context = {"context", SIDE_HOST, context_wanted, context_run, NULL, context_explain};

/* ---- groups ---- */

static bool groups_wanted(const void *ctx)
{
	const struct nsenter *n = ctx;

	return n->enters[NS_USER] && !n->req->preserve_credentials;
}

/* Tried now and again inside: one who may not here may do it there, and where it is denied there he may do it here. */
static int groups_run(void *ctx, struct err *e)
{
	(void)e;
	((struct nsenter *)ctx)->groups_dropped = setgroups(0, NULL) == 0;
	return 0;
}

static void groups_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "drop the supplementary groups, if that is allowed outside; else inside");
	explain_shell(x, "setpriv --clear-groups COMMAND");
}

const struct step enter_groups = {"groups", SIDE_HOST, groups_wanted, groups_run, NULL, groups_explain};
