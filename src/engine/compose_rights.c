/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a container's root may do: capabilities, system calls, labels, and what of /proc and /sys it sees. */
#include "engine/compose_priv.h"

#include "core/caps_names.h"
#include "core/defaults.h"
#include "core/seccomp.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { PROFILE_MAX = 4 << 20, CPUS_MAX = 8192 };

/* ---- capabilities ---- */

/*
 * All capabilities that a container could get: in a user namespace of its own every one that the kernel knows (they
 * count in there only), in the host's those that the caller has not given up.
 */
static uint64_t caps_all(const struct compose *c)
{
	uint64_t all = 0;

	if (!userns_is_host(c) && prctl(PR_CAPBSET_READ, CAP_COUNT - 1, 0, 0, 0) >= 0)
		return (UINT64_C(1) << CAP_COUNT) - 1;
	for (int cap = 0; cap < CAP_COUNT; cap++) {
		int has = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);

		if (has == 1 || (has == 0 && !userns_is_host(c)))
			all |= UINT64_C(1) << cap;
	}
	return all;
}

/* The capabilities that LIST names; *RET_ALL tells that "ALL" is among them. */
static int caps_named(const struct strs *list, const char *option, uint64_t *ret, bool *ret_all, struct err *e)
{
	*ret = 0;
	*ret_all = false;
	for (size_t i = 0; i < list->n; i++) {
		int cap = cap_by_name(list->v[i]);

		if (strcasecmp(list->v[i], "ALL") == 0)
			*ret_all = true;
		else if (cap >= 0)
			*ret |= UINT64_C(1) << cap;
		else
			return compose_bad(e, option, list->v[i], "there is no such capability");
	}
	return 0;
}

/* Refuses capabilities that nobody could give to the container. */
static int caps_check(uint64_t missing, struct err *e)
{
	if (!missing)
		return 0;
	err_set(e, 0, "--cap-add %s can't be given", cap_name(__builtin_ctzll(missing)));
	return err_why(e, "with --userns host a container can get only what its caller has");
}

/* Default, privileged, added and dropped ones together. */
static int rights_caps(struct compose *c, struct err *e)
{
	struct spec_caps *caps = &c->spec->process.caps;
	uint64_t all = caps_all(c), add = 0, drop = 0, set;
	bool add_all = false, drop_all = false;
	int r = caps_named(&c->o->cap_add, "--cap-add", &add, &add_all, e);

	if (r == 0)
		r = caps_named(&c->o->cap_drop, "--cap-drop", &drop, &drop_all, e);
	if (r < 0)
		return r;
	if (add & drop)
		return err_set(e, 0, "--cap-add and --cap-drop both name %s", cap_name(__builtin_ctzll(add & drop)));
	if (add_all && drop_all)
		return err_set(e, 0, "--cap-add and --cap-drop both name ALL");
	set = c->o->privileged || add_all ? all : default_caps & all;
	if (drop_all)
		set = 0;
	set = (set & ~drop) | add;
	r = caps_check(set & ~all, e);
	/* No inheritable and ambient ones: a program that is not root's starts with none (CVE-2022-24769). */
	*caps = (struct spec_caps){.has = true, .bounding = set, .effective = set, .permitted = set};
	return r;
}

/* ---- --security-opt ---- */

/* Reads a profile and compiles it once, so that a bad one is refused before anything is made. */
static int seccomp_file(struct compose *c, const char *path, struct err *e)
{
	struct spec_seccomp *s = &c->spec->lin.seccomp;
	struct seccomp_filter filter;
	struct json *profile = NULL;
	char *text;
	size_t size;
	int r = file_read(AT_FDCWD, path, c->a, PROFILE_MAX, &text, &size, e);

	if (r == 0 && (r = json_parse(text, size, c->a, &profile, e)) < 0)
		r = err_context(e, "%s", path);
	s->profile = profile;
	if (r == 0)
		r = seccomp_compile(s->profile, c->spec->process.caps.bounding, c->a, &filter, e);
	if (r == 0 && filter.listens) {
		err_set(e, 0, "%s: SCMP_ACT_NOTIFY and listenerPath can not be used", path);
		r = err_why(e,
			    "they need somebody who listens, and \"isle run\" has no listener (\"isle oci run\" has)");
	}
	if (r < 0)
		return err_context(e, "--security-opt seccomp=");
	s->mode = SECCOMP_PROFILE;
	return 0;
}

