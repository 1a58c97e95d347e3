/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control groups of a target: see target_cgroups.h. */
#include "toolbox/target_cgroups.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { PROC_TEXT_MAX = 16 << 20 };

bool cgroup_line_parse(char *line, struct cgroup_line *ret)
{
	char *controllers = strchr(line, ':');
	char *path = controllers ? strchr(controllers + 1, ':') : NULL;

	if (!path || path[1] != '/')
		return false;
	*path = '\0';
	*ret = (struct cgroup_line){.controllers = controllers + 1, .path = path + 1};
	return true;
}

/* Turns mountinfo's "\040" and the like into the bytes they stand for, in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] != '\\' || strspn(s + 1, "01234567") < 3) {
			*to++ = *s;
			continue;
		}
		*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
		s += 3;
	}
	*to = '\0';
}

/* Whether every word of WANT, "cpu,cpuacct", is among OPTIONS, "rw,cpu,cpuacct". */
static bool has_all(const char *options, const char *want)
{
	while (*want) {
		size_t n = strcspn(want, ",");
		const char *o = options;

		while (*o && !(strcspn(o, ",") == n && strncmp(o, want, n) == 0)) {
			o += strcspn(o, ",");
			o += *o == ',';
		}
		if (!*o)
			return false;
		want += n + (want[n] == ',');
	}
	return true;
}

/* What of PATH lies below ROOT, "" or "/…"; NULL if it does not lie there. */
static const char *below(const char *path, const char *root)
{
	size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(path, root, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return NULL;
	return strcmp(path + n, "/") == 0 ? "" : path + n;
}

/* The place of WANT by one line of mountinfo, which is cut up; NULL if the mount does not show it. */
static char *find_in_mount(const struct cgroup_line *want, char *line, struct arena *a)
{
	char *rest = strstr(line, " - ");
	char *word[5];

	if (!rest)
		return NULL;
	*rest = '\0';
	rest += strlen(" - ");
	for (size_t i = 0; i < ARRAY_LEN(word); i++)
		if (!(word[i] = strsep(&line, " ")))
			return NULL;
	const char *type = strsep(&rest, " ");
	(void)strsep(&rest, " ");
	if (!rest || strcmp(type, *want->controllers ? "cgroup" : "cgroup2") != 0 || !has_all(rest, want->controllers))
		return NULL;
	char *root = word[3], *point = word[4];
	unescape(root);
	unescape(point);
	const char *tail = below(want->path, root);
	return tail ? arena_printf(a, "%s%s", point, tail) : NULL;
}

char *cgroup_line_find(const struct cgroup_line *want, const char *mountinfo, struct arena *a)
{
	char *text = arena_strdup(a, mountinfo);

	for (char *line; (line = strsep(&text, "\n"));) {
		char *found = find_in_mount(want, line, a);

		if (found)
			return found;
	}
	return NULL;
}

/* Whether a whole line of TEXT is LINE. */
static bool has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (const char *p = text; (p = strstr(p, line)); p++)
		if ((p == text || p[-1] == '\n') && (p[n] == '\n' || p[n] == '\0'))
			return true;
	return false;
}

/* Opens the group of LINE. */
static int open_group(char *line, const char *mountinfo, struct arena *a, struct fds *ret, struct err *e)
{
	char *shown = arena_strdup(a, line);
	struct cgroup_line group;

	if (!cgroup_line_parse(line, &group))
		return err_set(e, EPROTO, "understand the control group \"%s\"", shown);
	const char *dir = cgroup_line_find(&group, mountinfo, a);
	if (!dir) {
		err_set(e, ENOENT, "join the control group %s", shown);
		return err_why(e, "no mount of that hierarchy shows it");
	}
	auto_fd fd = open(arena_printf(a, "%s/cgroup.procs", dir), O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		int code = errno;

		err_set(e, code, "open %s/cgroup.procs", dir);
		return code == EACCES ? err_why(e, "the group is not delegated to us") : -code;
	}
	*list_add(ret, a) = fd_take(&fd);
	return 0;
}

int target_cgroups_open(struct target *t, struct arena *a, struct fds *ret, struct err *e)
{
	auto_fd fd = FD_NONE;
	char *its = NULL, *ours = NULL, *mountinfo = NULL;
	int r = target_file(t, "cgroup", O_RDONLY, &fd, e);

	if (r == 0)
		r = fd_read_all(fd, a, PROC_TEXT_MAX, &its, NULL, e);
	if (r == 0)
		r = file_read(AT_FDCWD, "/proc/self/cgroup", a, PROC_TEXT_MAX, &ours, NULL, e);
	if (r == 0)
		r = file_read(AT_FDCWD, "/proc/self/mountinfo", a, PROC_TEXT_MAX, &mountinfo, NULL, e);
	for (char *line; r == 0 && (line = strsep(&its, "\n"));)
		if (*line && !has_line(ours, line))
			r = open_group(line, mountinfo, a, ret, e);
	return r < 0 ? err_context(e, "control groups of process %d", (int)t->pid) : 0;
}

/* What the refusals of cgroup.procs mean (cgroups(7), the kernel's cgroup-v2 document). */
static const struct {
	int code;
	const char *why;
} refusals[] = {
	{EACCES, "neither the group nor the one above both is delegated to us"},
	{EPERM, "neither the group nor the one above both is delegated to us"},
	{EBUSY, "the group hands controllers on to groups below it, and so takes no process itself"},
	{EOPNOTSUPP, "the group is threaded, or the domain of one that is"},
	{ENOSPC, "its cpuset has no processors or no memory nodes"},
	{ENODEV, "the group has been removed"},
};

int target_cgroups_join(struct fds *groups, struct err *e)
{
	for (size_t i = 0; i < groups->n; i++) {
		if (write(groups->v[i], "0", 1) == 1)
			continue;
		int code = errno;

		err_set(e, code, "join the target's control group");
		for (size_t k = 0; k < ARRAY_LEN(refusals); k++)
			if (refusals[k].code == code)
				return err_why(e, "%s", refusals[k].why);
		return -code;
	}
	fds_close(groups);
	return 0;
}
