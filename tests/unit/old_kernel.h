/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plays an older kernel to a process: overlayfs that refuses what it did not take then (seccomp_unotify(2)).
 *
 * Each fsconfig(2) of the process and its children is shown to us before it is done, and we answer EINVAL in the
 * kernel's name or let it pass.  A layer is detached when its mount is not in the caller's mountinfo.
 */
#ifndef ISLE_TESTS_OLD_KERNEL_H
#define ISLE_TESTS_OLD_KERNEL_H

#include "core/handshake.h"
#include "core/sys.h"
#include "jail.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

enum old_kernel {
	LINUX_6_12, /* no layers by descriptor, and none that are detached */
	LINUX_6_4,  /* nor "lowerdir+": all lower layers in one string */
};

/* Reads the string at ADDRESS of process PID into BUF, which is full of zeroes. */
static inline void remote_string(pid_t pid, uint64_t address, char *buf, size_t size)
{
	/* To the end of the page first: there may be nothing behind it. */
	size_t first = MIN(size - 1, 4096 - address % 4096), used = 0;

	for (size_t want = first; used < size - 1; want = MIN(size - 1 - used, (size_t)4096)) {
		struct iovec here = {buf + used, want}, there = {(void *)(uintptr_t)(address + used), want};

		if (process_vm_readv(pid, &here, 1, &there, 1, 0) != (ssize_t)want || memchr(buf + used, '\0', want))
			break;
		used += want;
	}
	buf[size - 1] = '\0';
}

/* Whether descriptor FD of process PID is on a mount that the process can see. */
static inline bool is_attached(pid_t pid, int fd)
{
	char path[64], line[32];
	static char text[65536];
	int id;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid, fd);
	const char *info = strstr(text_of(path), "mnt_id:");
	assert_non_null(info);
	assert_int_equal(sscanf(info, "mnt_id: %d", &id), 1);
	snprintf(line, sizeof(line), "\n%d ", id);
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pid);
	auto_fd mounts = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 1;
	text[0] = '\n';
	for (ssize_t n; (n = read(mounts, text + used, sizeof(text) - used - 1)) > 0;)
		used += (size_t)n;
	text[used] = '\0';
	return strstr(text, line);
}

/* Whether the older kernel would refuse this fsconfig(2). */
static inline bool old_kernel_refuses(enum old_kernel age, const struct seccomp_notif *call)
{
	static const char dir[] = "/proc/self/fd/";
	char key[64] = "", value[8192] = "";
	pid_t pid = (pid_t)call->pid;
	uint64_t command = call->data.args[1];
	bool refused = false;
	int fd, at;

	if (command != FSCONFIG_SET_STRING && command != FSCONFIG_SET_FD)
		return false;
	remote_string(pid, call->data.args[2], key, sizeof(key));
	if (strncmp(key, "lowerdir", 8) != 0 && strcmp(key, "upperdir") != 0 && strcmp(key, "workdir") != 0)
		return false;
	if (command == FSCONFIG_SET_FD || (age == LINUX_6_4 && strcmp(key, "lowerdir+") == 0))
		return true;
	/* "/proc/self/fd/5", or several that way or as "5:6", by a process that works in there. */
	remote_string(pid, call->data.args[3], value, sizeof(value));
	for (const char *p = value; *p && !refused; p += at + (p[at] == ':')) {
		p += strncmp(p, dir, sizeof(dir) - 1) == 0 ? sizeof(dir) - 1 : 0;
		if (sscanf(p, "%d%n", &fd, &at) != 1)
			fail_msg("%s=%s names no descriptors", key, value);
		refused = !is_attached(pid, fd);
	}
	return refused;
}

/* Runs FN(ARG) in a child as on the older kernel; the test fails when it does, or when nothing was ever refused. */
static inline void on_old_kernel(enum old_kernel age, jail_fn *fn, void *arg)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsconfig, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = ARRAY_LEN(code), .filter = code};
	int refused = 0, ours, theirs;
	struct err e = {0};
	struct hs_msg m;

	must(hs_pair(&ours, &theirs, &e), &e);
	pid_t pid = child_start();
	if (pid == 0) {
		int listener =
			(int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);

		must_call(listener);
		must(hs_send(theirs, HS_GO, &listener, 1, &e), &e);
		close(listener);
		close(ours);
		close(theirs);
		fn(arg);
		_exit(0);
	}
	close(theirs);
	must(hs_expect(ours, HS_GO, &m, &e), &e);
	for (struct pollfd p = {.fd = m.fds[0], .events = POLLIN}; poll(&p, 1, 20000) > 0 && !(p.revents & POLLHUP);) {
		struct seccomp_notif call = {0};
		struct seccomp_notif_resp answer = {.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};

		if (ioctl(m.fds[0], SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
			continue;
		answer.id = call.id;
		if (old_kernel_refuses(age, &call)) {
			answer.flags = 0;
			answer.error = -EINVAL;
			refused++;
		}
		ioctl(m.fds[0], SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
	close(m.fds[0]);
	close(ours);
	assert_int_equal(child_end(pid), 0);
	assert_true(refused > 0);
}

#endif
