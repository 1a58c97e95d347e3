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
	BIND_OPT_I64("major", struct spec_device_rule, major, 0),
	BIND_OPT_I64("minor", struct spec_device_rule, minor, 0),
	BIND_CUSTOM("access", struct spec_device_rule, access, 0, &access_custom),
};
static const struct bind_table rule_table = BIND_TABLE(rule_rows, struct spec_device_rule, .init = rule_init);

/* ---- controllers; each is an object whose members live in struct spec_resources ---- */

static const struct bind_row memory_rows[] = {
	BIND_OPT_I64("limit", struct spec_resources, memory.limit, 0),
	BIND_OPT_I64("reservation", struct spec_resources, memory.reservation, 0),
	BIND_OPT_I64("swap", struct spec_resources, memory.swap, 0),
	BIND_REFUSED("kernel", SPEC_NOT_YET),
	BIND_REFUSED("kernelTCP", SPEC_NOT_YET),
	BIND_REFUSED("swappiness", SPEC_NOT_YET),
	BIND_REFUSED("disableOOMKiller", SPEC_NOT_YET),
	BIND_REFUSED("useHierarchy", SPEC_NOT_YET),
	BIND_REFUSED("checkBeforeUpdate", SPEC_NOT_YET),
};
static const struct bind_table memory_table = BIND_TABLE(memory_rows, struct spec_resources);

static const struct bind_row cpu_rows[] = {
	BIND_OPT_U64("shares", struct spec_resources, cpu.shares, 0),
	BIND_OPT_I64("quota", struct spec_resources, cpu.quota, 0),
	BIND_OPT_U64("period", struct spec_resources, cpu.period, 0),
	BIND_STRING("cpus", struct spec_resources, cpu.cpus, 0),
	BIND_STRING("mems", struct spec_resources, cpu.mems, 0),
	BIND_REFUSED("burst", SPEC_NOT_YET),
	BIND_REFUSED("realtimeRuntime", SPEC_NOT_YET),
	BIND_REFUSED("realtimePeriod", SPEC_NOT_YET),
	BIND_REFUSED("idle", SPEC_NOT_YET),
};
static const struct bind_table cpu_table = BIND_TABLE(cpu_rows, struct spec_resources);

static const struct bind_row pids_rows[] = {
	BIND_OPT_I64("limit", struct spec_resources, pids_limit, 0),
};
static const struct bind_table pids_table = BIND_TABLE(pids_rows, struct spec_resources);

static const struct bind_row throttle_rows[] = {
	BIND_I64("major", struct spec_throttle, major, BIND_ALWAYS | BIND_REQUIRED),
	BIND_I64("minor", struct spec_throttle, minor, BIND_ALWAYS | BIND_REQUIRED),
	BIND_U64("rate", struct spec_throttle, rate, BIND_ALWAYS | BIND_REQUIRED),
};
static const struct bind_table throttle_table = BIND_TABLE(throttle_rows, struct spec_throttle);

static const struct bind_row block_io_rows[] = {
	BIND_OPT_U64("weight", struct spec_resources, block_io.weight, 0),
	BIND_LIST("throttleReadBpsDevice", struct spec_resources, block_io.read_bps, 0, &throttle_table),
	BIND_LIST("throttleWriteBpsDevice", struct spec_resources, block_io.write_bps, 0, &throttle_table),
	BIND_LIST("throttleReadIOPSDevice", struct spec_resources, block_io.read_iops, 0, &throttle_table),
	BIND_LIST("throttleWriteIOPSDevice", struct spec_resources, block_io.write_iops, 0, &throttle_table),
	BIND_REFUSED("leafWeight", SPEC_NOT_YET),
	BIND_REFUSED("weightDevice", SPEC_NOT_YET),
};
static const struct bind_table block_io_table = BIND_TABLE(block_io_rows, struct spec_resources);

static const struct bind_row resources_rows[] = {
	BIND_GROUP("memory", 0, &memory_table),
	BIND_GROUP("cpu", 0, &cpu_table),
	BIND_GROUP("pids", 0, &pids_table),
	BIND_GROUP("blockIO", 0, &block_io_table),
	BIND_LIST("devices", struct spec_resources, devices, 0, &rule_table),
	BIND_PAIRS("unified", struct spec_resources, unified, 0),
	BIND_REFUSED("hugepageLimits", SPEC_NOT_YET),
	BIND_REFUSED("network", SPEC_NOT_YET),
	BIND_REFUSED("rdma", SPEC_NOT_YET),
};
const struct bind_table spec_resources_table = BIND_TABLE(resources_rows, struct spec_resources);
