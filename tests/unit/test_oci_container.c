/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of a container of 'isle oci': what is noted comes back, and what is not believed without a look. */
#include "core/process.h"
#include "core/sys.h"
#include "jail.h"
#include "oci/container.h"

#include <sys/socket.h>
#include <time.h>

static struct arena arena;
static char root[TEST_DIR_MAX];
static struct oci_runtime rt = {.arena = &arena, .root = root};

static int make_root(void **state)
{
	struct err e = {0};

	(void)state;
	if (!test_dir_make(root, "isle-test-oci-"))
		return -1;
	return oci_open(&rt, false, &e);
}

static int remove_root(void **state)
{
	struct oci_container c;
	struct strs ids;
	struct err e = {0};

	(void)state;
	must(container_ids(&rt, &ids, &e), &e);
	for (size_t i = 0; i < ids.n; i++) {
		container_init(&c, &rt, ids.v[i]);
		must(container_forget(&c, &e), &e);
	}
	oci_close(&rt);
	arena_free(&arena);
	return rmdir(root);
}

/* A claimed container whose first process is PID. */
static void claim(struct oci_container *c, const char *id, pid_t pid)
{
	struct err e = {0};

	must(container_claim(c, &rt, id, &e), &e);
	c->record.bundle = arena_strdup(&arena, "/b");
	c->record.pid = pid;
	if (pid > 0) {
		auto_fd fd = sys_pidfd_open(pid, 0);

		must_call(fd);
		must(process_identity(fd, pid, &c->record.identity), &e);
	}
	must(container_save(c, &e), &e);
}

/* The status of container ID as a reader sees it. */
static enum oci_status status_of(const char *id)
{
	CLEANUP(container_close) struct oci_container c;
	struct err e = {0};

	must(container_open(&c, &rt, id, false, &e), &e);
	return container_status(&c);
}

/* A process that does nothing until it is killed. */
static pid_t sleeper(void)
{
	pid_t pid = child_start();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static void a_record_goes_around(void **state)
{
	static const char text[] = "{\"bundle\":\"/b\",\"rootfs\":\"/b/rootfs\",\"creating\":true,\"creator\":7,"
				   "\"creatorIdentity\":18446744073709551615,\"pid\":8,\"identity\":9,"
				   "\"cgroup\":\"/a/b\",\"unit\":\"b.scope\",\"userManager\":true,"
				   "\"mountPoint\":\"/b/rootfs\",\"holderMount\":2147483653,"
				   "\"rootMount\":2147483652,\"mountInode\":5,\"mountNamespace\":3,"
				   "\"created\":1700000000000000001,\"owner\":1000,\"rootless\":true}";
	struct oci_record record;
	struct err e = {0};

	(void)state;
	must(container_record_parse(text, strlen(text), &arena, &record, &e), &e);
	assert_true(record.creating && record.user_manager && record.rootless);
	assert_int_equal(record.creator_identity, UINT64_MAX);
	assert_int_equal(record.created_ns, 1700000000000000001);
	assert_string_equal(record.unit, "b.scope");
	assert_int_equal(record.place.root, 2147483652);
	assert_string_equal(container_record_print(&record, &arena), text);
}

static void what_a_record_leaves_out_is_not_there(void **state)
{
	static const char text[] = "{\"bundle\":\"/b\",\"owner\":0}";
	struct oci_record record;
	struct err e = {0};

	(void)state;
	memset(&record, 0xff, sizeof(record));
	must(container_record_parse(text, strlen(text), &arena, &record, &e), &e);
	assert_string_equal(container_record_print(&record, &arena), text);
}

static void what_is_noted_is_found(void **state)
{
	CLEANUP(container_close) struct oci_container c;
	CLEANUP(container_close) struct oci_container again;
	struct err e = {0};

	(void)state;
	claim(&c, "c", 0);
	must(container_open(&again, &rt, "c", false, &e), &e);
	assert_string_equal(again.record.bundle, "/b");
	assert_null(again.record.cgroup);
	container_close(&again);
	must(container_forget(&c, &e), &e);
	must_fail(container_open(&again, &rt, "c", false, &e), ENOENT, &e, "container \"c\" does not exist");
}

/* A record that can't be read says what to do; the directory and the lock are still to be had, for delete --force. */
static void a_broken_record_is_told(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{}",
		"{\"bundle\":7}",
		"{\"bundle\":\"/b\",\"owner\":-1}",
		"{\"bundle\":\"/b\",\"pid\":99999999999}",
		"{\"bundle\":\"/b\"}{",
		"{\"bundle\":\"/\\u0000\"}",
	};
	CLEANUP(container_close) struct oci_container c;
	struct err e = {0};

	(void)state;
	claim(&c, "c", 0);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CLEANUP(container_close) struct oci_container reader;

		e = (struct err){0};
		must(file_replace(c.dir_fd, "record.json", texts[i], strlen(texts[i]), 0600, &e), &e);
		assert_true(container_open(&reader, &rt, "c", false, &e) < 0);
		must_have(e.cure, "delete --force");
		assert_null(reader.record.bundle);
		assert_true(reader.dir_fd >= 0);
	}
	assert_int_equal(unlinkat(c.dir_fd, "record.json", 0), 0);
	CLEANUP(container_close) struct oci_container reader;
	must_fail(container_open(&reader, &rt, "c", false, &e), ENOENT, &e, "delete --force");
}

