/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'pause' and 'resume': by the freezer of the container's group. */
#include "oci/container.h"

enum { FREEZE_MS = 10 * 1000 };

/* Refuses a container that can't be paused, or resumed, as it is. */
static int check_status(struct oci_container *c, bool freeze, struct err *e)
{
	const enum oci_status status = container_status(c);

	if (status == STATUS_PAUSED && !freeze)
		return 0;
	if ((status == STATUS_RUNNING || status == STATUS_CREATED) && freeze)
		return 0;
	if (!c->record.cgroup && status != STATUS_STOPPED) {
		err_set(e, 0, "%s the container %s", freeze ? "pause" : "resume", c->id);
		return err_why(e, "it has no control group of its own");
	}
	err_set(e, 0, freeze && status != STATUS_PAUSED ? "container not running" : "container not paused");
	if (freeze && status == STATUS_PAUSED)
		err_set(e, 0, "container already paused");
	return err_why(e, "%s is %s", c->id, oci_status_word(status));
}

/* Freezes or thaws its group. */
static int freeze_container(struct oci_container *c, bool freeze, struct err *e)
{
	struct cgroup_manager m;
	CLEANUP(cgroup_release) struct cgroup cg;
	int r = container_own_cgroup(c, freeze ? "pause" : "resume", &m, &cg, e);

	if (r < 0)
		return r;
	r = cgroup_freeze(&cg, freeze, FREEZE_MS, e);
	if (r < 0 && freeze) /* half frozen helps nobody */
		(void)!cgroup_freeze(&cg, false, FREEZE_MS, NULL);
	return r;
}

int oci_pause(struct oci_runtime *rt, const char *id, bool freeze, struct err *e)
{
	CLEANUP(container_close) struct oci_container c;
	int r;

	container_init(&c, rt, id);
	r = container_open(&c, rt, id, false, e);
	r = r < 0 ? r : check_status(&c, freeze, e);
	return r < 0 ? r : freeze_container(&c, freeze, e);
}
