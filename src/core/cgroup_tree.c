/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a group's directories, from the top of a hierarchy down.
 *
 * On v2 a group has the files of a controller only if the group above lists it in cgroup.subtree_control; so
 * controllers are enabled level by level, only those asked for, and only where they are not yet.  A group with
 * processes of its own can't do that for the groups below it (cgroups(7), "no internal processes").  Where the caller
 * lives in the group that was delegated to it, all in that group are therefore moved one down, into "isle-caller"; that
 * is what the rules of delegation ask of whoever gets a group.  It happens only when a limit was asked for.
 *
 * On v1 only cpusets need care: a new one has no processors and no memory nodes, and can't be joined before it has.
 */
#include "core/cgroup_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EVACUATE_TRIES = 10, PROCS_TEXT_MAX = 16 << 20 };

/* What is done at every level: PARENT and CHILD are open directories, AT is PARENT's path. */
struct walk {
	const struct cgroup_host *host;
	const char *controllers;
	int (*level)(const struct walk *w, int parent, int child, const char *at, struct err *e);
};

/* Adds to the error of making a group what its number says about groups. */
static int explain_mkdir(const struct cgroup_host *h, struct err *e, int code)
{
	if (code == EACCES || code == EPERM || code == EROFS) {
		err_why(e, "this user may not make control groups there");
		return err_cure(e, h->v2 ? CGROUP_DELEGATE ", or run as root" : "run as root");
	}
	if (code == EAGAIN)
		return err_why(e, "a group above allows no more groups (cgroup.max.descendants, cgroup.max.depth)");
	return -code;
}

/* Goes from MOUNT down PATH, making what is missing; *RET_FD is the last directory, *RET_MADE whether it is new. */
static int walk_down(const struct walk *w, const char *mount, const char *path, int *ret_fd, bool *ret_made,
		     struct err *e)
{
	char at[PATH_MAX], name[NAME_MAX + 1];
	auto_fd parent = open(mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *p = path;

	if (parent < 0)
		return err_set(e, errno, "open %s", mount);
	while (*p) {
		size_t len = strcspn(++p, "/");

		if (len > NAME_MAX)
			return err_set(e, ENAMETOOLONG, "make the control group %s%s", mount, path);
		memcpy(name, p, len);
		name[len] = '\0';
		snprintf(at, sizeof(at), "%s%.*s", mount, (int)(p - 1 - path), path);
		*ret_made = mkdirat(parent, name, 0755) == 0;
		if (!*ret_made && errno != EEXIST) {
			int code = errno;

			err_set(e, code, "make the control group %s/%s", at, name);
			return explain_mkdir(w->host, e, code);
		}
		auto_fd child = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child < 0)
			return err_set(e, errno, "open the control group %s/%s", at, name);
		int r = w->level ? w->level(w, parent, child, at, e) : 0;
		if (r < 0)
			return r;
		fd_close(&parent);
		parent = fd_take(&child);
		p += len;
	}
	*ret_fd = fd_take(&parent);
	return 0;
}

