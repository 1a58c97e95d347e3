/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option words of mounts, sorted out by tables (mount(8); runtime spec, config.md "Linux mount options"). */
#include "core/mount.h"

#include "core/sys.h"

#include <string.h>
#include <sys/mount.h>

/* One word of mount(8): the attributes it sets and clears on the mount, whether on everything below too. */
struct attr_word {
	const char *word;
	uint64_t set, clear;
	bool rec;
};
/* One field of several bits: mount_setattr(2) wants the whole of it cleared when a mode is set. */
#define ATIME_MODES ((uint64_t)MOUNT_ATTR__ATIME)
static const struct attr_word attr_words[] = {
	{"ro", MOUNT_ATTR_RDONLY, 0, false},
	{"rw", 0, MOUNT_ATTR_RDONLY, false},
	{"nosuid", MOUNT_ATTR_NOSUID, 0, false},
	{"suid", 0, MOUNT_ATTR_NOSUID, false},
	{"nodev", MOUNT_ATTR_NODEV, 0, false},
	{"dev", 0, MOUNT_ATTR_NODEV, false},
	{"noexec", MOUNT_ATTR_NOEXEC, 0, false},
	{"exec", 0, MOUNT_ATTR_NOEXEC, false},
	{"nodiratime", MOUNT_ATTR_NODIRATIME, 0, false},
	{"diratime", 0, MOUNT_ATTR_NODIRATIME, false},
	{"noatime", MOUNT_ATTR_NOATIME, ATIME_MODES, false},
	{"atime", 0, ATIME_MODES, false},
	{"relatime", MOUNT_ATTR_RELATIME, ATIME_MODES, false},
	{"norelatime", 0, ATIME_MODES, false},
	{"strictatime", MOUNT_ATTR_STRICTATIME, ATIME_MODES, false},
	{"nostrictatime", 0, ATIME_MODES, false},
	{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0, false},
	{"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW, false},
	{"rro", MOUNT_ATTR_RDONLY, 0, true},
	{"rrw", 0, MOUNT_ATTR_RDONLY, true},
	{"rnosuid", MOUNT_ATTR_NOSUID, 0, true},
	{"rsuid", 0, MOUNT_ATTR_NOSUID, true},
	{"rnodev", MOUNT_ATTR_NODEV, 0, true},
	{"rdev", 0, MOUNT_ATTR_NODEV, true},
	{"rnoexec", MOUNT_ATTR_NOEXEC, 0, true},
	{"rexec", 0, MOUNT_ATTR_NOEXEC, true},
	{"rnodiratime", MOUNT_ATTR_NODIRATIME, 0, true},
	{"rdiratime", 0, MOUNT_ATTR_NODIRATIME, true},
	{"rnoatime", MOUNT_ATTR_NOATIME, ATIME_MODES, true},
	{"ratime", 0, ATIME_MODES, true},
	{"rrelatime", MOUNT_ATTR_RELATIME, ATIME_MODES, true},
	{"rnorelatime", 0, ATIME_MODES, true},
	{"rstrictatime", MOUNT_ATTR_STRICTATIME, ATIME_MODES, true},
	{"rnostrictatime", 0, ATIME_MODES, true},
	{"rnosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0, true},
	{"rsymfollow", 0, MOUNT_ATTR_NOSYMFOLLOW, true},
};

static const struct {
	const char *word;
	struct mount_spread spread;
} spread_words[] = {
	{"private", {MS_PRIVATE, false}},	{"rprivate", {MS_PRIVATE, true}},	{"slave", {MS_SLAVE, false}},
	{"rslave", {MS_SLAVE, true}},		{"shared", {MS_SHARED, false}},		{"rshared", {MS_SHARED, true}},
	{"unbindable", {MS_UNBINDABLE, false}}, {"runbindable", {MS_UNBINDABLE, true}},
};

/* Words that say something to us, by the field of struct mount_opts that they set. */
static const struct {
	const char *word;
	size_t flag, flag2; /* offsets of bools; flag2 0: none */
} flag_words[] = {
	{"bind", offsetof(struct mount_opts, bind), 0},
	{"rbind", offsetof(struct mount_opts, bind), offsetof(struct mount_opts, recursive)},
	{"idmap", offsetof(struct mount_opts, idmap), 0},
	{"ridmap", offsetof(struct mount_opts, idmap), offsetof(struct mount_opts, idmap_rec)},
	{"remount", offsetof(struct mount_opts, remount), 0},
	{"tmpcopyup", offsetof(struct mount_opts, copy_up), 0},
	{"src-nofollow", offsetof(struct mount_opts, source_itself), 0},
	{"dest-nofollow", offsetof(struct mount_opts, place_itself), 0},
	{"copy-symlink", offsetof(struct mount_opts, copy_link), 0},
};

/* Words of file systems of every type, which the kernel takes as they are (vfs_parse_sb_flag). */
static const char *const super_words[] = {"sync", "async", "dirsync", "lazytime", "nolazytime", "mand", "nomand"};

/*
 * Words without a meaning for a mount that is made by hand: those of fstab(5); how much the kernel logs, in which
 * fsopen(2) has no say; and the counting of changes, which file systems do or do not, whatever is asked for (Linux
 * 5.17).
 */
static const char *const idle_words[] = {"defaults", "auto", "noauto",	 "user",      "nouser",
					 "silent",   "loud", "iversion", "noiversion"};

/* Takes W if it is a flag of the mount itself; false if it is not. */
static bool word_attr(const char *w, struct mount_opts *o)
{
	for (size_t i = 0; i < ARRAY_LEN(attr_words); i++) {
		const struct attr_word *x = &attr_words[i];

		if (strcmp(w, x->word) != 0)
			continue;
		uint64_t *set = x->rec ? &o->rec_set : &o->set;
		uint64_t *clear = x->rec ? &o->rec_clear : &o->clear;
		*set = (*set & ~x->clear) | x->set;
		*clear = (*clear & ~x->set) | x->clear;
		return true;
	}
	return false;
}

/* Takes W if it names a propagation; what a recursive word says replaces all before it. */
static bool word_spread(const char *w, struct mount_opts *o)
{
	for (size_t i = 0; i < ARRAY_LEN(spread_words); i++) {
		const struct mount_spread *s = &spread_words[i].spread;

		if (strcmp(w, spread_words[i].word) != 0)
			continue;
		if ((s->rec && s->how != MS_SHARED) || o->n_spread == MOUNT_SPREADS - 1)
			o->n_spread = 0;
		o->spread[o->n_spread++] = *s;
		return true;
	}
	return false;
}

/* Whether W is one of the N WORDS. */
static bool word_among(const char *w, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(w, words[i]) == 0)
			return true;
	return false;
}

/* Takes W if it is one of our own words, or one that means nothing here. */
static bool word_flag(const char *w, struct mount_opts *o)
{
	for (size_t i = 0; i < ARRAY_LEN(flag_words); i++)
		if (strcmp(w, flag_words[i].word) == 0) {
			*(bool *)((char *)o + flag_words[i].flag) = true;
			if (flag_words[i].flag2)
				*(bool *)((char *)o + flag_words[i].flag2) = true;
			return true;
		}
	return word_among(w, idle_words, ARRAY_LEN(idle_words));
}

const char *mount_where(const char *path, struct arena *a)
{
	size_t len = 0;
	char *out;

	/* The usual path is as it should be, and costs no memory. */
	if (path[0] == '/' && !strstr(path, "//") && !strstr(path, "/.") && (!path[1] || path[strlen(path) - 1] != '/'))
		return path;
	out = arena_alloc(a, strlen(path) + 2, 1);
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (len > 0 && out[--len] != '/')
				;
		} else if (n > 0 && !(n == 1 && path[0] == '.')) {
			out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		path += n + (path[n] == '/');
	}
	out[len] = '\0';
	return len ? out : "/";
}

