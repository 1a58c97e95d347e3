/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The box's second thread: see launch_threads.h. */
#include "core/launch_threads.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The box is one process, which is furnished once. */
static struct {
	struct launch *launch;
	bool running; /* it was begun, and has not been waited for */
	int result;
	struct err err;
	sem_t net_made, attached, paths_free, furnished;
} second;

/* The steps of the second thread, in whichever thread. */
static int furnish(struct launch *l, struct err *e)
{
	return plan_run(l->plan, SIDE_ROOT, 0, l->plan->n, e);
}

static void *second_thread(void *unused)
{
	(void)unused;
	__atomic_store_n(&second.result, furnish(second.launch, &second.err), __ATOMIC_RELEASE);
	sem_post(&second.attached); /* after an error too: nobody waits in vain */
	sem_post(&second.furnished);
	return NULL;
}

/*
 * Puts the thread T on any processor but ours.  The kernel begins it on this one where all are busy, and moves it only
 * milliseconds after another has become idle (sched/fair.c, newidle balancing), while it could be at work.
 */
static void place_elsewhere(pthread_t t)
{
	clockid_t clock;
	unsigned int here;
	cpu_set_t all, others;

	if (pthread_getcpuclockid(t, &clock) != 0 || syscall(SYS_getcpu, &here, NULL, NULL) < 0 ||
	    sched_getaffinity(0, sizeof(all), &all) < 0)
		return;
	others = all;
	CPU_CLR(here, &others);
	/* The clock's number has the thread's in it (posix-timers.h, CPUCLOCK_PID).  Once there it is free again. */
	if (CPU_COUNT(&others) > 0 && sched_setaffinity(~(clock >> 3), sizeof(others), &others) == 0)
		(void)!sched_setaffinity(~(clock >> 3), sizeof(all), &all);
}

void launch_furnish_begin(struct launch *l)
{
	static char stack[128 * 1024] __attribute__((aligned(16)));
	pthread_attr_t attr;
	pthread_t thread;

	second.launch = l;
	sem_init(&second.net_made, 0, 0);
	sem_init(&second.attached, 0, 0);
	sem_init(&second.paths_free, 0, 0);
	sem_init(&second.furnished, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, stack, sizeof(stack));
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	second.running = true; /* the other thread asks for it, too */
	if (pthread_create(&thread, &attr, second_thread, NULL) != 0)
		second.running = false;
	else
		place_elsewhere(thread);
}

void launch_stack_release(void *stack, size_t size)
{
	/* With larger pages the kernel would take along what is behind. */
	if (((uintptr_t)stack | size) % (uintptr_t)getpagesize() == 0)
		madvise(stack, size, MADV_DONTNEED);
}

/* sem_wait(3), which a signal may disturb. */
static void sem_await(sem_t *sem)
{
	while (sem_wait(sem) < 0 && errno == EINTR)
		;
}

/* The same, and whoever asks next may pass, too. */
static void sem_pass(sem_t *sem)
{
	sem_await(sem);
	sem_post(sem);
}

void launch_net_made(void)
{
	if (second.running)
		sem_post(&second.net_made);
}

void launch_net_made_await(void)
{
	if (second.running)
		sem_pass(&second.net_made);
}

/* Main: waits for that, or for an error of the second thread. */
static int attached_await(struct err *e)
{
	sem_await(&second.attached);
	/* It may fail later, even now: all of its error is there before its result. */
	int r = __atomic_load_n(&second.result, __ATOMIC_ACQUIRE);
	if (r < 0 && e)
		*e = second.err;
	return r;
}

bool launch_furnished_aside(void)
{
	return second.running;
}

void launch_paths_free(void)
{
	if (second.running)
		sem_post(&second.paths_free);
}

void launch_paths_await(void)
{
	if (second.running)
		sem_pass(&second.paths_free);
}

int launch_furnish_await(struct err *e)
{
	if (!second.running)
		return 0;
	/* The thread's end is nothing to wait for: it has no steps left, and exec sees it out. */
	sem_await(&second.furnished);
	second.running = false;
	if (second.result < 0 && e)
		*e = second.err;
	return second.result;
}

/* ---- the steps ---- */

/* A box that joins a container finds it furnished. */
static int furnish_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	if (!second.running)
		return furnish(l, e);
	int r = launch_filter_make(l, &l->spec->process, e); /* while the other thread mounts */
	return r < 0 ? r : attached_await(e);
}

const struct step step_furnish = {"furnish", SIDE_BOX, NULL, furnish_run, NULL, NULL};

/* The program's user and descriptors may be looked for from now on. */
static int attached_run(void *ctx, struct err *e)
{
	(void)e;
	launch_proc_find(ctx);
	if (second.running)
		sem_post(&second.attached);
	return 0;
}

const struct step step_attached = {"attached", SIDE_ROOT, NULL, attached_run, NULL, NULL};

static int furnished_run(void *ctx, struct err *e)
{
	(void)ctx;
	return launch_furnish_await(e);
}

const struct step step_furnished = {"furnished", SIDE_BOX, NULL, furnished_run, NULL, NULL};
