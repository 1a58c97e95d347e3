/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd as the maker of control groups.  Names are plain functions; the calls are made to a systemd that is played here,
 * which notes what it was asked; and where a systemd runs, to that: a scope around a process, changed, stopped.
 */
#include "systemd_unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- names ---- */

static void slices_become_paths(void **state)
{
	static const char *const good[][2] = {
		{"a.slice", "/a.slice"},
		{"a-b-c.slice", "/a.slice/a-b.slice/a-b-c.slice"},
		{"-.slice", ""},
		{"machine.slice", "/machine.slice"},
		{"user-1000.slice", "/user.slice/user-1000.slice"},
	};
	static const char *const bad[] = {"",	      ".slice",	    "a",	 "a.scope",    "-a.slice",
					  "a-.slice", "a--b.slice", "a/b.slice", "../a.slice", "--.slice"};
	struct err e;
	char *path;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(systemd_slice_path(good[i][0], &arena, &path, &e), 0);
		assert_string_equal(path, good[i][1]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(systemd_slice_path(bad[i], &arena, &path, &e) < 0);
}

static void paths_of_the_spec(void **state)
{
	struct cgroup_host h;
	struct spec_pairs none = {0};
	struct cgroup_manager m;
	struct err e = {0};
	static const struct {
		const char *given, *path, *unit;
	} good[] = {
		{"machine.slice:libpod:abc", "/machine.slice/libpod-abc.scope", "libpod-abc.scope"},
		{"a-b.slice:docker:1", "/a.slice/a-b.slice/docker-1.scope", "docker-1.scope"},
		{":x:1", "/system.slice/x-1.scope", "x-1.scope"},
		{"system.slice::1", "/system.slice/1.scope", "1.scope"},
		{"system.slice:x:pod.slice", "/system.slice/pod.slice", "pod.slice"},
		{"", "/system.slice/isle-box.scope", "isle-box.scope"},
		{NULL, "/system.slice/isle-box.scope", "isle-box.scope"},
	};
	static const char *const bad[] = {"/a/b", "a:b",	  "a.slice:b:c:d", "a.slice:b:",     "a:b:c",
					  "::",	  "a.slice:b:/c", "a.slice:b:c d", "a.slice:../b:c", "x..:y:z"};

	(void)state;
	assert_int_equal(cgroup_host_probe(&h, &arena, &e), 0);
	for (size_t i = 0; cgroup_is_machine_root() && i < ARRAY_LEN(good); i++) {
		assert_done(cgroup_manager_choose(&m, &h, CGROUP_SYSTEMD, good[i].given, "box", &none, &arena, &e), &e);
		assert_string_equal(m.path, good[i].path);
		assert_string_equal(m.unit, good[i].unit);
		assert_true(cgroup_manager_waits(&m));
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_true(cgroup_manager_choose(&m, &h, CGROUP_SYSTEMD, bad[i], "box", &none, &arena, &e) < 0);
		assert_true(*e.what);
	}
	/* By the files. */
	assert_done(cgroup_manager_choose(&m, &h, CGROUP_CGROUPFS, "/a//b/./c", "box", &none, &arena, &e), &e);
	assert_string_equal(m.path, "/a/b/c");
	assert_done(cgroup_manager_choose(&m, &h, CGROUP_CGROUPFS, "", "box", &none, &arena, &e), &e);
	assert_string_equal(m.path, arena_printf(&arena, "%s/box", h.base));
	assert_done(cgroup_manager_choose(&m, &h, CGROUP_CGROUPFS, "x/y", "box", &none, &arena, &e), &e);
	assert_string_equal(m.path + strlen(m.path) - 4, "/x/y");
	assert_false(cgroup_manager_waits(&m));
	static const char *const bad_files[] = {"/", "..", "/a/../b", "a/..", "/a\nb", "."};
	for (size_t i = 0; i < ARRAY_LEN(bad_files); i++)
		if (strcmp(bad_files[i], ".") != 0 || h.layout == CGROUP_ABSENT)
			assert_true(cgroup_manager_choose(&m, &h, CGROUP_CGROUPFS, bad_files[i], "box", &none, &arena,
							  &e) < 0);
}

/* ---- a systemd that is played ---- */

static void send_message(int fd, struct dbus_message *m)
{
	unsigned char *bytes;
	size_t size;

	if (dbus_write(m, &arena, &bytes, &size, NULL) < 0 || write(fd, bytes, size) < 0)
		_exit(1);
}

static void add_body(struct dbus_message *m, struct dbus_value v)
{
	struct dbus_value *slot = list_add(&m->body, &arena);

	*slot = v;
}

static void send_removed(int fd, const char *job, const char *result)
{
	struct dbus_message s = {.kind = DBUS_SIGNAL, .serial = 1};

	s.path = text("/org/freedesktop/systemd1"), s.interface = text("org.freedesktop.systemd1.Manager");
	s.member = text("JobRemoved");
	add_body(&s, dbus_number('u', 9));
	add_body(&s, dbus_text(&arena, 'o', job));
	add_body(&s, dbus_text(&arena, 's', "x.scope"));
	add_body(&s, dbus_text(&arena, 's', result));
	send_message(fd, &s);
}

/* Answers one call; what happens is in the unit's name. */
static void answer(int fd, struct dbus_message *call)
{
	static int exists;
	struct dbus_message reply = {.kind = DBUS_REPLY, .serial = 1, .reply_to = call->serial};
	const char *unit = "";

	if (dbus_body_read(call, call->signature, &arena, NULL) == 0 && call->body.n > 0)
		unit = call->body.v[0].text;
	if (strcmp(call->member, "Get") == 0) {
		struct dbus_value v = dbus_container('v');
		bool version = strcmp(call->body.v[1].text, "Version") == 0;

		dbus_add(&v, &arena, dbus_text(&arena, 's', version ? "252.39-1" : "/user.slice/user@7.service"));
		add_body(&reply, v);
		send_message(fd, &reply);
		return;
	}
	bool start = strcmp(call->member, "StartTransientUnit") == 0, stop = strcmp(call->member, "StopUnit") == 0;
	bool refuse = (start && strcmp(unit, "exists.scope") == 0) ||
		      (start && strcmp(unit, "failed-before.scope") == 0 && exists++ == 0) ||
		      (start && strcmp(call->signature, "ssa(sv)a(sa(sv))") != 0);
	if (refuse || (stop && strcmp(unit, "gone.scope") == 0)) {
		reply.kind = DBUS_ERROR;
		reply.error =
			text(stop ? "org.freedesktop.systemd1.NoSuchUnit" : "org.freedesktop.systemd1.UnitExists");
		add_body(&reply, dbus_text(&arena, 's', "no"));
	} else if (start || stop) {
		send_removed(fd, "/job/other", "failed");
		add_body(&reply, dbus_text(&arena, 'o', "/job/1"));
	}
	send_message(fd, &reply);
	if (strcmp(unit, "hangup.scope") == 0)
		_exit(0);
	if (reply.kind == DBUS_REPLY && (start || stop)) {
		send_removed(fd, "/job/2", "canceled");
		send_removed(fd, "/job/1", strcmp(unit, "fails.scope") == 0 ? "failed" : "done");
	}
}

/* One connection after the other, as the private socket of a user's systemd. */
static void play(int server)
{
	unsigned char buf[65536];

	for (;;) {
		int fd = accept(server, NULL, NULL);
		size_t size = 0;

		(void)!read(fd, buf, 64);
		(void)!write(fd, "OK 1\r\n", 6);
		(void)!read(fd, buf, 7);
		while (recv(fd, buf, DBUS_HEADER, MSG_WAITALL) == DBUS_HEADER && dbus_size(buf, &size, NULL) == 0 &&
		       size < sizeof(buf) &&
		       recv(fd, buf + DBUS_HEADER, size - DBUS_HEADER, MSG_WAITALL) == (ssize_t)(size - DBUS_HEADER)) {
			struct dbus_message m;

			if (dbus_read(buf, size, &arena, &m, NULL) < 0)
				break;
			answer(fd, &m);
		}
		close(fd);
	}
}

static pid_t start_played(char dir[static TEST_DIR_MAX])
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_non_null(test_dir_make(dir, "isle-test-"));
	assert_int_equal(mkdir(arena_printf(&arena, "%s/systemd", dir), 0700), 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/systemd/private", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		play(fd);
	}
	close(fd);
	setenv("XDG_RUNTIME_DIR", dir, 1);
	return pid;
}

