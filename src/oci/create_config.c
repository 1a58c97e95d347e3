/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first steps of create: reading the bundle, and what follows from it for the launch. */
#include "oci/create.h"

#include "core/dev.h"
#include "core/idmap.h"
#include "core/self.h"
#include "oci/console.h"
#include "oci/device_rules.h"
#include "oci/hooks.h"
#include "oci/mount_ids.h"
#include "oci/spec_check.h"
#include "oci/spec_json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONFIG_MAX = 16 << 20 };

/* ---- config ---- */

/* PATH as the bundle has it: a relative one begins there. */
static char *in_bundle(struct creation *k, const char *path)
{
	return *path == '/' ? arena_strdup(k->rt->arena, path)
			    : arena_printf(k->rt->arena, "%s/%s", k->c.record.bundle, path);
}

/* Makes the paths of the spec that begin in the bundle absolute: the root, and the sources of binds. */
static void make_absolute(struct creation *k)
{
	struct spec *s = &k->spec;

	if (s->root.path)
		s->root.path = in_bundle(k, s->root.path);
	for (size_t i = 0; i < s->mounts.n; i++) {
		struct spec_mount *m = &s->mounts.v[i];
		bool bind = (m->type && strcmp(m->type, "bind") == 0) || strs_has(&m->options, "bind") ||
			    strs_has(&m->options, "rbind");

		if (bind && m->source)
			m->source = in_bundle(k, m->source);
	}
}

/* A user namespace without ids of its own has one: its root is the caller. */
static void complete_ids(struct creation *k)
{
	struct spec *s = &k->spec;

	if (s->lin.ns[NS_USER].mode != NS_NEW)
		return;
	if (s->lin.uid_map.n == 0)
		*list_add(&s->lin.uid_map, k->rt->arena) = (struct spec_idmap){.host_id = geteuid(), .size = 1};
	if (s->lin.gid_map.n == 0)
		*list_add(&s->lin.gid_map, k->rt->arena) = (struct spec_idmap){.host_id = getegid(), .size = 1};
}

static int config_run(void *ctx, struct err *e)
{
	struct creation *k = creation_of(ctx);
	struct arena *a = k->rt->arena;
	const char *bundle = k->o->bundle && *k->o->bundle ? k->o->bundle : ".";
	char real[PATH_MAX];

	if (!realpath(bundle, real))
		return err_set(e, errno, "open the bundle %s", bundle);
	k->c.record.bundle = arena_strdup(a, real);
	const char *path = k->o->config ? k->o->config : arena_printf(a, "%s/config.json", real);
	int r = file_read(AT_FDCWD, path, a, CONFIG_MAX, &k->config, &k->config_size, e);
	if (r == 0 && (r = spec_parse(k->config, k->config_size, a, &k->spec, e)) < 0)
		return err_context(e, "%s", path);
	if (r == 0 && ((r = mount_ids_take(&k->spec, a, e)) < 0 || (r = spec_check(&k->spec, e)) < 0 ||
		       (r = spec_check_joined(&k->spec, e)) < 0))
		return err_context(e, "%s", path);
	if (r < 0)
		return r;
	k->launch.spec = &k->spec;
	k->launch.rootless = k->rt->rootless;
	k->launch.by_spec = true;
	make_absolute(k);
	complete_ids(k);
	dev_defaults_add(&k->spec.lin.devices, a);
	device_rules_complete(&k->spec.lin.resources.devices, a);
	k->c.record.rootfs = k->spec.root.path;
	return 0;
}

static void config_explain(const void *ctx, struct explain *x)
{
	const struct creation *k = creation_of_const(ctx);

	explain_say(x, "read the bundle's config.json, and check it");
	explain_shell(x, "cat %s/config.json", k->c.record.bundle);
}

const struct step step_config = {"config", SIDE_HOST, NULL, config_run, NULL, config_explain};

/* ---- prepare ---- */

