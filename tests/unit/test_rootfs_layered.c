/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layered roots: whom files belong to inside and outside, what nobody inside may read, what is kept, the older ways. */
#include "old_kernel.h"
#include "rootfs_unit.h"

#include <sys/xattr.h>

/* What every writable root lets its root do. */
static void writes(void *arg)
{
	auto_fd fd = open("open", O_WRONLY | O_APPEND | O_CLOEXEC);

	(void)arg;
	must_call(fd);
	assert_int_equal(fd_write_all(fd, " door", 5), 0);
	assert_string_equal(text_of("open"), "open door");
	put("new", "new", 0600);
	must_call(mkdir("dir/new", 0700));
	must_call(unlink("dir/file"));
	must_call(rename("new", "renamed"));
	must_call(chown("renamed", 5, 5));
	assert_false(readable("null")); /* device nodes of a layer do nothing */
	assert_int_equal(errno, EACCES);
}

/* Inside a root with shifted owners and no guard. */
static void shifted_inside(void *arg)
{
	assert_int_equal(owner("open"), 0);
	assert_int_equal(owner("user"), 1000);
	assert_int_equal(owner("."), 0);
	assert_true(readable("secret"));
	assert_true(readable("closed/file"));
	must_call(chmod("secret", 0644));
	writes(arg);
}

/* Seen from the machine, after shifted_inside. */
static void shifted_outside(void)
{
	struct stat st;

	must_call(stat("root", &st));
	assert_int_equal(st.st_mode, S_IFDIR | 0751);
	assert_int_equal(owner("root"), BASE);
	assert_int_equal(owner("root/open"), BASE);
	assert_int_equal(owner("root/user"), BASE + 1000);
	assert_int_equal(owner("root/dir/new"), BASE);
	assert_int_equal(owner("root/renamed"), BASE + 5);
	machine_is_unchanged();
}

static void layered_shifted(void *arg)
{
	struct build b;

	(void)arg;
	machine_make();
	build_begin(&b, false);
	build_on(&b, NULL, "root");
	inside(&b, shifted_inside);
	shifted_outside();
}

/* Inside a guarded root: nothing that its root tries shows what only the machine's root may read. */
static void guarded_inside(void *arg)
{
	static const char *const secrets[] = {"secret", "group", "user", "program", "link", "closed/file"};
	struct stat st;

	assert_true(readable("open"));
	assert_true(readable("dir/file"));
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		const char *s = secrets[i];

		assert_false(readable(s));
		/* Each of these makes overlayfs copy the file up, or would change who may read it. */
		chmod(s, 0666);
		assert_false(readable(s));
		chown(s, 0, 0);
		chown(s, 1, 1);
		assert_false(readable(s));
		assert_false(link(s, "linked") == 0 && readable("linked"));
		assert_false(rename(s, "moved") == 0 && readable("moved"));
		setxattr(s, "user.x", "x", 1, 0);
		utimensat(AT_FDCWD, s, NULL, 0);
		close(open(s, O_WRONLY | O_APPEND | O_CLOEXEC));
		close(open(s, O_RDWR | O_CLOEXEC));
		assert_false(readable(s));
	}
	chmod("closed", 0777);
	rename("closed", "opened");
	assert_false(readable("closed/file"));
	assert_false(readable("opened/file"));
	execl("program", "program", (char *)NULL);
	assert_int_equal(errno, EACCES);
	/* What is not seen can be replaced. */
	must_call(unlink("secret"));
	put("secret", "mine", 0600);
	assert_string_equal(text_of("secret"), "mine");
	must_call(lstat("user", &st));
	writes(arg);
}

static void layered_guarded(void *arg)
{
	struct build b;

	(void)arg;
	machine_make();
	build_begin(&b, true);
	build_on(&b, NULL, "root");
	inside(&b, guarded_inside);
	assert_string_equal(text_of("root/secret"), "mine");
	machine_is_unchanged();
}

/* The machine's own root, with every capability: a container that has no ids of its own. */
static void guarded_from_root(void *arg)
{
	const gid_t root = 0;
	struct build b;

	(void)arg;
	machine_make();
	must_call(setgroups(1, &root)); /* which may read "group" */
	build_begin(&b, true);
	fd_close(&b.env.userns_fd);
	b.env.uid = b.env.gid = 0;
	b.env.foreign = false;
	build_on(&b, NULL, "root");
	assert_int_equal(owner("root/open"), 0);
	inside(&b, guarded_inside);
	machine_is_unchanged();
}

