/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What isle can't do yet: see spec_honour.h. */
#include "oci/spec_honour.h"

#include <string.h>

/* Whether a hook of any kind is to be run. */
static bool asks_hooks(const struct spec *s)
{
	for (size_t k = 0; k < HOOK_KIND_COUNT; k++)
		if (s->hooks[k].n)
			return true;
	return false;
}

/* Whether a mount has id mappings of its own. */
static bool asks_mappings(const struct spec *s)
{
	for (size_t i = 0; i < s->mounts.n; i++)
		if (s->mounts.v[i].uid_map.n)
			return true;
	return false;
}

/* Whether a tmpfs is to begin with what it covers. */
static bool asks_copy_up(const struct spec *s)
{
	for (size_t i = 0; i < s->mounts.n; i++)
		if (strs_has(&s->mounts.v[i].options, "tmpcopyup"))
			return true;
	return false;
}

/* Whether the root is to be anything but a place that the machine's mounts may reach. */
static bool asks_propagation(const struct spec *s)
{
	const char *word = s->lin.rootfs_propagation;

	return word && (strstr(word, "shared") || strstr(word, "unbindable"));
}

/* Whether a clock is to be shifted. */
static bool asks_offsets(const struct spec *s)
{
	return s->lin.time_offsets.monotonic.has || s->lin.time_offsets.boottime.has;
}

/* Whether interfaces are to move. */
static bool asks_net_devices(const struct spec *s)
{
	return s->lin.net_devices.n > 0;
}

/* Whether labels for mounts are given. */
static bool asks_label(const struct spec *s)
{
	return s->lin.mount_label && *s->lin.mount_label;
}

/* One field: how to see that S asks for it. */
static const struct {
	const char *path;
	bool (*asks)(const struct spec *s); /* or else: */
	size_t has;			    /* the offset of a bool */
} rows[] = {
	{"hooks", asks_hooks, 0},
	{"process.scheduler", NULL, offsetof(struct spec, process.scheduler.has)},
	{"process.ioPriority", NULL, offsetof(struct spec, process.io_priority.has)},
	{"process.execCPUAffinity", NULL, offsetof(struct spec, process.exec_cpu_affinity.has)},
	{"mounts[].uidMappings", asks_mappings, 0},
	{"mounts[].options.tmpcopyup", asks_copy_up, 0},
	{"linux.rootfsPropagation", asks_propagation, 0},
	{"linux.timeOffsets", asks_offsets, 0},
	{"linux.netDevices", asks_net_devices, 0},
	{"linux.mountLabel", asks_label, 0},
	{"linux.intelRdt", NULL, offsetof(struct spec, lin.intel_rdt.has)},
	{"linux.memoryPolicy", NULL, offsetof(struct spec, lin.memory_policy.has)},
	{"linux.personality", NULL, offsetof(struct spec, lin.personality.has)},
};

int spec_honour(const struct spec *s, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const bool *has = (const bool *)(const void *)((const char *)s + rows[i].has);

		if (rows[i].asks ? rows[i].asks(s) : *has)
			return err_set(e, 0, "%s: is not supported by this version of isle", rows[i].path);
	}
	return 0;
}

bool spec_honours(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].path, path) == 0)
			return false;
	return true;
}
