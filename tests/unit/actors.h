/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that play a container, which is a shell script in a session of its own, and pieces to watch them with. */
#ifndef ISLE_TESTS_ACTORS_H
#define ISLE_TESTS_ACTORS_H

#include "base/parse_time.h"
#include "core/pty.h"
#include "core/sys.h"
#include "engine/supervise.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* What does come takes no longer than this on a machine that has much else to do. */
#define PATIENCE_NS 30000000000LL

enum stage { OWN_DESCRIPTORS, PIPES, TERMINAL };

/* In the child: becomes the script, with FDS as descriptors 0 to 2, or the terminal SLAVE. */
static inline void actor_become(const char *script, const int fds[3], int slave)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (slave >= 0) {
		if (pty_make_controlling(slave, NULL) < 0)
			_exit(99);
	} else {
		setsid();
		for (int i = 0; i < 3; i++)
			if (fds[i] >= 0)
				dup2(fds[i], i);
	}
	execl("/bin/sh", "sh", "-c", script, (char *)NULL);
	_exit(98);
}

/* Starts SCRIPT as a child of the caller; fills S with it. */
static inline void actor_start(struct supervise *s, enum stage stage, const char *script)
{
	int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1}, slave = FD_NONE;

	*s = SUPERVISE_NONE;
	if (stage == TERMINAL) {
		s->pty_fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (pty_master_prepare(s->pty_fd, 0, 0, NULL) < 0 || pty_slave(s->pty_fd, &slave, NULL) < 0)
			abort();
	} else if (stage == PIPES) {
		if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
			abort();
	}
	s->pid = fork();
	if (s->pid == 0)
		actor_become(script, (const int[]){in[0], out[1], err[1]}, slave);
	s->pidfd = sys_pidfd_open(s->pid, 0);
	s->in_fd = in[1];
	s->out_fd = out[0];
	s->err_fd = err[0];
	fd_close(&in[0]);
	fd_close(&out[1]);
	fd_close(&err[1]);
	fd_close(&slave);
}

/* Reads FD until its end, or until UNTIL was seen; the caller frees the text. */
static inline char *read_until(int fd, const char *until)
{
	size_t size = 0, room = 1 << 16;
	char *text = calloc(1, room);
	int64_t end = time_monotonic() + PATIENCE_NS;

	while (!until || !strstr(text, until)) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (time_monotonic() > end)
			fail_msg("no more came; so far: %.200s", text);
		if (poll(&p, 1, 100) <= 0)
			continue;
		if (room - size < 4097)
			text = realloc(text, room *= 2);
		ssize_t n = read(fd, text + size, 4096);
		if (n <= 0)
			break;
		size += (size_t)n;
		text[size] = '\0';
	}
	return text;
}

/* Reads FD until UNTIL was seen. */
static inline void await_text(int fd, const char *until)
{
	char *text = read_until(fd, until);

	if (!strstr(text, until))
		fail_msg("\"%s\" did not come, but: %.200s", until, text);
	free(text);
}

/* Waits until PID has taken SIG, which it blocks and reads from a descriptor: what is sent again before is not told twice. */
static inline void await_taken(pid_t pid, int sig)
{
	char path[64], line[128];
	unsigned long long pending = ~0ULL;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	for (int64_t end = time_monotonic() + PATIENCE_NS; time_monotonic() < end; usleep(1000)) {
		FILE *f = fopen(path, "re");

		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, "ShdPnd: %llx", &pending) == 1)
				break;
		if (f)
			fclose(f);
		if (!(pending >> (sig - 1) & 1))
			return;
	}
	fail_msg("signal %d was not taken", sig);
}

/* Waits for the end of PID; its exit status as the shell has it, or -1. */
static inline int end_of(pid_t pid)
{
	int status;

	for (int64_t end = time_monotonic() + PATIENCE_NS; time_monotonic() < end; usleep(1000))
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1;
}

#endif
