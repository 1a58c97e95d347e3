/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for namespaces: what it reads in /proc, and this process as it must find it. */
#include "inspect/namespace.h"

#include <string.h>
#include <unistd.h>

#include "unit.h"

static void links_are_read_strictly(void **state)
{
	static const char *const bad[] = {"",	      "net",	     "net:",	  "net:[",
					  "net:[]",   "net:[5",	     "net:[5] ",  "net:5]",
					  "net:[-5]", "net:[5x]",    "/dev/null", "net:[99999999999999999999]",
					  "[5]",      "socket:[5]\n"};
	uint64_t id = 0;

	(void)state;
	assert_true(ns_link_parse("net:[4026531840]", &id));
	assert_int_equal(id, 4026531840);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (ns_link_parse(bad[i], &id))
			fail_msg("\"%s\" was taken", bad[i]);
}

static void mounts_of_namespaces_are_found(void **state)
{
	static const struct {
		const char *line;
		uint64_t id; /* 0: no such mount */
		const char *target;
	} rows[] = {
		{"40 24 0:4 net:[4026532177] /run/netns/a rw shared:5 - nsfs nsfs rw", 4026532177, "/run/netns/a"},
		{"40 24 0:4 mnt:[7] /a rw - nsfs nsfs rw", 7, "/a"},
		{"40 24 0:4 net:[7] /a\\040b\\011c\\134d\\012 rw - nsfs nsfs rw", 7, "/a b\tc\\d\n"},
		{"40 24 0:4 net:[7] /a\\04 rw shared:1 master:2 - nsfs nsfs rw", 7, "/a\\04"},
		{"40 24 0:4 net:[7] /a rw - proc proc rw", 0, NULL},
		{"40 24 0:4 / /a\\040-\\040nsfs\\040 rw - ext4 /dev/sda rw", 0, NULL},
		{"40 24 0:4 / /a rw - ext4 nsfs rw", 0, NULL},
		{"40 24 0:4 net:[7] /a rw", 0, NULL},
		{"40 24 0:4 net:[x] /a rw - nsfs nsfs rw", 0, NULL},
		{"40 24 0:4 net:[7]", 0, NULL},
		{"", 0, NULL},
		{"      ", 0, NULL},
		{" - nsfs ", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct nsfs_mount m = {0};
		const bool is = nsfs_mount_parse(rows[i].line, &a, &m);

		if (is != (rows[i].id != 0))
			fail_msg("\"%s\": %d", rows[i].line, is);
		if (is) {
			assert_int_equal(m.id, rows[i].id);
			assert_string_equal(m.target, rows[i].target);
		}
		arena_free(&a);
	}
}

static void we_are_where_we_are(void **state)
{
	struct arena a = {0};
	struct namespaces all;
	struct err e = {0};

	(void)state;
	assert_int_equal(namespaces_read(NAMESPACES_NETNSID, &a, &all, &e), 0);
	const struct ns_process *me = map_get(&all.by_pid, (uint64_t)getpid());
	assert_non_null(me);
	assert_int_equal(me->uid, geteuid());
	assert_int_equal(me->ppid, getppid());
	assert_non_null(me->parent);
	assert_int_equal(me->parent->pid, getppid());
	for (int kind = 0; kind < NS_KIND_COUNT; kind++) {
		const struct namespace *ns = map_get(&all.by_id, ns_inode(0, (enum ns_kind)kind));
		bool member = false;

		assert_non_null(ns);
		assert_ptr_equal(ns, me->in[kind]);
		assert_int_equal(ns->kind, kind);
		for (size_t i = 0; i < ns->members.n; i++) {
			member |= ns->members.v[i] == me;
			assert_true(ns->first->pid <= ns->members.v[i]->pid);
		}
		assert_true(member);
	}
	for (size_t i = 1; i < all.n; i++)
		assert_true(all.v[i - 1]->id < all.v[i]->id);
	arena_free(&a);
}

static void the_map_keeps_what_it_is_given(void **state)
{
	enum { MANY = 5000 };
	struct arena a = {0};
	struct map m = {0};
	static int values[MANY];

	(void)state;
	assert_null(map_get(&m, 0));
	for (int i = 0; i < MANY; i++)
		map_put(&m, &a, (uint64_t)i * i << 32, &values[i]);
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(map_get(&m, (uint64_t)i * i << 32), &values[i]);
	assert_int_equal(m.n, MANY);
	assert_null(map_get(&m, 7));
	map_put(&m, &a, 0, &values[9]);
	assert_ptr_equal(map_get(&m, 0), &values[9]);
	assert_int_equal(m.n, MANY);
	assert_true(map_note(&m, &a, 7));
	assert_false(map_note(&m, &a, 7));
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_read_strictly),
		cmocka_unit_test(mounts_of_namespaces_are_found),
		cmocka_unit_test(we_are_where_we_are),
		cmocka_unit_test(the_map_keeps_what_it_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
