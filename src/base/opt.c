/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of command lines: see opt.h for the rows and the conventions. */
#include "base/opt.h"

#include "base/parse.h"
#include "base/suggest.h"

#include <errno.h>
#include <string.h>

enum { ROWS_MAX = 192 };

struct parser {
	const struct opt *rows;
	unsigned int order; /* enum opt_order */
	char *const *argv;  /* the next word */
	void *args;
	struct arena *arena;
	struct opt_rest *rest;
	const struct opt *seen[ROWS_MAX]; /* the options given, each once, in the order of the command line */
	size_t seen_n;
};

/* What is known without a row, where no row has the name. */
static const struct opt rows_known[] = {
	{.kind = OPT_KIND_FLAG, .name = "help", .letter = 'h', .offset = offsetof(struct opt_rest, help)},
	{.kind = OPT_KIND_FLAG, .name = "version", .letter = 'V', .offset = offsetof(struct opt_rest, version)},
	OPT_END,
};

/* Whether O is one of rows_known. */
static bool is_known(const struct opt *o)
{
	return o >= rows_known && o < rows_known + ARRAY_LEN(rows_known);
}

/* Whether the row counts: --version is known only where it is asked for. */
static bool is_switched_on(const struct parser *p, const struct opt *o)
{
	return !is_known(o) || o->offset != offsetof(struct opt_rest, version) || p->order & OPT_VERSION;
}

bool opt_takes_value(enum opt_kind kind)
{
	return kind == OPT_KIND_STR || kind == OPT_KIND_INT || kind == OPT_KIND_LIST || kind == OPT_KIND_NOTE;
}

/* Whether the row is an option, not a heading. */
static bool is_option(const struct opt *o)
{
	return o->kind != OPT_KIND_HEADING;
}

/* The row with letter L, or NULL. */
static const struct opt *by_letter(const struct opt *rows, char l)
{
	for (const struct opt *o = rows; o && o->kind != OPT_KIND_END; o++)
		if (is_option(o) && o->letter == l)
			return o;
	return NULL;
}

bool opt_has_letter(const struct opt *rows, char l)
{
	return by_letter(rows, l);
}

/* The row whose long name is the LEN bytes at NAME, or NULL. */
static const struct opt *by_exact_name(const struct opt *rows, const char *name, size_t len)
{
	for (const struct opt *o = rows; o && o->kind != OPT_KIND_END; o++)
		if (is_option(o) && o->name && strlen(o->name) == len && strncmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

/* The same, but finds switches by --no-NAME too; *RET_NO tells that it was so. */
static const struct opt *by_name(const struct opt *rows, const char *name, size_t len, bool *ret_no)
{
	const struct opt *o = by_exact_name(rows, name, len);

	*ret_no = false;
	if (o || len <= 3 || strncmp(name, "no-", 3) != 0)
		return o;
	*ret_no = true;
	o = by_exact_name(rows, name + 3, len - 3);
	return o && o->kind == OPT_KIND_SWITCH ? o : NULL;
}

/* How the user knows the row: "--all", or "-a" where there is no long name. */
static const char *shown(struct parser *p, const struct opt *o)
{
	return o->name ? arena_printf(p->arena, "--%s", o->name) : arena_printf(p->arena, "-%c", o->letter);
}

/* Whether options that share a field are told apart there, and so are none the same. */
static bool keeps_its_name(const struct opt *o)
{
	return o->kind == OPT_KIND_NOTE || o->kind == OPT_KIND_MARK;
}

/*
 * The one row whose long name begins with the LEN bytes at NAME, those known without a row included; NULL if none does.
 * *RET_NAMES lists them where several do.  Two names for the same field are one.
 */
static const struct opt *by_beginning(struct parser *p, const char *name, size_t len, char **ret_names)
{
	const struct opt *const tables[] = {p->rows, rows_known};
	const struct opt *found = NULL;
	bool several = false;
	char *names = arena_strdup(p->arena, "");

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		for (const struct opt *o = tables[i]; o && o->kind != OPT_KIND_END; o++) {
			if (!is_option(o) || !o->name || o->whole || strncmp(o->name, name, len) != 0 ||
			    !is_switched_on(p, o))
				continue;
			several |= found && (o->offset != found->offset || is_known(o) || keeps_its_name(o));
			if (!o->hidden)
				names = arena_printf(p->arena, "%s%s--%s", names, *names ? ", " : "", o->name);
			found = found ? found : o;
		}
	}
	*ret_names = several ? names : NULL;
	return several ? NULL : found;
}

/* The sentence for a long name that no row has. */
static int unknown_long(struct parser *p, const char *name, size_t len, struct err *e)
{
	char *wrong = arena_strndup(p->arena, name, len);
	struct suggest s = {.wrong = wrong};

	for (const struct opt *o = p->rows; o && o->kind != OPT_KIND_END; o++) {
		if (!is_option(o) || !o->name || o->hidden)
			continue;
		suggest_try(&s, o->name);
		if (o->kind == OPT_KIND_SWITCH)
			suggest_try(&s, arena_printf(p->arena, "no-%s", o->name));
	}
	for (const struct opt *o = rows_known; o->kind != OPT_KIND_END; o++)
		if (is_switched_on(p, o))
			suggest_try(&s, o->name);
	err_set(e, 0, "unknown option --%s", wrong);
	if (s.best)
		err_cure(e, "did you mean --%s?", s.best);
	return -EINVAL;
}

/* The sentence for a letter that no row has; WORD is the whole word, for "-name" typed instead of "--name". */
static int unknown_letter(struct parser *p, char l, const char *word, struct err *e)
{
	bool no;
	size_t len = strcspn(word + 1, "=");

	err_set(e, 0, "unknown option -%c", l);
	if (len > 1 && by_name(p->rows, word + 1, len, &no))
		err_cure(e, "did you mean -%s?", word);
	return -EINVAL;
}

/* Whether WORD is one of those in LIST, "a|b|c". */
static bool word_in(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list) {
		size_t n = strcspn(list, "|");

		if (n == len && strncmp(list, word, len) == 0)
			return true;
		list += n + (list[n] == '|');
	}
	return false;
}

