/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user asked unshare for: from words to numbers, and what goes together. */
#include "base/fd.h"
#include "base/parse.h"
#include "core/user.h"
#include "toolbox/environment.h"
#include "toolbox/unshare_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define BINFMT_DIR "/proc/sys/fs/binfmt_misc"

/* ---- words ---- */

/* Whether W is exactly WORD. */
static bool is_word(struct user_word w, const char *word)
{
	return strlen(word) == w.n && memcmp(w.p, word, w.n) == 0;
}

/* The id of the user or group WORD, by this machine's own files; -ENOENT if they do not name it. */
static int by_name(enum maps_kind kind, const char *word, uint32_t *ret, struct arena *a, struct err *e)
{
	struct passwd_entry user;
	struct group_entry group;
	size_t size;
	char *text;
	int r = file_read(AT_FDCWD, kind == MAPS_USERS ? "/etc/passwd" : "/etc/group", a, 10 << 20, &text, &size, e);

	if (r < 0)
		return r;
	struct user_text t = {text, text + size};
	while (kind == MAPS_USERS && user_parse_passwd(&t, &user))
		if (is_word(user.name, word)) {
			*ret = user.uid;
			return 0;
		}
	while (kind == MAPS_GROUPS && user_parse_group(&t, &group))
		if (is_word(group.name, word)) {
			*ret = group.gid;
			return 0;
		}
	return -ENOENT;
}

/* A user or group: digits are an id, all else is a name. */
static int who(enum maps_kind kind, const char *word, struct opt_id *ret, struct arena *a, struct err *e)
{
	const char *what = kind == MAPS_USERS ? "user" : "group";
	int r;

	ret->has = true;
	if (text_is_number(word)) {
		if (parse_id(word, &ret->id))
			return 0;
		err_set(e, 0, "bad %s id %s", what, word);
		return err_why(e, "ids go from 0 to 4294967294");
	}
	r = by_name(kind, word, &ret->id, a, e);
	return r == -ENOENT ? err_set(e, 0, "no %s \"%s\" on this machine, and it is no id", what, word) : r;
}

/* An id for --setuid or --setgid; WORD NULL: none. */
static int bare_id(const char *option, const char *word, struct opt_id *ret, struct err *e)
{
	if (!word || parse_id(word, &ret->id)) {
		ret->has = word;
		return 0;
	}
	err_set(e, 0, "--%s: \"%s\" is no id", option, word);
	return err_why(e, "ids go from 0 to 4294967294");
}

/* "UID:GID" of --owner. */
static int owner(const char *word, struct unshare *u, struct err *e)
{
	uint64_t uid, gid;
	const char *p = word;

	if (!word)
		return 0;
	if (!take_u64(&p, UINT32_MAX - 1, &uid) || !take_char(&p, ':') || !parse_u64(p, UINT32_MAX - 1, &gid)) {
		err_set(e, 0, "--owner: \"%s\" is no pair of ids", word);
		return err_cure(e, "it is UID:GID, two numbers");
	}
	u->has_owner = true;
	u->owner_uid = (uint32_t)uid;
	u->owner_gid = (uint32_t)gid;
	u->flags |= CLONE_NEWUSER;
	return 0;
}

/* Checks an offset of a clock, in seconds; the text stays one, for the kernel reads it. */
static int offset(const char *option, const char *word, const struct unshare *u, const char **ret, struct err *e)
{
	int64_t seconds;

	if (!word)
		return 0;
	*ret = word + (*word == '+' && word[1] != '-');
	if (!parse_i64(*ret, INT64_MIN, INT64_MAX, &seconds))
		return err_set(e, 0, "--%s: \"%s\" is no number of seconds", option, word);
	if (u->flags & CLONE_NEWTIME)
		return 0;
	err_set(e, 0, "--%s sets a clock of a new time namespace, and none is asked for", option);
	return err_cure(e, "add --time");
}

