/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's terminal: see tty.h.
 *
 * The state is static, because a signal handler must reach it.  'raw' is set after the old settings are complete and
 * before they are changed, so that a handler at any moment either has nothing to do or does the right thing.
 */
#include "core/tty.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct {
	int fd;
	struct termios saved;
	volatile sig_atomic_t raw;
	bool at_exit; /* exit(3) restores */
} terminal;

/* Signals that end a process by default, and leave it able to run a handler. */
static const int fatal_signals[] = {
	SIGHUP,	 SIGINT,  SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,	 SIGFPE,  SIGUSR1, SIGSEGV,
	SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGSYS,
};

int tty_find(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (isatty(fd))
			return fd;
	return -1;
}

bool tty_size(int fd, unsigned int *ret_rows, unsigned int *ret_cols)
{
	struct winsize size;

	if (fd < 0 || ioctl(fd, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return false;
	*ret_rows = size.ws_row;
	*ret_cols = size.ws_col;
	return true;
}

/* Sets the terminal even from the background, where the kernel would stop us with SIGTTOU instead. */
static int set_attributes(int fd, const struct termios *t)
{
	sigset_t ttou, old;

	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	sigprocmask(SIG_BLOCK, &ttou, &old);
	int r = tcsetattr(fd, TCSANOW, t);
	int saved = errno;
	sigprocmask(SIG_SETMASK, &old, NULL);
	errno = saved;
	return r < 0 ? -saved : 0;
}

void tty_restore(void)
{
	int saved = errno;

	if (terminal.raw)
		set_attributes(terminal.fd, &terminal.saved);
	terminal.raw = 0;
	errno = saved;
}

/* Gives the terminal back and lets SIG do what it would have done; its action is the default one by SA_RESETHAND. */
static void restore_and_die(int sig)
{
	tty_restore();
	raise(sig);
}

/*
 * Restores at exit and before every signal that would end us; a handler or SIG_IGN that is there already is left alone.
 */
static void hook_ways_out(void)
{
	struct sigaction die = {.sa_handler = restore_and_die, .sa_flags = (int)SA_RESETHAND}, old;

	if (!terminal.at_exit)
		terminal.at_exit = atexit(tty_restore) == 0;
	for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++)
		if (sigaction(fatal_signals[i], NULL, &old) == 0 && !(old.sa_flags & SA_SIGINFO) &&
		    old.sa_handler == SIG_DFL)
			sigaction(fatal_signals[i], &die, NULL);
}

int tty_raw(int fd, struct err *e)
{
	struct termios t;

	if (!terminal.raw) {
		if (tcgetattr(fd, &terminal.saved) < 0)
			return err_set(e, errno, "read the terminal's settings");
		terminal.fd = fd;
		hook_ways_out();
		terminal.raw = 1;
	}
	t = terminal.saved;
	cfmakeraw(&t);
	int r = set_attributes(terminal.fd, &t);
	return r < 0 ? err_set(e, -r, "make the terminal raw") : 0;
}