int mount_opts_parse(const struct spec_mount *m, struct arena *a, struct mount_opts *ret, struct err *e)
{
	*ret = (struct mount_opts){0};
	for (size_t i = 0; i < m->options.n; i++) {
		const char *w = m->options.v[i];

		if (strpbrk(w, "\n") || !*w)
			return err_set(e, 0, "mount %s: the option \"%s\" is empty or has a line break", m->destination,
				       w);
		if (word_among(w, super_words, ARRAY_LEN(super_words)))
			strs_add(&ret->super, a, w);
		else if (!word_attr(w, ret) && !word_spread(w, ret) && !word_flag(w, ret))
			strs_add(&ret->data, a, w);
	}
	ret->where = mount_where(m->destination, a);
	if (m->type && (strcmp(m->type, "bind") == 0 || strcmp(m->type, "rbind") == 0))
		ret->bind = true;
	if (m->type && strcmp(m->type, "rbind") == 0)
		ret->recursive = true;
	return 0;
}

const char *mount_word(size_t i)
{
	if (i < ARRAY_LEN(attr_words))
		return attr_words[i].word;
	i -= ARRAY_LEN(attr_words);
	if (i < ARRAY_LEN(spread_words))
		return spread_words[i].word;
	i -= ARRAY_LEN(spread_words);
	if (i < ARRAY_LEN(flag_words))
		return flag_words[i].word;
	i -= ARRAY_LEN(flag_words);
	if (i < ARRAY_LEN(super_words))
		return super_words[i];
	i -= ARRAY_LEN(super_words);
	return i < ARRAY_LEN(idle_words) ? idle_words[i] : NULL;
}
