/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root, /dev and the shared files: made on the side that may, and handed over to the box; for most config.jsons
 * that is the root alone, and the box makes the rest.  See launch.h for the theory.
 */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/idmap.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- who makes what ---- */

/* With privilege on the host side, that side makes root, /dev and binds. */
static bool host_makes(const void *ctx)
{
	return !((const struct launch *)ctx)->rootless;
}

/* Whether mount I is the container's /dev. */
static bool is_dev(const struct launch *l, size_t i)
{
	const struct spec_mount *m = &l->spec->mounts.v[i];

	return strcmp(l->mopts[i].where, "/dev") == 0 && m->type && strcmp(m->type, "tmpfs") == 0 &&
	       !l->mopts[i].bind && !l->mopts[i].remount;
}

/*
 * The box could make it, if it has the machine's ids; but while it makes the others, the host side has the time.  Not
 * for a config.json, because of the order (launch_in_order).
 */
bool launch_host_dev(const struct launch *l, size_t i)
{
	return is_dev(l, i) && !l->rootless && (!l->by_spec || launch_own_ids(l));
}

/* Whether mount I shows something of the machine. */
static bool is_bind(const struct launch *l, size_t i)
{
	return l->mopts[i].bind && !l->mopts[i].remount;
}

/* Whether mount I has ids of its own: to shift them takes the machine's /proc. */
static bool is_shifted(const struct launch *l, size_t i)
{
	return l->mopts[i].idmap || l->spec->mounts.v[i].uid_map.n > 0;
}

/* Which mounts the box makes: the host side makes the others. */
static bool is_ours(const struct launch *l, size_t i)
{
	return l->rootless || (!launch_host_dev(l, i) && !launch_shown_proc(l, i) &&
			       (!is_bind(l, i) || (launch_in_order(l) && !is_shifted(l, i))));
}

/* Which binds the host side makes. */
static bool is_host_bind(const struct launch *l, size_t i)
{
	return is_bind(l, i) && !is_ours(l, i);
}

/*
 * Whether the root is all that the host side makes, and as simple as to be made before the box, which inherits it: for
 * most config.jsons.
 */
static bool inherited(const struct launch *l)
{
	if (!launch_in_order(l) || l->rootfs->kind != ROOTFS_DIRECT || l->rootfs->submounts.n > 0 || l->etc_files ||
	    launch_among_machines(l))
		return false;
	for (size_t i = 0; i < l->spec->mounts.n; i++)
		if (!is_ours(l, i))
			return false;
	for (size_t i = 0; i < l->spec->lin.devices.n; i++)
		if (launch_node_carried(l, i))
			return false;
	return true;
}

/* ---- what the host side makes for the box ---- */

/* Puts the root together on whichever side has the privilege for it. */
static int root_assemble(struct launch *l, bool in_userns, struct err *e)
{
	struct rootfs_env env = {
		.userns_fd = l->userns_fd,
		.in_userns = in_userns,
		.uid = in_userns ? 0 : launch_root_uid(l),
		.gid = in_userns ? 0 : launch_root_gid(l),
		.foreign = launch_own_ids(l) && idmap_foreign(&l->spec->lin.uid_map) &&
			   idmap_foreign(&l->spec->lin.gid_map),
		.arena = l->arena,
		.spent = &l->spent,
		.spent_mounts = &l->spent_mounts,
	};
	int r = rootfs_assemble(l->rootfs, &env, &l->root_fd, e);

	for (size_t i = 0; i < l->rootfs->submounts.n && r == 0; i++)
		r = rootfs_assemble_submount(l->rootfs, l->rootfs->submounts.v[i], &env, &l->submount_fds[i], e);
	return r;
}

static int root_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	if (launch_own_ids(l) && l->userns_fd < 0) {
		char path[40];

		snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)l->pid);
		l->userns_fd = open(path, O_RDONLY | O_CLOEXEC);
		if (l->userns_fd < 0)
			return err_set(e, errno, "open the container's user namespace %s", path);
	}
	return root_assemble(l, false, e);
}

static void root_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;
	const struct rootfs *r = l->rootfs;

	if (r->kind == ROOTFS_DIRECT) {
		explain_say(x, "take %s as the container's root, its owners shifted into the container's ids",
			    r->lower.v[0]);
		explain_shell(x, "mount --bind -o X-mount.idmap=/proc/$PID/ns/user %s /mnt", r->lower.v[0]);
		return;
	}
	explain_say(x, "lay a writable layer over %s%s", r->lower.v[0],
		    r->guarded ? ", which is seen through the eyes of nobody: what others may not read stays unreadable"
			       : "");
	explain_shell(x, "mount -t overlay overlay -o lowerdir=%s,upperdir=%s/upper,workdir=%s/work /mnt",
		      r->lower.v[0], r->writable ? r->writable : "/tmpfs", r->writable ? r->writable : "/tmpfs");
}

static bool root_ahead(const void *ctx)
{
	return host_makes(ctx) && inherited(ctx);
}

static bool root_beside(const void *ctx)
{
	return host_makes(ctx) && !inherited(ctx);
}

