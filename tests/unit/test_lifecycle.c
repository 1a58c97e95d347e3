/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kill, stop, rm, wait, pause, rename, ps, inspect, top: against an owner that is a forked process, and its
 * 'container'. */
#include "engine/lifecycle.h"
#include "engine_unit.h"

#include "base/json.h"
#include "core/cgroup.h"
#include "core/process.h"
#include "core/sys.h"
#include "engine/inspect.h"
#include "engine/ps.h"
#include "engine/sweep.h"
#include "engine/top.h"

/* How the pretended container behaves, and what its owner does at the end. */
struct play {
	const char *name;
	bool persistent;
	bool ignore_term;
};

/* What the pretended container does: nothing, with a child that does nothing either. */
static void play_container(void)
{
	fork();
	for (;;)
		pause();
}

/* The owner: makes the box, its cgroup and its process, waits for the end, records it, cleans up.  Ends the process. */
static void play_owner(struct rig *g, const struct play *p, int ready)
{
	const struct cgroup_host *host;
	struct spec_resources res = {0};
	struct cgroup cg = {.v2_fd = FD_NONE};
	char *path;
	struct box b;
	int status;

	rig_box(g, p->name, p->persistent, &b);
	b.record.command = arena_strdup(&g->arena, "sleep 1000");
	must(box_save(&b, &g->err), &g->err);
	must(box_state_save(&b, &g->err), &g->err);
	must(home_cgroups(&g->home, &host, &g->err), &g->err);
	must(box_cgroup_path(&b, &path, &g->err), &g->err);
	must(cgroup_make(&cg, host, path, &res, &g->arena, &g->err), &g->err);
	pid_t pid = fork();
	if (pid == 0) {
		must(cgroup_join(&cg, 0, true, &g->err), &g->err);
		box_close(&b); /* a program that is executed would not have the lock either */
		if (p->ignore_term)
			signal(SIGTERM, SIG_IGN);
		if (write(ready, "c", 1) != 1)
			_exit(1);
		close(ready);
		play_container();
	}
	auto_fd pidfd = sys_pidfd_open(pid, 0);
	b.state = (struct box_state){.status = BOX_RUNNING, .pid = pid, .owner_pid = getpid(), .started_ns = 1};
	must(process_identity(pidfd, pid, &b.state.pid_identity), &g->err);
	must(box_state_save(&b, &g->err), &g->err);
	if (write(ready, "o", 1) != 1)
		_exit(1);
	close(ready);
	waitpid(pid, &status, 0);
	must(cgroup_kill(&cg, 5000, &g->err), &g->err);
	must(cgroup_remove(&cg, 5000, &g->err), &g->err);
	b.state.exit_status = process_status_of_wait(status);
	must(box_state_end(&b, &g->err), &g->err);
	if (!p->persistent)
		must(box_remove(&b, &g->err), &g->err);
	_exit(0);
}

/* Starts an owner; returns when its container runs. */
static pid_t play(struct rig *g, const struct play *p)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t owner = fork();
	if (owner == 0) {
		close(ready[0]);
		play_owner(g, p, ready[1]);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return owner;
}

/* How many processes are in the cgroup of container ID, and whether the group is there. */
static size_t cgroup_count(struct rig *g, const char *id, bool *ret_there)
{
	const struct cgroup_host *host;
	struct cgroup cg = {.v2_fd = FD_NONE};
	struct pids pids = {0};

	must(home_cgroups(&g->home, &host, &g->err), &g->err);
	must(cgroup_open(&cg, host, arena_printf(&g->arena, "%s/%s", host->base, id), &g->arena, &g->err), &g->err);
	must(cgroup_pids(&cg, &g->arena, &pids, &g->err), &g->err);
	*ret_there = cg.v2_fd >= 0 || cg.v1_used != 0;
	cgroup_release(&cg);
	return pids.n;
}

/* The id of the container called NAME. */
static char *id_of(struct rig *g, const char *name)
{
	struct box b;

	must(box_find(&g->home, name, false, &b, &g->err), &g->err);
	box_close(&b);
	return arena_strdup(&g->arena, b.id);
}

/* No process, no cgroup of container ID. */
static void assert_dead(struct rig *g, const char *id)
{
	bool there;

	assert_int_equal(cgroup_count(g, id, &there), 0);
	assert_false(there);
}

