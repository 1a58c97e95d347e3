/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes: found by every kind of reference, claimed by one only, and telling the truth about their owner. */
#include "engine/box.h"
#include "engine_unit.h"

#include "core/process.h"
#include "core/sys.h"
#include "engine/claim.h"

static void is_found_by_name_id_and_beginning(void **state)
{
	struct rig *g = *state;
	struct box a, found;
	char ref[BOX_ID_LEN + 1];

	rig_box(g, "web", true, &a);
	for (size_t n = 1; n <= BOX_ID_LEN; n++) {
		snprintf(ref, sizeof(ref), "%.*s", (int)n, a.id);
		must(box_find(&g->home, ref, true, &found, &g->err), &g->err);
		assert_string_equal(found.id, a.id);
		assert_string_equal(found.record.name, "web");
		box_close(&found);
	}
	must(box_find(&g->home, "web", false, &found, &g->err), &g->err);
	box_close(&found);
	box_close(&a);
}

static void an_ambiguous_beginning_is_refused(void **state)
{
	struct rig *g = *state;
	struct box boxes[17], found;
	char ref[2] = "";

	/* One more than there are digits: two of them begin with the same. */
	for (size_t i = 0; i < ARRAY_LEN(boxes); i++)
		rig_box(g, NULL, false, &boxes[i]);
	for (size_t i = 0; i < ARRAY_LEN(boxes); i++)
		for (size_t j = 0; j < i; j++)
			if (boxes[i].id[0] == boxes[j].id[0])
				ref[0] = boxes[i].id[0];
	assert_true(box_find(&g->home, ref, false, &found, &g->err) < 0);
	says(g, "more than one");
	for (size_t i = 0; i < ARRAY_LEN(boxes); i++)
		box_close(&boxes[i]);
}

static void odd_references_find_nothing(void **state)
{
	static const char *const refs[] = {
		"",
		".",
		"..",
		"/",
		"../..",
		"a/b",
		"nobody",
		"ffffffffffffffffffffffffffffffff",
		"FFFF",
		"a b",
		"-x",
		"\n",
		"\xff",
		"fffffffffffffffffffffffffffffffff",
		"boxes/../names",
	};
	struct rig *g = *state;
	struct box found;
	char *big = arena_alloc(&g->arena, 100001, 1);

	for (size_t i = 0; i < ARRAY_LEN(refs); i++) {
		assert_int_equal(box_find(&g->home, refs[i], false, &found, &g->err), -ENOENT);
		says(g, "no container has this name");
		box_close(&found);
	}
	memset(big, 'a', 100000);
	assert_int_equal(box_find(&g->home, big, false, &found, &g->err), -ENOENT);
}

static void names_have_a_grammar(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} rows[] = {
		{"a", true},
		{"Web-1_x.y", true},
		{"0", true},
		{"quiet_skye", true},
		{"1234567890123456789012345678901234567890123456789012345678901234", true},
		{"12345678901234567890123456789012345678901234567890123456789012345", false},
		{"", false},
		{"-a", false},
		{".a", false},
		{"_a", false},
		{"a/b", false},
		{"a b", false},
		{"a\n", false},
		{"..", false},
		{"\xc3\xa9", false},
		{"a\033[1m", false},
		{"0123456789abcdef0123456789abcdef", false},
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if ((box_name_check(rows[i].name, &e) == 0) != rows[i].good)
			fail_msg("\"%s\"", rows[i].name);
}

static void a_hundred_claim_one_name_and_one_wins(void **state)
{
	struct rig *g = *state;
	pid_t children[100];
	int go[2], winners = 0, losers = 0;

	assert_int_equal(pipe(go), 0);
	for (size_t i = 0; i < ARRAY_LEN(children); i++) {
		children[i] = fork();
		if (children[i] == 0) {
			struct box b;
			char byte;
			uint32_t base;

			close(go[1]);
			if (read(go[0], &byte, 1) != 0 || box_create(&g->home, false, &b, &g->err) < 0 ||
			    box_claim_ids(&b, &base, &g->err) < 0)
				_exit(2);
			b.record.name = arena_strdup(&g->arena, "web");
			int r = box_claim_name(&b, &g->err);
			if (r == 0)
				_exit(box_save(&b, &g->err) < 0 ? 2 : 0);
			_exit(r == -EEXIST && strstr(g->err.why, " has it") && box_remove(&b, &g->err) == 0 ? 1 : 2);
		}
	}
	close(go[0]);
	close(go[1]);
	for (size_t i = 0; i < ARRAY_LEN(children); i++) {
		int status = child_status(children[i]);

		winners += status == 0;
		losers += status == 1;
	}
	assert_int_equal(winners, 1);
	assert_int_equal(losers, ARRAY_LEN(children) - 1);
	assert_int_equal(count_entries(g->home.run_fd, "boxes"), 1);
	assert_int_equal(count_entries(g->home.run_fd, "names"), 1);
	assert_int_equal(count_entries(g->home.run_fd, "ids"), 1);
}

