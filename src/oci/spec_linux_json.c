/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.json: "linux" without its resources (config-linux.md). */
#include "oci/spec_json.h"
#include "oci/spec_json_tables.h"

#include <string.h>
#include <sys/personality.h>

/* ---- namespaces: a list in the text, an array by kind in memory ---- */

/* Reads one entry into the array NS. */
static int read_namespace(const struct json *value, struct spec_ns *ns, struct err *e)
{
	const struct json *type = json_get(value, "type"), *path = json_get(value, "path");

	if (value->kind != JSON_OBJECT)
		return bind_fail(e, "must be an object");
	if (!json_text(type))
		return bind_fail_at(e, "type", 0, bind_fail(e, type ? "must be a string" : "is missing"));
	int kind = ns_kind_by_name(type->text);
	if (kind < 0)
		return bind_fail_at(e, "type", 0, bind_fail(e, "there is no namespace \"%.60s\"", type->text));
	if (ns[kind].mode != NS_KEEP)
		return bind_fail_at(e, "type", 0, bind_fail(e, "\"%s\" appears twice", ns_facts[kind].oci));
	ns[kind].mode = NS_NEW;
	if (!path || path->kind == JSON_NULL)
		return 0;
	if (!json_text(path) || path->text[0] != '/')
		return bind_fail_at(e, "path", 0, bind_fail(e, "must be an absolute path"));
	ns[kind].mode = NS_JOIN;
	ns[kind].path = path->text;
	return 0;
}

/* Reads the list; a kind that is absent from it is kept. */
static int read_namespaces(const struct json *value, void *field, struct arena *a, struct err *e)
{
	size_t index = 0;

	(void)a;
	if (value->kind != JSON_LIST)
		return bind_fail(e, "must be a list of objects");
	json_foreach (item, value) {
		int bad = read_namespace(item, field, e);

		if (bad < 0)
			return bind_fail_at(e, NULL, index, bad);
		index++;
	}
	return 0;
}

/* Writes the kinds that are not kept.  A lacking path is written as "", which is never read as a new namespace. */
static void write_namespaces(struct json_out *out, const char *key, const void *field)
{
	const struct spec_ns *ns = field;
	struct json_mark before = json_mark(out);

	json_open_list(out, key);
	for (int k = 0; k < NS_KIND_COUNT; k++) {
		if (ns[k].mode == NS_KEEP)
			continue;
		json_open_object(out, NULL);
		json_string(out, "type", ns_facts[k].oci);
		if (ns[k].mode == NS_JOIN)
			json_string(out, "path", ns[k].path ? ns[k].path : "");
		json_close_object(out);
	}
	bool none = out->empty;
	json_close_list(out);
	if (none)
		json_rewind(out, before);
}

static const struct bind_custom namespaces_custom = {read_namespaces, write_namespaces};

/* ---- id mappings ---- */

static const struct bind_row idmap_rows[] = {
	BIND_U32("containerID", struct spec_idmap, container_id, BIND_ALWAYS | BIND_REQUIRED),
	BIND_U32("hostID", struct spec_idmap, host_id, BIND_ALWAYS | BIND_REQUIRED),
	BIND_U32("size", struct spec_idmap, size, BIND_ALWAYS | BIND_REQUIRED),
};
const struct bind_table spec_idmap_table = BIND_TABLE(idmap_rows, struct spec_idmap);

/* ---- devices ---- */

/* Reads the kind of node; 'u', the unbuffered character device of mknod(1), is a character device. */
static int read_device_type(const struct json *value, void *field, struct arena *a, struct err *e)
{
	char *type = field;
	int bad = spec_read_letter(value, "cbup", "\"c\", \"b\", \"u\" or \"p\"", type, e);

	(void)a;
	if (bad == 0 && *type == 'u')
		*type = 'c';
	return bad;
}

/* Writes the kind of node. */
static void write_device_type(struct json_out *out, const char *key, const void *field)
{
	json_string(out, key, (char[]){*(const char *)field, '\0'});
}

static const struct bind_custom device_type_custom = {read_device_type, write_device_type};

