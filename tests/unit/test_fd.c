/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files: what is no regular file is refused without a wait, and a reader sees the old or the new. */
#include "base/fd.h"
#include "base/tree.h"
#include "jail.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static char place[TEST_DIR_MAX];
static struct arena arena;

static int setup(void **state)
{
	(void)state;
	umask(022);
	return !test_dir_make(place, "isle-test-fd.") || chdir(place) < 0;
}

static int teardown(void **state)
{
	struct err e;

	(void)state;
	arena_free(&arena);
	must(tree_delete(AT_FDCWD, place, &e), &e);
	return 0;
}

static void closing_keeps_errno_and_leaves_nothing(void **state)
{
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC), none = FD_NONE, taken;
	struct fds l = {0};

	(void)state;
	errno = 4242;
	int copy = fd;
	fd_close(&fd);
	assert_int_equal(errno, 4242);
	assert_int_equal(fd, FD_NONE);
	assert_int_equal(fcntl(copy, F_GETFD), -1);
	errno = 4242;
	fd_close(&copy); /* close(2) fails */
	assert_int_equal(errno, 4242);
	fd_close(&none);
	assert_int_equal(errno, 4242);

	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	taken = fd_take(&fd);
	assert_int_equal(fd, FD_NONE);
	assert_int_equal(fcntl(taken, F_GETFD), FD_CLOEXEC);
	for (int i = 0; i < 20; i++)
		*list_add(&l, &arena) = fcntl(taken, F_DUPFD_CLOEXEC, 3);
	int last = l.v[19];
	fds_close(&l);
	assert_int_equal(l.n, 0);
	assert_int_equal(fcntl(last, F_GETFD), -1);
	fds_close(&l);
	fd_close(&taken);
}

static void a_file_is_read_whole_up_to_the_limit(void **state)
{
	char big[10001], *text = NULL;
	struct err e = {0};
	size_t size = 1;

	(void)state;
	put("empty", "", 0600);
	must(file_read(AT_FDCWD, "empty", &arena, 0, &text, &size, &e), &e);
	assert_int_equal(size, 0);
	assert_string_equal(text, "");
	memset(big, 'x', 10000);
	big[10000] = '\0';
	put("big", big, 0600);
	/* Below, at and above the sizes at which the buffer grows (4096, 8192). */
	for (int i = 4090; i < 8200; i += i == 4100 ? 4086 : 1) {
		must_call(truncate("big", 0));
		must(file_write(AT_FDCWD, "big", big + 10000 - i, &e), &e);
		must(file_read(AT_FDCWD, "big", &arena, (size_t)i, &text, &size, &e), &e);
		assert_int_equal(size, i);
		assert_int_equal(strlen(text), i);
		text = NULL;
		must_fail(file_read(AT_FDCWD, "big", &arena, (size_t)i - 1, &text, NULL, &e), EFBIG, &e, "larger than");
		must_have(e.what, "big");
		assert_null(text);
	}
	must(file_read(AT_FDCWD, "/proc/self/status", &arena, 1 << 16, &text, NULL, &e), &e);
	must_have(text, "Name:");
	must_call(symlink("big", "link"));
	must(file_read(AT_FDCWD, "link", &arena, 1 << 16, &text, &size, &e), &e);
	assert_int_equal(file_read(AT_FDCWD, "big", &arena, 1, &text, NULL, NULL), -EFBIG);
}

