/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A user namespace ahead of the box, and in it the network.
 *
 * The network belongs to the container's user namespace, so that must be there first, with its ids: the kernel asks
 * them whose the files are that show the network.  As soon as it is known that both are needed the host side has a
 * process born in a new one, the maker, maps its ids, and goes on while the maker makes the network.  The box is cloned
 * by a second process, which shares our memory for a moment, enters the namespace, and does nothing else.
 *
 * Should:  leave every refusal to the long way, which tries again and says what is wrong.
 * Mustn't: live on when the container's program runs; let anybody look into them who comes into the namespace before
 *          that (isle exec, a container that joins it): they have our memory, or a copy of it.  So nobody may look into
 *          us from here on.
 */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/fast.h"
#include "core/handshake.h"
#include "core/idmap.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* The box lives on it. */
static char errand_stack[256 * 1024] LAUNCH_STACK;

/*
 * Both processes have descriptors of their own, and let go of the lock at once: it is to end with the host side, and
 * they may end a moment later.
 */
static void lock_release(const struct launch *l)
{
	if (l->lock_fd > 2)
		close(l->lock_fd);
}

/* ---- the maker ---- */

static bool user_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return launch_new_ns(l, NS_USER) && launch_own_ids(l) && !launch_joins_any(l) && launch_new_ns(l, NS_NET) &&
	       !l->rootless && l->spec->lin.net_devices.n == 0 && fast_way("network-ahead");
}

/* The life of the maker, a child of HOST. */
static _Noreturn void maker_main(const struct launch *l, pid_t host, int sock)
{
	struct hs_msg m;

	lock_release(l);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* a change of ids may have set it (prctl(2)) */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != host || hs_expect(sock, HS_MAPPED, &m, NULL) < 0)
		_exit(1);
	int net = launch_net_make();
	_exit(hs_send(sock, HS_NETWORK, &net, net >= 0, NULL) < 0);
}

/* The maker, born in a new user namespace; negative: refused.  What is sent to all of us is for the host side. */
static pid_t maker_clone(struct launch *l, int ours, int theirs)
{
	struct clone_args a = {.flags = CLONE_NEWUSER};
	const pid_t host = getpid();
	sigset_t all, mask;
	struct bound saved;
	pid_t pid = -1;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	int begun = launch_bound_begin(l, &saved);
	if (begun >= 0)
		pid = sys_clone3(&a, sizeof(a));
	if (pid == 0) {
		close(ours);
		maker_main(l, host, theirs);
	}
	launch_bound_end(begun, &saved);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return pid;
}

/* Maps the ids of the user namespace of PID; a descriptor of it, or FD_NONE. */
static int userns_furnish(const struct launch *l, pid_t pid)
{
	char path[40];

	if (idmap_apply(pid, &l->spec->lin.uid_map, &l->spec->lin.gid_map, true, l->arena, NULL) < 0)
		return FD_NONE;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Sees to the end of the maker, which may be waiting for us. */
static void maker_end(struct launch *l, bool kill_it)
{
	fd_close(&l->maker_sock);
	if (l->maker <= 0)
		return;
	if (kill_it)
		kill(l->maker, SIGKILL);
	while (waitpid(l->maker, NULL, __WALL) < 0 && errno == EINTR)
		;
	l->maker = 0;
}

/* What was made ahead is of no use. */
static void forget(struct launch *l)
{
	maker_end(l, true);
	fd_close(&l->userns_fd);
	l->user_ahead = l->shown = l->seeded = false;
}

static int user_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	auto_fd theirs = FD_NONE;

	l->maker_sock = FD_NONE;
	int r = hs_pair(&l->maker_sock, &theirs, e);
	if (r < 0)
		return r;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	pid_t pid = maker_clone(l, l->maker_sock, theirs);
	l->maker = MAX(pid, 0);
	if (pid > 0)
		l->userns_fd = userns_furnish(l, pid);
	l->user_ahead = l->userns_fd >= 0 && hs_send(l->maker_sock, HS_MAPPED, NULL, 0, NULL) == 0;
	if (l->user_ahead)
		launch_shown_begin(l);
	else
		forget(l);
	return 0;
}

static void user_undo(void *ctx)
{
	forget(ctx); /* a second try may want none of it */
}

static void user_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "have the user namespace made, and the network in it, while the rest begins");
	explain_shell(x, "unshare --user --net sleep infinity &");
}

const struct step step_user_ahead = {"user-namespace", SIDE_HOST, user_wanted, user_run, user_undo, user_explain};

int launch_user_ahead_net(struct launch *l)
{
	struct hs_msg m = {.n_fds = 0};
	int r = hs_expect(l->maker_sock, HS_NETWORK, &m, NULL);

	maker_end(l, false);
	return r == 0 && m.n_fds == 1 ? m.fds[0] : FD_NONE;
}

/* ---- who clones the box ---- */

/* What the second process is to do, and what came of it. */
struct errand {
	struct launch *launch;
	sigset_t mask; /* the host side's */
	bool entered;
	pid_t box; /* a negative errno: refused */
	bool in_group;
};

/*
 * Enters the user namespace, and clones the box as a child of the host side; in a copy of the seed, which can't be
 * entered from inside.
 */
static int errand_run(void *ctx)
{
	struct errand *x = ctx;
	struct launch *l = x->launch;

	lock_release(l);
	l->seeded = l->seeded && setns(l->seed_fd, CLONE_NEWNS) == 0;
	x->entered = setns(l->userns_fd, CLONE_NEWUSER) == 0;
	if (!x->entered)
		return 1;
	x->box = launch_clone_box(l, CLONE_PARENT, &x->in_group);
	if (x->box == 0) {
		sigprocmask(SIG_SETMASK, &x->mask, NULL);
		launch_box(l);
	}
	if (x->box < 0)
		x->box = -errno;
	return 0;
}

/* Opens the box PID, whose pidfd went to who cloned it; gives PID, or a negative errno. */
static pid_t open_box(struct launch *l, pid_t pid)
{
	l->pidfd = sys_pidfd_open(pid, 0);
	if (l->pidfd >= 0)
		return pid;
	int code = errno;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	return -code;
}

pid_t launch_clone_inside(struct launch *l, bool *ret_in_group)
{
	struct errand x = {.launch = l, .box = -ECHILD};
	sigset_t all;

	if (l->userns_fd < 0)
		return -ENOENT;
	/* The host side stands still until it is done: ^Z for both would be heard by one alone. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &x.mask);
	pid_t pid = clone(errand_run, errand_stack + sizeof(errand_stack), CLONE_VM | CLONE_VFORK | SIGCHLD, &x);
	while (pid > 0 && waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	sigprocmask(SIG_SETMASK, &x.mask, NULL);
	*ret_in_group = x.in_group;
	if (!x.entered)
		forget(l);
	return x.box < 0 ? x.box : open_box(l, x.box);
}

void launch_user_ahead_settle(void)
{
	launch_stack_release(errand_stack, sizeof(errand_stack));
}
