/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The box's second thread.
 *
 * A network namespace is by far the most expensive thing that a container is made of: about half a millisecond, as long
 * as all its mounts together.  So the box makes it in its main thread, while a second thread furnishes the root; and
 * while the late mounts are made, the main thread has given up its rights already and loads its filter.
 *
 *     main    kernel-files  network ········· [net made]  (user known) rights, filter ···· (all furnished)  exec
 *     second                receive enter attach user session [user known] mask … (net made) late mounts, leave, cwd
 *
 * The threads share memory, descriptors, root and working directory.  So the main thread follows no path while the
 * other one is at work, which changes what paths mean; and 'cwd' comes last.  Credentials, namespaces, filters and
 * no_new_privs are each thread's own: that is what makes it possible.  Their ids are changed by system calls, not by
 * the libc, which would change them for all threads.
 *
 * Without a network namespace to make (there is none, or the host side makes it: launch_net_ahead.c), or where no
 * thread can be had, the main thread does it all, one after the other.
 * The same happens to the last part where the program's limits or its own filter could stop the second thread.
 */
#ifndef ISLE_CORE_LAUNCH_THREADS_H
#define ISLE_CORE_LAUNCH_THREADS_H

#include "core/launch.h"

#include <pthread.h>

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
/* Box: lets go of what it inherited; takes the network namespace, FD_NONE: it has to make its own. */
void launch_net_ahead_inherit(const struct launch *l);
int launch_net_ahead_take(struct launch *l) MUST_USE;

/* Main: begins to furnish the root in a second thread, if it can. */
void launch_furnish_begin(struct launch *l);
/* Main: the network and what shows it are made; the second thread may go on. */
void launch_net_made(void);
/* Either: waits for that. */
void launch_net_made_await(void);
/* Whether the box has its network, made by the host side, only after it has furnished its root. */
bool launch_net_late(const struct launch *l);
/* Either: has the network by now, from whoever makes it. */
int launch_net_await(struct launch *l, struct err *e) MUST_USE;
/* Second: user and descriptors of the program are known. */
void launch_user_known(void);
/* Main: waits for that, or for an error of the second thread. */
int launch_user_await(struct err *e) MUST_USE;
/* Main: waits until the root is furnished. */
int launch_furnish_await(struct err *e) MUST_USE;

#endif