static void end_played(pid_t pid, const char *dir)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(arena_printf(&arena, "%s/systemd/private", dir));
	rmdir(arena_printf(&arena, "%s/systemd", dir));
	rmdir(dir);
	unsetenv("XDG_RUNTIME_DIR");
}

static void units_are_started_and_stopped(void **state)
{
	struct systemd_properties none = {0}, some = {0};
	char dir[TEST_DIR_MAX];
	struct systemd s;
	struct err e = {0};

	(void)state;
	pid_t pid = start_played(dir);
	assert_done(systemd_open(&s, true, &arena, &e), &e);
	assert_int_equal(s.version, 252);
	assert_string_equal(s.control_group, "/user.slice/user@7.service");
	assert_done(systemd_start(&s, "good.scope", "user.slice", 1, &none, &arena, &e), &e);
	assert_done(systemd_start(&s, "failed-before.scope", "user.slice", 1, &none, &arena, &e), &e);
	assert_int_equal(systemd_start(&s, "exists.scope", "user.slice", 1, &none, &arena, &e), -EEXIST);
	assert_int_equal(systemd_start(&s, "fails.scope", "user.slice", 1, &none, &arena, &e), -EREMOTEIO);
	assert_non_null(strstr(e.why, "\"failed\""));
	assert_done(systemd_set(&s, "good.scope", &none, &arena, &e), &e);
	systemd_add(&some, &arena, "TasksMax", dbus_number('t', 5));
	assert_done(systemd_set(&s, "good.scope", &some, &arena, &e), &e);
	assert_done(systemd_stop(&s, "good.scope", &arena, &e), &e);
	assert_done(systemd_stop(&s, "gone.scope", &arena, &e), &e);
	assert_true(systemd_start(&s, "hangup.scope", "user.slice", 1, &none, &arena, &e) < 0);
	systemd_close(&s);
	end_played(pid, dir);
}

