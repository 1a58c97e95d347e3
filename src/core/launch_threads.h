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
 * Without a network namespace to make (there is none, or the host side makes it: launch_net_beside.c), or where no
 * thread can be had, the main thread does it all, one after the other.
 * The same happens to the last part where the program's limits or its own filter could stop the second thread.
 */
#ifndef ISLE_CORE_LAUNCH_THREADS_H
#define ISLE_CORE_LAUNCH_THREADS_H

#include "core/handshake.h"
#include "core/launch.h"
#include "core/marks.h"

#include <sys/resource.h>

/* A stack for what runs for a moment: in pages of its own, which are given back where pages are no larger. */
#define LAUNCH_STACK __attribute__((aligned(4096)))
void launch_stack_release(void *stack, size_t size);

/* Brings up the loopback interface of the network namespace that the caller is in; a negative errno. */
int launch_loopback_up(void);

/*
 * The network that the host side makes (launch_net_beside.c).  Whether it does so, while the box furnishes its root;
 * makes a network namespace with its loopback interface, in which the caller stays, and gives a descriptor of it, or a
 * negative errno: what is wrong the box finds out by trying again; box: takes it, FD_NONE: it has to make its own.
 */
bool launch_net_beside(const struct launch *l);
int launch_net_make(void) MUST_USE;
int launch_net_beside_take(struct launch *l, int *ret, struct err *e) MUST_USE;

/* The filter that is compiled meanwhile (launch_filter.c).  Whether that is so; box: takes it, once. */
bool launch_filter_sent(const struct launch *l);
int launch_filter_take(struct launch *l, struct err *e) MUST_USE;

/*
 * The user namespace ahead of the box (launch_user_ahead.c).  Host: the network that was made in it, FD_NONE: none was;
 * when the container runs, gives the stack back that the box was cloned on.
 */
int launch_user_ahead_net(struct launch *l) MUST_USE;
void launch_user_ahead_settle(void);

/*
 * What shows the box's namespaces, made outside of them (launch_shown.c).  Host: sees to whether that is done; whether
 * mount I is a /proc made so; enters the network NET, where it stays, and makes what shows it, FD_NONE if nothing is
 * to, a negative errno.  Box: takes that over.
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
