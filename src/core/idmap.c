/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id maps: see idmap.h. */
#include "core/idmap.h"

#include "base/fd.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	MAP_LINES_MAX = 340,	/* UID_GID_MAP_MAX_EXTENTS, Linux 4.15 */
	IDS_OF_MACHINE = 65536, /* login.defs(5): users end at 60000, systemd's own ranges below 65536 */
};

/* Which of the two maps: its file, its helper, and what the helper's package is called. */
struct kind {
	const char *word, *file, *helper;
};
static const struct kind kinds[] = {
	{"user", "uid_map", "/usr/bin/newuidmap"},
	{"group", "gid_map", "/usr/bin/newgidmap"},
};

char *idmap_text(const struct spec_idmaps *m, struct arena *a)
{
	char *text = arena_alloc(a, m->n + 1, 34);
	size_t used = 0;

	for (size_t i = 0; i < m->n; i++)
		used += (size_t)sprintf(text + used, "%u %u %u\n", m->v[i].container_id, m->v[i].host_id, m->v[i].size);
	return text;
}

/* The line of M that maps container id ID, or NULL. */
static const struct spec_idmap *map_line(const struct spec_idmaps *m, uint32_t id)
{
	for (size_t i = 0; i < m->n; i++)
		if (id >= m->v[i].container_id && id - m->v[i].container_id < m->v[i].size)
			return &m->v[i];
	return NULL;
}

bool idmap_has(const struct spec_idmaps *m, uint32_t id)
{
	return map_line(m, id) != NULL;
}

uint32_t idmap_host(const struct spec_idmaps *m, uint32_t id)
{
	const struct spec_idmap *l = map_line(m, id);

	return l ? l->host_id + (id - l->container_id) : (uint32_t)-1;
}

bool idmap_foreign(const struct spec_idmaps *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].host_id < IDS_OF_MACHINE)
			return false;
	return true;
}

/* Whether [a, a+n) and [b, b+m) share a number. */
static bool overlap(uint64_t a, uint64_t n, uint64_t b, uint64_t m)
{
	return a < b + m && b < a + n;
}

int idmap_check(const struct spec_idmaps *m, const char *what, struct err *e)
{
	if (m->n > MAP_LINES_MAX)
		return err_set(e, 0, "%s has %zu lines, and the kernel takes at most %d", what, m->n, MAP_LINES_MAX);
	for (size_t i = 0; i < m->n; i++) {
		const struct spec_idmap *x = &m->v[i];

		if (x->size == 0 || (uint64_t)x->container_id + x->size > UINT32_MAX ||
		    (uint64_t)x->host_id + x->size > UINT32_MAX)
			return err_set(e, 0, "%s: the range %u:%u:%u is empty or goes past the last id", what,
				       x->container_id, x->host_id, x->size);
		for (size_t j = 0; j < i; j++) {
			const struct spec_idmap *y = &m->v[j];

			if (overlap(x->container_id, x->size, y->container_id, y->size) ||
			    overlap(x->host_id, x->size, y->host_id, y->size))
				return err_set(e, 0, "%s: the ranges %u:%u:%u and %u:%u:%u overlap", what,
					       y->container_id, y->host_id, y->size, x->container_id, x->host_id,
					       x->size);
		}
	}
	return 0;
}

/* Writes TEXT into /proc/PID/FILE in one write, as the kernel demands. */
static int proc_write(pid_t pid, const char *file, const char *text, struct err *e)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return file_write(AT_FDCWD, path, text, e);
}

