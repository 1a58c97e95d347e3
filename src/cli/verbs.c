/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every verb in the order of the help; share/meson.build reads the names of the man pages from here. */
#include "cli/verbs.h"

#include "base/suggest.h"

#include <string.h>

const struct verb *const verbs[] = {
	/* run and enter */
	&verb_run,
	&verb_exec,
	&verb_attach,
	/* look */
	&verb_ps,
	&verb_logs,
	&verb_top,
	&verb_inspect,
	/* steer */
	&verb_start,
	&verb_stop,
	&verb_restart,
	&verb_kill,
	&verb_pause,
	&verb_unpause,
	&verb_wait,
	&verb_rename,
	&verb_rm,
	/* keep */
	&verb_pool,
	&verb_roots,
	&verb_help,
	/* by hand */
	&verb_unshare,
	&verb_nsenter,
	&verb_lsns,
	/* for programs */
	&verb_oci,
	/* for isle's own programs */
	&hidden_generate,
	&hidden_names,
	NULL,
};

const struct verb *verb_find_in(const struct verb *const *list, const char *name)
{
	for (const struct verb *const *v = list; *v; v++)
		if (strcmp((*v)->name, name) == 0)
			return *v;
	return NULL;
}

const struct verb *verb_find(const char *name)
{
	return verb_find_in(verbs, name);
}

int cli_unknown_verb(struct cli *c, const struct verb *door, const char *wrong, struct err *e)
{
	const char *called = door ? cli_called(c, door) : "isle";
	struct suggest s = {.wrong = wrong};

	for (const struct verb *const *v = door ? door->verbs : verbs; *v; v++)
		if (!((*v)->flags & VERB_HIDDEN))
			suggest_try(&s, (*v)->name);
	err_set(e, 0, "there is no verb \"%s\"", wrong);
	return s.best ? err_cure(e, "did you mean %s %s?", called, s.best) : err_cure(e, "see %s --help", called);
}
