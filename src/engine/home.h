/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where isle keeps things: RUN dies with the machine, DATA stays.
 *
 *     RUN  = /run/isle       or $XDG_RUNTIME_DIR/isle (/tmp/isle-UID, mode 0700 and owned by us, where there is none)
 *       boxes/ID/            one directory per known container, running or not
 *         owner              locked by the process that is responsible for it (lock.h); then holds the exit record
 *         state.json         the running container: pid, identity of the process, start time
 *         paused             is there while the container is frozen
 *         rm                 is there if the container is to be forgotten when it ends
 *         attach             socket of the monitor
 *       boxes/.new-ID/       one being made: its owner file is not locked yet, nothing of it is in the world
 *       names/NAME -> ID     symbolic links: a name is claimed by one symlink(2)
 *       ids/SLOT   -> ID     ranges of 65536 user ids, claimed the same way
 *       trash/               directories on their way out: renamed here first, then deleted
 *       boot -> BOOT-ID      the boot in which RUN was built; made last, so RUN is complete where it is right
 *     DATA = /var/lib/isle   or $XDG_DATA_HOME/isle
 *       containers/ID/       config.json, record.json, state.json (the last run), log, layer/{upper,work}
 *       trash/
 *       roots/               unpacked and built roots (image room)
 *
 * Containers that leave nothing behind (--rm in the foreground) keep config.json and record.json in RUN/boxes/ID.
 * RUN is rebuilt from DATA by the first command after a boot.  That, and the release of a name whose container is gone,
 * are done under a lock on RUN itself; no other command takes a lock that two containers share.
 *
 * Both directories must belong to the caller and be writable by nobody else, or isle refuses to work with them.  What
 * isle makes there is for its owner alone (0700, 0600) whatever the umask.
 */
#ifndef ISLE_ENGINE_HOME_H
#define ISLE_ENGINE_HOME_H

#include "base/fd.h"
#include "core/cgroup.h"

struct home {
	struct arena *arena;
	char *run, *data; /* absolute paths */
	int run_fd, data_fd;
	bool rootless;		     /* the caller is not root of the initial user namespace */
	struct cgroup_host *cgroups; /* see home_cgroups; NULL: not probed yet */
	char kept[256];		     /* both paths, when the arena is given back (owner_shrink) */
};

/* Opens both, making them (0700) and rebuilding RUN where needed.  --root and --data of the command line come first. */
int home_open(struct home *h, const char *run, const char *data, struct arena *a, struct err *e) MUST_USE;
/* Opens both as they are, for who only looks: nothing is made or rebuilt, so they may be missing (-ENOENT). */
int home_peek(struct home *h, const char *run, const char *data, struct arena *a, struct err *e) MUST_USE;
void home_close(struct home *h);
/* The machine's cgroups, probed at the first call of a command. */
int home_cgroups(struct home *h, const struct cgroup_host **ret, struct err *e) MUST_USE;
/* Opens the directory RUN/NAME (or DATA/NAME), never through a symbolic link. */
int home_dir(int base_fd, const char *name, int *ret_fd, struct err *e) MUST_USE;
/*
 * Takes the lock on RUN for a repair, which others hold for a moment only; -ETIMEDOUT.  Closing *RET_FD releases it.
 */
int home_lock(const struct home *h, int *ret_fd, struct err *e) MUST_USE;

/* ---- the trash ---- */
/* Moves NAME below DIRFD, a directory in DATA or in RUN, into the trash there: gone at once and whole; or an errno. */
int home_trash_move(struct home *h, bool in_data, int dirfd, const char *name) MUST_USE;
/* Deletes the entry NAME of the trash, unless another process is at it; what can't be deleted stays for later. */
int home_trash_delete(struct home *h, int trash_fd, const char *name, struct err *e) MUST_USE;
/* The same for what was called NAME before it was moved there. */
int home_trash_delete_of(struct home *h, bool in_data, const char *name, struct err *e) MUST_USE;
/* Moves and deletes. */
int home_discard(struct home *h, bool in_data, int dirfd, const char *name, struct err *e);

#endif