static void zero_bytes_are_kept(void **state)
{
	auto_fd fd = open("zeros", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct err e = {0};
	size_t size;
	char *text;

	(void)state;
	assert_int_equal(fd_write_all(fd, "a\0b\0", 4), 0);
	must(file_read(AT_FDCWD, "zeros", &arena, 4, &text, &size, &e), &e);
	assert_int_equal(size, 4);
	assert_memory_equal(text, "a\0b\0", 5);
}

static void what_is_no_file_is_refused_at_once(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
	auto_fd sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct err e = {0};
	char *text;

	(void)state;
	alarm(10);
	must_call(mkfifo("fifo", 0600));
	must_call(mkdir("dir", 0700));
	must_call(bind(sock, (struct sockaddr *)&address, sizeof(address)));
	must_fail(file_read(AT_FDCWD, "fifo", &arena, 100, &text, NULL, &e), EINVAL, &e, "not a regular file");
	must_fail(file_read(AT_FDCWD, "dir", &arena, 100, &text, NULL, &e), EISDIR, &e, "dir");
	must_fail(file_read(AT_FDCWD, "/dev/zero", &arena, 100, &text, NULL, &e), EINVAL, &e, "not a regular file");
	must_fail(file_read(AT_FDCWD, "socket", &arena, 100, &text, NULL, &e), ENXIO, &e, "socket");
	must_fail(file_read(AT_FDCWD, "missing", &arena, 100, &text, NULL, &e), ENOENT, &e, "open missing");
	must_fail(file_read(sock, "below", &arena, 100, &text, NULL, &e), ENOTDIR, &e, "below");
	auto_fd write_only = open("w", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	must_fail(fd_read_all(write_only, &arena, 100, &text, NULL, &e), EBADF, &e, "read");
	alarm(0);
}

static void writing_into_files_of_the_kernel(void **state)
{
	struct err e = {0};

	(void)state;
	put("proc", "0123456789", 0600);
	must(file_write(AT_FDCWD, "proc", "ab", &e), &e);
	assert_string_equal(text_of("proc"), "ab23456789"); /* neither cut nor made anew */
	must_fail(file_write(AT_FDCWD, "absent", "x", &e), ENOENT, &e, "open absent for writing");
	assert_int_equal(access("absent", F_OK), -1);
	must_fail(file_write(AT_FDCWD, "/dev/full", "x", &e), ENOSPC, &e, "write \"x\" to /dev/full");
	must_fail(file_write(AT_FDCWD, ".", "x", &e), EISDIR, &e, "open .");

	/* One write: what comes in two would be two settings. */
	int ends[2];
	char text[8], path[64];
	must_call(pipe2(ends, O_CLOEXEC | O_DIRECT));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	must(file_write(AT_FDCWD, path, "1 2\n", &e), &e);
	assert_int_equal(read(ends[0], text, sizeof(text)), 4);
	close(ends[0]);
	close(ends[1]);
}

static void interrupt(int sig)
{
	(void)sig;
}

/* Has every blocking call interrupted a thousand times in a second. */
static void interruptions_begin(void)
{
	const struct sigaction often = {.sa_handler = interrupt}; /* no SA_RESTART */
	const struct itimerval ms = {{0, 1000}, {0, 1000}};

	sigaction(SIGALRM, &often, NULL);
	setitimer(ITIMER_REAL, &ms, NULL);
}

static void no_write_is_cut_short(void **state)
{
	enum { SIZE = 1 << 20 };
	static char sent[SIZE], got[SIZE];
	int ends[2];

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		sent[i] = (char)(i * 7 >> 3);
	must_call(pipe2(ends, O_CLOEXEC));
	pid_t pid = child_start();
	if (pid == 0) {
		interruptions_begin();
		_exit(fd_write_all(ends[1], sent, SIZE) != 0);
	}
	close(ends[1]);
	size_t n = 0;
	for (ssize_t r; (r = read(ends[0], got + n, 77777)) > 0; usleep(2000))
		n += (size_t)r;
	assert_int_equal(child_end(pid), 0);
	assert_int_equal(n, SIZE);
	assert_memory_equal(sent, got, SIZE);
	close(ends[0]);
	must_call(pipe2(ends, O_CLOEXEC));
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(fd_write_all(ends[1], "x", 1), -EPIPE);
	signal(SIGPIPE, SIG_DFL);
	close(ends[1]);
	assert_int_equal(fd_write_all(FD_NONE, "x", 1), -EBADF);
	assert_int_equal(fd_write_all(FD_NONE, "", 0), 0);
}

static void no_read_is_cut_short(void **state)
{
	enum { PARTS = 100 };
	char got[4 * PARTS + 8];
	int ends[2];

	(void)state;
	must_call(pipe2(ends, O_CLOEXEC));
	pid_t pid = child_start();
	if (pid == 0) {
		for (int i = 0; i < PARTS; i++) {
			usleep(500);
			if (fd_write_all(ends[1], "part", 4) < 0)
				_exit(1);
		}
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(fd_read_full(ends[0], got, 6), 6);
	assert_memory_equal(got, "partpa", 6);
	assert_int_equal(fd_read_full(ends[0], got, sizeof(got)), 4 * PARTS - 6); /* the end */
	assert_int_equal(fd_read_full(ends[0], got, sizeof(got)), 0);
	assert_int_equal(child_end(pid), 0);
	close(ends[0]);
	assert_int_equal(fd_read_full(FD_NONE, got, 1), -EBADF);
}

/* How many entries the directory DIR has. */
static int entries(const char *dir)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), "exit $(ls -A '%s' | wc -l)", dir);
	return WEXITSTATUS(system(cmd));
}

