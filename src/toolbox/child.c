/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The child that a tool waits for: see child.h.
 *
 * Theory.  The signals that a waiting tool has something to do about are blocked before the fork, and taken from the
 * queue one by one with sigwaitinfo(2).  So there is no handler, no variable that a handler would need, and no moment
 * at which one could be lost; the program inherits the dispositions that the caller had, also an ignored SIGINT.
 */
#include "toolbox/child.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The signals that are kept from the tool while it waits; SIGCHLD where it is what wakes us. */
static sigset_t kept_signals(unsigned int flags)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	if (!(flags & CHILD_TERM_ENDS))
		sigaddset(&set, SIGTERM);
	if (flags & CHILD_FORWARD)
		sigaddset(&set, SIGCHLD);
	return set;
}

int child_fork(unsigned int flags, pid_t *ret_pid, struct err *e)
{
	const struct sigaction plain = {.sa_handler = SIG_DFL};
	const sigset_t kept = kept_signals(flags);
	struct sigaction children;
	sigset_t before;

	/* With SIGCHLD ignored, as a caller may hand it down, the kernel would reap the child in our place. */
	if (sigaction(SIGCHLD, &plain, &children) < 0 || sigprocmask(SIG_BLOCK, &kept, &before) < 0)
		return err_set(e, errno, "set up the signals for waiting");
	*ret_pid = fork();
	if (*ret_pid < 0)
		return err_set(e, errno, "fork");
	if (*ret_pid > 0)
		return 0;
	if (sigprocmask(SIG_SETMASK, &before, NULL) < 0 || sigaction(SIGCHLD, &children, NULL) < 0)
		return err_set(e, errno, "restore the signals");
	return 0;
}

/*
 * Sleeps until the child may have changed, and passes on what arrives meanwhile.  A ^C is for all that run in the
 * foreground of the terminal, so the child has it already.
 */
static int forward_until_sigchld(pid_t pid, struct err *e)
{
	const sigset_t kept = kept_signals(CHILD_FORWARD);

	for (;;) {
		siginfo_t info;
		int sig = sigwaitinfo(&kept, &info);

		if (sig == SIGCHLD)
			return 0;
		if (sig < 0 && errno != EINTR)
			return err_set(e, errno, "wait for a signal");
		if (sig > 0 && !(info.si_code == SI_KERNEL && getpgid(pid) == getpgrp()))
			(void)kill(pid, sig); /* unreaped, so the number is still its own */
	}
}

/* Ends this process by SIG, as it ended the child; without a second core file. */
static void die_of(int sig)
{
	const struct sigaction plain = {.sa_handler = SIG_DFL};
	sigset_t set;

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)sigaction(sig, &plain, NULL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	(void)kill(getpid(), sig);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int child_wait(pid_t pid, unsigned int flags, int *ret_status, struct err *e)
{
	const int options = (flags & CHILD_MIRROR_STOP ? WUNTRACED : 0) | (flags & CHILD_FORWARD ? WNOHANG : 0);

	for (;;) {
		int status;
		pid_t changed = waitpid(pid, &status, options);

		if (changed < 0 && errno != EINTR)
			return err_set(e, errno, "wait for the child");
		if (changed == 0) {
			int r = forward_until_sigchld(pid, e);

			if (r < 0)
				return r;
		}
		if (changed <= 0)
			continue;
		if (WIFSTOPPED(status)) {
			(void)kill(getpid(), SIGSTOP);
			(void)kill(pid, SIGCONT);
			continue;
		}
		if (WIFSIGNALED(status))
			die_of(WTERMSIG(status));
		*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		return 0;
	}
}
