/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id mappings in the options of mounts: see mount_ids.h. */
#include "oci/mount_ids.h"

#include "base/json_bind.h"
#include "base/parse.h"

#include <string.h>

/* Moves *P past TEXT; false if something else is there. */
static bool take_text(const char **p, const char *text)
{
	size_t len = strlen(text);
	bool there = strncmp(*p, text, len) == 0;

	*p += there ? len : 0;
	return there;
}

/* Takes an id, or a number of them. */
static bool take_id(const char **p, uint32_t *ret)
{
	uint64_t id;
	bool good = take_u64(p, UINT32_MAX, &id);

	*ret = good ? (uint32_t)id : 0;
	return good;
}

/* Takes "FROM-TO-SIZE" off *P. */
static bool take_range(const char **p, struct spec_idmap *ret)
{
	return take_id(p, &ret->container_id) && take_char(p, '-') && take_id(p, &ret->host_id) && take_char(p, '-') &&
	       take_id(p, &ret->size);
}

/* Makes the container's ids that X leads to the machine's; false where they are not all in one range of OWN. */
static bool make_absolute(struct spec_idmap *x, const struct spec_idmaps *own)
{
	for (size_t i = 0; i < own->n; i++) {
		const struct spec_idmap *r = &own->v[i];

		if (x->host_id < r->container_id || x->host_id - r->container_id >= r->size ||
		    x->size > r->size - (x->host_id - r->container_id))
			continue;
		x->host_id = x->host_id - r->container_id + r->host_id;
		return true;
	}
	return false;
}

/* Adds the ranges at *P to MAP; OWN are those of the container. */
static int take_ranges(const char **p, const struct spec_idmaps *own, struct spec_idmaps *map, struct arena *a,
		       struct err *e)
{
	do {
		bool relative = take_char(p, '@');
		struct spec_idmap x;

		if (!take_range(p, &x))
			return bind_fail(e, "must be FROM-TO-SIZE at \"%s\"", *p);
		if (relative && !make_absolute(&x, own))
			return bind_fail(e, "leads to ids that are not in one range of the user namespace");
		*list_add(map, a) = x;
	} while (take_char(p, '#'));
	return 0;
}

/* Adds what the option's MAPS say to the mappings of M, which has none of its own. */
static int take_maps(const char *maps, const struct spec *s, struct spec_mount *m, struct arena *a, struct err *e)
{
	const char *p = maps;
	int r = 0;

	do {
		bool uids = take_text(&p, "uids=");

		if (!uids && !take_text(&p, "gids="))
			return bind_fail(e, "must be \"uids=\" or \"gids=\" at \"%s\"", p);
		r = take_ranges(&p, uids ? &s->lin.uid_map : &s->lin.gid_map, uids ? &m->uid_map : &m->gid_map, a, e);
	} while (r == 0 && take_char(&p, ';'));
	return r == 0 && *p ? bind_fail(e, "must end at \"%s\"", p) : r;
}

/* Makes what option J of M says mappings, if it has any. */
static int take_option(struct spec *s, struct spec_mount *m, size_t j, struct arena *a, struct err *e)
{
	const char *maps = strchr(m->options.v[j], '=');
	size_t len = maps ? (size_t)(maps - m->options.v[j]) : 0;

	if (!(len == 5 && strncmp(m->options.v[j], "idmap", len) == 0) &&
	    !(len == 6 && strncmp(m->options.v[j], "ridmap", len) == 0))
		return 0;
	if (m->uid_map.n || m->gid_map.n)
		return bind_fail(e, "has mappings, and the mount has others already");
	int r = take_maps(maps + 1, s, m, a, e);
	m->options.v[j] = arena_strndup(a, m->options.v[j], len);
	return r;
}

int mount_ids_take(struct spec *s, struct arena *a, struct err *e)
{
	for (size_t i = 0; i < s->mounts.n; i++) {
		struct spec_mount *m = &s->mounts.v[i];

		for (size_t j = 0; j < m->options.n; j++) {
			int r = take_option(s, m, j, a, e);

			if (r < 0) {
				r = bind_fail_at(e, "options", 0, bind_fail_at(e, NULL, j, r));
				return bind_fail_at(e, "mounts", 0, bind_fail_at(e, NULL, i, r));
			}
		}
	}
	return 0;
}
