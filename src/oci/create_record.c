/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What create notes down, and when: the claim on the id first, the group before it is made, the process at once. */
#include "oci/create.h"

#include "base/parse_time.h"
#include "core/process.h"
#include "core/sys.h"
#include "oci/console.h"
#include "oci/hooks.h"
#include "oci/pid_file.h"

#include <errno.h>
#include <unistd.h>

/* ---- claim ---- */

static int claim_run(void *ctx, struct err *e)
{
	struct creation *k = creation_of(ctx);
	const struct oci_record noted = k->c.record;
	int r = container_claim(&k->c, k->rt, k->id, e);

	k->c.record = noted;
	return r;
}

static void claim_undo(void *ctx)
{
	struct creation *k = creation_of(ctx);

	/*
	 * Without the descriptor the id is somebody else's.  A group or a root that could not be removed is found again
	 * by the record: delete --force tries once more.
	 */
	if (k->c.dir_fd >= 0 && !k->launch.group_left && !k->place_left && container_forget(&k->c, NULL) < 0)
		return;
}

static void claim_explain(const void *ctx, struct explain *x)
{
	const struct creation *k = creation_of_const(ctx);

	explain_say(x, "claim the id; one system call, so two can't have it");
	explain_shell(x, "mkdir %s/%s", k->rt->root, k->id);
}

const struct step step_claim = {"claim", SIDE_HOST, NULL, claim_run, claim_undo, claim_explain};

/* ---- intent ---- */

/* Who we are, for those who find a container that is being created. */
static int note_creator(struct oci_record *rec, struct err *e)
{
	auto_fd self = sys_pidfd_open(getpid(), 0);
	int r = self < 0 ? -errno : process_identity(self, getpid(), &rec->creator_identity);

	rec->creator = getpid();
	return r < 0 ? err_set(e, -r, "identify myself") : 0;
}

/* The config.json as it was read: later commands need it, and the bundle may be gone by then. */
static int keep_config(const struct creation *k, struct err *e)
{
	auto_fd fd = openat(k->c.dir_fd, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_set(e, errno, "keep the config.json of the container %s", k->id);
	int r = fd_write_all(fd, k->config, k->config_size);
	return r < 0 ? err_set(e, -r, "keep the config.json of the container %s", k->id) : 0;
}

static int intent_run(void *ctx, struct err *e)
{
	struct creation *k = creation_of(ctx);
	struct oci_record *rec = &k->c.record;
	int r = note_creator(rec, e);

	rec->creating = true;
	rec->created_ns = time_now();
	rec->owner = getuid();
	rec->rootless = k->rt->rootless;
	rec->cgroup = k->manager.path;
	rec->unit = k->manager.unit;
	rec->user_manager = k->manager.user;
	if (r == 0)
		r = container_save(&k->c, e);
	if (r == 0)
		r = keep_config(k, e);
	if (r == 0 && !k->run)
		r = container_listen(&k->c, &k->launch.start_fd, e);
	return r;
}

static void intent_explain(const void *ctx, struct explain *x)
{
	const struct creation *k = creation_of_const(ctx);

	explain_say(x, "note down what will be made, so that delete finds it whatever happens");
	explain_shell(x, "cp %s/config.json %s/%s/", k->c.record.bundle, k->rt->root, k->id);
}

/* The box has ended: nobody mounts anything there any more. */
static void intent_undo(void *ctx)
{
	struct creation *k = creation_of(ctx);

	k->place_left = place_remove(&k->c.record.place, k->rt->arena, NULL) < 0;
}

const struct step step_create_intent = {"intent", SIDE_HOST, NULL, intent_run, intent_undo, intent_explain};

/* ---- record ---- */

/* Notes who the first process is. */
static int note_first(struct creation *k, struct err *e)
{
	struct oci_record *rec = &k->c.record;
	int r = process_identity(k->launch.pidfd, k->launch.pid, &rec->identity);

	rec->pid = k->launch.pid;
	return r < 0 ? err_set(e, -r, "identify the container's first process") : container_save(&k->c, e);
}

static int record_run(void *ctx, struct err *e)
{
	struct creation *k = creation_of(ctx);

	k->c.record.creating = hooks_before_root(&k->spec);
	return note_first(k, e);
}

static void record_explain(const void *ctx, struct explain *x)
{
	const struct creation *k = creation_of_const(ctx);

	explain_say(x, "note down its first process");
	explain_shell(x, "echo '{…}' > %s/%s/record.json", k->rt->root, k->id);
}

const struct step step_record = {"record", SIDE_HOST, NULL, record_run, NULL, record_explain};

/* ---- note-root: before it is attached among the machine's mounts ---- */

static bool note_root_wanted(const void *ctx)
{
	return launch_among_machines(ctx);
}

/* The first process, too: whoever takes the root away has to end it before. */
static int note_root_run(void *ctx, struct err *e)
{
	struct creation *k = creation_of(ctx);

	k->c.record.place = k->launch.place;
	return note_first(k, e);
}

static void note_root_explain(const void *ctx, struct explain *x)
{
	const struct creation *k = creation_of_const(ctx);

	explain_say(x, "note down its first process, and which mounts will be among the machine's");
	explain_shell(x, "echo '{…}' > %s/%s/record.json", k->rt->root, k->id);
}

const struct step step_note_root = {"note-root", SIDE_HOST, note_root_wanted, note_root_run, NULL, note_root_explain};

/* ---- finish: what the caller gets ---- */

static int finish_run(void *ctx, struct err *e)
{
	struct creation *k = creation_of(ctx);
	int r = 0;

	if (k->console_fd >= 0)
		r = console_send(k->console_fd, k->launch.terminal_fd, e);
	if (r == 0 && k->c.record.creating) {
		k->c.record.creating = false;
		r = container_save(&k->c, e);
	}
	/* Last of all: whoever waits for the file may use the container. */
	return r == 0 ? pid_file_write(k->o->process.pid_file, k->launch.pid, e) : r;
}

const struct step step_finish = {"finish", SIDE_HOST, NULL, finish_run, NULL, NULL};
