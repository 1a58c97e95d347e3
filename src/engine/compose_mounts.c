/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a container sees beside its root: kernel file systems, parts of the host (-v, --mount), memory (--tmpfs).
 *
 * Words of the user's are looked up in tables and refused where they are not there; what is emitted are the runtime
 * spec's words.  A source is opened here and stays open, so what was looked at is what will be mounted.  At the end the
 * mounts are put in order of depth: what stands on another mount comes after it, whatever the order of the options.
 */
#include "engine/compose_words.h"

#include "base/parse.h"
#include "core/defaults.h"
#include "engine/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* ---- destinations ---- */

/* Refuses what would hide the kernel's own files, of which the rest of isle relies on what they are. */
static int destination_check(const char *destination, const struct gathered *g, struct err *e)
{
	if (strcmp(destination, "/") == 0)
		return compose_bad(e, g->option, g->text, "the root itself can't be covered; name it as ROOT instead");
	if (strcmp(destination, "/proc") != 0 && strncmp(destination, "/proc/", 6) != 0)
		return 0;
	for (size_t i = 0; proc_mount_points[i]; i++)
		if (strcmp(destination, proc_mount_points[i]) == 0)
			return 0;
	return compose_bad(e, g->option, g->text, "nothing may be mounted over /proc or in it");
}

/* Takes mount I out of the list. */
static void mount_drop(struct spec_mounts *all, size_t i)
{
	memmove(&all->v[i], &all->v[i + 1], (--all->n - i) * sizeof(all->v[0]));
}

/* Adds a mount of the user's at TARGET; it takes the place of a default one, but not of another of the user's. */
static int mount_add(struct compose *c, const struct gathered *g, const char *target, const char *type,
		     struct spec_mount **ret, struct err *e)
{
	struct spec_mounts *all = &c->spec->mounts;
	char *destination;
	int r = compose_path(c, target, g->option, &destination, e);

	if (r == 0)
		r = destination_check(destination, g, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < all->n; i++) {
		if (strcmp(all->v[i].destination, destination) != 0)
			continue;
		if (i >= c->default_mounts)
			return compose_bad(e, g->option, g->text, "something else is mounted there already");
		mount_drop(all, i);
		c->default_mounts--;
		break;
	}
	*ret = compose_mount(c, destination, type, NULL, NULL);
	return 0;
}

/* ---- binds ---- */

/* The absolute path of a source; a word that is none would be a volume's name. */
static int source_path(struct compose *c, const char *text, const struct gathered *g, char **ret, struct err *e)
{
	const char *dots = text + strspn(text, ".");
	bool relative = dots > text && dots - text <= 2 && (!*dots || *dots == '/');

	if (!*text)
		return compose_bad(e, g->option, g->text, "the source is empty");
	if (*text != '/' && !relative) {
		compose_bad(e, g->option, g->text, "volumes with names do not exist yet");
		return err_cure(e, "write /%s or ./%s for a file or directory", text, text);
	}
	return path_absolute(text, g->option, c->a, ret, e);
}

/* What a bind mount is when nobody says otherwise. */
static void bind_defaults(const struct compose *c, const char *source, const char *defaults[G_COUNT])
{
	bool device = strcmp(source, "/dev") == 0 || strncmp(source, "/dev/", 5) == 0;

	defaults[G_DEPTH] = "rbind";
	defaults[G_PROPAGATION] = "rprivate";
	defaults[G_DEV] = device ? "" : "nodev";
	/* The container's root has root's rights on the volume, as it has a plain user's where one starts it. */
	bool shift = c->spec->lin.ns[NS_USER].mode == NS_NEW && !c->h->rootless;
	defaults[G_OWNER] = shift && !device ? "idmap" : ""; /* devtmpfs can't be shifted */
}

/* What cannot be had together with the rest of the container. */
static int bind_check(const struct compose *c, const struct gathered *g, struct err *e)
{
	const char *propagation = g->by_group[G_PROPAGATION];

	if (propagation && strstr(propagation, "shared") && !userns_is_host(c))
		return compose_bad(e, g->option, g->text,
				   "shared mounts would reach out of the container; only --userns host has them");
	if (g->by_group[G_LABEL] && access("/sys/fs/selinux/enforce", F_OK) == 0)
		return compose_bad(e, g->option, g->text, "files can't be given SELinux labels yet");
	return 0;
}

/* Adds the bind mount of SOURCE at TARGET. */
static int bind_add(struct compose *c, struct gathered *g, const char *source, const char *target, struct err *e)
{
	const char *defaults[G_COUNT] = {NULL};
	struct spec_mount *m;
	char *path;
	int r = source_path(c, source, g, &path, e);

	if (r == 0)
		r = bind_check(c, g, e);
	if (r < 0)
		return r;
	auto_fd fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0) {
		r = err_set(e, errno, "share %s with the container (%s)", source, g->option);
		return r == -ENOENT ? err_cure(e, "make it first") : r;
	}
	r = mount_add(c, g, target, "bind", &m, e);
	if (r < 0)
		return r;
	m->source = path;
	bind_defaults(c, path, defaults);
	gather_emit(g, defaults, m, c->a);
	/* A plain user's container takes the source in its own mount namespace, where this descriptor is foreign. */
	if (!c->h->rootless)
		m->source_fd = fd_take(&fd);
	if (g->by_group[G_PROPAGATION] && strstr(g->by_group[G_PROPAGATION], "slave"))
		c->spec->lin.rootfs_propagation = arena_strdup(c->a, "rslave");
	return 0;
}

