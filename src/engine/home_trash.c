/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trash: see home.h.
 *
 * A directory on its way out is first moved here by one rename(2), so no command ever meets half of it.  Whoever
 * deletes an entry holds a lock on it (flock(2), which works on directories), so a sweep does not do the work of
 * somebody at it.
 */
#include "base/tree.h"
#include "core/idmap.h"
#include "core/sys.h"
#include "engine/dir.h"
#include "engine/home.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/wait.h>

/* What the child of delete_as_root_inside does: waits for its id maps, deletes; its exit status is the errno. */
static int delete_child(int dirfd, const char *name, int ready, int go)
{
	char word = 'x';

	if (unshare(CLONE_NEWUSER) < 0 || write(ready, &word, 1) != 1 || read(go, &word, 1) != 1)
		return EPERM;
	/* Root of the new user namespace, with rights over every id that is mapped. */
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return EPERM;
	return -tree_delete(dirfd, name, NULL);
}

/*
 * Deletes NAME as root of a user namespace: a plain user's container left files that belong to his subordinate ids, in
 * directories where he himself may not write.
 */
static int delete_as_root_inside(struct home *h, int dirfd, const char *name, struct err *e)
{
	struct spec_idmaps uids = {0}, gids = {0};
	int ready[2], go[2], status = 0;
	char word;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return err_set(e, errno, "make a pipe");
	auto_fd ready_out = ready[1], ready_in = ready[0];
	if (pipe2(go, O_CLOEXEC) < 0)
		return err_set(e, errno, "make a pipe");
	auto_fd go_out = go[1], go_in = go[0];
	pid_t child = fork();
	if (child < 0)
		return err_set(e, errno, "fork");
	if (child == 0) {
		fd_close(&go_out);
		_exit(delete_child(dirfd, name, ready_out, go_in));
	}
	fd_close(&ready_out);
	int r = read(ready_in, &word, 1) == 1 ? subid_maps(&uids, &gids, h->arena, e)
					      : err_set(e, EPERM, "make a user namespace");
	if (r == 0)
		r = idmap_apply(child, &uids, &gids, false, h->arena, e);
	if (r == 0 && write(go_out, "x", 1) != 1)
		r = err_set(e, errno, "let the child go on");
	fd_close(&go_out);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		r = err_set(e, WIFEXITED(status) ? WEXITSTATUS(status) : EIO, "delete %s", name);
	return r;
}

int home_trash_delete(struct home *h, int trash_fd, const char *name, struct err *e)
{
	auto_fd entry = dir_open(trash_fd, name);

	/* Held until we are done.  An entry that is no directory, or that we may not open, is nobody's work. */
	if (entry >= 0 && flock(entry, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return 0;
	int r = tree_delete(trash_fd, name, e);
	if (h->rootless && (r == -EACCES || r == -EPERM))
		r = delete_as_root_inside(h, trash_fd, name, e);
	return r;
}

int home_trash_move(struct home *h, bool in_data, int dirfd, const char *name)
{
	auto_fd trash = dir_open(in_data ? h->data_fd : h->run_fd, "trash");
	unsigned int salt = 0;
	char to[NAME_MAX + 1];

	if (trash < 0)
		return trash;
	if (getrandom(&salt, sizeof(salt), 0) < 0)
		salt = (unsigned int)getpid();
	snprintf(to, sizeof(to), "%.200s.%08x", name, salt);
	return renameat(dirfd, name, trash, to) < 0 ? -errno : 0;
}

int home_trash_delete_of(struct home *h, bool in_data, const char *name, struct err *e)
{
	auto_dir trash = dir_stream(in_data ? h->data_fd : h->run_fd, "trash");
	size_t n = strlen(name);
	struct dirent *entry;
	int r = 0;

	while (trash && (entry = dir_next(trash))) {
		if (strncmp(entry->d_name, name, n) != 0 || entry->d_name[n] != '.')
			continue;
		int r1 = home_trash_delete(h, dirfd(trash), entry->d_name, r < 0 ? NULL : e);
		r = r < 0 ? r : r1;
	}
	return r;
}

int home_discard(struct home *h, bool in_data, int dirfd, const char *name, struct err *e)
{
	int r = home_trash_move(h, in_data, dirfd, name);

	if (r == 0)
		return home_trash_delete_of(h, in_data, name, e);
	/* A full disk may refuse even to move it.  Deleting it where it is needs no room. */
	return r == -ENOENT ? 0 : tree_delete(dirfd, name, e);
}
