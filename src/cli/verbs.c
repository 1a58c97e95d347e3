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
	&verb_roots,
	&verb_help,
	/* by hand */
	&verb_unshare,
	&verb_nsenter,
	&verb_lsns,
	/* for programs, not for people */
	&hidden_generate,
	&hidden_names,
	NULL,
};

const struct verb *verb_find(const char *name)
{
	for (const struct verb *const *v = verbs; *v; v++)
		if (strcmp((*v)->name, name) == 0)
			return *v;
	return NULL;
}

int cli_unknown_verb(const char *wrong, struct err *e)
{
	struct suggest s = {.wrong = wrong};

	for (const struct verb *const *v = verbs; *v; v++)
		if (!((*v)->flags & VERB_HIDDEN))
			suggest_try(&s, (*v)->name);
	err_set(e, 0, "there is no verb \"%s\"", wrong);
	return s.best ? err_cure(e, "did you mean isle %s?", s.best) : err_cure(e, "see isle --help");
}
