/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an option row reads: the forms that the user can type, for the help, the man page and the completions. */
#ifndef ISLE_CLI_OPT_TEXT_H
#define ISLE_CLI_OPT_TEXT_H

#include "base/opt.h"

/* The rows that are shown, in their order; headings whose options are all hidden are left out. */
#define opt_foreach_shown(o, rows)                                            \
	for (const struct opt *o = (rows); o && o->kind != OPT_KIND_END; o++) \
		if (!o->hidden)

/* The argument's name: the row's, or its words where it must be one of them. */
const char *opt_meta(const struct opt *o);
/* "  -f, --filter=KEY=VALUE", "      --[no-]sig-proxy", "  -m, --mount[=FILE]". */
char *opt_label(struct arena *a, const struct opt *o);
/* The same for scdoc: "*-f*, *--filter*=_KEY=VALUE_". */
char *opt_label_scdoc(struct arena *a, const struct opt *o);
/* TEXT with everything escaped that scdoc would read as markup. */
char *scdoc_escape(struct arena *a, const char *text);

#endif
