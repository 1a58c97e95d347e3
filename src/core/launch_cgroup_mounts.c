/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a mount of type "cgroup" shows.
 *
 * Where there is only the v2 tree: that.  Where there are v1 hierarchies, and the config.json is to be obeyed to the
 * letter (launch.h, by_spec): a tmpfs with a directory for each, called as its controllers are, with a link for each
 * controller of several together ("cpu" to "cpu,cpuacct"), and the v2 tree as "unified".  The container sees its own
 * groups only: by a new mount in its own cgroup namespace, else by a bind of its own group.
 *
 * A new mount of v2 from the machine's own cgroup namespace would give the whole tree the options of this one: those
 * that systemd has set, nsdelegate and memory_recursiveprot, would be gone; and the kernel may wait 5 to 30 ms for all
 * processors (kernel/cgroup/cgroup.c, apply_cgroup_root_flags).  A container that shares that namespace gets a bind of
 * what is mounted already.
 */
#include "core/launch.h"

#include "base/fd.h"
#include "core/cgroup_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROC_TEXT_MAX = 1 << 20 };

/* The options of mount I without those of a file system. */
static struct mount_opts plain_opts(const struct launch *l, size_t i)
{
	struct mount_opts o = l->mopts[i];

	o.data = o.super = (struct strs){0};
	return o;
}

/* ---- v2 ---- */

/* Whether a mount of type "cgroup" has several hierarchies in it. */
static bool has_parts(const struct cgroup_host *host)
{
	return host && (host->layout == CGROUP_V1 || host->layout == CGROUP_HYBRID);
}

/* Whether mount I is such a one. */
static bool shows_parts(const struct launch *l, size_t i)
{
	return l->by_spec && strcmp(l->spec->mounts.v[i].type, "cgroup") == 0 && has_parts(l->cgroup_host);
}

/*
 * The tree from the container's own cgroup namespace.  Where its user namespace may not mount it (that takes a cgroup
 * namespace of the same owner), what the machine has is shown; where the machine has none, an empty directory.
 */
static int make_v2(struct launch *l, size_t i, struct err *e)
{
	const struct mount_opts o = plain_opts(l, i);
	int r = -ENODEV;

	if (l->cgroup_host && l->cgroup_host->v2)
		r = mount_new("cgroup2", "cgroup2", &l->mopts[i], &l->mount_fds[i], e);
	if (r == -EPERM || (r == -EBUSY && l->by_spec))
		r = launch_mount_copy(l, i, l->cgroup_host->v2, e);
	if (r < 0 && r != -ENODEV)
		return r;
	return r < 0 ? mount_new("tmpfs", "tmpfs", &o, &l->mount_fds[i], e) : 0;
}

/* Whether all of WORDS are options of the whole v2 tree (cgroups(7)), which are the machine's to choose. */
static bool are_tree_options(const struct strs *words)
{
	static const char *const known[] = {
		"nsdelegate",	    "memory_recursiveprot",	 "memory_localevents",
		"pids_localevents", "memory_hugetlb_accounting", "favordynmods",
	};
	size_t n = 0;

	for (size_t i = 0; i < words->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(known); k++)
			n += strcmp(words->v[i], known[k]) == 0;
	return n == words->n;
}

/* Whether mount I is to be a new one of the v2 tree from the machine's own cgroup namespace. */
static bool is_machines(const struct launch *l, size_t i)
{
	enum { INITIAL_CGROUP_NS = 0xEFFFFFFB }; /* PROC_CGROUP_INIT_INO, linux/proc_ns.h: the same on every machine */
	const struct mount_opts *o = &l->mopts[i];
	const char *type = l->spec->mounts.v[i].type;

	return type && !o->bind && !o->remount && (strcmp(type, "cgroup") == 0 || strcmp(type, "cgroup2") == 0) &&
	       !shows_parts(l, i) && are_tree_options(&o->data) && ns_inode(0, NS_CGROUP) == INITIAL_CGROUP_NS;
}

