/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control groups of a user that is not root. */
#include "cgroup_unit.h"

/* ---- tests: a group of the user's own ---- */

enum { NOBODY = 65534 };

/* As a plain user in a group of theirs: groups are made below it, and it gives its controllers to them. */
static int do_as_user(void)
{
	struct spec_resources res = {.pids_limit = {true, 5}};
	struct cgroup_host h;
	struct cgroup cg;
	struct err e = {0};
	char text[2048];
	int r = 0;

	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		return 1;
	for (int i = 0; i < 2; i++) { /* the second time we are in "isle-caller" already */
		if (cgroup_host_probe(&h, &arena, &e) < 0 || !h.writable ||
		    strcmp(h.base, arena_printf(&arena, "%s/isle", test_path)) != 0)
			return 2;
		if (!cgroup_v2_has(&h, CGC_PIDS)) {
			res.pids_limit.has = true;
			if (cgroup_make(&cg, &h, "x", &res, &arena, &e) == 0)
				return 3;
			res.pids_limit.has = false;
		}
		r = cgroup_make(&cg, &h, "x", &res, &arena, &e);
		if (r == 0)
			r = cgroup_join(&cg, 0, true, &e);
		char *caller = arena_printf(&arena, "%s%s/" CGROUP_CALLER, h.v2, test_path);
		if (res.pids_limit.has != (access(caller, F_OK) == 0))
			return 5;
		if (!res.pids_limit.has)
			*strrchr(caller, '/') = '\0';
		if (r == 0)
			r = file_write(AT_FDCWD, arena_printf(&arena, "%s/cgroup.procs", caller), "0", &e);
		if (r == 0)
			r = cgroup_remove(&cg, 1000, &e);
		if (r < 0) {
			err_format(&e, text, sizeof(text));
			print_message("# %s\n", text);
			return 4;
		}
	}
	return 0;
}

static void delegated_group_is_used(void **state)
{
	static const char *const files[] = {"", "/cgroup.procs", "/cgroup.subtree_control"};
	struct spec_resources res = {0};
	struct cgroup cg;

	(void)state;
	if (!host.v2) {
		print_message("# %s: no delegation here\n", layout);
		return;
	}
	res.pids_limit = (struct opt_i64){is_v2(CGC_PIDS), 100};
	make(&cg, &res);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		assert_int_equal(chown(arena_printf(&arena, "%s%s%s", host.v2, cg.path, files[i]), NOBODY, NOBODY), 0);
	assert_int_equal(end_of(start(&cg, do_as_user)), 0);
	take_down(&cg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delegated_group_is_used),
	};

	return run_both("cgroup_user", tests, ARRAY_LEN(tests));
}
