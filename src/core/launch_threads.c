/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The box's second thread: see launch_threads.h. */
#include "core/launch_threads.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The box is one process, which is furnished once. */
static struct {
	struct launch *launch;
	pthread_t thread;
	bool running; /* it was begun, and has not been waited for */
	int result;
	struct err err;
	sem_t net_made, user_known;
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
	sem_post(&second.user_known); /* after an error too: nobody waits in vain */
	return NULL;
}

/*
 * Puts the thread T on any processor but ours.  The kernel begins it on this one where all are busy, and moves it only
 * milliseconds after another has become idle (sched/fair.c, newidle balancing), while it could be at work.
 */
void launch_place_elsewhere(pthread_t t)
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

	second.launch = l;
	sem_init(&second.net_made, 0, 0);
	sem_init(&second.user_known, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, stack, sizeof(stack));
	second.running = true; /* the other thread asks for it, too */
	if (pthread_create(&second.thread, &attr, second_thread, NULL) != 0)
		second.running = false;
	else
		launch_place_elsewhere(second.thread);
}

/* sem_wait(3), which a signal may disturb. */
static void await(sem_t *sem)
{
	while (sem_wait(sem) < 0 && errno == EINTR)
		;
}

void launch_net_made(void)
{
	if (second.running)
		sem_post(&second.net_made);
}

void launch_net_made_await(void)
{
	if (!second.running)
		return;
	await(&second.net_made);
	sem_post(&second.net_made); /* another step may ask again */
}

void launch_user_known(void)
{
	if (second.running)
		sem_post(&second.user_known);
}

int launch_user_await(struct err *e)
{
	if (!second.running)
		return 0;
	await(&second.user_known);
	/* It may fail later, even now: all of its error is there before its result. */
	int r = __atomic_load_n(&second.result, __ATOMIC_ACQUIRE);
	if (r < 0 && e)
		*e = second.err;
	return r;
}

int launch_furnish_await(struct err *e)
{
	if (!second.running)
		return 0;
	if (pthread_join(second.thread, NULL) != 0)
		return err_set(e, 0, "wait for the thread that furnishes the container's root");
	second.running = false;
	if (second.result < 0 && e)
		*e = second.err;
	return second.result;
}

/* ---- the steps ---- */

/* A box that joins a container finds it furnished. */
static int furnish_run(void *ctx, struct err *e)
{
	return second.running ? 0 : furnish(ctx, e);
}

const struct step step_furnish = {"furnish", SIDE_BOX, NULL, furnish_run, NULL, NULL};

static int furnished_run(void *ctx, struct err *e)
{
	(void)ctx;
	return launch_furnish_await(e);
}

const struct step step_furnished = {"furnished", SIDE_BOX, NULL, furnished_run, NULL, NULL};
