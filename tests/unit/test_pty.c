/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container's terminal: prepared from a master, opened from it, and made the terminal of a session. */
#include "core/pty.h"
#include "core/tty.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_pair_has_the_size_that_was_asked_for(void **state)
{
	auto_fd master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	auto_fd slave = FD_NONE;
	unsigned int rows = 0, cols = 0;
	struct err e;

	(void)state;
	assert_true(master >= 0);
	assert_int_equal(pty_master_prepare(master, 33, 77, &e), 0);
	assert_int_equal(pty_slave(master, &slave, &e), 0);
	assert_true(isatty(slave));
	assert_true(tty_size(slave, &rows, &cols));
	assert_int_equal(rows, 33);
	assert_int_equal(cols, 77);
	assert_int_equal(pty_resize(master, 100000, 5), 0);
	assert_true(tty_size(slave, &rows, &cols));
	assert_int_equal(rows, 65535);
	assert_int_equal(fcntl(slave, F_GETFD), FD_CLOEXEC);
}

static void what_is_no_master_is_refused(void **state)
{
	static const char *const paths[] = {"/dev/null", "/proc/self/stat", "/"};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		auto_fd fd = open(paths[i], O_RDONLY | O_CLOEXEC);

		assert_true(pty_master_prepare(fd, 24, 80, &e) < 0);
		assert_true(e.why[0]);
		assert_true(pty_slave(fd, &(int){FD_NONE}, &e) < 0);
	}
	/* A slave is not a master. */
	auto_fd master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	auto_fd slave = FD_NONE;
	assert_int_equal(pty_master_prepare(master, 0, 0, &e), 0);
	assert_int_equal(pty_slave(master, &slave, &e), 0);
	assert_true(pty_master_prepare(slave, 0, 0, &e) < 0);
	assert_true(pty_resize(FD_NONE, 1, 1) == -EBADF);
}

/* In a child: SLAVE becomes everything a terminal is; each failure has its own status. */
static void child_becomes_session(int slave)
{
	struct err e;
	char name[64] = "";

	if (pty_make_controlling(slave, &e) < 0)
		_exit(1);
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		_exit(2);
	if (tcgetpgrp(0) != getpid() || getsid(0) != getpid())
		_exit(3);
	for (int i = 0; i <= 2; i++)
		if (!isatty(i) || fcntl(i, F_GETFD) != 0 || ttyname_r(i, name, sizeof(name)) != 0)
			_exit(4);
	_exit(write(1, "ready\n", 6) == 6 ? 0 : 5);
}

static void a_child_gets_its_terminal(void **state)
{
	auto_fd master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	auto_fd slave = FD_NONE;
	struct err e;
	char text[16] = "";
	int status;

	(void)state;
	assert_int_equal(pty_master_prepare(master, 0, 0, &e), 0);
	assert_int_equal(pty_slave(master, &slave, &e), 0);
	pid_t pid = fork();
	if (pid == 0)
		child_becomes_session(slave);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* The kernel hands it over in its own time, and maybe in parts. */
	for (size_t n = 0; n < strlen("ready\r\n");) {
		ssize_t got = read(master, text + n, sizeof(text) - 1 - n);

		assert_true(got > 0);
		n += (size_t)got;
	}
	assert_string_equal(text, "ready\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_has_the_size_that_was_asked_for),
		cmocka_unit_test(what_is_no_master_is_refused),
		cmocka_unit_test(a_child_gets_its_terminal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
