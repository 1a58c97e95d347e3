/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.json: "linux.resources" (config-linux.md, section Control groups). */
#include "oci/spec_json_tables.h"

#include <string.h>

/* ---- rules for devices ---- */

/* A rule that says nothing about the kind is about all kinds. */
static void rule_init(void *element)
{
	((struct spec_device_rule *)element)->type = 'a';
}

/* Reads the kind of device. */
static int read_rule_type(const struct json *value, void *field, struct arena *a, struct err *e)
{
	(void)a;
	return spec_read_letter(value, "abc", "\"a\", \"b\" or \"c\"", field, e);
}

/* Writes the kind of device. */
static void write_rule_type(struct json_out *out, const char *key, const void *field)
{
	json_string(out, key, (char[]){*(const char *)field, '\0'});
}

static const struct bind_custom rule_type_custom = {read_rule_type, write_rule_type};

/* Reads what the rule is about: letters of "rwm", each at most once. */
static int read_access(const struct json *value, void *field, struct arena *a, struct err *e)
{
	const char *text = json_text(value);
	char access[4] = "";

	(void)a;
	for (size_t i = 0; text && text[i]; i++) {
		if (!strchr("rwm", text[i]) || strchr(access, text[i]))
			text = NULL;
		else
			access[i] = text[i];
		if (!text)
			break;
	}
	if (!text)
		return bind_fail(e, "must be made of \"r\", \"w\" and \"m\"");
	memcpy(field, access, sizeof(access));
	return 0;
}

/* Writes what the rule is about; nothing where it does not say. */
static void write_access(struct json_out *out, const char *key, const void *field)
{
	if (*(const char *)field)
		json_string(out, key, field);
}

static const struct bind_custom access_custom = {read_access, write_access};

static const struct bind_row rule_rows[] = {
	BIND_BOOL("allow", struct spec_device_rule, allow, BIND_ALWAYS | BIND_REQUIRED),
	BIND_CUSTOM("type", struct spec_device_rule, type, 0, &rule_type_custom),
	/* -1 means all, as absence does. */
	BIND_BETWEEN("major", OPT_I64, struct opt_i64, struct spec_device_rule, major, 0, -1, SPEC_MAJOR_MAX),
	BIND_BETWEEN("minor", OPT_I64, struct opt_i64, struct spec_device_rule, minor, 0, -1, SPEC_MINOR_MAX),
	BIND_CUSTOM("access", struct spec_device_rule, access, 0, &access_custom),
};
static const struct bind_table rule_table = BIND_TABLE(rule_rows, struct spec_device_rule, .init = rule_init);

/* ---- controllers; each is an object whose members live in struct spec_resources ---- */

/* Bytes, or -1 for no limit. */
#define BYTES(key_, M) BIND_BETWEEN(key_, OPT_I64, struct opt_i64, struct spec_resources, M, 0, -1, INT64_MAX)
/* An optional number of at most MAX. */
#define UP_TO(key_, S, M, max_) BIND_BETWEEN(key_, OPT_U64, struct opt_u64, S, M, 0, 0, max_)

static const struct bind_row memory_rows[] = {
	BYTES("limit", memory.limit),
	BYTES("reservation", memory.reservation),
	BYTES("swap", memory.swap),
	BYTES("kernel", memory.kernel),
	BYTES("kernelTCP", memory.kernel_tcp),
	UP_TO("swappiness", struct spec_resources, memory.swappiness, 100),
	BIND_OPT_BOOL("disableOOMKiller", struct spec_resources, memory.disable_oom_killer, 0),
	BIND_OPT_BOOL("useHierarchy", struct spec_resources, memory.use_hierarchy, 0),
	BIND_OPT_BOOL("checkBeforeUpdate", struct spec_resources, memory.check_before_update, 0),
};
static const struct bind_table memory_table = BIND_TABLE(memory_rows, struct spec_resources);

static const struct bind_row cpu_rows[] = {
	BIND_OPT_U64("shares", struct spec_resources, cpu.shares, 0),
	BIND_OPT_I64("quota", struct spec_resources, cpu.quota, 0),
	BIND_OPT_U64("burst", struct spec_resources, cpu.burst, 0),
	BIND_OPT_U64("period", struct spec_resources, cpu.period, 0),
	BIND_OPT_I64("realtimeRuntime", struct spec_resources, cpu.realtime_runtime, 0),
	BIND_OPT_U64("realtimePeriod", struct spec_resources, cpu.realtime_period, 0),
	BIND_STRING("cpus", struct spec_resources, cpu.cpus, BIND_NO_EMPTY),
	BIND_STRING("mems", struct spec_resources, cpu.mems, BIND_NO_EMPTY),
	BIND_BETWEEN("idle", OPT_I64, struct opt_i64, struct spec_resources, cpu.idle, 0, 0, 1),
};
static const struct bind_table cpu_table = BIND_TABLE(cpu_rows, struct spec_resources);