static void one_of_two_gets_the_id(void **state)
{
	CLEANUP(container_close) struct oci_container first;
	CLEANUP(container_close) struct oci_container second;
	struct err e = {0};

	(void)state;
	must(container_claim(&first, &rt, "c", &e), &e);
	must_fail(container_claim(&second, &rt, "c", &e), EEXIST, &e, "container with given ID already exists: c");
	assert_true(second.dir_fd < 0 && second.lock_fd < 0);
	/* The winner has removed it: the id is free again. */
	must(container_forget(&first, &e), &e);
	must(container_claim(&second, &rt, "c", &e), &e);
}

/* Who waited for the lock of a container that is removed meanwhile does not get that of a later one. */
static void a_lock_is_of_what_is_there(void **state)
{
	CLEANUP(container_close) struct oci_container c;
	struct err e = {0};

	(void)state;
	claim(&c, "c", 0);
	pid_t pid = child_start();
	if (pid == 0) {
		struct oci_container waiting;

		/* The child's copy of the lock is one with ours. */
		close(c.dir_fd);
		close(c.lock_fd);
		_exit(container_reach(&waiting, &rt, "c", true, &e) == -ENOENT ? 0 : 1);
	}
	/* Whether the child has come to the lock yet does not matter: without the directory it finds nothing. */
	nanosleep(&(struct timespec){.tv_nsec = 20 * 1000000}, NULL);
	must(container_forget(&c, &e), &e);
	container_close(&c);
	assert_int_equal(child_end(pid), 0);
}

