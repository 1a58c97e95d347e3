/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle run --explain': the plan of a start, of which nothing is done. */
#include "engine/start.h"

#include "engine/compose.h"

#include <string.h>
#include <sys/stat.h>

/* For the plan's sake: names, ids and root as they would be. */
static int explain_compose(struct start *s, struct err *e)
{
	struct box *b = &s->box;
	struct arena *a = s->home->arena;
	int r;

	spec_init(&b->spec);
	b->home = s->home;
	b->record.id_slot = -1;
	memset(b->id, '0', BOX_ID_LEN);
	r = compose(s->o, s->home, b, e);
	if (r < 0)
		return r;
	if (b->spec.lin.ns[NS_USER].mode == NS_NEW && !s->home->rootless) {
		uint32_t base = box_ids_base(s->home, 0);

		*list_add(&b->spec.lin.uid_map, a) = (struct spec_idmap){.host_id = base, .size = 65536};
		*list_add(&b->spec.lin.gid_map, a) = (struct spec_idmap){.host_id = base, .size = 65536};
	} else if ((r = start_ids_claim(s, e)) < 0) {
		return r;
	}
	struct stat st;
	bool kept = strcmp(s->o->root, "host") != 0 && (stat(s->o->root, &st) < 0 || !S_ISDIR(st.st_mode));
	if (!kept)
		return start_resolve(&s->launch, e);
	b->record.rootfs = (struct rootfs){.kind = ROOTFS_LAYERED, .idmapped = true};
	strs_take(&b->record.rootfs.lower, a, arena_printf(a, "%s/roots/…/rootfs", s->home->data));
	return 0;
}

int start_explain(struct start *s, struct err *e)
{
	int r = explain_compose(s, e);

	if (r == 0)
		r = start_prepare(&s->launch, e);
	if (r < 0)
		return r;
	plan_tell(&s->plan, s->home->arena, s->mode->tell_steps, s->mode->ctx);
	return 0;
}
