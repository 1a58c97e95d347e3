/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts by descriptor: every option word, and what the kernel then says of the mount. */
#include "core/mount.h"
#include "core/sys.h"
#include "jail.h"

#include <sys/statvfs.h>

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* Parses the words of TEXT, parted by commas, for a mount of TYPE. */
static int parse(const char *type, const char *text, struct mount_opts *o, struct err *e)
{
	char where[] = "/x";
	struct spec_mount m = {.destination = where, .type = arena_strdup(&arena, type), .source_fd = FD_NONE};
	char *copy = arena_strdup(&arena, text);

	while (copy && *text)
		strs_add(&m.options, &arena, strsep(&copy, ","));
	return mount_opts_parse(&m, &arena, o, e);
}

static struct mount_opts opts(const char *type, const char *text)
{
	struct mount_opts o;
	struct err e = {0};

	must(parse(type, text, &o, &e), &e);
	return o;
}

/* ---- words ---- */

static const struct {
	const char *on, *off; /* mount(8); with an "r" in front, for all below too */
	uint64_t attr;
} switches[] = {
	{"ro", "rw", MOUNT_ATTR_RDONLY},
	{"nosuid", "suid", MOUNT_ATTR_NOSUID},
	{"nodev", "dev", MOUNT_ATTR_NODEV},
	{"noexec", "exec", MOUNT_ATTR_NOEXEC},
	{"nodiratime", "diratime", MOUNT_ATTR_NODIRATIME},
	{"nosymfollow", "symfollow", MOUNT_ATTR_NOSYMFOLLOW},
};

/* Fails unless exactly these attributes are set and cleared. */
static void attrs_are(const char *words, uint64_t set, uint64_t clear, uint64_t rec_set, uint64_t rec_clear)
{
	struct mount_opts o = opts("tmpfs", words);

	if (o.set != set || o.clear != clear || o.rec_set != rec_set || o.rec_clear != rec_clear || o.data.n)
		fail_msg("%s: set %#lx clear %#lx, rec set %#lx clear %#lx, %zu left", words, (long)o.set,
			 (long)o.clear, (long)o.rec_set, (long)o.rec_clear, o.data.n);
}

static void switches_set_clear_and_the_last_one_wins(void **state)
{
	char words[64];

	(void)state;
	attrs_are("", 0, 0, 0, 0);
	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		const char *on = switches[i].on, *off = switches[i].off;
		uint64_t attr = switches[i].attr;

		attrs_are(on, attr, 0, 0, 0);
		attrs_are(off, 0, attr, 0, 0);
		snprintf(words, sizeof(words), "%s,%s", on, off);
		attrs_are(words, 0, attr, 0, 0);
		snprintf(words, sizeof(words), "%s,%s,%s", on, off, on);
		attrs_are(words, attr, 0, 0, 0);
		snprintf(words, sizeof(words), "r%s", on);
		attrs_are(words, 0, 0, attr, 0);
		snprintf(words, sizeof(words), "r%s", off);
		attrs_are(words, 0, 0, 0, attr);
		snprintf(words, sizeof(words), "r%s,r%s", on, off);
		attrs_are(words, 0, 0, 0, attr);
		snprintf(words, sizeof(words), "r%s,%s", on, off); /* two settings: for the mount, and for all */
		attrs_are(words, 0, attr, attr, 0);
	}
	attrs_are("ro,nosuid,nodev,noexec",
		  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0, 0, 0);
}

static const struct {
	const char *words;
	uint64_t set;
} atimes[] = {
	{"noatime", MOUNT_ATTR_NOATIME},
	{"atime", 0},
	{"relatime", MOUNT_ATTR_RELATIME},
	{"norelatime", 0},
	{"strictatime", MOUNT_ATTR_STRICTATIME},
	{"nostrictatime", 0},
	{"noatime,strictatime", MOUNT_ATTR_STRICTATIME},
	{"strictatime,noatime", MOUNT_ATTR_NOATIME},
	{"noatime,relatime", MOUNT_ATTR_RELATIME},
	{"relatime,noatime", MOUNT_ATTR_NOATIME},
	{"noatime,atime", 0},
};

