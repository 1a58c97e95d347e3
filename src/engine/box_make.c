/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a box: see box.h.
 *
 * A directory and the lock in it can't be made in one call.  So the directory begins as boxes/.new-ID and gets its name
 * when the lock is held; whatever is called boxes/ID was locked from its first moment.  A sweep that finds a .new-
 * directory with a free lock throws it away at once.  It may be wrong, when it comes between two of our calls: then
 * ours fail, nothing has been made of the container yet, and we begin again.
 */
#include "base/tree.h"
#include "engine/box_priv.h"
#include "engine/dir.h"
#include "engine/lock.h"
#include "engine/record_json.h"
#include "oci/spec_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CREATE_TRIES = 100 };

/* Fills ID with random digits. */
static int random_id(char id[BOX_ID_LEN + 1], struct err *e)
{
	unsigned char bytes[BOX_ID_LEN / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return err_set(e, errno, "get random bytes for a container id");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(id + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/* Makes the owner file in the directory B->run_fd and locks it. */
static int make_owner(struct box *b)
{
	b->owner_fd = openat(b->run_fd, "owner", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (b->owner_fd < 0 || fchmod(b->owner_fd, 0600) < 0)
		return -errno;
	int r = lock_take(b->owner_fd);
	if (r < 0)
		return r;
	b->ours = true;
	/* The byte takes up room for the exit record now, so that a disk that fills up later can't swallow it. */
	return write(b->owner_fd, "\n", 1) == 1 ? 0 : -errno;
}

/* Makes RUN/boxes/ID, owned by us; -EAGAIN if a sweep came in between. */
static int make_run_dir(struct box *b)
{
	char temporary[BOX_PATH_SIZE], path[BOX_PATH_SIZE];

	snprintf(temporary, sizeof(temporary), "boxes/.new-%s", b->id);
	int r = dir_make(b->home->run_fd, temporary, 0700);
	if (r == 0) {
		b->run_fd = dir_open(b->home->run_fd, temporary);
		r = b->run_fd < 0 ? b->run_fd : make_owner(b);
	}
	if (r == 0 && renameat(b->home->run_fd, temporary, b->home->run_fd, box_path(path, b->id, NULL)) < 0)
		r = -errno;
	if (r == 0)
		return 0;
	(void)!tree_delete(b->home->run_fd, temporary, NULL);
	return r == -ENOENT || r == -EBUSY || r == -EEXIST ? -EAGAIN : r;
}

/* Makes DATA/containers/ID. */
static int make_data_dir(struct box *b, struct err *e)
{
	char path[BOX_PATH_SIZE];

	snprintf(path, sizeof(path), "containers/%s", b->id);
	int r = dir_make(b->home->data_fd, path, 0700);
	if (r == 0) {
		b->data_fd = dir_open(b->home->data_fd, path);
		r = MIN(b->data_fd, 0);
	}
	return r < 0 ? err_set(e, -r, "make the directory %s/%s", b->home->data, path) : 0;
}

int box_create(struct home *h, bool persistent, struct box *b, struct err *e)
{
	int r = -EAGAIN;

	for (int tries = 0; r == -EAGAIN && tries < CREATE_TRIES; tries++) {
		box_init(b, h);
		r = random_id(b->id, e);
		if (r < 0)
			return r;
		r = make_run_dir(b);
		if (r < 0)
			box_close(b);
	}
	if (r < 0)
		return err_set(e, -r, "make a container's directory in %s/boxes", h->run);
	b->record.persistent = persistent;
	if (persistent)
		r = make_data_dir(b, e);
	else if ((b->data_fd = fcntl(b->run_fd, F_DUPFD_CLOEXEC, 3)) < 0)
		r = err_set(e, errno, "duplicate a descriptor");
	if (r < 0) {
		(void)!box_discard(b, NULL);
		box_close(b);
	}
	return r;
}

int box_save_record(struct box *b, struct err *e)
{
	const char *text = record_print(&b->record, b->home->arena);
	int r = file_replace(b->data_fd, "record.json", text, strlen(text), 0600, e);

	return r < 0 ? err_context(e, "keep the record of container %s", box_called(b)) : 0;
}

int box_save(struct box *b, struct err *e)
{
	const char *text = spec_print(&b->spec, b->home->arena);
	int r = file_replace(b->data_fd, "config.json", text, strlen(text), 0600, e);

	/* The mark comes before the record: a box with a record is complete. */
	if (r == 0 && b->record.rm && b->record.persistent)
		r = file_replace(b->run_fd, "rm", "", 0, 0600, e);
	if (r < 0)
		return err_context(e, "keep the configuration of container %s", box_called(b));
	return box_save_record(b, e);
}
