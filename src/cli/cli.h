/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front of isle: verbs as rows, and what their functions share.
 *
 * A verb is one file, src/cli/NAME.c, that defines 'const struct verb verb_NAME', and one line in verbs.c.  The row
 * holds everything there is to tell about the verb: parser, --help, man page and completions are made from it and
 * nothing else.
 *
 * A verb may be a door with verbs of its own, as 'isle oci' is: their rows are the same.
 *
 * This is the only room that prints.  Results go to stdout with stdio: cli_main flushes it, and a failure to write is
 * an error.  Everything else goes to stderr through the functions below.
 */
#ifndef ISLE_CLI_CLI_H
#define ISLE_CLI_CLI_H

#include "base/json_out.h"
#include "base/opt.h"
#include "core/step.h"
#include "engine/home.h"

struct cli;

/* The headings of 'isle --help'. */
#define HEADING_RUN "Run and enter"
#define HEADING_LOOK "Look"
#define HEADING_STEER "Steer"
#define HEADING_KEEP "Keep"
#define HEADING_TOOLS "By hand"

/* What completion offers for the operands. */
enum operand_kind { OPERAND_NONE, OPERAND_CONTAINER, OPERAND_ROOT, OPERAND_VERB, OPERAND_FILE, OPERAND_COMMAND };

enum verb_flags {
	VERB_HOME = 1,		/* cli->home is open when 'run' is called */
	VERB_SWEEP = 2,		/* and what a killed isle left has been swept away */
	VERB_FOREIGN_WORDS = 4, /* what follows the first operand is not for us: run, exec */
	VERB_HIDDEN = 8,	/* in no help, man page and completion */
	VERB_TOOL = 16, /* stands in for a program of its own, and is it when isle is called by the verb's name */
};

/* Does something for one operand. */
typedef int each_fn(struct cli *c, const char *operand, void *args, struct err *e);

struct verb_example {
	const char *command; /* "isle run -it host bash" */
	const char *what;    /* "a shell on a copy of this machine" */
};

struct verb {
	const char *name;
	const char *heading;	 /* under which the verb stands in 'isle --help' */
	const char *summary;	 /* one line, lower case, no full stop: "list containers" */
	const char *operands;	 /* as in the usage line: "ROOT [COMMAND [ARGUMENT...]]" */
	const char *description; /* paragraphs for the man page, separated by an empty line; *bold* and _underlined_ */
	const char *exit_status; /* what the status means beyond the common rules, or NULL */
	const struct verb_example *examples; /* ends with a NULL command; or NULL */
	const struct opt *opts;		     /* ends with OPT_END; NULL: --help only */
	size_t args_size;		     /* of the struct that the rows write into; 0 without rows */
	const void *defaults;		     /* what it holds before parsing; NULL: zeroes */
	int operands_min, operands_max;	     /* max -1: any number */
	enum operand_kind operand_kind;
	unsigned int flags;
	int failure; /* exit status when isle itself fails or is used wrongly; 0: EXIT_ISLE */
	/*
	 * A door: the verbs behind it, NULL-terminated.  Its options stand before theirs; its 'run' finds the verb
	 * among the operands, and calls cli_verb_run.  Called as "isle-NAME", isle is the door.  NULL: an ordinary
	 * verb.
	 */
	const struct verb *const *verbs;
	/*
	 * Does it.  Returns 0, or a negative errno with E filled in; an exit status of its own goes into cli->status.
	 */
	int (*run)(struct cli *c, void *args, struct err *e);
	each_fn *each; /* where 'run' is NULL: does it for one operand after the other, see cli_each */
};

/* The options before the verb. */
struct cli_options {
	char *root, *data, *error_format, *color;
	bool version;
};

struct cli {
	struct arena arena;
	struct home home;	 /* open with VERB_HOME only */
	const struct verb *verb; /* NULL while the options before the verb are read */
	const struct verb *door; /* behind which 'verb' is; NULL: an ordinary verb */
	void *door_args;	 /* that the door's rows were read into */
	/*
	 * The door's: what else happens to an error's sentence, which it may change.  False: it is not for stderr, too.
	 */
	bool (*door_error)(struct cli *c, const struct err *e, char *sentence);
	struct strs operands;
	struct cli_options options;
	int status;		 /* exit status of a verb that did not fail itself */
	bool json;		 /* for show_steps_tell */
	bool by_name;		 /* isle was called by the verb's name, as unshare(1) is */
	mode_t umask;		 /* the caller's */
	unsigned int fds_opened; /* bits of the standard descriptors that were closed and are /dev/null now */
};

/* Every verb, NULL-terminated, in the order of the help. */
extern const struct verb *const verbs[];
extern const struct opt cli_opts[];
const struct verb *verb_find(const char *name);
/* The one of LIST, NULL-terminated, that is called NAME; or NULL. */
const struct verb *verb_find_in(const struct verb *const *list, const char *name);

/* The program: ARGV as main gets it.  Gives the exit status. */
int cli_main(char **argv);

/* Prints E as the user asked for (text or JSON) on stderr, and remembers its exit status in c->status. */
void cli_error(struct cli *c, const struct err *e);
/* Prints "isle: VERB: LINE" on stderr, control characters escaped; 'ctx' is the struct cli.  Fits run_mode.tell. */
void cli_tell(void *ctx, const char *line);
/* The sentence for WRONG, which is no verb, with the nearest one; of DOOR, or (NULL) of isle itself. */
int cli_unknown_verb(struct cli *c, const struct verb *door, const char *wrong, struct err *e);
/* Reads the words of verb V, and does it. */
int cli_verb_run(struct cli *c, const struct verb *v, char **argv, struct err *e) MUST_USE;
/* Calls FN for every operand; a failure is printed and remembered, and the next one is tried. */
void cli_each(struct cli *c, each_fn *fn, void *args);
/* Writes out what was printed so far: for what must be seen at once.  cli_main does it at the end. */
int cli_flush(struct err *e) MUST_USE;
/* How the user calls V: "isle ps", "isle oci ps"; what was called by its own name by that: "lsns", "isle-oci ps". */
const char *cli_called(struct cli *c, const struct verb *v);
/*
 * Prints LIST, a 'struct { TYPE *v; size_t n, room; }', for programs: a list of JSON with what PUT writes for each of
 * its rows, to which it gets a pointer.
 */
#define cli_print_list(c, list, put) cli_print_rows((c), (list)->v, (list)->n, sizeof(*(list)->v), (put))
typedef void put_row_fn(struct json_out *o, const void *row);
void cli_print_rows(struct cli *c, const void *rows, size_t n, size_t size, put_row_fn *put);
/* Whether colours are wanted on stdout. */
bool cli_color(const struct cli *c);

/* help.c: the texts of --help on stdout. */
void help_program(struct cli *c);
void help_verb(struct cli *c, const struct verb *v);

#endif
