/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding a program: see program.h. */
#include "core/program.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char usual_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

int program_missing(const char *name, int code, struct err *e)
{
	bool missing = code == ENOENT || code == ENOTDIR;

	/* As execve(2) says it: engines look for the words. */
	err_set(e, code == EISDIR ? EACCES : code, "execute %s in the container", name);
	if (code == EISDIR)
		err_why(e, "it is a directory");
	/* The words that engines look for. */
	if (missing)
		err_why(e, "executable file not found%s", strchr(name, '/') ? "" : " in $PATH");
	return err_status(e, missing ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

int program_find(const char *name, const char *path, struct arena *a, char **ret, struct err *e)
{
	int best = ENOENT;

	if (!*name)
		return program_missing("\"\"", ENOENT, e);
	if (strchr(name, '/')) {
		int code = program_check(name);

		*ret = arena_strdup(a, name);
		return code ? program_missing(name, code, e) : 0;
	}
	for (const char *p = path ? path : usual_path; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		size_t len = strcspn(p, ":");
		/* An empty element means the current directory, as in execvp(3). */
		char *full = len ? arena_printf(a, "%.*s/%s", (int)len, p, name) : arena_printf(a, "./%s", name);
		int code = program_check(full);

		if (code == 0) {
			*ret = full;
			return 0;
		}
		if (code != ENOENT && code != ENOTDIR)
			best = code;
	}
	return program_missing(name, best, e);
}

int program_refused(const char *path, int code, const char *line, struct err *e)
{
	program_missing(path, code, e);
	if (code == ENOENT) {
		const char *word = strncmp(line, "#!", 2) == 0 ? line + 2 + strspn(line + 2, " \t") : "";
		const int len = (int)strcspn(word, " \t\n");

		return len > 0 ? err_why(e, "its interpreter %.*s is not in the container", len, word)
			       : err_why(e, "its dynamic loader is not in the container");
	}
	return code == ENOEXEC ? err_why(e, "it is no program for this machine, or a script without a #! line") : -code;
}

int program_failed(const char *path, int code, struct err *e)
{
	char line[128];
	auto_fd fd = code == ENOENT ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : FD_NONE;
	ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);

	line[MAX(n, 0)] = '\0';
	return program_refused(path, code, line, e);
}
