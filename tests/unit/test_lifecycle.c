/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kill, stop, rm, wait, pause and rename. */
#include "engine/sweep.h"
#include "lifecycle_unit.h"
#include "process_state.h"

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
	/* Until it waits for the owner's lock: before, it may not have found the container. */
	for (int i = 0; i < 30000 && process_state(waiter) != 'S'; i++)
		sleep_ms(1);
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
		assert_empty(g);
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
		assert_empty(g);
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
		assert_empty(g);
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
		assert_empty(g);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_RIG(kill_reaches_the_first_process),
		IN_RIG(stop_asks_first_and_kills_then),
		IN_RIG(stop_of_a_transient_container_leaves_nothing),
		IN_RIG(wait_learns_the_status_of_a_container_that_vanishes),
		IN_RIG(rm_refuses_the_running_without_force),
		IN_RIG(rm_kills_by_the_cgroup_whatever_the_files_say),
		IN_RIG(a_killed_owner_is_cleaned_up_after),
		IN_RIG(stop_and_rm_killed_at_each_step_can_be_repeated),
		IN_RIG(pause_freezes_and_kill_works_all_the_same),
		IN_RIG(rename_moves_the_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
