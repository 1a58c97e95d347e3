/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roots put together for real: a directory as it is, the machine's own tree for plain users, and what cannot be one. */
#include "rootfs_unit.h"

/* ---- a directory as it is ---- */

static void direct_inside(void *arg)
{
	(void)arg;
	assert_true(readable("secret"));
	put("new", "x", 0600);
	assert_int_equal(owner("new"), 0);
	assert_false(readable("null"));
}

static void direct_root(void *arg)
{
	struct build b;

	(void)arg;
	machine_make();
	build_begin(&b, false);
	b.r.kind = ROOTFS_DIRECT;
	build_on(&b, NULL, "root");
	inside(&b, direct_inside);
	assert_int_equal(owner("root/new"), BASE);
	assert_int_equal(owner("low/new"), 0); /* shifted back on its way */
	b.r.lower.v[0] = arena_strdup(&arena, "/tmp/missing");
	must_fail(rootfs_assemble(&b.r, &b.env, &(int){0}, &b.e), ENOENT, &b.e, "/tmp/missing");
}

static void a_direct_root_is_the_directory_itself(void **state)
{
	(void)state;
	in_jail(direct_root, NULL);
}

/* ---- skeletons ---- */

/* As root of a user namespace, with the machine's tree as "/". */
static void skeleton_inside(void *arg)
{
	static const char *const parts[] = {"/opt", "/srv", "/usr"};
	struct rootfs r = {.kind = ROOTFS_LAYERED, .guarded = true};
	struct fds spent = {0}, spent_mounts = {0};
	struct rootfs_env env = {.userns_fd = FD_NONE,
				 .in_userns = true,
				 .arena = &arena,
				 .spent = &spent,
				 .spent_mounts = &spent_mounts};
	struct build b = {.r = r, .env = env};
	char target[64] = "";
	struct stat st;

	must_call(setns(*(int *)arg, CLONE_NEWUSER));
	must_call(setresgid(0, 0, 0));
	must_call(setresuid(0, 0, 0));
	must_call(unshare(CLONE_NEWNS));
	must_call(chroot("tree"));
	must_call(chdir("/"));
	b.env.spent = &b.spent;
	b.env.spent_mounts = &b.spent_mounts;
	strs_add(&b.r.lower, &arena, "/");
	rootfs_skeleton(&b.r, &arena);
	assert_int_equal(b.r.kind, ROOTFS_SKELETON);
	assert_int_equal(b.r.submounts.n, ARRAY_LEN(parts));
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		assert_true(strs_has(&b.r.submounts, parts[i]));

	build_on(&b, NULL, "/mnt");
	must_call(readlink("/mnt/bin", target, sizeof(target) - 1));
	assert_string_equal(target, "usr/bin");
	must_call(stat("/mnt/opt", &st));
	assert_int_equal(st.st_mode, S_IFDIR | 0711);
	must_call(stat("/mnt/root", &st)); /* there, and empty */
	assert_int_equal(access("/mnt/root/secret", F_OK), -1);
	assert_int_equal(access("/mnt/file", F_OK), -1);
	assert_int_equal(access("/mnt/proc", F_OK), 0);

	/* A part without mounts in it is laid over, and can be written to. */
	build_on(&b, "/usr", "/mnt/usr");
	assert_string_equal(text_of("/mnt/usr/file"), "usr");
	put("/mnt/usr/new", "x", 0600);
	must_call(unlink("/mnt/usr/file"));
	assert_string_equal(text_of("/usr/file"), "usr");
	assert_int_equal(access("/usr/new", F_OK), -1);
	/* One that the machine has mounted something in is shown as it is. */
	build_on(&b, "/srv", "/mnt/srv");
	assert_string_equal(text_of("/mnt/srv/data/file"), "data");
	assert_int_equal(open("/mnt/srv/data/file", O_WRONLY | O_CLOEXEC), -1);
	assert_int_equal(errno, EROFS);
	assert_int_equal(mkdir("/mnt/srv/new", 0700), -1);
	assert_int_equal(errno, EROFS);
}

