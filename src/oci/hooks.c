/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hooks: see hooks.h. */
#include "oci/hooks.h"

#include "base/fd.h"
#include "base/parse_time.h"
#include "core/process.h"
#include "core/sys.h"
#include "oci/spec_json_tables.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#ifndef MFD_NOEXEC_SEAL /* 6.3 */
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* One hook that runs, and the end of what it has printed. */
struct hook_run {
	const struct spec_hook *hook;
	const char *directory; /* its working directory, if that is there */
	int state_fd;	       /* its standard input */
	int out_fd;	       /* our end of its standard output and error */
	int pidfd;
	pid_t pid;
	char said[200]; /* the end of what it printed */
	size_t n_said;
};

bool hooks_before_root(const struct spec *s)
{
	return s->hooks[HOOK_PRESTART].n || s->hooks[HOOK_CREATE_RUNTIME].n || s->hooks[HOOK_CREATE_CONTAINER].n;
}

/*
 * The state as a file in memory: unlike a pipe it takes any size at once, and nobody is killed or fails when the hook
 * does not read it.
 */
static int state_file(const char *text, int *ret_fd, struct err *e)
{
	auto_fd fd = memfd_create("state", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("state", MFD_CLOEXEC);
	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_set(e, errno, "write the state for the hook");
	*ret_fd = fd_take(&fd);
	return 0;
}

/* What the hook's process does; SAYS is for the errno of what failed, closed by a successful exec. */
static _Noreturn void become(const struct hook_run *h, int out, int says)
{
	static char *nothing[] = {NULL};
	char *only_path[] = {h->hook->path, NULL};
	sigset_t none;
	int code;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0); /* so that a timeout ends its children, too */
	if ((chdir(h->directory) == 0 || chdir("/") == 0) && dup2(h->state_fd, 0) == 0 && dup2(out, 1) == 1 &&
	    dup2(out, 2) == 2)
		execve(h->hook->path, h->hook->args.n ? h->hook->args.v : only_path,
		       h->hook->env.n ? h->hook->env.v : nothing);
	code = errno;
	_exit(write(says, &code, sizeof(code)) == (ssize_t)sizeof(code) ? 127 : 126);
}

/* Keeps the end of what the hook has printed. */
static void listen_in(struct hook_run *h)
{
	char buf[sizeof(h->said) / 2];
	ssize_t n;

	while ((n = read(h->out_fd, buf, sizeof(buf))) > 0) {
		size_t room = sizeof(h->said) - 1;

		if (h->n_said + (size_t)n > room) {
			size_t drop = h->n_said + (size_t)n - room;

			memmove(h->said, h->said + drop, h->n_said - drop);
			h->n_said -= drop;
		}
		memcpy(h->said + h->n_said, buf, (size_t)n);
		h->n_said += (size_t)n;
		h->said[h->n_said] = '\0';
	}
	if (n == 0 || errno != EAGAIN)
		fd_close(&h->out_fd);
}

