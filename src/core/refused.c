/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel refuses new namespaces: see refused.h. */
#include "core/refused.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Switches that forbid plain users a user namespace, the value that forbids, and what to set instead. */
static const struct {
	const char *file, *forbids, *cure;
} switches[] = {
	{"/proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"},
	{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
	 "kernel.apparmor_restrict_unprivileged_userns=0"},
};

/* The first line of FILE; "" where it can't be read. */
static char *first_line(const char *file, struct arena *a)
{
	char *text;

	if (file_read(AT_FDCWD, file, a, 4096, &text, NULL, NULL) < 0)
		return arena_strdup(a, "");
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* The value of the line "KEY:" of /proc/self/status; "" if there is none. */
static char *status_value(const char *key, struct arena *a)
{
	char *text, *line;

	if (file_read(AT_FDCWD, "/proc/self/status", a, 65536, &text, NULL, NULL) < 0)
		return arena_strdup(a, "");
	line = strstr(text, arena_printf(a, "\n%s:", key));
	if (!line)
		return arena_strdup(a, "");
	line += strlen(key) + 2;
	line += strspn(line, "\t ");
	line[strcspn(line, "\n")] = '\0';
	return line;
}

/* The kernel allows no more namespaces: of which kind, if it allows none at all. */
static int too_many(unsigned int flags, struct arena *a, struct err *e)
{
	char file[64];

	for (int k = 0; k < NS_KIND_COUNT; k++) {
		const char *kind = ns_facts[k].proc;

		snprintf(file, sizeof(file), "/proc/sys/user/max_%s_namespaces", kind);
		if (!(flags & (unsigned int)ns_facts[k].flag) || strcmp(first_line(file, a), "0") != 0)
			continue;
		err_why(e, "this machine allows no %s namespaces", ns_facts[k].oci);
		return err_cure(e, "as root: sysctl user.max_%s_namespaces=10000", kind);
	}
	err_why(e, "there are as many namespaces as the machine allows, or they are nested too deep");
	return err_cure(e, "raise the limits in /proc/sys/user/max_*_namespaces");
}

/* A switch of the machine forbids it to plain users; 0 if none does. */
static int switched_off(struct arena *a, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		if (strcmp(first_line(switches[i].file, a), switches[i].forbids) != 0)
			continue;
		err_why(e, "this machine forbids plain users to make user namespaces");
		return err_cure(e, "as root: sysctl %s", switches[i].cure);
	}
	return 0;
}

/* An AppArmor profile confines this process; 0 if none does. */
static int confined(struct arena *a, struct err *e)
{
	const char *profile = first_line("/proc/self/attr/apparmor/current", a);

	if (!*profile || strncmp(profile, "unconfined", 10) == 0)
		return 0;
	err_why(e, "the AppArmor profile \"%s\" confines this process", profile);
	return err_cure(e, "as root: add the rule \"userns,\" to that profile");
}

/* The last guess: a security module, SELinux if that is there. */
static int some_module(struct arena *a, struct err *e)
{
	if (strcmp(first_line("/sys/fs/selinux/enforce", a), "1") != 0)
		return err_why(e, "a security module of this machine does not allow user namespaces");
	err_why(e, "SELinux is enforcing, and this process is %s", first_line("/proc/self/attr/current", a));
	return err_cure(e, "look for user_namespace in the audit log: ausearch -m avc");
}

/* A filter of system calls is active, as in most containers; 0 if not. */
static int filtered(struct arena *a, struct err *e)
{
	if (strcmp(status_value("Seccomp", a), "2") != 0)
		return 0;
	err_why(e, "a seccomp filter is active here, as it is in containers and sandboxes");
	return err_cure(e, "start it outside, or with a filter that allows unshare, clone and clone3");
}

/* Whether this process' root is no mount of its own, which is what chroot(2) leaves behind. */
static bool in_chroot(struct arena *a)
{
	char *text, *line, *save = NULL;

	if (file_read(AT_FDCWD, "/proc/self/mountinfo", a, 16 << 20, &text, NULL, NULL) < 0)
		return false;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *p = line; /* id parent major:minor root MOUNT-POINT */

		for (int field = 0; p && field < 4; field++)
			p = (p = strchr(p, ' ')) ? p + 1 : NULL;
		if (p && p[0] == '/' && p[1] == ' ')
			return false;
	}
	return true;
}

/* Whether ID has a line in FILE, a map of this user namespace. */
static bool is_mapped(const char *file, unsigned long id, struct arena *a)
{
	char *text, *line, *save = NULL;

	if (file_read(AT_FDCWD, file, a, 65536, &text, NULL, NULL) < 0)
		return true;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned long first, count;

		if (sscanf(line, "%lu %*u %lu", &first, &count) == 2 && id >= first && id - first < count)
			return true;
	}
	return false;
}

/* What no user may do, root neither: a chroot, and an id that the user namespace does not know; 0 if it is neither. */
static int misplaced(struct arena *a, struct err *e)
{
	if (in_chroot(a)) {
		err_why(e, "this process lives in a chroot, where no user namespace can be made");
		return err_cure(e, "enter that directory with pivot_root(8) instead of chroot(8)");
	}
	if (!is_mapped("/proc/self/uid_map", geteuid(), a) || !is_mapped("/proc/self/gid_map", getegid(), a)) {
		err_why(e, "user %u or group %u has no id in this user namespace", geteuid(), getegid());
		return err_cure(e, "see /proc/self/uid_map and /proc/self/gid_map");
	}
	return 0;
}

/* Without a user namespace: only who may administrate this one makes namespaces of the other kinds. */
static int unprivileged(bool plain, struct arena *a, struct err *e)
{
	int r;

	if (plain) {
		err_why(e, "a plain user makes them only together with a user namespace that owns them");
		return err_cure(e, "add --user, or --map-root-user");
	}
	r = filtered(a, e);
	if (r < 0)
		return r;
	err_why(e, "this root has no CAP_SYS_ADMIN; its capabilities are %s", status_value("CapEff", a));
	return err_cure(e, "add a user namespace of its own: --user");
}

int ns_refused(unsigned int flags, int code, bool plain, struct arena *a, struct err *e)
{
	int r;

	if (!e)
		return -code;
	if (code == ENOSPC || code == EUSERS)
		return too_many(flags, a, e);
	if (code == EAGAIN)
		return err_why(e, "the limit on processes (ulimit -u, or the pids cgroup) is reached");
	for (int k = 0; code == EINVAL && k < NS_KIND_COUNT; k++)
		if (flags & (unsigned int)ns_facts[k].flag && !ns_exists((enum ns_kind)k))
			return err_why(e, "this kernel was built without %s namespaces", ns_facts[k].oci);
	if (code == ENOSYS)
		return filtered(a, e) < 0 ? -code : err_why(e, "this kernel has no such system call");
	if (code != EPERM && code != EACCES)
		return -code;
	if (!(flags & CLONE_NEWUSER))
		return unprivileged(plain, a, e);
	r = plain ? switched_off(a, e) : 0;
	r = r < 0 ? r : misplaced(a, e);
	r = r < 0 ? r : confined(a, e);
	r = r < 0 ? r : filtered(a, e);
	return r < 0 ? r : some_module(a, e);
}

int map_refused(int code, bool plain, struct arena *a, struct err *e)
{
	if (!e || code != EPERM || !plain)
		return -code;
	if (switched_off(a, e) == 0)
		(void)confined(a, e);
	return -code;
}
