/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 'restore': a container out of criu's images.
 *
 * The plan is create's, with one step in the place of all that makes processes: criu, which is born in the container's
 * new control group, and makes the first process a child of ours.
 */
#include "oci/restore.h"

#include "base/json.h"
#include "base/parse.h"
#include "core/sys.h"
#include "oci/create.h"
#include "oci/criu.h"
#include "oci/delete.h"
#include "oci/foreground.h"
#include "oci/spec_check.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SMALL_FILE_MAX = 1 << 16 };

struct restore {
	struct creation k; /* the first member: creation_of() gives the address of both */
	const struct oci_criu_options *o;
};

/* Gives our own descriptors 0 to 2 in the place of the pipes that the first process had. */
static int say_descriptors(struct criu *criu, struct err *e)
{
	const char *path = arena_printf(criu->arena, "%s/" CRIU_DESCRIPTORS, criu->images);
	struct json *list;
	char *text;
	size_t size;
	int fd = 0;
	int r = file_read(AT_FDCWD, path, criu->arena, SMALL_FILE_MAX, &text, &size, e);

	r = r < 0 ? r : json_parse(text, size, criu->arena, &list, e);
	if (r == 0 && list->kind != JSON_LIST)
		r = err_set(e, 0, "must be a list");
	if (r < 0)
		return err_context(e, "read %s", path);
	json_foreach (j, list) {
		const char *target = json_text(j);

		if (fd < 3 && target && strncmp(target, "pipe:[", 6) == 0) {
			criu_word(criu, "--inherit-fd");
			criu_word(criu, "fd[%d]:%s", fd, target);
		}
		fd++;
	}
	return 0;
}

