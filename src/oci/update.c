/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'update': other limits for a container that lives. */
#include "core/rdt.h"
#include "oci/container.h"
#include "oci/device_rules.h"
#include "oci/spec_check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Writes the lines of WANTED into the container's resctrl group. */
static int update_rdt(const struct oci_container *c, const struct oci_update_options *o, struct err *e)
{
	struct arena *a = c->rt->arena;
	struct spec spec;
	char *root;

	if (!o->l3_cache_schema && !o->mem_bw_schema)
		return 0;
	int r = container_spec(c, &spec, e);
	if (r < 0)
		return r;
	if (!spec.lin.intel_rdt.has)
		return err_set(e, 0, "update a resctrl group: the container was created without linux.intelRdt");
	if ((r = rdt_root(a, &root, e)) < 0)
		return r;
	const char *name = spec.lin.intel_rdt.clos_id ? spec.lin.intel_rdt.clos_id : c->id;
	const char *const wanted[] = {o->l3_cache_schema, o->mem_bw_schema};
	for (size_t i = 0; i < ARRAY_LEN(wanted) && r == 0; i++)
		if (wanted[i])
			r = file_write(AT_FDCWD, arena_printf(a, "%s/%s/schemata", root, name),
				       arena_printf(a, "%s\n", wanted[i]), e);
	return r;
}

/* Writes the limits into its group. */
static int update_group(struct oci_container *c, struct spec_resources *res, struct err *e)
{
	struct cgroup_manager m;
	CLEANUP(cgroup_release) struct cgroup cg;
	int r = container_own_cgroup(c, "update", &m, &cg, e);

	if (r < 0)
		return r;
	const char *waived = cgroup_waive(&m.host, res);
	if (waived && c->rt->warn)
		c->rt->warn(c->rt->ctx, waived);
	return cgroup_manager_update(&m, &cg, res, e);
}

int oci_update(struct oci_runtime *rt, const char *id, const struct oci_update_options *o, struct err *e)
{
	CLEANUP(container_close) struct oci_container c;
	struct spec_resources res = o->resources;
	int r;

	device_rules_complete(&res.devices, rt->arena);
	container_init(&c, rt, id);
	r = container_open(&c, rt, id, false, e);
	if (r == 0 && c.pidfd < 0) {
		err_set(e, 0, "container not running");
		r = err_why(e, "%s has ended", id);
	}
	r = r < 0 ? r : update_group(&c, &res, e);
	return r < 0 ? r : update_rdt(&c, o, e);
}
