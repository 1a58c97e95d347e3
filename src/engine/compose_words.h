/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option words of mounts as users type them: looked up in tables, and gathered for one mount at a time. */
#ifndef ISLE_ENGINE_COMPOSE_WORDS_H
#define ISLE_ENGINE_COMPOSE_WORDS_H

#include "engine/compose_priv.h"

/* Words of which only one can be true share a group. */
enum word_group {
	G_ACCESS,
	G_SUID,
	G_DEV,
	G_EXEC,
	G_PROPAGATION,
	G_DEPTH,
	G_OWNER,
	G_LABEL,
	G_ATIME,
	G_DIRATIME,
	G_COUNT
};

/* The options of one mount while they are gathered: for each group what is emitted, NULL while nobody has said. */
struct gathered {
	const char *option, *text; /* for messages */
	const char *by_group[G_COUNT];
	struct strs data; /* "size=64m" */
};

/* Takes up one word of a bind mount; refused if there is none such, or if it contradicts an earlier one. */
int gather_bind(struct gathered *g, const char *word, struct err *e);
/* The same for a word that must be about propagation: "rslave". */
int gather_propagation(struct gathered *g, const char *word, struct err *e);
/* One option of a tmpfs: a word, or KEY=VALUE. */
int gather_tmpfs(struct compose *c, struct gathered *g, const char *word, struct err *e);
/* Appends what was gathered to M's options, with DEFAULTS[group] where nobody has said. */
void gather_emit(const struct gathered *g, const char *const *defaults, struct spec_mount *m, struct arena *a);

#endif