void launch_cgroup_share(struct launch *l)
{
	const struct spec_ns *ns = l->spec->lin.ns;

	/* With a user namespace of its own the container may not make one: make_v2 knows what to do. */
	if (l->joining || !l->cgroup_host || !l->cgroup_host->v2 || ns[NS_CGROUP].mode != NS_KEEP ||
	    ns[NS_USER].mode != NS_KEEP)
		return;
	for (size_t i = 0; i < l->spec->mounts.n; i++)
		if (is_machines(l, i)) {
			l->mopts[i].tree = l->cgroup_host->v2;
			l->mopts[i].bind = l->mopts[i].recursive = true;
			l->mopts[i].data = l->mopts[i].super = (struct strs){0};
		}
}

/* ---- v1 and hybrid ---- */

/* A v1 hierarchy, by its line in /proc/self/cgroup. */
struct hierarchy {
	char *controllers; /* "cpu,cpuacct", or "" for one with a name alone; NULL: the v2 tree */
	char *name;	   /* "systemd", or NULL */
	char *group;	   /* the path of the own group */
};

/* Takes the next line of *TEXT apart; false at the end. */
static bool hierarchy_next(char **text, struct hierarchy *ret)
{
	char *line = *text ? strsep(text, "\n") : NULL;
	char *number = line ? strsep(&line, ":") : NULL;
	char *what = line ? strsep(&line, ":") : NULL;

	if (!what || !line)
		return false;
	bool named = strncmp(what, "name=", 5) == 0;
	*ret = (struct hierarchy){
		.controllers = strcmp(number, "0") == 0 && !*what ? NULL
			       : named				  ? what + strlen(what)
								  : what,
		.name = named ? what + 5 : NULL,
		.group = line,
	};
	return true;
}

/* What the directory of H is called. */
static const char *hierarchy_dir(const struct hierarchy *h)
{
	return !h->controllers ? "unified" : h->name ? h->name : h->controllers;
}

/* Where the machine, whose groups are as HOST says, has H; NULL: nowhere. */
static const char *hierarchy_place(const struct cgroup_host *host, const struct hierarchy *h, struct arena *a)
{
	if (!h->controllers)
		return host->v2;
	for (int c = 0; c < CGC_COUNT && !h->name; c++) {
		size_t len = strlen(cgroup_facts[c].name);

		if (strncmp(h->controllers, cgroup_facts[c].name, len) == 0 &&
		    (h->controllers[len] == ',' || !h->controllers[len]) && host->v1[c])
			return host->v1[c];
	}
	return arena_printf(a, "/sys/fs/cgroup/%s", hierarchy_dir(h));
}

/* A new mount of H. */
static int part_new(struct launch *l, const struct hierarchy *h, struct mount_opts *o, int *ret, struct err *e)
{
	char *words = arena_strdup(l->arena, h->controllers);

	if (!h->controllers)
		return mount_new("cgroup2", "cgroup2", o, ret, e);
	if (h->name) {
		strs_add(&o->data, l->arena, "none");
		strs_take(&o->data, l->arena, arena_printf(l->arena, "name=%s", h->name));
	}
	while (words && *words)
		strs_add(&o->data, l->arena, strsep(&words, ","));
	return mount_new("cgroup", "cgroup", o, ret, e);
}

/* A bind of the own group in H; where that can't be told, nothing is shown of it. */
static int part_bind(const struct launch *l, const struct hierarchy *h, const struct mount_opts *o, int *ret,
		     struct err *e)
{
	const char *place = hierarchy_place(l->cgroup_host, h, l->arena);
	const char *group = l->spec->lin.ns[NS_CGROUP].mode == NS_KEEP ? h->group : l->cgroup_path;
	char *path = place && group ? arena_printf(l->arena, "%s%s", place, group) : NULL;

	return !path || access(path, F_OK) < 0 ? 0 : mount_clone(AT_FDCWD, path, o, ret, e);
}

