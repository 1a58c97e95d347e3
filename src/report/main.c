/* SPDX-License-Identifier: GPL-2.0-or-later */
/* isle-report from its command line to its exit status: see report.h. */
#include "report/report.h"

#include "base/err_json.h"
#include "base/fd.h"
#include "base/table.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct opt report_opts[] = {
	OPT_STR(0, "root", "DIR", struct report, root, "where running containers are kept"),
	OPT_STR(0, "data", "DIR", struct report, data, "where stopped containers are kept"),
	OPT_STR(0, "error-format", "FORMAT", struct report, error_format, "how errors are told"),
	OPT_FLAG(0, "by-name", struct report, by_name, "errors begin with the tool's name alone"),
	OPT_END,
};

static const struct report_tool *const tools[] = {&tool_lsns};

/* One line on stderr, by one write(2). */
static void put_line(struct report *r, const char *line)
{
	const char *text = arena_printf(&r->arena, "%s\n", line);

	/* Where even this fails nobody is left to be told. */
	(void)!fd_write_all(STDERR_FILENO, text, strlen(text));
}

void report_tell(struct report *r, const char *line)
{
	const char *tool = r->tool ? r->tool->name : "report";

	line = text_escape(&r->arena, line);
	put_line(r, arena_printf(&r->arena, "%s%s: %s", r->by_name ? "" : "isle: ", tool, line));
}

/* Tells the error as the user wants it; gives the exit status. */
static int report_error(struct report *r, const struct err *e)
{
	const int failure = r->tool ? r->tool->failure : EXIT_ISLE, status = e->status ? e->status : failure;
	char text[sizeof(*e) + 256];

	(void)fflush(stdout);
	if (r->error_format && strcmp(r->error_format, "json") == 0) {
		put_line(r, err_json(e, r->tool ? r->tool->name : NULL, status, &r->arena));
		return status;
	}
	err_format(e, text, sizeof(text));
	report_tell(r, text);
	return status;
}

/* Reads the command line, and does what the tool does. */
static int report_run(struct report *r, char **argv, struct err *e)
{
	struct opt_rest rest = {0};
	int got = opt_parse(report_opts, argv, OPT_BEFORE_OPERAND, r, &r->arena, &rest, e);

	if (got < 0)
		return got;
	for (size_t i = 0; i < ARRAY_LEN(tools) && rest.operands.n > 0; i++)
		if (strcmp(tools[i]->name, rest.operands.v[0]) == 0)
			r->tool = tools[i];
	if (!r->tool) {
		err_set(e, 0, "there is nothing to report");
		return err_cure(e, "isle executes this program itself: see isle lsns --help");
	}
	void *args = arena_alloc(&r->arena, 1, r->tool->args_size);
	char **words = rest.operands.v + 1;
	rest = (struct opt_rest){0};
	got = opt_parse(r->tool->opts, words, OPT_ANYWHERE, args, &r->arena, &rest, e);
	r->operands = rest.operands;
	return got < 0 ? got : r->tool->run(r, args, e);
}

/* A result that nobody got is an error. */
static int flush(struct err *e)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return err_set(e, errno, "write to standard output");
}

int main(int argc, char **argv)
{
	struct report r = {0};
	struct err e = {0};
	int status = 0;

	/* A descriptor that the caller closed must not become the next file; and what nobody can get stays an error. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", (fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	(void)setlocale(LC_ALL, "");
	if (report_run(&r, argv + (argc > 0), &e) < 0)
		status = report_error(&r, &e);
	e = (struct err){0};
	if (flush(&e) < 0)
		status = report_error(&r, &e);
	arena_free(&r.arena);
	return status;
}
