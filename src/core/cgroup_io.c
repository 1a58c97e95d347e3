/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits on disks: weights, for all disks and for one, and throttles.
 * Sources: cgroup-v2.rst, cgroup-v1/blkio-controller.rst, block/bfq-iosched.rst; config-linux.md, "Block IO".
 */
#include "core/cgroup_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WEIGHT_MIN = 10, WEIGHT_MAX = 1000 };

/* 0 means that nobody asked. */
static enum cgroup_wish weight_wish(const struct spec_resources *res)
{
	return cgroup_wish_above_zero(res->block_io.weight);
}

/* Whether W is a weight of the spec. */
static int weight_check(uint64_t w, struct err *e)
{
	return w >= WEIGHT_MIN && w <= WEIGHT_MAX ? 0 : err_set(e, ERANGE, "set the io weight to %" PRIu64, w);
}

/* The spec's weight as v2's io.weight counts, from 1 to 10000. */
static uint64_t weight_v2(uint64_t w)
{
	return 1 + (w - WEIGHT_MIN) * 9999 / (WEIGHT_MAX - WEIGHT_MIN);
}

/* The spec's weight is what bfq and v1 count in. */
static int weight_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	uint64_t w = res->block_io.weight.v;
	const char *file = v2 ? "io.bfq.weight" : "blkio.bfq.weight";
	int r = weight_check(w, e);

	if (r < 0)
		return r;
	if (cgroup_has_file(dir, file))
		return cgroup_put(dir, file, e, "%" PRIu64, w);
	return v2 ? cgroup_put(dir, "io.weight", e, "%" PRIu64, weight_v2(w))
		  : cgroup_put(dir, "blkio.weight", e, "%" PRIu64, w);
}

/* What competes with the groups below; a thing of kernels before 5.0. */
static enum cgroup_wish leaf_weight_wish(const struct spec_resources *res)
{
	return cgroup_wish_above_zero(res->block_io.leaf_weight);
}

/* v1 alone. */
static int leaf_weight_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	(void)v2;
	int r = weight_check(res->block_io.leaf_weight.v, e);
	return r < 0 ? r : cgroup_put(dir, "blkio.leaf_weight", e, "%" PRIu64, res->block_io.leaf_weight.v);
}

/* A weight of 0 gives a disk back the weight for all. */
static enum cgroup_wish weight_device_wish(const struct spec_resources *res)
{
	enum cgroup_wish wish = CGROUP_WISH_NONE;

	for (size_t i = 0; i < res->block_io.weight_device.n; i++)
		if (res->block_io.weight_device.v[i].weight.has)
			wish = MAX(wish,
				   res->block_io.weight_device.v[i].weight.v > 0 ? CGROUP_WISH_SET : CGROUP_WISH_LIFT);
	return wish;
}

/* One line for each disk. */
static int weight_device_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	bool bfq = cgroup_has_file(dir, v2 ? "io.bfq.weight" : "blkio.bfq.weight_device");
	const char *file =
		v2 ? (bfq ? "io.bfq.weight" : "io.weight") : (bfq ? "blkio.bfq.weight_device" : "blkio.weight_device");
	int r = 0;

	for (size_t i = 0; r == 0 && i < res->block_io.weight_device.n; i++) {
		const struct spec_weight_device *d = &res->block_io.weight_device.v[i];
		char weight[24] = "default";

		if (!d->weight.has)
			continue;
		r = d->weight.v > 0 ? weight_check(d->weight.v, e) : 0;
		if (d->weight.v > 0 || !v2)
			snprintf(weight, sizeof(weight), "%" PRIu64, v2 && !bfq ? weight_v2(d->weight.v) : d->weight.v);
		if (r == 0)
			r = cgroup_put(dir, file, e, "%" PRId64 ":%" PRId64 " %s", d->major, d->minor, weight);
	}
	return r;
}

/* The same for what competes with the groups below. */
static enum cgroup_wish leaf_device_wish(const struct spec_resources *res)
{
	for (size_t i = 0; i < res->block_io.weight_device.n; i++)
		if (cgroup_wish_above_zero(res->block_io.weight_device.v[i].leaf_weight) == CGROUP_WISH_SET)
			return CGROUP_WISH_SET;
	return CGROUP_WISH_NONE;
}

