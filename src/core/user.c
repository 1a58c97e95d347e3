/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a program runs as: see user.h. */
#include "core/user.h"

#include "base/fd.h"
#include "base/parse.h"
#include "core/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum {
	USER_FILE_MAX = 10 << 20, /* bytes of etc/passwd or etc/group */
	USER_FILE_SMALL = 4000,	  /* what costs less than memory of its own */
	USER_GROUPS_MAX = 8192,	  /* of one user; the kernel takes 65536, but looking for doubles is quadratic */
};

/* ---- the text form ---- */

/* The text form taken apart; NULL where a part is left out. */
struct who {
	char *user, *group;
	struct strs extra;
};

/* Whether WORD could stand in a passwd file; also keeps it from being taken for a signed number. */
static bool word_ok(const char *word)
{
	if (!*word || *word == '-' || *word == '+')
		return false;
	for (const char *p = word; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr(":,/\\", *p))
			return false;
	return true;
}

/* Checks one user or group: a name, or an id in range. */
static int word_check(const char *word, const char *what, struct err *e)
{
	uint32_t id;

	if (!word_ok(word)) {
		err_set(e, 0, "bad %s \"%s\"", what, word);
		return err_why(e, "it is neither a name nor a number from 0 to 4294967294");
	}
	if (text_is_number(word) && !parse_id(word, &id)) {
		err_set(e, 0, "bad %s id %s", what, word);
		return err_why(e, "ids go from 0 to 4294967294");
	}
	return 0;
}

/* Takes TEXT apart and checks every part. */
static int who_parse(const char *text, struct arena *a, struct who *ret, struct err *e)
{
	char *rest = arena_strdup(a, text ? text : ""), *comma = strchr(rest, ',');
	int r = 0;

	*ret = (struct who){.user = rest};
	while (comma) {
		*comma++ = '\0';
		char *next = strchr(comma, ',');
		char *word = arena_strndup(a, comma, next ? (size_t)(next - comma) : strlen(comma));

		r = word_check(word, "group", e);
		if (r < 0)
			return r;
		strs_take(&ret->extra, a, word);
		comma = next;
	}
	char *colon = strchr(rest, ':');
	if (colon) {
		*colon = '\0';
		ret->group = colon + 1;
		r = word_check(ret->group, "group", e);
	}
	if (!*rest)
		ret->user = NULL;
	else if (r == 0)
		r = word_check(rest, "user", e);
	return r;
}

int user_check(const char *text, struct arena *a, struct err *e)
{
	struct who w;

	return who_parse(text, a, &w, e);
}

/* ---- the files ---- */

/*
 * The fields of the next line, separated by ':', the last one up to the end of the line.  Gives how many there are, at
 * most MAX; -1 at the end of the text.
 */
static int line_next(struct user_text *t, struct user_word *fields, int max)
{
	int n = 0;

	if (t->p >= t->end)
		return -1;
	const char *eol = memchr(t->p, '\n', (size_t)(t->end - t->p));
	if (!eol)
		eol = t->end;
	const char *p = t->p;
	while (n < max) {
		const char *colon = n + 1 < max ? memchr(p, ':', (size_t)(eol - p)) : NULL;
		const char *stop = colon ? colon : eol;

		fields[n++] = (struct user_word){p, (size_t)(stop - p)};
		if (!colon)
			break;
		p = colon + 1;
	}
	t->p = eol < t->end ? eol + 1 : t->end;
	return n;
}

/* An id in a field: strict, and the field has no terminator. */
static bool word_id(struct user_word w, uint32_t *ret)
{
	char buf[11];

	if (w.n == 0 || w.n >= sizeof(buf))
		return false;
	memcpy(buf, w.p, w.n);
	buf[w.n] = '\0';
	return parse_id(buf, ret);
}

/* Whether W is exactly TEXT. */
static bool word_is(struct user_word w, const char *text)
{
	return strlen(text) == w.n && memcmp(w.p, text, w.n) == 0;
}

bool user_parse_passwd(struct user_text *t, struct passwd_entry *ret)
{
	struct user_word f[7];
	int n;

	while ((n = line_next(t, f, 7)) >= 0) {
		/* name:password:uid:gid:gecos:home:shell; what is behind gid may be missing. */
		if (n < 4 || f[0].n == 0 || !word_id(f[2], &ret->uid) || !word_id(f[3], &ret->gid))
			continue;
		ret->name = f[0];
		ret->home = n > 5 ? f[5] : (struct user_word){0};
		ret->shell = n > 6 ? f[6] : (struct user_word){0};
		return true;
	}
	return false;
}

