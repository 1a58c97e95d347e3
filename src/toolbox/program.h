/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program that a tool becomes: the user's words, or a shell where there are none. */
#ifndef ISLE_TOOLBOX_PROGRAM_H
#define ISLE_TOOLBOX_PROGRAM_H

#include "base/err.h"
#include "base/mem.h"

/*
 * Replaces this process by ARGV (NULL-terminated, searched as execvp(3) does), with the environment ENVP, whose PATH
 * counts.  A text without a #! line is a script of /bin/sh.
 * An empty ARGV means the login shell: $SHELL of the tool's own environment, else the shell that /etc/passwd names for
 * the real user, else /bin/sh; its first word is the shell's name behind a '-'.
 * Returns only when that failed, with the exit status in E: 127 not found, 126 found but not executable.
 */
int program_become(char *const *argv, char **envp, struct arena *a, struct err *e) MUST_USE;

#endif