static void the_loser_is_told_who_has_the_name(void **state)
{
	struct rig *g = *state;
	struct box a, b;
	char who[16];

	rig_box(g, "web", false, &a);
	must(box_create(&g->home, false, &b, &g->err), &g->err);
	b.record.name = a.record.name;
	assert_int_equal(box_claim_name(&b, &g->err), -EEXIST);
	snprintf(who, sizeof(who), "%.12s", a.id);
	says(g, who);
	box_close(&a);
	box_close(&b);
}

static void made_up_names_and_ranges_differ(void **state)
{
	struct rig *g = *state;
	struct box boxes[60];
	uint32_t base;

	for (size_t i = 0; i < ARRAY_LEN(boxes); i++) {
		rig_box(g, NULL, true, &boxes[i]);
		assert_int_equal(box_name_check(boxes[i].record.name, NULL), 0);
		must(box_claim_ids(&boxes[i], &base, &g->err), &g->err);
		assert_int_equal(base, box_ids_base(&g->home, boxes[i].record.id_slot));
		assert_true(base >= 0x70000000 && base + 65535 < 0x7FFE0000);
	}
	assert_int_equal(count_entries(g->home.run_fd, "names"), ARRAY_LEN(boxes));
	assert_int_equal(count_entries(g->home.run_fd, "ids"), ARRAY_LEN(boxes));
	for (size_t i = 0; i < ARRAY_LEN(boxes); i++) {
		must(box_remove(&boxes[i], &g->err), &g->err);
		must(box_remove(&boxes[i], &g->err), &g->err); /* twice is fine */
		box_close(&boxes[i]);
	}
	assert_empty(g);
}

static void all_ranges_in_use_is_an_error(void **state)
{
	struct rig *g = *state;
	struct box a, b;
	uint32_t base;
	char slot[32];

	rig_box(g, "a", false, &a);
	rig_box(g, "b", false, &b);
	for (int i = 0; i < 4094; i++) {
		snprintf(slot, sizeof(slot), "ids/%d", i);
		assert_int_equal(symlinkat(a.id, g->home.run_fd, slot), 0);
	}
	assert_true(box_claim_ids(&b, &base, &g->err) < 0);
	says(g, "all 4094 ranges");
	must(box_remove(&a, &g->err), &g->err);
	must(box_claim_ids(&b, &base, &g->err), &g->err);
	box_close(&a);
	box_close(&b);
}

static void state_follows_the_owner(void **state)
{
	struct rig *g = *state;
	struct box b, seen;

	rig_box(g, "web", true, &b);
	must(box_find(&g->home, "web", false, &seen, &g->err), &g->err);
	assert_true(box_owned(&seen));
	assert_false(box_owned(&b)); /* by somebody else, that is */
	assert_int_equal(seen.state.status, BOX_CREATED);
	assert_int_equal(box_own(&seen, &g->err), -EBUSY);
	assert_int_equal(box_wait_free(&seen, 20, &g->err), -ETIMEDOUT);

	b.state = (struct box_state){.status = BOX_RUNNING, .pid = 4711, .started_ns = 17};
	must(box_state_save(&b, &g->err), &g->err);
	must(box_state_load(&seen, &g->err), &g->err);
	assert_int_equal(seen.state.status, BOX_RUNNING);
	assert_int_equal(seen.state.pid, 4711);
	must(file_replace(b.run_fd, "paused", "", 0, 0600, &g->err), &g->err);
	must(box_state_load(&seen, &g->err), &g->err);
	assert_int_equal(seen.state.status, BOX_PAUSED);

	b.state.exit_status = 3;
	must(box_state_end(&b, &g->err), &g->err);
	must(box_state_load(&seen, &g->err), &g->err);
	assert_int_equal(seen.state.status, BOX_EXITED);
	assert_int_equal(seen.state.exit_status, 3);
	assert_true(seen.state.finished_ns > 0);
	assert_false(dir_has(b.run_fd, "paused"));

	/* The next run is told apart from the last; then its owner is killed. */
	b.state = (struct box_state){.status = BOX_RUNNING, .pid = 4712, .pid_identity = 1};
	must(box_state_save(&b, &g->err), &g->err);
	box_close(&b);
	must(box_state_load(&seen, &g->err), &g->err);
	assert_int_equal(seen.state.status, BOX_EXITED);
	assert_int_equal(seen.state.exit_status, 137);
	must(box_own(&seen, &g->err), &g->err);
	box_close(&seen);
}

