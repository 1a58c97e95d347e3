/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kept roots are removed only when no container stands on them. */
#include "engine/kept_root.h"

#include "core/idmap.h"
#include "engine/box.h"
#include "image/root.h"

#include <errno.h>
#include <string.h>

/* Whether a layer of B is the directory PATH or lies in it. */
static bool stands_on(const struct box *b, const char *path)
{
	size_t len = strlen(path);
	const struct strs *lower = &b->record.rootfs.lower;

	for (size_t i = 0; i < lower->n; i++)
		if (strncmp(lower->v[i], path, len) == 0 && (lower->v[i][len] == '\0' || lower->v[i][len] == '/'))
			return true;
	return false;
}

/* Refuses if a container uses the root NAME, whose directory is PATH. */
static int check_unused(struct home *h, const char *name, const char *path, struct err *e)
{
	struct boxes boxes = {0};
	int r = box_list(h, &boxes, e);

	for (size_t i = 0; r == 0 && i < boxes.n; i++) {
		if (!stands_on(boxes.v[i], path))
			continue;
		err_set(e, EBUSY, "remove the root %s", name);
		err_why(e, "the container %s uses it", box_called(boxes.v[i]));
		r = err_cure(e, "remove that container first: isle rm %s", box_called(boxes.v[i]));
	}
	return r;
}

int kept_root_forget(struct home *h, const char *name, struct err *e)
{
	struct roots_kept roots = {0};
	struct spec_idmaps uids = {0}, gids = {0};
	const struct root_request q = {.data = h->data, .rootless = h->rootless, .uid_map = &uids, .gid_map = &gids};
	int r = root_list(h->data, h->arena, &roots, e);

	for (size_t i = 0; r == 0 && i < roots.n; i++)
		if (strcmp(roots.v[i].name, name) == 0)
			r = check_unused(h, name, roots.v[i].path, e);
	if (r == 0 && h->rootless)
		r = subid_maps(&uids, &gids, h->arena, e);
	return r < 0 ? r : root_forget(&q, name, e);
}
