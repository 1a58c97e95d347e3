/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A user namespace ahead of the box, and in it the network.
 *
 * The network belongs to the container's user namespace, so that must be there first, with its ids: the kernel asks
 * them whose the files are that show the network.  The thread of launch_net_ahead.c has a process born in a new one
 * that shares our memory, maps the ids, and has the network made while the host side goes on.  The
 * box is cloned by a second process of this kind, which enters the namespace and does nothing else.
 *
 * Should:  leave every refusal to the long way, which tries again and says what is wrong.
 * Mustn't: live on when the container's program runs; let anybody look into them who comes into the namespace before
 *          that (isle exec, a container that joins it): they have our memory.  So nobody may look into us from here on.
 */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/idmap.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static char maker_stack[16 * 1024] LAUNCH_STACK;
/* The box lives on it. */
static char errand_stack[256 * 1024] LAUNCH_STACK;

/* A process launches one container at a time. */
static struct {
	struct launch *launch;
	pid_t host;    /* who we are */
	int sock;      /* the network is sent there: to the box, or to the thread, which adds what shows it */
	int userns_fd; /* what came of it, until the host side takes it, or FD_NONE: nobody could; */
	bool can;      /* its ids are mapped: the network can be made */
	int result;    /* of the network */
	sem_t mapped;  /* the ids, or never will be; */
	sem_t ready;   /* the user namespace can be entered, or never will; */
	sem_t gone;    /* the maker has ended */
} maker;

/*
 * Both processes have descriptors of their own, and let go of the lock at once: it is to end with the host side, and
 * they may end a moment later.
 */
static void lock_release(const struct launch *l)
{
	if (l->lock_fd > 2)
		close(l->lock_fd);
}

/*
 * The life of the maker.  Its thread's errno is its own, too: none of them reads it while the other may write it, for
 * the thread goes by what is returned to it, and waits when the maker is at work.
 */
static int maker_main(void *unused)
{
	(void)unused;
	lock_release(maker.launch);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != maker.host)
		return 1;
	launch_sem_await(&maker.mapped);
	if (maker.can)
		maker.result = launch_net_make(maker.sock);
	return 0;
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

/* The maker, born in a new user namespace; negative: refused. */
static pid_t maker_clone(struct launch *l)
{
	struct bound saved;
	pid_t pid = -1;
	int begun = launch_bound_begin(l, &saved);
	if (begun >= 0)
		pid = clone(maker_main, maker_stack + sizeof(maker_stack), CLONE_VM | CLONE_NEWUSER, NULL);
	launch_bound_end(begun, &saved);
	return pid;
}

bool launch_user_ahead_wanted(const struct launch *l)
{
	return launch_new_ns(l, NS_USER) && launch_own_ids(l) && !launch_joins_any(l);
}

void launch_user_ahead_begin(struct launch *l)
{
	l->user_ahead = true;
	maker.launch = l;
	maker.host = getpid();
	maker.userns_fd = FD_NONE;
	maker.can = false;
	maker.result = -ECHILD;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	sem_init(&maker.mapped, 0, 0);
	sem_init(&maker.ready, 0, 0);
	sem_init(&maker.gone, 0, 0);
}

/* Waits for the end of the maker PID; whoever waits for that goes on. */
static void maker_end(pid_t pid)
{
	while (pid > 0 && waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	sem_post(&maker.gone);
}

/* Takes the network from the maker PID at the other end of FROM, and sends it on to SOCK with what shows it. */
static int pass_on(const struct launch *l, pid_t pid, int from, int sock)
{
	struct hs_msg m = {.n_fds = 0};
	int r = hs_recv(from, &m, NULL);

	maker_end(pid);
	if (r < 0 || m.word != HS_NETWORK || m.n_fds != 1)
		return r < 0 ? r : -ECHILD;
	auto_fd net = m.fds[0];
	auto_fd sys = FD_NONE;
	r = launch_shown_net(l, net, &sys);
	const int fds[] = {net, sys};
	return r < 0 ? r : hs_send(sock, HS_NETWORK, fds, sys < 0 ? 1 : 2, NULL);
}

int launch_user_ahead_make(struct launch *l, int sock)
{
	auto_fd ours = FD_NONE;
	auto_fd theirs = FD_NONE;
	int r = l->shown ? hs_pair(&ours, &theirs, NULL) : 0;

	maker.sock = l->shown ? theirs : sock;
	pid_t pid = r < 0 ? -1 : maker_clone(l);
	fd_close(&theirs); /* before there is a box that could inherit it */
	if (pid > 0)
		maker.userns_fd = userns_furnish(l, pid);
	maker.can = maker.userns_fd >= 0;
	sem_post(&maker.mapped);
	sem_post(&maker.ready);
	if (pid > 0 && l->shown)
		return pass_on(l, pid, ours, sock);
	maker_end(pid);
	return maker.result;
}

void launch_user_ahead_await(const struct launch *l)
{
	if (l->user_ahead)
		launch_sem_pass(&maker.gone);
}

void launch_user_ahead_settle(void)
{
	launch_stack_release(maker_stack, sizeof(maker_stack));
	launch_stack_release(errand_stack, sizeof(errand_stack));
}

void launch_user_ahead_drop(void)
{
	fd_close(&maker.userns_fd);
}

/* ---- the host side's part ---- */

static bool user_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->user_ahead;
}

/* Takes the namespace; without, there is no seed either. */
static int user_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	(void)e;
	launch_sem_await(&maker.ready);
	l->userns_fd = fd_take(&maker.userns_fd);
	l->seeded = l->seeded && l->userns_fd >= 0;
	return 0;
}

static void user_undo(void *ctx)
{
	fd_close(&((struct launch *)ctx)->userns_fd);
}

static void user_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "have the user namespace made, and the network in it, while the rest begins");
	explain_shell(x, "unshare --user --net sleep infinity &");
}

const struct step step_user_ahead = {"user-namespace", SIDE_HOST, user_wanted, user_run, user_undo, user_explain};

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

/* What was made ahead is of no use. */
static void forget(struct launch *l)
{
	fd_close(&l->userns_fd);
	fd_close(&l->net_sock);
	l->seeded = false;
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
