/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a container, for create and run: what the steps share.
 *
 *     host   config claim prepare intent cgroup clone … | root dev binds hand-over record [hooks] await-parked | go
 *     box                                               | … attach … [box-hooks] leave cwd rights park | await-go
 *
 * Without a mount namespace of its own the root is noted and attached before 'hand-over' (core/launch_place.c).
 *
 * 'run' executes the program at once; 'create' leaves the first process parked (core/launch_park.c), and 'start' says
 * the word.
 */
#ifndef ISLE_OCI_CREATE_H
#define ISLE_OCI_CREATE_H

#include "core/launch.h"
#include "oci/container.h"
#include "oci/notify.h"

struct creation {
	struct oci_runtime *rt;
	const char *id;
	const struct oci_create_options *o;
	bool run; /* the program is executed at once */
	struct oci_container c;
	bool place_left; /* its undo could not take the root away from among the machine's mounts */
	struct spec spec;
	char *config; /* its text */
	size_t config_size;
	struct launch launch;
	struct plan plan;
	struct rootfs rootfs;
	struct cgroup_host host;
	struct cgroup_manager manager;
	sigset_t signals;
	struct notify notify; /* of 'run'; 'create' leaves listening to 'start' */
	int console_fd;	      /* who gets the terminal; FD_NONE: nobody */
};

/* The creation that a step of the launch belongs to. */
static inline struct creation *creation_of(void *ctx)
{
	return ((struct launch *)ctx)->owner;
}
static inline const struct creation *creation_of_const(const void *ctx)
{
	return ((const struct launch *)ctx)->owner;
}

/* create_config.c: what is wanted. */
extern const struct step step_config, step_own_copy, step_prepare;
/* create_record.c: what is noted. */
extern const struct step step_claim, step_create_intent, step_note_root, step_record, step_finish;
/* create_group.c: the control group, by whoever makes it. */
extern const struct step step_choose_group, step_group, step_enter_group, step_device_rules;
/* create_hooks.c. */
extern const struct step step_hooks, step_box_hooks, step_start_hooks;

/* Everything that must be closed is FD_NONE. */
void creation_init(struct creation *k, struct oci_runtime *rt, const char *id, const struct oci_create_options *o);
/* Runs the plan; after an error nothing is left. */
int creation_run(struct creation *k, struct err *e) MUST_USE;
void creation_release(struct creation *k);

#endif
