/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of resctrl: see rdt.h. */
#include "core/rdt.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 64 * 1024, MOUNTS_MAX = 16 << 20 };

int rdt_root(struct arena *a, char **ret, struct err *e)
{
	char *text, *save = NULL;
	int r = file_read(AT_FDCWD, "/proc/self/mountinfo", a, MOUNTS_MAX, &text, NULL, e);

	if (r < 0)
		return r;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *type = strstr(line, " - ");
		char place[256];

		if (type && strncmp(type, " - resctrl ", 11) == 0 &&
		    sscanf(line, "%*s %*s %*s %*s %255s", place) == 1) {
			*ret = arena_strdup(a, place);
			return 0;
		}
	}
	err_set(e, ENOENT, "linux.intelRdt: find resctrl");
	err_why(e, "it is mounted nowhere; not every processor and kernel has it");
	return err_cure(e, "mount -t resctrl resctrl /sys/fs/resctrl, or remove linux.intelRdt");
}

/* The directory of the group that R names for container ID. */
static char *group_dir(const char *root, const struct spec_intel_rdt *r, const char *id, struct arena *a)
{
	if (r->clos_id && strcmp(r->clos_id, "/") == 0)
		return arena_strdup(a, root);
	return arena_printf(a, "%s/%s", root, r->clos_id ? r->clos_id : id);
}

/* Where container ID is measured, in the group DIR. */
static char *monitor_dir(const char *dir, const char *id, struct arena *a)
{
	return arena_printf(a, "%s/mon_groups/%s", dir, id);
}

/* Writes TEXT into FILE of DIR; resctrl tells in a file of its own what it did not like. */
static int group_write(const char *root, const char *dir, const char *file, const char *text, struct arena *a,
		       struct err *e)
{
	char *status;
	int r = file_write(AT_FDCWD, arena_printf(a, "%s/%s", dir, file), text, e);

	if (r < 0 &&
	    file_read(AT_FDCWD, arena_printf(a, "%s/info/last_cmd_status", root), a, TEXT_MAX, &status, NULL, NULL) ==
		    0 &&
	    strncmp(status, "ok", 2) != 0)
		err_why(e, "resctrl says: %.*s", (int)strcspn(status, "\n"), status);
	return r;
}

/* Puts PID into the group DIR. */
static int group_add(const char *root, const char *dir, pid_t pid, struct arena *a, struct err *e)
{
	return group_write(root, dir, "tasks", arena_printf(a, "%d", (int)pid), a, e);
}

/* Whether the "ID=VALUE" at ITEM, which ends at one of ";\n", is the same in the line HAVE: "L3:0=7ff;1=7ff". */
static bool share_is(const char *item, const char *have)
{
	size_t id = strcspn(item, "=;\n");
	const char *value = item + id;

	if (*value != '=')
		return false;
	value += 1 + strspn(value + 1, "0 ");
	for (const char *h = strchr(have, ':'); h && (*h == ':' || *h == ';'); h += strcspn(h, ";\n")) {
		h += 1 + strspn(h + 1, " ");
		if (strncmp(h, item, id) != 0 || h[id] != '=')
			continue;
		const char *v = h + id + 1;
		v += strspn(v, "0 ");
		return strcspn(v, ";\n") == strcspn(value, ";\n") && strncasecmp(v, value, strcspn(value, ";\n")) == 0;
	}
	return false;
}

/* Whether all that the line WANT asks for ("L3:0=7f0;1=1f") stands in SCHEMATA. */
static bool schema_is(const char *want, const char *schemata)
{
	size_t name = strcspn(want, ":");

	for (const char *line = schemata; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *item = want + name;
		const char *at = line + strspn(line, " ");
		bool same = true;

		if (strncmp(at, want, name) != 0 || at[name] != ':' || *item != ':')
			continue;
		for (; same && *item; item += strcspn(item, ";"))
			same = share_is(++item, at);
		return same;
	}
	return false;
}