/* Makes what mount I shows of H. */
static int part_make(struct launch *l, size_t i, const struct hierarchy *h, struct err *e)
{
	struct mount_opts o = plain_opts(l, i);
	struct launch_part part = {.mount = i, .name = arena_strdup(l->arena, hierarchy_dir(h)), .fd = FD_NONE};
	struct err ignored = {0};
	int r = -EPERM;

	if (l->spec->lin.ns[NS_CGROUP].mode != NS_KEEP)
		r = part_new(l, h, &o, &part.fd, &ignored);
	if (r < 0)
		r = part_bind(l, h, &o, &part.fd, e);
	if (r == 0 && part.fd >= 0)
		*list_add(&l->parts, l->arena) = part;
	return r;
}

/* The tmpfs, and the hierarchies that will be in it. */
static int make_v1(struct launch *l, size_t i, struct err *e)
{
	struct mount_opts o = plain_opts(l, i);
	struct hierarchy h;
	char *text;
	int r = file_read(AT_FDCWD, "/proc/self/cgroup", l->arena, PROC_TEXT_MAX, &text, NULL, e);

	while (r == 0 && hierarchy_next(&text, &h))
		if (h.controllers || l->cgroup_host->v2)
			r = part_make(l, i, &h, e);
	strs_add(&o.data, l->arena, "mode=755");
	o.set &= ~(uint64_t)MOUNT_ATTR_RDONLY; /* until the hierarchies are in it */
	o.rec_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	return r < 0 ? r : mount_new("tmpfs", "cgroup", &o, &l->mount_fds[i], e);
}

int launch_cgroup_parts_list(const struct cgroup_host *host, const char *group, struct arena *a, struct strs *names,
			     struct strs *places, struct err *e)
{
	struct hierarchy h;
	char *text;

	if (!has_parts(host))
		return 0;
	int r = file_read(AT_FDCWD, "/proc/self/cgroup", a, PROC_TEXT_MAX, &text, NULL, e);
	while (r == 0 && hierarchy_next(&text, &h)) {
		const char *place = hierarchy_place(host, &h, a);

		if (!place)
			continue;
		strs_add(names, a, hierarchy_dir(&h));
		strs_take(places, a, arena_printf(a, "%s%s", place, group));
	}
	return r;
}

int launch_cgroup_make(struct launch *l, size_t i, struct err *e)
{
	return shows_parts(l, i) ? make_v1(l, i, e) : make_v2(l, i, e);
}

/* ---- in the container's root ---- */

/* Makes a link for each of several controllers in the directory NAME. */
static void links_make(const struct launch *l, int dir, const char *name)
{
	char *words = strchr(name, ',') ? arena_strdup(l->arena, name) : NULL;

	while (words && *words)
		(void)!symlinkat(name, dir, strsep(&words, ","));
}

/* Attaches one hierarchy in the tmpfs DIR. */
static int part_attach(const struct launch *l, const struct launch_part *p, int dir, struct err *e)
{
	const struct mount_opts *o = &l->mopts[p->mount];

	if (mkdirat(dir, p->name, 0755) < 0)
		return err_set(e, errno, "make the directory of %s", p->name);
	auto_fd target = openat(dir, p->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return err_set(e, errno, "open the directory of %s", p->name);
	links_make(l, dir, p->name);
	return mount_attach(p->fd, target, o, p->name, e);
}

int launch_cgroup_parts_attach(struct launch *l, size_t i, struct err *e)
{
	bool any = false;

	for (size_t k = 0; k < l->parts.n; k++) {
		struct launch_part *p = &l->parts.v[k];

		if (p->mount != i || p->fd < 0)
			continue;
		int r = part_attach(l, p, l->mount_fds[i], e);
		if (r < 0)
			return err_context(e, "%s", l->mopts[i].where);
		fd_close(&p->fd);
		any = true;
	}
	/* Read-only at last, as each hierarchy is. */
	if (!any || !((l->mopts[i].set | l->mopts[i].rec_set) & MOUNT_ATTR_RDONLY))
		return 0;
	return mount_read_only(l->mount_fds[i], 0, l->mopts[i].where, e);
}
