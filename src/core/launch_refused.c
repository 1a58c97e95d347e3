/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel refuses a container its namespaces: what a look at the machine's switches tells. */
#include "core/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Switches that forbid plain users a user namespace, the value that forbids, and what to set instead. */
static const struct {
	const char *file, *forbids, *cure;
} switches[] = {
	{"/proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"},
	{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
	 "kernel.apparmor_restrict_unprivileged_userns=0"},
};

/* Whether the one word in FILE is WORD. */
static bool file_says(const struct launch *l, const char *file, const char *word)
{
	char *text;

	if (file_read(AT_FDCWD, file, l->arena, 64, &text, NULL, NULL) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, word) == 0;
}

/* The kernel allows no more namespaces: of which kind, if it allows none at all. */
static int too_many(const struct launch *l, struct err *e)
{
	char file[64];

	for (int k = 0; k < NS_KIND_COUNT; k++) {
		const char *kind = ns_facts[k].proc;

		snprintf(file, sizeof(file), "/proc/sys/user/max_%s_namespaces", kind);
		if (!launch_new_ns(l, (enum ns_kind)k) || !file_says(l, file, "0"))
			continue;
		err_why(e, "this machine allows no %s namespaces", ns_facts[k].oci);
		return err_cure(e, "as root: sysctl user.max_%s_namespaces=10000", kind);
	}
	err_why(e, "there are as many namespaces as the machine allows, or they are nested too deep");
	return err_cure(e, "raise the limits in /proc/sys/user/max_*_namespaces");
}

int launch_refused(const struct launch *l, int code, struct err *e)
{
	if (code == ENOSPC || code == EUSERS)
		return too_many(l, e);
	if (code == EAGAIN)
		return err_why(e, "the limit on processes (ulimit -u, or the pids cgroup) is reached");
	for (int k = 0; code == EINVAL && k < NS_KIND_COUNT; k++)
		if (launch_new_ns(l, (enum ns_kind)k) && !ns_exists((enum ns_kind)k))
			return err_why(e, "this kernel was built without %s namespaces", ns_facts[k].oci);
	if ((code != EPERM && code != EACCES) || !launch_new_ns(l, NS_USER))
		return -code;
	for (size_t i = 0; l->rootless && i < ARRAY_LEN(switches); i++) {
		if (!file_says(l, switches[i].file, switches[i].forbids))
			continue;
		err_why(e, "this machine forbids plain users to make user namespaces");
		return err_cure(e, "as root: sysctl %s", switches[i].cure);
	}
	return err_why(e, "user namespaces are not allowed here: by a seccomp filter, a security module, or a chroot");
}