/* seccomp=unconfined|default|FILE */
static int opt_seccomp(struct compose *c, const char *value, struct err *e)
{
	struct spec_seccomp *s = &c->spec->lin.seccomp;

	if (strcmp(value, "unconfined") == 0)
		s->mode = SECCOMP_NONE;
	else if (strcmp(value, "default") == 0 || strcmp(value, "builtin") == 0)
		s->mode = SECCOMP_DEFAULT;
	else
		return seccomp_file(c, value, e);
	return 0;
}

/* no-new-privileges, =true, =false */
static int opt_no_new_privileges(struct compose *c, const char *value, struct err *e)
{
	bool on = strcmp(value, "false") != 0;

	if (*value && on && strcmp(value, "true") != 0)
		return compose_bad(e, "--security-opt", value, "no-new-privileges is true or false");
	c->spec->process.no_new_privileges = on;
	return 0;
}

/* apparmor=PROFILE|unconfined: what a kernel without it cannot keep is refused. */
static int opt_apparmor(struct compose *c, const char *value, struct err *e)
{
	char *enabled = NULL;
	bool on = file_read(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", c->a, 64, &enabled, NULL, NULL) == 0 &&
		  *enabled == 'Y';

	if (!on && strcmp(value, "unconfined") == 0)
		return 0;
	if (!*value)
		return compose_bad(e, "--security-opt", "apparmor=", "a profile must be named");
	if (!on)
		return compose_bad(e, "--security-opt", value, "AppArmor is not enabled on this machine");
	c->spec->process.apparmor_profile = arena_strdup(c->a, value);
	return 0;
}

/* label=disable, or a part of an SELinux context: label=type:container_t */
static int opt_label(struct compose *c, const char *value, struct err *e)
{
	static const char *const parts[] = {"user:", "role:", "type:", "level:"};
	char **label = &c->spec->process.selinux_label;
	char *now[4] = {NULL};
	struct strs fields = {0};

	if (strcmp(value, "disable") == 0) {
		*label = NULL;
		return 0;
	}
	if (access("/sys/fs/selinux/enforce", F_OK) < 0)
		return compose_bad(e, "--security-opt", value, "SELinux is not enabled on this machine");
	/* The level may have ':' in it, so only the first three are separators. */
	strs_split(&fields, c->a, *label ? *label : "system_u:system_r:container_t:s0", ':');
	for (size_t i = 0; i < 3; i++)
		now[i] = fields.v[i];
	now[3] = fields.v[3];
	for (size_t i = 4; i < fields.n; i++)
		now[3] = arena_printf(c->a, "%s:%s", now[3], fields.v[i]);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		size_t len = strlen(parts[i]);

		if (strncmp(value, parts[i], len) != 0)
			continue;
		now[i] = arena_strdup(c->a, value + len);
		if (!*now[i] || (i < 3 && strchr(now[i], ':')))
			return compose_bad(e, "--security-opt", value, "that is no part of an SELinux context");
		*label = arena_printf(c->a, "%s:%s:%s:%s", now[0], now[1], now[2], now[3]);
		return 0;
	}
	return compose_bad(e, "--security-opt", value, "label is disable, user:, role:, type: or level:");
}

/* ---- hidden paths ---- */

/* systempaths=unconfined */
static int opt_systempaths(struct compose *c, const char *value, struct err *e)
{
	if (strcmp(value, "unconfined") != 0)
		return compose_bad(e, "--security-opt", value, "systempaths can only be unconfined");
	c->spec->lin.masked_paths = (struct strs){0};
	c->spec->lin.readonly_paths = (struct strs){0};
	return 0;
}

/* mask=PATH[:PATH...] */
static int opt_mask(struct compose *c, const char *value, struct err *e)
{
	struct strs paths = {0};

	strs_split(&paths, c->a, value, ':');
	for (size_t i = 0; i < paths.n; i++) {
		char *plain;
		int r = compose_path(c, paths.v[i], "--security-opt mask", &plain, e);

		if (r < 0)
			return r;
		if (!strs_has(&c->spec->lin.masked_paths, plain))
			strs_take(&c->spec->lin.masked_paths, c->a, plain);
	}
	return 0;
}

/* Takes those that match PATTERN (glob(7)) out of LIST. */
static void strs_drop(struct strs *list, const char *pattern)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (fnmatch(pattern, list->v[i], FNM_PATHNAME) != 0)
			list->v[kept++] = list->v[i];
	list->n = kept;
	if (list->v)
		list->v[kept] = NULL;
}

