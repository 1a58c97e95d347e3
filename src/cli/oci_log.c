/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log of 'isle oci': see oci_log.h. */
#include "cli/oci_log.h"

#include "base/json_out.h"
#include "base/parse_time.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static const char *const level_words[] = {
	[OCI_LOG_ERROR] = "error",
	[OCI_LOG_WARNING] = "warning",
	[OCI_LOG_DEBUG] = "debug",
};
static const int priorities[] = {
	[OCI_LOG_ERROR] = LOG_ERR,
	[OCI_LOG_WARNING] = LOG_WARNING,
	[OCI_LOG_DEBUG] = LOG_DEBUG,
};

/* What stands before the ':' of --log; without any it is a path. */
static const struct {
	const char *prefix;
	enum oci_log_kind kind;
} prefixes[] = {
	{"file:", OCI_LOG_FILE},
	{"syslog:", OCI_LOG_SYSLOG},
	{"journald:", OCI_LOG_JOURNALD},
	{"", OCI_LOG_FILE},
};

/* Connects to systemd's journal. */
static int journal_open(int *ret, struct err *e)
{
	static const struct sockaddr_un journal = {.sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET};
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&journal, sizeof(journal)) < 0)
		return err_set(e, errno, "open the log: reach systemd's journal at " JOURNAL_SOCKET);
	*ret = fd_take(&fd);
	return 0;
}

int oci_log_open(struct oci_log *l, const char *where, struct err *e)
{
	size_t i = 0;

	l->fd = FD_NONE;
	l->kind = OCI_LOG_STDERR;
	if (!where || !*where || strcmp(where, "/dev/stderr") == 0)
		return 0;
	while (strncmp(where, prefixes[i].prefix, strlen(prefixes[i].prefix)) != 0)
		i++;
	where += strlen(prefixes[i].prefix);
	l->ident = *where ? where : "isle-oci";
	if (prefixes[i].kind == OCI_LOG_FILE) {
		l->fd = open(where, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
		if (l->fd < 0)
			return err_set(e, errno, "open the log %s", where);
	} else if (prefixes[i].kind == OCI_LOG_SYSLOG) {
		openlog(l->ident, LOG_PID, LOG_USER);
	} else {
		int r = journal_open(&l->fd, e);

		if (r < 0)
			return r;
	}
	l->kind = prefixes[i].kind;
	return 0;
}

/* The present time as both runtimes write it: to the second. */
static void now_text(char text[sizeof("2026-11-22T10:00:00Z")])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof("2026-11-22T10:00:00Z"), "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* The line as an object, or as logfmt words, whose quoting is JSON's. */
static char *line_text(const struct oci_log *l, enum oci_log_level level, const char *sentence, struct arena *a)
{
	char now[sizeof("2026-11-22T10:00:00Z")];
	struct json_out o;

	now_text(now);
	json_out_init(&o, a, JSON_COMPACT);
	if (!l->json) {
		json_string(&o, NULL, sentence);
		return arena_printf(a, "time=\"%s\" level=%s msg=%s\n", now, level_words[level], json_out_text(&o));
	}
	json_open_object(&o, NULL);
	json_string(&o, "level", level_words[level]);
	json_string(&o, "msg", sentence);
	json_string(&o, "time", now);
	json_close_object(&o);
	return arena_printf(a, "%s\n", json_out_text(&o));
}

bool oci_log_line(const struct oci_log *l, enum oci_log_level level, const char *sentence, struct arena *a)
{
	const char *text;

	if (level > l->level)
		return false;
	/* Below an error it is for the log alone: an engine's log, while standard error is the container's own. */
	if (l->kind == OCI_LOG_SYSLOG) {
		syslog(priorities[level], "%s", sentence);
		return level < OCI_LOG_WARNING;
	}
	if (l->kind == OCI_LOG_JOURNALD) {
		/* The native protocol: a line for each field (systemd's "Native Journal Protocol"). */
		text = arena_printf(a, "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=%s\n", sentence, priorities[level],
				    l->ident);
		(void)!send(l->fd, text, strlen(text), MSG_NOSIGNAL);
		return level < OCI_LOG_WARNING;
	}
	if (l->kind == OCI_LOG_STDERR && !l->json)
		return true;
	text = line_text(l, level, sentence, a);
	/* Where the log can't be written standard error still has it. */
	(void)!fd_write_all(l->kind == OCI_LOG_FILE ? l->fd : STDERR_FILENO, text, strlen(text));
	return l->kind == OCI_LOG_FILE && level < OCI_LOG_WARNING;
}

void oci_log_lower(char *sentence, int code)
{
	const char *words = code ? strerror(code) : "";
	char *p = *words ? strstr(sentence, words) : NULL;

	for (; p; p = strstr(p, words))
		if (islower((unsigned char)words[1])) /* not "RPC struct is bad" */
			*p = (char)tolower((unsigned char)*p);
		else
			p++;
}
