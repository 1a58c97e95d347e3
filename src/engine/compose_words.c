/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option words of mounts: see compose_words.h. */
#include "engine/compose_words.h"

#include "base/parse.h"

#include <string.h>

/* The runtime spec has the same words for some, others for the rest. */
struct word {
	const char *typed;
	enum word_group group;
	const char *emits; /* joined by ','; "" where the word only turns off a default */
};

static const struct word bind_words[] = {
	{"rw", G_ACCESS, ""},
	{"ro", G_ACCESS, "ro,rro"},
	{"readonly", G_ACCESS, "ro,rro"},
	{"nosuid", G_SUID, "nosuid"},
	{"suid", G_SUID, ""},
	{"nodev", G_DEV, "nodev"},
	{"dev", G_DEV, ""},
	{"noexec", G_EXEC, "noexec"},
	{"exec", G_EXEC, ""},
	{"private", G_PROPAGATION, "private"},
	{"rprivate", G_PROPAGATION, "rprivate"},
	{"slave", G_PROPAGATION, "slave"},
	{"rslave", G_PROPAGATION, "rslave"},
	{"shared", G_PROPAGATION, "shared"},
	{"rshared", G_PROPAGATION, "rshared"},
	{"bind", G_DEPTH, "bind"},
	{"rbind", G_DEPTH, "rbind"},
	{"U", G_OWNER, "idmap"}, /* podman changes the files; this only shows them with other owners */
	{"idmap", G_OWNER, "idmap"},
	{"noidmap", G_OWNER, ""},
	{"z", G_LABEL, ""},
	{"Z", G_LABEL, ""},
};

static const struct word tmpfs_words[] = {
	{"rw", G_ACCESS, ""},
	{"ro", G_ACCESS, "ro"},
	{"nosuid", G_SUID, "nosuid"},
	{"suid", G_SUID, ""},
	{"nodev", G_DEV, "nodev"},
	{"dev", G_DEV, ""},
	{"noexec", G_EXEC, "noexec"},
	{"exec", G_EXEC, ""},
	{"noatime", G_ATIME, "noatime"},
	{"relatime", G_ATIME, "relatime"},
	{"strictatime", G_ATIME, "strictatime"},
	{"nodiratime", G_DIRATIME, "nodiratime"},
	{"diratime", G_DIRATIME, ""},
	{"tmpcopyup", G_OWNER, "tmpcopyup"},
	{"notmpcopyup", G_OWNER, ""},
};

/* Takes up W, which may be NULL, if its group is free. */
static int gather(struct gathered *g, const struct word *w, const char *typed, struct err *e)
{
	if (!w) {
		compose_bad(e, g->option, g->text, "");
		return err_why(e, "there is no mount option \"%s\"", typed);
	}
	const char **slot = &g->by_group[w->group];
	if (*slot && strcmp(*slot, w->emits) != 0)
		return compose_bad(e, g->option, g->text, "two of its words contradict each other");
	*slot = w->emits;
	return 0;
}

/* The row of TABLE for WORD, or NULL. */
static const struct word *word_find(const struct word *table, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].typed, word) == 0)
			return &table[i];
	return NULL;
}

int gather_bind(struct gathered *g, const char *word, struct err *e)
{
	return gather(g, word_find(bind_words, ARRAY_LEN(bind_words), word), word, e);
}

int gather_propagation(struct gathered *g, const char *word, struct err *e)
{
	const struct word *w = word_find(bind_words, ARRAY_LEN(bind_words), word);

	return gather(g, w && w->group == G_PROPAGATION ? w : NULL, word, e);
}

/* Checks the value of one of tmpfs' own options (tmpfs(5)). */
static bool tmpfs_value_ok(const char *key, const char *value)
{
	const char *unit = value;
	uint64_t percent;
	uint32_t n;
	int64_t size;

	if (strcmp(key, "mode") == 0)
		return parse_octal(value, 07777, &n);
	if (strcmp(key, "uid") == 0 || strcmp(key, "gid") == 0)
		return parse_id(value, &n);
	if (strcmp(key, "size") == 0 && take_u64(&unit, 100, &percent) && strcmp(unit, "%") == 0)
		return true;
	return (strcmp(key, "size") == 0 || strcmp(key, "nr_inodes") == 0 || strcmp(key, "nr_blocks") == 0) &&
	       parse_size(value, &size);
}

int gather_tmpfs(struct compose *c, struct gathered *g, const char *word, struct err *e)
{
	const char *eq = strchr(word, '=');
	int64_t size;

	if (!eq)
		return gather(g, word_find(tmpfs_words, ARRAY_LEN(tmpfs_words), word), word, e);
	char *key = arena_strndup(c->a, word, (size_t)(eq - word));
	if (!tmpfs_value_ok(key, eq + 1)) {
		compose_bad(e, g->option, g->text, "");
		return err_why(e, "a tmpfs can't have \"%s\"", word);
	}
	/* The kernel knows fewer units than we do. */
	if (strcmp(key, "size") == 0 && parse_size(eq + 1, &size))
		strs_take(&g->data, c->a, arena_printf(c->a, "size=%lld", (long long)size));
	else
		strs_add(&g->data, c->a, word);
	return 0;
}

void gather_emit(const struct gathered *g, const char *const *defaults, struct spec_mount *m, struct arena *a)
{
	for (int i = 0; i < G_COUNT; i++) {
		const char *words = g->by_group[i] ? g->by_group[i] : defaults[i];

		if (words && *words)
			strs_split(&m->options, a, words, ',');
	}
	for (size_t i = 0; i < g->data.n; i++)
		strs_take(&m->options, a, g->data.v[i]);
}