/* unmask=ALL, unmask=PATTERN[:PATTERN...] */
static int opt_unmask(struct compose *c, const char *value, struct err *e)
{
	struct strs patterns = {0};

	if (strcasecmp(value, "ALL") == 0)
		return opt_systempaths(c, "unconfined", e);
	strs_split(&patterns, c->a, value, ':');
	for (size_t i = 0; i < patterns.n; i++) {
		if (*patterns.v[i] != '/')
			return compose_bad(e, "--security-opt unmask", patterns.v[i],
					   "it must be ALL, or paths that begin with \"/\"");
		strs_drop(&c->spec->lin.masked_paths, patterns.v[i]);
		strs_drop(&c->spec->lin.readonly_paths, patterns.v[i]);
	}
	return 0;
}

static const char *const foreign_net_paths[] = {"/sys/class/net", "/sys/devices/virtual/net"};
/* File systems that the machine has mounted in its /sys; a new sysfs has empty directories there. */
static const char *const foreign_sys_paths[] = {
	"/sys/fs/bpf", "/sys/fs/pstore", "/sys/kernel/debug", "/sys/kernel/security", "/sys/kernel/tracing",
};

/* The default masks, and those that stand once for each processor. */
static void mask_defaults(struct compose *c)
{
	for (size_t i = 0; default_masked_paths[i]; i++)
		strs_add(&c->spec->lin.masked_paths, c->a, default_masked_paths[i]);
	for (unsigned int cpu = 0; cpu < CPUS_MAX; cpu++) {
		char *path = arena_printf(c->a, "%s%u%s", default_masked_cpu, cpu, default_masked_cpu_tail);

		if (access(path, F_OK) < 0)
			break;
		strs_take(&c->spec->lin.masked_paths, c->a, path);
	}
	/*
	 * The host's /sys stands in for one that we may not make; with another's network its devices are not the
	 * container's.
	 */
	bool stands_in = c->spec->lin.ns[NS_NET].mode != NS_NEW && c->spec->lin.ns[NS_USER].mode == NS_NEW;
	for (size_t i = 0; stands_in && i < ARRAY_LEN(foreign_sys_paths); i++)
		strs_add(&c->spec->lin.masked_paths, c->a, foreign_sys_paths[i]);
	for (size_t i = 0; stands_in && c->spec->lin.ns[NS_NET].mode == NS_JOIN && i < ARRAY_LEN(foreign_net_paths);
	     i++)
		strs_add(&c->spec->lin.masked_paths, c->a, foreign_net_paths[i]);
	for (size_t i = 0; default_readonly_paths[i]; i++)
		strs_add(&c->spec->lin.readonly_paths, c->a, default_readonly_paths[i]);
}

/* ---- the whole ---- */

static const struct {
	const char *name;
	int (*read)(struct compose *c, const char *value, struct err *e);
	bool bare; /* may stand without a value */
} security_opts[] = {
	{"no-new-privileges", opt_no_new_privileges, true},
	{"seccomp", opt_seccomp, false},
	{"apparmor", opt_apparmor, false},
	{"label", opt_label, false},
	{"systempaths", opt_systempaths, false},
	{"mask", opt_mask, false},
	{"unmask", opt_unmask, false},
};

/* One --security-opt NAME[=VALUE]; docker's older NAME:VALUE too. */
static int security_opt(struct compose *c, const char *text, struct err *e)
{
	size_t len = strcspn(text, "=:");

	for (size_t i = 0; i < ARRAY_LEN(security_opts); i++)
		if (strlen(security_opts[i].name) == len && strncmp(text, security_opts[i].name, len) == 0 &&
		    (text[len] || security_opts[i].bare))
			return security_opts[i].read(c, text[len] ? text + len + 1 : "", e);
	return compose_bad(e, "--security-opt", text,
			   "known are no-new-privileges, seccomp=, apparmor=, label=, systempaths=, mask=, unmask=");
}

/* Privileged takes away what restricts; what the user says beside it is done after it. */
int compose_rights(struct compose *c, struct err *e)
{
	int r = rights_caps(c, e);

	c->spec->process.no_new_privileges = !c->o->privileged;
	c->spec->lin.seccomp.mode = c->o->privileged ? SECCOMP_NONE : SECCOMP_DEFAULT;
	if (!c->o->privileged)
		mask_defaults(c);
	for (size_t i = 0; r == 0 && i < c->o->security_opt.n; i++)
		r = security_opt(c, c->o->security_opt.v[i], e);
	return r;
}