/* One -v SOURCE:TARGET[:WORD,WORD...]. */
static int volume_add(struct compose *c, const char *text, struct err *e)
{
	struct gathered g = {.option = "--volume", .text = text};
	struct strs part = {0}, words = {0};
	int r = 0;

	strs_split(&part, c->a, text, ':');
	if (part.n == 1)
		return compose_bad(e, g.option, text, "it must be SOURCE:TARGET; for a place in memory use --tmpfs");
	if (part.n > 3)
		return compose_bad(e, g.option, text, "it has too many colons; --mount takes paths with colons");
	if (part.n == 3)
		strs_split(&words, c->a, part.v[2], ',');
	for (size_t i = 0; r == 0 && i < words.n; i++)
		r = gather_bind(&g, words.v[i], e);
	return r < 0 ? r : bind_add(c, &g, part.v[0], part.v[1], e);
}

/* ---- tmpfs ---- */

/* Adds a tmpfs at TARGET. */
static int tmpfs_add(struct compose *c, struct gathered *g, const char *target, struct err *e)
{
	const char *defaults[G_COUNT] = {[G_SUID] = "nosuid", [G_DEV] = "nodev", [G_EXEC] = "noexec"};
	struct spec_mount *m;
	int r = mount_add(c, g, target, "tmpfs", &m, e);

	if (r < 0)
		return r;
	m->source = arena_strdup(c->a, "tmpfs");
	gather_emit(g, defaults, m, c->a);
	return 0;
}

/* One --tmpfs TARGET[:OPTION,OPTION...]. */
static int tmpfs_read(struct compose *c, const char *text, struct err *e)
{
	struct gathered g = {.option = "--tmpfs", .text = text};
	const char *colon = strchr(text, ':');
	char *target = arena_strndup(c->a, text, colon ? (size_t)(colon - text) : strlen(text));
	struct strs words = {0};
	int r = 0;

	if (colon)
		strs_split(&words, c->a, colon + 1, ',');
	for (size_t i = 0; r == 0 && i < words.n; i++)
		r = gather_tmpfs(c, &g, words.v[i], e);
	return r < 0 ? r : tmpfs_add(c, &g, target, e);
}

/* ---- --mount ---- */

/* The fields of one --mount that are no option words. */
struct mount_fields {
	const char *type, *source, *target;
};

/* Where the value of KEY goes; NULL if KEY is no such field. */
static const char **field_of(struct mount_fields *f, const char *key)
{
	const struct {
		const char *key;
		const char **to;
	} keys[] = {
		{"type", &f->type},	{"source", &f->source},	     {"src", &f->source},
		{"target", &f->target}, {"destination", &f->target}, {"dst", &f->target},
	};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(keys[i].key, key) == 0)
			return keys[i].to;
	return NULL;
}

/* One KEY=VALUE, or KEY, that is an option of the mount. */
static int mount_option(struct compose *c, struct gathered *g, bool bind, const char *key, const char *value,
			struct err *e)
{
	bool on = true;

	if (strcmp(key, "readonly") == 0 || strcmp(key, "ro") == 0) {
		if (value && !parse_bool(value, &on))
			return compose_bad(e, g->option, g->text, "readonly is true or false");
		const char *word = on ? "ro" : "rw";
		return bind ? gather_bind(g, word, e) : gather_tmpfs(c, g, word, e);
	}
	if (bind && value && strcmp(key, "bind-propagation") == 0)
		return gather_propagation(g, value, e);
	if (bind && strcmp(key, "bind-nonrecursive") == 0 && (!value || parse_bool(value, &on)))
		return gather_bind(g, on ? "bind" : "rbind", e);
	if (bind && !value)
		return gather_bind(g, key, e);
	if (!bind && value && (strcmp(key, "tmpfs-size") == 0 || strcmp(key, "tmpfs-mode") == 0))
		return gather_tmpfs(c, g, arena_printf(c->a, "%s=%s", key + strlen("tmpfs-"), value), e);
	if (!bind && !value)
		return gather_tmpfs(c, g, key, e);
	compose_bad(e, g->option, g->text, "");
	return err_why(e, "a mount of type %s can't have \"%s%s%s\"", bind ? "bind" : "tmpfs", key, value ? "=" : "",
		       value ? value : "");
}

