/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users are resolved by files that an attacker wrote: right answers, clear refusals, no hang, nothing from outside. */
#include "base/fd.h"
#include "core/user.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "alice:x:1000:1000:Alice,,,:/home/alice:/bin/zsh\n"
			     "short:x:1001:1001\n"
			     "nogid:x:1002\n"
			     "toobig:x:4294967295:0::/:/bin/sh\n"
			     "huge:x:99999999999999999999:0::/:/bin/sh\n"
			     "minus:x:-1:0::/:/bin/sh\n"
			     "space:x: 5:0::/:/bin/sh\n"
			     ":x:7:7::/:/bin/sh\n"
			     "4242:x:0:0::/root:/bin/sh\n"
			     "relative:x:1003:1003::home/relative:bin/zsh\n"
			     "control:x:1004:1004::/home/\x1b[2J:/bin/sh\n"
			     "alice:x:0:0:second:/root:/bin/sh\n"
			     "last:x:1005:1005::/home/last"; /* no line break at the end */
static const char group[] = "root:x:0:\n"
			    "staff:x:50:alice,bob\n"
			    "audio:x:29:bob,alice\n"
			    "malice:x:66:malice\n"
			    "bad:x:-5:alice\n"
			    "toobig:x:4294967295:alice\n"
			    "double:x:50:alice\n"
			    "open:x:70\n"
			    "4242:x:0:\n";

struct fixture {
	char dir[TEST_DIR_MAX];
	int fd;
	struct arena a;
};

static void put(struct fixture *f, const char *path, const char *text)
{
	auto_fd fd = openat(f->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_non_null(test_dir_make(f->dir, "isle-test-user-"));
	f->fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f->fd >= 0);
	assert_int_equal(mkdirat(f->fd, "etc", 0755), 0);
	put(f, "etc/passwd", passwd);
	put(f, "etc/group", group);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	/* A test makes "etc" a link to the machine's own: it goes first, or what follows would delete there. */
	if (unlinkat(f->fd, "etc", 0) < 0) {
		unlinkat(f->fd, "etc/passwd", 0);
		unlinkat(f->fd, "etc/group", 0);
		unlinkat(f->fd, "etc", AT_REMOVEDIR);
	}
	rmdir(f->dir);
	close(f->fd);
	arena_free(&f->a);
	free(f);
	return 0;
}

/* "uid:gid:group,group:home", or the error's sentence. */
static const char *resolve(struct fixture *f, const char *text)
{
	struct spec_user u = {0};
	struct err e = {0};
	char *home, *out, buf[1200];

	if (user_resolve(f->fd, text, &f->a, &u, &home, &e) < 0) {
		err_format(&e, buf, sizeof(buf));
		return arena_strdup(&f->a, buf);
	}
	out = arena_printf(&f->a, "%u:%u:", u.uid, u.gid);
	for (size_t i = 0; i < u.additional_gids.n; i++)
		out = arena_printf(&f->a, "%s%s%u", out, i ? "," : "", u.additional_gids.v[i]);
	return arena_printf(&f->a, "%s:%s", out, home);
}

