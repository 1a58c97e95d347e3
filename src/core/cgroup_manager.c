/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who makes a container's control group, and where: see cgroup_manager.h. */
#include "core/cgroup_manager.h"

#include "core/cgroup_priv.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { UNIT_NAME_MAX = 255, THAW_MS = 2000 };

/* ---- paths ---- */

/*
 * The group below which a relative path goes; as runc: beside the caller on v2, where a group with processes has none
 * below it that have limits, and below the caller on v1.
 */
static const char *relative_to(const struct cgroup_host *h, struct arena *a)
{
	static const enum cgroup_controller order[] = {CGC_DEVICES, CGC_FREEZER, CGC_MEMORY, CGC_PIDS};
	char *own = NULL;

	if (h->v2)
		own = cgroup_own_group(h, -1, a);
	for (size_t i = 0; i < ARRAY_LEN(order) && !h->v2 && !own; i++)
		if (h->v1[order[i]])
			own = cgroup_own_group(h, order[i], a);
	if (!own)
		return "";
	if (h->layout == CGROUP_V2 && *own)
		*strrchr(own, '/') = '\0';
	return own;
}

/* The path of the group that the files make. */
static int choose_files(struct cgroup_manager *m, const char *path, const char *id, struct err *e)
{
	struct arena *a = m->arena;

	if (!path || !*path)
		path = arena_printf(a, "%s/%s", m->host.base, id);
	else if (*path != '/')
		path = arena_printf(a, "%s/%s", relative_to(&m->host, a), path);
	int r = cgroup_path_clean(&m->host, path, a, &m->path, e);
	return r < 0 ? err_context(e, "linux.cgroupsPath") : 0;
}

/* Whether NAME can be the name of a unit (systemd.unit(5)), so that it is also one of a group. */
static bool is_unit_name(const char *name)
{
	size_t n = 0;

	while (isalnum((unsigned char)name[n]) || (name[n] && strchr(":-_.\\@", name[n])))
		n++;
	return n > 0 && n <= UNIT_NAME_MAX && name[n] == '\0' && *name != '.';
}

/* Splits "slice:prefix:name". */
static int split_path(struct cgroup_manager *m, const char *path, struct err *e)
{
	struct arena *a = m->arena;
	char *rest = arena_strdup(a, path);
	char *slice = strsep(&rest, ":"), *prefix = rest ? strsep(&rest, ":") : NULL, *name = rest;
	size_t len = name ? strlen(name) : 0;

	if (!name || strchr(name, ':') || len == 0) {
		err_set(e, 0, "linux.cgroupsPath: \"%s\" is not of the form \"slice:prefix:name\"", path);
		return err_why(e, "systemd makes the control groups, and that is how its units are named");
	}
	if (*slice)
		m->slice = slice;
	if (len > 6 && strcmp(name + len - 6, ".slice") == 0)
		m->unit = name;
	else
		m->unit = arena_printf(a, "%s%s%s.scope", prefix, *prefix ? "-" : "", name);
	return 0;
}

/* The host as it is for the groups of this user's systemd, and its group. */
static int enter_user(struct cgroup_manager *m, char **ret_group, struct err *e)
{
	struct cgroup_host h = m->host;
	struct systemd s;

	if (!h.v2 || h.layout == CGROUP_HYBRID) {
		err_set(e, EOPNOTSUPP, "make the control group by this user's systemd");
		return err_why(e, "that takes control groups of version 2 alone");
	}
	int r = systemd_open(&s, true, m->arena, e);
	if (r < 0)
		return r;
	*ret_group = s.control_group;
	systemd_close(&s);
	cgroup_host_below(&h, *ret_group, m->arena, &m->host);
	return 0;
}

/* The unit and its path. */
static int choose_systemd(struct cgroup_manager *m, const char *path, const char *id,
			  const struct spec_pairs *annotations, struct err *e)
{
	struct arena *a = m->arena;
	char *group = arena_strdup(a, ""), *below;
	int r = 0;

	m->user = !cgroup_is_machine_root();
	m->slice = arena_strdup(a, m->user ? "user.slice" : "system.slice");
	m->unit = arena_printf(a, "isle-%s.scope", id);
	if (path && *path)
		r = split_path(m, path, e);
	if (r == 0 && !is_unit_name(m->unit))
		r = err_set(e, 0, "linux.cgroupsPath: \"%s\" is not the name of a unit", m->unit);
	if (r == 0)
		r = systemd_slice_path(m->slice, a, &below, e);
	if (r == 0)
		r = systemd_annotations(&m->extra, annotations, a, e);
	if (r == 0 && m->user)
		r = enter_user(m, &group, e);
	if (r == 0)
		r = cgroup_path_clean(&m->host, arena_printf(a, "%s%s/%s", group, below, m->unit), a, &m->path, e);
	return r;
}

