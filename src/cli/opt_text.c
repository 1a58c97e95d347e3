/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forms of an option: see opt_text.h. */
#include "cli/opt_text.h"

#include <string.h>

const char *opt_meta(const struct opt *o)
{
	return o->meta ? o->meta : o->words ? o->words : "VALUE";
}

char *opt_label(struct arena *a, const struct opt *o)
{
	const char *before = opt_takes_value(o->kind) ? "=" : o->kind == OPT_KIND_MAYBE ? "[=" : "";
	const char *after = o->kind == OPT_KIND_MAYBE ? "]" : "";
	const char *meta = *before ? opt_meta(o) : "";
	char letter[] = "    ";

	if (o->letter)
		memcpy(letter, (char[]){'-', o->letter, o->name ? ',' : ' ', ' '}, 4);
	if (!o->name)
		return arena_printf(a, "  -%c%s%s%s", o->letter, *before == '=' ? " " : "", meta, after);
	return arena_printf(a, "  %s--%s%s%s%s%s", letter, o->kind == OPT_KIND_SWITCH ? "[no-]" : "", o->name, before,
			    meta, after);
}

char *scdoc_escape(struct arena *a, const char *text)
{
	char *out = arena_alloc(a, strlen(text) * 2 + 1, 1), *o = out;

	for (const char *p = text; *p; p++) {
		/* The first group is markup anywhere, the second only where a line begins. */
		if (strchr("\\*_", *p) || ((p == text || p[-1] == '\n') && strchr("#-.[|]", *p)))
			*o++ = '\\';
		*o++ = *p;
	}
	return out;
}

char *opt_label_scdoc(struct arena *a, const struct opt *o)
{
	const char *name = o->name ? scdoc_escape(a, o->name) : "";
	const char *value = "";

	if (opt_takes_value(o->kind))
		value = arena_printf(a, "%s_%s_", o->name ? "=" : " ", scdoc_escape(a, opt_meta(o)));
	else if (o->kind == OPT_KIND_MAYBE)
		value = arena_printf(a, "[%s_%s_]", o->name ? "=" : "", scdoc_escape(a, opt_meta(o)));
	if (!o->name)
		return arena_printf(a, "*-%c*%s", o->letter, value);
	return arena_printf(a, "%s*--%s%s*%s", o->letter ? arena_printf(a, "*-%c*, ", o->letter) : "",
			    o->kind == OPT_KIND_SWITCH ? "[no-]" : "", name, value);
}
