/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes: found by every kind of reference, claimed by one only, telling the truth about their owner, and hard to
 * poison. */
#include "engine/box.h"
#include "engine_unit.h"

#include "core/process.h"
#include "core/sys.h"
#include "engine/claim.h"
#include "engine/lifecycle.h"
#include "engine/ps.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

/* The sentence of the last error holds WORDS. */
static void says(const struct rig *g, const char *words)
{
	char text[1024];

	err_format(&g->err, text, sizeof(text));
	if (!strstr(text, words))
		fail_msg("\"%s\" does not say \"%s\"", text, words);
}

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

/* ---- broken entries ---- */

enum damage { EMPTY, HALF, GARBAGE, DIRECTORY, FIFO, LINK, DANGLING, GONE, DAMAGE_COUNT };

/* Puts something broken in the place of the file NAME of DIRFD. */
static void damage(struct rig *g, int dirfd, const char *name, enum damage how)
{
	static const char garbage[] = "\x80{\"status\":[[[[\0\xff";
	char text[64] = "{\"name\":\"web\",\"status\":\"runn";

	must(tree_delete(dirfd, name, &g->err), &g->err);
	switch (how) {
	case EMPTY:
		must(file_replace(dirfd, name, "", 0, 0600, &g->err), &g->err);
		break;
	case HALF:
		must(file_replace(dirfd, name, text, strlen(text), 0600, &g->err), &g->err);
		break;
	case GARBAGE:
		must(file_replace(dirfd, name, garbage, sizeof(garbage), 0600, &g->err), &g->err);
		break;
	case DIRECTORY:
		assert_int_equal(mkdirat(dirfd, name, 0), 0);
		break;
	case FIFO:
		assert_int_equal(mkfifoat(dirfd, name, 0600), 0);
		break;
	case LINK:
		assert_int_equal(symlinkat("/dev/zero", dirfd, name), 0);
		break;
	case DANGLING:
		assert_int_equal(symlinkat("/nonexistent", dirfd, name), 0);
		break;
	default:
		break;
	}
}

static void broken_entries_poison_nothing(void **state)
{
	static const struct {
		bool in_data;
		const char *name;
	} files[] = {{true, "record.json"},
		     {true, "config.json"},
		     {false, "owner"},
		     {false, "state.json"},
		     {false, "paused"}};
	struct rig *g = *state;

	for (size_t f = 0; f < ARRAY_LEN(files); f++) {
		for (enum damage how = 0; how < DAMAGE_COUNT; how++) {
			struct boxes list = {0};
			struct ps_rows rows = {0};
			struct box good, bad, found;

			rig_box(g, "good", true, &good);
			rig_box(g, "bad", true, &bad);
			bad.state.status = BOX_RUNNING;
			must(box_state_save(&bad, &g->err), &g->err);
			damage(g, files[f].in_data ? bad.data_fd : bad.run_fd, files[f].name, how);
			box_close(&bad);

			must(box_list(&g->home, &list, &g->err), &g->err);
			must(ps_rows(&g->home, true, NULL, &rows, &g->err), &g->err);
			assert_true(list.n >= 1 && list.n <= 2);
			must(box_find(&g->home, "good", true, &found, &g->err), &g->err);
			box_close(&found);
			if (box_find(&g->home, "bad", true, &found, &g->err) == 0)
				box_close(&found);
			must(box_rm(&g->home, "bad", true, &g->err), &g->err);
			assert_int_equal(count_entries(g->home.run_fd, "boxes"), 1);
			assert_int_equal(count_entries(g->home.data_fd, "containers"), 1);
			assert_int_equal(count_entries(g->home.run_fd, "names"), 1);
			must(box_remove(&good, &g->err), &g->err);
			box_close(&good);
		}
	}
}

static void strangers_in_the_directories_do_no_harm(void **state)
{
	static const char id[] = "0123456789abcdef0123456789abcdef";
	struct rig *g = *state;

	for (enum damage how = 0; how < GONE; how++) {
		struct boxes list = {0};
		struct box b;
		char path[64], claim[64];

		snprintf(path, sizeof(path), "boxes/%s", id);
		damage(g, g->home.run_fd, path, how);
		snprintf(path, sizeof(path), "names/web");
		damage(g, g->home.run_fd, path, how);
		must(box_list(&g->home, &list, &g->err), &g->err);
		assert_int_equal(list.n, 0);
		assert_true(box_find(&g->home, id, false, &b, &g->err) < 0);
		assert_int_equal(box_find(&g->home, "web", false, &b, &g->err), -ENOENT);
		/* What stands in the way of a name and is none gives way. */
		rig_box(g, "web", false, &b);
		snprintf(claim, sizeof(claim), "%s", b.id);
		assert_int_equal(claim_holder(&g->home, CLAIM_NAME, "web", claim), 0);
		assert_string_equal(claim, b.id);
		must(box_remove(&b, &g->err), &g->err);
		box_close(&b);
		snprintf(path, sizeof(path), "boxes/%s", id);
		must(tree_delete(g->home.run_fd, path, &g->err), &g->err);
	}
}

