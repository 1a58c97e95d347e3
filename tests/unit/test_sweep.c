/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sweep: whatever is left by an isle that was killed, at whichever system call, is put right by the next. */
#include "engine/sweep.h"
#include "engine_unit.h"

#include "core/sys.h"
#include "engine/claim.h"
#include "engine/lifecycle.h"

#include <sys/ptrace.h>
#include <sys/random.h>

static void the_living_are_left_alone(void **state)
{
	struct rig *g = *state;
	struct box running, unmade, ended, found;

	rig_box(g, "running", false, &running);
	running.state.status = BOX_RUNNING;
	must(box_state_save(&running, &g->err), &g->err);
	must(box_create(&g->home, true, &unmade, &g->err), &g->err);
	rig_box(g, "ended", true, &ended);
	must(box_state_end(&ended, &g->err), &g->err);
	box_close(&ended);
	sweep(&g->home);
	assert_int_equal(count_entries(g->home.run_fd, "boxes"), 3);
	assert_int_equal(count_entries(g->home.run_fd, "names"), 2);
	must(box_find(&g->home, "running", true, &found, &g->err), &g->err);
	assert_int_equal(found.state.status, BOX_RUNNING);
	box_close(&found);
	box_close(&running);
	box_close(&unmade);
}

static void what_a_killed_owner_left_is_settled(void **state)
{
	struct rig *g = *state;
	struct box kept, transient, marked, unmade, found;
	uint32_t base;

	rig_box(g, "kept", true, &kept);
	kept.state = (struct box_state){.status = BOX_RUNNING, .started_ns = 1};
	must(box_state_save(&kept, &g->err), &g->err);
	rig_box(g, "transient", false, &transient);
	must(box_claim_ids(&transient, &base, &g->err), &g->err);
	rig_box(g, "marked", true, &marked);
	marked.record.rm = true;
	must(box_save(&marked, &g->err), &g->err);
	must(box_state_end(&marked, &g->err), &g->err);
	must(box_create(&g->home, true, &unmade, &g->err), &g->err);
	must(box_claim_name(&unmade, &g->err), &g->err);
	struct box *all[] = {&kept, &transient, &marked, &unmade};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		box_close(all[i]);
	sweep(&g->home);
	assert_int_equal(count_entries(g->home.run_fd, "boxes"), 1);
	assert_int_equal(count_entries(g->home.run_fd, "names"), 1);
	assert_int_equal(count_entries(g->home.run_fd, "ids"), 0);
	assert_int_equal(count_entries(g->home.data_fd, "containers"), 1);
	must(box_find(&g->home, "kept", false, &found, &g->err), &g->err);
	assert_int_equal(found.state.status, BOX_EXITED);
	assert_int_equal(found.state.exit_status, 137);
	assert_non_null(strstr(found.state.error, "killed"));
	assert_false(dir_has(found.run_fd, "state.json"));
	box_close(&found);
}

static void claims_of_nobody_are_released(void **state)
{
	static const char gone[] = "0123456789abcdef0123456789abcdef";
	struct rig *g = *state;
	struct box b;

	assert_int_equal(symlinkat(gone, g->home.run_fd, "names/gone"), 0);
	assert_int_equal(symlinkat("garbage", g->home.run_fd, "names/garbage"), 0);
	assert_int_equal(mkdirat(g->home.run_fd, "names/dir", 0), 0);
	assert_int_equal(symlinkat(gone, g->home.run_fd, "ids/7"), 0);
	rig_box(g, "web", false, &b);
	sweep(&g->home);
	assert_int_equal(count_entries(g->home.run_fd, "names"), 1);
	assert_int_equal(count_entries(g->home.run_fd, "ids"), 0);
	box_close(&b);
}

static void of_two_names_the_recorded_one_stays(void **state)
{
	struct rig *g = *state;
	struct box b, found;

	rig_box(g, "new", true, &b);
	assert_int_equal(claim_take(&g->home, CLAIM_NAME, "old", b.id), 0);
	sweep(&g->home);
	assert_int_equal(count_entries(g->home.run_fd, "names"), 1);
	must(box_find(&g->home, "new", false, &found, &g->err), &g->err);
	box_close(&found);
	box_close(&b);
}

