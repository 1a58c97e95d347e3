/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The box side of a launch, in its new root: kernel parameters and the terminal. */
#include "core/launch.h"

#include "base/fd.h"
#include "core/handshake.h"
#include "core/pty.h"
#include "core/sys.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- sysctl ---- */

static bool sysctl_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->spec->lin.sysctl.n > 0;
}

static int sysctl_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;

	if (l->net_fd >= 0 && setns(l->net_fd, CLONE_NEWNET) < 0)
		return err_set(e, errno, "enter the container's network namespace");
	for (size_t i = 0; i < l->spec->lin.sysctl.n; i++) {
		const struct spec_pair *p = &l->spec->lin.sysctl.v[i];
		char *path = arena_printf(l->arena, "sys/%s", p->key);

		/* As sysctl(8) has it: where the first separator is a dot, a slash stands for a dot in a name. */
		bool dots = p->key[strcspn(p->key, "./")] == '.';
		for (char *c = path + strlen("sys/"); *c && dots; c++)
			*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
		int r = l->proc_fd < 0 ? err_set(e, ENOENT, "use /proc") : file_write(l->proc_fd, path, p->value, e);
		if (r < 0)
			return err_context(e, "set the sysctl %s to \"%s\"", p->key, p->value);
	}
	return 0;
}

static void sysctl_explain(const void *ctx, struct explain *x)
{
	const struct launch *l = ctx;

	explain_say(x, "set the kernel parameters of the container's namespaces");
	for (size_t i = 0; i < l->spec->lin.sysctl.n; i++)
		explain_shell(x, "sysctl %s=%s", l->spec->lin.sysctl.v[i].key, l->spec->lin.sysctl.v[i].value);
}

const struct step step_sysctl = {"sysctl", SIDE_ROOT, sysctl_wanted, sysctl_run, NULL, sysctl_explain};

/* ---- terminal ---- */

static bool terminal_wanted(const void *ctx)
{
	return ((const struct launch *)ctx)->spec->process.terminal;
}

static int terminal_run(void *ctx, struct err *e)
{
	struct launch *l = ctx;
	const struct spec_process *p = &l->spec->process;
	const struct mount_opts o = {.bind = true};
	auto_fd master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	auto_fd copy = FD_NONE;
	auto_fd target = FD_NONE;

	if (master < 0)
		return err_set(e, errno, "open the container's /dev/pts/ptmx for a terminal");
	int r = pty_master_prepare(master, p->rows, p->cols, e);
	if (r == 0)
		r = pty_slave(master, &l->slave_fd, e);
	/* Who comes in later has its rights no more when it takes the terminal. */
	if (r == 0 && l->joining)
		r = launch_terminal_give(l, e);
	if (r == 0 && !l->joining)
		r = mount_clone(l->slave_fd, "", &o, &copy, e);
	if (r == 0 && !l->joining)
		r = mount_target("/dev/console", true, true, &target, e);
	if (r == 0 && !l->joining)
		r = mount_attach(copy, target, &o, "/dev/console", e);
	return r < 0 ? r : hs_send(l->sock, HS_TERMINAL, &master, 1, e);
}

static void terminal_explain(const void *ctx, struct explain *x)
{
	(void)ctx;
	explain_say(x, "open a terminal in the container's own /dev/pts and make it /dev/console");
	explain_shell(x, "mount --bind /dev/pts/0 /dev/console");
}

const struct step step_terminal = {"terminal", SIDE_ROOT, terminal_wanted, terminal_run, NULL, terminal_explain};