/* Fills the file system of DIRFD to the last byte and the last inode. */
static void fill_up(int dirfd)
{
	char block[4096] = {1}, name[32];
	auto_fd fd = openat(dirfd, "filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	while (write(fd, block, sizeof(block)) > 0)
		;
	for (int i = 0;; i++) {
		snprintf(name, sizeof(name), "filler%d", i);
		if (mknodat(dirfd, name, S_IFREG | 0600, 0) < 0)
			return;
	}
}

/* In a child with mounts of its own. */
static int live_on_a_full_disk(struct rig *g)
{
	char path[96];
	struct home h;
	struct box b, seen;

	snprintf(path, sizeof(path), "%s/disk", g->dir);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mkdir(path, 0700) < 0 || mount("tmpfs", path, "tmpfs", 0, "size=256k,nr_inodes=64") < 0)
		return 10;
	char *run = arena_printf(&g->arena, "%s/run", path), *data = arena_printf(&g->arena, "%s/data", path);
	if (home_open(&h, run, data, &g->arena, &g->err) < 0 || box_create(&h, true, &b, &g->err) < 0)
		return 11;
	b.record.name = arena_strdup(&g->arena, "web");
	if (box_claim_name(&b, &g->err) < 0 || box_save(&b, &g->err) < 0 || box_state_save(&b, &g->err) < 0)
		return 12;
	fill_up(h.run_fd);
	if (box_create(&h, true, &seen, &g->err) != -ENOSPC)
		return 13;
	/* The end of a run is recorded all the same, and the container can be removed. */
	b.state.exit_status = 5;
	if (box_state_end(&b, &g->err) < 0)
		return 14;
	box_close(&b);
	if (box_find(&h, "web", false, &seen, &g->err) < 0 || seen.state.exit_status != 5)
		return 15;
	box_close(&seen);
	if (box_rm(&h, "web", false, &g->err) < 0)
		return 16;
	return count_entries(h.run_fd, "boxes") + count_entries(h.run_fd, "names") +
	       count_entries(h.data_fd, "containers") + count_entries(h.data_fd, "trash") +
	       count_entries(h.run_fd, "trash");
}

static void a_full_disk_keeps_nobody_from_ending_and_removing(void **state)
{
	struct rig *g = *state;
	pid_t child = fork();

	if (child == 0)
		_exit(live_on_a_full_disk(g));
	assert_int_equal(child_status(child), 0);
}

static void many_boxes_are_listed_quickly_with_few_descriptors(void **state)
{
	enum { MANY = 200 };
	struct rig *g = *state;
	struct rlimit old, few = {40, 40};
	struct boxes list = {0};
	struct timespec begin, end;

	for (int i = 0; i < MANY; i++) {
		struct box b;

		rig_box(g, NULL, true, &b);
		b.record.created_ns = MANY - i;
		must(box_save(&b, &g->err), &g->err);
		b.state.status = BOX_RUNNING;
		must(box_state_save(&b, &g->err), &g->err);
		box_close(&b);
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	must(box_list(&g->home, &list, &g->err), &g->err);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(list.n, MANY);
	for (size_t i = 1; i < list.n; i++)
		assert_true(list.v[i - 1]->record.created_ns < list.v[i]->record.created_ns);
	long us = (long)(end.tv_sec - begin.tv_sec) * 1000000 + (end.tv_nsec - begin.tv_nsec) / 1000;
	print_message("# %d boxes listed in %ld us\n", MANY, us);
	assert_true(us < 500000); /* wide, for sanitizers and busy machines */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_found_by_name_id_and_beginning, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(an_ambiguous_beginning_is_refused, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(odd_references_find_nothing, rig_setup, rig_teardown),
		cmocka_unit_test(names_have_a_grammar),
		cmocka_unit_test_setup_teardown(a_hundred_claim_one_name_and_one_wins, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(the_loser_is_told_who_has_the_name, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(made_up_names_and_ranges_differ, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(all_ranges_in_use_is_an_error, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(state_follows_the_owner, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(the_group_is_where_the_state_says, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(the_exit_record_survives_the_removal, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_reused_pid_is_not_taken_for_the_container, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(broken_entries_poison_nothing, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(strangers_in_the_directories_do_no_harm, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(a_full_disk_keeps_nobody_from_ending_and_removing, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(many_boxes_are_listed_quickly_with_few_descriptors, rig_setup,
						rig_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
