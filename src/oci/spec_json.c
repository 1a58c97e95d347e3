/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.json: its top level, and reading and printing of the whole; see spec_json.h. */
#include "oci/spec_json.h"

#include "base/fd.h"
#include "oci/spec_json_tables.h"

#include <string.h>

static const struct bind_row root_rows[] = {
	BIND_STRING("path", struct spec, root.path, 0),
	BIND_BOOL("readonly", struct spec, root.readonly, 0),
};
static const struct bind_table root_table = BIND_TABLE(root_rows, struct spec);

/* A mount whose source has not been opened. */
static void mount_init(void *element)
{
	((struct spec_mount *)element)->source_fd = FD_NONE;
}

static const struct bind_row mount_rows[] = {
	BIND_STRING("destination", struct spec_mount, destination, BIND_REQUIRED),
	BIND_STRING("type", struct spec_mount, type, BIND_NO_EMPTY),
	BIND_STRING("source", struct spec_mount, source, BIND_NO_EMPTY),
	BIND_STRINGS("options", struct spec_mount, options, 0),
	BIND_LIST("uidMappings", struct spec_mount, uid_map, 0, &spec_idmap_table),
	BIND_LIST("gidMappings", struct spec_mount, gid_map, 0, &spec_idmap_table),
};
static const struct bind_table mount_table = BIND_TABLE(mount_rows, struct spec_mount, .init = mount_init);

static const struct bind_row hook_rows[] = {
	BIND_STRING("path", struct spec_hook, path, BIND_REQUIRED),
	BIND_STRINGS("args", struct spec_hook, args, 0),
	BIND_STRINGS("env", struct spec_hook, env, 0),
	BIND_BETWEEN("timeout", OPT_I64, struct opt_i64, struct spec_hook, timeout, 0, 1, INT32_MAX),
};
static const struct bind_table hook_table = BIND_TABLE(hook_rows, struct spec_hook);

static const char *const hook_words[] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};
static_assert(ARRAY_LEN(hook_words) == HOOK_KIND_COUNT, "hook_words[] does not match enum spec_hook_kind");
const struct bind_names spec_hook_names = {hook_words, ARRAY_LEN(hook_words)};

static const struct bind_row hooks_rows[] = {
	BIND_LIST("prestart", struct spec, hooks[HOOK_PRESTART], 0, &hook_table),
	BIND_LIST("createRuntime", struct spec, hooks[HOOK_CREATE_RUNTIME], 0, &hook_table),
	BIND_LIST("createContainer", struct spec, hooks[HOOK_CREATE_CONTAINER], 0, &hook_table),
	BIND_LIST("startContainer", struct spec, hooks[HOOK_START_CONTAINER], 0, &hook_table),
	BIND_LIST("poststart", struct spec, hooks[HOOK_POSTSTART], 0, &hook_table),
	BIND_LIST("poststop", struct spec, hooks[HOOK_POSTSTOP], 0, &hook_table),
};
static_assert(ARRAY_LEN(hooks_rows) == HOOK_KIND_COUNT, "hooks_rows[] does not match enum spec_hook_kind");
static const struct bind_table hooks_table = BIND_TABLE(hooks_rows, struct spec);

/* Those of other systems have no row: solaris, windows, vm, zos, freebsd. */
static const struct bind_row spec_rows[] = {
	BIND_STRING("ociVersion", struct spec, oci_version, 0),
	BIND_GROUP("root", 0, &root_table),
	BIND_STRING("hostname", struct spec, hostname, BIND_NO_EMPTY),
	BIND_STRING("domainname", struct spec, domainname, BIND_NO_EMPTY),
	BIND_OBJECT("process", struct spec, process, 0, &spec_process_table),
	BIND_LIST("mounts", struct spec, mounts, 0, &mount_table),
	BIND_GROUP("hooks", 0, &hooks_table),
	BIND_PAIRS("annotations", struct spec, annotations, 0),
	BIND_GROUP("linux", 0, &spec_linux_table),
};
static const struct bind_table spec_table = BIND_TABLE(spec_rows, struct spec);

int spec_read_letter(const struct json *value, const char *allowed, const char *what, char *ret, struct err *e)
{
	const char *text = json_text(value);

	if (!text || value->n != 1 || !strchr(allowed, text[0]))
		return bind_fail(e, "must be %s", what);
	*ret = text[0];
	return 0;
}

int spec_parse(const char *text, size_t size, struct arena *a, struct spec *ret, struct err *e)
{
	spec_init(ret);
	return bind_parse(&spec_table, text, size, ret, a, e);
}

char *spec_print(const struct spec *s, struct arena *a)
{
	return bind_print(&spec_table, s, JSON_COMPACT, a);
}

void spec_write(const struct spec *s, struct json_out *out, const char *key)
{
	bind_write(&spec_table, out, key, s);
}

int spec_process_parse(const char *text, size_t size, struct arena *a, struct spec_process *ret, struct err *e)
{
	*ret = (struct spec_process){0};
	return bind_parse(&spec_process_table, text, size, ret, a, e);
}

char *spec_process_print(const struct spec_process *p, struct arena *a)
{
	return bind_print(&spec_process_table, p, JSON_COMPACT, a);
}

int spec_resources_parse(const char *text, size_t size, struct arena *a, struct spec_resources *ret, struct err *e)
{
	*ret = (struct spec_resources){0};
	return bind_parse(&spec_resources_table, text, size, ret, a, e);
}

char *spec_resources_print(const struct spec_resources *r, struct arena *a)
{
	return bind_print(&spec_resources_table, r, JSON_COMPACT, a);
}
