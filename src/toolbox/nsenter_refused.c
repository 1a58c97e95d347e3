/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why setns(2) refused: the kernel says no more than a number, and the facts around it tell the rest. */
#include "core/sys.h"
#include "toolbox/nsenter_priv.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* Whether we have CAP_SYS_ADMIN in our own user namespace. */
static bool is_admin(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct now[2] = {0};

	return syscall(SYS_capget, &head, now) == 0 && now[0].effective & 1U << CAP_SYS_ADMIN;
}

/* Whether a filter of system calls is on us. */
static bool is_filtered(struct arena *a)
{
	char *text;

	return file_read(AT_FDCWD, "/proc/self/status", a, 1 << 20, &text, NULL, NULL) == 0 &&
	       strstr(text, "\nSeccomp:\t2");
}

/* What each number means at a kind of namespace, where it means one thing only. */
static const struct {
	int code, kind; /* kind -1: any */
	const char *why, *cure;
} meanings[] = {
	{EINVAL, NS_USER, "it is the one that we are in, and the kernel lets nobody enter that again",
	 "leave --user out"},
	{EINVAL, NS_PID, "it is not below our own pid namespace: only descendants can be entered",
	 "call it from a pid namespace above"},
	{EINVAL, NS_MNT, "our root and working directory are shared with another process (CLONE_FS)", NULL},
	{EUSERS, NS_TIME, "a time namespace is entered by a process of one thread only", NULL},
	{ESRCH, -1, "the process has ended", NULL},
	{ENOSYS, -1, "the kernel, or a filter of system calls, has no setns(2)", NULL},
};

/* Opens the namespace of KIND for a look: FD, or the target's file. */
static int open_for_look(struct nsenter *n, enum ns_kind kind, int fd)
{
	char file[16];
	int r;

	if (fd >= 0)
		return fcntl(fd, F_DUPFD_CLOEXEC, 3);
	snprintf(file, sizeof(file), "ns/%s", ns_facts[kind].proc);
	if (n->target.pidfd < 0 || target_file(&n->target, file, O_RDONLY, &r, NULL) < 0)
		return FD_NONE;
	return r;
}

/* Whether the user namespace FD is the one that we are in. */
static bool is_our_user_ns(int fd)
{
	struct stat ours, its;

	return stat("/proc/self/ns/user", &ours) == 0 && fstat(fd, &its) == 0 && ours.st_ino == its.st_ino;
}

/* Why we have no right over the namespace FD of KIND: whose it is. */
static int explain_owner(struct nsenter *n, enum ns_kind kind, int fd, struct err *e)
{
	auto_fd owner = kind == NS_USER ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : ioctl(fd, NS_GET_USERNS);
	uid_t uid = 0;

	if (owner < 0 && n->enters[NS_USER]) {
		err_why(e, "it belongs to a user namespace above the one that is entered, where we lack CAP_SYS_ADMIN");
		return err_cure(e, "leave --%s out: it may be ours already; or be root", ns_facts[kind].shell);
	}
	if (owner < 0) {
		err_why(e, "it belongs to a user namespace that is neither ours nor below ours");
		return err_cure(e, "call it from the user namespace that owns it, or from one above");
	}
	if (kind != NS_USER && is_our_user_ns(owner)) {
		err_why(e, "it belongs to our user namespace, where we lack %s",
			is_admin() && kind == NS_MNT ? "CAP_SYS_CHROOT" : "CAP_SYS_ADMIN");
		return err_cure(e, "be root");
	}
	if (ioctl(owner, NS_GET_OWNER_UID, &uid) < 0)
		return err_why(e, "it takes CAP_SYS_ADMIN in the user namespace that owns it");
	err_why(e, "it belongs to a user namespace of uid %u, where we lack CAP_SYS_ADMIN", (unsigned int)uid);
	if (n->enters[NS_USER])
		return err_cure(e, "be uid %u, or root above it", (unsigned int)uid);
	return err_cure(e, "enter that user namespace, too: --user");
}

int nsenter_refused(struct nsenter *n, enum ns_kind kind, int fd, int code, struct err *e)
{
	const char *word = ns_facts[kind].oci;

	if (fd < 0 && n->target.pid)
		err_set(e, code, "enter the %s namespace of process %d", word, (int)n->target.pid);
	else
		err_set(e, code, "enter the %s namespace", word);
	if (!ns_exists(kind))
		return err_why(e, "this kernel has none, or /proc is not mounted");
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
		if (meanings[i].code == code && (meanings[i].kind < 0 || meanings[i].kind == (int)kind)) {
			err_why(e, "%s", meanings[i].why);
			return meanings[i].cure ? err_cure(e, "%s", meanings[i].cure) : -code;
		}
	if (code != EPERM)
		return -code;
	auto_fd look = open_for_look(n, kind, fd);
	if (is_filtered(n->arena) && is_admin())
		return err_why(e, "a filter of system calls (seccomp) is on us, which may refuse setns(2)");
	if (look < 0) {
		err_why(e, "the process is another user's, has capabilities that we lack, or is not dumpable");
		return err_cure(e, "be root, or have CAP_SYS_PTRACE in its user namespace");
	}
	return explain_owner(n, kind, look, e);
}