static void says(const struct rig *g, const char *words)
{
	char text[1024];

	err_format(&g->err, text, sizeof(text));
	if (!strstr(text, words))
		fail_msg("\"%s\" does not say \"%s\"", text, words);
}

static void kill_reaches_the_first_process(void **state)
{
	struct rig *g = *state;
	pid_t owner = play(g, &(struct play){"web", true, false});
	char *id = id_of(g, "web");
	int status;

	assert_true(box_kill(&g->home, "web", 999, &g->err) < 0);
	must(box_kill(&g->home, "web", 0, &g->err), &g->err);
	must(box_kill(&g->home, id, SIGUSR1, &g->err), &g->err);
	must(box_wait(&g->home, "web", &status, &g->err), &g->err);
	assert_int_equal(status, 128 + SIGUSR1);
	assert_int_equal(child_status(owner), 0);
	assert_true(box_kill(&g->home, "web", SIGTERM, &g->err) < 0);
	says(g, "has ended (isle start web)");
	assert_int_equal(box_kill(&g->home, "nobody", SIGTERM, &g->err), -ENOENT);
	assert_dead(g, id);
}

static void stop_asks_first_and_kills_then(void **state)
{
	struct rig *g = *state;
	struct timespec begin, end;

	for (int stubborn = 0; stubborn < 2; stubborn++) {
		pid_t owner = play(g, &(struct play){"web", true, stubborn});
		char *id = id_of(g, "web");
		int status;

		clock_gettime(CLOCK_MONOTONIC, &begin);
		must(box_stop(&g->home, "web", stubborn ? 1 : -1, &g->err), &g->err);
		clock_gettime(CLOCK_MONOTONIC, &end);
		assert_in_range((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000,
				stubborn ? 900 : 0, 5000);
		/* When stop returns the owner has cleaned up. */
		assert_dead(g, id);
		must(box_wait(&g->home, "web", &status, &g->err), &g->err);
		assert_int_equal(status, 128 + (stubborn ? SIGKILL : SIGTERM));
		must(box_stop(&g->home, "web", -1, &g->err), &g->err); /* twice is fine */
		assert_int_equal(child_status(owner), 0);
		must(box_rm(&g->home, "web", false, &g->err), &g->err);
	}
}

static void stop_of_a_transient_container_leaves_nothing(void **state)
{
	struct rig *g = *state;
	pid_t owner = play(g, &(struct play){"web", false, false});

	must(box_stop(&g->home, "web", -1, &g->err), &g->err);
	assert_int_equal(box_stop(&g->home, "web", -1, &g->err), -ENOENT);
	assert_int_equal(child_status(owner), 0);
	assert_int_equal(count_entries(g->home.run_fd, "boxes"), 0);
}

static void wait_learns_the_status_of_a_container_that_vanishes(void **state)
{
	struct rig *g = *state;
	pid_t owner = play(g, &(struct play){"web", false, false});
	pid_t waiter = fork();

	if (waiter == 0) {
		int status = 0;

		_exit(box_wait(&g->home, "web", &status, &g->err) < 0 ? 99 : status - 128);
	}
	sleep_ms(50);
	must(box_kill(&g->home, "web", SIGINT, &g->err), &g->err);
	assert_int_equal(child_status(waiter), SIGINT);
	assert_int_equal(child_status(owner), 0);
}

static void rm_refuses_the_running_without_force(void **state)
{
	struct rig *g = *state;

	for (int persistent = 0; persistent < 2; persistent++) {
		pid_t owner = play(g, &(struct play){"web", persistent, true});
		char *id = id_of(g, "web");

		assert_int_equal(box_rm(&g->home, "web", false, &g->err), -EBUSY);
		says(g, "isle rm -f web");
		must(box_rm(&g->home, "web", true, &g->err), &g->err);
		assert_int_equal(child_status(owner), 0);
		assert_dead(g, id);
		assert_int_equal(count_entries(g->home.run_fd, "boxes"), 0);
		assert_int_equal(count_entries(g->home.run_fd, "names"), 0);
		assert_int_equal(count_entries(g->home.data_fd, "containers"), 0);
		must(box_rm(&g->home, "web", true, &g->err), &g->err); /* gone is fine with force */
		assert_int_equal(box_rm(&g->home, "web", false, &g->err), -ENOENT);
	}
}

static void rm_kills_by_the_cgroup_whatever_the_files_say(void **state)
{
	static const char *const lies[] = {"", "{", "{\"status\":\"running\",\"pid\":1,\"pidIdentity\":1}",
					   "{\"status\":\"exited\"}"};
	struct rig *g = *state;

	for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
		pid_t owner = play(g, &(struct play){"web", true, true});
		char *id = id_of(g, "web");
		struct box b;

		must(box_open(&g->home, "web", &b, &g->err), &g->err);
		must(file_replace(b.run_fd, "state.json", lies[i], strlen(lies[i]), 0600, &g->err), &g->err);
		must(file_replace(b.data_fd, "record.json", lies[i], strlen(lies[i]), 0600, &g->err), &g->err);
		box_close(&b);
		must(box_rm(&g->home, id, true, &g->err), &g->err);
		assert_dead(g, id);
		child_status(owner);
		assert_int_equal(count_entries(g->home.run_fd, "boxes"), 0);
		assert_int_equal(count_entries(g->home.run_fd, "names"), 0);
	}
}