static void skeleton_root(void *arg)
{
	static const char *const dirs[] = {"tree",	"tree/usr", "tree/srv",	 "tree/srv/data", "tree/opt",
					   "tree/proc", "tree/mnt", "tree/boot", "tree/root",	  "tree/.x"};

	(void)arg;
	auto_fd userns = userns_make(0, BASE, IDS, false);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		must_call(mkdir(dirs[i], 0755));
	must_call(mount("data", "tree/srv/data", "tmpfs", 0, NULL));
	own("tree/usr/file", "usr", 0644, BASE);
	own("tree/srv/data/file", "data", 0666, BASE);
	own("tree/file", "", 0644, 0);
	own("tree/root/secret", "", 0600, 0);
	must_call(chown("tree/usr", BASE, BASE));
	must_call(chown("tree/srv", BASE, BASE));
	must_call(chmod("tree/root", 0700));
	must_call(chown("tree/opt", BASE, BASE));
	must_call(chmod("tree/opt", 0711));
	must_call(chmod("tree/boot", 0755));
	must_call(symlink("usr/bin", "tree/bin"));
	in_child(skeleton_inside, &userns);
}

static void a_skeleton_shows_the_machine_to_plain_users(void **state)
{
	(void)state;
	in_jail(skeleton_root, NULL);
}

/* ---- refusals ---- */

static void refusals(void *arg)
{
	struct build b;
	int fd = 4242;

	(void)arg;
	machine_make();
	build_begin(&b, false);
	b.r.lower.v[0] = arena_strdup(&arena, "/tmp/missing");
	must_fail(rootfs_assemble(&b.r, &b.env, &fd, &b.e), ENOENT, &b.e, "/tmp/missing");
	b.r.idmapped = false;
	must_fail(rootfs_assemble(&b.r, &b.env, &fd, &b.e), ENOENT, &b.e, "open the root /tmp/missing");

	/* A file system that refuses idmapped mounts is named, so that the caller can try without. */
	must_call(mount("proc", "low/dir", "proc", 0, NULL));
	for (int kind = ROOTFS_DIRECT; kind <= ROOTFS_LAYERED; kind++) {
		build_begin(&b, false);
		b.r.kind = (enum rootfs_kind)kind;
		b.r.lower.v[0] = arena_strdup(&arena, "/tmp/low/dir");
		must_fail(rootfs_assemble(&b.r, &b.env, &fd, &b.e), EINVAL, &b.e, "shift the owners");
		must_have(b.e.why, "/tmp/low/dir");
		must_have(b.e.why, ROOTFS_NO_IDMAP);
	}
	must_call(umount("low/dir"));

	build_begin(&b, false);
	b.r.tmpfs_size = arena_strdup(&arena, "lots");
	must_fail(rootfs_assemble(&b.r, &b.env, &fd, &b.e), EINVAL, &b.e, "throw-away layer");
	b.r.tmpfs_size = NULL;
	for (int i = 0; i < 500; i++)
		strs_add(&b.r.lower, &arena, "/tmp/low");
	must_fail(rootfs_assemble(&b.r, &b.env, &fd, &b.e), EINVAL, &b.e, "501 layers");

	/* A root that is on an overlay, looked at through a guard, would be one overlay too many. */
	build_begin(&b, false);
	build_on(&b, NULL, "root");
	build_begin(&b, true);
	fd_close(&b.env.userns_fd);
	b.env.foreign = false;
	b.r.lower.v[0] = arena_strdup(&arena, "/tmp/root");
	must_fail(rootfs_assemble(&b.r, &b.env, &fd, &b.e), EINVAL, &b.e, "/tmp/root is on an overlay itself");
	must_have(b.e.cure, "--host-private");

	/* Nor can the writable layer be on one. */
	build_begin(&b, false);
	b.r.writable = arena_strdup(&arena, "/tmp/root/dir");
	must_fail(rootfs_assemble(&b.r, &b.env, &fd, &b.e), EINVAL, &b.e,
		  "what changes can't be kept in /tmp/root/dir");
	must_have(b.e.why, "overlay");
	must_have(b.e.cure, "--layer memory");
	assert_int_equal(fd, 4242);
}

static void what_cannot_be_a_root_is_explained(void **state)
{
	(void)state;
	in_jail(refusals, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_direct_root_is_the_directory_itself),
		cmocka_unit_test(a_skeleton_shows_the_machine_to_plain_users),
		cmocka_unit_test(what_cannot_be_a_root_is_explained),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
