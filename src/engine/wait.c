/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle wait': until a container has ended.  See lifecycle.h. */
#include "engine/lifecycle.h"

#include <errno.h>

int box_wait(struct home *h, const char *ref, int *ret_status, struct err *e)
{
	CLEANUP(box_close) struct box b;
	int r = box_find(h, ref, false, &b, e);

	if (r < 0)
		return r;
	if (b.state.status == BOX_CREATED && !box_owned(&b)) {
		err_set(e, 0, "wait for container %s", box_called(&b));
		err_why(e, "it has not been started");
		return err_cure(e, "isle start %s", box_called(&b));
	}
	r = box_wait_free(&b, -1, e);
	/* The descriptors still show the exit record when the owner has removed the box, as after --rm. */
	if (r == 0)
		r = box_state_load(&b, e);
	if (r == 0 && b.state.status != BOX_EXITED) {
		err_set(e, 0, "learn the exit status of container %s", box_called(&b));
		return err_why(e, "it was never started, or is being started again");
	}
	if (r == 0)
		*ret_status = b.state.exit_status;
	return r;
}