/* Not shifted, as where the file system can't be: the machine's files belong to nobody inside. */
static void foreign_inside(void *arg)
{
	(void)arg;
	assert_int_equal(owner("open"), 65534);
	assert_int_equal(owner("."), 0); /* so that there is somebody who may write there */
	assert_true(readable("open"));
	assert_false(readable("secret"));
	assert_int_equal(chmod("secret", 0644), -1);
	assert_false(readable("user"));
	assert_false(readable("closed/file"));
	put("new", "x", 0600);
}

static void foreign(void *arg)
{
	struct build b;

	(void)arg;
	machine_make();
	build_begin(&b, true);
	b.r.idmapped = false;
	build_on(&b, NULL, "root");
	inside(&b, foreign_inside);
	assert_int_equal(owner("root/new"), BASE);
	machine_is_unchanged();
}

static void owners_are_shifted(void **state)
{
	(void)state;
	in_jail(layered_shifted, NULL);
	in_jail(foreign, NULL);
}

static void a_guard_holds_whatever_is_tried(void **state)
{
	(void)state;
	in_jail(layered_guarded, NULL);
	in_jail(guarded_from_root, NULL);
}

/* What must be as before when a guard was made. */
static char *own_rights(void)
{
	static const char *const lines[] = {"\nUid:", "\nGid:", "\nGroups:", "\nCapPrm:", "\nCapEff:", "\nCapInh:"};
	const char *text = text_of("/proc/self/status");
	char *all = arena_strdup(&arena, "");

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		const char *line = strstr(text, lines[i]);

		all = arena_printf(&arena, "%s%.*s", all, (int)strcspn(line + 1, "\n") + 1, line);
	}
	return all;
}

static void rights_come_back(void *arg)
{
	const gid_t groups[] = {4, 5, 60};
	struct build b;

	(void)arg;
	machine_make();
	must_call(setgroups(ARRAY_LEN(groups), groups));
	build_begin(&b, true);
	char *before = own_rights();
	build_on(&b, NULL, "root");
	assert_string_equal(own_rights(), before);
	/* And when the overlay could not be made. */
	b.r.lower = (struct strs){0};
	strs_add(&b.r.lower, &arena, "/tmp/low/open");
	assert_true(rootfs_assemble(&b.r, &b.env, &(int){0}, &b.e) < 0);
	assert_string_equal(own_rights(), before);
}

static void who_makes_a_guard_stays_who_it_is(void **state)
{
	(void)state;
	in_jail(rights_come_back, NULL);
}

