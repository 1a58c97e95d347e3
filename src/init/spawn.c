/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isle-spawn: makes the process of an exec in a container whose root is the machine's.
 *
 * What stands in the container's pid namespace shows its file there, as /proc/PID/exe.  So that is not isle's, which
 * the container could write to (CVE-2019-5736), or take a lease on, and everybody's next start would wait for that
 * (fcntl(2), F_SETLEASE).  It is this one: a sealed file in memory, made for this exec alone.
 *
 * Should:  be small, for it is copied, executed and forked while the user waits: no stdio, no allocation.
 * Mustn't: be dumpable, nor leave a descriptor to the program that the go-between has not.
 */
#include "core/handshake.h"
#include "core/program.h"
#include "core/spawn_order.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_SET_MODE_FILTER
#define SECCOMP_SET_MODE_FILTER 1
#endif
#ifndef SECCOMP_FILTER_FLAG_NEW_LISTENER
#define SECCOMP_FILTER_FLAG_NEW_LISTENER (1U << 3)
#endif

static struct spawn_order order;

/* Sends SIZE bytes of P, with descriptor FD if that is one.  Whoever is to hear it may be gone. */
static void say(const struct hs_packet *p, size_t size, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	struct iovec data = {.iov_base = (void *)(uintptr_t)p, .iov_len = size};
	struct msghdr m = {.msg_iov = &data, .msg_iovlen = 1};

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
		m.msg_control = &control;
		m.msg_controllen = sizeof(control.room);
	}
	while (sendmsg(order.sock, &m, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static void say_word(enum hs_word word, int64_t value, int fd)
{
	const struct hs_packet p = {.word = word, .value = value};

	say(&p, offsetof(struct hs_packet, err), fd);
}

/* Tells that STAGE was refused with errno, for the program PATH. */
static _Noreturn void refused(enum spawn_stage stage, const char *path)
{
	struct hs_packet p = {
		.word = HS_REFUSED,
		.value = (int64_t)stage << 32 | errno,
		.err = {.code = (int)order.filter_n, .status = (int)order.filter_flags},
	};
	char *interpreter = p.err.why;

	memcpy(p.err.what, path, strnlen(path, sizeof(p.err.what) - 1));
	if (stage == SPAWN_EXECUTE && errno == ENOENT) {
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		/* The first line of a script; the host side finds the word in it. */
		if (fd >= 0 && read(fd, interpreter, sizeof(p.err.why) - 1) < 0)
			interpreter[0] = '\0';
	}
	say(&p, sizeof(p), -1);
	_exit(EXIT_ISLE);
}

/* A session of its own, so no terminal of the caller's is the program's controlling one; with the terminal, if any. */
static void begin_session(const char *path)
{
	/* A filter that is loaded already may forbid it. */
	if (setsid() < 0 && (errno != EPERM || order.terminal >= 0))
		refused(SPAWN_SESSION, path);
	if (order.terminal < 0)
		return;
	if (ioctl(order.terminal, TIOCSCTTY, 0) < 0)
		refused(SPAWN_TERMINAL, path);
	for (int fd = 0; fd <= 2; fd++)
		/* dup2 of a descriptor onto itself would leave close-on-exec set. */
		if ((fd == order.terminal ? fcntl(fd, F_SETFD, 0) : dup2(order.terminal, fd)) < 0)
			refused(SPAWN_TERMINAL, path);
}

static void load_filter(const char *path)
{
	struct sock_fprog program = {.len = (unsigned short)order.filter_n, .filter = order.filter};
	long r = order.filter_n ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, order.filter_flags, &program) : 0;

	/* An outer sandbox may refuse the call and allow the older way, which knows no flags. */
	if (r < 0 && !order.filter_flags && (errno == ENOSYS || errno == EPERM))
		r = prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, &program, 0, 0);
	if (r < 0)
		refused(SPAWN_FILTER, path);
	if (order.filter_n && order.filter_flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
		say_word(HS_LISTENER, 0, (int)r);
}

/* Puts the program's pid behind the "=" of the word that is to tell it (sd_listen_fds(3)). */
static void tell_pid(char *word)
{
	char digits[16];
	size_t n = 0;
	char *to = strchr(word, '=') + 1;

	for (pid_t pid = getpid(); pid > 0; pid /= 10)
		digits[n++] = (char)('0' + pid % 10);
	while (n > 0)
		*to++ = digits[--n];
	*to = '\0';
}

/* What the program's process does. */
static _Noreturn void become(const char *path, char **argv)
{
	begin_session(path);
	if (order.tied && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		refused(SPAWN_TIE, path);
	/* Only here, in the container's pid namespace, a path through /proc/self means what it says. */
	errno = program_check(path);
	if (errno)
		refused(SPAWN_FIND, path);
	if (order.listen_pid >= 0)
		tell_pid(environ[order.listen_pid]);
	load_filter(path);
	sigprocmask(SIG_SETMASK, &order.signals, NULL);
	execve(path, argv, environ);
	refused(SPAWN_EXECUTE, path);
}

/* Reads the order behind the program in its file FD. */
static bool read_order(int fd)
{
	const size_t head = offsetof(struct spawn_order, filter);
	const size_t size = sizeof(order.filter[0]);

	/* read(2) is what filters allow, if any is loaded yet. */
	return lseek(fd, SPAWN_ORDER_AT, SEEK_SET) == SPAWN_ORDER_AT && read(fd, &order, head) == (ssize_t)head &&
	       order.filter_n <= BPF_MAXINSNS &&
	       (order.filter_n == 0 ||
		read(fd, order.filter, order.filter_n * size) == (ssize_t)(order.filter_n * size));
}

/* The number of a descriptor in WORD; -1: it is none. */
static int descriptor(const char *word)
{
	int fd = 0;

	for (; *word >= '0' && *word <= '9' && fd < 1 << 24; word++)
		fd = 10 * fd + (*word - '0');
	return *word ? -1 : fd;
}

int main(int argc, char **argv)
{
	int fd = argc > 3 ? descriptor(argv[1]) : -1;

	/* Before there is a process that the container can see. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || fd < 0 || !read_order(fd))
		return EXIT_ISLE;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(order.sock, F_SETFD, FD_CLOEXEC);
	if (order.terminal >= 0)
		fcntl(order.terminal, F_SETFD, FD_CLOEXEC);
	/* CLONE_PARENT: the host side is its parent and reaps it. */
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0)
		become(argv[2], argv + 3);
	if (pid < 0)
		refused(SPAWN_CLONE, argv[2]);
	say_word(HS_READY, pid, -1);
	return 0;
}
