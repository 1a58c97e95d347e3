/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a tool becomes the program: see program.h. */
#include "toolbox/program.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The shell of the user who calls. */
static const char *login_shell(void)
{
	const char *shell = getenv("SHELL");
	const struct passwd *user;

	if (shell && *shell)
		return shell;
	user = getpwuid(getuid());
	return user && user->pw_shell && *user->pw_shell ? user->pw_shell : "/bin/sh";
}

/* Says why PROGRAM could not be executed, and what that means to the shell. */
static int refused(const char *program, int code, struct err *e)
{
	err_set(e, code, "execute %s", program);
	return err_status(e, code == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

int program_become(char *const *argv, char *const *envp, struct arena *a, struct err *e)
{
	if (argv && argv[0]) {
		execvpe(argv[0], argv, envp);
		return refused(argv[0], errno, e);
	}
	const char *shell = login_shell();
	const char *slash = strrchr(shell, '/');
	char *const words[] = {arena_printf(a, "-%s", slash ? slash + 1 : shell), NULL};

	execve(shell, words, envp);
	return refused(shell, errno, e);
}
