/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small programs in memory: isle's init, which executes the program of a container, and isle-spawn, which makes the
 * process of an exec.  Who makes them, and how they get to the box.
 */
#include "core/launch.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/spawn_order.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef MFD_EXEC /* 6.3 */
#define MFD_EXEC 0x0010U
#endif

extern const unsigned char isle_init[], isle_spawn[];
extern const size_t isle_init_size, isle_spawn_size;

static int seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
}

/*
 * isle's init as a sealed file in memory: the container can't write to it, and no file of the machine shows inside.
 * For who joins a container isle-spawn, with room for its order, and not sealed yet.
 */
static int init_file(bool joining, int *ret_fd, struct err *e)
{
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	const char *name = joining ? "isle-spawn" : "isle-init";
	auto_fd fd = memfd_create(name, flags | MFD_EXEC);

	if (fd < 0 && errno == EINVAL) /* before 6.3 */
		fd = memfd_create(name, flags);
	assert(isle_spawn_size <= SPAWN_ORDER_AT);
	if (fd < 0 ||
	    fd_write_all(fd, joining ? isle_spawn : isle_init, joining ? isle_spawn_size : isle_init_size) < 0 ||
	    fchmod(fd, 0555) < 0 ||
	    (joining ? ftruncate(fd, SPAWN_ORDER_AT + sizeof(struct spawn_order)) : seal(fd)) < 0)
		return err_set(e, errno, "make the %s program", joining ? "spawn" : "init");
	*ret_fd = fd_take(&fd);
	return 0;
}

/* Whether the host side makes it, which has time while the box is at its mounts; one to be labelled the box does. */
static bool is_sent(const struct launch *l)
{
	return (l->init || l->exposed) && !l->spec->process.selinux_label;
}

int launch_init_send(const struct launch *l, enum hs_word word, struct err *e)
{
	auto_fd fd = FD_NONE;
	/* Without, the box tries itself, and tells why it can't. */
	bool made = is_sent(l) && init_file(l->joining, &fd, NULL) == 0;

	return hs_send(l->sock, word, &fd, made, e);
}

void launch_init_take(struct launch *l, const struct hs_msg *m)
{
	const int first = 3 + l->preserved;

	if (m->n_fds != 1)
		return;
	l->init_fd = m->fds[0];
	if (l->init_fd >= first)
		return;
	/* The numbers that the program's own descriptors leave free stay free. */
	auto_fd low = l->init_fd;
	l->init_fd = fcntl(low, F_DUPFD_CLOEXEC, first);
}

int launch_init_file(struct launch *l, struct err *e)
{
	if (l->init_fd >= 0 || !(l->init || l->exposed))
		return 0;
	int r = init_file(l->joining, &l->init_fd, e);
	/*
	 * SELinux lets a container's type begin in the container's files, seldom in those that a runtime has in memory.
	 * Where this one may not become one of the former, execve tells what the policy says.
	 */
	if (r == 0 && l->process.selinux_label && l->mount_label)
		(void)!fsetxattr(l->init_fd, "security.selinux", l->mount_label, strlen(l->mount_label), 0);
	return r;
}
