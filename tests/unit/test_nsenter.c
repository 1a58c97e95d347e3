/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nsenter reads: names of processes, ids, what contradicts itself; and a target that is held by more than its pid. */
#include "toolbox/nsenter.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *text;
	struct target_name name; /* pid 0: refused */
} names[] = {
	{"1", {1, 0}},
	{"2147483647", {2147483647, 0}},
	{"12:34", {12, 34}},
	{"12:18446744073709551615", {12, UINT64_MAX}},
	{"", {0, 0}},
	{"0", {0, 0}},
	{"-1", {0, 0}},
	{"+1", {0, 0}},
	{" 1", {0, 0}},
	{"1 ", {0, 0}},
	{"1x", {0, 0}},
	{"x", {0, 0}},
	{"0x1", {0, 0}},
	{"2147483648", {0, 0}},
	{"99999999999999999999999999", {0, 0}},
	{"12:", {0, 0}},
	{"12:0", {0, 0}},
	{"12:-3", {0, 0}},
	{"12:x", {0, 0}},
	{"12:3:4", {0, 0}},
	{"12:18446744073709551616", {0, 0}},
	{":3", {0, 0}},
	{"self", {0, 0}},
};

static void test_names_of_processes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct target_name got = {7, 7};
		struct err e = {0};
		int r = target_parse(names[i].text, &got, &e);

		if (names[i].name.pid) {
			assert_int_equal(r, 0);
			assert_int_equal(got.pid, names[i].name.pid);
			assert_true(got.inode == names[i].name.inode);
		} else {
			assert_true(r < 0);
			assert_int_equal(got.pid, 7); /* untouched */
			assert_non_null(strstr(e.what, "names no process"));
		}
	}
}

static void test_ids(void **state)
{
	static const char *const bad[] = {"", "-1", "4294967295", "99999999999", "root", "Follow", "1 ", "0x0", "+0"};
	struct nsenter_id id = {0};

	(void)state;
	assert_int_equal(nsenter_id_parse("follow", &id, NULL), 0);
	assert_int_equal(id.how, NSENTER_ID_FOLLOW);
	assert_int_equal(nsenter_id_parse("4294967294", &id, NULL), 0);
	assert_int_equal(id.how, NSENTER_ID_NUMBER);
	assert_true(id.number == 4294967294u);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_true(nsenter_id_parse(bad[i], &id, NULL) < 0);
		assert_true(id.number == 4294967294u);
	}
}

/* A request for the target's network, to be changed by a test. */
static struct nsenter_request net_of(pid_t pid)
{
	struct nsenter_request req = {.net_socket = -1, .target = {.pid = pid}};

	req.ns[NS_NET].given = true;
	return req;
}

/* Expects that REQ is refused with WORD in the sentence; NULL: that it is not. */
static void expect(const struct nsenter_request *req, const char *word)
{
	struct err e = {0};
	int r = nsenter_check(req, &e);

	if (!word) {
		assert_int_equal(r, 0);
		return;
	}
	assert_true(r < 0);
	if (!strstr(e.what, word))
		fail_msg("\"%s\" does not have \"%s\"", e.what, word);
}

static void test_contradictions(void **state)
{
	struct nsenter_request req = {.net_socket = -1};

	(void)state;
	expect(&req, "no namespace");
	req.all = true;
	expect(&req, "--all has no process");
	req = net_of(1);
	expect(&req, NULL);
	req = net_of(0);
	expect(&req, "--net has no process");
	req.ns[NS_NET].value = (char[]){"/x"};
	expect(&req, NULL);
	req.ns[NS_NET].value = (char[]){""};
	expect(&req, "--net= names no file");
	req = net_of(1);
	req.preserve_credentials = true;
	expect(&req, NULL);
	req.gid.how = NSENTER_ID_FOLLOW;
	expect(&req, "--preserve-credentials and --setgid");
	req = net_of(1);
	req.wdns.given = true;
	expect(&req, "--wdns needs a directory");
	req.wdns.value = (char[]){""};
	expect(&req, "--wdns= names no directory");
	req = (struct nsenter_request){.net_socket = 3};
	expect(&req, "--net-socket has no process");
	req = (struct nsenter_request){.net_socket = -1, .env = true, .root = {.given = true}, .target = {.pid = 1}};
	expect(&req, "no namespace");
	req = (struct nsenter_request){.net_socket = -1, .user_parent = true};
	expect(&req, "--user-parent has no process");
}

static void test_status_ids(void **state)
{
	static const char good[] = "Name:\tUid:\\n\nUmask:\t0022\nUid:\t1\t2\t3\t4\nGid:\t5\t4294967294\t7\t8\n";
	uint32_t id = 99;

	(void)state;
	assert_true(target_status_id(good, "Uid:", &id));
	assert_true(id == 2);
	assert_true(target_status_id(good, "Gid:", &id));
	assert_true(id == 4294967294u);
	assert_false(target_status_id("Name:\tx\n", "Uid:", &id));
	assert_false(target_status_id("Uid:\t1", "Uid:", &id));
	assert_false(target_status_id("", "Uid:", &id));
	assert_true(id == 4294967294u);
}

/* A pidfd goes on to mean the process that it was opened for. */
static void test_target_is_held(void **state)
{
	struct target t = {.pidfd = FD_NONE, .proc_fd = FD_NONE};
	struct target_name name = {.pid = fork()};
	struct err e = {0};
	int fd = FD_NONE;

	(void)state;
	if (name.pid == 0) {
		pause();
		_exit(0);
	}
	assert_int_equal(target_open(&t, &name, &e), 0);
	kill(name.pid, SIGKILL);
	waitpid(name.pid, NULL, 0);
	assert_int_equal(target_look(&t, &e), -ENOENT);
	assert_true(target_file(&t, "environ", 0, &fd, &e) < 0);
	assert_int_equal(fd, FD_NONE);
	target_release(&t);
	assert_int_equal(target_open(&t, &name, &e), -ESRCH);
}

static void test_target_by_inode(void **state)
{
	struct target t = {.pidfd = FD_NONE, .proc_fd = FD_NONE};
	struct target_name name = {.pid = getpid()};
	struct err e = {0};
	struct stat st;

	(void)state;
	assert_int_equal(target_open(&t, &name, &e), 0);
	assert_int_equal(fstat(t.pidfd, &st), 0);
	target_release(&t);
	name.inode = st.st_ino + 1;
	int r = target_open(&t, &name, &e);
	if (r == -EOPNOTSUPP)
		skip();
	assert_int_equal(r, -ESRCH);
	assert_int_equal(t.pidfd, FD_NONE);
	name.inode = st.st_ino;
	assert_int_equal(target_open(&t, &name, &e), 0);
	target_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_processes), cmocka_unit_test(test_ids),
		cmocka_unit_test(test_contradictions),	   cmocka_unit_test(test_status_ids),
		cmocka_unit_test(test_target_is_held),	   cmocka_unit_test(test_target_by_inode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
