/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The launch of a container: what both sides of the plan share, and the steps that the core offers.
 *
 * Theory.  The host side makes what only the machine may make: cgroups, id maps, idmapped layers, device nodes.  The
 * box side, the container's first process, does the rest from inside its new namespaces.  They work at the same time;
 * the words of handshake.h are where one waits for the other.
 *
 *     host   cgroup clone id-maps join-cgroups begin | root dev binds etc-files hand-over (save state)       go
 *     box                                   identity | namespaces mounts network ············ rights furnished exec
 *     thread                                         |                 receive enter attach mask … leave cwd
 *
 * Every file system is made as a detached mount before the box leaves the machine's root, and attached after it has
 * entered its own: so sources are found as the machine sees them, targets as the container sees them, and no symbolic
 * link of an image ever leads out.  For a config.json the box makes them all, in its order (launch_in_order); else the
 * host side makes what is the machine's at the same time.  The box has two threads as long as it makes a network
 * (launch_threads.h).  A rootless launch has no privilege on the host side; the box then does those steps itself.
 *
 * The host side can make the network, too (launch_net_beside.c), after the user namespace that it belongs to
 * (launch_user_ahead.c); and the box can begin from a mount namespace with nothing in it (launch_seed.c):
 *
 *     host   (user-namespace) cgroup seed clone begin | root … hand-over network-beside device-rules filter record go
 *     maker                  (network ·············)
 *     box                                    identity | mounts own-mounts receive enter attach … (network) rights exec
 *
 * Must hold: before 'exec', nothing but this process exists in a new pid namespace; every descriptor is close-on-exec;
 * what the box leaves open ends with exec; a failure on either side ends both.
 */
#ifndef ISLE_CORE_LAUNCH_H
#define ISLE_CORE_LAUNCH_H

#include "base/parse.h"
#include "core/cgroup.h"
#include "core/handshake.h"
#include "core/mount.h"
#include "core/place.h"
#include "core/rdt.h"
#include "core/rootfs.h"
#include "core/seccomp.h"
#include "core/spec.h"
#include "core/step.h"

#include <signal.h>

enum { ETC_FILES = 3 };
extern const char *const launch_etc_paths[ETC_FILES]; /* /etc/hostname, /etc/hosts, /etc/resolv.conf */

/* Where the container's devices are. */
enum launch_dev {
	DEV_PLAIN,  /* /dev is a directory of the root, or a file system that comes without nodes */
	DEV_NEW,    /* on a tmpfs, which is filled beforehand */
	DEV_SHARED, /* bound from elsewhere, as it is */
};

