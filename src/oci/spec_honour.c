/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What isle can't do yet: see spec_honour.h. */
#include "oci/spec_honour.h"

#include <string.h>

/* One field: how to see that S asks for it.  Nothing of the release that spec_json.h names is missing now. */
static const struct {
	const char *path; /* NULL: the end */
	bool (*asks)(const struct spec *s);
} rows[] = {
	{NULL, NULL},
};

int spec_honour(const struct spec *s, struct err *e)
{
	for (size_t i = 0; rows[i].path; i++)
		if (rows[i].asks(s))
			return err_set(e, 0, "%s: is not supported by this version of isle", rows[i].path);
	return 0;
}

bool spec_honours(const char *path)
{
	for (size_t i = 0; rows[i].path; i++)
		if (strcmp(rows[i].path, path) == 0)
			return false;
	return true;
}