/* One --mount type=bind|tmpfs,KEY=VALUE,... */
static int mount_read(struct compose *c, const char *text, struct err *e)
{
	struct gathered g = {.option = "--mount", .text = text};
	struct mount_fields f = {0};
	struct strs words = {0};
	int r = 0;

	strs_split(&words, c->a, text, ',');
	/* Twice over the words: what an option means depends on the type, which may stand behind it. */
	for (int pass = 0; pass < 2; pass++) {
		bool bind = f.type && strcmp(f.type, "bind") == 0;

		if (pass == 1 && !bind && (!f.type || strcmp(f.type, "tmpfs") != 0))
			return compose_bad(e, g.option, text, "the type must be bind or tmpfs");
		for (size_t i = 0; r == 0 && i < words.n; i++) {
			const char *eq = strchr(words.v[i], '=');
			char *key =
				arena_strndup(c->a, words.v[i], eq ? (size_t)(eq - words.v[i]) : strlen(words.v[i]));
			const char **field = field_of(&f, key);

			if (pass == 0 && field && eq)
				*field = eq + 1;
			if (pass == 1 && !(field && eq))
				r = mount_option(c, &g, bind, key, eq ? eq + 1 : NULL, e);
		}
	}
	if (r < 0)
		return r;
	if (!f.target)
		return compose_bad(e, g.option, text, "target= is missing");
	if (strcmp(f.type, "tmpfs") == 0)
		return f.source ? compose_bad(e, g.option, text, "a tmpfs has no source")
				: tmpfs_add(c, &g, f.target, e);
	if (!f.source)
		return compose_bad(e, g.option, text, "source= is missing");
	return bind_add(c, &g, f.source, f.target, e);
}

/* ---- the defaults ---- */

/*
 * With the host's IPC namespace its message queues and its shared memory are shared, too; with another container's, who
 * has a user namespace of its own may not mount the queues.
 */
static void mount_ipc(struct compose *c, const struct default_mount *d)
{
	const struct spec_ns *ipc = &c->spec->lin.ns[NS_IPC];

	if (ipc->mode == NS_KEEP && access(d->destination, F_OK) == 0)
		compose_mount(c, d->destination, "bind", d->destination, "rbind,rprivate,nosuid,noexec,nodev");
	else if (strcmp(d->type, "mqueue") != 0 || ipc->mode == NS_NEW || c->spec->lin.ns[NS_USER].mode != NS_NEW)
		compose_mount(c, d->destination, d->type, d->type, d->options);
}

/* The kernel's file systems; a privileged container may write into them. */
static int mount_defaults(struct compose *c, struct err *e)
{
	int64_t shm = DEFAULT_SHM_SIZE;

	if (c->o->shm_size && (!parse_size(c->o->shm_size, &shm) || shm <= 0))
		return compose_bad(e, "--shm-size", c->o->shm_size, "it must be a size greater than 0, such as 64m");
	if (c->o->shm_size && c->spec->lin.ns[NS_IPC].mode == NS_KEEP)
		return err_set(e, 0, "--shm-size does not go with --ipc host, which has the host's /dev/shm");
	for (size_t i = 0; i < DEFAULT_MOUNTS; i++) {
		struct default_mount d = default_mounts[i];
		size_t len = strlen(d.options);

		if (strcmp(d.destination, "/dev/shm") == 0)
			d.options = arena_printf(c->a, "%s,size=%lld", d.options, (long long)shm);
		if (c->o->privileged && len > 3 && strcmp(d.options + len - 3, ",ro") == 0)
			d.options = arena_strndup(c->a, d.options, len - 3);
		if (strcmp(d.destination, "/dev/shm") == 0 || strcmp(d.destination, "/dev/mqueue") == 0)
			mount_ipc(c, &d);
		else
			compose_mount(c, d.destination, d.type, d.type, d.options);
	}
	c->default_mounts = c->spec->mounts.n;
	return 0;
}

/* How many names PATH has. */
static size_t depth(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '/';
	return n;
}

/* Puts the mounts in order of depth; those of the same depth keep theirs. */
static void mounts_sort(struct spec_mounts *all)
{
	for (size_t i = 1; i < all->n; i++) {
		struct spec_mount m = all->v[i];
		size_t j = i;

		for (; j > 0 && depth(all->v[j - 1].destination) > depth(m.destination); j--)
			all->v[j] = all->v[j - 1];
		all->v[j] = m;
	}
}

int compose_mounts(struct compose *c, struct err *e)
{
	const struct {
		const struct strs *typed;
		int (*add)(struct compose *c, const char *text, struct err *e);
	} rows[] = {{&c->o->volume, volume_add}, {&c->o->mount, mount_read}, {&c->o->tmpfs, tmpfs_read}};
	int r = mount_defaults(c, e);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t j = 0; r == 0 && j < rows[i].typed->n; j++)
			r = rows[i].add(c, rows[i].typed->v[j], e);
	if (r == 0)
		r = compose_devices(c, e);
	mounts_sort(&c->spec->mounts);
	return r;
}