static const struct bind_row pids_rows[] = {
	BIND_OPT_I64("limit", struct spec_resources, pids_limit, 0),
};
static const struct bind_table pids_table = BIND_TABLE(pids_rows, struct spec_resources);

/* The number of a block device, which must be given. */
#define DEVICE_NUMBER(S)                                                                               \
	BIND_BETWEEN("major", I64, int64_t, S, major, BIND_ALWAYS | BIND_REQUIRED, 0, SPEC_MAJOR_MAX), \
		BIND_BETWEEN("minor", I64, int64_t, S, minor, BIND_ALWAYS | BIND_REQUIRED, 0, SPEC_MINOR_MAX)

static const struct bind_row throttle_rows[] = {
	DEVICE_NUMBER(struct spec_throttle),
	BIND_U64("rate", struct spec_throttle, rate, BIND_ALWAYS | BIND_REQUIRED),
};
static const struct bind_table throttle_table = BIND_TABLE(throttle_rows, struct spec_throttle);

static const struct bind_row weight_device_rows[] = {
	DEVICE_NUMBER(struct spec_weight_device),
	UP_TO("weight", struct spec_weight_device, weight, UINT16_MAX),
	UP_TO("leafWeight", struct spec_weight_device, leaf_weight, UINT16_MAX),
};
static const struct bind_table weight_device_table = BIND_TABLE(weight_device_rows, struct spec_weight_device);

static const struct bind_row block_io_rows[] = {
	UP_TO("weight", struct spec_resources, block_io.weight, UINT16_MAX),
	UP_TO("leafWeight", struct spec_resources, block_io.leaf_weight, UINT16_MAX),
	BIND_LIST("weightDevice", struct spec_resources, block_io.weight_device, 0, &weight_device_table),
	BIND_LIST("throttleReadBpsDevice", struct spec_resources, block_io.read_bps, 0, &throttle_table),
	BIND_LIST("throttleWriteBpsDevice", struct spec_resources, block_io.write_bps, 0, &throttle_table),
	BIND_LIST("throttleReadIOPSDevice", struct spec_resources, block_io.read_iops, 0, &throttle_table),
	BIND_LIST("throttleWriteIOPSDevice", struct spec_resources, block_io.write_iops, 0, &throttle_table),
};
static const struct bind_table block_io_table = BIND_TABLE(block_io_rows, struct spec_resources);

static const struct bind_row hugepage_rows[] = {
	BIND_STRING("pageSize", struct spec_hugepage_limit, page_size, BIND_REQUIRED),
	BIND_U64("limit", struct spec_hugepage_limit, limit, BIND_ALWAYS | BIND_REQUIRED),
};
static const struct bind_table hugepage_table = BIND_TABLE(hugepage_rows, struct spec_hugepage_limit);

static const struct bind_row priority_rows[] = {
	BIND_STRING("name", struct spec_priority, name, BIND_REQUIRED),
	BIND_U32("priority", struct spec_priority, priority, BIND_ALWAYS | BIND_REQUIRED),
};
static const struct bind_table priority_table = BIND_TABLE(priority_rows, struct spec_priority);

static const struct bind_row network_rows[] = {
	UP_TO("classID", struct spec_resources, network.class_id, UINT32_MAX),
	BIND_LIST("priorities", struct spec_resources, network.priorities, 0, &priority_table),
};
static const struct bind_table network_table = BIND_TABLE(network_rows, struct spec_resources);

static const struct bind_row rdma_rows[] = {
	UP_TO("hcaHandles", struct spec_rdma, hca_handles, UINT32_MAX),
	UP_TO("hcaObjects", struct spec_rdma, hca_objects, UINT32_MAX),
};
static const struct bind_table rdma_table = BIND_TABLE(rdma_rows, struct spec_rdma);
static_assert(offsetof(struct spec_rdma, name) == 0, "a map's element begins with its key");

static const struct bind_row resources_rows[] = {
	BIND_GROUP("memory", 0, &memory_table),
	BIND_GROUP("cpu", 0, &cpu_table),
	BIND_GROUP("pids", 0, &pids_table),
	BIND_GROUP("blockIO", 0, &block_io_table),
	BIND_LIST("hugepageLimits", struct spec_resources, hugepage_limits, 0, &hugepage_table),
	BIND_GROUP("network", 0, &network_table),
	BIND_MAP("rdma", struct spec_resources, rdma, 0, &rdma_table),
	BIND_LIST("devices", struct spec_resources, devices, 0, &rule_table),
	BIND_PAIRS("unified", struct spec_resources, unified, 0),
};
const struct bind_table spec_resources_table = BIND_TABLE(resources_rows, struct spec_resources);