/* Notes that O was given, and refuses it if another option of its group was. */
static int note_seen(struct parser *p, const struct opt *o, struct err *e)
{
	for (size_t i = 0; i < p->seen_n; i++) {
		const struct opt *other = p->seen[i];

		if (other == o)
			return 0;
		if (o->group && other->group && strcmp(o->group, other->group) == 0 && other->offset != o->offset)
			return err_set(e, 0, "%s and %s exclude each other", shown(p, other), shown(p, o));
	}
	assert(p->seen_n < ROWS_MAX);
	p->seen[p->seen_n++] = o;
	return 0;
}

/* Stores the option O with VALUE (NULL: none was given); NO is true for --no-NAME. */
static int store(struct parser *p, const struct opt *o, const char *value, bool no, struct err *e)
{
	void *field = (is_known(o) ? (char *)p->rest : (char *)p->args) + o->offset;
	bool on = true;

	if (o->strict && value && !word_in(o->words, value)) {
		err_set(e, 0, "%s: \"%s\" is not one of its words", shown(p, o), value);
		return err_cure(e, "it is one of %s", o->words);
	}
	switch (o->kind) {
	case OPT_KIND_FLAG:
	case OPT_KIND_SWITCH:
		if (value && !parse_bool(value, &on))
			return err_set(e, 0, "%s is on or off: \"%s\" is neither true nor false", shown(p, o), value);
		*(bool *)field = on != no;
		if (!*(bool *)field) /* what is switched off excludes nothing */
			return 0;
		break;
	case OPT_KIND_COUNT:
		if (value)
			return err_set(e, 0, "%s takes no value", shown(p, o));
		++*(int *)field;
		break;
	case OPT_KIND_STR:
		memcpy(field, &value, sizeof(value)); /* the field is char *: argv may be written */
		break;
	case OPT_KIND_INT:
		if (!parse_int(value, o->min, o->max, field))
			return err_set(e, 0, "%s must be a whole number from %d to %d, not \"%s\"", shown(p, o), o->min,
				       o->max, value);
		break;
	case OPT_KIND_LIST:
		strs_add(field, p->arena, value);
		break;
	case OPT_KIND_NOTE:
		strs_take(field, p->arena, arena_printf(p->arena, "%s=%s", o->name, value));
		break;
	case OPT_KIND_MARK:
		if (value)
			return err_set(e, 0, "%s takes no value", shown(p, o));
		strs_add(field, p->arena, o->name);
		break;
	case OPT_KIND_MAYBE:
		*(struct opt_maybe *)field = (struct opt_maybe){.given = true, .value = arena_strdup(p->arena, value)};
		break;
	default:
		assert(!"a row that is no option");
	}
	return note_seen(p, o, e);
}

