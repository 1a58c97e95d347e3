/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the machine has in control groups: the layout, the mount points, and where this caller may make groups.
 *
 * The usual places are asked with statfs(2), a microsecond each.  Only where they show no v2 tree is mountinfo read,
 * for trees mounted somewhere else.  Everything found is relative to what this process sees: inside another container
 * the top of the visible tree is that container's own group, and "/isle" is made below it.
 */
#include "core/cgroup_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define USUAL "/sys/fs/cgroup"
enum { PROC_TEXT_MAX = 16 << 20 };
static const uint32_t unread = 1u << 31; /* in v2_available: nobody has asked yet */
static_assert(CGC_COUNT < 31, "no controller has that bit");

const struct cgroup_fact cgroup_facts[] = {
	[CGC_MEMORY] = {"memory", NULL, "memory"},
	[CGC_CPU] = {"cpu", "cpu,cpuacct", "cpu"},
	[CGC_CPUACCT] = {"cpuacct", "cpu,cpuacct", NULL},
	[CGC_CPUSET] = {"cpuset", NULL, "cpuset"},
	[CGC_PIDS] = {"pids", NULL, "pids"},
	[CGC_BLKIO] = {"blkio", NULL, "io"},
	[CGC_DEVICES] = {"devices", NULL, NULL},
	[CGC_FREEZER] = {"freezer", NULL, NULL},
	[CGC_HUGETLB] = {"hugetlb", NULL, "hugetlb"},
	[CGC_NET_CLS] = {"net_cls", "net_cls,net_prio", NULL},
	[CGC_NET_PRIO] = {"net_prio", "net_cls,net_prio", NULL},
	[CGC_RDMA] = {"rdma", NULL, "rdma"},
	[CGC_SYSTEMD] = {"name=systemd", "systemd", NULL},
};
static_assert(ARRAY_LEN(cgroup_facts) == CGC_COUNT, "one row for each controller");

/* Which controllers the group above the base could give. */
static uint32_t read_controllers(const struct cgroup_host *h)
{
	char path[PATH_MAX], text[512];
	uint32_t found = 0;
	int n = snprintf(path, sizeof(path), "%s%.*s/cgroup.controllers", h->v2,
			 (int)(strlen(h->base) - strlen("/isle")), h->base);

	if (n < 0 || n >= (int)sizeof(path) || cgroup_text(AT_FDCWD, path, text, sizeof(text)) < 0)
		return 0;
	for (int c = 0; c < CGC_COUNT; c++) {
		const char *name = cgroup_facts[c].v2;

		if (name && cgroup_word_in(text, name, strlen(name)))
			found |= 1u << c;
	}
	return found;
}

bool cgroup_v2_has(const struct cgroup_host *h, enum cgroup_controller c)
{
	if (!h->v2 || !h->v2_available)
		return false;
	if (*h->v2_available == unread)
		*h->v2_available = read_controllers(h);
	return *h->v2_available >> c & 1;
}

/* Has them read by whoever asks first. */
static void controllers_later(struct cgroup_host *h, struct arena *a)
{
	h->v2_available = arena_new(a, uint32_t, 1);
	*h->v2_available = unread;
}

enum cgroup_place cgroup_place(const struct cgroup_host *h, enum cgroup_controller c)
{
	if (cgroup_v2_has(h, c))
		return PLACE_V2;
	return h->v1[c] ? PLACE_V1 : PLACE_NONE;
}

/* Whether a file system of type MAGIC is at PATH. */
static bool is_fs(const char *path, unsigned long magic)
{
	struct statfs s;

	return statfs(path, &s) == 0 && (unsigned long)s.f_type == magic;
}

/* Asks the places where systemd and every distribution mount the trees. */
static void probe_usual(struct cgroup_host *h, struct arena *a)
{
	if (is_fs(USUAL, CGROUP2_SUPER_MAGIC)) {
		h->v2 = arena_strdup(a, USUAL);
		return;
	}
	if (is_fs(USUAL "/unified", CGROUP2_SUPER_MAGIC))
		h->v2 = arena_strdup(a, USUAL "/unified");
	for (int c = 0; c < CGC_COUNT; c++) {
		const char *names[] = {cgroup_facts[c].name, cgroup_facts[c].together};

		for (size_t i = 0; i < ARRAY_LEN(names) && names[i] && !h->v1[c]; i++) {
			char *path = arena_printf(a, USUAL "/%s", names[i]);

			if (is_fs(path, CGROUP_SUPER_MAGIC))
				h->v1[c] = path;
		}
	}
}

