/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The box side of a launch, first half: from the first instruction in the new namespaces to the inside of the new root.
 *
 * Should:  wait for the ids before anything else; leave the machine's root for good.
 * Mustn't: run anything of the image; follow a path of the image before the root has been entered.
 */
#include "core/launch.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/sys.h"

#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

_Noreturn void launch_box(struct launch *l)
{
	struct err e = {0};

	close(l->peer);
	if (l->lock_fd > 2)
		close(l->lock_fd);
	l->pid = 0; /* we are it; also tells launch_mounts.c on which side it runs */
	if (plan_run(l->plan, SIDE_BOX, 0, l->plan->n, &e) == 0)
		err_set(&e, 0, "the plan ended without a program");
	hs_send_err(l->sock, HS_FAILED, &e);
	_exit(e.status ? e.status : EXIT_ISLE);
}

/* ---- identity ---- */

/* Becomes the container's root, as soon as the host side has written the id maps. */
static int identity_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	struct hs_msg m;
	int r = hs_expect(l->sock, HS_MAPPED, &m, e);

	if (r < 0)
		return r;
	/*
	 * Nobody who shares a pid namespace with us may look into this process until it runs the container's program.
	 */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (l->spec->lin.ns[NS_USER].mode == NS_KEEP)
		return 0;
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) {
		int code = errno;

		err_set(e, code, "become root of the container's user namespace");
		return launch_refused(l, code, e);
	}
	return 0;
}

const struct step step_identity = {"identity", SIDE_BOX, NULL, identity_run, NULL, NULL};

/* ---- namespaces ---- */

/* Brings up the loopback interface; a kernel without networking has none. */
static int loopback_up(void)
{
	struct ifreq req = {.ifr_name = "lo"};
	auto_fd s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0)
		return errno == EAFNOSUPPORT ? 0 : -errno;
	if (ioctl(s, SIOCGIFFLAGS, &req) < 0)
		return -errno;
	req.ifr_flags |= IFF_UP | IFF_RUNNING;
	return ioctl(s, SIOCSIFFLAGS, &req) < 0 ? -errno : 0;
}

/*
 * A network namespace is by far the most expensive one, about half a millisecond.  A thread makes it, and the sysfs
 * that shows it, while the rest goes on.  The thread touches nothing but its own fields.  The kernel gives a new sysfs
 * only to who can still see one (mount_too_revealing), and the box is soon to leave the machine's root: so the thread
 * takes a copy of the mounts along.
 */
struct net_maker {
	struct launch *l;
	pthread_t thread;
	bool running;
	sem_t apart; /* the thread has mounts of its own, or has failed to get them */
	int sysfs;   /* index of the mount to make, or -1 */
	int fd;	     /* of the namespace */
	struct err err;
};
static struct net_maker maker; /* the box is one process that makes one namespace */

static void net_make(void)
{
	struct err *e = &maker.err;
	int up;

	if (unshare(CLONE_NEWNET) < 0)
		err_set(e, errno, "make a network namespace");
	else if ((up = loopback_up()) < 0)
		err_set(e, -up, "bring up the loopback interface");
	else if ((maker.fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) < 0)
		err_set(e, errno, "open the network namespace");
	else if (maker.sysfs >= 0 && launch_mount_make(maker.l, (size_t)maker.sysfs, e) < 0)
		snprintf(e->step, sizeof(e->step), "network");
}

static void *net_thread(void *unused)
{
	/* With it comes a root of its own: the one of the box changes meanwhile. */
	int r = unshare(CLONE_NEWNS);
	int code = errno;

	(void)unused;
	sem_post(&maker.apart);
	if (r < 0)
		err_set(&maker.err, code, "copy the mounts to make a network namespace");
	else
		net_make();
	return NULL;
}

