/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a program runs as: "USER[:GROUP]" resolved by the container's own etc/passwd and etc/group.
 *
 * Both files are written by an attacker.  They are opened below the root's descriptor and nowhere else, must be regular
 * files of at most 10 MiB, and are read by us: nothing of the system's name services, no library of the root, is
 * involved.
 *
 * The text form, which spec.process.user.username keeps:
 *
 *     [USER][:GROUP][,GROUP]...        USER and GROUP are names or decimal ids
 *
 * The groups behind commas are additional ones.  Without USER it is 0.  Without GROUP, the group and the additional
 * groups are those that the files give to the user; with it they are that group alone.  What consists of digits is an
 * id and is never looked up as a name; a file can give no id above 4294967294.
 */
#ifndef ISLE_CORE_USER_H
#define ISLE_CORE_USER_H

#include "core/spec.h"

/*
 * Fills uid, gid and additional_gids (which begin with gid, as login does it) of RET; the rest of it is left alone.
 * *RET_HOME becomes the user's home directory, "/" if none is known; RET_HOME may be NULL.  TEXT NULL or "" is root.
 */
int user_resolve(int root_fd, const char *text, struct arena *a, struct spec_user *ret, char **ret_home, struct err *e)
	MUST_USE;
/* The home directory of UID, which is known as a number; "/" if none is known, or the file can't be read. */
char *user_home(int root_fd, uint32_t uid, struct arena *a);
/* The shell of UID; "/bin/sh" if none is known, or the file can't be read. */
char *user_shell(int root_fd, uint32_t uid, struct arena *a);
/* Checks the form of TEXT alone, without a root to look into. */
int user_check(const char *text, struct arena *a, struct err *e) MUST_USE;

/* ---- the parsers, for tests and fuzzing ---- */
struct user_text {
	const char *p, *end;
};
struct user_word { /* part of the text, not terminated */
	const char *p;
	size_t n;
};
struct passwd_entry {
	struct user_word name, home, shell;
	uint32_t uid, gid;
};
struct group_entry {
	struct user_word name, members; /* members are separated by ',' */
	uint32_t gid;
};
/* The next well-formed line, others are skipped; false at the end. */
bool user_parse_passwd(struct user_text *t, struct passwd_entry *ret);
bool user_parse_group(struct user_text *t, struct group_entry *ret);

#endif