/* A hierarchy of v1 cgroups, to be attached in the tmpfs that mount 'mount' of the spec is. */
struct launch_part {
	size_t mount;
	char *name; /* "cpu,cpuacct" */
	int fd;
};
struct launch_parts {
	struct launch_part *v;
	size_t n, room;
};

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
	/*
	 * create: a bound SOCK_DGRAM socket on which the box, when all is ready, waits for GO from a later command; it
	 * then outlives the host side.  0: the host side says GO.
	 */
	int start_fd;
	/*
	 * With start_fd: hears there of what is to be executed, in the place of GO; sets 'sock'.  The program is made
	 * ready beforehand.  NULL: GO is all that is waited for.
	 */
	int (*await_order)(struct launch *l, struct err *e);
	bool joining;		 /* exec: one more program in a container that runs (launch_join.c) */
	bool leave_running;	 /* the program outlives us */
	bool init;		 /* isle's init is process 1, the program its child */
	bool etc_files;		 /* /etc/hostname, /etc/hosts and /etc/resolv.conf are the container's own */
	uint64_t processes_max;	 /* bound by the new user namespace itself; 0: no such bound */
	const sigset_t *signals; /* the signal mask of the program; NULL: the caller's */
	int stdio[3];		 /* become 0, 1, 2 of the program; FD_NONE: inherited */
	int lock_fd;		 /* the box closes it first of all: a lock that ends with the host side; 0: none */
	/*
	 * The absolute path at which hooks, which run before 'leave', find the container's files: until then the root
	 * is attached there.  NULL: nobody looks.  Without a mount namespace of its own it stays (launch_place.c).
	 */
	const char *hook_root;
	/*
	 * What the spec leaves out is as the runtime spec says: umask and oom_score_adj stay the caller's, and
	 * capabilities that can't be had are only worth a warning.  Else isle's own ways.
	 */
	bool by_spec;
	bool no_pivot;	   /* the machine's root stays below: for a machine that runs from its initial ramfs */
	mode_t umask;	   /* by_spec: the caller's */
	bool keep_keyring; /* the program stays in the caller's session keyring */
	int preserved;	   /* so many descriptors from 3 on are the program's, too: see preserved.h */
	int listen_fds;	   /* of those, sockets of socket activation */
	/* The text that goes with the listener of a filter, for process PID; NULL: this door has no listeners. */
	char *(*listener_text)(void *owner, pid_t pid);
	void (*warn)(void *owner, const char *sentence);
	void *owner; /* the caller's own, for its steps and 'warn' */

	/* what came of it */
	struct cgroup cg;
	bool group_left; /* its undo could not remove the cgroup: the caller keeps what tells a sweep of it */
	pid_t pid;	 /* the first process, as this process sees it; 0: none */
	int pidfd;
	int terminal_fd; /* master of its terminal, or FD_NONE */
	bool began;	 /* the box said that exec is all that is left */
	struct rdt_group rdt;
	struct place place; /* of its root, if that is among the machine's mounts */

	/* between the steps */
	int sock;	   /* this side's end of the handshake */
	bool seeded;	   /* the box's mounts begin from the seed, not from the machine's (launch_seed.c); */
	int seed_fd;	   /* its namespace, or FD_NONE */
	bool user_ahead;   /* the box's user namespace is made ahead of it (launch_user_ahead.c) */
	bool shown;	   /* the host side makes what shows its namespaces (launch_shown.c); */
	ssize_t shown_sys; /* the mount that shows its network, -1: none */
	pid_t maker;	   /* who makes its network, ahead; 0: nobody does, or has done; */
	int maker_sock;	   /* the way to it */
	int peer;	   /* box: its copy of the host's end, closed first of all: else it would never see the end */
	bool move_by_hand; /* the box could not be born in its v2 group */
	bool unattended;   /* nothing is to be done for the box before it begins; */
	bool begun;	   /* so it did not wait to be told */
	bool networked;	   /* box: it entered its network namespace for a mount (launch_net_first) */
	struct mount_opts *mopts; /* one for each of spec->mounts */
	int *mount_fds;		  /* the same, made and detached; FD_NONE: not yet */
	uint64_t files_soft; /* the caller's limit of open files, while it is raised for many mounts; 0: it is not */
	const char *mount_label; /* by_spec: of new file systems; NULL: none */
	struct strs late_tops;	 /* see launch_attach.c */
	enum launch_dev dev;
	struct launch_parts parts; /* see launch_cgroup_mounts.c */
	int shift_fd;		   /* the user namespace that shifts mount 'shift_of' of the spec, or FD_NONE */
	size_t shift_of;
	int root_fd;			/* the root, detached */
	int holder_fd;			/* what it is attached on, if that is among the machine's mounts */
	int etc_fds[ETC_FILES];		/* files for /etc, detached */
	struct fds spent, spent_mounts; /* descriptors that have done their work, mounts apart: see rootfs.h */
	int *submount_fds;		/* of rootfs->submounts */
	int *device_fds;  /* rootless: the machine's device nodes, detached, one for each of spec->lin.devices */
	int userns_fd;	  /* the box's user namespace, where it has its own */
	int target_fd;	  /* exec: pidfd of the container's first process */
	pid_t target_pid; /* exec: its pid */
	int proc_fd;	  /* box: a procfs of its own that nobody can cover */
	int old_root_fd;  /* box: the machine's root, until leave */
	int net_fd;	  /* box: its network namespace, for sysctl */
	bool filter_made; /* box: the system call filter is compiled … */
	bool filter_mild; /* box: … allows all that the box itself has left to call … */
	bool filtered;	  /* box: … and is loaded */
	struct seccomp_filter filter;
	uint64_t filter_caps;	     /* which it was compiled for */
	bool bounded;		     /* box: 'bounds' is done */
	bool *read_only;	     /* box: which of the spec's read-only paths are so */
	int slave_fd;		     /* box: the terminal */
	bool exposed;		     /* the container's root could write to isle's own file, if it got at it */
	int init_fd;		     /* box: the init program, if it is needed */
	struct ranges *own_cpus;     /* exec: the caller's processors, while it runs on others */
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

