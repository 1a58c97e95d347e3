/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/hostname, /etc/hosts and /etc/resolv.conf of a container: its own, not the image's and not the machine's. */
#include "core/launch.h"

#include "base/fd.h"
#include "core/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

const char *const launch_etc_paths[ETC_FILES] = {"/etc/hostname", "/etc/hosts", "/etc/resolv.conf"};

static char *hostname_text(const struct launch *l)
{
	return arena_printf(l->arena, "%s\n", l->spec->hostname ? l->spec->hostname : "localhost");
}

static char *hosts_text(const struct launch *l)
{
	const char *name = l->spec->hostname;

	return arena_printf(l->arena, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n%s%s%s",
			    name ? "127.0.1.1\t" : "", name ? name : "", name ? "\n" : "");
}

/* With a network of its own there is nobody to ask; with another's, what that one asks. */
static char *resolv_text(const struct launch *l)
{
	char *text;

	if (launch_new_ns(l, NS_NET) || file_read(AT_FDCWD, "/etc/resolv.conf", l->arena, 1 << 20, &text, NULL, NULL) < 0)
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

int launch_etc_make(struct launch *l, struct err *e)
{
	const struct mount_opts o = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
	const struct mount_opts bind = {.bind = true};
	char *texts[ETC_FILES] = {hostname_text(l), hosts_text(l), resolv_text(l)};
	int dir, r = mount_new("tmpfs", "tmpfs", &o, &dir, e);

	if (r < 0)
		return r;
	*list_add(&l->spent, l->arena) = dir;
	for (int i = 0; i < ETC_FILES && r == 0; i++) {
		const char *name = launch_etc_paths[i] + strlen("/etc/");

		r = file_make(dir, name, texts[i], l, e);
		if (r == 0)
			r = mount_clone(dir, name, &bind, &l->etc_fds[i], e);
	}
	return r;
}
