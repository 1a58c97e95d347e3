/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors 0 to 2 of a container's program.
 *
 *     detached         pipes to the monitor; standard input only with -i
 *     foreground       ours as they are, standard input only with -i, else /dev/null
 *     but a terminal   is never handed in: a pipe stands in its place, which we relay (a container that holds the caller's
 *                      terminal could read its keys and type into it)
 *     with -t          none: the container opens a terminal of its own
 */
#include "engine/start.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pipe for descriptor I: the program's end and ours. */
static int pipe_open(struct start *s, int i, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(e, errno, "make a pipe for the container's descriptor %d", i);
	s->launch.stdio[i] = ends[i == 0 ? 0 : 1];
	s->ours[i] = ends[i == 0 ? 1 : 0];
	return 0;
}

/* Pipes belong to the container's root, so that /dev/stdout can be opened by name (nginx does). */
static void pipe_own(const struct start *s, int fd)
{
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && !s->home->rootless)
		if (fchown(fd, launch_root_uid(&s->launch), launch_root_gid(&s->launch)) < 0)
			return; /* a pipe of a name space that is not ours to change: it works all the same */
}

/* Whether descriptor I may be given to the container as it is. */
static bool may_inherit(const struct start *s, int i)
{
	return !s->detached && !isatty(i);
}

int start_stdio_open(struct start *s, struct err *e)
{
	const struct box_record *rec = &s->box.record;
	int r = 0;

	if (rec->tty)
		return 0;
	for (int i = 0; i < 3 && r == 0; i++) {
		if (i == 0 && !rec->stdin_open) {
			s->launch.stdio[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
			r = s->launch.stdio[0] < 0 ? err_set(e, errno, "open /dev/null") : 0;
		} else if (may_inherit(s, i)) {
			s->launch.stdio[i] = i;
		} else {
			r = pipe_open(s, i, e);
		}
		if (r == 0)
			pipe_own(s, s->launch.stdio[i]);
	}
	return r;
}
