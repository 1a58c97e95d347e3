/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lies in wait inside a container for processes that come in from outside (isle exec, isle run --pid container:), and
 * grabs what it can reach through them while they are being set up.
 *
 *     probe-watch CANARY
 *
 * One line for each catch: "root" if CANARY, a file of the machine by its absolute path, could be read through a
 * newcomer's root; "fd" if through one of its descriptors; "isle" if isle's own program file could be reached before
 * its program ran. SIGTERM ends it, with "seen NUMBER".
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t over;
static const char *canary; /* without its first slash */

/* Whether the canary can be read below DIR; the name inside the container leads nowhere. */
static int reads(const char *dir)
{
	int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = at < 0 ? -1 : openat(at, canary, O_RDONLY | O_CLOEXEC);

	if (at >= 0)
		close(at);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* 1: process PID may be looked into, and still is isle's; 0: it is the program's; -1: it may not be looked into. */
static int is_isle(pid_t pid)
{
	char path[64], exe[512] = "";

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if (readlink(path, exe, sizeof(exe) - 1) < 0)
		return -1;
	return strstr(exe, "/isle") ? 1 : 0;
}

/* One look at the newcomer; whether it is worth another. */
static int look(pid_t pid)
{
	char path[64], sub[128];

	if (kill(pid, 0) < 0 && errno == ESRCH)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
	if (reads(path)) {
		puts("root");
		return 0;
	}
	for (int fd = 0; fd < 32; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
		snprintf(sub, sizeof(sub), "/proc/%d/fd/%d/1/root", (int)pid,
			 fd); /* the descriptor may be of the machine's /proc */
		if (reads(path) || reads(sub)) {
			puts("fd");
			return 0;
		}
	}
	int isle = is_isle(pid);
	if (isle == 1)
		puts("isle");
	return isle < 0;
}

static void end(int sig)
{
	over = sig;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	canary = argv[1] + 1;
	signal(SIGTERM, end);
	signal(SIGALRM, end);
	alarm(60);
	pid_t last = getpid();
	int seen = 0;

	setvbuf(stdout, NULL, _IONBF, 0);
	puts("watching");
	while (!over)
		for (pid_t pid = last + 1; pid < last + 32; pid++) {
			if (kill(pid, 0) < 0 && errno == ESRCH)
				continue;
			seen++;
			last = pid;
			for (int i = 0; i < 2000 && look(pid); i++)
				;
			break;
		}
	printf("seen %d\n", seen);
	return 0;
}
