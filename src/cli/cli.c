/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of a command line: the options before the verb, the verb's row, its options, its function, the exit status.
 */
#include "cli/cli.h"

#include "engine/sweep.h"
#include "isle-config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whose options, meanings and exit statuses the tools have; scripts ask for it by --version. */
#define UTIL_LINUX_VERSION "2.42"

const struct opt cli_opts[] = {
	OPT_HEADING("Options before the verb"),
	OPT_STR(0, "root", "DIR", struct cli_options, root, "where running containers are kept [/run/isle]"),
	OPT_STR(0, "data", "DIR", struct cli_options, data,
		"where stopped containers and roots are kept [/var/lib/isle]"),
	OPT_WORD(0, "error-format", NULL, "text|json", struct cli_options, error_format, "how errors are told"),
	OPT_WORD(0, "color", NULL, "auto|always|never", struct cli_options, color, "whether headings are shown bold"),
	OPT_FLAG(0, "version", struct cli_options, version, "tell the version"),
	OPT_END,
};

/*
 * Makes sure that descriptors 0 to 2 are open: else the next file opened would be taken for one of them.  What the
 * caller closed for writing stays so: stdout becomes unwritable, so that a result that nobody gets is an error.
 */
static bool standard_fds_open(unsigned int *ret_opened)
{
	static const int modes[] = {[STDIN_FILENO] = O_RDONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_WRONLY};

	for (int fd = 0; fd < (int)ARRAY_LEN(modes); fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
			if (open("/dev/null", modes[fd]) != fd) /* inherited on purpose: no O_CLOEXEC */
				return false;
			*ret_opened |= 1U << fd;
		}
	return true;
}