/* The mode of --propagation. */
static int propagation(const char *word, struct unshare *u, struct err *e)
{
	static const struct {
		const char *word;
		unsigned long flags;
	} modes[] = {{"private", MS_REC | MS_PRIVATE},
		     {"shared", MS_REC | MS_SHARED},
		     {"slave", MS_REC | MS_SLAVE},
		     {"unchanged", 0}};

	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (strcmp(word ? word : "private", modes[i].word) == 0) {
			u->propagation = modes[i].flags;
			return 0;
		}
	err_set(e, 0, "--propagation: \"%s\" is no mode", word);
	return err_cure(e, "it is private, shared, slave, or unchanged");
}

/* The word of --setgroups. */
static int setgroups_word(const char *word, struct unshare *u, struct err *e)
{
	if (word && strcmp(word, "allow") != 0 && strcmp(word, "deny") != 0)
		return err_set(e, 0, "--setgroups: \"%s\" is neither allow nor deny", word);
	u->setgroups = !word ? SETGROUPS_ASIS : *word == 'a' ? SETGROUPS_ALLOW : SETGROUPS_DENY;
	return 0;
}

/* ---- maps ---- */

/* The ids that stand for the caller's own. */
struct singles {
	struct opt_id user, group;
};

/* One of the options about maps: "NAME" or "NAME=VALUE". */
static int map_option(struct unshare *u, const char *note, struct singles *s, struct err *e)
{
	const char *sign = strchr(note, '='), *value = sign ? sign + 1 : "";
	const char *name = arena_strndup(u->arena, note, strcspn(note, "="));
	int r = 0;

	if (strcmp(name, "map-user") == 0)
		return who(MAPS_USERS, value, &s->user, u->arena, e);
	if (strcmp(name, "map-group") == 0)
		return who(MAPS_GROUPS, value, &s->group, u->arena, e);
	if (strcmp(name, "map-root-user") == 0) {
		*s = (struct singles){{true, 0}, {true, 0}};
		return 0;
	}
	if (strcmp(name, "map-current-user") == 0) {
		*s = (struct singles){{true, u->euid}, {true, u->egid}};
		return 0;
	}
	if (!sign)
		value = strcmp(name, "map-auto") == 0 ? "auto" : "subids";
	if (strcmp(name, "map-groups") != 0)
		r = maps_add(&u->users, MAPS_USERS, value, u->euid, u->arena, e);
	if (r == 0 && strcmp(name, "map-users") != 0)
		r = maps_add(&u->groups, MAPS_GROUPS, value, u->euid, u->arena, e);
	return r;
}

/* Refuses to allow setgroups where the kernel demands that it is denied: for one's own group alone, without rights. */
static int check_setgroups(const struct unshare *u, struct err *e)
{
	const struct spec_idmaps *g = &u->groups;
	bool own_range = g->n == 1 && g->v[0].size == 1 && g->v[0].host_id == u->egid;

	if (u->setgroups != SETGROUPS_ALLOW || !(u->own_group || (own_range && u->euid != 0)))
		return 0;
	err_set(e, 0, "--setgroups=allow and a map of one's own group alone (--map-group) exclude each other");
	return err_why(e, "the kernel takes that map only after setgroups was denied");
}

/*
 * The maps as the kernel gets them.  Ranges, and ids of which the namespace's owner is not us, must be written from
 * outside.
 */
static int maps(const struct unshare_options *o, struct unshare *u, struct err *e)
{
	struct singles s = {0};
	bool ranges;
	int r = 0;

	for (size_t i = 0; i < o->maps.n && r == 0; i++)
		r = map_option(u, o->maps.v[i], &s, e);
	if (r < 0)
		return r;
	if (o->maps.n > 0)
		u->flags |= CLONE_NEWUSER;
	ranges = u->users.n > 0 || u->groups.n > 0;
	u->own_group = s.group.has && u->groups.n == 0 && !u->has_owner;
	u->map_outside = ranges || (u->has_owner && (s.user.has || s.group.has));
	if (s.user.has)
		maps_put_first(&u->users, s.user.id, u->euid, u->arena);
	if (s.group.has)
		maps_put_first(&u->groups, s.group.id, u->egid, u->arena);
	r = maps_check(&u->users, MAPS_USERS, u->arena, e);
	if (r == 0)
		r = maps_check(&u->groups, MAPS_GROUPS, u->arena, e);
	return r < 0 ? r : check_setgroups(u, e);
}