static void a_killed_owner_is_cleaned_up_after(void **state)
{
	enum how { BY_SWEEP, BY_STOP, BY_RM, BY_WAIT, HOW_COUNT };
	struct rig *g = *state;

	for (enum how how = 0; how < HOW_COUNT; how++) {
		pid_t owner = play(g, &(struct play){"web", true, true});
		char *id = id_of(g, "web");
		int status;

		assert_int_equal(kill(owner, SIGKILL), 0);
		assert_int_equal(child_status(owner), 128 + SIGKILL);
		if (how == BY_SWEEP)
			sweep(&g->home);
		if (how == BY_STOP)
			must(box_stop(&g->home, "web", -1, &g->err), &g->err);
		if (how == BY_RM)
			must(box_rm(&g->home, "web", false, &g->err), &g->err);
		if (how == BY_WAIT) {
			must(box_wait(&g->home, "web", &status, &g->err), &g->err);
			assert_int_equal(status, 137);
			sweep(&g->home);
		}
		assert_dead(g, id);
		must(box_rm(&g->home, "web", true, &g->err), &g->err);
		assert_int_equal(count_entries(g->home.run_fd, "boxes"), 0);
	}
}

static void stop_and_rm_killed_at_each_step_can_be_repeated(void **state)
{
	static const struct {
		bool stop;
		const char *fault;
	} rows[] = {
		{true, "kill=signal"},	       {true, "kill=wait"},	  {true, "kill=kill"},
		{true, "kill=settle"},	       {true, "kill-after=kill"}, {false, "kill=kill"},
		{false, "kill=own"},	       {false, "kill=cgroup"},	  {false, "kill=forget"},
		{false, "kill=unname"},	       {false, "kill=discard"},	  {false, "kill-after=own"},
		{false, "kill-after=discard"},
	};
	struct rig *g = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		pid_t owner = play(g, &(struct play){"web", true, true});
		char *id = id_of(g, "web");
		pid_t child = fork();

		if (child == 0) {
			setenv("ISLE_FAULT", rows[i].fault, 1);
			_exit(rows[i].stop ? box_stop(&g->home, "web", 0, &g->err)
					   : box_rm(&g->home, "web", true, &g->err));
		}
		if (child_status(child) != 128 + SIGKILL)
			fail_msg("%s did not kill", rows[i].fault);
		sweep(&g->home);
		must(box_rm(&g->home, "web", true, &g->err), &g->err);
		assert_int_equal(child_status(owner), 0);
		assert_dead(g, id);
		assert_int_equal(count_entries(g->home.run_fd, "boxes"), 0);
		assert_int_equal(count_entries(g->home.run_fd, "names"), 0);
		assert_int_equal(count_entries(g->home.data_fd, "containers"), 0);
		assert_int_equal(count_entries(g->home.data_fd, "trash"), 0);
	}
}

