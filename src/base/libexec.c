/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding our own programs: see libexec.h. */
#include "base/libexec.h"

#include "isle-config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* The directory that the running program is in, or NULL. */
static char *own_directory(struct arena *a)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	char *slash = strrchr(path, '/');
	return slash ? arena_strndup(a, path, (size_t)(slash - path)) : NULL;
}

int libexec_find(const char *program, struct arena *a, char **ret, struct err *e)
{
	const char *places[] = {
		getauxval(AT_SECURE) ? NULL : getenv("ISLE_LIBEXECDIR"),
		own_directory(a),
		ISLE_LIBEXECDIR,
	};

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (!places[i] || places[i][0] != '/')
			continue;
		char *path = arena_printf(a, "%s/%s", places[i], program);
		if (access(path, X_OK) == 0) {
			*ret = path;
			return 0;
		}
	}
	err_set(e, ENOENT, "find isle's own program %s", program);
	err_why(e, "it is neither beside isle nor in " ISLE_LIBEXECDIR);
	return err_cure(e, "install isle completely, or set ISLE_LIBEXECDIR");
}
