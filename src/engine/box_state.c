/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is responsible for a box, and how its run is: see box.h.
 *
 * How the files tell the truth without a lock that readers take.  The owner writes state.json while the container
 * lives.  At the end it first writes the exit record into 'owner', then removes state.json, and lets go of the lock at
 * the very last.  A reader asks for the lock first and reads afterwards; so when it finds the lock free and yet a
 * state.json, no owner is going to remove that file any more: it was killed.
 */
#include "engine/box_priv.h"

#include "base/parse_time.h"
#include "base/tree.h"
#include "core/process.h"
#include "core/sys.h"
#include "engine/dir.h"
#include "engine/lock.h"
#include "engine/record_json.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATUS_KILLED = 128 + SIGKILL, EDIT_WAIT_MS = 5000 };

const char *const box_status_names[BOX_STATUS_COUNT] = {
	[BOX_CREATED] = "created",
	[BOX_RUNNING] = "running",
	[BOX_PAUSED] = "paused",
	[BOX_EXITED] = "exited",
};

/* ---- responsibility ---- */

/* Puts a sound owner file in the place of one that is missing or none. */
static int repair_owner(struct box *b, struct err *e)
{
	int r = box_edit_lock(b, EDIT_WAIT_MS, e);

	if (r == 0)
		r = tree_delete(b->run_fd, "owner", e);
	if (r < 0)
		return r;
	b->owner_fd = openat(b->run_fd, "owner", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return b->owner_fd < 0 ? err_set(e, errno, "make the owner file of container %s", box_called(b)) : 0;
}

int box_own(struct box *b, struct err *e)
{
	char path[BOX_PATH_SIZE];

	if (b->ours)
		return 0;
	int r = b->owner_fd < 0 ? repair_owner(b, e) : 0;
	if (r < 0)
		return r;
	r = lock_take(b->owner_fd);
	if (r == -EBUSY) {
		err_set(e, EBUSY, "take charge of container %s", box_called(b));
		return err_why(e, "another isle runs it, starts it, or removes it");
	}
	/* Where nothing can be written, the file could only be opened for reading, and that gives no lock. */
	if (r < 0)
		return err_set(e, r == -EBADF ? EROFS : -r, "lock container %s", box_called(b));
	b->ours = true;
	if (!lock_in_place(b->owner_fd, b->home->run_fd, box_path(path, b->id, "owner"))) {
		fd_close(&b->owner_fd);
		b->ours = false;
		err_set(e, ENOENT, "take charge of container %s", box_called(b));
		return err_why(e, "it has just been removed");
	}
	return 0;
}

bool box_owned(const struct box *b)
{
	return !b->ours && b->owner_fd >= 0 && lock_held(b->owner_fd);
}

int box_wait_free(struct box *b, int timeout_ms, struct err *e)
{
	int r = b->owner_fd < 0 || b->ours ? 0 : lock_wait(b->owner_fd, timeout_ms);

	if (r == -ETIMEDOUT && b->state.owner_pid > 0) {
		err_set(e, ETIMEDOUT, "wait for the isle that is in charge of container %s", box_called(b));
		return err_why(e, "process %d does not let go of it", (int)b->state.owner_pid);
	}
	return r < 0 ? err_set(e, -r, "wait for the isle that is in charge of container %s", box_called(b)) : 0;
}

/* ---- reading ---- */

void box_state_lost(struct box_state *s, struct arena *a, const char *why)
{
	s->status = BOX_EXITED;
	s->pid = 0;
	s->pid_identity = 0;
	s->owner_pid = 0;
	s->exit_status = STATUS_KILLED;
	if (s->finished_ns == 0)
		s->finished_ns = time_now();
	s->error = arena_strdup(a, why);
}

int box_state_read(const struct box *b, struct box_state *ret)
{
	char *text;
	size_t size;
	int r = file_read(b->run_fd, "state.json", b->home->arena, BOX_FILE_MAX, &text, &size, NULL);

	return r < 0 ? r : state_parse(text, size, b->home->arena, ret, NULL);
}

/* Reads the exit record out of the owner file: also after the box was removed, for the descriptor keeps the file. */
static bool read_exit(struct box *b, struct box_state *ret)
{
	char text[8192];
	ssize_t n = b->owner_fd < 0 ? -1 : pread(b->owner_fd, text, sizeof(text), 0);

	/* A byte alone only keeps the room (box_make.c). */
	return n > 1 && state_parse(text, (size_t)n, b->home->arena, ret, NULL) == 0;
}

int box_state_load(struct box *b, struct err *e)
{
	struct box_state s = {0};
	bool alive = b->ours || box_owned(b); /* before anything is read */
	int r = box_state_read(b, &s);

	(void)e;
	if (r == -ENOENT) {
		s = (struct box_state){0};
		if (!read_exit(b, &s))
			s = (struct box_state){.status = BOX_CREATED};
	} else if (r < 0) {
		s = (struct box_state){.status = BOX_RUNNING,
				       .error = arena_strdup(b->home->arena, "its state file is broken")};
	}
	if (r != -ENOENT && !alive)
		box_state_lost(&s, b->home->arena, "the isle in charge of it was killed");
	if (s.status == BOX_RUNNING && dir_has(b->run_fd, "paused"))
		s.status = BOX_PAUSED;
	b->state = s;
	return 0;
}

int box_pidfd(const struct box *b, int *ret_fd, struct err *e)
{
	int r = process_open(b->state.pid, b->state.pid_identity, ret_fd, e);

	return r < 0 ? err_context(e, "reach the first process of container %s", box_called(b)) : 0;
}

/* ---- writing ---- */

/* Writes the state into the directory DIRFD; in RUN it is worth nothing after the machine's end. */
static int write_state(struct box *b, int dirfd, const char *text, struct err *e)
{
	int r = dirfd == b->run_fd ? file_replace_volatile(dirfd, "state.json", text, strlen(text), 0600, e)
				   : file_replace(dirfd, "state.json", text, strlen(text), 0600, e);

	return r < 0 ? err_context(e, "keep the state of container %s", box_called(b)) : 0;
}

int box_state_save(struct box *b, struct err *e)
{
	const char *text = state_print(&b->state, b->home->arena);
	int r = write_state(b, b->run_fd, text, e);

	/* A copy outlives the machine: after a boot it tells that the container ran. */
	if (r == 0 && b->record.persistent)
		r = write_state(b, b->data_fd, text, e);
	return r;
}

int box_state_end(struct box *b, struct err *e)
{
	static const char *const live_files[] = {"state.json", "paused", "attach"};

	b->state.status = BOX_EXITED;
	if (b->state.finished_ns == 0)
		b->state.finished_ns = time_now();
	const char *text = state_print(&b->state, b->home->arena);
	ssize_t size = (ssize_t)strlen(text);
	int r = 0;
	if (pwrite(b->owner_fd, text, (size_t)size, 0) != size || ftruncate(b->owner_fd, size) < 0)
		r = err_set(e, errno, "keep the exit status of container %s", box_called(b));
	/* What RUN says counts until the next boot; a full disk is no reason to leave the container unfinished. */
	if (b->record.persistent)
		(void)!write_state(b, b->data_fd, text, NULL);
	for (size_t i = 0; i < ARRAY_LEN(live_files); i++)
		if (unlinkat(b->run_fd, live_files[i], 0) < 0 && errno == EISDIR)
			(void)!tree_delete(b->run_fd, live_files[i], NULL);
	return r;
}
