/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes known by more than their number: see process.h. */
#include "core/process.h"

#include "base/parse.h"
#include "base/parse_time.h"
#include "core/sys.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#ifndef PID_FS_MAGIC /* 6.9 */
#define PID_FS_MAGIC 0x50494446
#endif

/* Whether the process of PIDFD is there still, if only to be reaped. */
static bool is_there(int pidfd)
{
	return sys_pidfd_send_signal(pidfd, 0, NULL, 0) == 0 || errno != ESRCH;
}

/* Field FIELD_WANTED, a number, of the text of a /proc/PID/stat. */
static int stat_field(const char *stat, int field_wanted, uint64_t *ret)
{
	enum { AFTER_NAME = 2 };
	/* The name is in parentheses and the process chose it: only the last ')' is the kernel's. */
	const char *p = strrchr(stat, ')');
	char *end;

	if (!p)
		return -EINVAL;
	for (int field = AFTER_NAME; field < field_wanted; field++) {
		p = strchr(p, ' ');
		if (!p)
			return -EINVAL;
		p++;
	}
	if (*p < '0' || *p > '9')
		return -EINVAL;
	errno = 0;
	*ret = strtoull(p, &end, 10);
	return errno || (*end != ' ' && *end != '\n' && *end) ? -EINVAL : 0;
}

int process_start_time(const char *stat, uint64_t *ret)
{
	return stat_field(stat, 22, ret);
}

/* The start time of PID, which PIDFD proves to have been the process we mean while it was read. */
static int start_time(int pidfd, pid_t pid, uint64_t *ret)
{
	struct arena a CLEANUP(arena_free) = {0};
	char path[32], *text;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	int r = file_read(AT_FDCWD, path, &a, 4096, &text, NULL, NULL);
	if (r == 0)
		r = process_start_time(text, ret);
	if (!is_there(pidfd))
		return -ESRCH;
	return r;
}

int process_identity(int pidfd, pid_t pid, uint64_t *ret)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(pidfd, &fs) < 0)
		return -errno;
	if ((unsigned long)fs.f_type != PID_FS_MAGIC || sizeof(st.st_ino) < sizeof(*ret))
		return start_time(pidfd, pid, ret);
	if (fstat(pidfd, &st) < 0)
		return -errno;
	*ret = st.st_ino;
	return 0;
}

int process_open(pid_t pid, uint64_t identity, int *ret_pidfd, struct err *e)
{
	uint64_t now = 0;

	if (pid <= 0)
		return err_set(e, ESRCH, "open process %d", (int)pid);
	auto_fd fd = sys_pidfd_open(pid, 0);
	if (fd < 0) /* EINVAL: the number is a thread's now */
		return err_set(e, errno == EINVAL ? ESRCH : errno, "open process %d", (int)pid);
	int r = process_identity(fd, pid, &now);
	if (r < 0)
		return err_set(e, -r, "identify process %d", (int)pid);
	if (now != identity) {
		err_set(e, ESRCH, "open process %d", (int)pid);
		return err_why(e, "it has ended, and another process has its number now");
	}
	*ret_pidfd = fd_take(&fd);
	return 0;
}

int process_wait(int pidfd, int timeout_ms)
{
	int64_t deadline = time_monotonic_ms() + timeout_ms;

	for (;;) {
		struct pollfd p = {.fd = pidfd, .events = POLLIN};
		int64_t left = timeout_ms < 0 ? -1 : MAX(deadline - time_monotonic_ms(), (int64_t)0);
		int n = poll(&p, 1, (int)left);

		if (n > 0)
			return p.revents & POLLNVAL ? -EBADF : 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && timeout_ms >= 0)
			return -ETIMEDOUT;
	}
}

/*
 * How the dead child of PIDFD ended, where it can't be reaped: somebody else traces it and does not let go of it.  The
 * one who does may be its neighbour in a shared pid namespace.
 */
static int status_of_traced(int pidfd, int *ret_status)
{
	struct arena a CLEANUP(arena_free) = {0};
	char path[40], *text;
	const char *p;
	uint64_t pid, status;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	int r = file_read(AT_FDCWD, path, &a, 4096, &text, NULL, NULL);
	if (r < 0)
		return r;
	p = strstr(text, "\nPid:\t");
	if (!p)
		return -ESRCH;
	p += strlen("\nPid:\t");
	if (!take_u64(&p, INT_MAX, &pid)) /* -1: it has been reaped */
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	r = file_read(AT_FDCWD, path, &a, 4096, &text, NULL, NULL);
	if (r == 0)
		r = stat_field(text, 52, &status);
	if (r == 0)
		*ret_status = process_status_of_wait((int)status);
	return r;
}

int process_reap(int pidfd, int *ret_status, struct err *e)
{
	siginfo_t info = {0};
	int r = process_wait(pidfd, -1);

	while (r == 0 && waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | __WALL) < 0)
		r = errno == EINTR ? 0 : -errno;
	if (r == 0 && info.si_pid == 0)
		r = status_of_traced(pidfd, ret_status);
	else if (r == 0)
		*ret_status = process_status(&info);
	return r < 0 ? err_set(e, -r, "wait for the process") : 0;
}

int process_status(const siginfo_t *info)
{
	return (info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status) & 0xff;
}

int process_status_of_wait(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
