/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a container from a pool is measured against: fork, chroot, execve, and the wait for the end. */
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int status;

	if (argc < 3)
		return 2;
	pid_t pid = fork();
	if (pid == 0) {
		if (chroot(argv[1]) == 0 && chdir("/") == 0)
			execv(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