static void the_group_is_where_the_state_says(void **state)
{
	struct rig *g = *state;
	struct box b, seen;
	char *path, *elsewhere;

	rig_box(g, "web", true, &b);
	must(box_cgroup_path(&b, &path, &g->err), &g->err);
	assert_string_equal(strrchr(path, '/') + 1, b.id);

	/* Another login finds it in the state, also without having read that. */
	elsewhere = arena_printf(g->home.arena, "/user.slice/other.scope/isle/%s", b.id);
	b.state = (struct box_state){.status = BOX_RUNNING, .pid = 4711, .cgroup_path = elsewhere};
	must(box_state_save(&b, &g->err), &g->err);
	must(box_open(&g->home, "web", &seen, &g->err), &g->err);
	assert_null(seen.state.cgroup_path);
	must(box_cgroup_path(&seen, &path, &g->err), &g->err);
	assert_string_equal(path, elsewhere);

	/* A path that is not this container's is none. */
	b.state.cgroup_path = arena_strdup(g->home.arena, "/system.slice");
	must(box_state_save(&b, &g->err), &g->err);
	must(box_cgroup_path(&seen, &path, &g->err), &g->err);
	assert_string_equal(strrchr(path, '/') + 1, b.id);
	box_close(&seen);
	box_close(&b);
}

static void the_exit_record_survives_the_removal(void **state)
{
	struct rig *g = *state;
	struct box b, seen;

	rig_box(g, "web", false, &b);
	must(box_find(&g->home, "web", false, &seen, &g->err), &g->err);
	b.state.exit_status = 42;
	must(box_state_end(&b, &g->err), &g->err);
	must(box_remove(&b, &g->err), &g->err);
	box_close(&b);
	must(box_wait_free(&seen, -1, &g->err), &g->err);
	must(box_state_load(&seen, &g->err), &g->err);
	assert_int_equal(seen.state.exit_status, 42);
	assert_int_equal(box_own(&seen, &g->err), -ENOENT);
	box_close(&seen);
}

static void a_reused_pid_is_not_taken_for_the_container(void **state)
{
	struct rig *g = *state;
	struct box b;
	int fd = FD_NONE;

	rig_box(g, "web", false, &b);
	b.state = (struct box_state){.status = BOX_RUNNING, .pid = getpid()};
	auto_fd self = sys_pidfd_open(getpid(), 0);
	assert_int_equal(process_identity(self, getpid(), &b.state.pid_identity), 0);
	must(box_pidfd(&b, &fd, &g->err), &g->err);
	fd_close(&fd);
	b.state.pid_identity++;
	assert_int_equal(box_pidfd(&b, &fd, &g->err), -ESRCH);
	b.state = (struct box_state){0};
	assert_int_equal(box_pidfd(&b, &fd, &g->err), -ESRCH);
	box_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_RIG(is_found_by_name_id_and_beginning),
		IN_RIG(an_ambiguous_beginning_is_refused),
		IN_RIG(odd_references_find_nothing),
		cmocka_unit_test(names_have_a_grammar),
		IN_RIG(a_hundred_claim_one_name_and_one_wins),
		IN_RIG(the_loser_is_told_who_has_the_name),
		IN_RIG(made_up_names_and_ranges_differ),
		IN_RIG(all_ranges_in_use_is_an_error),
		IN_RIG(state_follows_the_owner),
		IN_RIG(the_group_is_where_the_state_says),
		IN_RIG(the_exit_record_survives_the_removal),
		IN_RIG(a_reused_pid_is_not_taken_for_the_container),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