/* Begins to make the network namespace; without a thread, makes it. */
static void net_begin(struct launch *l)
{
	static char stack[64 * 1024] __attribute__((aligned(16)));
	pthread_attr_t attr;

	maker = (struct net_maker){.l = l, .sysfs = -1, .fd = FD_NONE};
	sem_init(&maker.apart, 0, 0);
	for (size_t i = 0; i < l->spec->mounts.n; i++)
		if (launch_mount_shows_net(l, i))
			maker.sysfs = (int)i;
	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, stack, sizeof(stack));
	maker.running = pthread_create(&maker.thread, &attr, net_thread, NULL) == 0;
	if (!maker.running)
		net_make();
}

/* Waits until the thread, if there is one, needs this process' mounts no more. */
static void net_await_apart(void)
{
	while (maker.running && sem_wait(&maker.apart) < 0 && errno == EINTR)
		;
}

static bool network_wanted(const void *ctx)
{
	return launch_new_ns(ctx, NS_NET);
}

static int network_run(void *ctx, struct err *e)
{
	(void)ctx;
	if (maker.running && pthread_join(maker.thread, NULL) != 0)
		return err_set(e, 0, "wait for the network namespace");
	if (maker.err.what[0]) {
		if (e)
			*e = maker.err;
		return maker.err.code == ENOSPC ? launch_refused(ctx, ENOSPC, e)
		       : maker.err.code		? -maker.err.code
						: -EINVAL;
	}
	if (maker.running && setns(maker.fd, CLONE_NEWNET) < 0)
		return err_set(e, errno, "enter the network namespace");
	fd_close(&maker.fd);
	return 0;
}

static void network_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "enter the network namespace, which was made on the side");
	explain_shell(x, "nsenter --net=/proc/$THREAD/ns/net");
}

const struct step step_network = {"network", SIDE_BOX, network_wanted, network_run, NULL, network_explain};

static int namespaces_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const struct spec_ns *cg = &l->spec->lin.ns[NS_CGROUP];

	if (launch_new_ns(l, NS_NET))
		net_begin(l);
	/* Slave: what the machine unmounts later goes away here too, and nothing of ours reaches it. */
	if (launch_new_ns(l, NS_MNT) && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_set(e, errno, "cut the container's mounts off from the machine's");
	/*
	 * The cgroup namespace takes the group that we are in now as its root, so it comes after the host has moved
	 * us.
	 */
	if (launch_new_ns(l, NS_CGROUP) && unshare(CLONE_NEWCGROUP) < 0) {
		int code = errno;

		err_set(e, code, "make a cgroup namespace");
		return launch_refused(l, code, e);
	}
	if (cg->mode == NS_JOIN) {
		auto_fd fd = cg->fd >= 0 ? fcntl(cg->fd, F_DUPFD_CLOEXEC, 3) : open(cg->path, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || setns(fd, CLONE_NEWCGROUP) < 0)
			return err_set(e, errno, "join the cgroup namespace %s", cg->path);
	}
	return 0;
}

static void namespaces_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;
	bool cg = launch_new_ns(l, NS_CGROUP), net = launch_new_ns(l, NS_NET);

	explain_say(x, "cut the mounts off from the machine's%s%s", cg ? ", make a cgroup namespace" : "",
		    net ? " and a network with a loopback interface" : "");
	explain_shell(x, "mount --make-rslave /");
	if (cg || net)
		explain_shell(x, "unshare%s%s", cg ? " --cgroup" : "", net ? " --net" : "");
	if (net)
		explain_shell(x, "ip link set lo up");
}

const struct step step_namespaces = {"namespaces", SIDE_BOX, NULL, namespaces_run, NULL, namespaces_explain};

/* ---- host name ---- */

static bool hostname_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return launch_new_ns(l, NS_UTS) && (l->spec->hostname || l->spec->domainname);
}

static int hostname_run(void *ctx, struct err *e)
{
	const struct spec *s = ((struct launch *)ctx)->spec;

	if (s->hostname && sethostname(s->hostname, strlen(s->hostname)) < 0)
		return err_set(e, errno, "set the host name to %s", s->hostname);
	if (s->domainname && setdomainname(s->domainname, strlen(s->domainname)) < 0)
		return err_set(e, errno, "set the domain name to %s", s->domainname);
	return 0;
}

