/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors that a program inherits: see preserved.h. */
#include "core/preserved.h"

#include "base/parse.h"
#include "core/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { FIRST = 3, FDS_MAX = 65536 };

/* How many sockets this process was activated with; a message to another process, that we inherited, counts nothing. */
static int activated_with(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	int for_pid, n;

	if (!pid || !fds || !parse_int(pid, 1, INT32_MAX, &for_pid) || for_pid != getpid() ||
	    !parse_int(fds, 0, FDS_MAX, &n))
		return 0;
	return n;
}

bool preserved_inherited(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

int preserved_take(int asked, struct preserved *ret, struct err *e)
{
	struct preserved p = {.listen_fds = activated_with()};

	if (asked < 0 || asked > FDS_MAX)
		return err_set(e, 0, "--preserve-fds %d: it must be between 0 and %d", asked, FDS_MAX);
	p.n = p.listen_fds + asked;
	for (int fd = FIRST; fd < FIRST + p.listen_fds; fd++)
		if (!preserved_inherited(fd)) {
			err_set(e, EBADF, "preserve descriptor %d", fd);
			return err_why(e, "LISTEN_FDS announces it, but it is not open");
		}
	*ret = p;
	return 0;
}

void preserved_announce(int listen_fds, pid_t pid, struct arena *a, struct spec_process *p)
{
	const char *names = getenv("LISTEN_FDNAMES");
	struct strs env = {0};

	if (listen_fds == 0)
		return;
	/* The list may be the spec's own, which must not change. */
	for (size_t i = 0; i < p->env.n; i++)
		strs_take(&env, a, p->env.v[i]);
	p->env = env;
	spec_env_set(p, a, "LISTEN_FDS", arena_printf(a, "%d", listen_fds));
	spec_env_set(p, a, "LISTEN_PID", arena_printf(a, "%d", (int)pid));
	if (names)
		spec_env_set(p, a, "LISTEN_FDNAMES", names);
}

/* Marks all descriptors from FD on to be closed by exec; kernels before 5.11 can't mark them all at once. */
static int close_from(int from, struct err *e)
{
	enum { NR_OPEN_DEFAULT = 1024 * 1024 }; /* fs.nr_open, which no limit is above unless somebody has raised it */
	struct rlimit limit = {.rlim_max = NR_OPEN_DEFAULT};

	if (sys_close_range((unsigned int)from, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	if (errno != ENOSYS && errno != EINVAL)
		return err_set(e, errno, "mark descriptors to be closed");
	getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = from; fd < (int)MIN(limit.rlim_max, (rlim_t)NR_OPEN_DEFAULT); fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

int preserved_pass(int n, struct err *e)
{
	return close_from(FIRST + n, e);
}