static void pause_freezes_and_kill_works_all_the_same(void **state)
{
	struct rig *g = *state;
	pid_t owner = play(g, &(struct play){"web", true, false});
	struct box b;
	int status;

	must(box_pause(&g->home, "web", &g->err), &g->err);
	must(box_find(&g->home, "web", false, &b, &g->err), &g->err);
	assert_int_equal(b.state.status, BOX_PAUSED);
	box_close(&b);
	assert_true(box_pause(&g->home, "web", &g->err) < 0);
	says(g, "paused already");
	must(box_unpause(&g->home, "web", &g->err), &g->err);
	assert_true(box_unpause(&g->home, "web", &g->err) < 0);
	says(g, "not paused");
	must(box_pause(&g->home, "web", &g->err), &g->err);
	must(box_kill(&g->home, "web", SIGKILL, &g->err), &g->err);
	must(box_wait(&g->home, "web", &status, &g->err), &g->err);
	assert_int_equal(status, 137);
	assert_int_equal(child_status(owner), 0);
	assert_true(box_pause(&g->home, "web", &g->err) < 0);
	says(g, "has ended");
	must(box_rm(&g->home, "web", false, &g->err), &g->err);

	/* stop gets through to a paused one too. */
	owner = play(g, &(struct play){"web", true, false});
	must(box_pause(&g->home, "web", &g->err), &g->err);
	must(box_stop(&g->home, "web", 5, &g->err), &g->err);
	must(box_wait(&g->home, "web", &status, &g->err), &g->err);
	assert_int_equal(status, 128 + SIGTERM);
	assert_int_equal(child_status(owner), 0);
}

static void rename_moves_the_name(void **state)
{
	struct rig *g = *state;
	struct box web, db, found;

	rig_box(g, "web", true, &web);
	rig_box(g, "db", false, &db);
	assert_int_equal(box_rename(&g->home, "web", "db", &g->err), -EEXIST);
	says(g, arena_strndup(&g->arena, db.id, 12));
	assert_true(box_rename(&g->home, "web", "../x", &g->err) < 0);
	assert_int_equal(box_rename(&g->home, "nobody", "x", &g->err), -ENOENT);
	must(box_rename(&g->home, "web", "web", &g->err), &g->err);
	must(box_rename(&g->home, "web", "api", &g->err), &g->err);
	assert_int_equal(box_find(&g->home, "web", false, &found, &g->err), -ENOENT);
	must(box_find(&g->home, "api", false, &found, &g->err), &g->err);
	assert_string_equal(found.id, web.id);
	assert_string_equal(found.record.name, "api");
	box_close(&found);
	/* The owner still thinks of the old name, and yet releases the new one. */
	must(box_remove(&web, &g->err), &g->err);
	assert_int_equal(count_entries(g->home.run_fd, "names"), 1);
	box_close(&web);
	box_close(&db);
}

static void ps_tells_how_they_are(void **state)
{
	struct rig *g = *state;
	pid_t owner = play(g, &(struct play){"web", false, false});
	struct box ended;
	struct ps_rows rows = {0}, all = {0};
	static const struct {
		const char *filter;
		size_t rows;
	} filters[] = {
		{"status=running", 1}, {"status=exited", 1}, {"exited=3", 1},	      {"exited=4", 0},
		{"name=eb", 1},	       {"label=tier", 0},    {"label=tier=front", 0}, {"name=nothing", 0},
	};

	rig_box(g, "ended", true, &ended);
	*list_add(&ended.record.labels, &g->arena) =
		(struct spec_pair){arena_strdup(&g->arena, "tier"), arena_strdup(&g->arena, "front")};
	ended.record.created_ns = 2000;
	must(box_save(&ended, &g->err), &g->err);
	ended.state.exit_status = 3;
	must(box_state_end(&ended, &g->err), &g->err);
	box_close(&ended);

	must(ps_rows(&g->home, false, NULL, &rows, &g->err), &g->err);
	assert_int_equal(rows.n, 1);
	assert_string_equal(rows.v[0].name, "web");
	assert_string_equal(rows.v[0].command, "sleep 1000");
	assert_true(strncmp(rows.v[0].status_text, "running ", 8) == 0);
	assert_true(rows.v[0].pid > 0);
	must(ps_rows(&g->home, true, NULL, &all, &g->err), &g->err);
	assert_int_equal(all.n, 2);
	assert_string_equal(all.v[0].name, "ended"); /* the youngest first */
	assert_string_equal(all.v[0].status_text, "exited (3) 0 s ago");
	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		struct ps_rows found = {0};
		struct strs list = {0};

		strs_add(&list, &g->arena, filters[i].filter);
		must(ps_rows(&g->home, false, &list, &found, &g->err), &g->err);
		if (found.n != filters[i].rows)
			fail_msg("%s: %zu rows", filters[i].filter, found.n);
	}
	static const char *const both[] = {"label=tier=front", "status=exited"}, *const bad[] = {
											 "", "status",
											 "status=", "colour=red",
											 "status=x"};
	struct strs list = {0};
	struct ps_rows found = {0};
	for (size_t i = 0; i < ARRAY_LEN(both); i++)
		strs_add(&list, &g->arena, both[i]);
	must(ps_rows(&g->home, false, &list, &found, &g->err), &g->err);
	assert_int_equal(found.n, 1);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct strs one = {0};

		strs_add(&one, &g->arena, bad[i]);
		assert_true(ps_rows(&g->home, true, &one, &found, &g->err) < 0);
	}
	must(box_rm(&g->home, "web", true, &g->err), &g->err);
	assert_int_equal(child_status(owner), 0);
}