/* Makes MOUNT/PATH with one call where all above it is there already; 0 means that it was not. */
static int make_directly(const char *mount, const char *path, int *ret_fd)
{
	char full[PATH_MAX];

	if (cgroup_full_path(full, mount, path) < 0 || mkdir(full, 0755) < 0)
		return 0;
	*ret_fd = open(full, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd >= 0;
}

/* Moves the processes of the open group PARENT into a group of their own below it. */
static int evacuate(int parent, struct err *e)
{
	if (mkdirat(parent, CGROUP_CALLER, 0755) < 0 && errno != EEXIST)
		return err_set(e, errno, "make the control group " CGROUP_CALLER);
	for (int i = 0; i < EVACUATE_TRIES; i++) {
		struct arena a CLEANUP(arena_free) = {0};
		char *text;
		int r = file_read(parent, "cgroup.procs", &a, PROCS_TEXT_MAX, &text, NULL, e);

		if (r < 0)
			return r;
		if (!*text)
			return 0;
		for (char *pid; (pid = strsep(&text, "\n"));) {
			if (strcmp(pid, "0") == 0) {
				err_set(e, EBUSY, "move the processes of the group into " CGROUP_CALLER);
				return err_why(e, "one of them is outside this pid namespace");
			}
			r = *pid ? file_write(parent, CGROUP_CALLER "/cgroup.procs", pid, e) : 0;
			if (r == -EOPNOTSUPP)
				err_why(e,
					"a process was put into that group while there were others below it, which made it "
					"one for threads");
			if (r < 0 && r != -ESRCH)
				return err_context(e, "move the processes of this group one down");
		}
	}
	return err_set(e, EBUSY, "move the processes of the group into " CGROUP_CALLER);
}

/* Whether AT is the directory that holds isle's base. */
static bool holds_base(const struct cgroup_host *h, const char *at)
{
	char base[PATH_MAX];

	return cgroup_full_path(base, h->v2, h->base) == 0 && strrchr(base, '/') == base + strlen(at) &&
	       strncmp(base, at, strlen(at)) == 0;
}

/*
 * Sees to it that the group PARENT has no processes of its own.  The kernel would enable some controllers (pids, cpu)
 * all the same, but turn the group into one for threads, in which the groups below can't be joined.
 */
static int clear_of_processes(const struct walk *w, int parent, const char *at, struct err *e)
{
	char text[16];

	if (faccessat(parent, "cgroup.type", F_OK, 0) < 0) /* the very top, which is exempt */
		return 0;
	if (cgroup_text(parent, "cgroup.procs", text, sizeof(text)) == 0)
		return 0;
	if (holds_base(w->host, at))
		return evacuate(parent, e);
	err_set(e, EBUSY, "give controllers to the groups below %s", at);
	err_why(e, "that group has processes of its own");
	return err_cure(e, CGROUP_DELEGATE);
}

/* Says which of the controllers TEXT, "+cpu +io", PARENT does not have to give. */
static void say_missing(int parent, const char *text, struct err *e)
{
	char have[512];

	if (cgroup_text(parent, "cgroup.controllers", have, sizeof(have)) < 0)
		return;
	for (const char *p = text; *p; p += *p == ' ') {
		const size_t len = strcspn(++p, " "); /* behind its "+" */

		if (!cgroup_word_in(have, p, len)) {
			err_why(e, "the requested cgroup controller `%.*s` is not available there", (int)len, p);
			return;
		}
		p += len;
	}
}

/* Enables the walk's controllers for the groups below PARENT, those that are not yet. */
static int enable(const struct walk *w, int parent, int child, const char *at, struct err *e)
{
	char have[512], text[320] = "";
	int r = cgroup_text(parent, "cgroup.subtree_control", have, sizeof(have));

	(void)child;
	if (r < 0)
		return err_set(e, -r, "read %s/cgroup.subtree_control", at);
	for (const char *p = w->controllers; *p;) {
		size_t len = strcspn(p, " "), used = strlen(text);

		if (len > 0 && !cgroup_word_in(have, p, len))
			snprintf(text + used, sizeof(text) - used, "%s+%.*s", used ? " " : "", (int)len, p);
		p += len + (p[len] == ' ');
	}
	r = clear_of_processes(w, parent, at, e);
	if (r < 0 || !*text)
		return r;
	r = file_write(parent, "cgroup.subtree_control", text, e);
	if (r == 0)
		return 0;
	err_set(e, -r, "enable the controllers \"%s\" for the groups below %s", text, at);
	if (r == -ENOENT || r == -EINVAL)
		say_missing(parent, text, e);
	if (r == -EOPNOTSUPP)
		err_why(e, "that group, or one above it, is for threads only");
	return r;
}

int cgroup_v2_make(const struct cgroup_host *h, const char *path, const char *controllers, int *ret_fd, bool *ret_made,
		   struct err *e)
{
	struct walk w = {.host = h, .controllers = controllers, .level = *controllers ? enable : NULL};

	if (!*controllers && make_directly(h->v2, path, ret_fd)) {
		*ret_made = true;
		return 0;
	}
	return walk_down(&w, h->v2, path, ret_fd, ret_made, e);
}

/* Copies PARENT's processors and memory nodes into CHILD where it has none. */
static int inherit_cpuset(const struct walk *w, int parent, int child, const char *at, struct err *e)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
	char text[4096];

	(void)w;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		int r = cgroup_text(child, files[i], text, sizeof(text));

		if (r > 0 && strcmp(text, "\n") != 0)
			continue;
		r = r < 0 ? r : cgroup_text(parent, files[i], text, sizeof(text));
		if (r < 0)
			return err_set(e, -r, "read %s of the groups at %s", files[i], at);
		r = file_write(child, files[i], text, e);
		if (r < 0)
			return err_context(e, "group below %s", at);
	}
	return 0;
}

int cgroup_v1_make(const struct cgroup_host *h, enum cgroup_controller c, const char *path, bool *ret_made,
		   struct err *e)
{
	struct walk w = {.host = h, .level = c == CGC_CPUSET ? inherit_cpuset : NULL};
	auto_fd fd = FD_NONE;

	if (c != CGC_CPUSET && make_directly(h->v1[c], path, &fd)) {
		*ret_made = true;
		return 0;
	}
	return walk_down(&w, h->v1[c], path, &fd, ret_made, e);
}
