/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors 0 to 2 of a container's program.
 *
 *     detached         pipes to the monitor; standard input only with -i
 *     foreground       ours as they are, standard input only with -i, else /dev/null
 *     with -t          none: the container opens a terminal of its own
 *
 * Only files, pipes, sockets and /dev/null are handed in; for anything else a pipe stands in, which we relay.  A
 * container that holds the caller's terminal could read its keys and type into it; one that holds a directory could
 * walk the machine from there.
 */
#include "engine/start.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

void start_stdio_own(const struct start *s, int fd)
{
	struct statfs fs;

	if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC && !s->home->rootless)
		if (fchown(fd, s->root_uid, s->root_gid) < 0)
			return; /* a pipe of a name space that is not ours to change: it works all the same */
}

/* Whether our descriptor FD may be given to a container as it is. */
static bool can_inherit(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	return S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) ||
	       (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
}

int stdio_open(int i, bool may_inherit, int *ret_theirs, int *ret_ours, struct err *e)
{
	int ends[2];

	if (may_inherit && can_inherit(i)) {
		*ret_theirs = i;
		return 0;
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(e, errno, "make a pipe for the program's descriptor %d", i);
	*ret_theirs = ends[i == 0 ? 0 : 1];
	*ret_ours = ends[i == 0 ? 1 : 0];
	return 0;
}

void stdio_close(int stdio[3])
{
	for (int i = 0; i < 3; i++)
		if (stdio[i] > 2)
			fd_close(&stdio[i]);
}

int start_stdio_one(struct start *s, int i, struct err *e)
{
	return stdio_open(i, !s->detached, &s->launch.stdio[i], &s->ours[i], e);
}

int start_stdio_open(struct start *s, struct err *e)
{
	const struct box_record *rec = &s->box.record;
	int r = 0;

	if (rec->tty)
		return 0;
	if (!rec->stdin_open) {
		s->launch.stdio[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		r = s->launch.stdio[0] < 0 ? err_set(e, errno, "open /dev/null") : 0;
	}
	for (int i = rec->stdin_open ? 0 : 1; i < 3 && r == 0; i++) {
		r = start_stdio_one(s, i, e);
		if (r == 0)
			start_stdio_own(s, s->launch.stdio[i]);
	}
	return r;
}
