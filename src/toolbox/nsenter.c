/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The request for nsenter, and the way through its plan: see nsenter.h. */
#include "toolbox/nsenter.h"

#include "base/parse.h"
#include "toolbox/child.h"
#include "toolbox/nsenter_priv.h"

#include <string.h>

static const struct step *const steps[] = {
	&enter_target,	&enter_namespaces,   &enter_directories, &enter_environment,  &enter_cgroups,
	&enter_context, &enter_groups,	     &enter_enter,	 &enter_root,	      &enter_directory,
	&enter_fork,	&enter_join_cgroups, &enter_ids,	 &enter_capabilities, &enter_execute,
};

int nsenter_id_parse(const char *text, struct nsenter_id *ret, struct err *e)
{
	struct nsenter_id id = {.how = NSENTER_ID_NUMBER};

	if (strcmp(text, "follow") == 0)
		id.how = NSENTER_ID_FOLLOW;
	else if (!parse_id(text, &id.number)) {
		err_set(e, 0, "\"%s\" is no id", text);
		return err_cure(e, "give a number from 0 to 4294967294, or follow for the target's");
	}
	*ret = id;
	return 0;
}

bool nsenter_wants(const struct nsenter_request *req, enum ns_kind kind)
{
	return req->all || req->ns[kind].given || (kind == NS_USER && req->user_parent) ||
	       (kind == NS_NET && req->net_socket >= 0);
}

bool nsenter_needs_target(const struct nsenter_request *req, const char **ret_for)
{
	const struct {
		const char *option;
		bool needs;
	} needs[] = {
		{"all", req->all},
		{"net-socket", req->net_socket >= 0},
		{"user-parent", req->user_parent && !req->ns[NS_USER].value},
		{"root", req->root.given && !req->root.value},
		{"wd", req->wd.given && !req->wd.value},
		{"env", req->env},
		{"join-cgroup", req->join_cgroup},
		{"follow-context", req->follow_context},
		{"setuid", req->uid.how == NSENTER_ID_FOLLOW},
		{"setgid", req->gid.how == NSENTER_ID_FOLLOW},
	};

	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (req->ns[k].given && !req->ns[k].value) {
			*ret_for = ns_facts[k].shell;
			return true;
		}
	for (size_t i = 0; i < ARRAY_LEN(needs); i++)
		if (needs[i].needs) {
			*ret_for = needs[i].option;
			return true;
		}
	return false;
}

/* Refuses an option whose value is there, but empty. */
static int check_empty(const struct nsenter_request *req, struct err *e)
{
	const struct {
		const char *option;
		const struct opt_maybe *value;
	} paths[] = {{"root", &req->root}, {"wd", &req->wd}, {"wdns", &req->wdns}};

	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (req->ns[k].value && !*req->ns[k].value)
			return err_set(e, 0, "--%s= names no file", ns_facts[k].shell);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (paths[i].value->value && !*paths[i].value->value)
			return err_set(e, 0, "--%s= names no directory", paths[i].option);
	return 0;
}

int nsenter_check(const struct nsenter_request *req, struct err *e)
{
	bool any = false;
	const char *needed_for;
	int r = check_empty(req, e);

	if (r < 0)
		return r;
	for (int k = 0; k < NS_KIND_COUNT; k++)
		any |= nsenter_wants(req, (enum ns_kind)k);
	if (req->wdns.given && !req->wdns.value) {
		err_set(e, 0, "--wdns needs a directory");
		return err_cure(e, "write it into the same word: --wdns=DIR, or -WDIR");
	}
	if (req->preserve_credentials && (req->uid.how || req->gid.how))
		return err_set(e, 0, "--preserve-credentials and --set%s exclude each other",
			       req->uid.how ? "uid" : "gid");
	if (!any) {
		err_set(e, 0, "no namespace was given");
		return err_cure(e, "name some, or give --all with a --target");
	}
	if (nsenter_needs_target(req, &needed_for) && req->target.pid == 0) {
		err_set(e, 0, "--%s has no process to follow", needed_for);
		return err_cure(e, "give --target PID");
	}
	return 0;
}

bool nsenter_sets_gid(const struct nsenter *n)
{
	return n->req->gid.how || (n->enters[NS_USER] && !n->req->preserve_credentials);
}

bool nsenter_sets_uid(const struct nsenter *n)
{
	return n->req->uid.how || (n->enters[NS_USER] && !n->req->preserve_credentials);
}

/* Prepares N for REQ; nothing is opened yet. */
static void prepare(struct nsenter *n, const struct nsenter_request *req, struct arena *a)
{
	*n = (struct nsenter){.req = req,
			      .arena = a,
			      .target = {.pidfd = FD_NONE, .proc_fd = FD_NONE},
			      .root_fd = FD_NONE,
			      .wd_fd = FD_NONE};
	for (int k = 0; k < NS_KIND_COUNT; k++) {
		n->ns_fd[k] = FD_NONE;
		n->enters[k] = nsenter_wants(req, (enum ns_kind)k);
	}
}

/* The steps inside; the times are told before the last one, after which nobody is left to tell them. */
static int run_inside(struct plan *p, const struct tool_mode *mode, struct arena *a, struct err *e)
{
	size_t last = p->n - 1;
	int r = plan_run(p, SIDE_BOX, 0, last, e);

	if (r == 0 && mode->timings)
		plan_tell(p, a, mode->tell_steps, mode->ctx);
	return r < 0 ? r : plan_run(p, SIDE_BOX, last, p->n, e);
}

int nsenter_run(const struct nsenter_request *req, const struct tool_mode *mode, struct arena *a, int *ret_status,
		struct err *e)
{
	struct nsenter n;
	struct plan p = {.steps = steps, .n = ARRAY_LEN(steps), .ctx = &n};
	int r = 0;

	prepare(&n, req, a);
	if (mode->explain) {
		plan_tell(&p, a, mode->tell_steps, mode->ctx);
		return 0;
	}
	if (mode->timings)
		r = plan_time(&p, e);
	if (r == 0)
		r = plan_run(&p, SIDE_HOST, 0, p.n, e);
	if (r < 0)
		return r;
	if (n.child > 0)
		return child_wait(n.child, CHILD_MIRROR_STOP | CHILD_TERM_ENDS, ret_status, e);
	return run_inside(&p, mode, a, e);
}
