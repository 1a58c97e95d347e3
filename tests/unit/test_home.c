/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The home: where it is, who may have touched it, and how it comes back after a boot. */
#include "engine/home.h"
#include "engine_unit.h"

#include "engine/claim.h"

/* The permission bits of PATH below DIRFD. */
static int mode_of(int dirfd, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

/* Opens a home at RUN and DATA that must be refused, with WORDS in the sentence. */
static void refused(struct rig *g, const char *run, const char *data, const char *words)
{
	struct home h;
	char text[1024];

	assert_true(home_open(&h, run, data, &g->arena, &g->err) < 0);
	err_format(&g->err, text, sizeof(text));
	if (!strstr(text, words))
		fail_msg("\"%s\" does not say \"%s\"", text, words);
	assert_int_equal(h.run_fd, FD_NONE);
	assert_int_equal(h.data_fd, FD_NONE);
}

static void modes_do_not_depend_on_the_umask(void **state)
{
	static const mode_t umasks[] = {0, 0777};
	struct rig *g = *state;

	for (size_t i = 0; i < ARRAY_LEN(umasks); i++) {
		char run[96], data[96];
		struct home h;
		struct box b;

		snprintf(run, sizeof(run), "%s/%zu/run", g->dir, i);
		snprintf(data, sizeof(data), "%s/%zu/data/deep", g->dir, i);
		mode_t old = umask(umasks[i]);
		must(home_open(&h, run, data, &g->arena, &g->err), &g->err);
		must(box_create(&h, true, &b, &g->err), &g->err);
		umask(old);
		assert_int_equal(mode_of(AT_FDCWD, run), 0700);
		assert_int_equal(mode_of(AT_FDCWD, data), 0700);
		assert_int_equal(mode_of(h.run_fd, "boxes"), 0700);
		assert_int_equal(mode_of(h.data_fd, "containers"), 0700);
		assert_int_equal(mode_of(h.run_fd, arena_printf(&g->arena, "boxes/%s", b.id)), 0700);
		assert_int_equal(mode_of(b.run_fd, "owner"), 0600);
		box_close(&b);
		home_close(&h);
	}
}

static void foreign_or_open_directories_are_refused(void **state)
{
	struct rig *g = *state;
	char dir[96], link[96];

	snprintf(dir, sizeof(dir), "%s/theirs", g->dir);
	snprintf(link, sizeof(link), "%s/link", g->dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(chmod(dir, 0770), 0);
	refused(g, dir, g->data, "others may write");
	refused(g, g->run, dir, "others may write");
	assert_int_equal(chmod(dir, 0707), 0);
	refused(g, g->run, dir, "others may write");
	assert_int_equal(chmod(dir, 0700), 0);
	assert_int_equal(chown(dir, 65534, 65534), 0);
	refused(g, dir, g->data, "belongs to user 65534");
	refused(g, g->run, dir, "belongs to user 65534");
	assert_int_equal(symlink(g->run, link), 0);
	refused(g, link, g->data, "symbolic link");
	refused(g, "/dev/null", g->data, "Not a directory");
	refused(g, "/dev/null/x", g->data, "Not a directory");
	refused(g, "", g->data, "\"\"");
}

static void data_may_be_reached_by_a_link(void **state)
{
	struct rig *g = *state;
	char link[96];
	struct home h;

	snprintf(link, sizeof(link), "%s/link", g->dir);
	assert_int_equal(symlink(g->data, link), 0);
	must(home_open(&h, g->run, link, &g->arena, &g->err), &g->err);
	home_close(&h);
}

static void another_data_beside_a_known_run_is_made(void **state)
{
	struct rig *g = *state;
	char data[96];
	struct home h;

	snprintf(data, sizeof(data), "%s/other/", g->dir);
	must(home_open(&h, g->run, data, &g->arena, &g->err), &g->err);
	assert_true(dir_has(h.data_fd, "containers"));
	assert_true(h.data[strlen(h.data) - 1] != '/');
	home_close(&h);
}

static void who_only_looks_makes_nothing(void **state)
{
	struct rig *g = *state;
	char run[96];
	struct home h;

	snprintf(run, sizeof(run), "%s/nowhere", g->dir);
	assert_int_equal(home_peek(&h, run, g->data, &g->arena, &g->err), -ENOENT);
	assert_int_equal(h.run_fd, FD_NONE);
	assert_int_equal(access(run, F_OK), -1);
	must(home_peek(&h, g->run, g->data, &g->arena, &g->err), &g->err);
	assert_true(dir_has(h.run_fd, "boxes"));
	home_close(&h);
}

static void a_plain_user_has_directories_of_his_own(void **state)
{
	struct rig *g = *state;
	char base[96], run[128], data[128];

	snprintf(base, sizeof(base), "%s/user", g->dir);
	snprintf(run, sizeof(run), "%s/isle", base);
	snprintf(data, sizeof(data), "%s/.local/share/isle", base);
	assert_int_equal(mkdir(base, 0700), 0);
	assert_int_equal(chown(base, 65534, 65534), 0);
	assert_int_equal(chmod(g->dir, 0711), 0);
	pid_t child = fork();
	if (child == 0) {
		struct home h;

		setenv("XDG_RUNTIME_DIR", base, 1);
		setenv("XDG_DATA_HOME", "not/absolute", 1);
		setenv("HOME", base, 1);
		if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
			_exit(1);
		if (home_open(&h, NULL, NULL, &g->arena, &g->err) < 0)
			_exit(2);
		if (!h.rootless || strcmp(h.run, run) != 0 || strcmp(h.data, data) != 0)
			_exit(3);
		unsetenv("HOME");
		_exit(home_open(&h, NULL, NULL, &g->arena, &g->err) < 0 ? 0 : 4);
	}
	assert_int_equal(child_status(child), 0);
	assert_int_equal(mode_of(AT_FDCWD, run), 0700);
}

static void first_commands_at_once_all_succeed(void **state)
{
	struct rig *g = *state;
	pid_t children[20];

	for (int round = 0; round < 10; round++) {
		assert_int_equal(unlinkat(g->home.run_fd, "boot", 0), 0);
		for (size_t i = 0; i < ARRAY_LEN(children); i++) {
			children[i] = fork();
			if (children[i] == 0) {
				struct home h;
				struct box b;

				_exit(home_open(&h, g->run, g->data, &g->arena, NULL) < 0 ? 1
				      : box_create(&h, false, &b, NULL) < 0		  ? 2
											  : 0);
			}
		}
		for (size_t i = 0; i < ARRAY_LEN(children); i++)
			assert_int_equal(child_status(children[i]), 0);
		assert_int_equal(count_entries(g->home.run_fd, "boxes"), ARRAY_LEN(children));
	}
}

/* Makes the next home_open believe that the machine was booted anew: with RUN kept on a disk, or empty. */
static void reboot(struct rig *g, bool run_kept)
{
	home_close(&g->home);
	if (run_kept) {
		char path[96];

		snprintf(path, sizeof(path), "%s/boot", g->run);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(symlink("11111111-2222-3333-4444-555555555555", path), 0);
	} else {
		must(tree_delete(AT_FDCWD, g->run, &g->err), &g->err);
	}
	rig_open(g);
}

static void containers_come_back_after_a_boot(void **state)
{
	struct rig *g = *state;

	for (int run_kept = 0; run_kept < 2; run_kept++) {
		struct box kept, ran, ended, removed, transient, unmade, found;
		uint32_t base;

		rig_box(g, "kept", true, &kept);
		must(box_claim_ids(&kept, &base, &g->err), &g->err);
		must(box_save(&kept, &g->err), &g->err);
		rig_box(g, "ran", true, &ran);
		ran.state = (struct box_state){.status = BOX_RUNNING, .pid = 1, .pid_identity = 1, .started_ns = 5};
		must(box_state_save(&ran, &g->err), &g->err);
		rig_box(g, "ended", true, &ended);
		ended.state = (struct box_state){.status = BOX_RUNNING, .exit_status = 7};
		must(box_state_save(&ended, &g->err), &g->err);
		must(box_state_end(&ended, &g->err), &g->err);
		rig_box(g, "removed", true, &removed);
		removed.record.rm = true;
		must(box_save(&removed, &g->err), &g->err);
		rig_box(g, "transient", false, &transient);
		must(box_create(&g->home, true, &unmade, &g->err), &g->err);
		struct box *all[] = {&kept, &ran, &ended, &removed, &transient, &unmade};
		for (size_t i = 0; i < ARRAY_LEN(all); i++)
			box_close(all[i]);

		reboot(g, run_kept);
		assert_int_equal(count_entries(g->home.run_fd, "boxes"), 3);
		assert_int_equal(count_entries(g->home.run_fd, "names"), 3);
		assert_int_equal(count_entries(g->home.run_fd, "ids"), 1);
		assert_int_equal(count_entries(g->home.data_fd, "containers"), 3);
		must(box_find(&g->home, "kept", true, &found, &g->err), &g->err);
		assert_string_equal(found.id, kept.id);
		assert_int_equal(found.state.status, BOX_CREATED);
		assert_int_equal(found.record.id_slot, kept.record.id_slot);
		must(box_own(&found, &g->err), &g->err);
		must(box_remove(&found, &g->err), &g->err);
		box_close(&found);
		assert_int_equal(count_entries(g->home.run_fd, "ids"), 0);
		must(box_find(&g->home, "ran", false, &found, &g->err), &g->err);
		assert_int_equal(found.state.status, BOX_EXITED);
		assert_int_equal(found.state.exit_status, 137);
		assert_int_equal(found.state.pid, 0);
		assert_non_null(strstr(found.state.error, "machine"));
		must(box_own(&found, &g->err), &g->err);
		must(box_remove(&found, &g->err), &g->err);
		box_close(&found);
		must(box_find(&g->home, "ended", false, &found, &g->err), &g->err);
		assert_int_equal(found.state.exit_status, 7);
		must(box_own(&found, &g->err), &g->err);
		must(box_remove(&found, &g->err), &g->err);
		box_close(&found);
	}
}

static void a_broken_record_stays_after_a_boot(void **state)
{
	struct rig *g = *state;
	struct box b;

	rig_box(g, "web", true, &b);
	must(file_replace(b.data_fd, "record.json", "{", 1, 0600, &g->err), &g->err);
	box_close(&b);
	reboot(g, false);
	assert_int_equal(count_entries(g->home.run_fd, "boxes"), 1);
	must(box_open(&g->home, b.id, &b, &g->err), &g->err);
	must(box_own(&b, &g->err), &g->err);
	must(box_remove(&b, &g->err), &g->err);
	box_close(&b);
	assert_int_equal(count_entries(g->home.data_fd, "containers"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_RIG(modes_do_not_depend_on_the_umask),   IN_RIG(foreign_or_open_directories_are_refused),
		IN_RIG(data_may_be_reached_by_a_link),	    IN_RIG(another_data_beside_a_known_run_is_made),
		IN_RIG(who_only_looks_makes_nothing),	    IN_RIG(a_plain_user_has_directories_of_his_own),
		IN_RIG(first_commands_at_once_all_succeed), IN_RIG(containers_come_back_after_a_boot),
		IN_RIG(a_broken_record_stays_after_a_boot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