/* Takes the caller's terminal, or connects to where the container's goes. */
static int prepare_terminal(struct creation *k, struct err *e)
{
	const struct oci_process_options *o = &k->o->process;
	bool detached = !k->run || o->detach;

	if (k->spec.process.terminal && o->console_socket)
		return console_connect(o->console_socket, &k->console_fd, e);
	if (k->spec.process.terminal && detached) {
		err_set(e, 0, "process.terminal: a container that is not run in the foreground needs a console socket");
		return err_cure(e, "use --console-socket");
	}
	if (o->console_socket) {
		err_set(e, 0, "--console-socket is given, and process.terminal is not set");
		return err_cure(e, "leave out one, or set the other");
	}
	return 0;
}

/* The root is a directory that may be shown as it is. */
static int prepare_root(struct creation *k, struct err *e)
{
	struct stat st;

	if (!k->spec.root.path)
		return err_set(e, 0, "root.path: must be there");
	if (stat(k->spec.root.path, &st) < 0)
		return err_set(e, errno, "root.path: open %s", k->spec.root.path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ENOTDIR, "root.path: open %s", k->spec.root.path);
	k->rootfs = (struct rootfs){.kind = ROOTFS_DIRECT, .whole = true};
	strs_take(&k->rootfs.lower, k->rt->arena, k->spec.root.path);
	return 0;
}

/* Tells the user what the box could not do. */
static void warn(void *owner, const char *sentence)
{
	const struct creation *k = owner;

	if (k->rt->warn)
		k->rt->warn(k->rt->ctx, sentence);
}

/* What goes with the listener of a filter. */
static char *listener_text(void *owner, pid_t pid)
{
	struct creation *k = owner;

	return container_listener_text(&k->c, &k->spec, pid);
}

static bool copy_wanted(const void *ctx)
{
	const struct creation *k = ((const struct launch *)ctx)->owner;

	return k->spec.lin.ns[NS_PID].mode == NS_JOIN && !self_protected();
}

/* Before anything is made: the first process will be seen in the pid namespace that it joins, before it is another. */
static int copy_run(void *ctx, struct err *e)
{
	const struct oci_runtime *rt = creation_of(ctx)->rt;

	umask(rt->umask); /* what begins anew takes it for the caller's */
	return self_protect(rt->arena, e);
}

static void copy_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "go on from a copy of isle in memory: others look on, whose root may be the machine's");
}

const struct step step_own_copy = {"own-copy", SIDE_HOST, copy_wanted, copy_run, NULL, copy_explain};

static int prepare_run(void *ctx, struct err *e)
{
	struct creation *k = creation_of(ctx);
	struct launch *l = &k->launch;
	int r = prepare_terminal(k, e);

	if (r == 0)
		r = prepare_root(k, e);
	if (r == 0)
		r = notify_offer(&k->c, &k->spec, e);
	if (r == 0 && k->run)
		r = notify_listen(&k->c, &k->notify, e);
	if (r == 0)
		r = idmap_check(&k->spec.lin.uid_map, "linux.uidMappings", e);
	if (r == 0)
		r = idmap_check(&k->spec.lin.gid_map, "linux.gidMappings", e);
	if (r < 0)
		return r;
	l->id = k->id;
	l->spec = &k->spec;
	l->rootfs = &k->rootfs;
	l->rootless = k->rt->rootless;
	l->umask = k->rt->umask;
	l->no_pivot = k->o->no_pivot;
	l->keep_keyring = k->o->process.no_new_keyring;
	l->preserved = k->o->process.preserve_fds;
	l->listen_fds = k->o->process.listen_fds;
	l->listener_text = listener_text;
	l->leave_running = true;
	l->warn = warn;
	l->lock_fd = k->c.lock_fd;
	if (spec_joins_own(&k->spec, NS_MNT))
		k->spec.lin.ns[NS_MNT].mode = NS_KEEP;
	l->hook_root = hooks_before_root(&k->spec) || launch_among_machines(l) ? k->spec.root.path : NULL;
	if (k->run)
		l->signals = &k->signals;
	return launch_prepare(l, e);
}

const struct step step_prepare = {"prepare", SIDE_HOST, NULL, prepare_run, NULL, NULL};