static void users_and_groups_are_found(void **state)
{
	static const struct {
		const char *text, *is;
	} rows[] = {
		{NULL, "0:0:0:/root"},
		{"", "0:0:0:/root"},
		{"root", "0:0:0:/root"},
		{"alice", "1000:1000:1000,50,29:/home/alice"}, /* the first line counts; no group twice */
		{"1000", "1000:1000:1000,50,29:/home/alice"},
		{"alice:audio", "1000:29:29:/home/alice"},
		{"alice:7", "1000:7:7:/home/alice"},
		{"short", "1001:1001:1001:/"},
		{"last", "1005:1005:1005:/home/last"},
		{"4242", "4242:0:0:/"}, /* digits are never a name */
		{"4242:4242", "4242:4242:4242:/"},
		{"1000:4294967294", "1000:4294967294:4294967294:/home/alice"},
		{":29", "0:29:29:/root"},
		{"relative", "1003:1003:1003:/"},
		{"control", "1004:1004:1004:/"},
		{"alice,open,8", "1000:1000:1000,50,29,70,8:/home/alice"},
		{",staff", "0:0:0,50:/root"},
		{"alice:staff,audio", "1000:50:50,29:/home/alice"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(resolve(*state, rows[i].text), rows[i].is);
}

static void home_and_shell_are_found_by_the_number_alone(void **state)
{
	static const struct {
		uint32_t uid;
		const char *home, *shell;
	} rows[] = {{0, "/root", "/bin/sh"}, {1000, "/home/alice", "/bin/zsh"}, {1003, "/", "/bin/sh"},
		    {1004, "/", "/bin/sh"},  {1005, "/home/last", "/bin/sh"},	{77, "/", "/bin/sh"}};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(user_home(f->fd, rows[i].uid, &f->a), rows[i].home);
		assert_string_equal(user_shell(f->fd, rows[i].uid, &f->a), rows[i].shell);
	}
	/* Whatever is wrong with the file stops nobody. */
	assert_int_equal(unlinkat(f->fd, "etc/passwd", 0), 0);
	assert_string_equal(user_home(f->fd, 0, &f->a), "/");
	assert_string_equal(user_shell(f->fd, 0, &f->a), "/bin/sh");
	assert_int_equal(mkfifoat(f->fd, "etc/passwd", 0644), 0);
	assert_string_equal(user_home(f->fd, 0, &f->a), "/");
}

static void what_is_wrong_is_told(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"nobody", "no user \"nobody\" in the container: its /etc/passwd does not name it"},
		{"nogid", "no user \"nogid\" in the container: its /etc/passwd does not name it"},
		{"toobig", "no user \"toobig\" in the container: its /etc/passwd does not name it"},
		{"huge", "no user \"huge\" in the container: its /etc/passwd does not name it"},
		{"minus", "no user \"minus\" in the container: its /etc/passwd does not name it"},
		{"space", "no user \"space\" in the container: its /etc/passwd does not name it"},
		{"alice:bad", "no group \"bad\" in the container: its /etc/group does not name it"},
		{"alice,none", "no group \"none\" in the container: its /etc/group does not name it"},
		{"4294967295", "bad user id 4294967295: ids go from 0 to 4294967294"},
		{"99999999999999999999", "bad user id 99999999999999999999: ids go from 0 to 4294967294"},
		{"0:4294967295", "bad group id 4294967295: ids go from 0 to 4294967294"},
		{"-1", "bad user \"-1\": it is neither a name nor a number from 0 to 4294967294"},
		{"+0", "bad user \"+0\": it is neither a name nor a number from 0 to 4294967294"},
		{" 0", "bad user \" 0\": it is neither a name nor a number from 0 to 4294967294"},
		{"0\n", "bad user \"0?\": it is neither a name nor a number from 0 to 4294967294"},
		{"alice:", "bad group \"\": it is neither a name nor a number from 0 to 4294967294"},
		{"alice:a:b", "bad group \"a:b\": it is neither a name nor a number from 0 to 4294967294"},
		{"alice,", "bad group \"\": it is neither a name nor a number from 0 to 4294967294"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(resolve(*state, rows[i].text), rows[i].says);
}

static void the_form_is_checked_without_a_root(void **state)
{
	struct arena arena = {0};

	(void)state;
	assert_int_equal(user_check("alice:staff", &arena, NULL), 0);
	assert_int_equal(user_check(NULL, &arena, NULL), 0);
	assert_int_equal(user_check("4294967294:0", &arena, NULL), 0);
	assert_true(user_check("4294967295", &arena, NULL) < 0);
	assert_true(user_check("a b", &arena, NULL) < 0);
	arena_free(&arena);
}

static void without_files_ids_are_enough(void **state)
{
	struct fixture *f = *state;

	unlinkat(f->fd, "etc/passwd", 0);
	unlinkat(f->fd, "etc/group", 0);
	assert_string_equal(resolve(f, NULL), "0:0:0:/");
	assert_string_equal(resolve(f, "5:6"), "5:6:6:/");
	assert_string_equal(resolve(f, "root"), "no user \"root\" in the container: its /etc/passwd does not name it");
}

static void a_fifo_does_not_hang(void **state)
{
	struct fixture *f = *state;

	alarm(20); /* a hang is a failure */
	unlinkat(f->fd, "etc/passwd", 0);
	assert_int_equal(mkfifoat(f->fd, "etc/passwd", 0666), 0);
	assert_string_equal(resolve(f, "0"), "refused to read /etc/passwd of the container: it is not a regular file");
	unlinkat(f->fd, "etc/passwd", 0);
	assert_int_equal(mkdirat(f->fd, "etc/passwd", 0755), 0);
	assert_string_equal(resolve(f, "0"), "refused to read /etc/passwd of the container: it is not a regular file");
	unlinkat(f->fd, "etc/passwd", AT_REMOVEDIR);
	alarm(0);
}

static void links_do_not_lead_out(void **state)
{
	struct fixture *f = *state;

	/* The machine's own /etc/passwd knows "daemon"; the container must not. */
	unlinkat(f->fd, "etc/passwd", 0);
	assert_int_equal(symlinkat("/../../../../../etc/machine-passwd", f->fd, "etc/passwd"), 0);
	assert_string_equal(resolve(f, "daemon"),
			    "no user \"daemon\" in the container: its /etc/passwd does not name it");
	unlinkat(f->fd, "etc/passwd", 0);
	assert_int_equal(symlinkat("../../../../../../../../etc/passwd", f->fd, "etc/passwd"), 0);
	assert_non_null(strstr(resolve(f, "daemon"), "Too many levels of symbolic links"));
	unlinkat(f->fd, "etc/passwd", 0);
	assert_int_equal(symlinkat("/proc/self/root/etc/passwd", f->fd, "etc/passwd"), 0);
	assert_string_equal(resolve(f, "daemon"),
			    "no user \"daemon\" in the container: its /etc/passwd does not name it");
	unlinkat(f->fd, "etc/passwd", 0);
	unlinkat(f->fd, "etc/group", 0);
	unlinkat(f->fd, "etc", AT_REMOVEDIR);
	assert_int_equal(symlinkat("/etc", f->fd, "etc"), 0);
	assert_true(strstr(resolve(f, "daemon"), "daemon:") == NULL);
	assert_true(strstr(resolve(f, "daemon"), "symbolic links") != NULL);
}

static void links_within_are_followed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(renameat(f->fd, "etc/passwd", f->fd, "etc/group2"), 0);
	assert_int_equal(symlinkat("/etc/group2", f->fd, "etc/passwd"), 0);
	assert_string_equal(resolve(f, "alice:7"), "1000:7:7:/home/alice");
	unlinkat(f->fd, "etc/group2", 0);
}

