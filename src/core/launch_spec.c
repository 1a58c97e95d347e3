/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a config.json that is obeyed to the letter wants of its mounts, before anything is made (launch.h, by_spec). */
#include "core/launch.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* How the mounts of the container's root take part in those of the machine, by the word of linux.rootfsPropagation. */
static const struct {
	const char *word;
	uint64_t from; /* what binds and the root begin from: 0 keeps them in the machine's peer groups */
	uint64_t end;  /* what "/" is in the end, once it is nobody's mount point any more; 0: it stays */
} words[] = {
	{"slave", MS_SLAVE, 0},
	{"private", MS_PRIVATE, MS_PRIVATE},
	{"shared", 0, MS_SHARED},
	{"unbindable", MS_PRIVATE, MS_UNBINDABLE},
};

/* The row for the word of L's spec; without one the root is a slave. */
static size_t word_of(const struct launch *l)
{
	const char *word = l->spec->lin.rootfs_propagation;

	word = word && *word ? word : "slave";
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(word, words[i].word) == 0 || (*word == 'r' && strcmp(word + 1, words[i].word) == 0))
			return i;
	return 0;
}

uint64_t launch_root_from(const struct launch *l)
{
	return l->by_spec ? words[word_of(l)].from : MS_PRIVATE;
}

struct mount_spread launch_root_end(const struct launch *l)
{
	const char *word = l->spec->lin.rootfs_propagation;

	return (struct mount_spread){.how = l->by_spec ? words[word_of(l)].end : 0, .rec = word && *word == 'r'};
}

/*
 * A bind begins as what all mounts of the machine are for the container; its own words come after.  It is made by the
 * host side, or before the box's 'own-mounts': so the cut that the container's mount namespace begins with does not
 * reach it.
 */
static void spread_from(struct launch *l, struct mount_opts *o)
{
	uint64_t from = launch_root_from(l);

	if (!o->bind || o->remount || from == 0)
		return;
	memmove(o->spread + 1, o->spread, o->n_spread * sizeof(o->spread[0]));
	o->spread[0] = (struct mount_spread){.how = from, .rec = true};
	o->n_spread++;
}

/*
 * A label for mounts means something where SELinux is at work.  Elsewhere no file has one and nobody asks for it: the
 * container does without.  process.selinuxLabel, which would confine it, is refused there.
 */
static void choose_label(struct launch *l)
{
	const char *label = l->spec->lin.mount_label;
	struct statfs fs;

	l->mount_label = NULL;
	if (!label || !*label)
		return;
	if (statfs("/sys/fs/selinux", &fs) == 0 && (unsigned long)fs.f_type == SELINUX_MAGIC)
		l->mount_label = label;
	else if (l->warn)
		l->warn(l->owner, "linux.mountLabel: the mounts have no label: this machine does not use SELinux");
}

/* The root is laid over that of the mount namespace: never of the machine's. */
static int check_mount_namespace(const struct launch *l, struct err *e)
{
	const struct spec_ns *ns = &l->spec->lin.ns[NS_MNT];
	struct stat st;

	if (ns->mode == NS_NEW)
		return 0;
	if (launch_among_machines(l))
		return launch_place_check(l, e);
	if ((ns->fd >= 0 ? fstat(ns->fd, &st) : stat(ns->path, &st)) < 0)
		return err_set(e, errno, "linux.namespaces: open %s", ns->path);
	if (st.st_ino != ns_inode(0, NS_MNT))
		return 0;
	err_set(e, 0, "linux.namespaces: make the container's root");
	return err_why(e, "without a mount namespace of its own the machine's would be covered");
}

/* Each mount is a descriptor for a while; the usual limit of 1024 is meant for programs, not for us. */
static void files_raise(struct launch *l)
{
	enum { MANY = 256 };
	struct rlimit limit;

	l->files_soft = 0;
	if (l->spec->mounts.n < MANY || getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
		return;
	l->files_soft = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

void launch_files_restore(struct launch *l)
{
	struct rlimit limit;

	if (l->files_soft == 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = MIN((rlim_t)l->files_soft, limit.rlim_max);
	setrlimit(RLIMIT_NOFILE, &limit);
	l->files_soft = 0;
}

int launch_by_spec_prepare(struct launch *l, struct err *e)
{
	for (size_t i = 0; i < l->spec->mounts.n; i++)
		spread_from(l, &l->mopts[i]);
	files_raise(l);
	choose_label(l);
	return l->joining ? 0 : check_mount_namespace(l, e);
}
