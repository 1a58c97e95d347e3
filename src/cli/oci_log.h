/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where engines read what went wrong: the log of 'isle oci', with runc's and crun's forms of a line.
 *
 * Engines match the texts (docker turns "executable file not found" and "no such file or directory" into status 127,
 * "permission denied" into 126), and know the kernel's words as Go writes them, in lower case.
 */
#ifndef ISLE_CLI_OCI_LOG_H
#define ISLE_CLI_OCI_LOG_H

#include "base/fd.h"

enum oci_log_level { OCI_LOG_ERROR, OCI_LOG_WARNING, OCI_LOG_DEBUG };

enum oci_log_kind { OCI_LOG_STDERR, OCI_LOG_FILE, OCI_LOG_SYSLOG, OCI_LOG_JOURNALD };

struct oci_log {
	enum oci_log_kind kind;
	enum oci_log_level level; /* what is worth a line */
	bool json;
	const char *ident; /* of a line of syslog and journald */
	int fd;		   /* of the file, or of a socket */
};

/*
 * Opens the log at WHERE: "PATH", "file:PATH", "syslog:IDENT", "journald:IDENT"; NULL or "": standard error.  L has
 * 'level' and 'json' set.
 */
int oci_log_open(struct oci_log *l, const char *where, struct err *e) MUST_USE;
/*
 * Writes one line.  Gives whether SENTENCE should also be told on standard error as it is: an error always, but where
 * the log is standard error and has its own form; a warning where there is no other log.
 */
bool oci_log_line(const struct oci_log *l, enum oci_log_level level, const char *sentence, struct arena *a);
/* Turns "No such file or directory" in SENTENCE, a text of strerror(3) for CODE, into "no such file or directory". */
void oci_log_lower(char *sentence, int code);

#endif
