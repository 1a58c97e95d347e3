/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --pid-file: see pid_file.h. */
#include "oci/pid_file.h"

#include "base/fd.h"

#include <fcntl.h>
#include <stdio.h>

int pid_file_write(const char *path, pid_t pid, struct err *e)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)pid);

	if (!path)
		return 0;
	int r = file_replace_volatile(AT_FDCWD, path, text, (size_t)n, 0644, e);
	return r < 0 ? err_context(e, "write the pid file") : 0;
}
