/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User and group id maps of a user namespace (user_namespaces(7)): written by us, or by newuidmap(1) and newgidmap(1).
 */
#ifndef ISLE_CORE_IDMAP_H
#define ISLE_CORE_IDMAP_H

#include "core/spec.h"

#include <sys/types.h>

/* The text of a map as /proc/PID/uid_map wants it: one "inside outside count" line per range. */
char *idmap_text(const struct spec_idmaps *m, struct arena *a);
/* Whether the container id ID is mapped. */
bool idmap_has(const struct spec_idmaps *m, uint32_t id);
/* The host id behind container id ID; ID must be mapped. */
uint32_t idmap_host(const struct spec_idmaps *m, uint32_t id);
/* Whether no id of M is one that the machine itself uses: 0 to 65535 are for its system and its users. */
bool idmap_foreign(const struct spec_idmaps *m);
/* Refuses maps that overlap, overflow, or have more than the kernel's 340 lines; the sentence names the lines. */
int idmap_check(const struct spec_idmaps *m, const char *what, struct err *e) MUST_USE;

/*
 * Gives process PID, alone in a new user namespace, its maps.  PRIVILEGED: the caller has CAP_SETUID and CAP_SETGID
 * over the ids; else a map of the caller's own id alone is written directly (setgroups(2) is denied first, as the
 * kernel asks), and any other by the system's helpers, found by absolute path and run with an empty environment.  A map
 * without ranges is left unwritten.
 */
int idmap_apply(pid_t pid, const struct spec_idmaps *uids, const struct spec_idmaps *gids, bool privileged,
		struct arena *a, struct err *e) MUST_USE;

/*
 * The ranges that /etc/subuid (GROUPS: /etc/subgid) gives to user UID, by name or number; appended with container_id 0.
 * No line, no file: nothing is appended, no error.
 */
int subid_ranges(uid_t uid, bool groups, struct arena *a, struct spec_idmaps *ret, struct err *e) MUST_USE;
/* The maps of a plain user, who we are: its own id as root, then its ranges, where it has users and groups of them. */
int subid_maps(struct spec_idmaps *uids, struct spec_idmaps *gids, struct arena *a, struct err *e) MUST_USE;

#endif
