/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who watches over a running container: the foreground 'isle run', or the monitor of a detached one.
 *
 * Both wait for the first process by its pidfd, relay its output, and return its exit status; they differ in where the
 * output goes and what signals mean.
 *
 *   foreground  output goes to our own descriptors 1 and 2, input comes from 0 (a terminal is raw meanwhile).  Signals
 *               are passed on.  The first process of a pid namespace ignores a signal that it does not handle, so there
 *               is a way out: the third SIGINT or SIGTERM in a row, each at most 3 s after the one before, kills.
 *   detached    output goes to the log and to the attached clients (attach.h), input comes from them.  SIGTERM stops
 *               the container: its stop signal, and after its stop timeout SIGKILL.  Other signals are ignored.
 *
 * The descriptors towards the container belong to the supervisor, which closes them when it is done.
 */
#ifndef ISLE_ENGINE_SUPERVISE_H
#define ISLE_ENGINE_SUPERVISE_H

#include "engine/box.h"

struct supervise {
	pid_t pid;		   /* the first process: our child (or by CLONE_PARENT), with SIGCHLD at its end */
	int pidfd;		   /* of it; stays the caller's */
	int in_fd, out_fd, err_fd; /* our ends of pipes to its descriptors 0 to 2; FD_NONE: it has ours, or none */
	int pty_fd;		   /* the master of its terminal, instead of the three; FD_NONE: it has none */
	int timeout_s;		   /* kill it after so many seconds (it then ends with 137); 0: never */
	void (*on_kill)(void *);   /* called after SIGKILL was sent, to thaw a frozen container; may be NULL */

	/* foreground only */
	bool interactive; /* pass our standard input on to in_fd or pty_fd */
	/* How the first process ended, when it has: for who is not its parent.  NULL: it is our child, and reaped. */
	int (*reap)(void *ctx, int *ret_status, struct err *e);

	/* detached only */
	struct box *box;	     /* run_fd, data_fd and the record are used, all before 'before_loop' */
	int listen_fd;		     /* from attach_listen, called before the launch; FD_NONE: it is made here */
	int await_client_ms;	     /* hold the output so long for the first client, who then sees all of it */
	void (*before_loop)(void *); /* called before the loop, to free what is no longer needed; may be NULL */
	void *ctx;		     /* for the callbacks; must outlive 'before_loop' */
};

/* No process, no descriptors. */
#define SUPERVISE_NONE                         \
	((struct supervise){.pidfd = FD_NONE,  \
			    .in_fd = FD_NONE,  \
			    .out_fd = FD_NONE, \
			    .err_fd = FD_NONE, \
			    .pty_fd = FD_NONE, \
			    .listen_fd = FD_NONE})

/*
 * What there is to tell of the process PID.  OURS, our ends of the pipes to its descriptors 0 to 2, and the master of
 * its terminal are given away.
 */
struct supervise supervise_of(pid_t pid, int pidfd, int ours[3], int *terminal_fd);

/*
 * signals_block (signals.h), called before the launch, keeps a ^C that comes in between for the container.
 *
 * Both return 0 and *RET_STATUS, as the shell has it (0-255; 128+N: ended by signal N), after the first process is
 * gone, is reaped, and all that it wrote was passed on; or an error, when it may still be running.
 */
int supervise_foreground(struct supervise *s, int *ret_status, struct err *e) MUST_USE;
/* Runs in the monitor, which has called setsid(2) and has its standard descriptors on /dev/null. */
int supervise_detached(struct supervise *s, int *ret_status, struct err *e) MUST_USE;

#endif