bool user_parse_group(struct user_text *t, struct group_entry *ret)
{
	struct user_word f[4];
	int n;

	while ((n = line_next(t, f, 4)) >= 0) {
		/* name:password:gid:member,member */
		if (n < 3 || f[0].n == 0 || !word_id(f[2], &ret->gid))
			continue;
		ret->name = f[0];
		ret->members = n > 3 ? f[3] : (struct user_word){0};
		return true;
	}
	return false;
}

/* Whether the list of members names exactly W. */
static bool members_have(struct user_word members, struct user_word w)
{
	const char *p = members.p, *end = members.p + members.n;

	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		size_t n = (size_t)((comma ? comma : end) - p);

		if (n == w.n && memcmp(p, w.p, n) == 0)
			return true;
		p += n + 1;
	}
	return false;
}

/* Without openat2(2) (before Linux 5.6): no symbolic link at all is followed, so the path cannot leave the root. */
static int open_below_old(int root_fd, const char *dir, const char *name)
{
	auto_fd dir_fd = openat(root_fd, dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir_fd < 0)
		return -errno;
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Opens etc/NAME as a process whose root is ROOT_FD would; a descriptor, or a negative errno. */
static int open_below(int root_fd, const char *name)
{
	/* O_NONBLOCK: a FIFO must not hold us up before fstat(2) has shown what it is. */
	const struct open_how how = {
		.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	char path[32] = "etc/";

	strncat(path, name, sizeof(path) - strlen(path) - 1);
	int fd = sys_openat2_patient(root_fd, path, &how);

	return fd == -ENOSYS || fd == -EPERM ? open_below_old(root_fd, "etc", name) : fd;
}

/* Where the text of a file goes: a small one to the command's own arena, others to one that is let go of soon. */
struct places {
	struct arena *own;
	struct arena large;
};

/* Lets go of the large ones. */
static void places_free(struct places *p)
{
	arena_free(&p->large);
}

/* Reads etc/NAME; a file that is not there is an empty one. */
static int read_below(int root_fd, const char *name, struct places *places, struct user_text *ret, struct err *e)
{
	auto_fd fd = open_below(root_fd, name);
	struct stat st;
	char *text;
	size_t size;

	*ret = (struct user_text){"", ""};
	ret->end = ret->p;
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return err_set(e, -fd, "open /etc/%s of the container", name);
	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "examine /etc/%s of the container", name);
	if (!S_ISREG(st.st_mode)) {
		err_set(e, 0, "refused to read /etc/%s of the container", name);
		return err_why(e, "it is not a regular file");
	}
	struct arena *a = st.st_size < USER_FILE_SMALL ? places->own : &places->large;
	int r = fd_read_all(fd, a, USER_FILE_MAX, &text, &size, e);
	if (r < 0)
		return err_context(e, "/etc/%s of the container", name);
	*ret = (struct user_text){text, text + size};
	return 0;
}

/* ---- putting them together ---- */

/* One resolution under way; both files are read at most once. */
struct resolver {
	struct who who;
	struct user_text passwd, group;
	struct arena *a; /* the caller's */
	struct spec_user *ret;
};

/* The id of group WORD, by number or by name. */
static int group_id(const struct resolver *v, const char *word, uint32_t *ret, struct err *e)
{
	struct user_text t = v->group;
	struct group_entry g;

	if (text_is_number(word))
		return parse_id(word, ret) ? 0 : err_set(e, 0, "bad group id %s", word);
	while (user_parse_group(&t, &g))
		if (word_is(g.name, word)) {
			*ret = g.gid;
			return 0;
		}
	err_set(e, 0, "no group \"%s\" in the container", word);
	return err_why(e, "its /etc/group does not name it");
}

/* Adds GID to the additional groups, once.  None is left out silently: a missing group can give rights, too. */
static int group_add(struct resolver *v, uint32_t gid, struct err *e)
{
	struct spec_ids *ids = &v->ret->additional_gids;

	for (size_t i = 0; i < ids->n; i++)
		if (ids->v[i] == gid)
			return 0;
	if (ids->n == USER_GROUPS_MAX)
		return err_set(e, 0, "the user is in more than %d groups of the container", USER_GROUPS_MAX);
	*list_add(ids, v->a) = gid;
	return 0;
}

/* Finds the user's line; a number may have none, a name must. */
static int user_find(const struct resolver *v, struct passwd_entry *ret, bool *ret_found, struct err *e)
{
	const char *word = v->who.user ? v->who.user : "0";
	bool number = text_is_number(word);
	struct user_text t = v->passwd;
	struct passwd_entry p;
	uint32_t uid = 0;

	if (number && !parse_id(word, &uid))
		return err_set(e, 0, "bad user id %s", word);
	while (user_parse_passwd(&t, &p))
		if (number ? p.uid == uid : word_is(p.name, word)) {
			*ret = p;
			*ret_found = true;
			return 0;
		}
	if (!number) {
		err_set(e, 0, "no user \"%s\" in the container", word);
		return err_why(e, "its /etc/passwd does not name it");
	}
	*ret = (struct passwd_entry){.uid = uid};
	*ret_found = false;
	return 0;
}

/* A path fit for the environment: absolute and printable, else OTHERWISE. */
static char *path_copy(struct user_word path, const char *otherwise, struct arena *a)
{
	if (path.n == 0 || path.p[0] != '/')
		return arena_strdup(a, otherwise);
	for (size_t i = 0; i < path.n; i++)
		if ((unsigned char)path.p[i] < ' ' || path.p[i] == 0x7f)
			return arena_strdup(a, otherwise);
	return arena_strndup(a, path.p, path.n);
}

/* Fills in uid, gid and groups from the parts. */
static int resolve(struct resolver *v, char **ret_home, struct err *e)
{
	struct passwd_entry p;
	struct group_entry g;
	uint32_t gid;
	bool found = false;
	int r = user_find(v, &p, &found, e);

	if (r == 0 && v->who.group)
		r = group_id(v, v->who.group, &p.gid, e);
	if (r < 0)
		return r;
	v->ret->uid = p.uid;
	v->ret->gid = p.gid;
	v->ret->additional_gids = (struct spec_ids){0};
	r = group_add(v, p.gid, e);
	struct user_text t = v->group;
	while (r == 0 && found && !v->who.group && user_parse_group(&t, &g))
		if (members_have(g.members, p.name))
			r = group_add(v, g.gid, e);
	for (size_t i = 0; r == 0 && i < v->who.extra.n; i++) {
		r = group_id(v, v->who.extra.v[i], &gid, e);
		if (r == 0)
			r = group_add(v, gid, e);
	}
	if (r == 0 && ret_home)
		*ret_home = path_copy(p.home, "/", v->a);
	return r;
}

int user_resolve(int root_fd, const char *text, struct arena *a, struct spec_user *ret, char **ret_home, struct err *e)
{
	struct places files CLEANUP(places_free) = {.own = a};
	struct resolver v = {.a = a, .ret = ret};
	int r = who_parse(text, a, &v.who, e);

	if (r == 0)
		r = read_below(root_fd, "passwd", &files, &v.passwd, e);
	if (r == 0)
		r = read_below(root_fd, "group", &files, &v.group, e);
	return r == 0 ? resolve(&v, ret_home, e) : r;
}

/* The line of UID, whose words are in FILE; an empty one if there is none. */
static struct passwd_entry entry_of(int root_fd, uint32_t uid, struct places *file)
{
	struct user_text t = {"", ""};
	struct passwd_entry p;

	t.end = t.p;
	(void)!read_below(root_fd, "passwd", file, &t, NULL);
	while (user_parse_passwd(&t, &p))
		if (p.uid == uid)
			return p;
	return (struct passwd_entry){0};
}

char *user_home(int root_fd, uint32_t uid, struct arena *a)
{
	struct places file CLEANUP(places_free) = {.own = a};

	return path_copy(entry_of(root_fd, uid, &file).home, "/", a);
}

char *user_shell(int root_fd, uint32_t uid, struct arena *a)
{
	struct places file CLEANUP(places_free) = {.own = a};

	return path_copy(entry_of(root_fd, uid, &file).shell, "/bin/sh", a);
}
