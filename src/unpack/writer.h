/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Archive entries become files: the rules by which a name from an archive turns into a place below one directory.
 *
 *   names         "/x", "./x" and "x" are the same place.  A ".." anywhere is refused.  So are names that say what
 *                 to delete from a layer below (".wh.…"): a root is whole.
 *   way there     links on the way are followed, within the root alone: "lib -> usr/lib" must work.  Missing
 *                 directories are made (0755, root).
 *   last part     is never followed.  What is there already gives way to the later entry, except that directories
 *                 join, a link to a directory stays when the directory itself comes later, and a directory with
 *                 something in it is never removed.
 *   the root      may be named by a directory entry alone.
 *   hard links    lead to what the archive made before, found by the same rules; the link itself, if it is one.
 *   not made      devices and sockets (the container has a /dev of its own): counted, not made.
 *   attributes    user.* and security.capability; but user.overlay.* never, they would speak to overlayfs.
 */
#ifndef ISLE_UNPACK_WRITER_H
#define ISLE_UNPACK_WRITER_H

#include "base/fd.h"

#include <archive.h>
#include <archive_entry.h>
#include <limits.h>
#include <stdbool.h>
#include <time.h>

/* A directory's time is set when nothing more will be written into it. */
struct dir_time {
	char *path;
	struct timespec mtime;
};
struct dir_times {
	struct dir_time *v;
	size_t n, room;
};

struct writer {
	struct arena *arena;
	int root_fd;
	bool one_id; /* there is only one id: every owner becomes it */
	struct dir_times dirs;
	/* The directory that the last entry was in: entries of one directory mostly come together. */
	char parent_path[PATH_MAX];
	int parent_fd;
	/* For the report. */
	unsigned long entries, devices, foreign_owners;
};

void writer_init(struct writer *w, struct arena *a, int root_fd, bool one_id);
/* Writes one entry, with its data out of AR. */
int writer_put(struct writer *w, struct archive *ar, struct archive_entry *ae, struct err *e) MUST_USE;
/* After the last entry: the directories get their times. */
int writer_finish(struct writer *w, struct err *e) MUST_USE;

#endif
