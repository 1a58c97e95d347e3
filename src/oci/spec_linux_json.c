/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.json: "linux" without its resources (config-linux.md). */
#include "oci/spec_json.h"
#include "oci/spec_json_tables.h"

#include <string.h>

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
static const struct bind_table idmap_table = BIND_TABLE(idmap_rows, struct spec_idmap);

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
	BIND_I64("major", struct spec_device, major, BIND_ALWAYS),
	BIND_I64("minor", struct spec_device, minor, BIND_ALWAYS),
	BIND_OPT_U64("fileMode", struct spec_device, mode, 0),
	BIND_OPT_U64("uid", struct spec_device, uid, 0),
	BIND_OPT_U64("gid", struct spec_device, gid, 0),
};
static const struct bind_table device_table = BIND_TABLE(device_rows, struct spec_device);

/* ---- seccomp: the object is kept as text, for core/seccomp.h to compile ---- */

/* Reads the profile, or the mark of isle's own. */
static int read_seccomp(const struct json *value, void *field, struct arena *a, struct err *e)
{
	struct spec_seccomp *s = field;
	const char *action = json_text(json_get(value, "defaultAction"));
	struct json_out text;

	if (value->kind != JSON_OBJECT)
		return bind_fail(e, "must be an object");
	if (action && strcmp(action, SPEC_SECCOMP_DEFAULT) == 0) {
		s->mode = SECCOMP_DEFAULT;
		return 0;
	}
	json_out_init(&text, a, JSON_COMPACT);
	json_tree(&text, NULL, value);
	s->mode = SECCOMP_PROFILE;
	s->profile = json_out_text(&text);
	return 0;
}

/* Writes the profile, or the mark of isle's own. */
static void write_seccomp(struct json_out *out, const char *key, const void *field)
{
	const struct spec_seccomp *s = field;
	const char *profile = s->profile ? s->profile : "{}"; /* which no reader of profiles accepts */

	if (s->mode == SECCOMP_DEFAULT) {
		json_open_object(out, key);
		json_string(out, "defaultAction", SPEC_SECCOMP_DEFAULT);
		json_close_object(out);
	} else if (s->mode == SECCOMP_PROFILE) {
		json_raw(out, key, profile, strlen(profile));
	}
}

static const struct bind_custom seccomp_custom = {read_seccomp, write_seccomp};

/* ---- "linux" ---- */

static const struct bind_row linux_rows[] = {
	BIND_CUSTOM("namespaces", struct spec, lin.ns, 0, &namespaces_custom),
	BIND_LIST("uidMappings", struct spec, lin.uid_map, 0, &idmap_table),
	BIND_LIST("gidMappings", struct spec, lin.gid_map, 0, &idmap_table),
	BIND_LIST("devices", struct spec, lin.devices, 0, &device_table),
	BIND_STRING("cgroupsPath", struct spec, lin.cgroups_path, 0),
	BIND_OBJECT("resources", struct spec, lin.resources, 0, &spec_resources_table),
	BIND_PAIRS("sysctl", struct spec, lin.sysctl, 0),
	BIND_CUSTOM("seccomp", struct spec, lin.seccomp, 0, &seccomp_custom),
	BIND_STRINGS("maskedPaths", struct spec, lin.masked_paths, 0),
	BIND_STRINGS("readonlyPaths", struct spec, lin.readonly_paths, 0),
	BIND_STRING("rootfsPropagation", struct spec, lin.rootfs_propagation, 0),
	BIND_STRING("mountLabel", struct spec, lin.mount_label, 0),
	BIND_REFUSED("intelRdt", SPEC_NOT_YET),
	BIND_REFUSED("memoryPolicy", SPEC_NOT_YET),
	BIND_REFUSED("netDevices", SPEC_NOT_YET),
	BIND_REFUSED("personality", SPEC_NOT_YET),
	BIND_REFUSED("timeOffsets", SPEC_NOT_YET),
};
const struct bind_table spec_linux_table = BIND_TABLE(linux_rows, struct spec);