/* mount_setattr(2): a mode of access times is one field, cleared as a whole when a mode is set. */
static void access_times_are_one_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(atimes); i++) {
		char words[64] = "r";

		attrs_are(atimes[i].words, atimes[i].set, MOUNT_ATTR__ATIME, 0, 0);
		if (strchr(atimes[i].words, ','))
			continue;
		strcat(words, atimes[i].words);
		attrs_are(words, 0, 0, atimes[i].set, MOUNT_ATTR__ATIME);
	}
	attrs_are("nodiratime,noatime", MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME, 0, 0);
}

static const struct {
	const char *word;
	uint64_t flag;
} propagations[] = {
	{"private", MS_PRIVATE},
	{"slave", MS_SLAVE},
	{"shared", MS_SHARED},
	{"unbindable", MS_UNBINDABLE},
};

static void propagation_binds_and_words_for_us(void **state)
{
	struct mount_opts o;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(propagations); i++) {
		char word[16] = "r";

		o = opts("bind", propagations[i].word);
		assert_true(o.n_spread == 1 && o.spread[0].how == propagations[i].flag && !o.spread[0].rec);
		strcat(word, propagations[i].word);
		o = opts("bind", word);
		assert_true(o.n_spread == 1 && o.spread[0].how == propagations[i].flag && o.spread[0].rec);
	}
	o = opts("bind", "rshared,private"); /* one after the other: the mount alone is private */
	assert_true(o.n_spread == 2 && o.spread[0].how == MS_SHARED && o.spread[1].how == MS_PRIVATE);
	o = opts("bind", "shared,slave,rprivate"); /* what is for all below replaces what was said before */
	assert_true(o.n_spread == 1 && o.spread[0].how == MS_PRIVATE && o.spread[0].rec);
	o = opts("bind", "slave,shared,slave,shared,slave,shared,slave,shared,slave,shared");
	assert_true(o.n_spread < MOUNT_SPREADS);

	o = opts(NULL, "bind");
	assert_true(o.bind && !o.recursive);
	o = opts(NULL, "rbind");
	assert_true(o.bind && o.recursive);
	o = opts("bind", "ro");
	assert_true(o.bind && !o.recursive);
	o = opts("rbind", "ro");
	assert_true(o.bind && o.recursive);
	o = opts("tmpfs", "tmpcopyup");
	assert_true(o.copy_up && !o.bind && !o.idmap);
	o = opts("bind", "idmap");
	assert_true(o.idmap && !o.idmap_rec);
	o = opts("bind", "ridmap");
	assert_true(o.idmap && o.idmap_rec);
	/* Words of fstab(5) that mean nothing here. */
	o = opts("bind", "defaults,loud,silent,iversion,noiversion,auto,noauto,user,nouser");
	assert_true(o.data.n == 0 && o.super.n == 0);
	attrs_are("defaults,loud,silent,auto,noauto,user,nouser", 0, 0, 0, 0);
	/* Words of every file system. */
	o = opts("tmpfs", "sync,async,dirsync,lazytime,nolazytime,mand,nomand");
	assert_true(o.data.n == 0 && o.super.n == 7);
	o = opts("bind", "sync"); /* which a bind leaves as they are */
	assert_true(o.data.n == 0 && o.super.n == 1);
	o = opts("none", "remount,ro");
	assert_true(o.remount && !o.bind && o.set == MOUNT_ATTR_RDONLY);
}

static const struct {
	const char *path, *where;
} places[] = {
	{"/", "/"},
	{"", "/"},
	{"/a/b", "/a/b"},
	{"a/b", "/a/b"},
	{"a", "/a"},
	{"/a/", "/a"},
	{"//a///b//", "/a/b"},
	{"/a/./b", "/a/b"},
	{"/a/../b", "/b"},
	{"../../etc", "/etc"},
	{"/proc/../x", "/x"},
	{"/..", "/"},
	{"/a/b/..", "/a"},
	{".", "/"},
	{"..", "/"},
	{"/.hidden/..x/...", "/.hidden/..x/..."},
	{"./../a//", "/a"},
};

static void destinations_are_absolute_and_plain(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		assert_string_equal(mount_where(places[i].path, &arena), places[i].where);
}