static void a_file_too_large_is_refused(void **state)
{
	struct fixture *f = *state;
	auto_fd fd = openat(f->fd, "etc/group", O_WRONLY | O_CLOEXEC);

	assert_int_equal(ftruncate(fd, 11 << 20), 0);
	assert_non_null(strstr(resolve(f, "0"), "/etc/group of the container"));
	assert_non_null(strstr(resolve(f, "0"), "larger than the 10485760 bytes"));
}

static void too_many_groups_are_refused_quickly(void **state)
{
	struct fixture *f = *state;
	FILE *file = fdopen(openat(f->fd, "etc/group", O_WRONLY | O_TRUNC | O_CLOEXEC), "w");
	clock_t begin = clock();

	assert_non_null(file);
	for (int i = 1; i < 400000; i++)
		fprintf(file, "g:x:%d:alice\n", i);
	fclose(file);
	assert_string_equal(resolve(f, "alice"), "the user is in more than 8192 groups of the container");
	assert_true(clock() - begin < 5 * CLOCKS_PER_SEC);
}

/* Whether W is part of TEXT; an absent word is. */
static bool within(struct user_word w, const char *text, size_t n)
{
	return w.n == 0 || (w.p >= text && w.p + w.n <= text + n);
}

/* Whatever the bytes: the parsers end, and what they give lies within the text. */
static void garbage_stays_within_its_bounds(void **state)
{
	static const char letters[] = "a:0,\n9-x";
	char text[64];

	(void)state;
	srandom(1);
	for (int round = 0; round < 200000; round++) {
		size_t n = (size_t)random() % sizeof(text);
		struct passwd_entry p;
		struct group_entry g;
		int lines = 0;

		for (size_t i = 0; i < n; i++)
			text[i] = letters[(size_t)random() % (sizeof(letters) - 1)];
		for (struct user_text t = {text, text + n}; user_parse_passwd(&t, &p); lines++)
			assert_true(within(p.name, text, n) && within(p.home, text, n));
		for (struct user_text t = {text, text + n}; user_parse_group(&t, &g); lines++)
			assert_true(within(g.name, text, n) && within(g.members, text, n));
		assert_true(lines <= 2 * (int)sizeof(text));
	}
}

int main(void)
{
#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_ROOT(users_and_groups_are_found),
		WITH_ROOT(home_and_shell_are_found_by_the_number_alone),
		WITH_ROOT(what_is_wrong_is_told),
		WITH_ROOT(without_files_ids_are_enough),
		WITH_ROOT(a_fifo_does_not_hang),
		WITH_ROOT(links_do_not_lead_out),
		WITH_ROOT(links_within_are_followed),
		WITH_ROOT(a_file_too_large_is_refused),
		WITH_ROOT(too_many_groups_are_refused_quickly),
		cmocka_unit_test(the_form_is_checked_without_a_root),
		cmocka_unit_test(garbage_stays_within_its_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