/* Makes the hook's process; fails where it could not be executed. */
static int begin(struct hook_run *h, struct err *e)
{
	int out[2], says[2], code;

	if (pipe2(out, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_set(e, errno, "make a pipe");
	h->out_fd = out[0];
	auto_fd out_end = out[1];
	if (pipe2(says, O_CLOEXEC) < 0)
		return err_set(e, errno, "make a pipe");
	auto_fd hear = says[0];
	auto_fd say = says[1];
	fcntl(out_end, F_SETFL, 0);
	h->pid = fork();
	if (h->pid == 0)
		become(h, out_end, say);
	if (h->pid < 0)
		return err_set(e, errno, "make a process for the hook");
	h->pidfd = sys_pidfd_open(h->pid, 0);
	fd_close(&say);
	ssize_t n = read(hear, &code, sizeof(code));
	if (n == (ssize_t)sizeof(code)) {
		while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
			;
		return err_set(e, code, "execute it");
	}
	return h->pidfd < 0 ? err_set(e, errno, "watch it") : 0;
}

/* Waits for its end, or kills it when its time is over. */
static int await(struct hook_run *h, struct err *e)
{
	const struct opt_i64 *timeout = &h->hook->timeout;
	int64_t end = timeout->has ? time_monotonic() + MIN(timeout->v, (int64_t)INT_MAX) * 1000000000 : INT64_MAX;
	int status = 0, r = 0;

	for (;;) {
		struct pollfd p[] = {{.fd = h->pidfd, .events = POLLIN}, {.fd = h->out_fd, .events = POLLIN}};
		int64_t left = end == INT64_MAX ? -1 : MAX((end - time_monotonic() + 999999) / 1000000, (int64_t)0);
		int n = poll(p, 2, (int)MIN(left, (int64_t)INT_MAX));

		if (p[1].revents && n > 0)
			listen_in(h);
		if (n > 0 && p[0].revents)
			break;
		if (n == 0 && left == 0) {
			r = err_set(e, ETIMEDOUT, "wait for it");
			err_why(e, "it was killed after its timeout of %lld s", (long long)timeout->v);
			kill(-h->pid, SIGKILL);
			sys_pidfd_send_signal(h->pidfd, SIGKILL, NULL, 0);
			end = INT64_MAX;
		}
	}
	if (h->out_fd >= 0)
		listen_in(h);
	while (h->n_said > 0 && h->said[h->n_said - 1] == '\n')
		h->said[--h->n_said] = '\0';
	int reaped = process_reap(h->pidfd, &status, r < 0 ? NULL : e);
	if (r < 0 || reaped < 0 || status == 0)
		return r < 0 ? r : reaped;
	if (status > 128)
		err_set(e, 0, "it was ended by signal %d", status - 128);
	else
		err_set(e, 0, "exit status %d", status);
	return h->n_said ? err_why(e, "%s", h->said) : -EINVAL;
}

/* Closes what is open of a hook. */
static void hook_release(struct hook_run *h)
{
	fd_close(&h->state_fd);
	fd_close(&h->out_fd);
	fd_close(&h->pidfd);
}

/* Runs one hook from its beginning to its end. */
static int hook_run(const struct spec_hook *hook, const char *directory, const char *state, struct err *e)
{
	CLEANUP(hook_release)
	struct hook_run h = {
		.hook = hook,
		.directory = directory,
		.state_fd = FD_NONE,
		.out_fd = FD_NONE,
		.pidfd = FD_NONE,
	};
	int r = state_file(state, &h.state_fd, e);

	if (r == 0)
		r = begin(&h, e);
	return r == 0 ? await(&h, e) : r;
}

/* The hooks of one kind, and what each of them is given. */
struct hook_call {
	const struct spec_hooks *hooks;
	enum spec_hook_kind kind;
	const char *state;     /* as text */
	const char *directory; /* the bundle, as runc and crun have it; hooks in the container do not see that */
};

static struct hook_call call_of(const struct spec *s, enum spec_hook_kind kind, const struct oci_state *state,
				struct arena *a)
{
	return (struct hook_call){
		.hooks = &s->hooks[kind],
		.kind = kind,
		.state = s->hooks[kind].n ? oci_state_print(state, JSON_COMPACT, a) : NULL,
		.directory = kind == HOOK_START_CONTAINER || !state->bundle ? "/" : state->bundle,
	};
}

/* Runs hook I, and the error says which it was. */
static int hook_run_one(const struct hook_call *c, size_t i, struct err *e)
{
	const struct spec_hook *hook = &c->hooks->v[i];
	int r = hook_run(hook, c->directory, c->state, e);

	return r < 0 ? err_context(e, "run the %s hook #%zu, %s", spec_hook_names.v[c->kind], i, hook->path) : 0;
}

int hooks_run(const struct spec *s, enum spec_hook_kind kind, const struct oci_state *state, struct arena *a,
	      struct err *e)
{
	const struct hook_call c = call_of(s, kind, state, a);
	int r = 0;

	for (size_t i = 0; i < c.hooks->n && r == 0; i++)
		r = hook_run_one(&c, i, e);
	return r;
}

void hooks_run_all(const struct spec *s, enum spec_hook_kind kind, const struct oci_state *state, struct arena *a,
		   void (*warn)(void *ctx, const char *sentence), void *ctx)
{
	const struct hook_call c = call_of(s, kind, state, a);
	char sentence[1024];

	for (size_t i = 0; i < c.hooks->n; i++) {
		struct err e = {0};

		if (hook_run_one(&c, i, &e) == 0 || !warn)
			continue;
		err_format(&e, sentence, sizeof(sentence));
		warn(ctx, sentence);
	}
}
