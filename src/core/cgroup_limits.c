/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits and the files that set them: one row for each, with what it is called, where it lives, and how it is written.
 *
 * A limit in the spec is one of three wishes: nothing (absent, or the zero by which other tools mean "the default"), no
 * limit (-1), or a limit.  Only the last needs a controller; "no limit" is what a new group has anyway, and for a group
 * that lives it is written where there is a file for it.
 *
 * The rows stand in cgroup_memory.c, cgroup_cpu.c, cgroup_io.c and cgroup_other.c.  What a file takes without its
 * knowing, "unified" of the spec, is written last, so that it has the last word.
 */
#include "core/cgroup_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int cgroup_put(int dir, const char *file, struct err *e, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || n >= (int)sizeof(text))
		return err_set(e, E2BIG, "write %s", file);
	return file_write(dir, file, text, e);
}

int cgroup_put_number(int dir, const char *file, int64_t v, const char *lifted, struct err *e)
{
	return v < 0 ? cgroup_put(dir, file, e, "%s", lifted) : cgroup_put(dir, file, e, "%" PRId64, v);
}

enum cgroup_wish cgroup_wish_of(struct opt_i64 n)
{
	return !n.has || n.v == 0 ? CGROUP_WISH_NONE : n.v < 0 ? CGROUP_WISH_LIFT : CGROUP_WISH_SET;
}

enum cgroup_wish cgroup_wish_above_zero(struct opt_u64 n)
{
	return n.has && n.v > 0 ? CGROUP_WISH_SET : CGROUP_WISH_NONE;
}

bool cgroup_has_file(int dir, const char *file)
{
	return faccessat(dir, file, F_OK, 0) == 0;
}

const struct cgroup_limit *cgroup_limit_at(size_t i)
{
	static const struct cgroup_limit_table *const tables[] = {
		&cgroup_memory_limits,
		&cgroup_cpu_limits,
		&cgroup_io_limits,
		&cgroup_other_limits,
	};

	for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
		if (i < tables[t]->n)
			return &tables[t]->v[i];
		i -= tables[t]->n;
	}
	return NULL;
}

/* Writes one limit into the group, wherever its controller is. */
static int limit_write(const struct cgroup *cg, const struct cgroup_limit *l, enum cgroup_wish wish,
		       const struct spec_resources *res, struct err *e)
{
	bool v2 = cgroup_place(cg->host, l->controller) == PLACE_V2;
	bool in_group = v2 ? cg->v2_fd >= 0 : (cg->v1_used & 1u << l->controller) != 0;

	if (!in_group && wish == CGROUP_WISH_LIFT)
		return 0;
	if (!in_group) {
		err_set(e, ENOENT, "set the %s (linux.resources.%s) of the control group %s", l->name, l->field,
			cg->path);
		return err_why(e, "it is not in the hierarchy \"%s\"", cgroup_facts[l->controller].name);
	}
	auto_fd dir = v2 ? cgroup_dir(cg->host->v2, cg->path) : cgroup_dir(cg->host->v1[l->controller], cg->path);
	int r = dir < 0 ? err_set(e, -dir, "open the control group %s", cg->path) : l->write(dir, v2, res, e);
	if (r == 0 || (r == -ENOENT && wish == CGROUP_WISH_LIFT)) /* a controller that is not enabled sets no limit */
		return 0;
	if (r == -ENOENT)
		err_why(e, "this kernel's \"%s\" controller has no such file", cgroup_facts[l->controller].name);
	if ((r == -EINVAL || r == -ERANGE || r == -ENODEV || r == -EOPNOTSUPP) && (!e || !*e->why))
		err_why(e, "%s", l->takes);
	return err_context(e, "set the %s (linux.resources.%s)", l->name, l->field);
}

/* Writes one value of "unified", a line at a time: a file such as io.max takes one for each device. */
static int unified_write(const struct cgroup *cg, const struct spec_pair *p, struct err *e)
{
	struct arena a CLEANUP(arena_free) = {0};
	char *rest = arena_strdup(&a, p->value);
	int r = 0;

	if (cg->v2_fd < 0)
		return err_set(e, ENOENT, "open the control group %s", cg->path);
	for (char *line; r == 0 && (line = strsep(&rest, "\n"));)
		if (*line || !*p->value)
			r = file_write(cg->v2_fd, p->key, line, e);
	if (r == -ENOENT)
		err_why(e, "this kernel has no such control group file");
	return r < 0 ? err_context(e, "set %s, as linux.resources.unified says", p->key) : 0;
}

int cgroup_limits_write(const struct cgroup *cg, const struct spec_resources *res, bool fresh, struct err *e)
{
	const struct cgroup_limit *l;
	int r = 0;

	for (size_t i = 0; r == 0 && (l = cgroup_limit_at(i)); i++) {
		enum cgroup_wish wish = l->wish(res);

		if (wish == CGROUP_WISH_SET || (wish == CGROUP_WISH_LIFT && !fresh))
			r = limit_write(cg, l, wish, res, e);
	}
	for (size_t i = 0; r == 0 && i < res->unified.n; i++)
		r = unified_write(cg, &res->unified.v[i], e);
	return r;
}
