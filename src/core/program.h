/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding and starting the program of a container. */
#ifndef ISLE_CORE_PROGRAM_H
#define ISLE_CORE_PROGRAM_H

#include "core/spec.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0 if PATH can be executed, else the errno that execve would give; EISDIR for a directory.  isle-spawn has it, too. */
static inline int program_check(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	return S_ISREG(st.st_mode) && access(path, X_OK) == 0 ? 0 : EACCES;
}

/*
 * The path of the program NAME: itself if it has a slash, else the first executable file of that name on PATH, a list
 * as in the environment (NULL: the usual directories).  Errors have the exit status of a shell: 127 not found, 126
 * found but not executable.
 */
int program_find(const char *name, const char *path, struct arena *a, char **ret, struct err *e) MUST_USE;
/* The error, and the exit status, of a program NAME that can't be had, because of CODE. */
int program_missing(const char *name, int code, struct err *e);
/*
 * The error of a failed execve of PATH: names the missing interpreter or the wrong architecture; with the exit status.
 */
int program_failed(const char *path, int code, struct err *e);
/* The same for who can't see the file: LINE is what it begins with. */
int program_refused(const char *path, int code, const char *line, struct err *e);

#endif
