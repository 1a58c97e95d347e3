/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The launch of a container: what both sides of the plan share, and the steps that the core offers.
 *
 * Theory.  The host side makes what only the machine may make: cgroups, id maps, idmapped layers, device nodes.  The
 * box side, the container's first process, does the rest from inside its new namespaces.  They work at the same time;
 * the words of handshake.h are where one waits for the other.
 *
 *     host   cgroup clone id-maps join-cgroups begin | root dev binds etc-files hand-over (save state)       go
 *     box                                   identity | namespaces  network ············ rights  furnished    exec
 *     thread                                         | kernel-files receive enter attach mask … leave cwd
 *
 * Every file system is made as a detached mount before the box leaves the machine's root, and attached after it has
 * entered its own: so sources are found as the machine sees them, targets as the container sees them, and no symbolic
 * link of an image ever leads out.  The box has two threads as long as it makes a network (launch_threads.h).  A rootless launch has no privilege on the host side; the box then does those steps
 * itself.
 *
 * Must hold: before 'exec', nothing but this process exists in a new pid namespace; every descriptor is close-on-exec;
 * what the box leaves open ends with exec; a failure on either side ends both.
 */
#ifndef ISLE_CORE_LAUNCH_H
#define ISLE_CORE_LAUNCH_H

#include "core/cgroup.h"
#include "core/mount.h"
#include "core/rootfs.h"
#include "core/spec.h"
#include "core/step.h"

#include <signal.h>

enum { ETC_FILES = 3 };
extern const char *const launch_etc_paths[ETC_FILES]; /* /etc/hostname, /etc/hosts, /etc/resolv.conf */

struct launch {
	/* what to do: filled in by the caller */
	struct arena *arena;
	struct plan *plan;
	const struct spec *spec;
	const struct rootfs *rootfs;
	const char *id; /* names the session keyring */
	const struct cgroup_host *cgroup_host;
	const char *cgroup_path; /* NULL: no group of its own */
	bool rootless;		 /* the host side has no privilege: root, /dev and binds are made by the box */
	bool joining;		 /* exec: one more program in a container that runs (launch_join.c) */
	bool leave_running;	 /* exec: the program outlives us */
	bool init;		 /* isle's init is process 1, the program its child */
	bool etc_files;		 /* /etc/hostname, /etc/hosts and /etc/resolv.conf are the container's own */
	uint64_t processes_max;	 /* bound by the new user namespace itself; 0: no such bound */
	const sigset_t *signals; /* the signal mask of the program; NULL: the caller's */
	int stdio[3];		 /* become 0, 1, 2 of the program; FD_NONE: inherited */
	int lock_fd;		 /* the box closes it first of all: a lock that ends with the host side; 0: none */
	void (*warn)(void *owner, const char *sentence);
	void *owner; /* the caller's own, for its steps and 'warn' */

	/* what came of it */
	struct cgroup cg;
	bool group_left; /* its undo could not remove the cgroup: the caller keeps what tells a sweep of it */
	pid_t pid;	 /* the first process, as this process sees it; 0: none */
	int pidfd;
	int terminal_fd; /* master of its terminal, or FD_NONE */
	bool began;	 /* the box said that exec is all that is left */

	/* between the steps */
	int sock;	   /* this side's end of the handshake */
	int peer;	   /* box: its copy of the host's end, closed first of all: else it would never see the end */
	bool move_by_hand; /* the box could not be born in its v2 group */
	struct mount_opts *mopts; /* one for each of spec->mounts */
	int *mount_fds;		  /* the same, made and detached; FD_NONE: not yet */
	int root_fd;		  /* the root, detached */
	int etc_fds[ETC_FILES];	  /* files for /etc, detached */
	struct fds spent;	  /* descriptors that have done their work: see rootfs.h */
	int *submount_fds;	  /* of rootfs->submounts */
	int *device_fds;  /* rootless: the machine's device nodes, detached, one for each of spec->lin.devices */
	int userns_fd;	  /* the box's user namespace, where it has its own */
	int target_fd;	  /* exec: pidfd of the container's first process */
	pid_t target_pid; /* exec: its pid */
	int proc_fd;	  /* box: a procfs of its own that nobody can cover */
	int old_root_fd;  /* box: the machine's root, between enter and leave */
	int net_fd;	  /* box: its network namespace, for sysctl */
	bool filtered;	  /* box: the system call filter is loaded */
	int slave_fd;	  /* box: the terminal */
	bool exposed;	  /* the container's root could write to isle's own file, if it got at it */
	int init_fd;	  /* box: the init program, if it is needed */
	struct spec_process process; /* box: spec->process with the user in numbers and HOME in the environment */
};

