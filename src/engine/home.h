/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where isle keeps things: RUN dies with the machine, DATA stays.
 *
 *     RUN  = /run/isle       or $XDG_RUNTIME_DIR/isle (/tmp/isle-UID, mode 0700 and owned by us, where there is none)
 *       boxes/ID/            one directory per known container, running or not
 *         owner              locked (flock) by the process that is responsible for it; holds the exit record at the end
 *         state.json         the running container: pid, identity of the process, start time
 *         attach             socket of the monitor
 *       names/NAME -> ID     symbolic links: a name is claimed by one symlink(2)
 *       ids/SLOT   -> ID     ranges of 65536 user ids, claimed the same way
 *       trash/               directories on their way out: renamed here first, then deleted
 *     DATA = /var/lib/isle   or $XDG_DATA_HOME/isle
 *       containers/ID/       config.json, record.json, log, layer/{upper,work}
 *       roots/               unpacked and built roots (image room)
 *
 * Containers that leave nothing behind (--rm in the foreground) keep config.json and record.json in RUN/boxes/ID instead.
 * RUN is rebuilt from DATA by the first command after a boot.  No command takes a lock that two containers share.
 */
#ifndef ISLE_ENGINE_HOME_H
#define ISLE_ENGINE_HOME_H

#include "base/err.h"
#include "base/mem.h"

struct home {
	struct arena *arena;
	char *run, *data; /* absolute paths */
	int run_fd, data_fd;
	bool rootless; /* the caller is not root of the initial user namespace */
};

/* Opens both, making them (0700) and rebuilding RUN where needed.  --root and --data of the command line come first. */
int home_open(struct home *h, const char *run, const char *data, struct arena *a, struct err *e) MUST_USE;
void home_close(struct home *h);

#endif