/* Runs newuidmap or newgidmap for PID with the ranges of M. */
static int helper_run(const struct kind *k, pid_t pid, const struct spec_idmaps *m, struct arena *a, struct err *e)
{
	static char *const no_env[] = {NULL};
	struct strs argv = {0};
	pid_t child;
	int status, r;

	strs_add(&argv, a, k->helper);
	strs_take(&argv, a, arena_printf(a, "%d", (int)pid));
	for (size_t i = 0; i < m->n; i++) {
		strs_take(&argv, a, arena_printf(a, "%u", m->v[i].container_id));
		strs_take(&argv, a, arena_printf(a, "%u", m->v[i].host_id));
		strs_take(&argv, a, arena_printf(a, "%u", m->v[i].size));
	}
	r = posix_spawn(&child, k->helper, NULL, NULL, argv.v, no_env);
	if (r != 0) {
		err_set(e, r, "run %s", k->helper);
		return r == ENOENT ? err_cure(e, "install the package uidmap, or use --userns host") : -r;
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return err_set(e, errno, "wait for %s", k->helper);
	if (status != 0) {
		err_set(e, EPERM, "have it done by %s", k->helper);
		return err_cure(e, "compare the ranges with /etc/sub%cid; see what it says above", k->word[0]);
	}
	return 0;
}

/* Whether M is the caller's own id OWN and nothing else: the one map that needs no privilege. */
static bool own_id_alone(const struct spec_idmaps *m, uint32_t own)
{
	return m->n == 1 && m->v[0].size == 1 && m->v[0].host_id == own;
}

int idmap_apply(pid_t pid, const struct spec_idmaps *uids, const struct spec_idmaps *gids, bool privileged,
		struct arena *a, struct err *e)
{
	const struct spec_idmaps *maps[] = {uids, gids};
	const uint32_t own[] = {geteuid(), getegid()};

	for (int i = 1; i >= 0; i--) { /* groups first: denying setgroups must come before gid_map */
		bool direct = privileged || own_id_alone(maps[i], own[i]);
		int r = 0;

		if (maps[i]->n == 0)
			continue;
		if (i == 1 && direct && !privileged)
			r = proc_write(pid, "setgroups", "deny", e);
		if (r == 0)
			r = direct ? proc_write(pid, kinds[i].file, idmap_text(maps[i], a), e)
				   : helper_run(&kinds[i], pid, maps[i], a, e);
		if (r < 0)
			return err_context(e, "map the %s ids", kinds[i].word);
	}
	return 0;
}

/*
 * The login name of UID from /etc/passwd, without NSS: a static program has none, and files are what subuid(5) speaks
 * of.
 */
static char *login_name(uid_t uid, struct arena *a)
{
	char *text, *line, *save = NULL;

	if (file_read(AT_FDCWD, "/etc/passwd", a, 10 << 20, &text, NULL, NULL) < 0)
		return NULL;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *pass = strchr(line, ':');
		char *id = pass ? strchr(pass + 1, ':') : NULL;
		char *end;

		if (!id)
			continue;
		unsigned long n = strtoul(id + 1, &end, 10);
		if (end != id + 1 && *end == ':' && n == uid) {
			*pass = '\0';
			return line;
		}
	}
	return NULL;
}

int subid_ranges(uid_t uid, bool groups, struct arena *a, struct spec_idmaps *ret, struct err *e)
{
	const char *path = groups ? "/etc/subgid" : "/etc/subuid";
	const char *name = login_name(uid, a);
	char number[16], *text, *line, *save = NULL;
	int r = file_read(AT_FDCWD, path, a, 10 << 20, &text, NULL, e);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	snprintf(number, sizeof(number), "%u", uid);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *rest = strchr(line, ':');
		const char *p = rest ? rest + 1 : line;
		uint64_t start, count;

		if (!rest)
			continue;
		*rest = '\0';
		if (strcmp(line, number) != 0 && !(name && strcmp(line, name) == 0))
			continue;
		/* The program that grants them passes over lines that are wrong, and so must we. */
		if (!take_u64(&p, UINT32_MAX, &start) || !take_char(&p, ':') || !parse_u64(p, UINT32_MAX, &count) ||
		    count == 0 || start + count > UINT32_MAX)
			continue;
		*list_add(ret, a) = (struct spec_idmap){.host_id = (uint32_t)start, .size = (uint32_t)count};
	}
	return 0;
}

/* One of the two maps of subid_maps. */
static int subid_map(struct spec_idmaps *m, bool groups, struct arena *a, struct err *e)
{
	struct spec_idmaps ranges = {0};
	uint32_t next = 1;
	int r = subid_ranges(getuid(), groups, a, &ranges, e);

	if (r < 0)
		return r;
	*list_add(m, a) = (struct spec_idmap){.host_id = groups ? getegid() : geteuid(), .size = 1};
	for (size_t i = 0; i < ranges.n; i++) {
		*list_add(m, a) = (struct spec_idmap){next, ranges.v[i].host_id, ranges.v[i].size};
		next += ranges.v[i].size;
	}
	return 0;
}

int subid_maps(struct spec_idmaps *uids, struct spec_idmaps *gids, struct arena *a, struct err *e)
{
	int r = subid_map(uids, false, a, e);

	if (r == 0)
		r = subid_map(gids, true, a, e);
	/* One side alone would leave half of the files without an owner: then neither. */
	if (r == 0 && (uids->n == 1) != (gids->n == 1))
		uids->n = gids->n = 1;
	return r;
}
