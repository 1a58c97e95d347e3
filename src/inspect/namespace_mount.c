/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Namespaces that are mounted on files, in every mount namespace that can be seen.
 *
 * Other mount namespaces belong to others, who may have put anything on the way to the file: links that lead to our own
 * root, a file system that never answers.  So a path of theirs is walked below their root (RESOLVE_IN_ROOT) and only
 * through what the kernel has at hand (RESOLVE_CACHED, which a mounted place always is), and what is found there counts
 * only if it is the namespace that the table of mounts told.
 */
#include "inspect/namespace_priv.h"

#include "base/parse.h"
#include "core/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20 /* 5.12 */
#endif

enum {
	MOUNTINFO_MAX = 64 << 20,
	CACHED_TRIES = 3, /* a rename anywhere on the machine can make one fail */
};

/* Undoes the escapes of mountinfo, "\040", in the N bytes at TEXT. */
static char *unescape(struct arena *a, const char *text, size_t n)
{
	char *copy = arena_strndup(a, text, n), *to = copy;

	for (const char *p = copy; *p; p++) {
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' &&
		    p[3] <= '7') {
			*to++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			p += 3;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	return copy;
}

/* The next word of a line; its length, 0 at the end. */
static size_t next_word(const char **p, const char **ret)
{
	size_t n = strcspn(*p, " ");

	*ret = *p;
	*p += n + ((*p)[n] == ' ');
	return n;
}

bool nsfs_mount_parse(const char *line, struct arena *a, struct nsfs_mount *ret)
{
	/* proc(5): id, parent, device, root, target, options, optional words, "-", type, … */
	enum { ROOT = 3, TARGET = 4, WORDS = 6 };
	const char *p = line, *word[WORDS];
	size_t n[WORDS];
	char root[64];

	for (int i = 0; i < WORDS; i++)
		if ((n[i] = next_word(&p, &word[i])) == 0)
			return false;
	const char *dash = strncmp(p, "- ", 2) == 0 ? p : strstr(p, " - ");
	if (!dash || strncmp(strchr(dash, '-'), "- nsfs ", strlen("- nsfs ")) != 0)
		return false;
	if (n[ROOT] >= sizeof(root))
		return false;
	memcpy(root, word[ROOT], n[ROOT]);
	root[n[ROOT]] = '\0';
	if (!ns_link_parse(root, &ret->id))
		return false;
	ret->target = unescape(a, word[TARGET], n[TARGET]);
	return true;
}

/* Opens TARGET below ROOT_FD if it is the namespace with ID; FD_NONE if it is not, or can't be reached. */
static int open_mounted(const struct ns_search *s, int root_fd, const char *target, uint64_t id)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_CACHED};
	auto_fd place = FD_NONE;
	struct stat st;

	for (int i = 0; place < 0 && i < CACHED_TRIES; i++) {
		place = sys_openat2(root_fd, target, &how);
		if (place < 0 && errno == EINVAL) /* a kernel that doesn't know RESOLVE_CACHED */
			how.resolve = RESOLVE_IN_ROOT;
	}
	return place < 0 || fstat(place, &st) < 0 || st.st_ino != id ? FD_NONE : ns_search_reopen(s, place);
}

/* Notes one mount; PREFIX is what leads the caller to the root of its mount namespace. */
static void mount_note(struct ns_search *s, const struct nsfs_mount *m, int root_fd, const char *prefix)
{
	struct namespace *ns = map_get(&s->found->by_id, m->id);

	if (!ns) {
		auto_fd fd = open_mounted(s, root_fd, m->target, m->id);

		ns = fd < 0 ? NULL : ns_search_fd(s, fd);
	}
	/* The mount namespaces of a machine are copies of each other for the most part: a path is told once. */
	if (!ns || strs_has(&ns->mounts, m->target))
		return;
	const char *path = arena_printf(s->arena, "%s%s", prefix, m->target);
	if (!strs_has(&ns->mounts, path))
		strs_add(&ns->mounts, s->arena, path);
}

/* Reads the table of mounts of the process WHO, "self" or a pid; false if the caller may not. */
static bool mounts_read(struct ns_search *s, const char *who, bool own)
{
	const char *prefix = own ? "" : arena_printf(s->arena, "/proc/%s/root", who);
	const char *root = own ? "/" : prefix;
	struct arena scratch = {0};
	char *text, *line;
	size_t size;

	auto_fd root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return false;
	int r = file_read(AT_FDCWD, arena_printf(&scratch, "/proc/%s/mountinfo", who), &scratch, MOUNTINFO_MAX, &text,
			  &size, NULL);
	for (char *next = r == 0 ? text : NULL; (line = next);) {
		struct nsfs_mount m;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (strstr(line, "- nsfs ") && nsfs_mount_parse(line, &scratch, &m))
			mount_note(s, &m, root_fd, prefix);
	}
	arena_free(&scratch);
	return r == 0;
}

void ns_search_mounts(struct ns_search *s)
{
	const uint64_t own = ns_inode(0, NS_MNT);
	char who[16];

	(void)mounts_read(s, "self", true);
	for (size_t i = 0; i < s->found->n; i++) {
		const struct namespace *ns = s->found->v[i];

		if (ns->kind != NS_MNT || ns->id == own)
			continue;
		/* The first may have ended meanwhile, or have left the root of its mount namespace for a directory. */
		for (size_t k = 0; k < ns->members.n; k++) {
			snprintf(who, sizeof(who), "%d", ns->members.v[k]->pid);
			if (mounts_read(s, who, false))
				break;
		}
	}
}
