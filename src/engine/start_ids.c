/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ids of the machine a container has.
 *
 *     root            a range of 65536 that no other container has
 *     a plain user    its own id as the container's root, then its ranges of /etc/subuid and /etc/subgid
 *     without those   its own id alone
 *
 * Files get the right owners by idmapped mounts.  Where a file system refuses them, the next safest way: a guarded
 * root is used unshifted (its files belong to nobody inside, and can only be read); any other root gets a user
 * namespace that maps the machine's ids to themselves, so that capabilities stay confined although numbers are the
 * machine's.
 */
#include "engine/start.h"

#include "core/idmap.h"

#include <errno.h>
#include <string.h>

enum { RANGE = 65536 };

/* Appends one line to a map. */
static void map_add(struct spec_idmaps *m, struct arena *a, uint32_t inside, uint32_t outside, uint32_t count)
{
	*list_add(m, a) = (struct spec_idmap){.container_id = inside, .host_id = outside, .size = count};
}

int start_ids_claim(struct start *s, struct err *e)
{
	struct arena *a = s->home->arena;
	struct spec *spec = &s->box.spec;
	uint32_t base;
	int r;

	if (spec->lin.ns[NS_USER].mode != NS_NEW || spec->lin.uid_map.n > 0)
		return 0;
	if (s->home->rootless)
		return subid_maps(&spec->lin.uid_map, &spec->lin.gid_map, a, e);
	r = box_claim_ids(&s->box, &base, e);
	if (r < 0)
		return r;
	map_add(&spec->lin.uid_map, a, 0, base, RANGE);
	map_add(&spec->lin.gid_map, a, 0, base, RANGE);
	return 0;
}

bool start_ids_fall_back(struct start *s, const struct err *why)
{
	struct arena *a = s->home->arena;
	struct rootfs *r = &s->box.record.rootfs;
	const char *text;

	if (!strstr(why->why, ROOTFS_NO_IDMAP) || !r->idmapped)
		return false;
	r->idmapped = false;
	if (r->guarded) {
		text = "; inside, its files belong to nobody and can only be read";
	} else {
		s->box.spec.lin.uid_map = s->box.spec.lin.gid_map = (struct spec_idmaps){0};
		map_add(&s->box.spec.lin.uid_map, a, 0, 0, RANGE);
		map_add(&s->box.spec.lin.gid_map, a, 0, 0, RANGE);
		text = "; the container has the machine's ids, in a user namespace of its own";
	}
	char *line = arena_printf(a, "%s%s", why->why, text);
	strs_take(&s->box.record.warnings, a, line);
	if (s->mode->tell)
		s->mode->tell(s->mode->ctx, line);
	return true;
}
