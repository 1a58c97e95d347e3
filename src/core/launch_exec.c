/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The box side of a launch, last part: the user, its descriptors, and the program. */
#include "core/launch_threads.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/preserved.h"
#include "core/program.h"
#include "core/pty.h"
#include "core/rights.h"
#include "core/sys.h"
#include "core/user.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

/* ---- working directory ---- */

/* Makes the working directory that an image forgot; why it can't be made is told by who enters it. */
void launch_cwd_make(const struct launch *l)
{
	const char *cwd = l->spec->process.cwd;
	auto_fd fd = FD_NONE;

	/* An engine's exec is told what is missing. */
	if (!cwd || access(cwd, F_OK) == 0 || (l->by_spec && l->joining))
		return;
	if (mount_target(mount_where(cwd, l->arena), false, false, &fd, NULL) < 0)
		return;
}

static int cwd_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const char *cwd = l->spec->process.cwd ? l->spec->process.cwd : "/";
	char real[PATH_MAX];

	launch_cwd_make(l);
	if (chdir(cwd) < 0)
		return err_set(e, errno, "chdir to the working directory %s", cwd);
	/* A directory outside the root would show as "(unreachable)…" (CVE-2024-21626). */
	if (!getcwd(real, sizeof(real)) || real[0] != '/') {
		err_set(e, EINVAL, "use the working directory %s", cwd);
		return err_why(e, "it is outside the container's root");
	}
	return 0;
}

static void cwd_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "change to the working directory");
	explain_shell(x, "cd %s", l->spec->process.cwd ? l->spec->process.cwd : "/");
}

const struct step step_cwd = {"cwd", SIDE_ROOT, NULL, cwd_run, NULL, cwd_explain};

/* ---- user ---- */

/*
 * Pipes of the caller's become the user's, or it could not open its own /dev/stdout, which programs do.  Files keep
 * their owners; where the pipe's owner has no id in the container it stays as it is.
 */
static void pipes_give(const struct launch *l)
{
	const struct spec_user *u = &l->process.user;
	struct stat st;

	for (int i = 0; i < 3; i++) {
		int fd = l->stdio[i] >= 0 ? l->stdio[i] : i;

		if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && st.st_uid != u->uid)
			(void)!fchown(fd, u->uid, u->gid);
	}
}

static int user_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const char *name = l->spec->process.user.username;
	bool homeless = !spec_env(&l->spec->process, "HOME");
	char *home = NULL;

	l->process = l->spec->process;
	if (!name && !homeless) {
		pipes_give(l);
		return 0;
	}
	auto_fd root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_set(e, errno, "open the container's root");
	if (name) {
		int r = user_resolve(root, name, l->arena, &l->process.user, &home, e);
		if (r < 0)
			return r;
	} else {
		home = user_home(root, l->process.user.uid, l->arena);
	}
	if (homeless)
		spec_env_set(&l->process, l->arena, "HOME", home);
	pipes_give(l);
	return 0;
}

static void user_explain(const void *ctx, struct explain *x)
{
	const struct spec_user *u = &((const struct launch *)ctx)->spec->process.user;

	explain_say(x, "look the user up in the container's /etc/passwd and /etc/group");
	explain_shell(x, "id %s", u->username ? u->username : "root");
}

/*
 * In which thread: the main one's as soon as everything is attached (launch_threads.h); but where that furnishes the
 * root itself, or masks may hide what is looked for, before those.
 */
static bool user_at_once(const void *ctx)
{
	const struct launch *l = ctx;
	const struct strs *masks = &l->spec->lin.masked_paths;

	if (!launch_furnished_aside())
		return true;
	for (size_t i = 0; i < masks->n; i++)
		if (strncmp(masks->v[i], "/proc/", 6) != 0 && strncmp(masks->v[i], "/sys/", 5) != 0)
			return true;
	return false;
}

static bool user_beside(const void *ctx)
{
	return !user_at_once(ctx);
}

const struct step step_user = {"user", SIDE_ROOT, user_at_once, user_run, NULL, user_explain};
const struct step step_user_beside = {"user", SIDE_BOX, user_beside, user_run, NULL, NULL};

/* ---- descriptors 0 to 2 ---- */