/* Whether the new time namespace gets clocks of its own, which must be set before anybody is in it. */
bool launch_shifts_clocks(const struct launch *l);
/*
 * Host: passes on the listener that came with message M (HS_LISTENER) for process PID; none came where the filter asks
 * nobody.  To be called wherever the host side hears the box.
 */
int launch_listener(struct launch *l, struct hs_msg *m, pid_t pid, struct err *e) MUST_USE;
/*
 * Host: hears the box until it says UNTIL, taking what comes before: warnings, the terminal, the listener.  HS_END is a
 * successful exec, and an error if the box died before.
 */
int launch_hear(struct launch *l, enum hs_word until, struct err *e) MUST_USE;
/* Closes what leads out of the container, in a process that stays for a while. */
void launch_close_outside(struct launch *l);
/* Says something to the user, from either side. */
void launch_say(struct launch *l, const char *sentence);
/* Makes the files of /etc that are the container's own, as detached mounts in etc_fds. */
int launch_etc_make(struct launch *l, struct err *e) MUST_USE;
/* Box, in the new root: makes them so where the kernel could not yet (launch_etc.c). */
int launch_etc_unfold(struct launch *l, struct err *e) MUST_USE;
/* Whether mount I is a sysfs of a network namespace that is yet to be made. */
bool launch_mount_shows_net(const struct launch *l, size_t i);
/* Whether the box makes mount I when it has its network; whether it can do so without a look at the machine's files. */
bool launch_made_late(const struct launch *l, size_t i);
bool launch_mount_needs_nothing(const struct launch *l, size_t i);
/* Whether mount I is a /dev that the host side makes. */
bool launch_host_dev(const struct launch *l, size_t i);
/* Box: takes what the host side made for it, unless it has it already. */
int launch_receive(struct launch *l, struct err *e) MUST_USE;
/* Whether the mounts are made in the order of the spec: see launch_hand.c. */
bool launch_in_order(const struct launch *l);
/* What by_spec wants besides: how mounts spread that do not say; what the machine must be (launch_spec.c). */
int launch_by_spec_prepare(struct launch *l, struct err *e) MUST_USE;
/* Puts the limit of open files back, where it was raised. */
void launch_files_restore(struct launch *l);
/* What the root begins from, MS_…: 0 keeps it shared with the machine; and what it is in the end, 0: it stays. */
uint64_t launch_root_from(const struct launch *l);
struct mount_spread launch_root_end(const struct launch *l);
/* Finds out which mounts are late, and whether the path PATH is in one of them (launch_attach.c). */
void launch_mounts_order(struct launch *l);
/* A bind mount gives no options to a file system: refuses them, or does without where a config.json has them. */
int launch_bind_check(struct launch *l, size_t i, struct err *e) MUST_USE;
bool launch_path_late(const struct launch *l, const char *path);
/* Whether one of them is below PATH. */
bool launch_path_holds_late(const struct launch *l, const char *path);
/*
 * Whether the container has no mount namespace of its own: its root is attached among the machine's mounts, and stays
 * there until the caller takes 'place' away.
 */
