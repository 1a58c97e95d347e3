/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The containers behind processes: see owner.h. */
#include "report/owner.h"

#include "engine/box.h"
#include "inspect/container.h"

#include <fcntl.h>
#include <string.h>

enum { CGROUPS_MAX = 1 << 20 };

void owners_read(struct owners *o, const char *root, const char *data, struct arena *a)
{
	struct home home;
	struct boxes boxes = {0};

	*o = (struct owners){.arena = a};
	if (home_peek(&home, root, data, a, NULL) < 0)
		return;
	if (box_list(&home, &boxes, NULL) < 0)
		boxes.n = 0;
	for (size_t i = 0; i < boxes.n; i++) {
		const struct box *b = boxes.v[i];
		char *label = arena_printf(a, "isle:%s", box_called(b));

		strs_add(&o->ids, a, b->id);
		strs_take(&o->labels, a, label);
		if ((b->state.status == BOX_RUNNING || b->state.status == BOX_PAUSED) && b->state.pid > 0)
			map_put(&o->first, a, (uint64_t)b->state.pid, label);
	}
	home_close(&home);
}

/* The label of our container whose first process is P or above it: where a plain user's containers have no groups. */
static const char *owner_above(const struct owners *o, const struct ns_process *p)
{
	for (; p; p = p->parent) {
		const char *label = map_get(&o->first, (uint64_t)p->pid);

		if (label)
			return label;
	}
	return NULL;
}

const char *owner_of(const struct owners *o, const struct ns_process *p)
{
	struct container_name name;
	char *text;
	size_t size;
	const char *path = arena_printf(o->arena, "/proc/%d/cgroup", (int)p->pid);

	if (file_read(AT_FDCWD, path, o->arena, CGROUPS_MAX, &text, &size, NULL) < 0 ||
	    !container_of_cgroups(text, o->arena, &name))
		return owner_above(o, p);
	for (size_t i = 0; strcmp(name.manager, "isle") == 0 && i < o->ids.n; i++)
		if (strcmp(o->ids.v[i], name.id) == 0)
			return o->labels.v[i];
	return container_label(&name, o->arena);
}