bool cli_color(const struct cli *c)
{
	const char *color = c->options.color;

	if (color && strcmp(color, "auto") != 0)
		return strcmp(color, "always") == 0;
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

void cli_each(struct cli *c, each_fn *fn, void *args)
{
	for (size_t i = 0; i < c->operands.n; i++) {
		struct err e = {0};

		if (fn(c, c->operands.v[i], args, &e) < 0)
			cli_error(c, &e);
	}
}

void cli_print_rows(struct cli *c, const void *rows, size_t n, size_t size, put_row_fn *put)
{
	struct json_out o;

	json_out_init(&o, &c->arena, JSON_INDENTED);
	json_open_list(&o, NULL);
	for (size_t i = 0; i < n; i++)
		put(&o, (const char *)rows + i * size);
	json_close_list(&o);
	puts(json_out_text(&o));
}

const char *cli_called(struct cli *c, const struct verb *v)
{
	if (c->door && v != c->door)
		return arena_printf(&c->arena, "%s %s", cli_called(c, c->door), v->name);
	if (v->verbs)
		return arena_printf(&c->arena, "isle%c%s", c->by_name ? '-' : ' ', v->name);
	return c->by_name ? v->name : arena_printf(&c->arena, "isle %s", v->name);
}

/* A tool's program inherits what isle did: the caller's umask, and the standard descriptors that were closed. */
static void tool_begin(const struct cli *c)
{
	umask(c->umask);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (c->fds_opened & 1U << fd)
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Refuses too few or too many operands. */
static int check_operands(struct cli *c, struct err *e)
{
	const struct verb *v = c->verb;

	if (c->operands.n < (size_t)v->operands_min && c->operands.n > 0)
		err_set(e, 0, "an operand is missing after \"%s\"", c->operands.v[c->operands.n - 1]);
	else if (c->operands.n < (size_t)v->operands_min)
		err_set(e, 0, "no %.*s was given", (int)strcspn(v->operands, " ."), v->operands);
	else if (v->operands_max >= 0 && c->operands.n > (size_t)v->operands_max)
		err_set(e, 0,
			v->operands_max ? "\"%s\" is one operand too many"
					: "it takes no operand, but was given \"%s\"",
			c->operands.v[v->operands_max]);
	else
		return 0;
	return err_cure(e, "usage: %s [OPTION...]%s%s", cli_called(c, v), *v->operands ? " " : "", v->operands);
}

/* Shows what --help or --version asked for; false if neither was given. */
static bool tell_about(struct cli *c, const struct opt_rest *rest)
{
	if (rest->help)
		help_verb(c, c->verb);
	else if (rest->version)
		printf("%s from isle " ISLE_VERSION " (as in util-linux " UTIL_LINUX_VERSION ")\n", c->verb->name);
	return rest->help || rest->version;
}

int cli_verb_run(struct cli *c, const struct verb *v, char **argv, struct err *e)
{
	struct opt_rest rest = {0};
	void *args = arena_alloc(&c->arena, 1, MAX(v->args_size, (size_t)1));
	unsigned int order = v->flags & VERB_FOREIGN_WORDS ? OPT_BEFORE_OPERAND : OPT_ANYWHERE;
	int r;

	c->verb = v;
	if (v->flags & VERB_TOOL) {
		order |= OPT_ABBREVIATED | OPT_VERSION;
		tool_begin(c);
	}
	if (v->defaults)
		memcpy(args, v->defaults, v->args_size);
	r = opt_parse(v->opts, argv, order, args, &c->arena, &rest, e);
	if (r < 0)
		return e->cure[0] ? r : err_cure(e, "see %s --help", cli_called(c, v));
	if (tell_about(c, &rest))
		return 0;
	c->operands = rest.operands;
	r = check_operands(c, e);
	if (r == 0 && v->flags & VERB_HOME)
		r = home_open(&c->home, c->options.root, c->options.data, &c->arena, e);
	if (r < 0)
		return r;
	if (v->flags & VERB_SWEEP)
		sweep(&c->home);
	if (v->run)
		return v->run(c, args, e);
	cli_each(c, v->each, args);
	return 0;
}

/* The tool or door that PROGRAM is another name of, as /usr/local/bin/unshare or isle-oci may be; NULL: none. */
static const struct verb *tool_find(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash ? slash + 1 : program;
	const bool as_door = strncmp(name, "isle-", 5) == 0;
	const struct verb *v = verb_find(as_door ? name + 5 : name);

	return v && (as_door ? v->verbs != NULL : (v->flags & VERB_TOOL) != 0) ? v : NULL;
}

/* Reads the words before the verb, and goes on with the verb. */
static int program_run(struct cli *c, char **argv, struct err *e)
{
	struct opt_rest rest = {0};
	int r = opt_parse(cli_opts, argv, OPT_BEFORE_OPERAND, &c->options, &c->arena, &rest, e);

	if (r < 0)
		return e->cure[0] ? r : err_cure(e, "see isle --help");
	if (rest.help) {
		help_program(c);
		return 0;
	}
	if (c->options.version) {
		puts("isle " ISLE_VERSION);
		return 0;
	}
	if (rest.operands.n == 0) {
		err_set(e, 0, "no verb was given");
		return err_cure(e, "see isle --help");
	}
	const struct verb *v = verb_find(rest.operands.v[0]);
	if (!v)
		return cli_unknown_verb(c, NULL, rest.operands.v[0], e);
	return cli_verb_run(c, v, rest.operands.v + 1, e);
}

int cli_flush(struct err *e)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	clearerr(stdout); /* told once */
	if (errno)
		return err_set(e, errno, "write to standard output");
	return err_set(e, 0, "write to standard output: not all of the result could be written");
}

int cli_main(char **argv)
{
	struct cli c = {.home = {.run_fd = FD_NONE, .data_fd = FD_NONE}};
	struct err e = {0};

	if (!standard_fds_open(&c.fds_opened))
		return EXIT_ISLE;
	if (getauxval(AT_SECURE)) {
		err_set(&e, EPERM, "run with the rights of a set-uid file or of file capabilities");
		err_why(&e, "isle would trust the caller's environment");
		cli_error(&c, &e);
		return c.status;
	}
	/* What is made has its mode in the call: the caller's umask must not reach into a container's root. */
	c.umask = umask(022);
	/* Line by line, the reason why a line could not be written would be lost before cli_flush asks for it. */
	setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
	const struct verb *tool = argv[0] ? tool_find(argv[0]) : NULL;
	c.by_name = tool;
	/* An empty argv has no program name to leave out. */
	argv += argv[0] != NULL;
	if ((tool ? cli_verb_run(&c, tool, argv, &e) : program_run(&c, argv, &e)) < 0)
		cli_error(&c, &e);
	e = (struct err){0};
	if (cli_flush(&e) < 0)
		cli_error(&c, &e);
	home_close(&c.home);
	arena_free(&c.arena);
	return c.status;
}