const struct step step_root_ahead = {"root", SIDE_HOST, root_ahead, root_run, NULL, root_explain};
const struct step step_root = {"root", SIDE_HOST, root_beside, root_run, NULL, root_explain};

/* Makes the mounts of the spec that PICK chooses. */
static int make_picked(struct launch *l, bool (*pick)(const struct launch *, size_t), struct err *e)
{
	for (size_t i = 0; i < l->spec->mounts.n; i++) {
		int r = 0;

		if (!pick(l, i) || l->mount_fds[i] >= 0)
			continue;
		if (launch_mount_shows_net(l, i))
			r = launch_net_first(l, e);
		if (r == 0)
			r = launch_mount_make(l, i, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int dev_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int r = make_picked(l, launch_host_dev, e);

	r = r < 0 ? r : make_picked(l, launch_shown_proc, e);
	for (size_t i = 0; i < l->spec->lin.devices.n && r == 0; i++)
		r = launch_node_carried(l, i) ? launch_node_take(l, i, e) : 0;
	return r;
}

static void dev_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "make a small /dev with %zu devices", l->spec->lin.devices.n);
	for (size_t i = 0; i < l->spec->lin.devices.n; i++)
		explain_shell(x, "mknod -m 666 /mnt%s %c %lld %lld", l->spec->lin.devices.v[i].path,
			      l->spec->lin.devices.v[i].type, (long long)l->spec->lin.devices.v[i].major,
			      (long long)l->spec->lin.devices.v[i].minor);
}

const struct step step_dev = {"dev", SIDE_HOST, host_makes, dev_run, NULL, dev_explain};

static bool binds_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	for (size_t i = 0; i < l->spec->mounts.n; i++)
		if (is_host_bind(l, i))
			return true;
	return false;
}

static int binds_run(void *ctx, struct err *e)
{
	return make_picked(ctx, is_host_bind, e);
}

static void binds_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "take the files and directories to share with the container");
	for (size_t i = 0; i < l->spec->mounts.n; i++)
		if (is_host_bind(l, i))
			explain_shell(x, "mount --bind %s /mnt%s", launch_bind_source(l, i),
				      l->spec->mounts.v[i].destination);
}

const struct step step_binds = {"binds", SIDE_HOST, binds_wanted, binds_run, NULL, binds_explain};

static bool etc_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return l->etc_files && !l->rootless;
}

static int etc_files_run(void *ctx, struct err *e)
{
	return launch_etc_make(ctx, e);
}

static void etc_files_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "write the container's own /etc/hostname, /etc/hosts and /etc/resolv.conf");
	explain_shell(x, "echo %s > /tmpfs/hostname && mount --bind /tmpfs/hostname /mnt/etc/hostname",
		      l->spec->hostname ? l->spec->hostname : "localhost");
}

const struct step step_etc_files = {"etc-files", SIDE_HOST, etc_wanted, etc_files_run, NULL, etc_files_explain};

/* Descriptors on their way to the box, or what came of a message to it. */
struct batch {
	int fds[HS_FDS_MAX];
	int n;
};

/* Adds FD to what is sent next; a full batch is sent before. */
static int batch_add(const struct launch *l, struct batch *b, int fd, struct err *e)
{
	int r = 0;

	if (b->n == HS_FDS_MAX) {
		r = hs_send(l->sock, HS_MOUNTS, b->fds, b->n, e);
		b->n = 0;
	}
	b->fds[b->n++] = fd;
	return r;
}

/* Sends the root, the submounts, and what was made here of mounts and devices: as many messages as it takes. */
static int hand_over_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	struct batch b = {.n = 0};
	int r = 0;

	if (inherited(l)) {
		launch_mounts_release(l);
		return 0;
	}
	b.fds[b.n++] = l->root_fd;
	for (int i = 0; i < ETC_FILES; i++)
		if (l->etc_files)
			b.fds[b.n++] = l->etc_fds[i];
	for (size_t i = 0; i < l->rootfs->submounts.n; i++)
		b.fds[b.n++] = l->submount_fds[i];
	for (size_t i = 0; i < l->spec->mounts.n && r == 0; i++)
		r = l->mount_fds[i] < 0 ? 0 : batch_add(l, &b, l->mount_fds[i], e);
	for (size_t i = 0; i < l->spec->lin.devices.n && r == 0; i++)
		r = l->device_fds[i] < 0 ? 0 : batch_add(l, &b, l->device_fds[i], e);
	/* What is left over comes last, if anything goes: as much as fits. */
	for (size_t i = 0; i < l->spent_mounts.n && b.n < HS_FDS_MAX && !launch_stays_covered(l); i++)
		b.fds[b.n++] = l->spent_mounts.v[i];
	if (r == 0)
		r = hs_send(l->sock, HS_MOUNTS, b.fds, b.n, e);
	launch_mounts_release(l);
	return r;
}

const struct step step_hand_over = {"hand-over", SIDE_HOST, host_makes, hand_over_run, NULL, NULL};

/* ---- the same, done by the box of a rootless launch, and what only the box can make ---- */

/* Without, the box does. */
static bool box_makes(const void *ctx)
{
	return !host_makes(ctx);
}

