/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts by descriptor: a mount is made detached, given its flags, and only then attached where somebody can see it.
 *
 * The older way is kept: where mount_setattr(2) is missing (before Linux 5.12), flags are set by a bind remount right
 * after attaching.  Sources: fsopen(2), open_tree(2), mount_setattr(2), move_mount(2); option words: mount(8), runtime
 * spec config.md "mounts".
 */
#ifndef ISLE_CORE_MOUNT_H
#define ISLE_CORE_MOUNT_H

#include "core/spec.h"

/* How a mount takes part in what is mounted in its copies: MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE. */
struct mount_spread {
	uint64_t how;
	bool rec; /* it and everything below */
};
enum { MOUNT_SPREADS = 7 }; /* six words, and what they begin from */

/* The option words of a mount, sorted out. */
struct mount_opts {
	uint64_t set, clear;			   /* MOUNT_ATTR_… for the mount itself */
	uint64_t rec_set, rec_clear;		   /* the same for it and everything below ("rro", "rnosuid"…) */
	struct mount_spread spread[MOUNT_SPREADS]; /* one after the other: "slave,shared" is both */
	size_t n_spread;
	bool bind, recursive;  /* "bind"; "rbind" */
	bool remount;	       /* "remount": what is mounted there already changes */
	bool idmap, idmap_rec; /* "idmap", "ridmap" */
	bool copy_up;	       /* "tmpcopyup": a tmpfs that starts with what it covers */
	bool source_itself;    /* "src-nofollow": of a source that is a link the link, not what it leads to */
	bool place_itself;     /* "dest-nofollow": a link at the destination is mounted on, not followed */
	bool copy_link;	       /* "copy-symlink": a source that is a link is made anew, and nothing mounted */
	struct strs super;     /* of the whole file system, of whatever type: "sync", "lazytime" */
	struct strs data;      /* the file system's own: "size=64k", "newinstance"; nothing takes a bind mount's */
	const char *tree;      /* bound in place of a new file system; NULL: the source is (launch_cgroup_share) */
	const char *where;     /* the destination: absolute, without "." and ".." */
	bool late;	       /* attached when the network is there: see launch_attach.c */
	bool renewed;	       /* attached as a copy: the same */
};

/* Sorts out M's words; a word that no mount has is left for the file system, which refuses it by name. */
int mount_opts_parse(const struct spec_mount *m, struct arena *a, struct mount_opts *ret, struct err *e) MUST_USE;

/* The words that mean something here, for listing them: word I, or NULL behind the last. */
const char *mount_word(size_t i);

/*
 * A detached copy of the mount at PATH below DIRFD (with what is below it, if O->recursive), flags set, not idmapped.
 */
int mount_clone(int dirfd, const char *path, const struct mount_opts *o, int *ret_fd, struct err *e) MUST_USE;
/*
 * Shifts the owners of the detached mount FD by the ids of user namespace USERNS_FD; with O->recursive all below it
 * too. -EINVAL and -EPERM mean that the file system cannot be idmapped, -ENOSYS that the kernel cannot.
 */
int mount_idmap(int fd, int userns_fd, bool recursive, struct err *e) MUST_USE;
/* A new detached file system of TYPE from SOURCE. */
int mount_new(const char *type, const char *source, const struct mount_opts *o, int *ret_fd, struct err *e) MUST_USE;
/* Attaches the detached mount FD onto TARGET_FD (O_PATH); WHERE is for the sentence. */
int mount_attach(int fd, int target_fd, const struct mount_opts *o, const char *where, struct err *e) MUST_USE;

/*
 * Makes the mount FD read-only, attached or not; ALSO are the MS_… flags that it keeps where the kernel needs to be
 * told (before 5.12, when it must be attached).
 */
int mount_read_only(int fd, unsigned long also, const char *where, struct err *e) MUST_USE;
/*
 * Changes the attached mount FD (O_PATH) as O says, and with it its file system, unless O->bind.  What O does not name
 * stays as it is (mount(8), "remount").
 */
int mount_again(int fd, const struct mount_opts *o, const char *where, struct err *e) MUST_USE;

/* PATH as the container means it: absolute, without "." and ".."; relative ones begin at "/". */
const char *mount_where(const char *path, struct arena *a);
/*
 * The place PATH in the process' own root to mount on: made with its parents if missing (a directory, or an empty file
 * when FILE).  STRICT refuses a symbolic link at its end; one that leads into /proc is always refused.  Call it only
 * after entering the container's root: then links that an image plants lead nowhere but into the container.
 */
int mount_target(const char *path, bool file, bool strict, int *ret_fd, struct err *e) MUST_USE;
/* The same, but a symbolic link at the end of PATH is itself the place. */
int mount_target_itself(const char *path, bool file, int *ret_fd, struct err *e) MUST_USE;
/*
 * Makes the symbolic link PATH, and the directories above it, like the link FD (O_PATH).  One that is there must lead
 * to the same.  As for mount_target, in the container's root.
 */
int mount_link_make(int fd, const char *path, struct err *e) MUST_USE;

#endif
