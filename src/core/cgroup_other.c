/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits on everything else: processes, huge pages, network classes and priorities, RDMA.
 * Sources: cgroup-v2.rst, cgroup-v1/{pids,hugetlb,net_cls,net_prio,rdma}.rst; config-linux.md.
 */
#include "core/cgroup_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- processes ---- */

/* -1 lifts the limit. */
static enum cgroup_wish pids_wish(const struct spec_resources *res)
{
	return cgroup_wish_of(res->pids_limit);
}

/* The file has the same name in both versions. */
static int pids_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	(void)v2;
	return cgroup_put_number(dir, "pids.max", res->pids_limit.v, "max", e);
}

/* ---- huge pages ---- */

/* A limit of 0 is one: no huge pages of that size. */
static enum cgroup_wish hugepages_wish(const struct spec_resources *res)
{
	return res->hugepage_limits.n > 0 ? CGROUP_WISH_SET : CGROUP_WISH_NONE;
}

/* Whether SIZE is written as the kernel writes it: digits, then KB, MB or GB; so it names a file and nothing else. */
static bool page_size_valid(const char *size)
{
	size_t digits = size ? strspn(size, "0123456789") : 0;

	return digits > 0 && digits < 16 && strchr("KMG", size[digits]) && size[digits] &&
	       strcmp(size + digits + 1, "B") == 0;
}

/* The limit itself, and the same for reserved pages where the kernel (5.7) counts them, or they would not count. */
static int hugepage_write(int dir, bool v2, const struct spec_hugepage_limit *l, struct err *e)
{
	const char *end = v2 ? "max" : "limit_in_bytes";
	char file[64];

	if (!page_size_valid(l->page_size))
		return err_set(e, 0, "\"%s\" is not the size of a page, such as 2MB or 1GB",
			       l->page_size ? l->page_size : "");
	snprintf(file, sizeof(file), "hugetlb.%s.rsvd.%s", l->page_size, end);
	int r = cgroup_has_file(dir, file) ? cgroup_put(dir, file, e, "%" PRIu64, l->limit) : 0;
	if (r < 0)
		return r;
	snprintf(file, sizeof(file), "hugetlb.%s.%s", l->page_size, end);
	r = cgroup_put(dir, file, e, "%" PRIu64, l->limit);
	if (r == -ENOENT)
		err_cure(e, "see which sizes there are: ls /sys/kernel/mm/hugepages");
	return r;
}

/* A file for each size. */
static int hugepages_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < res->hugepage_limits.n; i++)
		r = hugepage_write(dir, v2, &res->hugepage_limits.v[i], e);
	return r;
}

/* ---- network ---- */

/* 0 is what a group has anyway. */
static enum cgroup_wish class_wish(const struct spec_resources *res)
{
	return cgroup_wish_above_zero(res->network.class_id);
}

/* The mark that packets of the group carry. */
static int class_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	(void)v2;
	if (res->network.class_id.v > UINT32_MAX)
		return err_set(e, ERANGE, "set the network class to %" PRIu64, res->network.class_id.v);
	return cgroup_put(dir, "net_cls.classid", e, "%" PRIu64, res->network.class_id.v);
}

/* Each entry is a wish. */
static enum cgroup_wish priorities_wish(const struct spec_resources *res)
{
	return res->network.priorities.n > 0 ? CGROUP_WISH_SET : CGROUP_WISH_NONE;
}

/* Whether NAME is one word that fits into a line of a control group file. */
static bool is_word(const char *name)
{
	return name && *name && strlen(name) <= NAME_MAX && !name[strcspn(name, " \t\n\v\f\r")];
}

/* A line for each interface, by its name. */
static int priorities_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	int r = 0;

	(void)v2;
	for (size_t i = 0; r == 0 && i < res->network.priorities.n; i++) {
		const struct spec_priority *p = &res->network.priorities.v[i];

		r = is_word(p->name)
			    ? cgroup_put(dir, "net_prio.ifpriomap", e, "%s %" PRIu32, p->name, p->priority)
			    : err_set(e, 0, "\"%s\" is not the name of a network interface", p->name ? p->name : "");
	}
	return r;
}

/* ---- RDMA ---- */

/* Each entry is a wish. */
static enum cgroup_wish rdma_wish(const struct spec_resources *res)
{
	return res->rdma.n > 0 ? CGROUP_WISH_SET : CGROUP_WISH_NONE;
}

/* A line for each device; a number that is absent stays as it is. */
static int rdma_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	int r = 0;

	(void)v2;
	for (size_t i = 0; r == 0 && i < res->rdma.n; i++) {
		const struct spec_rdma *d = &res->rdma.v[i];
		char handles[40] = "", objects[40] = "";

		if (!is_word(d->name))
			return err_set(e, 0, "\"%s\" is not the name of an RDMA device", d->name ? d->name : "");
		if (d->hca_handles.has)
			snprintf(handles, sizeof(handles), " hca_handle=%" PRIu64, d->hca_handles.v);
		if (d->hca_objects.has)
			snprintf(objects, sizeof(objects), " hca_object=%" PRIu64, d->hca_objects.v);
		if (*handles || *objects)
			r = cgroup_put(dir, "rdma.max", e, "%s%s%s", d->name, handles, objects);
	}
	return r;
}

static const struct cgroup_limit limits[] = {
	{"pids limit", "pids.limit", "it goes from 1 to the kernel's pid_max", CGC_PIDS, pids_wish, pids_write},
	{"hugepage limit", "hugepageLimits", "it takes bytes for a size of pages that the machine has", CGC_HUGETLB,
	 hugepages_wish, hugepages_write},
	{"network class", "network.classID", "it is a number of 32 bits", CGC_NET_CLS, class_wish, class_write,
	 .v1_only = true},
	{"network priority", "network.priorities", "it takes interfaces of the machine by name", CGC_NET_PRIO,
	 priorities_wish, priorities_write, .v1_only = true},
	{"RDMA limit", "rdma", "it takes the names of the machine's RDMA devices", CGC_RDMA, rdma_wish, rdma_write},
};
const struct cgroup_limit_table cgroup_other_limits = {limits, ARRAY_LEN(limits)};