/* Namespaces that the container joins, by descriptors that criu inherits. */
static int say_namespaces(struct criu *criu, const struct spec *s, struct err *e)
{
	for (int k = 0; k < NS_KIND_COUNT; k++) {
		if (s->lin.ns[k].mode != NS_JOIN || !criu_joined_key[k])
			continue;
		int fd = open(s->lin.ns[k].path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return err_set(e, errno, "open the namespace %s", s->lin.ns[k].path);
		*(int *)list_add(&criu->inherited, criu->arena) = fd;
		criu_word(criu, "--inherit-fd");
		criu_word(criu, "fd[%d]:%s", fd, criu_joined_key[k]);
	}
	if (s->lin.ns[NS_NET].mode == NS_NEW) {
		criu_word(criu, "--empty-ns");
		criu_word(criu, "net");
	}
	return 0;
}

/* Masked files are binds of /dev/null; what is a directory here was one there, for only /proc and /sys are masked. */
static void say_masks(struct criu *criu, const struct spec *s)
{
	struct stat st;

	for (size_t i = 0; i < s->lin.masked_paths.n; i++) {
		const char *path = s->lin.masked_paths.v[i];

		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			continue;
		criu_word(criu, "--external");
		criu_word(criu, "mnt[%s]:/dev/null", path);
	}
}

/* The words for criu. */
static int compose(struct restore *x, struct criu *criu, const char *pid_file, struct err *e)
{
	struct creation *k = &x->k;
	int r = 0;

	if (k->spec.lin.ns[NS_MNT].mode == NS_KEEP || spec_joins_own(&k->spec, NS_MNT))
		return err_set(e, 0,
			       "linux.namespaces: criu restores no container without a mount namespace of its own");
	r = criu_begin(criu, "restore", x->o, false, k->rt->arena, e);

	if (r < 0)
		return r;
	criu->root = k->c.record.rootfs;
	criu->mount = arena_printf(k->rt->arena, "%s/%s/criu-root", k->rt->root, k->id);
	criu->group = &k->launch.cg;
	criu->signals = &k->signals;
	if (mkdirat(k->c.dir_fd, "criu-root", 0700) < 0 && errno != EEXIST)
		return err_set(e, errno, "make the directory %s", criu->mount);
	criu_word(criu, "--root=%s", criu->mount);
	criu_word(criu, "--restore-detached");
	criu_word(criu, "--restore-sibling");
	criu_word(criu, "--pidfile=%s", pid_file);
	if (k->launch.cgroup_path) {
		criu_word(criu, "--cgroup-root");
		criu_word(criu, "%s", k->launch.cgroup_path);
	}
	r = say_descriptors(criu, e);
	r = r < 0 ? r : say_namespaces(criu, &k->spec, e);
	criu_mounts(criu, &k->spec);
	say_masks(criu, &k->spec);
	return r < 0 ? r : criu_cgroups(criu, &k->spec, k->launch.cgroup_host, k->launch.cgroup_path, e);
}

/* The pid that criu has noted. */
static int read_pid(struct creation *k, struct err *e)
{
	struct launch *l = &k->launch;
	char *text;
	int pid;
	int r = file_read(k->c.dir_fd, "criu.pid", k->rt->arena, SMALL_FILE_MAX, &text, NULL, e);

	if (r < 0)
		return r;
	text[strcspn(text, "\n")] = '\0';
	if (!parse_int(text, 1, INT32_MAX, &pid))
		return err_set(e, 0, "read the id of the first process from criu: \"%s\" is none", text);
	l->pidfd = sys_pidfd_open(pid, 0);
	if (l->pidfd < 0)
		return err_set(e, errno, "open the container's first process");
	l->pid = pid;
	return 0;
}

static int restore_run(void *ctx, struct err *e)
{
	struct creation *k = creation_of(ctx);
	struct restore *x = (struct restore *)(void *)k;
	const char *pid_file = arena_printf(k->rt->arena, "%s/%s/criu.pid", k->rt->root, k->id);
	struct criu criu = {0};
	int r = compose(x, &criu, pid_file, e);

	r = r < 0 ? r : criu_run(&criu, e);
	for (size_t i = 0; i < criu.inherited.n; i++)
		if (criu.inherited.v[i] != x->o->status_fd)
			close(criu.inherited.v[i]);
	r = r < 0 ? r : read_pid(k, e);
	(void)!unlinkat(k->c.dir_fd, "criu-root", AT_REMOVEDIR);
	return r;
}

/* Ends what was made, if a later step fails. */
static void restore_undo(void *ctx)
{
	struct launch *l = ctx;

	if (l->pidfd >= 0)
		(void)!sys_pidfd_send_signal(l->pidfd, SIGKILL, NULL, 0);
}

static const struct step step_restore = {"restore", SIDE_HOST, NULL, restore_run, restore_undo, NULL};

static const struct step *const steps[] = {
	&step_config,  &step_claim,	  &step_choose_group, &step_create_intent, &step_group,
	&step_restore, &step_enter_group, &step_record,	      &step_finish,
};

/* Closes what creation_release does not know of: there is no launch. */
static void restore_release(struct restore *x)
{
	cgroup_release(&x->k.launch.cg);
	fd_close(&x->k.launch.pidfd);
	creation_release(&x->k);
}

/* Waits for the end, and deletes the container. */
static int follow(struct creation *k, int *ret_status, struct err *e)
{
	const struct foreground f = {
		.pid = k->launch.pid,
		.pidfd = k->launch.pidfd,
		.master = FD_NONE,
		.subreaper = !k->o->no_subreaper,
	};

	if (k->o->process.detach)
		return 0;
	fd_close(&k->c.lock_fd); /* others may ask and change it while it runs */
	int r = foreground_wait(&f, &k->signals, ret_status, e);
	container_look(&k->c);
	int gone = k->o->keep ? 0 : container_destroy(&k->c, r == 0 ? e : NULL);
	return r < 0 ? r : gone;
}

int oci_restore(struct oci_runtime *rt, const char *id, const struct oci_create_options *o,
		const struct oci_criu_options *criu, int *ret_status, struct err *e)
{
	CLEANUP(restore_release) struct restore x = {.o = criu};
	struct creation *k = &x.k;
	int r = oci_id_check(id, e);

	creation_init(k, rt, id, o);
	k->run = true;
	k->plan = (struct plan){.steps = steps, .n = ARRAY_LEN(steps), .ctx = &k->launch};
	*ret_status = 0;
	if (r == 0 && o->process.console_socket) {
		err_set(e, 0, "--console-socket: a terminal can't be restored to another owner");
		r = err_why(e, "criu's command line has no words for it");
	}
	if (r < 0)
		return r;
	foreground_begin(&k->signals);
	r = plan_run(&k->plan, SIDE_HOST, 0, k->plan.n, e);
	if (r < 0)
		plan_undo(&k->plan);
	else
		r = follow(k, ret_status, e);
	sigprocmask(SIG_SETMASK, &k->signals, NULL);
	return r;
}