/* One line for each disk; v1 alone. */
static int leaf_device_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	int r = 0;

	(void)v2;
	for (size_t i = 0; r == 0 && i < res->block_io.weight_device.n; i++) {
		const struct spec_weight_device *d = &res->block_io.weight_device.v[i];

		if (cgroup_wish_above_zero(d->leaf_weight) != CGROUP_WISH_SET)
			continue;
		r = weight_check(d->leaf_weight.v, e);
		if (r == 0)
			r = cgroup_put(dir, "blkio.leaf_weight_device", e, "%" PRId64 ":%" PRId64 " %" PRIu64, d->major,
				       d->minor, d->leaf_weight.v);
	}
	return r;
}

/* The four throttles: the list in the spec, the key in v2's io.max, the file on v1. */
struct throttle {
	size_t offset;
	const char *key, *v1;
};
#define THROTTLE(field) offsetof(struct spec_resources, block_io.field)
static const struct throttle throttles[] = {
	{THROTTLE(read_bps), "rbps", "blkio.throttle.read_bps_device"},
	{THROTTLE(write_bps), "wbps", "blkio.throttle.write_bps_device"},
	{THROTTLE(read_iops), "riops", "blkio.throttle.read_iops_device"},
	{THROTTLE(write_iops), "wiops", "blkio.throttle.write_iops_device"},
};

/* The list of the spec that belongs to row T. */
static const struct spec_throttles *throttle_list(const struct spec_resources *res, const struct throttle *t)
{
	return (const struct spec_throttles *)((const char *)res + t->offset);
}

/* A rate of 0 lifts the limit of that device. */
static enum cgroup_wish throttle_wish(const struct spec_resources *res)
{
	enum cgroup_wish wish = CGROUP_WISH_NONE;

	for (size_t i = 0; i < ARRAY_LEN(throttles); i++) {
		const struct spec_throttles *list = throttle_list(res, &throttles[i]);

		for (size_t k = 0; k < list->n; k++)
			wish = MAX(wish, list->v[k].rate > 0 ? CGROUP_WISH_SET : CGROUP_WISH_LIFT);
	}
	return wish;
}

/* A line for each device and kind; v2 has all kinds in one file. */
static int throttle_write(int dir, bool v2, const struct spec_resources *res, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(throttles); i++) {
		const struct spec_throttles *list = throttle_list(res, &throttles[i]);

		for (size_t k = 0; r == 0 && k < list->n; k++) {
			const struct spec_throttle *t = &list->v[k];
			char rate[24] = "max";

			if (t->rate > 0 || !v2)
				snprintf(rate, sizeof(rate), "%" PRIu64, t->rate);
			r = cgroup_put(dir, v2 ? "io.max" : throttles[i].v1, e, "%" PRId64 ":%" PRId64 " %s%s%s",
				       t->major, t->minor, v2 ? throttles[i].key : "", v2 ? "=" : "", rate);
		}
	}
	return r;
}

static const struct cgroup_limit limits[] = {
	{"io weight", "blockIO.weight", "it goes from 10 to 1000", CGC_BLKIO, weight_wish, weight_write},
	{"io leaf weight", "blockIO.leafWeight", "it goes from 10 to 1000", CGC_BLKIO, leaf_weight_wish,
	 leaf_weight_write, .v1_only = true},
	{"io weight of a disk", "blockIO.weightDevice",
	 "it takes whole disks by major and minor number, and 10 to 1000", CGC_BLKIO, weight_device_wish,
	 weight_device_write},
	{"io leaf weight of a disk", "blockIO.weightDevice",
	 "it takes whole disks by major and minor number, and 10 to 1000", CGC_BLKIO, leaf_device_wish,
	 leaf_device_write, .v1_only = true},
	{"io throttle", "blockIO.throttle*", "it takes whole disks by major and minor number", CGC_BLKIO, throttle_wish,
	 throttle_write},
};
const struct cgroup_limit_table cgroup_io_limits = {limits, ARRAY_LEN(limits)};