/* A group that others have made must have the shares that are asked for. */
static int group_compare(const char *dir, const struct spec_intel_rdt *r, struct arena *a, struct err *e)
{
	const char *const lines[] = {r->l3_cache_schema, r->mem_bw_schema};
	static const char *const fields[] = {"l3CacheSchema", "memBwSchema"};
	char *schemata;
	int bad = file_read(AT_FDCWD, arena_printf(a, "%s/schemata", dir), a, TEXT_MAX, &schemata, NULL, e);

	for (size_t i = 0; i < ARRAY_LEN(lines) && bad == 0; i++)
		if (lines[i] && !schema_is(lines[i], schemata)) {
			err_set(e, 0, "linux.intelRdt.%s: \"%s\" is not what the group %s has", fields[i], lines[i],
				dir);
			bad = err_cure(e, "change %s/schemata, or name another group as \"closID\"", dir);
		}
	return bad;
}

/* Writes the shares into the group: the caches', then the bandwidths', then the lines that may be of any kind. */
static int group_fill(const char *root, const char *dir, const struct spec_intel_rdt *r, bool made, struct arena *a,
		      struct err *e)
{
	const char *const lines[] = {made ? r->l3_cache_schema : NULL, made ? r->mem_bw_schema : NULL};
	int bad = 0;

	for (size_t i = 0; i < ARRAY_LEN(lines) && bad == 0; i++)
		if (lines[i])
			bad = group_write(root, dir, "schemata", arena_printf(a, "%s\n", lines[i]), a, e);
	for (size_t i = 0; i < r->schemata.n && bad == 0; i++)
		bad = group_write(root, dir, "schemata", arena_printf(a, "%s\n", r->schemata.v[i]), a, e);
	return bad;
}

/* Makes the group, or finds it as it should be. */
static int group_make(const char *root, const struct spec_intel_rdt *r, struct arena *a, struct rdt_group *g,
		      struct err *e)
{
	bool shares = r->l3_cache_schema || r->mem_bw_schema || r->schemata.n;

	if (strcmp(g->dir, root) != 0 && (shares || !r->clos_id)) {
		if (mkdir(g->dir, 0755) == 0) {
			g->made = true;
			return group_fill(root, g->dir, r, true, a, e);
		}
		if (errno != EEXIST || !r->clos_id) {
			int code = errno;

			err_set(e, code, "make the group %s", g->dir);
			return code == ENOSPC ? err_why(e, "the processor can't tell more groups apart") : -code;
		}
	} else if (access(g->dir, F_OK) < 0) {
		err_set(e, errno, "linux.intelRdt.closID: find the group %s", g->dir);
		return err_cure(e, "say what shares it should have, and it is made");
	}
	int bad = shares ? group_compare(g->dir, r, a, e) : 0;
	return bad < 0 ? bad : group_fill(root, g->dir, r, false, a, e);
}

int rdt_enter(const char *root, const struct spec_intel_rdt *r, const char *id, pid_t pid, struct arena *a,
	      struct rdt_group *ret, struct err *e)
{
	struct rdt_group g = {.dir = group_dir(root, r, id, a)};
	int bad = group_make(root, r, a, &g, e);

	if (bad == 0)
		bad = group_add(root, g.dir, pid, a, e);
	if (bad == 0 && r->enable_monitoring) {
		char *monitor = monitor_dir(g.dir, id, a);

		if (mkdir(monitor, 0755) < 0)
			bad = err_set(e, errno, "linux.intelRdt.enableMonitoring: make the group %s", monitor);
		else
			g.monitor = monitor;
		if (bad == 0)
			bad = group_add(root, monitor, pid, a, e);
	}
	if (bad < 0 && g.monitor)
		rmdir(g.monitor);
	if (bad < 0 && g.made)
		rmdir(g.dir);
	else if (bad == 0)
		*ret = g;
	return bad;
}

int rdt_join(const char *root, const struct spec_intel_rdt *r, const char *id, pid_t pid, struct arena *a,
	     struct err *e)
{
	const char *dir = group_dir(root, r, id, a);
	int bad = group_add(root, dir, pid, a, e);

	return bad < 0 || !r->enable_monitoring ? bad : group_add(root, monitor_dir(dir, id, a), pid, a, e);
}

int rdt_remove(const char *root, const struct spec_intel_rdt *r, const char *id, struct arena *a, struct err *e)
{
	const char *dir = group_dir(root, r, id, a);
	const char *monitor = monitor_dir(dir, id, a);

	if (r->enable_monitoring && rmdir(monitor) < 0 && errno != ENOENT)
		return err_set(e, errno, "remove the group %s", monitor);
	if (!r->clos_id && rmdir(dir) < 0 && errno != ENOENT)
		return err_set(e, errno, "remove the group %s", dir);
	return 0;
}
