/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What 'exec' is to run: see exec.h. */
#include "oci/exec.h"

#include "base/fd.h"
#include "base/parse.h"
#include "core/caps_names.h"
#include "oci/spec_check.h"
#include "oci/spec_json.h"

#include <fcntl.h>
#include <string.h>

enum { PROCESS_MAX = 64 << 20 };

/* The process of the file at PATH, with what it leaves out from OURS. */
static int from_file(const char *path, const struct spec_process *ours, struct arena *a, struct spec_process *p,
		     struct err *e)
{
	char *text;
	size_t size;
	int r = file_read(AT_FDCWD, path, a, PROCESS_MAX, &text, &size, e);

	r = r < 0 ? r : spec_process_parse(text, size, a, p, e);
	r = r < 0 ? r : spec_check_process(p, e);
	if (r < 0)
		return err_context(e, "read the process from %s", path);
	if (!p->caps.has)
		p->caps = ours->caps;
	if (!p->apparmor_profile)
		p->apparmor_profile = ours->apparmor_profile;
	if (!p->selinux_label)
		p->selinux_label = ours->selinux_label;
	if (p->rlimits.n == 0)
		p->rlimits = ours->rlimits;
	if (!p->oom_score_adj.has)
		p->oom_score_adj = ours->oom_score_adj;
	if (!p->scheduler.has)
		p->scheduler = ours->scheduler;
	if (!p->io_priority.has)
		p->io_priority = ours->io_priority;
	if (!p->exec_cpu_affinity.has)
		p->exec_cpu_affinity = ours->exec_cpu_affinity;
	return 0;
}

/* --user: "UID" leaves the group as it is. */
static int set_user(const char *text, struct spec_user *u, struct arena *a, struct err *e)
{
	char *uid = arena_strdup(a, text);
	char *gid = strchr(uid, ':');

	if (gid)
		*gid++ = '\0';
	if (parse_id(uid, &u->uid) && (!gid || parse_id(gid, &u->gid)))
		return 0;
	return err_set(e, 0, "--user must be UID or UID:GID, in numbers, not \"%s\"", text);
}

/* --cap: one more, in the sets that count for a program that is executed. */
static int add_cap(const char *name, struct spec_caps *caps, struct err *e)
{
	int cap = cap_by_name(name);

	if (cap < 0)
		return err_set(e, 0, "--cap: no capability is called \"%s\"", name);
	const uint64_t bit = UINT64_C(1) << cap;
	caps->has = true;
	caps->bounding |= bit;
	caps->effective |= bit;
	caps->permitted |= bit;
	/* Only what is inheritable can be ambient. */
	if (caps->inheritable)
		caps->ambient |= bit & caps->inheritable;
	return 0;
}

/* --env, --cap and --additional-gids, each of which may be given many times. */
static int add_lists(const struct oci_exec_options *o, struct arena *a, struct spec_process *p, struct err *e)
{
	for (size_t i = 0; i < o->env.n; i++) {
		char *name = arena_strdup(a, o->env.v[i]);
		char *value = strchr(name, '=');

		if (!value || value == name)
			return err_set(e, 0, "--env must be NAME=VALUE, not \"%s\"", name);
		*value = '\0';
		spec_env_set(p, a, name, value + 1);
	}
	for (size_t i = 0; i < o->caps.n; i++) {
		int r = add_cap(o->caps.v[i], &p->caps, e);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < o->additional_gids.n; i++)
		if (!parse_id(o->additional_gids.v[i], list_add(&p->user.additional_gids, a)))
			return err_set(e, 0, "--additional-gids must be a number, not \"%s\"", o->additional_gids.v[i]);
	return 0;
}

/* The process of the command line: OURS, changed. */
static int from_options(const struct oci_exec_options *o, const struct spec_process *ours, struct arena *a,
			struct spec_process *p, struct err *e)
{
	int r;

	*p = *ours;
	p->args = o->args;
	p->terminal = o->tty;
	p->no_new_privileges |= o->no_new_privs;
	if (o->cwd)
		p->cwd = arena_strdup(a, o->cwd);
	if (!p->cwd)
		p->cwd = arena_strdup(a, "/");
	if (p->cwd[0] != '/')
		return err_set(e, 0, "--cwd must be an absolute path, not \"%s\"", p->cwd);
	if (o->apparmor)
		p->apparmor_profile = arena_strdup(a, o->apparmor);
	if (o->process_label)
		p->selinux_label = arena_strdup(a, o->process_label);
	r = o->user ? set_user(o->user, &p->user, a, e) : 0;
	r = r < 0 ? r : add_lists(o, a, p, e);
	return r < 0 ? r : spec_check_process(p, e);
}

int exec_process(const struct oci_exec_options *o, struct spec *container, struct arena *a, struct spec_process *ret,
		 struct err *e)
{
	const struct spec_process *ours = &container->process;
	int r = o->process_json ? from_file(o->process_json, ours, a, ret, e) : from_options(o, ours, a, ret, e);

	if (r == 0)
		ret->no_new_privileges |= ours->no_new_privileges;
	return r;
}
