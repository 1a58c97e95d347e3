/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes that are hard to poison: broken files, strangers' entries, a full disk, very many of them. */
#include "engine/box.h"
#include "engine_unit.h"

#include "engine/claim.h"
#include "engine/lifecycle.h"
#include "engine/ps.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

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
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	must(box_list(&g->home, &list, &g->err), &g->err);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(list.n, MANY);
	for (size_t i = 1; i < list.n; i++)
		assert_true(list.v[i - 1]->record.created_ns < list.v[i]->record.created_ns);
	long us = (long)(end.tv_sec - begin.tv_sec) * 1000000 + (end.tv_nsec - begin.tv_nsec) / 1000;
	print_message("# %d boxes listed in %ld us\n", MANY, us);
	assert_true(us < 500000); /* of processor time; wide, for sanitizers */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_RIG(broken_entries_poison_nothing),
		IN_RIG(strangers_in_the_directories_do_no_harm),
		IN_RIG(a_full_disk_keeps_nobody_from_ending_and_removing),
		IN_RIG(many_boxes_are_listed_quickly_with_few_descriptors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
