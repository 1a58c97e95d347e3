/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes by identity: the same one is found again, another under its number is not; how an end is told. */
#include "core/process.h"
#include "core/sys.h"
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that sleeps until it is killed. */
static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, ") 1 (x) R 2");
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	return pid;
}

static void same_process_is_found_again(void **state)
{
	pid_t pid = sleeper();
	auto_fd fd = sys_pidfd_open(pid, 0);
	auto_fd again = FD_NONE, none = FD_NONE;
	uint64_t id = 0, own = 0;
	struct err e = {0};
	int status;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(process_identity(fd, pid, &id), 0);
	assert_true(id != 0);
	assert_int_equal(process_open(pid, id, &again, &e), 0);
	assert_true(again >= 0);
	assert_int_equal(process_open(pid, id + 1, &none, &e), -ESRCH);
	assert_int_equal(none, FD_NONE);
	assert_non_null(strstr(e.why, "another process"));
	assert_int_equal(process_open(getpid(), id, &none, &e), -ESRCH);
	auto_fd self = sys_pidfd_open(getpid(), 0);
	assert_int_equal(process_identity(self, getpid(), &own), 0);
	assert_true(own != id);

	assert_int_equal(process_wait(fd, 20), -ETIMEDOUT);
	assert_int_equal(sys_pidfd_send_signal(fd, SIGKILL, NULL, 0), 0);
	assert_int_equal(process_wait(fd, 5000), 0);
	assert_int_equal(process_reap(fd, &status, &e), 0);
	assert_int_equal(status, 128 + SIGKILL);
	assert_true(process_reap(fd, &status, &e) < 0);
	assert_int_equal(process_open(pid, id, &none, &e), -ESRCH);
}

/* A neighbour in its pid namespace may trace a child of ours and never let go: its end is told all the same. */
static void one_that_another_traces_is_not_waited_for(void **state)
{
	pid_t pid = sleeper(), tracer = fork();
	auto_fd fd = sys_pidfd_open(pid, 0);
	struct err e = {0};
	int status = -1;

	(void)state;
	if (tracer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
			_exit(1);
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(tracer, &status, WUNTRACED), tracer);
	if (!WIFSTOPPED(status))
		skip(); /* a security module forbids it */
	assert_int_equal(kill(pid, SIGKILL), 0);
	alarm(20);
	assert_int_equal(process_reap(fd, &status, &e), 0);
	alarm(0);
	assert_int_equal(status, 128 + SIGKILL);
	kill(tracer, SIGKILL);
	assert_int_equal(waitpid(tracer, NULL, 0), tracer);
	assert_int_equal(process_reap(fd, &status, &e), 0);
	assert_int_equal(status, 128 + SIGKILL);
}

static void bad_numbers_are_no_process(void **state)
{
	auto_fd fd = FD_NONE;
	struct err e;

	(void)state;
	assert_int_equal(process_open(0, 1, &fd, &e), -ESRCH);
	assert_int_equal(process_open(-1, 1, &fd, &e), -ESRCH);
	assert_int_equal(process_open(0x7fffffff, 1, &fd, &e), -ESRCH);
	assert_int_equal(process_wait(FD_NONE + 1000000, 0), -EBADF);
}

static void start_time_is_read_after_the_name(void **state)
{
	static const char good[] = "7 (a) 1 (b) c) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 12345 23\n";
	uint64_t t = 0;

	(void)state;
	assert_int_equal(process_start_time(good, &t), 0);
	assert_int_equal(t, 12345);
	assert_int_equal(process_start_time("", &t), -EINVAL);
	assert_int_equal(process_start_time("7 (a", &t), -EINVAL);
	assert_int_equal(process_start_time("7 (a) S 4 5", &t), -EINVAL);
#define BEFORE "7 (a) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 "
	assert_int_equal(process_start_time(BEFORE "-1 2", &t), -EINVAL);
	assert_int_equal(process_start_time(BEFORE "1x 2", &t), -EINVAL);
	assert_int_equal(process_start_time(BEFORE "99999999999999999999 2", &t), -EINVAL);
}

/* What an older kernel would use: the time of the same process does not change, and a later one's is not smaller. */
static void start_times_of_real_processes(void **state)
{
	pid_t pid = sleeper();
	char path[64], text[1024];
	uint64_t one, two;

	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)(i ? getpid() : pid));
		FILE *f = fopen(path, "re");
		assert_non_null(f);
		assert_non_null(fgets(text, sizeof(text), f));
		fclose(f);
		assert_int_equal(process_start_time(text, i ? &two : &one), 0);
	}
	assert_true(one >= two && two > 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void ends_are_told_as_a_shell_would(void **state)
{
	siginfo_t info = {0};

	(void)state;
	info.si_code = CLD_EXITED;
	info.si_status = 7;
	assert_int_equal(process_status(&info), 7);
	info.si_status = 256 + 3;
	assert_int_equal(process_status(&info), 3);
	info.si_code = CLD_KILLED;
	info.si_status = SIGTERM;
	assert_int_equal(process_status(&info), 143);
	info.si_code = CLD_DUMPED;
	info.si_status = SIGSEGV;
	assert_int_equal(process_status(&info), 139);
	assert_int_equal(process_status_of_wait(0x0700), 7);
	assert_int_equal(process_status_of_wait(SIGKILL), 137);
	assert_int_equal(process_status_of_wait(SIGSEGV | 0x80), 139);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_process_is_found_again),
		cmocka_unit_test(bad_numbers_are_no_process),
		cmocka_unit_test(start_time_is_read_after_the_name),
		cmocka_unit_test(start_times_of_real_processes),
		cmocka_unit_test(ends_are_told_as_a_shell_would),
		cmocka_unit_test(one_that_another_traces_is_not_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
