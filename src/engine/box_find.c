/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding boxes: by name, by id, all of them.  See box.h. */
#include "engine/box_priv.h"
#include "engine/claim.h"
#include "engine/dir.h"
#include "engine/lock.h"
#include "engine/record_json.h"
#include "oci/spec_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char hex_digits[] = "0123456789abcdef";

bool box_id_valid(const char *id)
{
	return strlen(id) == BOX_ID_LEN && strspn(id, hex_digits) == BOX_ID_LEN;
}

const char *box_path(char path[BOX_PATH_SIZE], const char *id, const char *file)
{
	snprintf(path, BOX_PATH_SIZE, "boxes/%s%s%s", id, file ? "/" : "", file ? file : "");
	return path;
}

void box_init(struct box *b, struct home *h)
{
	*b = (struct box){.home = h, .run_fd = FD_NONE, .data_fd = FD_NONE, .owner_fd = FD_NONE};
	b->record.id_slot = -1;
	spec_init(&b->spec);
}

void box_close(struct box *b)
{
	fd_close(&b->run_fd);
	fd_close(&b->data_fd);
	fd_close(&b->owner_fd);
	b->ours = false;
}

const char *box_called(const struct box *b)
{
	return b->record.name ? b->record.name : arena_strndup(b->home->arena, b->id, 12);
}

/* ---- from what the user typed to an id ---- */

/* The error for REF, which names nothing. */
static int not_found(const char *ref, struct err *e)
{
	err_set(e, ENOENT, "find the container \"%.80s\"", ref);
	err_why(e, "no container has this name or id");
	return err_cure(e, "isle ps -a lists them all");
}

/* The one id that begins with REF. */
static int find_by_beginning(struct home *h, const char *ref, char ret_id[BOX_ID_LEN + 1], struct err *e)
{
	auto_dir d = dir_stream(h->run_fd, "boxes");
	struct dirent *entry;
	int found = 0;

	if (!d)
		return err_set(e, errno, "open the directory %s/boxes", h->run);
	while (found < 2 && (entry = dir_next(d)))
		if (strncmp(entry->d_name, ref, strlen(ref)) == 0 && box_id_valid(entry->d_name) &&
		    dir_entry_is_dir(d, entry) && found++ == 0)
			memcpy(ret_id, entry->d_name, BOX_ID_LEN + 1);
	if (found == 0)
		return not_found(ref, e);
	if (found > 1) {
		err_set(e, 0, "find the container \"%s\"", ref);
		return err_cure(e, "more than one id begins so: give more digits, or the name");
	}
	return 0;
}

/* The id that REF stands for. */
static int resolve(struct home *h, const char *ref, char ret_id[BOX_ID_LEN + 1], struct err *e)
{
	size_t n = strlen(ref);

	/* REF becomes a part of a path only when it has the form of a name. */
	if (box_name_check(ref, NULL) == 0 && claim_holder(h, CLAIM_NAME, ref, ret_id) == 0)
		return 0;
	if (n == 0 || n > BOX_ID_LEN || strspn(ref, hex_digits) != n)
		return not_found(ref, e);
	if (n < BOX_ID_LEN)
		return find_by_beginning(h, ref, ret_id, e);
	memcpy(ret_id, ref, BOX_ID_LEN + 1);
	return 0;
}

/* ---- opening and loading ---- */

/* Opens the owner file; FD_NONE if it isn't there or is no regular file. */
static int open_owner(int run_fd)
{
	int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	auto_fd fd = openat(run_fd, "owner", O_RDWR | flags);
	struct stat st;

	/* On a file system that became read-only there is still much to see. */
	if (fd < 0 && (errno == EROFS || errno == EACCES))
		fd = openat(run_fd, "owner", O_RDONLY | flags);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return FD_NONE;
	return fd_take(&fd);
}

