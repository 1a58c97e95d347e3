/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id maps in the user's words: see maps.h. */
#include "toolbox/maps.h"

#include "base/fd.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What differs between users and groups. */
static const struct {
	const char *what, *subids, *add, *map;
} facts[] = {
	[MAPS_USERS] = {"the map of users", "/etc/subuid", "--add-subuids", "/proc/self/uid_map"},
	[MAPS_GROUPS] = {"the map of groups", "/etc/subgid", "--add-subgids", "/proc/self/gid_map"},
};

/* ---- words ---- */

/* The first range of user UID; its ids inside begin with 0, or are those outside. */
static int add_subids(struct spec_idmaps *m, enum maps_kind kind, bool unchanged, uid_t uid, struct arena *a,
		      struct err *e)
{
	struct spec_idmaps ranges = {0};
	int r = subid_ranges(uid, kind == MAPS_GROUPS, a, &ranges, e);

	if (r < 0)
		return r;
	if (ranges.n == 0) {
		err_set(e, 0, "%s gives user %u no range", facts[kind].subids, uid);
		return err_cure(e, "as root: usermod %s 100000-165535 and the user's name", facts[kind].add);
	}
	*list_add(m, a) = (struct spec_idmap){
		.container_id = unchanged ? ranges.v[0].host_id : 0,
		.host_id = ranges.v[0].host_id,
		.size = ranges.v[0].size,
	};
	return 0;
}

/* Every id of the namespace that this process lives in. */
static int add_all(struct spec_idmaps *m, enum maps_kind kind, struct arena *a, struct err *e)
{
	char *text, *line, *save = NULL;
	int r = file_read(AT_FDCWD, facts[kind].map, a, 65536, &text, NULL, e);

	if (r < 0)
		return r;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct spec_idmap x;

		if (sscanf(line, "%u %*u %u", &x.container_id, &x.size) != 2)
			continue;
		x.host_id = x.container_id;
		*list_add(m, a) = x;
	}
	return 0;
}

/* Reads three numbers with SEPARATOR between them. */
static bool parse_triple(const char *word, char separator, uint64_t ret[3])
{
	return take_u64(&word, UINT32_MAX - 1, &ret[0]) && take_char(&word, separator) &&
	       take_u64(&word, UINT32_MAX - 1, &ret[1]) && take_char(&word, separator) &&
	       parse_u64(word, UINT32_MAX, &ret[2]);
}

/* One range, in the newer or the older form. */
static int add_range(struct spec_idmaps *m, enum maps_kind kind, const char *word, struct arena *a, struct err *e)
{
	uint64_t v[3];
	bool older = false;

	if (!parse_triple(word, ':', v) && !(older = parse_triple(word, ',', v))) {
		err_set(e, 0, "bad range \"%s\" for %s", word, facts[kind].what);
		return err_cure(e, "it is INNER:OUTER:COUNT, auto, subids, or all");
	}
	if (v[2] == 0)
		return err_set(e, 0, "the range \"%s\" for %s is empty", word, facts[kind].what);
	*list_add(m, a) = (struct spec_idmap){
		.container_id = (uint32_t)v[older ? 1 : 0],
		.host_id = (uint32_t)v[older ? 0 : 1],
		.size = (uint32_t)v[2],
	};
	return 0;
}

int maps_add(struct spec_idmaps *m, enum maps_kind kind, const char *word, uid_t uid, struct arena *a, struct err *e)
{
	if (strcmp(word, "all") == 0)
		return add_all(m, kind, a, e);
	if (strcmp(word, "auto") == 0)
		return add_subids(m, kind, false, uid, a, e);
	if (strcmp(word, "subids") == 0)
		return add_subids(m, kind, true, uid, a, e);
	return add_range(m, kind, word, a, e);
}

/* ---- the single id ---- */

/* Whether ID is one of the COUNT ids from FIRST on. */
static bool is_in(uint64_t id, uint32_t first, uint32_t count)
{
	return id >= first && id - first < count;
}

