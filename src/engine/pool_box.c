/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A parked island's first process: what it does between the keeper's order and execve.  See pool.h.
 *
 * Should:  make few system calls, for somebody waits.
 * Mustn't: hear a second order, whatever becomes of the first; let a descriptor of the machine through that 'isle run'
 *          would not (launch_stdio sees to /dev/null).
 *
 * It has the rights of the container already, and its filter: what is done here the container's user could do.
 */
#include "engine/pool_priv.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/pty.h"
#include "engine/compose.h"
#include "engine/trim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A terminal out of the container's own /dev/pts; its other end goes to the keeper. */
static int terminal_open(struct launch *l, const struct pool_request *r, struct err *e)
{
	auto_fd master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);

	if (master < 0)
		return err_set(e, errno, "open the container's /dev/pts/ptmx for a terminal");
	int code = pty_master_prepare(master, r->rows, r->cols, e);
	if (code == 0)
		code = pty_slave(master, &l->slave_fd, e);
	if (code == 0)
		code = hs_send(l->sock, HS_TERMINAL, &master, 1, e);
	if (code == 0 && !spec_env(&l->process, "TERM"))
		spec_env_set(&l->process, l->arena, "TERM", "xterm");
	return code;
}

/* Puts ENV, in which each name is once, over what is there: so a name is looked for in that alone. */
static void env_put(struct launch *l, const struct strs *env)
{
	struct strs *to = &l->process.env;
	size_t had = to->n, kept = 0;

	for (size_t i = 0; i < env->n; i++) {
		const size_t len = strcspn(env->v[i], "=");
		const bool out = !env->v[i][len];
		size_t at = 0;

		while (at < had && (!to->v[at] || strncmp(to->v[at], env->v[i], len) != 0 || to->v[at][len] != '='))
			at++;
		if (at < had)
			to->v[at] = out ? NULL : env->v[i];
		else if (!out)
			strs_take(to, l->arena, env->v[i]);
	}
	for (size_t i = 0; i < to->n; i++)
		if (to->v[i])
			to->v[kept++] = to->v[i];
	to->n = kept;
	if (to->v)
		to->v[kept] = NULL;
}

/* Makes the process what R asks for. */
static int obey(struct launch *l, const struct pool_request *r, struct err *e)
{
	struct start *s = l->owner;
	int code = 0;

	if (r->command.n > 0 || r->entrypoint || l->process.args.n == 0) {
		l->process.args = (struct strs){0};
		compose_command(r->entrypoint ? r->entrypoint : s->o->entrypoint, &r->command, l->arena,
				&l->process.args);
	}
	if (r->tty)
		code = terminal_open(l, r, e);
	if (code < 0)
		return code;
	env_put(l, &r->env);
	code = launch_stdio(l, e);
	if (code == 0 && r->workdir) {
		s->spec.process.cwd = r->workdir; /* l->spec is this: ours alone, in this process */
		code = step_cwd.run(l, e);
	}
	return code;
}

int pool_box_await(struct launch *l, struct err *e)
{
	static struct pool_message m; /* in place: it is read once */
	struct pool_request r = {0};

	warm_memory();
	m.bytes[0] = '\0';
	int code = pool_message_receive(l->start_fd, -1, &m, e);

	/* The keeper is gone, or wants us no more. */
	if (code == -ENODATA)
		_exit(0);
	l->sock = l->start_fd;
	if (code == 0)
		code = pool_message_parse(&m, l->arena, &r, l->stdio, e);
	return code < 0 ? code : obey(l, &r, e);
}