static void layers(void *arg)
{
	struct build b;

	(void)arg;
	machine_make();
	must_call(mkdir("top", 0700));
	put("top/open", "top", 0644);
	build_begin(&b, false);
	b.r.lower = (struct strs){0};
	strs_add(&b.r.lower, &arena, "/tmp/top");
	strs_add(&b.r.lower, &arena, "/tmp/low");
	b.r.tmpfs_size = arena_strdup(&arena, "64k");
	build_on(&b, NULL, "root");
	assert_string_equal(text_of("root/open"), "top");
	assert_string_equal(text_of("root/secret"), "secret");
	struct stat st;
	must_call(stat("root", &st));
	assert_int_equal(st.st_mode & 07777, 0700);
	auto_fd fd = open("root/big", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	static char big[128 * 1024];
	assert_int_equal(fd_write_all(fd, big, sizeof(big)), -ENOSPC);
	/* A submount: a tree of its own, in the same terms. */
	build_on(&b, "/tmp/low", "root/dir");
	assert_int_equal(owner("root/dir/user"), BASE + 1000);
	put("root/dir/here", "", 0600);
	machine_is_unchanged();
}

static void layers_cover_each_other_and_have_their_size(void **state)
{
	(void)state;
	in_jail(layers, NULL);
}

/* ---- the writable layer on disk ---- */

static void on_disk(void *arg)
{
	struct build b;

	(void)arg;
	machine_make();
	build_begin(&b, true);
	must_call(mkdir("disk", 0700));
	b.r.writable = arena_strdup(&arena, "/tmp/disk/layer");
	for (int i = 0; i < 3; i++) {
		char name[32];
		struct stat st;

		build_on(&b, NULL, "root");
		must_call(stat("root", &st)); /* what the container made of its root stays */
		assert_int_equal(st.st_mode & 07777, i ? 0700 + i - 1 : 0751);
		snprintf(name, sizeof(name), "root/round%d", i);
		put(name, "kept", 0600);
		for (int k = 0; k <= i; k++) {
			snprintf(name, sizeof(name), "root/round%d", k);
			assert_string_equal(text_of(name), "kept");
		}
		must_call(chmod("root", 0700 + (mode_t)i));
		/* The mark that would refuse the next round. */
		must_call(access("disk/layer/work/work/incompat/volatile", F_OK));
		must_call(umount2("root", MNT_DETACH));
		assert_int_equal(owner("disk/layer/upper"), BASE);
		must_call(stat("disk/layer", &st));
		assert_int_equal(st.st_mode & 07777, 0700);
	}
	build_on(&b, "/tmp/low", "root");
	put("root/below", "kept", 0600);
	must_call(umount2("root", MNT_DETACH));
	assert_string_equal(text_of("disk/layer-tmp-low/upper/below"), "kept");
	machine_is_unchanged();

	/* A link in the layer's place is not followed. */
	must_call(mkdir("canary", 0755));
	must_call(symlink("/tmp/canary", "disk/planted"));
	b.r.writable = arena_strdup(&arena, "/tmp/disk/planted");
	must_fail(rootfs_assemble(&b.r, &b.env, &(int){0}, &b.e), ENOTDIR, &b.e, "/tmp/disk/planted");
	assert_int_equal(rmdir("canary"), 0);
}

static void what_is_on_disk_is_there_again(void **state)
{
	(void)state;
	in_jail(on_disk, NULL);
}

/* ---- older kernels ---- */

static void older_kernel(void *arg)
{
	enum old_kernel age = *(enum old_kernel *)arg;

	on_old_kernel(age, layered_shifted, NULL);
}

static void older_kernel_guarded(void *arg)
{
	on_old_kernel(*(enum old_kernel *)arg, layered_guarded, NULL);
}

static void older_kernel_on_disk(void *arg)
{
	on_old_kernel(*(enum old_kernel *)arg, on_disk, NULL);
}

static void many_layers(void *arg)
{
	char path[32];
	struct build b;

	(void)arg;
	machine_make();
	build_begin(&b, false);
	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), "/tmp/layer%d", i);
		must_call(mkdir(path, 0755));
		strs_add(&b.r.lower, &arena, path);
		strcat(path, "/file");
		put(path, path, 0644);
		path[strlen(path) - 1] = (char)('A' + i % 26);
		put(path, "", 0644);
	}
	build_on(&b, NULL, "root");
	assert_string_equal(text_of("root/open"), "open");
	assert_string_equal(text_of("root/file"), "/tmp/layer0/file"); /* the topmost that has it */
	assert_int_equal(access("root/filN", F_OK), 0);
}

static void older_kernel_many(void *arg)
{
	on_old_kernel(*(enum old_kernel *)arg, many_layers, NULL);
}

static void older_kernels_get_the_same_root(void **state)
{
	enum old_kernel ages[] = {LINUX_6_12, LINUX_6_4};

	(void)state;
	in_jail(many_layers, NULL);
	for (size_t i = 0; i < ARRAY_LEN(ages); i++) {
		in_jail(older_kernel, &ages[i]);
		in_jail(older_kernel_guarded, &ages[i]);
		in_jail(older_kernel_on_disk, &ages[i]);
		in_jail(older_kernel_many, &ages[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owners_are_shifted),
		cmocka_unit_test(a_guard_holds_whatever_is_tried),
		cmocka_unit_test(who_makes_a_guard_stays_who_it_is),
		cmocka_unit_test(layers_cover_each_other_and_have_their_size),
		cmocka_unit_test(what_is_on_disk_is_there_again),
		cmocka_unit_test(older_kernels_get_the_same_root),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
