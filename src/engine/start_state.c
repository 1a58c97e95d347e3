/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written down of a start and of its end, and what is taken out of the world at the end.  See start.h. */
#include "engine/start.h"

#include "base/fd.h"
#include "base/parse_time.h"
#include "core/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KILL_MS = 5000 }; /* how long the last processes and the cgroup may take to go */

/* The start that a step belongs to. */
static struct start *of(void *ctx)
{
	return ((struct launch *)ctx)->owner;
}
static const struct start *of_const(const void *ctx)
{
	return ((const struct launch *)ctx)->owner;
}

/* ---- state ---- */

/* Before anything exists in the world: whoever finds this file without a living owner cleans up after us. */
static int intent_run(void *ctx, struct err *e)
{
	struct start *s = of(ctx);

	s->box.state = (struct box_state){
		.status = BOX_CREATED,
		.owner_pid = getpid(),
		.cgroup_path = arena_strdup(s->home->arena, s->launch.cgroup_path),
		.restarts = s->box.state.restarts,
	};
	return box_state_save(&s->box, e);
}

static void intent_undo(void *ctx)
{
	struct start *s = of(ctx);

	s->box.state.exit_status = EXIT_ISLE;
	s->box.state.status = BOX_EXITED;
	s->box.state.finished_ns = time_now();
	if (!s->o && !s->launch.group_left && box_state_end(&s->box, NULL) < 0)
		return; /* the sweep will see a dead owner */
}

const struct step step_intent = {"intent", SIDE_HOST, NULL, intent_run, intent_undo, NULL};

int start_note_file(const char *path, const char *text, int flags, bool *ret_ours, struct err *e)
{
	/* O_NONBLOCK: a FIFO that nobody reads must not hold us up. */
	auto_fd fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | flags, 0644);
	struct stat st;

	*ret_ours = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode); /* /dev/null is not */
	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0)
		return err_set(e, errno, "write %s", path);
	return 0;
}

static int state_run(void *ctx, struct err *e)
{
	struct start *s = of(ctx);
	const struct box_record *rec = &s->box.record;
	char pid[16];
	int r = 0;

	s->box.state.status = s->pool ? BOX_CREATED : BOX_RUNNING;
	s->box.state.pid = s->launch.pid;
	s->box.state.started_ns = time_now();
	snprintf(pid, sizeof(pid), "%d", (int)s->launch.pid);
	r = process_identity(s->launch.pidfd, s->launch.pid, &s->box.state.pid_identity);
	if (r < 0)
		return err_set(e, -r, "identify the container's first process");
	if (r == 0 && rec->cidfile && s->o)
		r = start_note_file(rec->cidfile, s->box.id, O_EXCL, &s->cidfile_ours, e);
	if (r == 0 && rec->pidfile)
		r = start_note_file(rec->pidfile, pid, O_TRUNC, &s->pidfile_ours, e);
	return r < 0 ? r : box_state_save(&s->box, e);
}

static void state_undo(void *ctx)
{
	struct start *s = of(ctx);
	const struct box_record *rec = &s->box.record;

	if (s->cidfile_ours)
		unlink(rec->cidfile);
	if (s->pidfile_ours)
		unlink(rec->pidfile);
}

static void state_explain(const void *ctx, struct explain *x)
{
	const struct start *s = of_const(ctx);

	explain_say(x, "write down that it runs, and with which first process");
	explain_shell(x, "echo '{…}' > %s/boxes/$ID/state.json", s->home->run);
}

const struct step step_state = {"state", SIDE_HOST, NULL, state_run, state_undo, state_explain};

int start_find_cgroup(struct start *s, struct err *e)
{
	return box_cgroup_open(&s->box, &s->launch.cg, e);
}

int start_finish(struct start *s, int status, struct err *e)
{
	struct launch *l = &s->launch;
	int r = 0;

	s->box.state.status = BOX_EXITED;
	s->box.state.exit_status = status;
	s->box.state.finished_ns = time_now();
	s->box.state.pid = 0;
	if (l->cg.path) {
		s->box.state.oom_killed = cgroup_oom_killed(&l->cg);
		/* With a pid namespace of its own all are gone with the first; else whoever is left is killed here. */
		if (cgroup_kill(&l->cg, KILL_MS, e) < 0 || cgroup_remove(&l->cg, KILL_MS, e) < 0)
			r = -EBUSY;
	}
	if (r == 0)
		r = s->box.record.rm ? box_remove(&s->box, e) : box_state_end(&s->box, e);
	return r;
}
