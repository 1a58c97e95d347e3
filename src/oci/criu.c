/* SPDX-License-Identifier: GPL-2.0-or-later */
/* criu(8): see criu.h. */
#include "oci/criu.h"

#include "base/fd.h"
#include "core/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOG_MAX = 64 << 20, NOT_EXECUTED = 127, NOT_PREPARED = 126 };

void criu_word(struct criu *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strs_take(&c->args, c->arena, arena_vprintf(c->arena, fmt, ap));
	va_end(ap);
}

/* Options that criu knows by the same name. */
static void add_flags(struct criu *c, const struct oci_criu_options *o)
{
	const struct {
		bool wanted;
		const char *word;
	} flags[] = {
		{o->leave_running, "--leave-running"},
		{o->tcp_established, "--tcp-established"},
		{o->tcp_skip_in_flight, "--skip-in-flight"},
		{o->tcp_close, "--tcp-close"},
		{o->link_remap, "--link-remap"},
		{o->ext_unix_sk, "--ext-unix-sk"},
		{o->shell_job, "--shell-job"},
		{o->lazy_pages, "--lazy-pages"},
		{o->file_locks, "--file-locks"},
		{o->auto_dedup, "--auto-dedup"},
	};

	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (flags[i].wanted)
			criu_word(c, "%s", flags[i].word);
}

/* --page-server ADDRESS:PORT. */
static int add_page_server(struct criu *c, const char *where, struct err *e)
{
	const char *colon = strrchr(where, ':');

	if (!colon || colon == where || !colon[1])
		return err_set(e, 0, "--page-server must be ADDRESS:PORT, not \"%s\"", where);
	criu_word(c, "--page-server");
	criu_word(c, "--address");
	criu_word(c, "%.*s", (int)(colon - where), where);
	criu_word(c, "--port");
	criu_word(c, "%s", colon + 1);
	return 0;
}

/* Options with a value. */
static int add_values(struct criu *c, const struct oci_criu_options *o, struct err *e)
{
	const struct {
		const char *value, *word;
	} values[] = {
		{o->parent_path, "--prev-images-dir"},
		{o->network_lock, "--network-lock"},
		{o->lsm_profile, "--lsm-profile"},
		{o->lsm_mount_context, "--lsm-mount-context"},
	};

	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		if (values[i].value) {
			criu_word(c, "%s", values[i].word);
			criu_word(c, "%s", values[i].value);
		}
	criu_word(c, "--manage-cgroups=%s", o->manage_cgroups ? o->manage_cgroups : "soft");
	for (size_t i = 0; i < o->empty_ns.n; i++) {
		if (strcmp(o->empty_ns.v[i], "network") != 0)
			return err_set(e, 0, "--empty-ns: only \"network\" can be made empty, not \"%s\"",
				       o->empty_ns.v[i]);
	}
	if (o->status_fd >= 0) {
		criu_word(c, "--status-fd");
		criu_word(c, "%d", o->status_fd);
		*(int *)list_add(&c->inherited, c->arena) = o->status_fd;
	}
	return o->page_server ? add_page_server(c, o->page_server, e) : 0;
}

/* PATH as an absolute one; with MAKE it is made if it is not there. */
static int directory(const char *path, bool make, struct arena *a, char **ret, struct err *e)
{
	char real[PATH_MAX];

	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_set(e, errno, "make the directory %s", path);
	if (!realpath(path, real))
		return err_set(e, errno, "open the directory %s", path);
	*ret = arena_strdup(a, real);
	return 0;
}

int criu_begin(struct criu *c, const char *verb, const struct oci_criu_options *o, bool make, struct arena *a,
	       struct err *e)
{
	char *work;
	int r;

	*c = (struct criu){.arena = a, .verb = verb};
	if (o->parent_path && *o->parent_path == '/')
		return err_set(e, 0, "--parent-path must be relative to --image-path, not \"%s\"", o->parent_path);
	r = directory(o->image_path ? o->image_path : "checkpoint", make, a, &c->images, e);
	r = r < 0 ? r : directory(o->work_path ? o->work_path : c->images, make, a, &work, e);
	if (r < 0)
		return r;
	c->log = arena_printf(a, "%s/%s.log", work, verb);
	criu_word(c, "criu");
	criu_word(c, "%s", verb);
	criu_word(c, "--images-dir=%s", c->images);
	criu_word(c, "--work-dir=%s", work);
	criu_word(c, "--log-file=%s.log", verb);
	criu_word(c, "-v4");
	add_flags(c, o);
	return add_values(c, o, e);
}