bool launch_among_machines(const struct launch *l);
/* Refuses what such a container can't have. */
int launch_place_check(const struct launch *l, struct err *e) MUST_USE;
/* Makes mount I of the spec as a detached mount: see launch_mounts.c. */
int launch_mount_make(struct launch *l, size_t i, struct err *e) MUST_USE;
/* Whether mount I is a tmpfs that gets its mode, or even its content, from what it covers. */
bool launch_mount_filled(const struct launch *l, size_t i);
/* A read-only copy of the machine's own tree PATH as mount I. */
int launch_mount_copy(struct launch *l, size_t i, const char *path, struct err *e) MUST_USE;
/* What mount I, a bind, is of. */
const char *launch_bind_source(const struct launch *l, size_t i);
/* Has the machine's v2 tree bound where a new mount of it would concern the machine (launch_cgroup_mounts.c). */
void launch_cgroup_share(struct launch *l);
/* Makes mount I of type "cgroup", or "cgroup2", and attaches in it what belongs there (launch_cgroup_mounts.c). */
int launch_cgroup_make(struct launch *l, size_t i, struct err *e) MUST_USE;
int launch_cgroup_parts_attach(struct launch *l, size_t i, struct err *e) MUST_USE;
/*
 * What such a mount has where there are v1 hierarchies: what each is called in it, and the path of GROUP in that
 * hierarchy on the machine.  Where there is v2 alone: nothing.
 */
int launch_cgroup_parts_list(const struct cgroup_host *host, const char *group, struct arena *a, struct strs *names,
			     struct strs *places, struct err *e) MUST_USE;

/* Devices (launch_nodes.c): fills in 'dev'; */
void launch_nodes_prepare(struct launch *l);
/* whether device I is not made beforehand in a new /dev; whether the host side takes it from the machine; does so; */
bool launch_node_elsewhere(const struct launch *l, size_t i);
bool launch_node_carried(const struct launch *l, size_t i);
int launch_node_take(struct launch *l, size_t i, struct err *e) MUST_USE;
/* box: binds what was taken. */
int launch_node_bind(struct launch *l, size_t i, struct err *e) MUST_USE;
/* Box: opens old_root_fd, unless it is open: before a second thread can change what "/" means, or to enter. */
int launch_old_root_open(struct launch *l, struct err *e) MUST_USE;
/*
 * Box, with hook_root: goes back to the machine's root for the hooks, whose path to the container's files begins there
 * (/proc/PID/root too), and into the container's again.
 */
int launch_step_out(struct launch *l, struct err *e) MUST_USE;
int launch_step_in(struct launch *l, struct err *e) MUST_USE;
/*
 * Box: has the detached mount FD, which has done its work, go with the machine's root: in one grace period of the
 * kernel's instead of one for each.  False: it ends with its descriptor.
 */
bool launch_put_away(const struct launch *l, int fd);
/* Says why the kernel refused namespaces with CODE, and what to do; E has what was attempted.  Returns -CODE. */
int launch_refused(const struct launch *l, int code, struct err *e);
/* Host: adds to the error E of a plan that failed what the box could not know: a limit of the machine's. */
void launch_failed(const struct launch *l, struct err *e);
/* What the box runs from its first instruction to exec; never returns. */
_Noreturn void launch_box(struct launch *l);

/* Makes a working directory that is missing, before the root is read-only; what can't be made is left to step_cwd. */
void launch_cwd_make(const struct launch *l);
/* Makes the terminal the user's. */
int launch_terminal_give(const struct launch *l, struct err *e) MUST_USE;
/* Finds proc_fd in a container without a /proc of its own: the root's, if it has any; files of the image are none. */
void launch_proc_find(struct launch *l);
/* The last steps of any program, in the process that will execute it: descriptors 0 to 2, and then for good. */
int launch_stdio(struct launch *l, struct err *e) MUST_USE;
int launch_execute(struct launch *l, struct err *e) MUST_USE;
/* The program's environment, PID being its own, and the path of its file. */
int launch_program(struct launch *l, pid_t pid, char **ret_path, struct err *e) MUST_USE;
/* Whether who joins a container is to run from a copy of isle in memory (core/self.h), as isle-spawn can't be used. */
bool launch_copy_wanted(const struct launch *l);
/* Compiles the filter of a process like P, unless that is done. */
int launch_filter_make(struct launch *l, const struct spec_process *p, struct err *e) MUST_USE;
/* Whether somebody outside is told of the filter. */
bool launch_filter_listens(const struct launch *l);
/*
 * Marks the descriptors that exec closes, which a filter may forbid, and loads the filter.  Who is to answer calls must
 * be reachable before the first one is asked about.
 */
