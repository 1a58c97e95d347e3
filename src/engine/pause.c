/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'isle pause' and 'isle unpause'.  See lifecycle.h.
 *
 * The file 'paused' is there from before the first process is frozen until after the last one is thawed.  So whoever is
 * killed in between leaves a container that is called paused, and that 'unpause' puts right.
 */
#include "engine/lifecycle.h"
#include "engine/lifecycle_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Opens a running container and checks that it is paused, or is not. */
static int open_running(struct home *h, const char *ref, bool paused, struct box *b, struct err *e)
{
	int r = box_find(h, ref, false, b, e);

	if (r == 0)
		r = box_must_run(b, e);
	if (r == 0 && (b->state.status == BOX_PAUSED) != paused) {
		err_set(e, 0, "%s container %s", paused ? "unpause" : "pause", box_called(b));
		r = err_why(e, paused ? "it is not paused" : "it is paused already");
	}
	return r;
}

int box_pause(struct home *h, const char *ref, struct err *e)
{
	CLEANUP(box_close) struct box b;
	int r = open_running(h, ref, false, &b, e);

	if (r < 0)
		return r;
	r = file_replace(b.run_fd, "paused", "", 0, 0600, e);
	if (r == 0) {
		r = box_freeze(&b, true, e);
		if (r < 0) {
			/* Half frozen is no use to anybody. */
			(void)!box_freeze(&b, false, NULL);
			unlinkat(b.run_fd, "paused", 0);
		}
	}
	if (r < 0)
		err_context(e, "pause container %s", box_called(&b));
	return r;
}

int box_unpause(struct home *h, const char *ref, struct err *e)
{
	CLEANUP(box_close) struct box b;
	int r = open_running(h, ref, true, &b, e);

	if (r < 0)
		return r;
	r = box_freeze(&b, false, e);
	if (r == 0 && unlinkat(b.run_fd, "paused", 0) < 0 && errno != ENOENT)
		r = err_set(e, errno, "delete the mark of the pause");
	if (r < 0)
		err_context(e, "unpause container %s", box_called(&b));
	return r;
}
