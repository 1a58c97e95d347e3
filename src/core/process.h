/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes known by more than their number, which is used again.
 *
 * While isle holds a pidfd it needs no more than that.  Between two commands a process is known by its pid and an
 * identity: on Linux 6.9 and later the inode number of its pidfd (pidfs counts it up and never gives it twice), before
 * that the time it started, in clock ticks since boot (proc(5), /proc/PID/stat, field 22).  Both hold until the machine
 * is shut down.
 */
#ifndef ISLE_CORE_PROCESS_H
#define ISLE_CORE_PROCESS_H

#include "base/fd.h"

#include <signal.h>
#include <stdint.h>

/* The identity of the process PID that PIDFD is open for; 0, or a negative errno (-ESRCH: it is gone). */
int process_identity(int pidfd, pid_t pid, uint64_t *ret) MUST_USE;
/* A pidfd of PID, proved to be the process with IDENTITY; -ESRCH if that one is gone, whoever has its number now. */
int process_open(pid_t pid, uint64_t identity, int *ret_pidfd, struct err *e) MUST_USE;
/* Waits until the process has ended (it may still have to be reaped); -ETIMEDOUT.  TIMEOUT_MS -1: for ever. */
int process_wait(int pidfd, int timeout_ms) MUST_USE;
/*
 * Waits for our own child, reaps it, and says how it ended; 0 or a negative errno.  One that somebody else traces
 * stays a zombie until that one lets go of it; it is not waited for.
 */
int process_reap(int pidfd, int *ret_status, struct err *e) MUST_USE;

/* How a process ended as the shell has it, 0 to 255: its own status, or 128 + the signal that killed it. */
int process_status(const siginfo_t *info); /* from waitid(2) */
int process_status_of_wait(int status);	   /* from waitpid(2) */

/* Reads the start time out of the text of a /proc/PID/stat; -EINVAL if it is none. */
int process_start_time(const char *stat, uint64_t *ret);

#endif