int cgroup_manager_choose(struct cgroup_manager *m, const struct cgroup_host *h, enum cgroup_manager_kind kind,
			  const char *cgroups_path, const char *id, const struct spec_pairs *annotations,
			  struct arena *a, struct err *e)
{
	*m = (struct cgroup_manager){.kind = kind, .host = *h, .arena = a};
	return kind == CGROUP_SYSTEMD ? choose_systemd(m, cgroups_path, id, annotations, e)
				      : choose_files(m, cgroups_path, id, e);
}

int cgroup_manager_find(struct cgroup_manager *m, const struct cgroup_host *h, const char *path, const char *unit,
			bool user, struct arena *a, struct err *e)
{
	*m = (struct cgroup_manager){.kind = unit ? CGROUP_SYSTEMD : CGROUP_CGROUPFS, .host = *h, .arena = a};
	m->unit = arena_strdup(a, unit);
	m->user = user;
	int r = cgroup_path_clean(h, path, a, &m->path, e);
	if (r == 0 && user && unit) { /* the unit's slices are below the manager's own group */
		char *end = strstr(m->path, ".service/");

		if (end)
			cgroup_host_below(h, arena_strndup(a, m->path, (size_t)(end - m->path) + strlen(".service")), a,
					  &m->host);
	}
	return r;
}

/* ---- making ---- */

/* Whether the open group DIR is frozen, by itself or by one above it. */
static bool dir_frozen(int dir, bool v2)
{
	static const char *const v1_files[] = {"freezer.self_freezing", "freezer.parent_freezing"};
	uint64_t n = 0;

	if (v2)
		return cgroup_number(dir, "cgroup.freeze", &n) == 0 && n == 1;
	for (size_t i = 0; i < ARRAY_LEN(v1_files); i++)
		if (cgroup_number(dir, v1_files[i], &n) == 0 && n == 1)
			return true;
	return false;
}

/* Refuses a place where a process would never run: the group, or one above it, is frozen. */
static int check_thawed(const struct cgroup_manager *m, struct err *e)
{
	const struct cgroup_host *h = &m->host;
	const char *mount = h->v2 ? h->v2 : h->v1[CGC_FREEZER];
	char *path = arena_strdup(m->arena, m->path);

	for (char *end; mount && *path; *end = '\0') {
		auto_fd dir = cgroup_dir(mount, path);

		end = strrchr(path, '/');
		if (dir < 0 || !dir_frozen(dir, h->v2 != NULL))
			continue;
		err_set(e, EBUSY, "use the control group %s%s", mount, m->path);
		err_why(e, "the group %s is frozen", path);
		return err_cure(e, "thaw it, or remove it, first");
	}
	return 0;
}

/* Refuses a group with processes, which systemd could not make its own. */
static int check_empty(const struct cgroup_manager *m, struct err *e)
{
	struct pids pids = {0};
	CLEANUP(cgroup_release) struct cgroup cg;
	int r = cgroup_open(&cg, &m->host, m->path, m->arena, e);

	if (r == 0)
		r = cgroup_pids(&cg, m->arena, &pids, e);
	if (r < 0 || pids.n == 0)
		return r;
	err_set(e, EBUSY, "use the control group %s", m->path);
	return err_why(e, "it exists and has %zu processes in it", pids.n);
}

int cgroup_manager_make(struct cgroup_manager *m, struct cgroup *cg, const struct spec_resources *res, struct err *e)
{
	int r = check_thawed(m, e);

	*cg = (struct cgroup){.host = &m->host, .v2_fd = FD_NONE};
	if (r < 0)
		return r;
	if (m->kind == CGROUP_CGROUPFS)
		return cgroup_make(cg, &m->host, m->path, res, m->arena, e);
	cg->path = m->path;
	r = cgroup_check(&m->host, res, e);
	return r == 0 ? check_empty(m, e) : r;
}

