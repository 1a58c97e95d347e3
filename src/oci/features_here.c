/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of isle's features this machine has: see features.h. */
#include "oci/features.h"

#include "base/fd.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Scopes and readiness are isle's own words to systemd, and $NOTIFY_SOCKET may be anybody's. */
static bool has_systemd(void)
{
	return true;
}

/* Profiles can be set: the kernel's module says "Y". */
static bool has_apparmor(void)
{
	auto_fd fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);
	char c;

	return fd >= 0 && read(fd, &c, 1) == 1 && c == 'Y';
}

/* Labels can be set: its file system is mounted. */
static bool has_selinux(void)
{
	return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

/* Capabilities are the kernel's own since ever. */
static bool has_capabilities(void)
{
	return prctl(PR_CAPBSET_READ, 0) >= 0;
}

/* Filters can be set. */
static bool has_seccomp(void)
{
	return prctl(PR_GET_SECCOMP) >= 0;
}

/* Device rules of cgroup v2 are programs: bpf(2) is there. */
static bool has_ebpf(void)
{
	return syscall(SYS_bpf, -1, NULL, 0) < 0 && errno != ENOSYS;
}

/* checkpoint and restore find their program in PATH. */
static bool has_criu(void)
{
	const char *path = getenv("PATH");
	char file[4096];

	for (size_t n; path && *path; path += n + (path[n] == ':')) {
		n = strcspn(path, ":");
		if (n + sizeof("/criu") > sizeof(file))
			continue;
		memcpy(file, path, n);
		memcpy(file + n, "/criu", sizeof("/criu"));
		if (*file == '/' && access(file, X_OK) == 0)
			return true;
	}
	return false;
}

/* crun's words, in its order. */
static const struct {
	const char *word;
	bool (*here)(void);
} words[] = {
	{"SYSTEMD", has_systemd}, {"SELINUX", has_selinux}, {"APPARMOR", has_apparmor}, {"CAP", has_capabilities},
	{"SECCOMP", has_seccomp}, {"EBPF", has_ebpf},	    {"CRIU", has_criu},
};

char *features_here(struct arena *a)
{
	char *line = arena_strdup(a, "");

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (words[i].here())
			line = arena_printf(a, "%s%s+%s", line, *line ? " " : "", words[i].word);
	return line;
}
