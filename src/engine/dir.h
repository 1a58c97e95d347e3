/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths as users give them; directories of isle's own: made, opened and read by descriptor. */
#ifndef ISLE_ENGINE_DIR_H
#define ISLE_ENGINE_DIR_H

#include "base/fd.h"

#include <dirent.h>
#include <stdbool.h>

/* PATH as it is wherever the process stands that uses it.  WHAT it is for: "--cidfile". */
int path_absolute(const char *path, const char *what, struct arena *a, char **ret, struct err *e) MUST_USE;

/* Makes the directory NAME with exactly MODE, whatever the umask; one that exists already is -EEXIST. */
int dir_make(int dirfd, const char *name, mode_t mode) MUST_USE;
/* Opens the directory NAME, never through a symbolic link as its last part; a negative errno. */
int dir_open(int dirfd, const char *name) MUST_USE;

/* Whether there is anything called NAME, be it what it may. */
bool dir_has(int dirfd, const char *name);

/* Closes *D if it is open. */
void dir_stream_close(DIR **d);
#define auto_dir CLEANUP(dir_stream_close) DIR *
/* Opens NAME for reading its entries; NULL and errno. */
DIR *dir_stream(int dirfd, const char *name);
/* The next entry of D other than "." and ".."; NULL at the end. */
struct dirent *dir_next(DIR *d);
/* Whether ENTRY of D is a directory itself (no link to one). */
bool dir_entry_is_dir(DIR *d, const struct dirent *entry);

#endif