/* Sets every descriptor to FD_NONE and sorts out the options of the mounts. */
int launch_prepare(struct launch *l, struct err *e) MUST_USE;
/* Closes what has done its work; to be called when the program runs and there is time. */
void launch_settle(struct launch *l);
/* Closes what the host side has open; the pidfd and the terminal too. */
void launch_release(struct launch *l);

/* Closes the descriptors that only carry mounts from one side to the other. */
void launch_mounts_release(struct launch *l);

/* Whether the container gets namespace KIND of its own. */
bool launch_new_ns(const struct launch *l, enum ns_kind kind);
/* Whether its ids are not the machine's; for a joined user namespace the spec's maps say what that has. */
bool launch_own_ids(const struct launch *l);
/* The host id of the container's root. */
uint32_t launch_root_uid(const struct launch *l);
uint32_t launch_root_gid(const struct launch *l);

/* Says something to the user, from either side. */
void launch_say(struct launch *l, const char *sentence);
/* Makes the files of /etc that are the container's own, as detached mounts in etc_fds. */
int launch_etc_make(struct launch *l, struct err *e) MUST_USE;
/* Box, in the new root: makes them so where the kernel could not yet (launch_etc.c). */
int launch_etc_unfold(struct launch *l, struct err *e) MUST_USE;
/* Whether mount I is a sysfs of a network namespace that is yet to be made; it and what lies below it come late. */
bool launch_mount_shows_net(const struct launch *l, size_t i);
/* Makes mount I of the spec as a detached mount: see launch_mounts.c. */
int launch_mount_make(struct launch *l, size_t i, struct err *e) MUST_USE;
/* Says why the kernel refused namespaces with CODE, and what to do; E has what was attempted.  Returns -CODE. */
int launch_refused(const struct launch *l, int code, struct err *e);
/* What the box runs from its first instruction to exec; never returns. */
_Noreturn void launch_box(struct launch *l);

/* The last steps of any program, in the process that will execute it: descriptors 0 to 2, and then for good. */
int launch_stdio(struct launch *l, struct err *e) MUST_USE;
int launch_execute(struct launch *l, struct err *e) MUST_USE;
/*
 * Opens init_fd where the program is executed by way of init: for a container that asked for it, or that could harm
 * us.
 */
int launch_init_file(struct launch *l, struct err *e) MUST_USE;

/* The steps, in the order in which a plan must have them. */
extern const struct step step_cgroup, step_clone, step_id_maps, step_join_cgroups, step_oom, step_begin; /* host */
extern const struct step step_identity, step_namespaces, step_hostname;					 /* box */
extern const struct step step_root, step_dev, step_binds, step_etc_files, step_hand_over;		 /* host */
extern const struct step step_furnish, step_box_mounts, step_box_root, step_receive, step_enter;	 /* box */
extern const struct step step_submounts, step_attach, step_mask;					 /* box */
extern const struct step step_network, step_attach_late, step_mask_late, step_leave, step_furnished;	 /* box */
extern const struct step step_sysctl, step_terminal, step_read_only;					 /* box */
extern const struct step step_session, step_cwd, step_user, step_rights, step_await_go, step_exec;	 /* box */
extern const struct step step_go;									 /* host */

/* The steps of an exec: these instead of clone to attach, and instead of await-go to go. */
extern const struct step step_join_clone;  /* host; then step_join_cgroups, step_oom, step_begin */
extern const struct step step_join;	   /* box; then step_terminal, step_cwd, step_user, step_rights */
extern const struct step step_spawn;	   /* box */
extern const struct step step_await_spawn; /* host */

#endif