static bool is_null_device(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/*
 * Replaces the machine's /dev/null by the container's: through /proc/self/fd its root could change owner and mode of
 * the file.  What stands at /dev/null of a running container may be anything; then the machine's stays.
 */
static int null_reopen(int fd)
{
	if (!is_null_device(fd))
		return 0;
	auto_fd own =
		open("/dev/null", (fcntl(fd, F_GETFL) & O_ACCMODE) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own < 0 || !is_null_device(own) || fcntl(own, F_SETFL, 0) < 0)
		return 0;
	return dup2(own, fd);
}

int launch_terminal_give(const struct launch *l, struct err *e)
{
	if (fchown(l->slave_fd, l->process.user.uid, (gid_t)-1) < 0 && errno != EPERM && errno != EINVAL)
		return err_set(e, errno, "give the terminal to the user");
	return 0;
}

int launch_stdio(struct launch *l, struct err *e)
{
	if (l->slave_fd >= 0)
		return pty_make_controlling(l->slave_fd, e);
	/* A session of its own: no terminal of the caller's is the container's controlling terminal. */
	if (setsid() < 0 && errno != EPERM)
		return err_set(e, errno, "begin a session");
	for (int i = 0; i < 3; i++)
		if ((l->stdio[i] >= 0 && l->stdio[i] != i && dup2(l->stdio[i], i) < 0) || null_reopen(i) < 0)
			return err_set(e, errno, "set up descriptor %d of the program", i);
	return 0;
}

void launch_proc_find(struct launch *l)
{
	struct statfs fs;

	if (l->proc_fd < 0)
		l->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (l->proc_fd >= 0 && (fstatfs(l->proc_fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC))
		fd_close(&l->proc_fd);
}

static int session_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	int r = l->slave_fd >= 0 ? launch_terminal_give(l, e) : 0;

	if (r == 0)
		r = launch_stdio(l, e);
	launch_paths_free();
	return r;
}

/* The process of an exec is yet to be cloned, and begins its session itself (launch_join.c). */
const struct step step_session = {"session", SIDE_ROOT, user_at_once, session_run, NULL, NULL};
const struct step step_session_beside = {"session", SIDE_BOX, user_beside, session_run, NULL, NULL};

/* ---- the last word, and the program ---- */

/* One that is parked has heard it already. */
static bool await_go_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->start_fd <= 0;
}

static int await_go_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	struct hs_msg m;

	int r = hs_expect(l->sock, HS_GO, &m, e);
	if (r == 0)
		launch_init_take(l, &m);
	return r;
}

const struct step step_await_go = {"await-go", SIDE_BOX, await_go_wanted, await_go_run, NULL, NULL};

/* Adds to an execve that was not permitted what SELinux has to do with it. */
static int label_refused(const struct launch *l, int code, struct err *e)
{
	if ((code != EACCES && code != EPERM) || !l->process.selinux_label)
		return -code;
	err_why(e, "SELinux's policy may not let the label %s begin in that file", l->process.selinux_label);
	return err_cure(e, "look for the reason in the audit log: ausearch -m avc");
}

/* Executes PATH, maybe by way of init: as its child, or in its place; returns only on failure. */
static int execute(struct launch *l, char *path, struct err *e)
{
	char **argv = l->process.args.v;

	if (l->init_fd >= 0) {
		struct strs args = {0};

		strs_add(&args, l->arena, "isle-init");
		if (!l->init)
			strs_add(&args, l->arena, "-");
		strs_take(&args, l->arena, path);
		for (size_t i = 0; i < l->process.args.n; i++)
			strs_take(&args, l->arena, l->process.args.v[i]);
		syscall(SYS_execveat, l->init_fd, "", args.v, l->process.env.v, AT_EMPTY_PATH);
		int code = errno;

		err_set(e, code, "execute the init program");
		return label_refused(l, code, e);
	}
	execve(path, argv, l->process.env.v);
	int code = errno;

	program_failed(path, code, e);
	return label_refused(l, code, e);
}

int launch_program(struct launch *l, pid_t pid, char **ret_path, struct err *e)
{
	static char *no_env[] = {NULL};

	if (l->process.args.n == 0)
		return err_set(e, 0, "there is no program to run");
	preserved_announce(l->listen_fds, pid, l->arena, &l->process);
	if (!l->process.env.v)
		l->process.env.v = no_env;
	/* Who is not in the container's pid namespace yet can't look behind /proc/self. */
	if (pid != getpid() && strchr(l->process.args.v[0], '/')) {
		*ret_path = l->process.args.v[0];
		return 0;
	}
	return program_find(l->process.args.v[0], spec_env(&l->process, "PATH"), l->arena, ret_path, e);
}

int launch_execute(struct launch *l, struct err *e)
{
	char *path;
	int r = launch_program(l, getpid(), &path, e);

	if (r == 0 && !l->joining)
		r = launch_init_file(l, e);
	/* Whoever said GO to a parked one may be gone by now; it was said. */
	if (r == 0 && !l->joining && hs_send(l->sock, HS_READY, NULL, 0, e) < 0 && l->start_fd <= 0)
		return -EPIPE;
	if (r == 0 && !l->filtered)
		r = launch_filter_load(l, e);
	rights_umask(&l->process, l->by_spec ? l->umask : 022);
	/* Dispositions that isle itself ignores must not be inherited by the program. */
	signal(SIGPIPE, SIG_DFL);
	if (l->signals)
		sigprocmask(SIG_SETMASK, l->signals, NULL);
	return r < 0 ? r : execute(l, path, e);
}

static int exec_run(void *ctx, struct err *e)
{
	return launch_execute(ctx, e);
}

static void exec_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;
	char text[512] = "";

	for (size_t i = 0; i < l->spec->process.args.n && strlen(text) < 400; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.80s", i ? " " : "",
			 l->spec->process.args.v[i]);
	explain_say(x, "load the system call filter and execute the program%s", l->init ? " below isle's init" : "");
	explain_shell(x, "exec %s", text);
}

const struct step step_exec = {"exec", SIDE_BOX, NULL, exec_run, NULL, exec_explain};