static void absent_systemd_is_told(void **state)
{
	struct systemd s;
	struct err e = {0};

	(void)state;
	setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	assert_true(systemd_open(&s, true, &arena, &e) < 0);
	assert_true(*e.cure);
	unsetenv("XDG_RUNTIME_DIR");
	if (systemd_is_running())
		return;
	e = (struct err){0};
	assert_true(systemd_open(&s, false, &arena, &e) < 0);
	assert_non_null(strstr(e.why, "systemd"));
}

/* ---- a systemd that runs ---- */

static char *group_file(const struct cgroup_manager *m, const char *file)
{
	char *got;

	if (!m->host.v2 || file_read(AT_FDCWD, arena_printf(&arena, "%s%s/%s", m->host.v2, m->path, file), &arena,
				     65536, &got, NULL, NULL) < 0)
		return text("");
	got[strcspn(got, "\n")] = '\0';
	return got;
}

/* A process that does nothing until it is killed. */
static pid_t idle(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

/* Where systemd runs (docs/testing.md, "Other machines"). */
static void real_scope(void **state)
{
	struct spec_resources res = {.pids_limit = {true, 50}, .memory = {.limit = {true, 64 << 20}}};
	struct spec_resources up = {.pids_limit = {true, 60}, .cpu = {.quota = {true, 50000}}};
	struct spec_pairs annotations = {0};
	struct cgroup_manager m, later;
	struct cgroup_host h;
	struct cgroup cg;
	struct err e = {0};

	(void)state;
	assert_int_equal(cgroup_host_probe(&h, &arena, &e), 0);
	if (!systemd_is_running())
		skip(); /* tests/skips.txt */
	if (cgroup_is_machine_root())
		add_rule(&res, true, 'c', 1, 3, "rw");
	struct spec_pair *p = list_add(&annotations, &arena);
	*p = (struct spec_pair){text("org.systemd.property.Description"), text("'a test of isle'")};
	char *id = arena_printf(&arena, "test-%d", (int)getpid());
	assert_done(cgroup_manager_choose(&m, &h, CGROUP_SYSTEMD, NULL, id, &annotations, &arena, &e), &e);
	assert_done(cgroup_manager_make(&m, &cg, &res, &e), &e);
	pid_t pid = idle();
	assert_done(cgroup_manager_adopt(&m, &cg, pid, &res, &e), &e);
	print_message("# %s\n", m.path);
	assert_string_equal(group_file(&m, "pids.max"), "50");
	assert_string_equal(group_file(&m, "memory.max"), "67108864");
	assert_string_equal(group_file(&m, "cgroup.procs"), arena_printf(&arena, "%d", (int)pid));
	/* A second container of that name is refused, as is one by the files. */
	struct cgroup second;
	assert_int_equal(cgroup_manager_make(&m, &second, &res, &e), -EBUSY);
	cgroup_release(&cg);
	/* A later command. */
	assert_done(cgroup_manager_find(&later, &h, m.path, m.unit, m.user, &arena, &e), &e);
	assert_done(cgroup_open(&cg, &later.host, later.path, &arena, &e), &e);
	assert_done(cgroup_manager_update(&later, &cg, &up, &e), &e);
	assert_string_equal(group_file(&m, "pids.max"), "60");
	assert_string_equal(group_file(&m, "cpu.max"), "50000 100000");
	assert_string_equal(group_file(&m, "memory.max"), "67108864");
	/* Two that enter it: by the files, and by systemd. */
	pid_t by_files = idle();
	assert_done(cgroup_manager_join(&later, &cg, by_files, &e), &e);
	pid_t by_systemd = idle();
	struct systemd s;
	assert_done(systemd_open(&s, m.user, &arena, &e), &e);
	assert_done(systemd_attach(&s, m.unit, by_systemd, &arena, &e), &e);
	systemd_close(&s);
	struct pids inside = {0};
	assert_done(cgroup_pids(&cg, &arena, &inside, &e), &e);
	assert_int_equal(inside.n, 3);
	assert_done(cgroup_kill(&cg, 10000, &e), &e);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(waitpid(by_files, NULL, 0), by_files);
	assert_int_equal(waitpid(by_systemd, NULL, 0), by_systemd);
	assert_done(cgroup_manager_remove(&later, &cg, 5000, &e), &e);
	cgroup_release(&cg);
	assert_int_equal(cgroup_dir(h.v2, m.path), -ENOENT);
	assert_done(cgroup_manager_remove(&later, &cg, 5000, &e), &e); /* once more harms nobody */
}

/* ---- the files ---- */

static void frozen_places_are_refused(void **state)
{
	struct spec_resources res = {0};
	struct spec_pairs none = {0};
	struct cgroup_manager m;
	struct cgroup_host h;
	struct cgroup top, cg;
	struct err e = {0};

	(void)state;
	assert_int_equal(cgroup_host_probe(&h, &arena, &e), 0);
	if (geteuid() != 0 || !h.writable || !h.v2) {
		print_message("# needs root and a v2 tree\n");
		return;
	}
	char *parent = arena_printf(&arena, "/isle-test-manager-%d", (int)getpid());
	assert_done(cgroup_make(&top, &h, parent, &res, &arena, &e), &e);
	assert_done(cgroup_manager_choose(&m, &h, CGROUP_CGROUPFS, arena_printf(&arena, "%s/x/y", parent), "b", &none,
					  &arena, &e),
		    &e);
	assert_done(cgroup_freeze(&top, true, 1000, &e), &e);
	assert_int_equal(cgroup_manager_make(&m, &cg, &res, &e), -EBUSY);
	assert_non_null(strstr(e.why, "frozen"));
	assert_done(cgroup_freeze(&top, false, 1000, &e), &e);
	assert_done(cgroup_manager_make(&m, &cg, &res, &e), &e);
	assert_done(cgroup_manager_adopt(&m, &cg, 0, &res, &e), &e);
	assert_done(cgroup_manager_remove(&m, &cg, 1000, &e), &e);
	assert_done(cgroup_remove(&top, 1000, &e), &e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices_become_paths),
		cmocka_unit_test(paths_of_the_spec),
		cmocka_unit_test(real_scope),
		cmocka_unit_test(units_are_started_and_stopped),
		cmocka_unit_test(absent_systemd_is_told),
		cmocka_unit_test(frozen_places_are_refused),
	};

	return cmocka_run_group_tests_name("systemd", tests, NULL, NULL);
}
