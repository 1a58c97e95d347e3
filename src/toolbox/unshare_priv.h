/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of unshare share: the request in numbers, and the steps. */
#ifndef ISLE_TOOLBOX_UNSHARE_PRIV_H
#define ISLE_TOOLBOX_UNSHARE_PRIV_H

#include "toolbox/maps.h"
#include "toolbox/outsider.h"
#include "toolbox/unshare.h"

/* An id that may be left out. */
struct opt_id {
	bool has;
	uint32_t id;
};

enum unshare_setgroups { SETGROUPS_ASIS, SETGROUPS_ALLOW, SETGROUPS_DENY };

struct unshare {
	/* what to do */
	struct arena *arena;
	struct plan *plan;
	const struct tool_mode *mode;
	unsigned int flags;		  /* CLONE_NEW… */
	const char *files[NS_KIND_COUNT]; /* that keep a namespace alive, or NULL */
	bool any_file;			  /* whether there is one */
	bool fork, forward;		  /* the program is a child of ours; and gets our signals */
	int death_signal;		  /* that the program gets when we end; 0: none */
	bool has_owner;			  /* of the user namespace */
	uint32_t owner_uid, owner_gid;
	struct spec_idmaps users, groups; /* n == 0: no map */
	bool map_outside;		  /* they can be written only by one who stayed outside */
	bool own_group;			  /* --map-group or its kin stands alone: then setgroups is denied */
	enum unshare_setgroups setgroups;
	const char *boottime, *monotonic; /* offsets in seconds, checked; or NULL */
	unsigned long propagation;	  /* MS_…; 0: left alone */
	const char *proc, *binfmt;	  /* where these file systems are mounted, or NULL */
	const char *interp;		  /* what to register with binfmt_misc, or NULL */
	const char *root, *dir;		  /* or NULL */
	struct opt_id uid, gid;		  /* to become at the end */
	bool keep_caps;
	char **env;
	char *const *command;

	/* who we are, and what came of it */
	uid_t euid;
	gid_t egid;
	pid_t self; /* our number in /proc; set with an outsider only */
	struct outsider outsider;
	int parent_fd;		   /* pidfd of the process that forked the program; FD_NONE: none */
	pid_t child;		   /* where we are the one who forked; 0: not */
	bool keep;		   /* in the outsider: the program is about to start, its files stay */
	bool bound[NS_KIND_COUNT]; /* in the outsider */
};

/* Reads the user's words; refuses what contradicts itself. */
int unshare_request(const struct unshare_options *o, struct unshare *u, struct err *e) MUST_USE;

/* Says that the program is about to start, so that the files it leaves behind stay. */
int unshare_keep_files(const struct unshare *u, struct err *e) MUST_USE;

/* The parts of the plan, in order: host steps until the fork, then those of the process that becomes the program. */
extern const struct step step_unshare_outsider, step_unshare_owner, step_unshare_namespaces, step_unshare_setgroups,
	step_unshare_maps, step_unshare_clocks, step_unshare_files, step_unshare_fork;
extern const struct step step_unshare_pid_file, step_unshare_propagation, step_unshare_interp_early, step_unshare_root,
	step_unshare_directory, step_unshare_proc, step_unshare_binfmt, step_unshare_interp, step_unshare_ids,
	step_unshare_keep_caps, step_unshare_tie, step_unshare_program;

#endif
