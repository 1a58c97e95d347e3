/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options as data: one row gives the parser, --help, the man page and the completions.
 *
 * A verb keeps what the user asked for in a struct of its own; each row says where its value goes by offset, so there
 * is no variable at file scope.  The macros check that the field has the type that the kind writes.
 *
 *     static const struct opt ps_opts[] = {
 *         OPT_HEADING("What is shown"),
 *         OPT_FLAG('a', "all", struct ps_args, all, "show containers that do not run, too"),
 *         OPT_LIST('f', "filter", "KEY=VALUE", struct ps_args, filter, "show only those that match"),
 *         OPT_END,
 *     };
 *
 * The command line follows GNU's conventions: --name=value, --name value, -xyz, -xVALUE (or -x=VALUE), "--" ends the
 * options. Long names are never guessed from a beginning, for a script must not break when an option is added; only the
 * tools that stand in for util-linux's do it, as theirs do.  --help is known everywhere, and -h where no row takes the
 * letter; with OPT_VERSION the same holds for --version and -V.  Of an option given twice the last counts; lists grow.
 */
#ifndef ISLE_BASE_OPT_H
#define ISLE_BASE_OPT_H

#include "base/err.h"
#include "base/mem.h"

enum opt_kind {
	OPT_KIND_END,	  /* behind the last row */
	OPT_KIND_HEADING, /* no option: the help's rows below stand under 'help' */
	OPT_KIND_FLAG,	  /* bool: --name; also --name=true, --name=false */
	OPT_KIND_SWITCH,  /* bool: the same, and --no-name */
	OPT_KIND_COUNT,	  /* int: grows by one each time */
	OPT_KIND_STR,	  /* char * */
	OPT_KIND_INT,	  /* int, decimal, from 'min' to 'max' */
	OPT_KIND_LIST,	  /* struct strs: one more each time */
	OPT_KIND_MAYBE,	  /* struct opt_maybe: --name, --name=VALUE, -x, -xVALUE; never the next word */
	OPT_KIND_NOTE,	  /* struct strs: one more "name=VALUE" each time: where the order among options counts */
	OPT_KIND_MARK,	  /* struct strs: one more "name" each time; takes no value */
	OPT_KIND_COUNT_OF,
};

/* An option whose argument may be left out, as unshare(1)'s -m[=FILE]. */
struct opt_maybe {
	bool given;
	char *value; /* NULL: given without one */
};

struct opt {
	const char *name; /* long name without the dashes */
	char letter;	  /* 0: none */
	enum opt_kind kind;
	size_t offset;	   /* of the field in the verb's struct */
	const char *meta;  /* the argument's name in the help: "FILE"; completions know FILE, DIR, CONTAINER, SIGNAL */
	const char *help;  /* one line without a full stop; or the heading */
	const char *group; /* at most one option of a group may be given; NULL: no group */
	const char *words; /* "text|json": what completion offers */
	bool strict;	   /* only one of 'words' is accepted */
	bool hidden;	   /* known to the parser alone */
	bool bundled;	   /* OPT_KIND_MAYBE: a value follows the letter behind '=' alone, else the next letter does */
	bool whole;	   /* never cut short, so that it makes no other name ambiguous */
	int min, max;	   /* OPT_KIND_INT */
};

/* The offset of FIELD in STRUCT, if it has TYPE; else it does not compile. */
#define OPT_FIELD(type, s, field) \
	(offsetof(s, field) +     \
	 0 * sizeof(char[__builtin_types_compatible_p(type, __typeof__(((s *)NULL)->field)) ? 1 : -1]))

/* Rows.  What follows the help text is for further members: .group = "where", .hidden = true */
#define OPT_END                      \
	{                            \
		.kind = OPT_KIND_END \
	}
#define OPT_HEADING(text)                                \
	{                                                \
		.kind = OPT_KIND_HEADING, .help = (text) \
	}
#define OPT_ROW(k, type, l, n, m, s, f, h, ...)                                                                     \
	{                                                                                                           \
		.kind = (k), .letter = (l), .name = (n), .meta = (m), .offset = OPT_FIELD(type, s, f), .help = (h), \
		__VA_ARGS__                                                                                         \
	}
#define OPT_FLAG(l, n, s, f, ...) OPT_ROW(OPT_KIND_FLAG, bool, l, n, NULL, s, f, __VA_ARGS__)
#define OPT_SWITCH(l, n, s, f, ...) OPT_ROW(OPT_KIND_SWITCH, bool, l, n, NULL, s, f, __VA_ARGS__)
#define OPT_COUNT(l, n, s, f, ...) OPT_ROW(OPT_KIND_COUNT, int, l, n, NULL, s, f, __VA_ARGS__)
#define OPT_STR(l, n, m, s, f, ...) OPT_ROW(OPT_KIND_STR, char *, l, n, m, s, f, __VA_ARGS__)
#define OPT_INT(l, n, m, low, high, s, f, ...) \
	OPT_ROW(OPT_KIND_INT, int, l, n, m, s, f, __VA_ARGS__, .min = (low), .max = (high))
#define OPT_LIST(l, n, m, s, f, ...) OPT_ROW(OPT_KIND_LIST, struct strs, l, n, m, s, f, __VA_ARGS__)
#define OPT_MAYBE(l, n, m, s, f, ...) OPT_ROW(OPT_KIND_MAYBE, struct opt_maybe, l, n, m, s, f, __VA_ARGS__)
#define OPT_NOTE(l, n, m, s, f, ...) OPT_ROW(OPT_KIND_NOTE, struct strs, l, n, m, s, f, __VA_ARGS__)
#define OPT_MARK(l, n, s, f, ...) OPT_ROW(OPT_KIND_MARK, struct strs, l, n, NULL, s, f, __VA_ARGS__)
/* A string that must be one of W, "text|json". */
#define OPT_WORD(l, n, m, w, s, f, ...) OPT_STR(l, n, m, s, f, __VA_ARGS__, .words = (w), .strict = true)

enum opt_order {
	OPT_ANYWHERE = 0,	/* options may stand behind operands */
	OPT_BEFORE_OPERAND = 1, /* what follows the first operand belongs to somebody else */
	OPT_ABBREVIATED = 2,	/* or'ed in: a long name may be cut short as long as it fits one row (getopt_long(3)) */
	OPT_VERSION = 4,	/* or'ed in: --version and -V are known */
};

/* What is left of the command line. */
struct opt_rest {
	struct strs operands; /* the words of argv themselves, not copies */
	bool help;	      /* --help was given; parsing stopped there */
	bool version;	      /* the same of --version */
};

/*
 * Reads ARGV (NULL-terminated, without the program's name) into ARGS, which holds the defaults.  Strings point into
 * ARGV. Errors name the option, and the nearest one where it is unknown.
 */
int opt_parse(const struct opt *rows, char *const *argv, unsigned int order, void *args, struct arena *a,
	      struct opt_rest *ret, struct err *e) MUST_USE;
/* Whether rows of this kind take an argument in the next word. */
bool opt_takes_value(enum opt_kind kind);
/* Whether the letter L belongs to a row. */
bool opt_has_letter(const struct opt *rows, char l);

#endif