/* More boxes than a start looks at, all of killed owners: it looks at 64, at all while its process runs. */
static void a_start_does_not_sweep_for_ever(void **state)
{
	enum { BOXES = 150, ALWAYS = 64 };
	struct rig *g = *state;
	auto_fd running = FD_NONE;

	for (int round = 0; round < 2; round++) {
		for (int i = count_entries(g->home.run_fd, "boxes"); i < BOXES; i++) {
			struct box b;

			rig_box(g, NULL, false, &b);
			box_close(&b);
		}
		sweep_beside(&g->home, running);
		assert_int_equal(count_entries(g->home.run_fd, "boxes"), round ? 0 : BOXES - ALWAYS);
		running = sys_pidfd_open(getpid(), 0);
		assert_true(running >= 0);
	}
	assert_empty(g);
}

static void unborn_boxes_and_trash_are_deleted(void **state)
{
	struct rig *g = *state;

	assert_int_equal(mkdirat(g->home.run_fd, "boxes/.new-0123456789abcdef0123456789abcdef", 0700), 0);
	assert_int_equal(mkdirat(g->home.run_fd, "boxes/.new-1123456789abcdef0123456789abcdef", 0700), 0);
	assert_int_equal(
		mknodat(g->home.run_fd, "boxes/.new-1123456789abcdef0123456789abcdef/owner", S_IFREG | 0600, 0), 0);
	assert_int_equal(mkdirat(g->home.data_fd, "trash/x", 0), 0);
	assert_int_equal(mkdirat(g->home.data_fd, "trash/y", 0700), 0);
	assert_int_equal(mkdirat(g->home.data_fd, "trash/y/z", 0700), 0);
	assert_int_equal(mkdirat(g->home.run_fd, "trash/x", 0700), 0);
	/* What is left of a deletion in place: the entry without its owner file. */
	assert_int_equal(mkdirat(g->home.run_fd, "boxes/0123456789abcdef0123456789abcdef", 0700), 0);
	sweep(&g->home);
	assert_empty(g);
}

/* ---- killed at every system call ---- */

/* A whole life: made, started, ended, renamed, removed.  Ends the process. */
static void live_and_die(struct rig *g, bool persistent)
{
	struct box b;
	uint32_t base;

	if (box_create(&g->home, persistent, &b, &g->err) < 0 || box_claim_ids(&b, &base, &g->err) < 0)
		_exit(1);
	b.record.name = arena_strdup(&g->arena, "web");
	b.record.rm = !persistent;
	if (box_claim_name(&b, &g->err) < 0 || box_save(&b, &g->err) < 0)
		_exit(2);
	b.state.status = BOX_RUNNING;
	if (box_state_save(&b, &g->err) < 0 || box_rename(&g->home, "web", "db", &g->err) < 0)
		_exit(3);
	if (box_state_end(&b, &g->err) < 0 || box_remove(&b, &g->err) < 0)
		_exit(4);
	_exit(0);
}

/* The first command after a boot, and 'rm -f'.  Both end the process. */
static void boot(struct rig *g, bool unused)
{
	struct home h;

	(void)unused;
	_exit(home_open(&h, g->run, g->data, &g->arena, &g->err) < 0);
}
static void remove_web(struct rig *g, bool unused)
{
	(void)unused;
	_exit(box_rm(&g->home, "web", true, &g->err) < 0);
}

/*
 * Lets a child do LIFE until its Nth stop at a system call (each has two: before and after), then kills it; false if it
 * came to its end before.
 */
static bool killed_at(struct rig *g, void (*life)(struct rig *, bool), bool persistent, int n)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		life(g, persistent);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	for (int i = 0; i < n; i++) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			return false;
		}
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return true;
}

/* After a sweep the one container is either there, whole, under one name, or there is nothing of it. */
static void assert_settled(struct rig *g, int n)
{
	struct boxes list = {0};
	int boxes = count_entries(g->home.run_fd, "boxes");

	must(box_list(&g->home, &list, &g->err), &g->err);
	if (boxes > 1 || (int)list.n != boxes)
		fail_msg("stop %d: %d entries, %zu containers", n, boxes, list.n);
	if (boxes == 0) {
		assert_empty(g);
		return;
	}
	/* Not started when its maker was killed, or swept, or ended by itself. */
	enum box_status status = list.v[0]->state.status;
	if (status != BOX_EXITED && status != BOX_CREATED)
		fail_msg("stop %d: %s, %s", n, box_status_names[status], list.v[0]->state.error);
	assert_int_equal(count_entries(g->home.run_fd, "names"), 1);
	assert_int_equal(count_entries(g->home.run_fd, "trash"), 0);
	assert_int_equal(count_entries(g->home.data_fd, "trash"), 0);
	must(box_rm(&g->home, list.v[0]->record.name, false, &g->err), &g->err);
	assert_empty(g);
}

