/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process that a tool follows into its namespaces: see target.h. */
#include "toolbox/target.h"

#include "base/parse.h"
#include "core/sys.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#ifndef PID_FS_MAGIC /* 6.9 */
#define PID_FS_MAGIC 0x50494446
#endif
#ifndef SELINUX_MAGIC
#define SELINUX_MAGIC 0xf97cff8c
#endif

enum {
	ENVIRON_MAX = 64 << 20, /* far more than execve(2) takes */
	STATUS_MAX = 1 << 20,	/* a process may have 65536 groups */
	CONTEXT_MAX = 4096,
};

int target_parse(const char *text, struct target_name *ret, struct err *e)
{
	const char *p = text;
	uint64_t pid, inode = 0;
	bool good = take_u64(&p, INT_MAX, &pid) && pid > 0;

	if (good && take_char(&p, ':'))
		good = take_u64(&p, UINT64_MAX, &inode) && inode > 0;
	if (!good || *p) {
		err_set(e, 0, "\"%s\" names no process", text);
		return err_cure(e, "give its PID, or PID:INODE as getino(1) prints it");
	}
	*ret = (struct target_name){.pid = (pid_t)pid, .inode = inode};
	return 0;
}

/* Whether the process of PIDFD is there still, if only to be reaped. */
static bool is_there(int pidfd)
{
	return sys_pidfd_send_signal(pidfd, 0, NULL, 0) == 0 || errno != ESRCH;
}

/* Refuses a process whose pidfd has not the inode number that was asked for. */
static int check_inode(int pidfd, const struct target_name *name, struct err *e)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(pidfd, &fs) < 0 || fstat(pidfd, &st) < 0)
		return err_set(e, errno, "identify process %d", (int)name->pid);
	if ((unsigned long)fs.f_type != PID_FS_MAGIC) {
		err_set(e, EOPNOTSUPP, "identify process %d by its inode number", (int)name->pid);
		return err_why(e, "that takes Linux 6.9 or later");
	}
	if (st.st_ino == name->inode)
		return 0;
	err_set(e, ESRCH, "find process %d with the inode number %llu", (int)name->pid,
		(unsigned long long)name->inode);
	return err_why(e, "it has ended, and another process has its number now");
}

int target_open(struct target *t, const struct target_name *name, struct err *e)
{
	auto_fd fd = sys_pidfd_open(name->pid, 0);

	if (fd < 0 && (errno == EINVAL || errno == ENOENT)) /* a thread has namespaces of its own, too */
		fd = sys_pidfd_open(name->pid, PIDFD_OF_THREAD);
	t->pid = name->pid;
	if (fd < 0 && errno == EINVAL && !name->inode)
		return target_look(t, e);
	if (fd < 0) {
		int code = errno;

		err_set(e, code, "find process %d", (int)name->pid);
		return code == EINVAL ? err_why(e, "it is a thread, which has no inode number before Linux 6.9")
				      : -code;
	}
	int r = name->inode ? check_inode(fd, name, e) : 0;
	if (r < 0)
		return r;
	t->pidfd = fd_take(&fd);
	return 0;
}

int target_look(struct target *t, struct err *e)
{
	char path[32];

	if (t->proc_fd >= 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d", (int)t->pid);
	auto_fd fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "open %s", path);
	if (t->pidfd >= 0 && !is_there(t->pidfd)) /* then the directory may be another's */
		return err_set(e, ESRCH, "look at process %d: it has ended", (int)t->pid);
	t->proc_fd = fd_take(&fd);
	return 0;
}

int target_file(struct target *t, const char *file, int flags, int *ret_fd, struct err *e)
{
	int r = target_look(t, e);

	if (r < 0)
		return r;
	*ret_fd = openat(t->proc_fd, file, flags | O_CLOEXEC);
	if (*ret_fd >= 0)
		return 0;
	int code = errno;
	err_set(e, code, "open /proc/%d/%s", (int)t->pid, file);
	if (code != EACCES && code != EPERM)
		return -code;
	err_why(e, "the process is another user's, has capabilities that we lack, or is not dumpable");
	return err_cure(e, "be root, or have CAP_SYS_PTRACE in its user namespace");
}

/* Reads all of FILE of its directory in /proc, at most MAX bytes. */
static int read_file(struct target *t, const char *file, size_t max, struct arena *a, char **ret_text, size_t *ret_size,
		     struct err *e)
{
	auto_fd fd = FD_NONE;
	int r = target_file(t, file, O_RDONLY, &fd, e);

	return r < 0 ? r : fd_read_all(fd, a, max, ret_text, ret_size, e);
}

int target_environ(struct target *t, struct arena *a, char ***ret, struct err *e)
{
	struct strs list = {0};
	char *text;
	size_t size;

	if (read_file(t, "environ", ENVIRON_MAX, a, &text, &size, e) < 0)
		return err_context(e, "environment of process %d", (int)t->pid);
	for (char *p = text; p < text + size; p += strlen(p) + 1)
		strs_take(&list, a, p);
	*ret = list.n ? list.v : arena_new(a, char *, 1);
	return 0;
}

bool target_status_id(const char *status, const char *key, uint32_t *ret)
{
	const char *line = strstr(status, key);
	uint64_t id;

	/* The name stands in the first line, and the kernel escapes a newline in it. */
	while (line && line > status && line[-1] != '\n')
		line = strstr(line + 1, key);
	if (!line)
		return false;
	line += strlen(key);
	if (!take_char(&line, '\t') || !take_u64(&line, UINT32_MAX, &id) || !take_char(&line, '\t') ||
	    !take_u64(&line, UINT32_MAX, &id))
		return false;
	*ret = (uint32_t)id;
	return true;
}

int target_ids(struct target *t, struct arena *a, uint32_t *ret_uid, uint32_t *ret_gid, struct err *e)
{
	char *text;

	/* Opened now, and not earlier: the ids are numbered for the user namespace of whoever opened it. */
	if (read_file(t, "status", STATUS_MAX, a, &text, NULL, e) < 0)
		return err_context(e, "ids of process %d", (int)t->pid);
	if (!target_status_id(text, "Uid:", ret_uid) || !target_status_id(text, "Gid:", ret_gid))
		return err_set(e, EPROTO, "find the ids in /proc/%d/status", (int)t->pid);
	return 0;
}

int target_context(struct target *t, struct arena *a, struct err *e)
{
	struct statfs fs;
	char *context;

	if (statfs("/sys/fs/selinux", &fs) < 0 || (uint32_t)fs.f_type != SELINUX_MAGIC) {
		err_set(e, EOPNOTSUPP, "follow the SELinux context of process %d", (int)t->pid);
		return err_why(e, "there is no SELinux here");
	}
	if (read_file(t, "attr/current", CONTEXT_MAX, a, &context, NULL, e) < 0 ||
	    file_write(AT_FDCWD, "/proc/thread-self/attr/exec", context, e) < 0)
		return err_context(e, "SELinux context of process %d", (int)t->pid);
	return 0;
}

void target_release(struct target *t)
{
	fd_close(&t->pidfd);
	fd_close(&t->proc_fd);
}
