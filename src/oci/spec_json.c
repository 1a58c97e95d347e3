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
	BIND_STRING("type", struct spec_mount, type, 0),
	BIND_STRING("source", struct spec_mount, source, 0),
	BIND_STRINGS("options", struct spec_mount, options, 0),
	BIND_REFUSED("uidMappings", SPEC_NOT_YET),
	BIND_REFUSED("gidMappings", SPEC_NOT_YET),
};
static const struct bind_table mount_table = BIND_TABLE(mount_rows, struct spec_mount, .init = mount_init);

static const struct bind_row spec_rows[] = {
	BIND_STRING("ociVersion", struct spec, oci_version, 0),
	BIND_GROUP("root", 0, &root_table),
	BIND_STRING("hostname", struct spec, hostname, 0),
	BIND_STRING("domainname", struct spec, domainname, 0),
	BIND_OBJECT("process", struct spec, process, 0, &spec_process_table),
	BIND_LIST("mounts", struct spec, mounts, 0, &mount_table),
	BIND_PAIRS("annotations", struct spec, annotations, 0),
	BIND_GROUP("linux", 0, &spec_linux_table),
	BIND_REFUSED("hooks", SPEC_NOT_YET),
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