bool cgroup_manager_waits(const struct cgroup_manager *m)
{
	return m->kind == CGROUP_SYSTEMD;
}

/* "memory.oom.group" is systemd's business too: it would kill what is left, or would not. */
static void add_oom_policy(struct systemd_properties *l, const struct spec_resources *res, struct arena *a)
{
	for (size_t i = 0; i < res->unified.n; i++) {
		const struct spec_pair *p = &res->unified.v[i];

		if (strcmp(p->key, "memory.oom.group") == 0)
			systemd_add(l, a, "OOMPolicy", dbus_text(a, 's', *p->value == '1' ? "kill" : "continue"));
	}
}

int cgroup_manager_adopt(struct cgroup_manager *m, struct cgroup *cg, pid_t pid, const struct spec_resources *res,
			 struct err *e)
{
	struct systemd_properties all = {0};
	struct systemd s;

	if (!cgroup_manager_waits(m))
		return 0;
	int r = systemd_open(&s, m->user, m->arena, e);
	if (r < 0)
		return r;
	add_oom_policy(&all, res, m->arena);
	r = systemd_limits(&all, res, m->host.layout == CGROUP_V2, s.version, m->arena, e);
	for (size_t i = 0; i < m->extra.n; i++) /* behind ours: what the user says about a property counts */
		systemd_add(&all, m->arena, m->extra.v[i].name, m->extra.v[i].value);
	if (r == 0)
		r = systemd_start(&s, m->unit, m->slice, pid, &all, m->arena, e);
	systemd_close(&s);
	return r == 0 ? cgroup_adopt(cg, &m->host, m->path, res, pid, m->arena, e) : r;
}

int cgroup_manager_join(struct cgroup_manager *m, const struct cgroup *cg, pid_t pid, struct err *e)
{
	struct systemd s;
	int r = cgroup_join(cg, pid, true, e);

	if (m->kind != CGROUP_SYSTEMD || (r != -EACCES && r != -EPERM))
		return r;
	r = systemd_open(&s, m->user, m->arena, e);
	if (r == 0)
		r = systemd_attach(&s, m->unit, pid, m->arena, e);
	systemd_close(&s);
	return r == 0 ? cgroup_join(cg, pid, false, e) : r;
}

/*
 * On v1 systemd writes a device list by denying all first, so the container is held still meanwhile; whether it was is
 * the result.
 */
static bool hold_still(const struct cgroup_manager *m, const struct cgroup *cg, const struct spec_resources *res)
{
	enum { HOLD_MS = 2000 };

	return m->host.layout != CGROUP_V2 && res->devices.n > 0 && !cgroup_frozen(cg) &&
	       cgroup_freeze(cg, true, HOLD_MS, NULL) == 0;
}

int cgroup_manager_update(struct cgroup_manager *m, struct cgroup *cg, const struct spec_resources *res, struct err *e)
{
	struct systemd_properties all = {0};
	struct systemd s;
	int r = cgroup_check(&m->host, res, e);

	if (r < 0 || m->kind == CGROUP_CGROUPFS)
		return r < 0 ? r : cgroup_update(cg, res, e);
	r = systemd_open(&s, m->user, m->arena, e);
	if (r < 0)
		return r;
	r = cgroup_check_usage(cg, res, e); /* or systemd would write the limit, and the kernel kill */
	if (r == 0)
		r = systemd_limits(&all, res, m->host.layout == CGROUP_V2, s.version, m->arena, e);
	bool held = r == 0 && hold_still(m, cg, res);
	if (r == 0)
		r = systemd_set(&s, m->unit, &all, m->arena, e);
	if (r == 0)
		r = cgroup_update(cg, res, e);
	if (held)
		(void)!cgroup_freeze(cg, false, THAW_MS, NULL);
	systemd_close(&s);
	return r;
}

int cgroup_manager_remove(struct cgroup_manager *m, struct cgroup *cg, int timeout_ms, struct err *e)
{
	struct systemd s;
	int r = 0;

	if (m->kind == CGROUP_SYSTEMD) {
		r = systemd_open(&s, m->user, m->arena, e);
		if (r == 0)
			r = systemd_stop(&s, m->unit, m->arena, e);
		systemd_close(&s);
	}
	/* systemd knows nothing of what is in v1 hierarchies, and may be gone itself. */
	int removed = cgroup_remove(cg, timeout_ms, r == 0 ? e : NULL);
	return r < 0 ? r : removed;
}
