/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children that do long work: see worker.h. */
#include "image/worker.h"

#include "base/fd.h"
#include "core/idmap.h"
#include "core/sys.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum {
	LINES_KEPT = 5, /* of the output, for the error */
	LINE_MAX_LEN = 200,
};

/* The output, cut into lines at newlines and carriage returns. */
struct lines {
	char kept[LINES_KEPT][LINE_MAX_LEN + 1]; /* a ring */
	unsigned long count;
	char line[LINE_MAX_LEN + 1]; /* the one that is not complete yet; what is too long is cut */
	size_t used;
};

/* A line is complete: it is news, or a candidate for the cause of a failure. */
static void line_end(struct lines *l, const struct worker *w)
{
	const struct root_request *q = w->request;
	const size_t mark = strlen(w->note_mark);
	const bool news = strncmp(l->line, w->note_mark, mark) == 0;

	l->line[l->used] = '\0';
	if (l->used == 0)
		return;
	if (news && q->progress)
		q->progress(q->progress_ctx, l->line + mark);
	if (!news)
		memcpy(l->kept[l->count++ % LINES_KEPT], l->line, sizeof(l->line));
	l->used = 0;
	l->line[0] = '\0';
}

/* Reads the output until the last process that holds it is gone. */
static void output_read(int fd, struct lines *l, const struct worker *w)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] == '\n' || buf[i] == '\r')
				line_end(l, w);
			else if (l->used < LINE_MAX_LEN)
				l->line[l->used++] = buf[i];
		}
	}
	line_end(l, w);
}

/* The last lines of output, oldest first, joined by "; "; the end is what counts when there is not room for all. */
static void why_from_lines(const struct lines *l, struct arena *a, struct err *e)
{
	const unsigned long first = l->count > LINES_KEPT ? l->count - LINES_KEPT : 0;
	const char *text = "";

	for (unsigned long i = l->count; i > first; i--) {
		const char *line = l->kept[(i - 1) % LINES_KEPT];

		if (strlen(line) + strlen(text) + 3 > sizeof(e->why) && *text)
			break;
		text = arena_printf(a, "%s%s%s", line, *text ? "; " : "", text);
	}
	if (*text)
		err_why(e, "%s", text);
}

/* Makes the child: a plain fork, or one into new namespaces. */
static pid_t worker_fork(const struct worker *w)
{
	const uint64_t flags = w->namespaces | (w->request->rootless ? CLONE_NEWUSER : 0);
	struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};
	pid_t pid = sys_clone3(&args, sizeof(args));

	if (pid < 0 && errno == ENOSYS) /* a filter around us that doesn't know clone3 */
		pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	return pid;
}

/* Becomes root of the user namespace.  Where setgroups(2) is denied, the groups stay, and give nothing to speak of. */
static int become_root(void)
{
	if (syscall(SYS_setgroups, 0, NULL) < 0 && errno != EPERM)
		return -errno;
	return syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0 ? -errno : 0;
}

/* The child: waits for its maps, binds its life to ours, and works.  GO is readable when the maps are there. */
static _Noreturn void child_main(const struct worker *w, int go, int out)
{
	struct pollfd parent = {.fd = go};
	sigset_t none;
	char word;
	int in = w->stdin_fd;

	if (read(go, &word, 1) != 1 || (w->request->rootless && become_root() < 0))
		_exit(EXIT_ISLE);
	/* After the change of ids, which would undo it; if the parent died before, the pipe has no other end. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || (poll(&parent, 1, 0) > 0 && (parent.revents & POLLHUP)))
		_exit(EXIT_ISLE);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (in < 0)
		in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
		_exit(EXIT_ISLE);
	/* What our caller left open is not the tool's; a kernel before 5.11 cannot, and it is only the neater way. */
	(void)!sys_close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	_exit(w->main(w->arg));
}

/* Waits for PID; its wait status. */
static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* The verdict on a wait STATUS. */
static int worker_verdict(const struct worker *w, int status, const struct lines *l, struct arena *a, struct err *e)
{
	if (status == 0)
		return 0;
	int r = err_set(e, 0, "%s", w->what);
	if (status > 0 && WIFSIGNALED(status))
		return err_why(e, "it was killed by signal %d", WTERMSIG(status));
	if (e)
		why_from_lines(l, a, e);
	return r;
}

int worker_run(const struct worker *w, struct arena *a, struct err *e)
{
	const struct root_request *q = w->request;
	struct lines lines = {0};
	int go[2], out[2], r = 0;

	if (pipe2(go, O_CLOEXEC) < 0)
		return err_set(e, errno, "make a pipe");
	auto_fd go_read = go[0], go_write = go[1];
	if (pipe2(out, O_CLOEXEC) < 0)
		return err_set(e, errno, "make a pipe");
	auto_fd out_read = out[0], out_write = out[1];

	pid_t pid = worker_fork(w);
	if (pid < 0) {
		err_set(e, errno, "%s: make a process in namespaces of its own", w->what);
		return -errno;
	}
	if (pid == 0) {
		fd_close(&go_write);
		child_main(w, go_read, out_write);
	}
	fd_close(&out_write);
	if (q->rootless)
		r = idmap_apply(pid, q->uid_map, q->gid_map, false, a, e);
	if (r < 0) {
		fd_close(&go_write); /* without the word, the child leaves */
		wait_for(pid);
		return err_context(e, "%s", w->what);
	}
	/* No SIGPIPE, even if the child is dead: we hold the other end too. */
	if (write(go_write, "g", 1) < 0)
		r = err_set(e, errno, "%s: start", w->what);
	output_read(out_read, &lines, w);
	int status = wait_for(pid);
	return r < 0 ? r : worker_verdict(w, status, &lines, a, e);
}
