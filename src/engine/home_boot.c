/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RUN after a boot: see home.h.
 *
 * RUN is right when the symbolic link RUN/boot names this boot; the link is made last.  Where it is missing or names
 * another boot (RUN may lie on a disk), whoever comes first takes the lock on RUN, throws away what an earlier boot
 * left, and gives every container that DATA has kept its entry, its name and its range of ids again.  Killed half-way,
 * the next one does the same over again; those who come meanwhile wait for the lock and find the work done.
 *
 * A container of DATA without a record was never completely made, and one with 'rm' set was to be forgotten: both go.
 * One whose record cannot be read stays, for it may hold somebody's work: 'rm -f' with its id removes it.
 */
#include "engine/home_boot.h"

#include "base/tree.h"
#include "engine/box.h"
#include "engine/box_priv.h"
#include "engine/claim.h"
#include "engine/dir.h"
#include "engine/record_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BOOT_ID_SIZE = 37 };

/* The directories, in DATA first: RUN/boot must come after all of them. */
static const struct {
	bool in_data;
	const char *name;
} dirs[] = {
	{true, "containers"}, {true, "roots"},	{true, "trash"}, {false, "trash"},
	{false, "boxes"},     {false, "names"}, {false, "ids"},
};

/* This boot's id (random(4)); where there is none, the same word at every boot. */
static void boot_id(char id[BOOT_ID_SIZE])
{
	auto_fd fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, id, BOOT_ID_SIZE - 1);

	if (n <= 0)
		n = (ssize_t)strlen(strcpy(id, "unknown"));
	id[n] = '\0';
	id[strcspn(id, "\n")] = '\0';
}

/* Whether RUN was built in the boot ID. */
static bool is_built(const struct home *h, const char *id)
{
	char found[BOOT_ID_SIZE + 1];
	ssize_t n = readlinkat(h->run_fd, "boot", found, sizeof(found));

	return n == (ssize_t)strlen(id) && memcmp(found, id, (size_t)n) == 0;
}

/* Throws the directories of an earlier boot out of RUN. */
static int clear_run(struct home *h, struct err *e)
{
	if (unlinkat(h->run_fd, "boot", 0) < 0 && errno != ENOENT)
		return err_set(e, errno, "delete %s/boot", h->run);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		if (dirs[i].in_data)
			continue;
		int r = tree_delete(h->run_fd, dirs[i].name, e);
		if (r < 0)
			return err_context(e, "clear %s after a boot", h->run);
	}
	return 0;
}

/* Makes all directories that are missing. */
static int make_dirs(struct home *h, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		int r = dir_make(dirs[i].in_data ? h->data_fd : h->run_fd, dirs[i].name, 0700);

		if (r < 0 && r != -EEXIST)
			return err_set(e, -r, "make the directory %s/%s", dirs[i].in_data ? h->data : h->run,
				       dirs[i].name);
	}
	return 0;
}

/* What the last run of the box in DATA came to, as an exit record; NULL if it never ran. */
static char *last_run(struct home *h, int data_fd)
{
	struct box_state s = {0};
	char *text;
	size_t size;

	if (file_read(data_fd, "state.json", h->arena, BOX_FILE_MAX, &text, &size, NULL) < 0 ||
	    state_parse(text, size, h->arena, &s, NULL) < 0)
		return NULL;
	if (s.status != BOX_EXITED)
		box_state_lost(&s, h->arena, "the machine stopped while it ran");
	return state_print(&s, h->arena);
}

/* Makes the entry RUN/boxes/ID of a container that DATA has kept. */
static int restore_entry(struct home *h, int boxes, const char *id, int data_fd, struct err *e)
{
	char *text = last_run(h, data_fd);
	int r = dir_make(boxes, id, 0700);

	if (r < 0 && r != -EEXIST)
		return err_set(e, -r, "make the directory of container %s", id);
	auto_fd dir = dir_open(boxes, id);
	if (dir < 0)
		return err_set(e, -dir, "open the directory of container %s", id);
	return file_replace(dir, "owner", text ? text : "", text ? strlen(text) : 0, 0600, e);
}

/* Gives the container ID of DATA its entry, name and ids again, or throws it away. */
static int restore(struct home *h, int containers, int boxes, const char *id, struct err *e)
{
	struct box_record record = {0};
	char *text, slot[16];
	size_t size;
	auto_fd data_fd = dir_open(containers, id);

	if (data_fd < 0)
		return 0;
	if (!dir_has(data_fd, "record.json")) {
		home_discard(h, true, containers, id, NULL);
		return 0;
	}
	bool readable = file_read(data_fd, "record.json", h->arena, BOX_FILE_MAX, &text, &size, NULL) == 0 &&
			record_parse(text, size, h->arena, &record, NULL) == 0;
	if (readable && record.rm) {
		home_discard(h, true, containers, id, NULL);
		return 0;
	}
	int r = restore_entry(h, boxes, id, data_fd, e);
	if (r < 0 || !readable)
		return r;
	snprintf(slot, sizeof(slot), "%d", record.id_slot);
	/* Two records with one name can't come from isle.  The container is still found by its id. */
	if (record.name && box_name_check(record.name, NULL) == 0)
		(void)!claim_take(h, CLAIM_NAME, record.name, id);
	if (record.id_slot >= 0)
		(void)!claim_take(h, CLAIM_IDS, slot, id);
	return 0;
}

/* Restores every container of DATA. */
static int restore_all(struct home *h, struct err *e)
{
	auto_fd boxes = FD_NONE;
	int r = home_dir(h->run_fd, "boxes", &boxes, e);
	auto_dir containers = dir_stream(h->data_fd, "containers");
	struct dirent *entry;

	if (r < 0)
		return r;
	if (!containers)
		return err_set(e, errno, "open the directory %s/containers", h->data);
	while (r == 0 && (entry = dir_next(containers)))
		if (box_id_valid(entry->d_name) && dir_entry_is_dir(containers, entry))
			r = restore(h, dirfd(containers), boxes, entry->d_name, e);
	return r;
}

int home_boot(struct home *h, struct err *e)
{
	auto_fd lock = FD_NONE;
	char id[BOOT_ID_SIZE];

	boot_id(id);
	/* Another DATA than the last time (--data) may be new while RUN is not. */
	if (is_built(h, id))
		return dir_has(h->data_fd, "containers") ? 0 : make_dirs(h, e);
	int r = home_lock(h, &lock, e);
	if (r < 0)
		return err_context(e, "prepare %s", h->run);
	if (is_built(h, id))
		return 0;
	r = clear_run(h, e);
	if (r == 0)
		r = make_dirs(h, e);
	if (r == 0)
		r = restore_all(h, e);
	if (r == 0 && symlinkat(id, h->run_fd, "boot") < 0)
		r = err_set(e, errno, "make %s/boot", h->run);
	return r;
}