static void the_status_is_seen_in_the_world(void **state)
{
	struct oci_container c;
	auto_fd parked = FD_NONE;
	struct err e = {0};
	pid_t pid = sleeper();

	(void)state;
	claim(&c, "c", pid);
	assert_int_equal(status_of("c"), STATUS_RUNNING);
	must(container_listen(&c, &parked, &e), &e);
	assert_int_equal(status_of("c"), STATUS_CREATED);
	fd_close(&parked); /* the socket's name stays; nobody listens */
	assert_int_equal(status_of("c"), STATUS_RUNNING);

	auto_fd self = sys_pidfd_open(getpid(), 0);
	c.record.creating = true;
	c.record.creator = getpid();
	must(process_identity(self, getpid(), &c.record.creator_identity), &e);
	must(container_save(&c, &e), &e);
	assert_int_equal(status_of("c"), STATUS_CREATING);
	c.record.creator_identity++; /* create was killed, and its number is another's */
	must(container_save(&c, &e), &e);
	assert_int_equal(status_of("c"), STATUS_RUNNING);

	must_call(kill(pid, SIGKILL));
	siginfo_t info;
	must_call(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	assert_int_equal(status_of("c"), STATUS_STOPPED); /* a zombie */
	child_end(pid);
	assert_int_equal(status_of("c"), STATUS_STOPPED);
	container_close(&c);
}

static void a_pid_that_is_used_again_is_another(void **state)
{
	CLEANUP(container_close) struct oci_container c;
	CLEANUP(container_close) struct oci_container reader;
	struct err e = {0};
	pid_t pid = sleeper();

	(void)state;
	claim(&c, "c", pid);
	c.record.identity++;
	must(container_save(&c, &e), &e);
	must(container_open(&reader, &rt, "c", false, &e), &e);
	assert_int_equal(reader.status, STATUS_STOPPED);
	assert_true(reader.pidfd < 0); /* nobody can be signalled by mistake */
	must_call(kill(pid, SIGKILL));
	child_end(pid);
}

static void ids(void **state)
{
	static const char *const good[] = {"a", "A-b_c.d+e", "0", "-a", "a."};
	static const char *const bad[] = {"",	 ".",	"..", "...", ".a", "a/b",  "/",
					  "a b", "a\n", "ä",  "a:b", "a%", "../a", "a\x7f"};
	CLEANUP(container_close) struct oci_container c;
	struct strs list;
	struct err e = {0};
	char longest[257];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		must(oci_id_check(good[i], &e), &e);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_true(oci_id_check(bad[i], &e) < 0);
		assert_true(container_claim(&c, &rt, bad[i], &e) < 0);
		assert_true(container_reach(&c, &rt, bad[i], false, &e) < 0);
	}
	memset(longest, 'x', sizeof(longest) - 1);
	longest[256] = '\0';
	assert_true(oci_id_check(longest, &e) < 0);
	longest[255] = '\0'; /* as long as a name of a file can be */
	must(container_claim(&c, &rt, longest, &e), &e);
	must(container_forget(&c, &e), &e);
	container_close(&c);

	must(container_claim(&c, &rt, "b", &e), &e);
	container_close(&c);
	must(container_claim(&c, &rt, "a", &e), &e);
	must_call(mkdirat(rt.root_fd, ".hidden", 0700));
	must(container_ids(&rt, &list, &e), &e);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.v[0], "a");
	must_call(unlinkat(rt.root_fd, ".hidden", AT_REMOVEDIR));
}

/* A link or a file in the place of a container's directory is no container. */
static void a_container_is_a_directory(void **state)
{
	CLEANUP(container_close) struct oci_container c;
	struct err e = {0};

	(void)state;
	must_call(symlinkat("/", rt.root_fd, "link"));
	must_fail(container_reach(&c, &rt, "link", false, &e), ENOENT, &e, "does not exist");
	must_fail(container_claim(&c, &rt, "link", &e), EEXIST, &e, "already exists");
	must_call(unlinkat(rt.root_fd, "link", 0));
	auto_fd fd = openat(rt.root_fd, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	must_call(fd);
	must_fail(container_reach(&c, &rt, "file", false, &e), ENOENT, &e, "does not exist");
	must_call(unlinkat(rt.root_fd, "file", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_record_goes_around, make_root, remove_root),
		cmocka_unit_test_setup_teardown(what_a_record_leaves_out_is_not_there, make_root, remove_root),
		cmocka_unit_test_setup_teardown(what_is_noted_is_found, make_root, remove_root),
		cmocka_unit_test_setup_teardown(a_broken_record_is_told, make_root, remove_root),
		cmocka_unit_test_setup_teardown(one_of_two_gets_the_id, make_root, remove_root),
		cmocka_unit_test_setup_teardown(a_lock_is_of_what_is_there, make_root, remove_root),
		cmocka_unit_test_setup_teardown(the_status_is_seen_in_the_world, make_root, remove_root),
		cmocka_unit_test_setup_teardown(a_pid_that_is_used_again_is_another, make_root, remove_root),
		cmocka_unit_test_setup_teardown(ids, make_root, remove_root),
		cmocka_unit_test_setup_teardown(a_container_is_a_directory, make_root, remove_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