/* The argument of O: VALUE where it stands in the same word, else the next word. */
static int fetch_value(struct parser *p, const struct opt *o, const char **value, struct err *e)
{
	if (*value || !opt_takes_value(o->kind))
		return 0;
	if (!*p->argv)
		return err_set(e, 0, "%s needs a value: %s", shown(p, o), o->meta);
	*value = *p->argv++;
	return 0;
}

/* The row for a long name, which may be cut short where the order allows it; an error if there is none. */
static int find_long(struct parser *p, const char *name, size_t len, const struct opt **ret, bool *ret_no,
		     struct err *e)
{
	char *names = NULL;

	*ret = by_name(p->rows, name, len, ret_no);
	if (!*ret)
		*ret = by_exact_name(rows_known, name, len);
	if (*ret && !is_switched_on(p, *ret))
		*ret = NULL;
	if (!*ret && len > 0 && p->order & OPT_ABBREVIATED)
		*ret = by_beginning(p, name, len, &names);
	if (names)
		return err_set(e, 0, "--%.*s is the beginning of several options: %s", (int)len, name, names);
	return *ret ? 0 : unknown_long(p, name, len, e);
}

/* Reads the word "--NAME" or "--NAME=VALUE". */
static int parse_long(struct parser *p, const char *word, struct err *e)
{
	const char *name = word + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct opt *o;
	bool no;
	int r = find_long(p, name, len, &o, &no, e);

	if (r < 0)
		return r;
	if (value && is_known(o))
		return err_set(e, 0, "--%s takes no value", o->name);
	if (no && value)
		return err_set(e, 0, "--no-%s takes no value", o->name);
	r = fetch_value(p, o, &value, e);
	return r < 0 ? r : store(p, o, value, no, e);
}

/* Reads the word "-xyz": letters, the last of which may have its value behind it. */
static int parse_letters(struct parser *p, const char *word, struct err *e)
{
	for (const char *l = word + 1; *l; l++) {
		const struct opt *o = by_letter(p->rows, *l);
		const char *value = NULL;
		int r;

		if (!o)
			o = by_letter(rows_known, *l);
		if (!o || !is_switched_on(p, o))
			return unknown_letter(p, *l, word, e);
		if (l[1] && (opt_takes_value(o->kind) || (o->kind == OPT_KIND_MAYBE && (!o->bundled || l[1] == '='))))
			value = l + 1 + (l[1] == '=');
		const bool rest_is_value = value;
		r = fetch_value(p, o, &value, e);
		if (r == 0)
			r = store(p, o, value, false, e);
		if (r < 0 || rest_is_value || is_known(o))
			return r;
	}
	return 0;
}

int opt_parse(const struct opt *rows, char *const *argv, unsigned int order, void *args, struct arena *a,
	      struct opt_rest *ret, struct err *e)
{
	struct parser p = {.rows = rows, .order = order, .argv = argv, .args = args, .arena = a, .rest = ret};
	int r = 0;

	while (*p.argv && !ret->help && !ret->version && r == 0) {
		char *word = *p.argv;

		if (word[0] != '-' || word[1] == '\0') {
			if (order & OPT_BEFORE_OPERAND)
				break;
			strs_take(&ret->operands, a, word);
			p.argv++;
			continue;
		}
		p.argv++;
		if (word[1] != '-')
			r = parse_letters(&p, word, e);
		else if (word[2])
			r = parse_long(&p, word, e);
		else
			break; /* "--" */
	}
	while (*p.argv && !ret->help && !ret->version && r == 0)
		strs_take(&ret->operands, a, *p.argv++);
	return r;
}