/*
 * Appends COUNT pairs, or makes the last line longer where both sides go on; but no line before FROM, which is another
 * range: newuidmap(1) allows a line only if one range of /etc/subuid has all of it.
 */
static void append(struct spec_idmaps *m, size_t from, uint64_t inner, uint64_t outer, uint64_t count, struct arena *a)
{
	struct spec_idmap *last = m->n > from ? &m->v[m->n - 1] : NULL;

	if (last && last->container_id + (uint64_t)last->size == inner &&
	    last->host_id + (uint64_t)last->size == outer) {
		last->size += (uint32_t)count;
		return;
	}
	*list_add(m, a) = (struct spec_idmap){(uint32_t)inner, (uint32_t)outer, (uint32_t)count};
}

/* The first id from ID on that is inside no range of M or DONE, which has the single id. */
static uint64_t next_free(const struct spec_idmaps *m, const struct spec_idmaps *done, uint64_t id)
{
	const struct spec_idmaps *lists[] = {m, done};
	bool again = true;

	while (again) {
		again = false;
		for (size_t l = 0; l < ARRAY_LEN(lists); l++)
			for (size_t i = 0; i < lists[l]->n; i++) {
				const struct spec_idmap *x = &lists[l]->v[i];

				if (!is_in(id, x->container_id, x->size))
					continue;
				id = (uint64_t)x->container_id + x->size;
				again = true;
			}
	}
	return id;
}

/* How many pairs can be made from INNER and OUTER on before one of them is the single id. */
static uint64_t until_single(const struct spec_idmap *single, uint64_t inner, uint64_t outer, uint64_t most)
{
	if (single->container_id > inner)
		most = MIN(most, single->container_id - inner);
	if (single->host_id > outer)
		most = MIN(most, single->host_id - outer);
	return most;
}

/* Appends range X of M to DONE, without the ids of the single one. */
static void put_range(const struct spec_idmaps *m, const struct spec_idmap *x, const struct spec_idmap *single,
		      struct spec_idmaps *done, struct arena *a)
{
	uint64_t inner = x->container_id, outer = x->host_id;
	uint64_t inner_end = inner + x->size, outer_end = outer + x->size;
	size_t from = done->n;

	for (;;) {
		inner += inner == single->container_id;
		outer += outer == single->host_id;
		if (inner >= inner_end || outer >= outer_end)
			break;
		uint64_t n = until_single(single, inner, outer, MIN(inner_end - inner, outer_end - outer));

		append(done, from, inner, outer, n, a);
		inner += n;
		outer += n;
	}
	if (outer >= outer_end)
		return;
	/* One id outside is left over: at most one, since one was taken out inside. */
	uint64_t free_id = next_free(m, done, inner_end);
	if (free_id >= UINT32_MAX)
		free_id = next_free(m, done, 0);
	append(done, from, free_id, outer, 1, a);
}

void maps_put_first(struct spec_idmaps *m, uint32_t inner, uint32_t outer, struct arena *a)
{
	const struct spec_idmap single = {.container_id = inner, .host_id = outer, .size = 1};
	struct spec_idmaps done = {0};

	*list_add(&done, a) = single;
	for (size_t i = 0; i < m->n; i++)
		put_range(m, &m->v[i], &single, &done, a);
	*m = done;
}

/* ---- what the kernel takes ---- */

int maps_check(const struct spec_idmaps *m, enum maps_kind kind, struct arena *a, struct err *e)
{
	int r = idmap_check(m, facts[kind].what, e);

	if (r < 0)
		return r;
	size_t length = strlen(idmap_text(m, a)), page = (size_t)sysconf(_SC_PAGESIZE);
	if (length < page)
		return 0;
	err_set(e, 0, "%s is too long: %zu ranges are %zu bytes", facts[kind].what, m->n, length);
	return err_why(e, "the kernel takes less than a page, %zu bytes", page);
}