/* Turns mountinfo's "\040" and the like into the bytes they stand for, in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] != '\\' || strspn(s + 1, "01234567") < 3) {
			*to++ = *s;
			continue;
		}
		*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
		s += 3;
	}
	*to = '\0';
}

/* Takes one line of mountinfo; the first mount of each tree wins, if it is still what the line says. */
static void probe_mount(struct cgroup_host *h, char *line)
{
	char *rest = strstr(line, " - ");
	char *at = NULL;

	if (!rest)
		return;
	*rest = '\0';
	rest += 3;
	for (int i = 0; i < 5; i++)
		at = strsep(&line, " ");
	const char *type = strsep(&rest, " ");
	strsep(&rest, " ");
	if (!at || !rest)
		return;
	unescape(at);
	if (strcmp(type, "cgroup2") == 0 && !h->v2 && is_fs(at, CGROUP2_SUPER_MAGIC))
		h->v2 = at;
	if (strcmp(type, "cgroup") != 0 || !is_fs(at, CGROUP_SUPER_MAGIC))
		return;
	for (const char *word; (word = strsep(&rest, ","));)
		for (int c = 0; c < CGC_COUNT; c++)
			if (!h->v1[c] && strcmp(word, cgroup_facts[c].name) == 0)
				h->v1[c] = at;
}

/* Looks for trees in unusual places; a machine without /proc has none. */
static void probe_mountinfo(struct cgroup_host *h, struct arena *a)
{
	char *text;

	if (file_read(AT_FDCWD, "/proc/self/mountinfo", a, PROC_TEXT_MAX, &text, NULL, NULL) < 0)
		return;
	for (char *line; (line = strsep(&text, "\n"));)
		probe_mount(h, line);
}

/* Whether the line "ID:LIST:PATH" of /proc/self/cgroup is about the controller C; below zero: about the v2 tree. */
static bool line_is_about(const char *list, size_t len, int c)
{
	if (c < 0)
		return len == 0;
	size_t want = strlen(cgroup_facts[c].name);
	for (const char *p = list; p < list + len;) {
		size_t n = strcspn(p, ",:");

		if (n == want && strncmp(p, cgroup_facts[c].name, n) == 0)
			return true;
		p += n + 1;
	}
	return false;
}

char *cgroup_own_group(const struct cgroup_host *h, int c, struct arena *a)
{
	char *text, *path;

	if (file_read(AT_FDCWD, "/proc/self/cgroup", a, PROC_TEXT_MAX, &text, NULL, NULL) < 0)
		return NULL;
	for (char *line; (line = strsep(&text, "\n"));) {
		char *list = strchr(line, ':'), *at = list ? strchr(list + 1, ':') : NULL;

		if (!at || !line_is_about(list + 1, (size_t)(at - list - 1), c))
			continue;
		if (strcmp(++at, "/") == 0)
			return arena_strdup(a, "");
		if (*at != '/' || cgroup_path_clean(h, at, a, &path, NULL) < 0)
			return NULL; /* "/../…": outside of what this process may see */
		/* An earlier isle may have moved us one down: see cgroup_tree.c. */
		char *last = strrchr(path, '/');
		if (strcmp(last, "/" CGROUP_CALLER) == 0)
			*last = '\0';
		return path;
	}
	return NULL;
}

/* Finds where groups can be made: below the top, or, if that is not ours, below the caller's own group. */
static void probe_base(struct cgroup_host *h, struct arena *a)
{
	static const enum cgroup_controller v1_order[] = {CGC_FREEZER, CGC_PIDS, CGC_MEMORY};
	const char *top = h->v2;

	h->base = arena_strdup(a, "/isle");
	for (size_t i = 0; i < ARRAY_LEN(v1_order) && !top; i++)
		top = h->v1[v1_order[i]];
	if (!top)
		return;
	h->writable = access(top, W_OK) == 0;
	if (h->writable || !h->v2)
		return;
	const char *own = cgroup_own_group(h, -1, a);
	if (!own)
		return;
	/* A delegated group is one whose directory and whose cgroup.procs are ours (cgroups(7), "Delegation"). */
	h->base = arena_printf(a, "%s/isle", own);
	h->writable = access(arena_printf(a, "%s%s", h->v2, own), W_OK) == 0 &&
		      access(arena_printf(a, "%s%s/cgroup.procs", h->v2, own), W_OK) == 0;
}

void cgroup_host_below(const struct cgroup_host *from, const char *group, struct arena *a, struct cgroup_host *ret)
{
	*ret = *from;
	ret->base = arena_printf(a, "%s/isle", group);
	ret->writable = ret->v2 != NULL;
	controllers_later(ret, a);
}

int cgroup_host_probe(struct cgroup_host *h, struct arena *a, struct err *e)
{
	bool any_v1 = false;

	(void)e;
	*h = (struct cgroup_host){0};
	probe_usual(h, a);
	if (!h->v2)
		probe_mountinfo(h, a);
	for (int c = 0; c < CGC_COUNT; c++)
		any_v1 |= h->v1[c] != NULL;
	h->layout = h->v2 ? (any_v1 ? CGROUP_HYBRID : CGROUP_V2) : (any_v1 ? CGROUP_V1 : CGROUP_ABSENT);
	probe_base(h, a);
	controllers_later(h, a);
	return 0;
}
