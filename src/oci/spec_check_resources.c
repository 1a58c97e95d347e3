/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What config.json demands of "linux.resources" (config-linux.md, section Control groups); see spec_check.h. */
#include "oci/spec_check_rules.h"

#include <string.h>

/* A burst is saved up from the quota, so it can't be more. */
static int check_burst(const struct spec_resources *r, struct err *e)
{
	if (r->cpu.burst.has && r->cpu.quota.has && r->cpu.quota.v > 0 && r->cpu.burst.v > (uint64_t)r->cpu.quota.v)
		return bind_fail_at(e, "cpu.burst", 0, bind_fail(e, "must not be above \"quota\""));
	return 0;
}

/* Each device must be given one of the two weights. */
static int check_weights(const struct spec_resources *r, struct err *e)
{
	for (size_t i = 0; i < r->block_io.weight_device.n; i++) {
		const struct spec_weight_device *d = &r->block_io.weight_device.v[i];

		if (!d->weight.has && !d->leaf_weight.has)
			return bind_fail_at(
				e, "blockIO.weightDevice", 0,
				bind_fail_at(e, NULL, i, bind_fail(e, "must have \"weight\" or \"leafWeight\"")));
	}
	return 0;
}

/* Whether TEXT is a size as the names of the hugetlb controller's files have it: "64KB", "2MB", "1GB". */
static bool is_page_size(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits && text[0] != '0' && text[digits] && strchr("KMGTPE", text[digits]) &&
	       strcmp(text + digits + 1, "B") == 0;
}

/* Sizes of pages must be written as the kernel does, for they become parts of file names. */
static int check_hugepages(const struct spec_resources *r, struct err *e)
{
	for (size_t i = 0; i < r->hugepage_limits.n; i++)
		if (!is_page_size(r->hugepage_limits.v[i].page_size)) {
			int bad = bind_fail_at(e, "pageSize", 0, bind_fail(e, "must be a size such as 64KB, 2MB, 1GB"));

			return bind_fail_at(e, "hugepageLimits", 0, bind_fail_at(e, NULL, i, bad));
		}
	return 0;
}

/* Interfaces have names. */
static int check_priorities(const struct spec_resources *r, struct err *e)
{
	for (size_t i = 0; i < r->network.priorities.n; i++)
		if (!text_file_name(r->network.priorities.v[i].name)) {
			int bad = bind_fail_at(e, "name", 0, bind_fail(e, "must be the name of a network interface"));

			return bind_fail_at(e, "network.priorities", 0, bind_fail_at(e, NULL, i, bad));
		}
	return 0;
}

/* Each RDMA device must be given one of the two limits. */
static int check_rdma(const struct spec_resources *r, struct err *e)
{
	for (size_t i = 0; i < r->rdma.n; i++) {
		const struct spec_rdma *d = &r->rdma.v[i];

		if (!d->hca_handles.has && !d->hca_objects.has)
			return bind_fail_at(e, "rdma", 0,
					    bind_fail_at(e, d->name, 0,
							 bind_fail(e, "must have \"hcaHandles\" or \"hcaObjects\"")));
	}
	return 0;
}

/* The keys of unified are files of the container's own group. */
static int check_unified(const struct spec_resources *r, struct err *e)
{
	for (size_t i = 0; i < r->unified.n; i++)
		if (!text_file_name(r->unified.v[i].key))
			return bind_fail_at(
				e, "unified", 0,
				bind_fail_at(e, r->unified.v[i].key, 0, bind_fail(e, "%s", SAYS_FILE_NAME)));
	return 0;
}

int spec_check_resources(const struct spec_resources *r, struct err *e)
{
	static const struct text_rule rules[] = {
		{"cpu.cpus", offsetof(struct spec_resources, cpu.cpus), text_ranges, SAYS_RANGES},
		{"cpu.mems", offsetof(struct spec_resources, cpu.mems), text_ranges, SAYS_RANGES},
	};
	static int (*const checks[])(const struct spec_resources *, struct err *) = {
		check_burst, check_weights, check_hugepages, check_priorities, check_rdma, check_unified,
	};
	int bad = check_texts(rules, ARRAY_LEN(rules), r, e);

	for (size_t i = 0; bad == 0 && i < ARRAY_LEN(checks); i++)
		bad = checks[i](r, e);
	return bad;
}
