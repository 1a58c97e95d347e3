/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's terminal comes back as it was: by name, at exit, and whatever signal ends the process. */
#include "core/pty.h"
#include "core/tty.h"
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* A terminal of our own. */
struct pair {
	int master, slave;
};

static void pair_open(struct pair *p)
{
	struct err e;

	p->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_int_equal(pty_master_prepare(p->master, 24, 80, &e), 0);
	assert_int_equal(pty_slave(p->master, &p->slave, &e), 0);
}

static void pair_close(struct pair *p)
{
	fd_close(&p->master);
	fd_close(&p->slave);
}

static struct termios settings(int fd)
{
	struct termios t;

	memset(&t, 0, sizeof(t));
	assert_int_equal(tcgetattr(fd, &t), 0);
	return t;
}

static bool is_raw(int fd)
{
	struct termios t = settings(fd);

	return !(t.c_lflag & (ICANON | ECHO | ISIG)) && !(t.c_oflag & OPOST);
}

static bool same_settings(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

static void raw_and_back(void **state)
{
	struct pair p;
	struct err e;

	(void)state;
	pair_open(&p);
	struct termios before = settings(p.slave);
	tty_restore(); /* of nothing */
	assert_int_equal(tty_raw(p.slave, &e), 0);
	assert_true(is_raw(p.slave));
	/* A shell changes it while we are stopped; again raw, the first settings are kept. */
	assert_int_equal(tcsetattr(p.slave, TCSANOW, &before), 0);
	assert_int_equal(tty_raw(p.slave, &e), 0);
	assert_true(is_raw(p.slave));
	tty_restore();
	struct termios after = settings(p.slave);
	assert_true(same_settings(&before, &after));
	tty_restore();
	pair_close(&p);
}

static void what_is_no_terminal_is_refused(void **state)
{
	auto_fd null = open("/dev/null", O_RDWR | O_CLOEXEC);
	unsigned int rows, cols;
	struct err e;

	(void)state;
	assert_true(tty_raw(null, &e) < 0);
	assert_false(tty_size(null, &rows, &cols));
	assert_false(tty_size(-1, &rows, &cols));
}

/* Ends in the way HOW: 0 by exit(3), else by that signal from outside, while the terminal is raw. */
static void child_ends(const struct pair *p, int how, int ready)
{
	const struct rlimit no_core = {0, 0};
	struct err e;

	setrlimit(RLIMIT_CORE, &no_core);
	setsid();
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL); /* a sanitizer's handlers are not what is tested */
	if (tty_raw(p->slave, &e) < 0 || !is_raw(p->slave) || write(ready, "r", 1) != 1)
		_exit(99);
	if (how == 0)
		exit(7);
	for (;;)
		pause();
}

static void every_way_out_restores(void **state)
{
	static const int ways[] = {0,	    SIGHUP,  SIGINT,  SIGQUIT, SIGILL,	SIGTRAP, SIGABRT, SIGBUS, SIGFPE,
				   SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGSYS};
	struct pair p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		int ready[2], status;
		char byte;

		pair_open(&p);
		struct termios before = settings(p.slave);
		assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
		pid_t pid = fork();
		if (pid == 0)
			child_ends(&p, ways[i], ready[1]);
		assert_int_equal(read(ready[0], &byte, 1), 1);
		if (ways[i])
			kill(pid, ways[i]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		/* The way out is still the one that was taken. */
		if (ways[i])
			assert_true(WIFSIGNALED(status) && WTERMSIG(status) == ways[i]);
		else
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
		struct termios after = settings(p.slave);
		if (!same_settings(&before, &after))
			fail_msg("signal %d left the terminal changed", ways[i]);
		close(ready[0]);
		close(ready[1]);
		pair_close(&p);
	}
}

/* A signal that the caller ignores, or handles, stays so. */
static void other_actions_stay(void **state)
{
	struct pair p;
	int status;

	(void)state;
	pair_open(&p);
	pid_t pid = fork();
	if (pid == 0) {
		struct err e;

		signal(SIGHUP, SIG_IGN);
		if (tty_raw(p.slave, &e) < 0)
			_exit(1);
		raise(SIGHUP);
		if (!is_raw(p.slave))
			_exit(2);
		tty_restore();
		_exit(is_raw(p.slave) ? 3 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	pair_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_and_back),
		cmocka_unit_test(what_is_no_terminal_is_refused),
		cmocka_unit_test(every_way_out_restores),
		cmocka_unit_test(other_actions_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