static void a_file_is_replaced_whole(void **state)
{
	char long_name[300];
	struct err e = {0};
	struct stat st;

	(void)state;
	must_call(mkdir("r", 0700));
	auto_fd dir = open("r", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(file_replace(dir, "f", "old", 3, 0640, &e), &e);
	must_call(stat("r/f", &st));
	assert_int_equal(st.st_mode & 07777, 0640);
	auto_fd reader = openat(dir, "f", O_RDONLY | O_CLOEXEC);
	must(file_replace(dir, "f", "newer", 5, 0600, &e), &e);
	char text[8] = "";
	assert_int_equal(read(reader, text, sizeof(text)), 3); /* who had it open still has the old one */
	assert_string_equal(text, "old");
	assert_string_equal(text_of("r/f"), "newer");
	must_call(stat("r/f", &st));
	assert_int_equal(st.st_mode & 07777, 0600);

	/* A link is replaced itself; what it leads to stays as it is. */
	put("canary", "sings", 0600);
	must_call(symlink("../canary", "r/link"));
	must(file_replace(dir, "link", "x", 1, 0600, &e), &e);
	assert_string_equal(text_of("canary"), "sings");
	must_call(lstat("r/link", &st));
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(entries("r"), 2);

	/* What fails leaves nothing behind. */
	must_call(mkdir("r/dir", 0700));
	must_fail(file_replace(dir, "dir", "x", 1, 0600, &e), EISDIR, &e, "write dir");
	must_fail(file_replace(dir, "no/such", "x", 1, 0600, &e), ENOENT, &e, "no/such");
	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	must_fail(file_replace(dir, long_name, "x", 1, 0600, &e), ENAMETOOLONG, &e, "replace");
	assert_int_equal(entries("r"), 3);
}

static void a_reader_never_sees_a_half(void **state)
{
	enum { SIZE = 20000 };
	static char a[SIZE], b[SIZE];
	struct err e = {0};

	(void)state;
	memset(a, 'a', SIZE);
	memset(b, 'b', SIZE);
	must(file_replace(AT_FDCWD, "both", a, SIZE, 0600, &e), &e);
	pid_t pid = child_start();
	if (pid == 0) {
		for (int i = 0;; i++)
			must(file_replace(AT_FDCWD, "both", i % 2 ? a : b, SIZE, 0600, &e), &e);
	}
	for (int i = 0; i < 300; i++) {
		struct arena once = {0};
		size_t size;
		char *text;

		must(file_read(AT_FDCWD, "both", &once, SIZE, &text, &size, &e), &e);
		assert_int_equal(size, SIZE);
		assert_memory_equal(text, *text == 'a' ? a : b, SIZE);
		arena_free(&once);
	}
	kill(pid, SIGKILL);
	assert_int_equal(child_end(pid), 128 + SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closing_keeps_errno_and_leaves_nothing),
		cmocka_unit_test(a_file_is_read_whole_up_to_the_limit),
		cmocka_unit_test(zero_bytes_are_kept),
		cmocka_unit_test(what_is_no_file_is_refused_at_once),
		cmocka_unit_test(writing_into_files_of_the_kernel),
		cmocka_unit_test(no_write_is_cut_short),
		cmocka_unit_test(no_read_is_cut_short),
		cmocka_unit_test(a_file_is_replaced_whole),
		cmocka_unit_test(a_reader_never_sees_a_half),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
