/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claims as symbolic links: see claim.h. */
#include "engine/claim.h"

#include "base/tree.h"
#include "engine/box_priv.h"
#include "engine/dir.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CLAIM_PATH_SIZE = 16 + NAME_MAX };

static const char *const claim_dirs[] = {[CLAIM_NAME] = "names", [CLAIM_IDS] = "ids"};

/* The path of the claim on WHAT below RUN. */
static void claim_path(char path[CLAIM_PATH_SIZE], enum claim_kind kind, const char *what)
{
	snprintf(path, CLAIM_PATH_SIZE, "%s/%s", claim_dirs[kind], what);
}

/* Whether the box ID is there, whole or not. */
static bool box_exists(const struct home *h, const char *id)
{
	char path[BOX_PATH_SIZE];

	return dir_has(h->run_fd, box_path(path, id, NULL));
}

int claim_holder(const struct home *h, enum claim_kind kind, const char *what, char ret_id[BOX_ID_LEN + 1])
{
	char path[CLAIM_PATH_SIZE], id[BOX_ID_LEN + 2];

	claim_path(path, kind, what);
	ssize_t n = readlinkat(h->run_fd, path, id, sizeof(id));
	if (n < 0)
		return errno == EINVAL ? -ENOENT : -errno; /* EINVAL: it is no symbolic link */
	if (n != BOX_ID_LEN)
		return -ENOENT;
	id[n] = '\0';
	if (!box_id_valid(id))
		return -ENOENT;
	memcpy(ret_id, id, BOX_ID_LEN + 1);
	return 0;
}

/* Whether the claim on WHAT is nobody's: its box is gone, or it is no claim at all. */
static bool is_stale(const struct home *h, enum claim_kind kind, const char *what)
{
	char id[BOX_ID_LEN + 1];
	int r = claim_holder(h, kind, what, id);

	return r == -ENOENT || (r == 0 && !box_exists(h, id));
}

/* Removes the claim on WHAT if it is stale, looking again under the lock. */
static void release_stale(struct home *h, enum claim_kind kind, const char *what)
{
	auto_fd lock = FD_NONE;
	char path[CLAIM_PATH_SIZE];

	if (home_lock(h, &lock, NULL) < 0 || !is_stale(h, kind, what))
		return;
	claim_path(path, kind, what);
	(void)!tree_delete(h->run_fd, path, NULL);
}

int claim_take(struct home *h, enum claim_kind kind, const char *what, const char *id)
{
	char path[CLAIM_PATH_SIZE];

	claim_path(path, kind, what);
	for (int tries = 0; tries < 3; tries++) {
		if (symlinkat(id, h->run_fd, path) == 0)
			return 0;
		if (errno != EEXIST || !is_stale(h, kind, what))
			return -errno;
		release_stale(h, kind, what);
	}
	return -EEXIST;
}

bool claim_release(struct home *h, enum claim_kind kind, const char *what, const char *id)
{
	char path[CLAIM_PATH_SIZE], holder[BOX_ID_LEN + 1];

	if (claim_holder(h, kind, what, holder) < 0 || strcmp(holder, id) != 0)
		return false;
	claim_path(path, kind, what);
	return unlinkat(h->run_fd, path, 0) == 0;
}

void claim_release_all(struct home *h, enum claim_kind kind, const char *id, const char *keep)
{
	auto_dir d = claim_list(h, kind);
	struct dirent *entry;

	while (d && (entry = dir_next(d)))
		if (!keep || strcmp(entry->d_name, keep) != 0)
			claim_release(h, kind, entry->d_name, id);
}

void claim_settle(struct home *h, enum claim_kind kind, const char *what)
{
	if (is_stale(h, kind, what))
		release_stale(h, kind, what);
}

DIR *claim_list(const struct home *h, enum claim_kind kind)
{
	return dir_stream(h->run_fd, claim_dirs[kind]);
}
