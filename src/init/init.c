/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isle-init: process 1 of a container run with --init.
 *
 *     isle-init PATH NAME [ARGUMENT…]
 *     isle-init - PATH NAME [ARGUMENT…]
 *
 * Starts PATH as its child under the name NAME, reaps every orphan, passes signals on to the child, and ends with the
 * child's exit status (128 + N if signal N ended it).  The kernel then ends everything else in the pid namespace.
 * It is executed from a sealed memory file, with the container's rights and no others.
 *
 * With "-" it becomes PATH at once.  It is a step in between for containers whose root may write to isle's program
 * file: who makes PATH lead to /proc/self/exe then gets at the memory file only.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Becomes the program. */
static void execute(char **argv)
{
	execve(argv[1], argv + 2, environ);
	int code = errno;
	fprintf(stderr, "isle-init: execute %s: %s\n", argv[1], strerror(code));
	_exit(code == ENOENT ? 127 : 126);
}

/* The child: a process group of its own, in the foreground of the terminal if there is one, then the program. */
static void run(char **argv, const sigset_t *old)
{
	setpgid(0, 0);
	/* SIGTTOU would stop us here; it is still blocked. */
	if (isatty(STDIN_FILENO))
		tcsetpgrp(STDIN_FILENO, getpid());
	sigprocmask(SIG_SETMASK, old, NULL);
	execute(argv);
}

/* Reaps whoever has ended; ends with the status of CHILD when it is among them. */
static void reap(pid_t child)
{
	int status;

	for (;;) {
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid <= 0)
			return;
		if (pid == child)
			_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	}
}

int main(int argc, char **argv)
{
	sigset_t all, old;

	if (argc < 3)
		return 125;
	if (argc > 3 && strcmp(argv[1], "-") == 0)
		execute(argv + 1);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	pid_t child = fork();
	if (child < 0) {
		perror("isle-init: fork");
		return 125;
	}
	if (child == 0)
		run(argv, &old);
	for (;;) {
		int sig;

		if (sigwait(&all, &sig) != 0)
			continue;
		if (sig == SIGCHLD)
			reap(child);
		else if (sig != SIGTTIN && sig != SIGTTOU)
			kill(child, sig);
	}
}