int launch_filter_load(struct launch *l, struct err *e) MUST_USE;
/* Loads the filter before exec does, where it is known to allow what is left to do. */
int launch_filter_early(struct launch *l, struct err *e) MUST_USE;
/*
 * Opens init_fd where the program is executed by way of init: for a container that asked for it, or that could harm
 * us.  For who joins one, isle-spawn (launch_spawn.c), which is yet to be sealed.
 */
int launch_init_file(struct launch *l, struct err *e) MUST_USE;
/*
 * Host: sends WORD, GO or RULED or of an exec MAPPED, with isle's init where the program will need it.  Box: takes it
 * from that message.
 */
int launch_init_send(const struct launch *l, enum hs_word word, struct err *e) MUST_USE;
void launch_init_take(struct launch *l, const struct hs_msg *m);

/* The steps, in the order in which a plan must have them. */
extern const struct step step_seed;	   /* host, before 'clone' (launch_seed.c) */
extern const struct step step_filter_send; /* host, behind that (launch_filter.c) */
extern const struct step step_net_beside;  /* host, behind 'hand-over' (launch_net_beside.c) */
extern const struct step step_user_ahead;  /* host, behind launch_prepare, before 'seed' (launch_user_ahead.c) */
extern const struct step step_cgroup, step_clone, step_id_maps, step_join_cgroups, step_oom, step_begin; /* host */
extern const struct step step_identity, step_namespaces, step_hostname, step_own_mounts;		 /* box */
extern const struct step step_root_ahead;						  /* host, before clone */
extern const struct step step_root, step_dev, step_binds, step_etc_files, step_hand_over; /* host */
extern const struct step step_root_mount, step_attach_root; /* host, before 'hand-over' (launch_place.c) */
extern const struct step step_attached, step_furnish, step_box_mounts, step_box_root, step_receive,
	step_enter;										     /* box */
extern const struct step step_submounts, step_attach, step_nodes, step_mask;			     /* box */
extern const struct step step_network, step_attach_late, step_mask_late, step_leave, step_furnished; /* box */
extern const struct step step_sysctl, step_terminal, step_read_only_early, step_read_only;	     /* box */
extern const struct step step_session, step_session_beside, step_cwd, step_user, step_user_beside, step_bounds,
	step_rights, step_await_go, step_exec; /* box */
extern const struct step step_go;	       /* host */
extern const struct step step_net_devices;     /* host, behind 'begin' (launch_net_devices.c) */
extern const struct step step_net_await;       /* box, between 'network' and 'furnish' */
extern const struct step step_propagation;     /* box, behind 'leave' (launch_enter.c) */
/* With start_fd these do what await-go and go do without. */
extern const struct step step_park;	    /* box */
extern const struct step step_await_parked; /* host */

/*
 * What the process is besides (launch_process.c): those of the host before 'begin', 'time-offsets' before 'identity'.
 */
extern const struct step step_rdt, step_schedule;				  /* host */
extern const struct step step_time_offsets, step_personality, step_memory_policy; /* box */

/* Before join-clone, and after join-cgroups. */
extern const struct step step_affinity, step_affinity_final; /* host */

/* The steps of an exec: these instead of clone to attach, and instead of await-go to go. */
extern const struct step step_join_clone;  /* host; then step_join_cgroups, step_oom, step_begin */
extern const struct step step_join;	   /* box; then step_terminal, step_cwd, step_user, step_rights */
extern const struct step step_spawn;	   /* box */
extern const struct step step_await_spawn; /* host */

#endif
