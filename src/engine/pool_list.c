/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pools there are, and what their parked islands cost: see pool.h. */
#include "engine/pool_priv.h"

#include "base/fd.h"
#include "base/parse.h"
#include "core/cgroup_usage.h"
#include "engine/dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool pool_parked(const struct box *b, struct err *e)
{
	if (!b->record.pool || b->state.status != BOX_CREATED || !box_owned(b))
		return false;
	err_set(e, 0, "reach container %s", box_called(b));
	err_why(e, "it is parked in the pool %s", b->record.pool);
	err_cure(e, "isle run --pool %s takes one", b->record.pool);
	return true;
}

/* The proportional share of process PID in bytes (proc(5), smaps_rollup: "Pss:  123 kB"); -1: not known. */
static int64_t pss_of(struct home *h, pid_t pid)
{
	char path[48], *text, *line;
	size_t size;
	uint64_t kib = 0;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	if (pid <= 0 || file_read(AT_FDCWD, path, h->arena, 1 << 16, &text, &size, NULL) < 0)
		return -1;
	line = strstr(text, "\nPss:");
	if (!line)
		return -1;
	line += strlen("\nPss:");
	line += strspn(line, " \t");
	line[strspn(line, "0123456789")] = '\0';
	return parse_u64(line, UINT32_MAX, &kib) ? (int64_t)kib * 1024 : -1;
}

/* What the kernel charges to the cgroup of B; -1: it has none that counts memory. */
static int64_t charge_of(struct box *b)
{
	CLEANUP(cgroup_release) struct cgroup cg;
	struct cgroup_usage usage = {0};

	if (box_cgroup_open(b, &cg, NULL) < 0)
		return -1;
	cgroup_usage_read(&cg, b->home->arena, &usage);
	return usage.memory.has ? (int64_t)usage.memory.usage.usage : -1;
}

/* The row of the pool NAME, without its islands; false if it has just gone. */
static bool row_read(struct home *h, const char *name, struct pool_row *ret)
{
	struct pool_dir d;
	struct pool_state s;

	if (pool_dir_open(h, name, &d, NULL) < 0)
		return false;
	int r = pool_state_load(&d, h->arena, &s, NULL);
	pool_dir_close(&d);
	*ret = (struct pool_row){
		.name = arena_strdup(h->arena, name),
		.root = s.root ? s.root : "",
		.command = s.command ? s.command : "",
		.size = s.size,
		.service_pid = s.pid,
		.since_ns = s.since_ns,
		.taken = s.taken,
		.failed = s.failed,
		.error = s.error,
	};
	return r == 0;
}

/* By name. */
static int compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct pool_row *)a)->name, ((const struct pool_row *)b)->name);
}

/* Adds the parked boxes to the rows of their pools. */
static int islands_add(struct home *h, struct pool_rows *rows, struct err *e)
{
	struct boxes boxes = {0};
	int r = box_list(h, &boxes, e);

	for (size_t i = 0; r == 0 && i < boxes.n; i++) {
		struct box *b = boxes.v[i];

		if (!b->record.pool || b->state.status != BOX_CREATED)
			continue;
		for (size_t j = 0; j < rows->n; j++)
			if (strcmp(rows->v[j].name, b->record.pool) == 0)
				*list_add(&rows->v[j].parked, h->arena) = (struct pool_island){
					.id = b->id,
					.keeper_pss = pss_of(h, b->state.owner_pid),
					.box_pss = pss_of(h, b->state.pid),
					.charged = charge_of(b),
				};
	}
	return r;
}

int pool_rows(struct home *h, struct pool_rows *ret, struct err *e)
{
	auto_dir pools = dir_stream(h->run_fd, "pools");
	struct dirent *entry;

	while (pools && (entry = dir_next(pools))) {
		struct pool_row row;

		if (row_read(h, entry->d_name, &row))
			*list_add(ret, h->arena) = row;
	}
	if (ret->n == 0)
		return 0;
	qsort(ret->v, ret->n, sizeof(*ret->v), compare_rows);
	return islands_add(h, ret, e);
}