static void other_words_are_left_for_the_file_system(void **state)
{
	struct mount_opts o = opts("tmpfs", "size=64k,ro,mode=0755,roo,Ro,nosuid=1");
	struct err e = {0};

	(void)state;
	assert_int_equal(o.data.n, 5);
	assert_string_equal(o.data.v[0], "size=64k");
	assert_string_equal(o.data.v[1], "mode=0755");
	assert_string_equal(o.data.v[2], "roo");
	assert_string_equal(o.data.v[4], "nosuid=1");
	assert_true(o.set == MOUNT_ATTR_RDONLY);

	/* A bind mount's are refused or left out by the launch. */
	o = opts("bind", "ro,size=64k");
	assert_int_equal(o.data.n, 1);
	assert_true(o.bind);
	must_fail(parse("tmpfs", "ro,,rw", &o, &e), EINVAL, &e, "empty");
	must_fail(parse("tmpfs", "size=1\nro", &o, &e), EINVAL, &e, "line break");
}

/* ---- mounts ---- */

/* Makes the directory PATH and opens it as a place to mount on. */
static int place(const char *path)
{
	int fd;

	must_call(mkdir(path, 0755));
	must_call(fd = open(path, O_PATH | O_CLOEXEC));
	return fd;
}

/* Mounts a new tmpfs with WORDS on the new directory PATH. */
static void tmpfs_on(const char *path, const char *words)
{
	struct mount_opts o = opts("tmpfs", words);
	auto_fd target = place(path);
	struct err e = {0};
	auto_fd fd = FD_NONE;

	must(mount_new("tmpfs", "tmpfs", &o, &fd, &e), &e);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	must(mount_attach(fd, target, &o, path, &e), &e);
}

/* Clones PATH with WORDS onto the new directory TO. */
static void clone_to(const char *path, const char *words, const char *to)
{
	struct mount_opts o = opts("bind", words);
	auto_fd target = place(to);
	struct err e = {0};
	auto_fd fd = FD_NONE;

	must(mount_clone(AT_FDCWD, path, &o, &fd, &e), &e);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	must(mount_attach(fd, target, &o, to, &e), &e);
}

static bool writable(const char *path)
{
	return mkdir(path, 0700) == 0 && rmdir(path) == 0;
}

/* The flags of the mount at PATH, as statvfs(3) has them. */
static unsigned long flags(const char *path)
{
	struct statvfs st;

	must_call(statvfs(path, &st));
	return st.f_flag;
}

static void new_file_systems(void *arg)
{
	const struct mount_opts none = {0};
	struct mount_opts o;
	struct statvfs st;
	struct err e = {0};
	int fd = 4242;

	(void)arg;
	tmpfs_on("a", "size=64k,mode=0711,nosuid,nodev,noexec,noatime");
	must_call(statvfs("a", &st));
	assert_int_equal(st.f_blocks * st.f_frsize, 64 * 1024);
	assert_true((st.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME)) ==
		    (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME));
	assert_true(writable("a/x"));
	tmpfs_on("b", "ro");
	assert_false(writable("b/x"));
	assert_int_equal(errno, EROFS);
	assert_true((flags("b") & (ST_NOSUID | ST_NODEV | ST_NOEXEC)) == 0);
	tmpfs_on("c", "rro,rnosuid"); /* nothing is below: it is for the whole */
	assert_true((flags("c") & (ST_RDONLY | ST_NOSUID)) == (ST_RDONLY | ST_NOSUID));

	must_fail(mount_new("no-such-fs", NULL, &none, &fd, &e), ENODEV, &e, "make a no-such-fs file system");
	o = opts("tmpfs", "size=lots");
	must_fail(mount_new("tmpfs", NULL, &o, &fd, &e), EINVAL, &e,
		  "make a tmpfs file system: set the option \"size=lots\"");
	must_have(e.why, "size");
	o = opts("tmpfs", "nosuch");
	must_fail(mount_new("tmpfs", NULL, &o, &fd, &e), EINVAL, &e, "set the option \"nosuch\"");
	must_have(e.why, "nosuch");
	o = opts("tmpfs", "a-key-that-is-longer-than-any-that-a-file-system-of-this-kernel-has=1");
	assert_true(mount_new("tmpfs", NULL, &o, &fd, &e) < 0);
	assert_int_equal(mount_new("no-such-fs", NULL, &none, &fd, NULL), -ENODEV);
	assert_int_equal(mount_new("tmpfs", NULL, &o, &fd, NULL) < 0, 1);
	assert_int_equal(fd, 4242);
}