static void ages_are_in_words(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {{-86400, "0 s"},   {0, "0 s"},    {1, "1 s"},	{119, "119 s"},	    {120, "2 min"},
		    {7199, "119 min"}, {7200, "2 h"}, {172799, "47 h"}, {172800, "2 days"}, {86400 * 400, "400 days"}};
	struct rig *g = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(ps_age(&g->arena, rows[i].seconds * 1000000000), rows[i].text);
}

static void inspect_is_json_and_top_lists_the_processes(void **state)
{
	struct rig *g = *state;
	pid_t owner = play(g, &(struct play){"web", true, false});
	struct top_rows rows = {0};
	struct json_out out;
	struct json *tree;

	json_out_init(&out, &g->arena, JSON_INDENTED);
	must(inspect_box(&g->home, "web", &out, &g->err), &g->err);
	assert_int_equal(inspect_box(&g->home, "nobody", &out, &g->err), -ENOENT);
	must(json_parse(json_out_text(&out), out.n, &g->arena, &tree, &g->err), &g->err);
	assert_string_equal(json_text(json_get(tree, "status")), "running");
	assert_string_equal(json_text(json_get(json_get(tree, "record"), "name")), "web");
	assert_non_null(json_get(tree, "config"));
	/* The container's second process may need a moment. */
	for (int tries = 0; rows.n < 2 && tries < 100; tries++) {
		rows.n = 0;
		must(top_rows(&g->home, "web", &rows, &g->err), &g->err);
		sleep_ms(10);
	}
	assert_int_equal(rows.n, 2);
	assert_int_equal(rows.v[0].ppid, owner);
	assert_int_equal(rows.v[1].ppid, rows.v[0].pid);
	assert_int_equal(rows.v[0].inside_pid, rows.v[0].pid);
	assert_int_equal(rows.v[0].uid, getuid());
	assert_non_null(strstr(rows.v[0].command, "test_lifecycle"));
	assert_true(rows.v[0].started_ns > 1000000000000000000);
	must(box_rm(&g->home, "web", true, &g->err), &g->err);
	assert_int_equal(child_status(owner), 0);
	assert_true(top_rows(&g->home, "web", &rows, &g->err) < 0);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(kill_reaches_the_first_process),
		ROW(stop_asks_first_and_kills_then),
		ROW(stop_of_a_transient_container_leaves_nothing),
		ROW(wait_learns_the_status_of_a_container_that_vanishes),
		ROW(rm_refuses_the_running_without_force),
		ROW(rm_kills_by_the_cgroup_whatever_the_files_say),
		ROW(a_killed_owner_is_cleaned_up_after),
		ROW(stop_and_rm_killed_at_each_step_can_be_repeated),
		ROW(pause_freezes_and_kill_works_all_the_same),
		ROW(rename_moves_the_name),
		ROW(ps_tells_how_they_are),
		ROW(ages_are_in_words),
		ROW(inspect_is_json_and_top_lists_the_processes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
