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
 * Without a network namespace to make, or where no thread can be had, the main thread does it all, one after the other.
 * The same happens to the last part where the program's limits or its own filter could stop the second thread.
 */
#ifndef ISLE_CORE_LAUNCH_THREADS_H
#define ISLE_CORE_LAUNCH_THREADS_H

#include "core/launch.h"

/* Main: begins to furnish the root in a second thread, if it can. */
void launch_furnish_begin(struct launch *l);
/* Main: the network and what shows it are made; the second thread may go on. */
void launch_net_made(void);
/* Either: waits for that. */
void launch_net_await(void);
/* Second: user and descriptors of the program are known. */
void launch_user_known(void);
/* Main: waits for that, or for an error of the second thread. */
int launch_user_await(struct err *e) MUST_USE;
/* Main: waits until the root is furnished. */
int launch_furnish_await(struct err *e) MUST_USE;

#endif