static const struct bind_row device_rows[] = {
	BIND_STRING("path", struct spec_device, path, BIND_REQUIRED),
	BIND_CUSTOM("type", struct spec_device, type, BIND_REQUIRED, &device_type_custom),
	BIND_BETWEEN("major", I64, int64_t, struct spec_device, major, BIND_ALWAYS, 0, SPEC_MAJOR_MAX),
	BIND_BETWEEN("minor", I64, int64_t, struct spec_device, minor, BIND_ALWAYS, 0, SPEC_MINOR_MAX),
	BIND_BETWEEN("fileMode", OPT_U64, struct opt_u64, struct spec_device, mode, 0, 0, UINT32_MAX),
	BIND_BETWEEN("uid", OPT_U64, struct opt_u64, struct spec_device, uid, 0, 0, SPEC_ID_MAX),
	BIND_BETWEEN("gid", OPT_U64, struct opt_u64, struct spec_device, gid, 0, 0, SPEC_ID_MAX),
};
static const struct bind_table device_table = BIND_TABLE(device_rows, struct spec_device);

/* ---- seccomp: the object is kept as it was read, for core/seccomp.h to compile ---- */

/* What else than the filter's compiler needs the profile for; written as a part of it. */
static const struct bind_row listener_rows[] = {
	BIND_STRING("listenerPath", struct spec_seccomp, listener_path, BIND_NO_EMPTY),
	BIND_STRING("listenerMetadata", struct spec_seccomp, listener_metadata, BIND_NO_EMPTY),
};
static const struct bind_table listener_table = BIND_TABLE(listener_rows, struct spec_seccomp);

/* Reads the profile, or the mark of isle's own. */
static int read_seccomp(const struct json *value, void *field, struct arena *a, struct err *e)
{
	struct spec_seccomp *s = field;
	const char *action = json_text(json_get(value, "defaultAction"));

	if (value->kind != JSON_OBJECT)
		return bind_fail(e, "must be an object");
	if (action && strcmp(action, SPEC_SECCOMP_DEFAULT) == 0) {
		s->mode = SECCOMP_DEFAULT;
		return 0;
	}
	s->mode = SECCOMP_PROFILE;
	s->profile = value;
	return bind_read(&listener_table, value, s, a, e);
}

/* Writes the profile, or the mark of isle's own. */
static void write_seccomp(struct json_out *out, const char *key, const void *field)
{
	const struct spec_seccomp *s = field;

	if (s->mode == SECCOMP_DEFAULT) {
		json_open_object(out, key);
		json_string(out, "defaultAction", SPEC_SECCOMP_DEFAULT);
		json_close_object(out);
	} else if (s->mode == SECCOMP_PROFILE) {
		json_tree(out, key, s->profile);
	}
}

static const struct bind_custom seccomp_custom = {read_seccomp, write_seccomp};

/* ---- timeOffsets, netDevices, intelRdt, memoryPolicy, personality ---- */

static const struct bind_row offset_rows[] = {
	BIND_I64("secs", struct spec_time_offset, secs, 0),
	BIND_BETWEEN("nanosecs", U32, uint32_t, struct spec_time_offset, nanosecs, 0, 0, 999999999),
};
static const struct bind_table offset_table = BIND_TABLE(offset_rows, struct spec_time_offset);

static const struct bind_row offsets_rows[] = {
	BIND_OPTIONAL("monotonic", struct spec, lin.time_offsets.monotonic, &offset_table),
	BIND_OPTIONAL("boottime", struct spec, lin.time_offsets.boottime, &offset_table),
};
/* Strict: a key here is the name of a clock, and no other clock can be shifted. */
static const struct bind_table offsets_table = BIND_TABLE(offsets_rows, struct spec, .strict = true);

static const struct bind_row net_device_rows[] = {
	BIND_STRING("name", struct spec_net_device, name, BIND_NO_EMPTY),
};
static const struct bind_table net_device_table = BIND_TABLE(net_device_rows, struct spec_net_device);
static_assert(offsetof(struct spec_net_device, host_name) == 0, "a map's element begins with its key");

