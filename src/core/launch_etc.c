/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/hostname, /etc/hosts and /etc/resolv.conf of a container: its own, not the image's and not the machine's.
 *
 * They lie in a tmpfs that is attached nowhere, and each travels to the box as a mount of its own.  Kernels before
 * 6.15 take no part out of such a tmpfs: there it travels whole, and the box takes the files out.
 */
#include "core/launch.h"

#include "base/fd.h"
#include "core/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

const char *const launch_etc_paths[ETC_FILES] = {"/etc/hostname", "/etc/hosts", "/etc/resolv.conf"};

static char *hostname_text(const struct launch *l)
{
	return arena_printf(l->arena, "%s\n", l->spec->hostname ? l->spec->hostname : "localhost");
}

static bool has_word(const char *text, const char *word)
{
	const size_t n = strlen(word);

	for (const char *p = strstr(text, word); p; p = strstr(p + 1, word))
		if ((p == text || strchr(" \t\n", p[-1])) && strchr(" \t\n", p[n])) /* its end is among them */
			return true;
	return false;
}

/* Whom the machine knows by name is known in its network, too; its own name is a container's everywhere. */
static char *hosts_text(const struct launch *l)
{
	static const char own[] = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";
	const char *name = l->spec->hostname;
	char *text;

	if (l->spec->lin.ns[NS_NET].mode != NS_KEEP ||
	    file_read(AT_FDCWD, "/etc/hosts", l->arena, 1 << 20, &text, NULL, NULL) < 0)
		text = arena_strdup(l->arena, own);
	if (!name || !*name || has_word(text, name))
		return text;
	const bool whole = !*text || text[strlen(text) - 1] == '\n';
	return arena_printf(l->arena, "%s%s127.0.1.1\t%s\n", text, whole ? "" : "\n", name);
}

/* With a network of its own there is nobody to ask; with another's, what that one asks. */
static char *resolv_text(const struct launch *l)
{
	char *text;

	if (launch_new_ns(l, NS_NET) ||
	    file_read(AT_FDCWD, "/etc/resolv.conf", l->arena, 1 << 20, &text, NULL, NULL) < 0)
		return arena_strdup(l->arena, "");
	return text;
}

/* Writes file NAME with TEXT into the tmpfs DIR. */
static int file_make(int dir, const char *name, const char *text, const struct launch *l, struct err *e)
{
	auto_fd fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || fchmod(fd, 0644) < 0 || fd_write_all(fd, text, strlen(text)) < 0 ||
	    fchown(fd, l->rootless ? 0 : launch_root_uid(l), l->rootless ? 0 : launch_root_gid(l)) < 0)
		return err_set(e, errno, "write the container's /etc/%s", name);
	return 0;
}

static const char *file_name(int i)
{
	return launch_etc_paths[i] + strlen("/etc/");
}

/* Takes the files out of the tmpfs DIR. */
static int files_take(struct launch *l, int dir, struct err *e)
{
	const struct mount_opts bind = {.bind = true};
	int r = 0;

	for (int i = 0; i < ETC_FILES && r == 0; i++)
		r = mount_clone(dir, file_name(i), &bind, &l->etc_fds[i], e);
	return r;
}

/* The older way: in place of each file the whole tmpfs. */
static int files_whole(struct launch *l, int dir, struct err *e)
{
	for (int i = 0; i < ETC_FILES; i++) {
		l->etc_fds[i] = fcntl(dir, F_DUPFD_CLOEXEC, 3);
		if (l->etc_fds[i] < 0)
			return err_set(e, errno, "keep the container's files for /etc");
	}
	return 0;
}

int launch_etc_unfold(struct launch *l, struct err *e)
{
	struct stat st;

	if (l->etc_fds[0] < 0 || fstat(l->etc_fds[0], &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	/* Stacked on "/", where no path leads, it needs no directory of the image. */
	auto_fd root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd dir = l->etc_fds[0];
	for (int i = 1; i < ETC_FILES; i++)
		fd_close(&l->etc_fds[i]);
	l->etc_fds[0] = FD_NONE;
	if (root < 0 || sys_move_mount(dir, "", root, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_set(e, errno, "attach the container's files for /etc");
	int r = files_take(l, dir, e);
	if (fchdir(dir) < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return r < 0 ? r : err_set(e, errno, "detach the container's files for /etc");
	return r;
}

int launch_etc_make(struct launch *l, struct err *e)
{
	const struct mount_opts o = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
	char *texts[ETC_FILES] = {hostname_text(l), hosts_text(l), resolv_text(l)};
	int dir, r = mount_new("tmpfs", "tmpfs", &o, &dir, e);

	if (r < 0)
		return r;
	*list_add(&l->spent_mounts, l->arena) = dir;
	for (int i = 0; i < ETC_FILES && r == 0; i++)
		r = file_make(dir, file_name(i), texts[i], l, e);
	if (r == 0)
		r = files_take(l, dir, e);
	return r == -EINVAL ? files_whole(l, dir, e) : r;
}