void criu_mounts(struct criu *c, const struct spec *s)
{
	const bool restore = strcmp(c->verb, "restore") == 0;

	for (size_t i = 0; i < s->mounts.n; i++) {
		const struct spec_mount *m = &s->mounts.v[i];
		const bool bind = strs_has(&m->options, "bind") || strs_has(&m->options, "rbind") ||
				  (m->type && strcmp(m->type, "bind") == 0);

		if (!bind)
			continue;
		criu_word(c, "--external");
		criu_word(c, "mnt[%s]:%s", m->destination, restore && m->source ? m->source : m->destination);
	}
}

int criu_cgroups(struct criu *c, const struct spec *s, const struct cgroup_host *host, const char *group, struct err *e)
{
	const bool restore = strcmp(c->verb, "restore") == 0;
	struct strs names = {0}, places = {0};
	int r = group ? launch_cgroup_parts_list(host, group, c->arena, &names, &places, e) : 0;

	for (size_t i = 0; i < s->mounts.n && r == 0; i++) {
		const struct spec_mount *m = &s->mounts.v[i];

		for (size_t k = 0; k < names.n && m->type && strcmp(m->type, "cgroup") == 0; k++) {
			const char *path = arena_printf(c->arena, "%s/%s", m->destination, names.v[k]);

			criu_word(c, "--external");
			criu_word(c, "mnt[%s]:%s", path, restore ? places.v[k] : path);
		}
	}
	return r;
}

/* The process that is to be criu, before it is; a step that fails is told on standard error, which is the log's. */
static _Noreturn void become(const struct criu *c, int output)
{
	const char *failed = NULL;

	if (c->group && c->group->path && cgroup_join(c->group, getpid(), true, NULL) < 0)
		failed = "Error (isle): enter the container's control group\n";
	if (!failed && c->root &&
	    (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	     mount(c->root, c->mount, NULL, MS_BIND | MS_REC, NULL) < 0 ||
	     mount(NULL, c->mount, NULL, MS_REC | MS_PRIVATE, NULL) < 0))
		failed = "Error (isle): mount the container's root\n";
	if (failed)
		_exit(write(output, failed, strlen(failed)) > 0 ? NOT_PREPARED : 1);
	for (size_t i = 0; i < c->inherited.n; i++)
		fcntl(c->inherited.v[i], F_SETFD, 0);
	if (c->signals)
		sigprocmask(SIG_SETMASK, c->signals, NULL);
	if (dup2(output, 1) == 1 && dup2(output, 2) == 2)
		execvp("criu", c->args.v);
	_exit(NOT_EXECUTED);
}

/* Errors after which criu goes on: it looks whether tuns can be made, and would like to have more descriptors. */
static bool is_harmless(const char *line)
{
	return strncmp(line, "Error (criu/tun.c", 17) == 0 || strstr(line, "rlimit: Can't setup RLIMIT_NOFILE");
}

/* The first line of TEXT that is an error; NULL: there is none. */
static char *first_error(const char *text, struct arena *a)
{
	for (const char *p = text; p && (p = strstr(p, "Error (")); p++) {
		char *line = arena_strndup(a, p, strcspn(p, "\n"));

		if (!is_harmless(line))
			return line;
	}
	return NULL;
}

/* Says why criu failed: what it printed, or what its log has. */
static int criu_failed(const struct criu *c, int output, struct err *e)
{
	char *text = NULL, *why = NULL;
	size_t size;

	if (lseek(output, 0, SEEK_SET) == 0 && fd_read_all(output, c->arena, LOG_MAX, &text, &size, NULL) == 0)
		why = first_error(text, c->arena);
	if (!why && file_read(AT_FDCWD, c->log, c->arena, LOG_MAX, &text, &size, NULL) == 0)
		why = first_error(text, c->arena);
	err_set(e, 0, "criu %s failed", c->verb);
	err_why(e, "%s", why ? why : "it did not say why");
	if (why && (strstr(why, "vdso") || strstr(why, "kerndat")))
		return err_cure(e, "this criu does not know the running kernel: it takes a newer criu");
	return err_cure(e, "its log is %s", c->log);
}

int criu_run(struct criu *c, struct err *e)
{
	auto_fd output = memfd_create("criu-output", MFD_CLOEXEC);
	int status;

	if (output < 0)
		return err_set(e, errno, "make a file for what criu says");
	pid_t pid = fork();
	if (pid == 0)
		become(c, output);
	if (pid < 0)
		return err_set(e, errno, "make a process for criu");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_EXECUTED) {
		err_set(e, 0, "run criu: it could not be executed");
		return err_cure(e, "install the package criu");
	}
	return criu_failed(c, output, e);
}
