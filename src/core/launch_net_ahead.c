/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network namespace ahead of the box.
 *
 * It takes the kernel longer than all the rest, so a thread of the host side begins it as soon as it is known that one
 * is needed; the box enters it when it gets that far.  Where the container has a user namespace of its own, that is to
 * own the network, and so is made before it (launch_user_ahead.c).
 *
 * Should:  leave every refusal to the box, which makes the namespace itself then, and says what is wrong.
 * Mustn't: end while the host side clones: the box would inherit the C library in the middle of it.
 */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/fast.h"
#include "core/handshake.h"

#include <errno.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static char thread_stack[32 * 1024] LAUNCH_STACK;

/* A process launches one container at a time. */
static struct {
	struct launch *launch;
	int sock; /* the thread's end; the box's is launch.net_sock */
	sem_t cloned, done;
	pthread_t thread;
	int result; /* of launch.aside */
	struct err err;
	bool begun;    /* there is a thread; */
	bool running;  /* and it has not been heard */
	bool given_up; /* the launch has failed: what comes after the clone is left undone */
} ahead;

int launch_net_make(int sock)
{
	if (unshare(CLONE_NEWNET) < 0 || launch_loopback_up() < 0)
		return -errno;
	auto_fd any = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	auto_fd net = any < 0 ? FD_NONE : ioctl(any, SIOCGSKNS);
	return net < 0 ? -errno : hs_send(sock, HS_NETWORK, &net, 1, NULL);
}

static void *network_thread(void *unused)
{
	struct launch *l = ahead.launch;
	int r = l->user_ahead ? launch_user_ahead_make(l, ahead.sock) : launch_net_make(ahead.sock);

	(void)unused;
	if (r < 0)
		shutdown(ahead.sock, SHUT_RDWR);
	launch_sem_await(&ahead.cloned);
	fd_close(&ahead.sock);
	assert(!l->aside || !l->shown); /* that leaves us in the container's network */
	if (l->aside && !ahead.given_up)
		ahead.result = l->aside(l, &ahead.err);
	sem_post(&ahead.done);
	return NULL;
}

/* Only where nobody else is to own it. */
static bool ahead_wanted(const void *ctx)
{
	const struct launch *l = ctx;

	return launch_new_ns(l, NS_NET) && !l->rootless && fast_way("network-ahead") &&
	       (l->spec->lin.ns[NS_USER].mode == NS_KEEP || launch_user_ahead_wanted(l));
}

/* Begins the thread; what is sent to all of us is for the host side to deal with. */
static bool thread_begin(void)
{
	pthread_attr_t attr;
	sigset_t all, mask;

	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, thread_stack, sizeof(thread_stack));
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	int r = pthread_create(&ahead.thread, &attr, network_thread, NULL);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return r == 0;
}

static int ahead_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int r = hs_pair(&ahead.sock, &l->net_sock, e);

	if (r < 0)
		return r;
	ahead.launch = l;
	l->user_ahead = l->shown = false;
	if (launch_new_ns(l, NS_USER)) {
		launch_user_ahead_begin(l);
		launch_shown_begin(l);
	}
	ahead.given_up = false;
	ahead.result = 0;
	ahead.err = (struct err){0};
	sem_init(&ahead.cloned, 0, 0);
	sem_init(&ahead.done, 0, 0);
	ahead.begun = ahead.running = thread_begin();
	if (ahead.begun) {
		launch_place_elsewhere(ahead.thread);
		return 0;
	}
	fd_close(&ahead.sock);
	fd_close(&l->net_sock);
	l->net_sock = 0;
	l->user_ahead = l->shown = false;
	return 0;
}

void launch_net_ahead_cloned(struct launch *l)
{
	if (l->net_sock > 0)
		fd_close(&l->net_sock);
	if (ahead.running)
		sem_post(&ahead.cloned);
}

/* Waits for the thread's very end: its stack is needed no more. */
static void thread_end(void)
{
	if (ahead.begun)
		pthread_join(ahead.thread, NULL);
	ahead.begun = ahead.running = false;
}

void launch_aside_stop(struct launch *l)
{
	ahead.given_up = true;
	launch_net_ahead_cloned(l);
	thread_end();
	launch_user_ahead_drop();
}

void launch_net_ahead_settle(void)
{
	thread_end();
	launch_stack_release(thread_stack, sizeof(thread_stack));
}

int launch_aside_await(struct launch *l, struct err *e)
{
	if (!ahead.running)
		return l->aside(l, e);
	launch_sem_await(&ahead.done);
	ahead.running = false;
	if (ahead.result < 0 && e)
		*e = ahead.err;
	return ahead.result;
}

static void ahead_undo(void *ctx)
{
	struct launch *l = ctx;

	launch_aside_stop(l);
	l->user_ahead = l->shown = false; /* a second try may want neither */
}

void launch_net_ahead_inherit(const struct launch *l)
{
	if (l->net_sock > 0)
		fd_close(&ahead.sock);
}

int launch_net_ahead_take(struct launch *l)
{
	struct hs_msg m = {.n_fds = 0};

	if (l->net_sock <= 0)
		return FD_NONE;
	int r = hs_recv(l->net_sock, &m, NULL);
	fd_close(&l->net_sock);
	if (r < 0 || m.word != HS_NETWORK || m.n_fds < 1)
		return FD_NONE;
	if (m.n_fds > 1 && l->shown)
		launch_shown_take(l, m.fds[1]);
	return m.fds[0];
}

const struct step step_net_ahead = {"network-ahead", SIDE_HOST, ahead_wanted, ahead_run, ahead_undo, NULL};