/* ---- the parts ---- */

/* Which namespaces, and which files are to keep them. */
static int namespaces(const struct unshare_options *o, struct unshare *u, struct err *e)
{
	for (int k = 0; k < NS_KIND_COUNT; k++) {
		const struct opt_maybe *ns = &o->ns[k];

		if (!ns->given)
			continue;
		u->flags |= (unsigned int)ns_facts[k].flag;
		u->files[k] = ns->value;
		u->any_file |= ns->value != NULL;
		if (ns->value && !*ns->value)
			return err_set(e, 0, "--%s= names no file", ns_facts[k].shell);
	}
	if (!u->files[NS_PID] || u->fork)
		return 0;
	err_set(e, 0, "--pid=%s needs a first process in the new pid namespace", u->files[NS_PID]);
	return err_cure(e, "add --fork");
}

/* Whether the program is a child, and what it gets when. */
static int forking(const struct unshare_options *o, struct unshare *u, struct err *e)
{
	u->forward = o->forward_signals;
	u->fork = o->fork || o->forward_signals || o->kill_child.given;
	if (!o->kill_child.given)
		return 0;
	u->death_signal = SIGKILL;
	if (o->kill_child.value && !parse_signal(o->kill_child.value, &u->death_signal))
		return err_set(e, 0, "--kill-child: \"%s\" is no signal", o->kill_child.value);
	return 0;
}

/* The file systems to mount.  --load-interp needs the second, and that lies in a proc unless DIR says otherwise. */
static void file_systems(const struct unshare_options *o, struct unshare *u)
{
	bool binfmt = o->mount_binfmt.given || o->load_interp;

	u->interp = o->load_interp;
	if (binfmt)
		u->binfmt = o->mount_binfmt.value ? o->mount_binfmt.value : BINFMT_DIR;
	if (o->mount_proc.given || (binfmt && !o->mount_binfmt.value))
		u->proc = o->mount_proc.value ? o->mount_proc.value : "/proc";
	if (u->proc || binfmt)
		u->flags |= CLONE_NEWNS;
	if (binfmt)
		u->flags |= CLONE_NEWUSER;
}

/* The environment of the program. */
static void environment(const struct unshare_options *o, struct unshare *u)
{
	struct strs names = {0};
	char *name, *save = NULL;

	u->env = environ;
	for (size_t i = 0; i < o->whitelist_env.n; i++)
		for (name = strtok_r(arena_strdup(u->arena, o->whitelist_env.v[i]), ",", &save); name;
		     name = strtok_r(NULL, ",", &save))
			strs_take(&names, u->arena, name);
	if (o->clear_env || o->whitelist_env.n > 0)
		u->env = environment_only(environ, &names, u->arena);
}

int unshare_request(const struct unshare_options *o, struct unshare *u, struct err *e)
{
	int r;

	u->euid = geteuid();
	u->egid = getegid();
	u->root = o->root;
	u->dir = o->wd ? o->wd : o->root ? "/" : NULL;
	u->keep_caps = o->keep_caps;
	u->command = o->command;
	if (o->load_interp && !*o->load_interp)
		return err_set(e, 0, "--load-interp names no interpreter");
	environment(o, u);
	r = forking(o, u, e);
	if (r == 0)
		r = namespaces(o, u, e);
	if (r == 0)
		r = owner(o->owner, u, e);
	if (r == 0)
		r = setgroups_word(o->setgroups, u, e);
	if (r == 0)
		r = maps(o, u, e);
	file_systems(o, u);
	if (r == 0)
		r = propagation(o->propagation, u, e);
	if (r == 0)
		r = offset("boottime", o->boottime, u, &u->boottime, e);
	if (r == 0)
		r = offset("monotonic", o->monotonic, u, &u->monotonic, e);
	if (r == 0)
		r = bare_id("setuid", o->setuid, &u->uid, e);
	return r < 0 ? r : bare_id("setgid", o->setgid, &u->gid, e);
}
