/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A root among the machine's mounts: what is taken away, and what never is. */
#include "core/place.h"

#include "core/sys.h"
#include "mount_unit.h"

/* A root on the new directory PATH, attached, with a file system mounted in it. */
static struct place attached(const char *path)
{
	const struct mount_opts o = {.bind = true, .recursive = true};
	struct place p;
	struct err e = {0};
	auto_fd root = FD_NONE, holder = FD_NONE;
	char inside[64];

	must_call(mkdir(path, 0755));
	snprintf(inside, sizeof(inside), "%s/inside", path);
	must_call(mkdir(inside, 0755));
	must(mount_clone(AT_FDCWD, path, &o, &root, &e), &e);
	must(place_make(path, root, &arena, &p, &holder, &e), &e);
	must(place_attach(&p, holder, root, &e), &e);
	must_call(mount("inside", inside, "tmpfs", 0, NULL));
	return p;
}

/* How many mounts are at PATH or below it. */
static int mounts_at(const char *path)
{
	const char *text = text_of("/proc/self/mountinfo");
	int n = 0;

	for (const char *p = text; (p = strstr(p, path)); p++)
		n++;
	return n;
}

static void whole(void *arg)
{
	struct place p = attached("a");
	struct err e = {0};

	(void)arg;
	assert_int_equal(mounts_at(" /tmp/a"), 3);
	must(place_remove(&p, &arena, &e), &e);
	assert_int_equal(mounts_at(" /tmp/a"), 0);
	must(place_remove(&p, &arena, &e), &e); /* once more: there is nothing */
	must(place_remove(&(struct place){0}, &arena, &e), &e);
}

static void rest(void *arg)
{
	struct place p = attached("a");
	struct err e = {0};

	(void)arg;
	must_call(umount2("a", MNT_DETACH));
	assert_int_equal(mounts_at(" /tmp/a"), 1);
	must(place_remove(&p, &arena, &e), &e);
	assert_int_equal(mounts_at(" /tmp/a"), 0);
}

static void covered(void *arg)
{
	struct place p = attached("a");
	struct err e = {0};

	(void)arg;
	must_call(mount("strange", "a", "tmpfs", 0, NULL));
	must_fail(place_remove(&p, &arena, &e), EBUSY, &e, "somebody has mounted something over it");
	assert_int_equal(mounts_at(" /tmp/a"), 4);
	must_call(umount2("a", 0));
	e = (struct err){0};
	must(place_remove(&p, &arena, &e), &e);
	assert_int_equal(mounts_at(" /tmp/a"), 0);
}

/* The number of the mount at PATH as kernels before 6.8 give it. */
static uint64_t old_number(const char *path)
{
	struct sys_statx st;

	must_call(sys_statx(AT_FDCWD, path, 0, SYS_STATX_MNT_ID, &st));
	return st.mnt_id;
}

static void old_numbers(void *arg)
{
	struct err e = {0};
	struct place p = {.path = arena_strdup(&arena, "/tmp/x")};

	(void)arg;
	/* Elsewhere, as if covered: it is there, and can't be reached. */
	must_call(mkdir("y", 0755));
	must_call(mount("y", "y", "tmpfs", 0, NULL));
	p.root = p.holder = old_number("y");
	must_fail(place_remove(&p, &arena, &e), EBUSY, &e, "somebody has mounted something over it");
	must_call(umount2("y", 0));
	e = (struct err){0};
	must(place_remove(&p, &arena, &e), &e);
}

static void machines_root(void *arg)
{
	struct place p;
	struct err e = {0};
	auto_fd holder = FD_NONE;

	(void)arg;
	must_fail(place_make("/tmp/..", FD_NONE, &arena, &p, &holder, &e), EINVAL, &e, "the machine's own root");
	e = (struct err){0};
	must_fail(place_make("/tmp/none", FD_NONE, &arena, &p, &holder, &e), ENOENT, &e, "open /tmp/none");
}

static void all_of_it_goes(void **state)
{
	(void)state;
	in_jail(whole, NULL);
}

static void the_rest_of_it_goes(void **state)
{
	(void)state;
	in_jail(rest, NULL);
}

static void what_lies_over_it_stays(void **state)
{
	(void)state;
	in_jail(covered, NULL);
}

static void numbers_that_are_used_again_are_looked_up(void **state)
{
	(void)state;
	in_jail(old_numbers, NULL);
}

static void the_machines_root_is_none(void **state)
{
	(void)state;
	in_jail(machines_root, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_goes),
		cmocka_unit_test(the_rest_of_it_goes),
		cmocka_unit_test(what_lies_over_it_stays),
		cmocka_unit_test(numbers_that_are_used_again_are_looked_up),
		cmocka_unit_test(the_machines_root_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