static void killed_at_every_system_call_nothing_is_left(void **state)
{
	struct rig *g = *state;

	for (int persistent = 0; persistent < 2; persistent++) {
		int n = 1;

		for (; killed_at(g, live_and_die, persistent, n); n++) {
			sweep(&g->home);
			assert_settled(g, n);
		}
		print_message("# %d stops\n", n - 1);
		assert_true(n > 60);
		assert_empty(g);
	}
}

static void a_boot_killed_at_every_system_call_is_done_again(void **state)
{
	struct rig *g = *state;
	struct box b, found;
	uint32_t base;
	bool killed = true;

	rig_box(g, "web", true, &b);
	must(box_claim_ids(&b, &base, &g->err), &g->err);
	must(box_save(&b, &g->err), &g->err);
	must(box_state_end(&b, &g->err), &g->err);
	box_close(&b);
	for (int n = 1; killed; n++) {
		assert_int_equal(unlinkat(g->home.run_fd, "boot", 0), 0);
		killed = killed_at(g, boot, false, n);
		home_close(&g->home);
		rig_open(g);
		sweep(&g->home);
		must(box_find(&g->home, "web", false, &found, &g->err), &g->err);
		assert_int_equal(found.state.status, BOX_EXITED);
		box_close(&found);
		assert_int_equal(count_entries(g->home.run_fd, "names"), 1);
		assert_int_equal(count_entries(g->home.run_fd, "ids"), 1);
	}
}

static void a_removal_killed_at_every_system_call_is_repeated(void **state)
{
	struct rig *g = *state;
	bool killed = true;

	for (int n = 1; killed; n++) {
		struct box b;

		rig_box(g, "web", true, &b);
		must(box_state_end(&b, &g->err), &g->err);
		assert_int_equal(mkdirat(b.data_fd, "layer", 0700), 0);
		assert_int_equal(mknodat(b.data_fd, "layer/file", S_IFREG | 0600, 0), 0);
		box_close(&b);
		killed = killed_at(g, remove_web, false, n);
		sweep(&g->home);
		assert_settled(g, n);
	}
}

static void killed_at_random_among_others_nothing_is_left(void **state)
{
	enum { ROUNDS = 200, AT_ONCE = 4 };
	struct rig *g = *state;

	for (int round = 0; round < ROUNDS / AT_ONCE; round++) {
		pid_t children[AT_ONCE];

		for (int i = 0; i < AT_ONCE; i++) {
			children[i] = fork();
			if (children[i] != 0)
				continue;
			/* The same name for all: they lose against each other too, and sweep meanwhile. */
			struct box b;

			for (;;) {
				sweep(&g->home);
				if (box_create(&g->home, round % 2, &b, &g->err) < 0)
					_exit(1);
				b.record.name = arena_strdup(&g->arena, "web");
				b.record.rm = true;
				if (box_claim_name(&b, &g->err) == 0 && box_save(&b, &g->err) == 0) {
					b.state.status = BOX_RUNNING;
					if (box_state_save(&b, &g->err) < 0 || box_state_end(&b, &g->err) < 0)
						_exit(2);
				}
				if (box_remove(&b, &g->err) < 0)
					_exit(3);
				box_close(&b);
			}
		}
		for (int i = 0; i < AT_ONCE; i++) {
			unsigned int us = 0;

			assert_int_equal(getrandom(&us, 2, 0), 2);
			usleep(us / 8);
			assert_int_equal(kill(children[i], SIGKILL), 0);
			assert_int_equal(child_status(children[i]), 128 + SIGKILL);
		}
		sweep(&g->home);
		assert_empty(g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_RIG(the_living_are_left_alone),
		IN_RIG(what_a_killed_owner_left_is_settled),
		IN_RIG(claims_of_nobody_are_released),
		IN_RIG(of_two_names_the_recorded_one_stays),
		IN_RIG(a_start_does_not_sweep_for_ever),
		IN_RIG(unborn_boxes_and_trash_are_deleted),
		IN_RIG(killed_at_every_system_call_nothing_is_left),
		IN_RIG(a_boot_killed_at_every_system_call_is_done_again),
		IN_RIG(a_removal_killed_at_every_system_call_is_repeated),
		IN_RIG(killed_at_random_among_others_nothing_is_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
