/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a tool becomes the program: see program.h. */
#include "toolbox/program.h"

#include "base/fd.h"
#include "core/program.h"
#include "core/user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The shell of the user who calls, or of whom the root that has been entered calls so. */
static const char *login_shell(struct arena *a)
{
	const char *shell = getenv("SHELL");

	if (shell && *shell)
		return shell;
	auto_fd root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return user_shell(root, getuid(), a);
}

/* Says why PROGRAM could not be executed, and what that means to the shell. */
static int refused(const char *program, int code, struct err *e)
{
	err_set(e, code, "execute %s", program);
	return err_status(e, code == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

/* Lets the shell run ARGV, a text without a #! line: execvp(3) is to do it by POSIX, and musl's does not. */
static void become_script(char *const *argv, struct arena *a)
{
	struct strs words = {0};
	char *path;

	if (program_find(argv[0], getenv("PATH"), a, &path, NULL) < 0)
		return;
	strs_add(&words, a, "/bin/sh");
	strs_take(&words, a, path);
	while (*++argv)
		strs_take(&words, a, *argv);
	execve(words.v[0], words.v, environ);
}

int program_become(char *const *argv, char **envp, struct arena *a, struct err *e)
{
	if (argv && argv[0]) {
		environ = envp; /* its PATH counts */
		execvp(argv[0], argv);
		int code = errno;
		if (code == ENOEXEC)
			become_script(argv, a);
		return refused(argv[0], code, e);
	}
	const char *shell = login_shell(a);
	const char *slash = strrchr(shell, '/');
	char *const words[] = {arena_printf(a, "-%s", slash ? slash + 1 : shell), NULL};

	execve(shell, words, envp);
	return refused(shell, errno, e);
}
