/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The box's second thread.
 *
 * A network namespace is by far the most expensive thing that a container is made of: about half a millisecond, as long
 * as all its mounts together.  So the box makes it in its main thread, while a second thread furnishes the root; and
 * while the late mounts are made, the main thread has given up its rights already and loads its filter.
 *
 *     main    mounts        network ··· [net made]  (attached) user session [paths free] rights, filter ·· exec
 *     second                receive enter attach [attached] mask …  (net made) late mounts, (paths free) leave, cwd
 *
 * The threads share memory, descriptors, root and working directory.  So the main thread follows paths only while the
 * other one leaves alone what they mean, between the two words; and 'cwd' comes last.  Credentials, namespaces, filters
 * and no_new_privs are each thread's own: that is what makes it possible.  Their ids are changed by system calls, not
 * by the libc, which would change them for all threads.
 *
 * Without a network namespace to make (there is none, or the host side makes it: launch_net_ahead.c), or where no
 * thread can be had, the main thread does it all, one after the other.
 * The same happens to the last part where the program's limits or its own filter could stop the second thread.
 */
#ifndef ISLE_CORE_LAUNCH_THREADS_H
#define ISLE_CORE_LAUNCH_THREADS_H

#include "core/handshake.h"
#include "core/launch.h"
#include "core/marks.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/resource.h>

/* A stack for what runs for a moment: in pages of its own, which are given back where pages are no larger. */
#define LAUNCH_STACK __attribute__((aligned(4096)))
void launch_stack_release(void *stack, size_t size);

/* sem_wait(3), which a signal may disturb; the same, and whoever asks next may pass, too. */
void launch_sem_await(sem_t *sem);
void launch_sem_pass(sem_t *sem);
/* Puts a thread on any processor but the caller's. */
void launch_place_elsewhere(pthread_t t);

/* Brings up the loopback interface of the network namespace that the caller is in; a negative errno. */
int launch_loopback_up(void);

/*
 * The thread of the host side (launch_net_ahead.c).  Host: it has been cloned, so the thread may go on, and end; the
 * result of launch.aside, which is done here if there is no thread; before anything is undone.
 */
void launch_net_ahead_cloned(struct launch *l);
int launch_aside_await(struct launch *l, struct err *e) MUST_USE;
void launch_aside_stop(struct launch *l);
/* Host, when the container runs: waits for the thread's end, and gives its stack back. */
void launch_net_ahead_settle(void);
/* Box: lets go of what it inherited; takes the network namespace, FD_NONE: it has to make its own. */
void launch_net_ahead_inherit(const struct launch *l);
int launch_net_ahead_take(struct launch *l) MUST_USE;

/*
 * Makes a network namespace with its loopback interface, in which the caller stays, and sends it to SOCK; a negative
 * errno: what is wrong the box finds out by trying again.
 */
int launch_net_make(int sock) MUST_USE;

/*
 * The user namespace ahead of the box (launch_user_ahead.c).  Host: whether that can be done; before the thread begins;
 * in the thread: has both namespaces made, as launch_net_make.
 */
bool launch_user_ahead_wanted(const struct launch *l);
void launch_user_ahead_begin(struct launch *l);
int launch_user_ahead_make(struct launch *l, int sock) MUST_USE;
/* Host: waits for the end of who lent our memory; to be called before the container's program may run. */
void launch_user_ahead_await(const struct launch *l);
/* Host, when the container runs: gives the stacks of both processes back. */
void launch_user_ahead_settle(void);
/* Host, after the thread's end: closes what nobody took. */
void launch_user_ahead_drop(void);

/*
 * What shows the box's namespaces, made outside of them (launch_shown.c).  Host: sees to whether that is done; whether
 * mount I is a /proc made so.  Thread: enters the network NET, where it stays, and makes what shows it, FD_NONE if
 * nothing is to; a negative errno.  Box: takes that over.
 */
void launch_shown_begin(struct launch *l);
bool launch_shown_proc(const struct launch *l, size_t i);
int launch_shown_net(const struct launch *l, int net, int *ret) MUST_USE;
void launch_shown_take(struct launch *l, int sys);
/* Box: asks for it, as mount I, where there was no network ahead.  Host: gives it to who asks by message M. */
int launch_shown_ask(struct launch *l, size_t i, struct err *e) MUST_USE;
int launch_shown_serve(const struct launch *l, const struct hs_msg *m, struct err *e) MUST_USE;
/* Host: whether the box can begin from a seed, if there is one (launch_seed.c). */
bool launch_seed_fits(const struct launch *l);
/* Whether what the container's root covers stays below it, being empty (launch_enter.c). */
bool launch_stays_covered(const struct launch *l);

/*
 * The birth of the box (launch_clone.c): whether it joins a namespace that somebody else made; clones it, with flags
 * EXTRA besides, perhaps into its cgroup: the pid, or -1 and errno.
 */
bool launch_joins_any(const struct launch *l);
/* Box: the namespaces that it makes itself, as soon as it is the container's root. */
uint64_t launch_flags_later(const struct launch *l);
pid_t launch_clone_box(struct launch *l, uint64_t extra, bool *ret_in_group) MUST_USE;
/*
 * Host: has the box cloned inside its user namespace; the pid, or a negative errno.  Where that can't be entered, what
 * was made ahead is forgotten, userns_fd too.
 */
pid_t launch_clone_inside(struct launch *l, bool *ret_in_group) MUST_USE;
/* Around what makes a user namespace: lets it bound its processes (launch_clone.c).  Negative: refused. */
struct bound {
	struct rlimit limit;
	struct marks marks;
};
int launch_bound_begin(struct launch *l, struct bound *saved) MUST_USE;
void launch_bound_end(int begun, const struct bound *saved);

/* Main: begins to furnish the root in a second thread, if it can. */
void launch_furnish_begin(struct launch *l);
/* Main: the network and what shows it are made; the second thread may go on. */
void launch_net_made(void);
/* Either: waits for that. */
void launch_net_made_await(void);
/* Box: enters its network before all else, for a mount that shows it. */
int launch_net_first(struct launch *l, struct err *e) MUST_USE;
/* Whether the box has its network, made by the host side, only after it has furnished its root. */
bool launch_net_late(const struct launch *l);
/* Either: has the network by now, from whoever makes it. */
int launch_net_await(struct launch *l, struct err *e) MUST_USE;
/* Either: whether there are two of them. */
bool launch_furnished_aside(void);
/* Main: has no more paths to follow; second: waits for that. */
void launch_paths_free(void);
void launch_paths_await(void);
/* Main: waits until the root is furnished. */
int launch_furnish_await(struct err *e) MUST_USE;

#endif