static void a_new_file_system_is_as_asked_for(void **state)
{
	(void)state;
	in_jail(new_file_systems, NULL);
}

static void clones(void *arg)
{
	const struct mount_opts none = {0};
	struct err e = {0};
	int fd = 4242;

	(void)arg;
	tmpfs_on("src", "");
	tmpfs_on("src/below", "");
	put("src/below/file", "x", 0600);

	clone_to("src", "ro,nosuid", "one");
	assert_true((flags("one") & (ST_RDONLY | ST_NOSUID)) == (ST_RDONLY | ST_NOSUID));
	assert_false(writable("one/x"));
	assert_int_equal(access("one/below/file", F_OK), -1); /* what is mounted below did not come along */
	assert_true(writable("src/x"));			      /* and the source is as it was */

	clone_to("src", "rbind,ro", "two");
	assert_false(writable("two/x"));
	assert_int_equal(access("two/below/file", F_OK), 0);
	assert_true(writable("two/below/x")); /* "ro" is for the mount itself */

	clone_to("src", "rbind,rro,rnoexec", "three");
	assert_false(writable("three/x"));
	assert_false(writable("three/below/x"));
	assert_true((flags("three/below") & (ST_RDONLY | ST_NOEXEC)) == (ST_RDONLY | ST_NOEXEC));

	clone_to("three", "rbind,rrw", "four"); /* flags are taken off as well */
	assert_true(writable("four/x"));
	assert_true(writable("four/below/x"));
	assert_true(flags("four/below") & ST_NOEXEC);
	clone_to("src", "noatime", "five");
	clone_to("five", "relatime", "six");
	assert_true((flags("five") & ST_NOATIME) && !(flags("six") & ST_NOATIME));

	/* By descriptor alone, and a file. */
	auto_fd file = open("src/below/file", O_PATH | O_CLOEXEC);
	must(mount_clone(file, "", &none, &fd, &e), &e);
	put("target", "", 0600);
	auto_fd target = open("target", O_PATH | O_CLOEXEC);
	must(mount_attach(fd, target, &none, "target", &e), &e);
	assert_string_equal(text_of("target"), "x");
	must_fail(mount_clone(AT_FDCWD, "missing", &none, &fd, &e), ENOENT, &e, "take missing as a mount");
	/* A directory does not go onto a file. */
	must(mount_clone(AT_FDCWD, "src", &none, &fd, &e), &e);
	must_fail(mount_attach(fd, target, &none, "/the/target", &e), EINVAL, &e, "mount on /the/target");
}

static void a_clone_has_its_own_flags(void **state)
{
	(void)state;
	in_jail(clones, NULL);
}

/* The optional fields of the mount at PATH in mountinfo: "shared:7", "" or "unbindable". */
static const char *propagation(const char *path)
{
	static char fields[256];
	const char *line = text_of("/proc/thread-self/mountinfo");
	char where[256];

	for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		int at = 0;

		if (sscanf(line, "%*d %*d %*s %*s %255s %*s %n", where, &at) != 1 || at == 0 ||
		    strcmp(where, path) != 0)
			continue;
		snprintf(fields, sizeof(fields), "%.*s", (int)strcspn(line + at, "-"), line + at);
		return fields;
	}
	fail_msg("%s is no mount", path);
	return "";
}

static void propagations_live(void *arg)
{
	(void)arg;
	tmpfs_on("src", "");
	tmpfs_on("src/below", "");
	clone_to("src", "rbind,rshared", "shared");
	must_have(propagation("/tmp/shared"), "shared:");
	must_have(propagation("/tmp/shared/below"), "shared:");
	clone_to("shared", "rbind,slave", "slave");
	must_have(propagation("/tmp/slave"), "master:");
	assert_null(strstr(propagation("/tmp/slave"), "shared:"));
	must_have(propagation("/tmp/slave/below"), "shared:"); /* only the mount itself was asked for */
	clone_to("shared", "rbind,rprivate", "private");
	assert_string_equal(propagation("/tmp/private"), "");
	assert_string_equal(propagation("/tmp/private/below"), "");
	clone_to("src", "unbindable", "unbindable");
	must_have(propagation("/tmp/unbindable"), "unbindable");
}