int box_open_id(struct home *h, const char *id, struct box *b, struct err *e)
{
	char path[BOX_PATH_SIZE];

	box_init(b, h);
	memcpy(b->id, id, BOX_ID_LEN + 1);
	b->run_fd = dir_open(h->run_fd, box_path(path, id, NULL));
	if (b->run_fd == -ENOENT)
		return not_found(id, e);
	if (b->run_fd < 0)
		return err_set(e, -b->run_fd, "open the directory of container %s", id);
	snprintf(path, sizeof(path), "containers/%s", id);
	b->data_fd = dir_open(h->data_fd, path);
	if (b->data_fd < 0)
		b->data_fd = fcntl(b->run_fd, F_DUPFD_CLOEXEC, 3);
	if (b->data_fd < 0) {
		int r = err_set(e, errno, "open the records of container %s", id);

		box_close(b);
		return r;
	}
	b->owner_fd = open_owner(b->run_fd);
	return 0;
}

int box_open(struct home *h, const char *ref, struct box *b, struct err *e)
{
	char id[BOX_ID_LEN + 1];
	int r = resolve(h, ref, id, e); /* first: REF may be the id in B */

	if (r < 0) {
		box_init(b, h);
		return r;
	}
	r = box_open_id(h, id, b, e);
	return r == -ENOENT ? not_found(ref, e) : r;
}

int box_load(struct box *b, bool with_spec, struct err *e)
{
	char *text;
	size_t size;
	struct arena *a = b->home->arena;
	int r = file_read(b->data_fd, "record.json", a, BOX_FILE_MAX, &text, &size, e);

	if (r == 0)
		r = record_parse(text, size, a, &b->record, e);
	if (r == 0)
		r = box_state_load(b, e);
	if (r == 0 && with_spec) {
		r = file_read(b->data_fd, "config.json", a, BOX_FILE_MAX, &text, &size, e);
		if (r == 0)
			r = spec_parse(text, size, a, &b->spec, e);
	}
	if (r < 0) {
		err_context(e, "read what is known about container %.12s", b->id);
		if (lock_held(b->owner_fd) && !box_complete(b))
			return err_why(e, "it is just being made");
		return err_cure(e, "isle rm -f %.12s removes it", b->id);
	}
	return 0;
}

int box_find(struct home *h, const char *ref, bool with_spec, struct box *b, struct err *e)
{
	int r = box_open(h, ref, b, e);

	if (r == 0) {
		r = box_load(b, with_spec, e);
		if (r < 0)
			box_close(b);
	}
	return r;
}

bool box_complete(const struct box *b)
{
	return dir_has(b->data_fd, "record.json");
}

bool box_is_transient(const struct box *b)
{
	/* A record beside the state means a box that lives in RUN alone. */
	return dir_has(b->run_fd, "rm") || dir_has(b->run_fd, "record.json");
}

int box_edit_lock(struct box *b, int timeout_ms, struct err *e)
{
	for (; flock(b->run_fd, LOCK_EX | LOCK_NB) < 0; timeout_ms -= 10) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_set(e, errno, "lock the container %s", box_called(b));
		if (timeout_ms <= 0)
			return err_set(e, ETIMEDOUT, "lock the container %s, which another isle is changing",
				       box_called(b));
		nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
	}
	return 0;
}

void box_edit_unlock(struct box *b)
{
	flock(b->run_fd, LOCK_UN);
}

/* ---- all of them ---- */

/* Orders by creation, then by id, so that the order is the same each time. */
static int compare_age(const void *va, const void *vb)
{
	const struct box *a = *(struct box *const *)va, *b = *(struct box *const *)vb;

	if (a->record.created_ns != b->record.created_ns)
		return a->record.created_ns < b->record.created_ns ? -1 : 1;
	return strcmp(a->id, b->id);
}

int box_list(struct home *h, struct boxes *ret, struct err *e)
{
	auto_dir d = dir_stream(h->run_fd, "boxes");
	struct dirent *entry;

	if (!d)
		return err_set(e, errno, "open the directory %s/boxes", h->run);
	while ((entry = dir_next(d))) {
		if (!box_id_valid(entry->d_name) || !dir_entry_is_dir(d, entry))
			continue;
		struct box *b = arena_new(h->arena, struct box, 1);
		if (box_open_id(h, entry->d_name, b, NULL) < 0)
			continue;
		if (box_load(b, false, NULL) == 0)
			*list_add(ret, h->arena) = b;
		box_close(b);
	}
	if (ret->n > 0)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_age);
	return 0;
}