static int box_root_run(void *ctx, struct err *e)
{
	return root_assemble(ctx, true, e);
}

const struct step step_box_root = {"box-root", SIDE_ROOT, box_makes, box_root_run, NULL, root_explain};

bool launch_mount_shows_net(const struct launch *l, size_t i)
{
	const struct spec_mount *m = &l->spec->mounts.v[i];
	const struct mount_opts *o = &l->mopts[i];

	return launch_new_ns(l, NS_NET) && !o->bind && !o->remount && m->type && strcmp(m->type, "sysfs") == 0;
}

bool launch_made_late(const struct launch *l, size_t i)
{
	return is_ours(l, i) && (launch_in_order(l) ? l->mopts[i].late : launch_mount_shows_net(l, i));
}

static bool is_ours_at_once(const struct launch *l, size_t i)
{
	return is_ours(l, i) && !launch_made_late(l, i);
}

/*
 * Who reads mountinfo expects the mounts in the order of the config, and since Linux 6.8 it lists them by age.  So for
 * a config.json the box makes them all, one after the other, while it still sees the machine's files; /sys, too, for
 * which it enters its network, unless that may come last.  In a user namespace it may not, and in a joined mount
 * namespace it sees others.
 */
bool launch_in_order(const struct launch *l)
{
	const struct spec_ns *ns = l->spec->lin.ns;

	return l->by_spec && !l->rootless && !l->joining && ns[NS_USER].mode == NS_KEEP && ns[NS_MNT].mode != NS_JOIN;
}

static int box_mounts_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int r = make_picked(l, is_ours_at_once, e);

	/* Nodes of a new /dev were taken with it. */
	for (size_t i = 0; i < l->spec->lin.devices.n && r == 0; i++)
		if (l->by_spec && l->rootless && l->dev != DEV_SHARED && launch_node_elsewhere(l, i) &&
		    l->device_fds[i] < 0 && l->spec->lin.devices.v[i].type != 'p')
			r = launch_node_take(l, i, e);
	return r < 0 || !l->rootless || !l->etc_files ? r : launch_etc_make(l, e);
}

static void box_mounts_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(
		x, "make the file systems that the container is to have, while nobody can see them yet; what shows the "
		   "network in its own");
	for (size_t i = 0; i < l->spec->mounts.n; i++) {
		const struct spec_mount *m = &l->spec->mounts.v[i];

		if (is_ours_at_once(l, i) && is_bind(l, i))
			explain_shell(x, "mount --bind %s /mnt%s", launch_bind_source(l, i), m->destination);
		else if (is_ours_at_once(l, i))
			explain_shell(x, "mount -t %s %s /mnt%s", m->type, m->source ? m->source : m->type,
				      m->destination);
	}
}

/* While the host side makes the root. */
const struct step step_box_mounts = {"mounts", SIDE_BOX, NULL, box_mounts_run, NULL, box_mounts_explain};

/* Takes the next descriptor out of M, whose first *AT are taken; an empty one is followed by another message. */
static int batch_take(const struct launch *l, struct hs_msg *m, int *at, int *ret, struct err *e)
{
	if (*at == m->n_fds) {
		int r = hs_expect(l->sock, HS_MOUNTS, m, e);

		if (r < 0)
			return r;
		*at = 0;
	}
	if (*at >= m->n_fds)
		return err_set(e, EPROTO, "receive a mount");
	*ret = m->fds[(*at)++];
	return 0;
}

int launch_receive(struct launch *l, struct err *e)
{
	struct hs_msg m = {.n_fds = 0};
	int at = 0;

	if (!host_makes(l) || inherited(l) || l->root_fd >= 0)
		return 0;
	int r = hs_expect(l->sock, HS_MOUNTS, &m, e);
	if (r < 0)
		return r;
	if (m.n_fds < 1 + (l->etc_files ? ETC_FILES : 0) + (int)l->rootfs->submounts.n)
		return err_set(e, EPROTO, "receive the container's root");
	l->root_fd = m.fds[at++];
	for (int i = 0; i < ETC_FILES; i++)
		l->etc_fds[i] = l->etc_files ? m.fds[at++] : FD_NONE;
	for (size_t i = 0; i < l->rootfs->submounts.n; i++)
		l->submount_fds[i] = m.fds[at++];
	for (size_t i = 0; i < l->spec->mounts.n && r == 0; i++)
		r = is_ours(l, i) ? 0 : batch_take(l, &m, &at, &l->mount_fds[i], e);
	for (size_t i = 0; i < l->spec->lin.devices.n && r == 0; i++)
		r = launch_node_carried(l, i) ? batch_take(l, &m, &at, &l->device_fds[i], e) : 0;
	while (r == 0 && at < m.n_fds)
		*list_add(&l->spent_mounts, l->arena) = m.fds[at++];
	return r;
}

/* Takes what the host side made. */
static int receive_run(void *ctx, struct err *e)
{
	return launch_receive(ctx, e);
}

const struct step step_receive = {"receive", SIDE_ROOT, host_makes, receive_run, NULL, NULL};