static void hostname_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "set the container's host name");
	explain_shell(x, "hostname %s", l->spec->hostname ? l->spec->hostname : "");
}

const struct step step_hostname = {"hostname", SIDE_BOX, hostname_wanted, hostname_run, NULL, hostname_explain};

/* ---- entering the root, and leaving the machine's ---- */

/* Kernels refuse to pivot away from the initial ramfs: there the old root is covered instead, and left by chroot. */
static int enter_by_move(struct launch *l, struct err *e)
{
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return err_set(e, errno, "enter the container's root");
	fd_close(&l->old_root_fd);
	return 0;
}

/*
 * From here on "/" is the container's root.  The machine's root is attached on top of it, where "/.." leads: so
 * 'leave' must come before any path of the image's is followed.
 */
static int enter_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	net_await_apart();
	l->old_root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (l->old_root_fd < 0)
		return err_set(e, errno, "open the machine's root");
	/*
	 * Stacked on "/", the new root needs no directory of the machine; our own root stays the old one until the
	 * pivot.
	 */
	if (sys_move_mount(l->root_fd, "", l->old_root_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_set(e, errno, "attach the container's root");
	if (fchdir(l->root_fd) < 0)
		return err_set(e, errno, "enter the container's root");
	/* The copy of a shared mount (under systemd all are) is shared too: what we mount would reach the machine. */
	if (l->rootfs->kind == ROOTFS_DIRECT && mount(NULL, ".", NULL, MS_PRIVATE, NULL) < 0)
		return err_set(e, errno, "cut the container's root off from the machine's mounts");
	if (sys_pivot_root(".", ".") < 0) {
		int code = errno;

		return code == EINVAL ? enter_by_move(l, e) : err_set(e, code, "make the container's root the root");
	}
	return chdir("/") < 0 ? err_set(e, errno, "enter the container's root") : 0;
}

static void enter_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "make the new root the root");
	explain_shell(x, "cd /mnt && pivot_root . .");
}

const struct step step_enter = {"enter", SIDE_BOX, NULL, enter_run, NULL, enter_explain};

static int leave_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	if (l->old_root_fd < 0)
		return 0;
	/* Without it nothing of the machine can be reached by any path or descriptor. */
	if (fchdir(l->old_root_fd) < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return err_set(e, errno, "let go of the machine's root");
	fd_close(&l->old_root_fd);
	return 0;
}

static void leave_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "let go of the machine's root");
	explain_shell(x, "umount -l .");
}

const struct step step_leave = {"leave", SIDE_BOX, NULL, leave_run, NULL, leave_explain};

/* ---- system directories that are file systems of their own ---- */

static bool submounts_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->rootfs->submounts.n > 0;
}

static int submounts_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const struct mount_opts o = {0};

	for (size_t i = 0; i < l->rootfs->submounts.n; i++) {
		const char *path = l->rootfs->submounts.v[i];
		auto_fd target = FD_NONE;
		int r = mount_target(path, false, true, &target, e);

		if (r == 0)
			r = mount_attach(l->submount_fds[i], target, &o, path, e);
		if (r < 0)
			return r;
		/* Of a read-only root each part must become so, too, once the mount points in it are made. */
		if (!l->spec->root.readonly)
			fd_close(&l->submount_fds[i]);
	}
	return 0;
}

static void submounts_explain(const void *ctx, struct explain *x)
{
	const struct rootfs *r = ((const struct launch *)ctx)->rootfs;

	explain_say(x, "lay layers over the system directories that are file systems of their own");
	for (size_t i = 0; i < r->submounts.n; i++)
		explain_shell(x, "mount -t overlay overlay -o lowerdir=%s,… %s", r->submounts.v[i], r->submounts.v[i]);
}

const struct step step_submounts = {"submounts", SIDE_BOX, submounts_wanted, submounts_run, NULL, submounts_explain};
