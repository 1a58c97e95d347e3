/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The restricted rights that a process takes on before it runs a container's program; for the launch and for exec
 * alike.
 *
 * Order, and why: the keyring and limits while everything is allowed; the bounding set before the ids, since dropping
 * from it needs CAP_SETPCAP; groups before ids; ids with the capabilities kept, then the sets exactly as asked;
 * no_new_privs; the parent-death signal last of all, because a change of ids clears it (prctl(2)).
 */
#ifndef ISLE_CORE_RIGHTS_H
#define ISLE_CORE_RIGHTS_H

#include "core/seccomp.h"
#include "core/spec.h"

/* RLIMIT_… as asked.  A limit that may not be raised is -EPERM with the cure. */
int rights_limits(const struct spec_process *p, struct err *e) MUST_USE;
/* The keys that the thread makes until its next execve have the program's SELinux label: it may use them. */
int rights_key_label(const struct spec_process *p, int proc_fd, struct err *e) MUST_USE;
/* A session keyring of its own, named NAME; kernels without keyrings are fine. */
int rights_keyring(const char *name, struct err *e) MUST_USE;
/* Drops from the bounding set what is not in P's. */
int rights_bounds(const struct spec_process *p, struct err *e) MUST_USE;
/*
 * User, groups and the other four capability sets.  PROC_FD is a trustworthy procfs, for /proc/self/setgroups; FD_NONE
 * where setgroups(2) can't be denied.
 */
int rights_user(const struct spec_process *p, int proc_fd, struct err *e) MUST_USE;
/*
 * Takes out of the sets of C what the calling thread can't have, and gives the mask of what that was: what it lacks
 * itself, and what goes into no set without being in another.
 */
uint64_t rights_caps_trim(struct spec_caps *c);
/* The umask, which threads share; ABSENT where P has none. */
void rights_umask(const struct spec_process *p, mode_t absent);
/* AppArmor profile and SELinux label of the program to come; refused when the kernel has no such module. */
int rights_lsm(const struct spec_process *p, int proc_fd, struct err *e) MUST_USE;
/* no_new_privs, if asked for. */
int rights_seal(const struct spec_process *p, struct err *e) MUST_USE;
/* The process dies with the one that made it.  After the last change of ids: such a change undoes it. */
int rights_tie(struct err *e) MUST_USE;
/* The capabilities that decide P's filter. */
uint64_t rights_filter_caps(const struct spec_process *p);
/* The filter of SPEC for a process with these capabilities; n == 0 when there is none. */
int rights_filter(const struct spec_seccomp *s, const struct spec_process *p, struct arena *a,
		  struct seccomp_filter *ret, struct err *e) MUST_USE;

#endif
