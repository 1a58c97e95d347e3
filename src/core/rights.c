/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking on a container's rights: see rights.h. */
#include "core/rights.h"

#include "base/fd.h"
#include "core/sys.h"

#include "core/caps_names.h"
#include "core/rlimit_names.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { GROUPS_MAX = 65536 };

int rights_limits(const struct spec_process *p, struct err *e)
{
	for (size_t i = 0; i < p->rlimits.n; i++) {
		const struct spec_rlimit *l = &p->rlimits.v[i];
		struct rlimit r = {.rlim_cur = l->soft, .rlim_max = l->hard};

		if (setrlimit(l->resource, &r) < 0) {
			int code = errno;

			err_set(e, code, "set the limit %s to %llu:%llu", rlimit_name(l->resource),
				(unsigned long long)l->soft, (unsigned long long)l->hard);
			return code == EPERM
				       ? err_cure(e, "ask for no more than the caller's own hard limit (ulimit -H)")
				       : -code;
		}
	}
	return 0;
}

/* Writes TEXT into the first of the attribute files that exists. */
static int attr_write(int proc_fd, const char *const *files, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++) {
		auto_fd fd = openat(proc_fd, files[i], O_WRONLY | O_CLOEXEC);

		if (fd >= 0)
			return write(fd, text, strlen(text)) < 0 ? -errno : 0;
	}
	return -ENOENT;
}

/* The error of a label that the kernel did not take. */
static int label_error(const char *label, int code, struct err *e)
{
	err_set(e, code, "give the program the SELinux label %s", label);
	return err_why(e, "the kernel has no SELinux, or its policy does not know or allow the label");
}

int rights_key_label(const struct spec_process *p, int proc_fd, struct err *e)
{
	static const char *const keys[] = {"thread-self/attr/keycreate"};
	int r = p->selinux_label ? attr_write(proc_fd, keys, ARRAY_LEN(keys), p->selinux_label) : 0;

	return r < 0 && r != -ENOENT ? label_error(p->selinux_label, -r, e) : 0;
}

int rights_keyring(const char *name, struct err *e)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name) >= 0 || errno == ENOSYS)
		return 0;
	int code = errno;
	err_set(e, code, "make a session keyring");
	return code == EDQUOT ? err_cure(e, "raise kernel.keys.maxkeys") : -code;
}

int rights_bounds(const struct spec_process *p, struct err *e)
{
	for (int cap = 0; cap <= 63 && p->caps.has; cap++) {
		if (p->caps.bounding >> cap & 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			if (errno == EINVAL) /* past the kernel's last capability */
				return 0;
			return err_set(e, errno, "drop %s from the bounding set", cap_name(cap));
		}
	}
	return 0;
}

uint64_t rights_caps_trim(struct spec_caps *c)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct now[2];
	const struct spec_caps asked = *c;

	if (!c->has || syscall(SYS_capget, &head, now) < 0)
		return 0;
	uint64_t mine = now[1].permitted, all = (1ULL << CAP_COUNT) - 1;
	mine = mine << 32 | now[0].permitted;
	/* A bounding set is only ever made smaller: what is in it and in nothing else does no harm. */
	for (int cap = 0; cap < CAP_COUNT; cap++)
		if (c->bounding >> cap & 1 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 1)
			c->bounding &= ~(1ULL << cap);
	c->permitted &= mine;
	c->effective &= c->permitted;
	c->inheritable &= mine & c->bounding;
	c->ambient &= c->permitted & c->inheritable;
	/* Ambient without inheritable is nothing to warn of: older runc's own example of a config.json has it. */
	return ((asked.bounding & ~c->bounding) | (asked.permitted & ~c->permitted) |
		(asked.effective & ~c->effective) | (asked.inheritable & ~c->inheritable) |
		(asked.ambient & asked.inheritable & ~c->ambient)) &
	       all;
}

