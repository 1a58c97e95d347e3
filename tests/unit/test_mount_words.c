/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of mounts: every one is a flag, a propagation, an order to us, or left for the file system. */
#include "mount_unit.h"

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
	o = opts("bind", "src-nofollow");
	assert_true(o.source_itself && !o.place_itself && !o.copy_link && o.data.n == 0);
	o = opts("bind", "dest-nofollow");
	assert_true(!o.source_itself && o.place_itself && !o.copy_link && o.data.n == 0);
	o = opts("bind", "copy-symlink");
	assert_true(!o.source_itself && !o.place_itself && o.copy_link && o.data.n == 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(switches_set_clear_and_the_last_one_wins),
		cmocka_unit_test(access_times_are_one_field),
		cmocka_unit_test(propagation_binds_and_words_for_us),
		cmocka_unit_test(other_words_are_left_for_the_file_system),
		cmocka_unit_test(destinations_are_absolute_and_plain),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
