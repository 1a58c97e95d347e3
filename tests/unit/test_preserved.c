/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors that a program inherits, counted by a program. */
#include "core/preserved.h"

#include "jail.h"
#include "seccomp_text.h"

#include <sys/prctl.h>

static struct arena arena;

/* Opens 3 and 4, and 6 to 8, and nothing else above 2. */
static void open_some(void)
{
	for (int fd = 3; fd < 1024; fd++)
		close(fd);
	for (int fd = 3; fd < 9; fd++)
		must_call(open("/dev/null", O_RDONLY));
	close(5);
}

/* What the environment announces to this process. */
static void announced(const char *fds, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	setenv("LISTEN_FDS", fds, 1);
	setenv("LISTEN_PID", text, 1);
}

static void counting(void *arg)
{
	struct preserved p;
	struct err e = {0};

	(void)arg;
	open_some();
	must(preserved_take(0, &p, &e), &e);
	assert_int_equal(p.n, 0);
	must(preserved_take(2, &p, &e), &e);
	assert_int_equal(p.n, 2);
	/* Numbers may be free; what closes on exec is our own, opened where one was. */
	must(preserved_take(3, &p, &e), &e);
	assert_int_equal(p.n, 3);
	assert_true(preserved_inherited(4) && !preserved_inherited(5) && !preserved_inherited(-1));
	must_call(fcntl(4, F_SETFD, FD_CLOEXEC));
	assert_false(preserved_inherited(4));
	announced("2", getpid());
	must_fail(preserved_take(0, &p, &e), EBADF, &e, "descriptor 4");
	must_have(e.why, "LISTEN_FDS");
	unsetenv("LISTEN_FDS");
	must_call(fcntl(4, F_SETFD, 0));
	must_fail(preserved_take(-1, &p, &e), EINVAL, &e, "between 0 and");
	must_fail(preserved_take(1 << 30, &p, &e), EINVAL, &e, "between 0 and");
	announced("1", getpid());
	must(preserved_take(1, &p, &e), &e);
	assert_int_equal(p.n, 2);
	assert_int_equal(p.listen_fds, 1);
	announced("3", getpid());
	must_fail(preserved_take(0, &p, &e), EBADF, &e, "LISTEN_FDS");
	/* Words for another process, and words that are none. */
	announced("3", getppid());
	must(preserved_take(0, &p, &e), &e);
	assert_int_equal(p.n, 0);
	announced("-1", getpid());
	must(preserved_take(0, &p, &e), &e);
	assert_int_equal(p.listen_fds, 0);
	announced("99999999999999999999", getpid());
	must(preserved_take(0, &p, &e), &e);
	assert_int_equal(p.listen_fds, 0);
}

static void what_is_open_is_counted(void **state)
{
	(void)state;
	in_child(counting, NULL);
}

/* A kernel before 5.11 (or a sandbox) to the caller: one without close_range(2) as it is used here. */
static void without_close_range(void)
{
	static const char profile[] =
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"close_range\"],"
		"\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":22}]}";
	struct seccomp_filter f;
	struct err e = {0};

	must(seccomp_compile_text(profile, 0, &arena, &f, &e), &e);
	must_call(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(seccomp_load(&f, &(int){FD_NONE}, &e), &e);
}

/* Executes a shell that writes which descriptors it got into the file PATH. */
static void list_after_exec(int n, bool old, const char *path)
{
	struct err e = {0};
	pid_t pid = child_start();

	if (pid == 0) {
		must_call(dup2(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO));
		open_some();
		if (old)
			without_close_range();
		must(preserved_pass(n, &e), &e);
		execl("/bin/sh", "sh", "-c",
		      "for f in 3 4 5 6 7 8 9; do [ -e /proc/self/fd/$f ] && echo $f; done; :", (char *)NULL);
		_exit(1);
	}
	assert_int_equal(child_end(pid), 0);
}

static void passing(void *arg)
{
	(void)arg;
	list_after_exec(0, false, "/tmp/none");
	assert_string_equal(text_of("/tmp/none"), "");
	list_after_exec(2, false, "/tmp/two");
	assert_string_equal(text_of("/tmp/two"), "3\n4\n");
	list_after_exec(2, true, "/tmp/old");
	assert_string_equal(text_of("/tmp/old"), "3\n4\n");
	list_after_exec(5, false, "/tmp/gap");
	assert_string_equal(text_of("/tmp/gap"), "3\n4\n6\n7\n");
}

static void what_was_asked_for_passes_exec(void **state)
{
	(void)state;
	in_jail(passing, NULL);
}

static void sockets_are_announced(void **state)
{
	struct spec_process p = {0};

	(void)state;
	unsetenv("LISTEN_FDNAMES");
	strs_add(&p.env, &arena, "LISTEN_PID=77");
	char **before = p.env.v;
	preserved_announce(0, 5, &arena, &p);
	assert_true(p.env.v == before && p.env.n == 1);
	setenv("LISTEN_FDNAMES", "web", 1);
	preserved_announce(2, 5, &arena, &p);
	assert_string_equal(spec_env(&p, "LISTEN_FDS"), "2");
	assert_string_equal(spec_env(&p, "LISTEN_PID"), "5");
	assert_string_equal(spec_env(&p, "LISTEN_FDNAMES"), "web");
	assert_string_equal(before[0], "LISTEN_PID=77"); /* the spec's own list is as it was */
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_open_is_counted),
		cmocka_unit_test(what_was_asked_for_passes_exec),
		cmocka_unit_test(sockets_are_announced),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