static void changed_again(void *arg)
{
	struct mount_opts o;
	struct err e = {0};

	(void)arg;
	tmpfs_on("disk", "size=64k");
	clone_to("disk", "", "copy");
	auto_fd copy = open("copy", O_PATH | O_CLOEXEC);
	o = opts("bind", "remount,ro,noexec");
	must(mount_again(copy, &o, "copy", &e), &e);
	assert_false(writable("copy/x"));
	assert_true(writable("disk/x")); /* the file system is as it was */
	o = opts("bind", "remount,rw");
	must(mount_again(copy, &o, "copy", &e), &e);
	assert_true(writable("copy/x"));
	assert_true(flags("copy") & ST_NOEXEC); /* what is not named stays */

	auto_fd disk = open("disk", O_PATH | O_CLOEXEC);
	struct statvfs st;
	o = opts("none", "remount,size=128k,nosuid");
	must(mount_again(disk, &o, "disk", &e), &e);
	must_call(statvfs("disk", &st));
	assert_true(st.f_blocks * st.f_frsize == 128 * 1024 && st.f_flag & ST_NOSUID);
	o = opts("none", "remount,ro");
	must(mount_again(disk, &o, "disk", &e), &e);
	assert_false(writable("copy/x")); /* the whole file system, wherever it is mounted */
	must_call(mkdir("plain", 0700));
	auto_fd plain = open("plain", O_PATH | O_CLOEXEC);
	o = opts("bind", "remount,ro");
	must_fail(mount_again(plain, &o, "plain", &e), EINVAL, &e, "remount plain"); /* no mount */
	o = opts("none", "remount,size=lots");
	must_fail(mount_again(disk, &o, "disk", &e), EINVAL, &e, "remount disk");
}

static void a_mount_can_be_changed_again(void **state)
{
	(void)state;
	in_jail(changed_again, NULL);
}

static void propagation_is_set_where_it_is_seen(void **state)
{
	(void)state;
	in_jail(propagations_live, NULL);
}

static void shifted(void *arg)
{
	const struct mount_opts none = {0}, rec = {.recursive = true};
	struct err e = {0};
	struct stat st;
	auto_fd fd = FD_NONE;
	auto_fd proc = FD_NONE;

	(void)arg;
	auto_fd userns = userns_make(0, 100000, 1000, false);
	tmpfs_on("src", "");
	put("src/file", "", 0600);
	must_call(chown("src/file", 7, 8));
	put("src/other", "", 0600);
	must_call(chown("src/other", 5000, 5000));
	must(mount_clone(AT_FDCWD, "src", &none, &fd, &e), &e);
	must(mount_idmap(fd, userns, false, &e), &e);
	must_call(fstatat(fd, "file", &st, 0));
	assert_true(st.st_uid == 100007 && st.st_gid == 100008);
	must_call(fstatat(fd, "other", &st, 0)); /* an owner that the container does not have */
	assert_true(st.st_uid == 65534 && st.st_gid == 65534);
	must_call(stat("src/file", &st));
	assert_true(st.st_uid == 7);

	must_call(mkdir("proc", 0755));
	must_call(mount("proc", "proc", "proc", 0, NULL));
	must(mount_clone(AT_FDCWD, "proc", &rec, &proc, &e), &e);
	must_fail(mount_idmap(proc, userns, true, &e), EINVAL, &e, "shift the owners");
}

static void owners_are_shifted_or_the_refusal_is_told(void **state)
{
	(void)state;
	in_jail(shifted, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(switches_set_clear_and_the_last_one_wins),
		cmocka_unit_test(access_times_are_one_field),
		cmocka_unit_test(propagation_binds_and_words_for_us),
		cmocka_unit_test(other_words_are_left_for_the_file_system),
		cmocka_unit_test(a_new_file_system_is_as_asked_for),
		cmocka_unit_test(a_clone_has_its_own_flags),
		cmocka_unit_test(destinations_are_absolute_and_plain),
		cmocka_unit_test(a_mount_can_be_changed_again),
		cmocka_unit_test(propagation_is_set_where_it_is_seen),
		cmocka_unit_test(owners_are_shifted_or_the_refusal_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