#define RDT_OLD "went out of the runtime spec with version 1.3.0; enableMonitoring has its place"
static const struct bind_row intel_rdt_rows[] = {
	BIND_STRING("closID", struct spec_intel_rdt, clos_id, BIND_NO_EMPTY),
	BIND_STRINGS("schemata", struct spec_intel_rdt, schemata, 0),
	BIND_STRING("l3CacheSchema", struct spec_intel_rdt, l3_cache_schema, BIND_NO_EMPTY),
	BIND_STRING("memBwSchema", struct spec_intel_rdt, mem_bw_schema, BIND_NO_EMPTY),
	BIND_BOOL("enableMonitoring", struct spec_intel_rdt, enable_monitoring, 0),
	BIND_REFUSED("enableCMT", RDT_OLD),
	BIND_REFUSED("enableMBM", RDT_OLD),
};
static const struct bind_table intel_rdt_table = BIND_TABLE(intel_rdt_rows, struct spec_intel_rdt);

/* The words stand where set_mempolicy(2) has their numbers. */
static const char *const mode_words[] = {
	"MPOL_DEFAULT",	       "MPOL_PREFERRED",	   "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_LOCAL",
	"MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE",
};
const struct bind_names spec_memory_policy_modes = {mode_words, ARRAY_LEN(mode_words)};
static const char *const mode_flag_words[] = {
	[13] = "MPOL_F_NUMA_BALANCING",
	[14] = "MPOL_F_RELATIVE_NODES",
	[15] = "MPOL_F_STATIC_NODES",
};
const struct bind_names spec_memory_policy_flags = {mode_flag_words, ARRAY_LEN(mode_flag_words)};

static const struct bind_row memory_policy_rows[] = {
	BIND_ENUM("mode", struct spec_memory_policy, mode, BIND_ALWAYS | BIND_REQUIRED, &spec_memory_policy_modes),
	BIND_STRING("nodes", struct spec_memory_policy, nodes, BIND_NO_EMPTY),
	BIND_FLAGS("flags", struct spec_memory_policy, flags, 0, &spec_memory_policy_flags),
};
static const struct bind_table memory_policy_table = BIND_TABLE(memory_policy_rows, struct spec_memory_policy);

static const char *const domain_words[] = {[PER_LINUX] = "LINUX", [PER_LINUX32] = "LINUX32"};
static const struct bind_names domain_names = {domain_words, ARRAY_LEN(domain_words)};

static const struct bind_row personality_rows[] = {
	BIND_ENUM("domain", struct spec_personality, domain, BIND_ALWAYS | BIND_REQUIRED, &domain_names),
	BIND_REFUSED("flags", "must be empty: the runtime spec has no flag"),
};
static const struct bind_table personality_table = BIND_TABLE(personality_rows, struct spec_personality);

/* ---- "linux" ---- */

static const struct bind_row linux_rows[] = {
	BIND_CUSTOM("namespaces", struct spec, lin.ns, 0, &namespaces_custom),
	BIND_LIST("uidMappings", struct spec, lin.uid_map, 0, &spec_idmap_table),
	BIND_LIST("gidMappings", struct spec, lin.gid_map, 0, &spec_idmap_table),
	BIND_GROUP("timeOffsets", 0, &offsets_table),
	BIND_LIST("devices", struct spec, lin.devices, 0, &device_table),
	BIND_MAP("netDevices", struct spec, lin.net_devices, 0, &net_device_table),
	BIND_STRING("cgroupsPath", struct spec, lin.cgroups_path, BIND_NO_EMPTY),
	BIND_OBJECT("resources", struct spec, lin.resources, 0, &spec_resources_table),
	BIND_PAIRS("sysctl", struct spec, lin.sysctl, 0),
	BIND_CUSTOM("seccomp", struct spec, lin.seccomp, 0, &seccomp_custom),
	BIND_STRINGS("maskedPaths", struct spec, lin.masked_paths, 0),
	BIND_STRINGS("readonlyPaths", struct spec, lin.readonly_paths, 0),
	BIND_STRING("rootfsPropagation", struct spec, lin.rootfs_propagation, BIND_NO_EMPTY),
	BIND_STRING("mountLabel", struct spec, lin.mount_label, BIND_NO_EMPTY),
	BIND_OPTIONAL("intelRdt", struct spec, lin.intel_rdt, &intel_rdt_table),
	BIND_OPTIONAL("memoryPolicy", struct spec, lin.memory_policy, &memory_policy_table),
	BIND_OPTIONAL("personality", struct spec, lin.personality, &personality_table),
};
const struct bind_table spec_linux_table = BIND_TABLE(linux_rows, struct spec);
