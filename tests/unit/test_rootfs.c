/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Roots put together for real: whom files belong to inside and outside, what nobody inside may read, the older ways.
 *
 * The tests' container has ids 100000 and on.  Its root is played by a child that joins a user namespace with these ids
 * and has every capability there; the machine's files are in "low", a directory in the jail.
 */
#include "core/mount.h"
#include "core/rootfs.h"
#include "core/sys.h"
#include "jail.h"
#include "old_kernel.h"

#include <dirent.h>
#include <grp.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

enum { BASE = 100000, IDS = 65536 };

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* A root on its way, with all that it needs. */
struct build {
	struct rootfs r;
	struct rootfs_env env;
	struct fds spent;
	struct err e;
};

static void own(const char *path, const char *text, mode_t mode, uid_t uid)
{
	put(path, text, 0600);
	must_call(chown(path, uid, uid));
	must_call(chmod(path, mode));
}

/* The machine's files. */
static void machine_make(void)
{
	must_call(mkdir("low", 0751));
	own("low/open", "open", 0644, 0);
	own("low/secret", "secret", 0600, 0);
	own("low/group", "secret", 0640, 0);
	own("low/user", "user", 0600, 1000);
	own("low/program", "#!/bin/true\n", 0700, 0);
	must_call(mkdir("low/dir", 0755));
	own("low/dir/file", "file", 0644, 0);
	must_call(mkdir("low/closed", 0700));
	own("low/closed/file", "secret", 0644, 0);
	must_call(symlink("secret", "low/link"));
	must_call(mknod("low/null", S_IFCHR | 0666, makedev(1, 3)));
	must_call(chmod("low/null", 0666));
	must_call(mkdir("root", 0755));
}

/* Fails when something in "low" is not as it was made. */
static void machine_is_unchanged(void)
{
	int n = 0;
	struct stat st;
	DIR *d = opendir("low");

	while (readdir(d))
		n++;
	closedir(d);
	assert_int_equal(n, 10 + 1);
	assert_string_equal(text_of("low/open"), "open");
	assert_string_equal(text_of("low/secret"), "secret");
	assert_string_equal(text_of("low/dir/file"), "file");
	must_call(stat("low/secret", &st));
	assert_true(st.st_mode == (S_IFREG | 0600) && st.st_uid == 0 && st.st_nlink == 1);
	must_call(stat("low", &st));
	assert_true(st.st_mode == (S_IFDIR | 0751) && st.st_uid == 0);
}

/* A layered root of "low" in shifted ids; guarded if asked. */
static void build_begin(struct build *b, bool guarded)
{
	*b = (struct build){
		.r = {.kind = ROOTFS_LAYERED, .guarded = guarded, .idmapped = true},
		.env = {.userns_fd = userns_make(0, BASE, IDS, false),
			.uid = BASE,
			.gid = BASE,
			.foreign = true,
			.arena = &arena},
	};
	b->env.spent = &b->spent;
	strs_add(&b->r.lower, &arena, "/tmp/low");
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Puts the root together and attaches it on WHERE; leaves no descriptor open. */
static void build_on(struct build *b, const char *submount, const char *where)
{
	const struct mount_opts none = {0};
	auto_fd target = open(where, O_PATH | O_CLOEXEC);
	int before = open_fds(), fd;

	if (submount)
		must(rootfs_assemble_submount(&b->r, submount, &b->env, &fd, &b->e), &b->e);
	else
		must(rootfs_assemble(&b->r, &b->env, &fd, &b->e), &b->e);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	must(mount_attach(fd, target, &none, where, &b->e), &b->e);
	close(fd);
	fds_close(&b->spent);
	assert_int_equal(open_fds(), before);
}

struct insider {
	int userns_fd;
	jail_fn *fn;
};

static void inside_run(void *arg)
{
	const struct insider *i = arg;

	must_call(chdir("root"));
	if (i->userns_fd >= 0) {
		must_call(setgroups(0, NULL));
		must_call(setns(i->userns_fd, CLONE_NEWUSER));
		must_call(setresgid(0, 0, 0));
		must_call(setresuid(0, 0, 0));
	}
	i->fn(NULL);
}

/* Calls FN as the container's root, in its root directory. */
static void inside(const struct build *b, jail_fn *fn)
{
	in_child(inside_run, &(struct insider){b->env.userns_fd, fn});
}

static bool readable(const char *path)
{
	char byte;
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, &byte, 1) >= 0;
}

static uid_t owner(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	return st.st_uid;
}

/* ---- layers ---- */

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

/* ---- skeletons ---- */

/* As root of a user namespace, with the machine's tree as "/". */
static void skeleton_inside(void *arg)
{
	static const char *const parts[] = {"/opt", "/srv", "/usr"};
	struct rootfs r = {.kind = ROOTFS_LAYERED, .guarded = true};
	struct fds spent = {0};
	struct rootfs_env env = {.userns_fd = FD_NONE, .in_userns = true, .arena = &arena, .spent = &spent};
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owners_are_shifted),
		cmocka_unit_test(a_guard_holds_whatever_is_tried),
		cmocka_unit_test(who_makes_a_guard_stays_who_it_is),
		cmocka_unit_test(layers_cover_each_other_and_have_their_size),
		cmocka_unit_test(what_is_on_disk_is_there_again),
		cmocka_unit_test(a_direct_root_is_the_directory_itself),
		cmocka_unit_test(what_cannot_be_a_root_is_explained),
		cmocka_unit_test(older_kernels_get_the_same_root),
		cmocka_unit_test(a_skeleton_shows_the_machine_to_plain_users),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