/* Sets the permitted, effective and inheritable sets, then raises the ambient one. */
static int sets_set(const struct spec_caps *c, struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct now[2], want[2];

	if (syscall(SYS_capget, &head, now) < 0)
		return err_set(e, errno, "read my capabilities");
	for (int i = 0; i < 2; i++) {
		/* What the caller itself lacks can't be given; the compose stage has warned about it. */
		want[i].permitted = (uint32_t)(c->permitted >> (32 * i)) & now[i].permitted;
		want[i].effective = (uint32_t)(c->effective >> (32 * i)) & want[i].permitted;
		want[i].inheritable = (uint32_t)(c->inheritable >> (32 * i)) & now[i].permitted;
	}
	if (syscall(SYS_capset, &head, want) < 0)
		return err_set(e, errno, "set the capabilities");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return err_set(e, errno, "clear the ambient capabilities");
	for (int cap = 0; cap <= 63; cap++)
		if ((c->ambient >> cap & 1) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return err_set(e, errno, "raise %s in the ambient set", cap_name(cap));
	return 0;
}

/* Whether setgroups(2) is denied here, as it is in a user namespace whose maker mapped only itself. */
static bool groups_denied(int proc_fd)
{
	char text[16] = "";
	auto_fd fd = openat(proc_fd, "self/setgroups", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && strncmp(text, "deny", 4) == 0;
}

/* The supplementary groups: exactly those of the user; nothing of the caller's stays. */
static int groups_set(const struct spec_user *u, int proc_fd, struct err *e)
{
	gid_t list[64];

	if (proc_fd >= 0 && u->additional_gids.n == 0 && groups_denied(proc_fd))
		return 0;
	if (u->additional_gids.n > GROUPS_MAX)
		return err_set(e, 0, "%zu supplementary groups are more than the kernel's %d", u->additional_gids.n,
			       GROUPS_MAX);
	if (u->additional_gids.n <= ARRAY_LEN(list)) {
		for (size_t i = 0; i < u->additional_gids.n; i++)
			list[i] = u->additional_gids.v[i];
		if (sys_setgroups(u->additional_gids.n, list) == 0)
			return 0;
	} else if (sys_setgroups(u->additional_gids.n, u->additional_gids.v) == 0) {
		return 0;
	}
	int code = errno;
	err_set(e, code, "set the supplementary groups");
	if (code == EINVAL)
		return err_why(e, "one of them is not mapped into the container");
	return code == EPERM ? err_why(e, "a container with one mapped id can't change groups") : -code;
}

/* EINVAL from a change of ids means an unmapped id. */
static int id_error(const char *what, uint32_t id, struct err *e)
{
	int code = errno;

	err_set(e, code, "become %s %u", what, id);
	if (code == EINVAL) {
		err_why(e, "that id is not mapped into the container");
		return err_cure(e,
				"give the caller more ids in /etc/subuid and /etc/subgid, or use an id that is mapped");
	}
	return -code;
}

int rights_user(const struct spec_process *p, int proc_fd, struct err *e)
{
	const struct spec_user *u = &p->user;
	int r = groups_set(u, proc_fd, e);

	if (r < 0)
		return r;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_set(e, errno, "keep capabilities over the change of user");
	if (sys_setresgid(u->gid, u->gid, u->gid) < 0)
		return id_error("group", u->gid, e);
	if (sys_setresuid(u->uid, u->uid, u->uid) < 0)
		return id_error("user", u->uid, e);
	r = p->caps.has ? sets_set(&p->caps, e) : 0;
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0 && r == 0)
		return err_set(e, errno, "keep capabilities no longer");
	return r;
}

void rights_umask(const struct spec_process *p, mode_t absent)
{
	umask(p->user.umask.has ? (mode_t)(p->user.umask.v & 0777) : absent);
}

int rights_lsm(const struct spec_process *p, int proc_fd, struct err *e)
{
	static const char *const apparmor[] = {"thread-self/attr/apparmor/exec"};
	static const char *const selinux[] = {"thread-self/attr/exec"};
	char text[512];
	int r;

	if (p->apparmor_profile) {
		snprintf(text, sizeof(text), "exec %s", p->apparmor_profile);
		r = attr_write(proc_fd, apparmor, ARRAY_LEN(apparmor), text);
		if (r < 0) {
			err_set(e, -r, "confine the program with the AppArmor profile %s", p->apparmor_profile);
			return err_why(e, "the kernel has no AppArmor, or does not know the profile");
		}
	}
	if (p->selinux_label) {
		r = attr_write(proc_fd, selinux, ARRAY_LEN(selinux), p->selinux_label);
		if (r < 0)
			return label_error(p->selinux_label, -r, e);
	}
	return 0;
}

int rights_seal(const struct spec_process *p, struct err *e)
{
	if (p->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(e, errno, "set no_new_privs");
	return 0;
}

int rights_tie(struct err *e)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_set(e, errno, "tie the container's life to its owner's");
	return 0;
}

uint64_t rights_filter_caps(const struct spec_process *p)
{
	return p->caps.has ? p->caps.bounding : ~0ULL;
}

int rights_filter(const struct spec_seccomp *s, const struct spec_process *p, struct arena *a,
		  struct seccomp_filter *ret, struct err *e)
{
	uint64_t caps = rights_filter_caps(p);

	*ret = (struct seccomp_filter){0};
	if (s->mode == SECCOMP_DEFAULT)
		return seccomp_default(caps, a, ret, e);
	return s->mode == SECCOMP_PROFILE ? seccomp_compile(s->profile, caps, a, ret, e) : 0;
}
