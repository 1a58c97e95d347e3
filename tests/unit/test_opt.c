/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option parser: GNU's conventions, and a sentence for everything that is no option. */
#include "base/opt.h"
#include "base/suggest.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

struct args {
	bool all, quiet, json, proxy;
	int verbose, timeout;
	char *name, *color;
	struct strs env;
	struct opt_maybe mount, net;
};

static const struct opt rows[] = {
	OPT_HEADING("All kinds"),
	OPT_FLAG('a', "all", struct args, all, "a flag"),
	OPT_FLAG('q', "quiet", struct args, quiet, "in a group", .group = "form"),
	OPT_FLAG(0, "json", struct args, json, "in the same group", .group = "form"),
	OPT_SWITCH(0, "sig-proxy", struct args, proxy, "on or off"),
	OPT_COUNT('v', "verbose", struct args, verbose, "counted"),
	OPT_INT('t', "timeout", "SECONDS", -1, 100, struct args, timeout, "a number"),
	OPT_INT(0, "time", "SECONDS", -1, 100, struct args, timeout, "an older name", .hidden = true),
	OPT_STR('n', "name", "NAME", struct args, name, "a string"),
	OPT_WORD(0, "color", NULL, "auto|never", struct args, color, "one of two"),
	OPT_LIST('e', "env", "NAME=VALUE", struct args, env, "a list"),
	OPT_MAYBE('m', "mount", "FILE", struct args, mount, "perhaps with a file"),
	OPT_MAYBE(0, "net", "FILE", struct args, net, "perhaps with a file"),
	OPT_END,
};

struct parsed {
	struct arena arena;
	struct args args;
	struct opt_rest rest;
	struct err err;
	int r;
};

/* Parses the words up to NULL by ROWS_USED. */
static struct parsed *parse(void **state, const struct opt *rows_used, enum opt_order order, const char *const *words)
{
	struct parsed *p = *state;
	struct strs argv = {0};

	arena_free(&p->arena);
	*p = (struct parsed){.args = {.proxy = true, .timeout = 10}};
	strs_add(&argv, &p->arena, ""); /* makes v a list even if there are no words */
	while (*words)
		strs_add(&argv, &p->arena, *words++);
	p->r = opt_parse(rows_used, argv.v + 1, order, &p->args, &p->arena, &p->rest, &p->err);
	return p;
}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define PARSE(...) parse(state, rows, OPT_ANYWHERE, WORDS(__VA_ARGS__))
#define PARSE_FIRST(...) parse(state, rows, OPT_BEFORE_OPERAND, WORDS(__VA_ARGS__))

static int setup(void **state)
{
	static struct parsed p;

	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	arena_free(&((struct parsed *)*state)->arena);
	return 0;
}

static void all_forms_are_read(void **state)
{
	struct parsed *p = PARSE("-avv", "--name=x=y", "-e", "A=1", "--env", "B", "-eC=2", "-t5", "--no-sig-proxy",
				 "one", "-q", "-");

	assert_int_equal(p->r, 0);
	assert_true(p->args.all && p->args.quiet && !p->args.proxy);
	assert_int_equal(p->args.verbose, 2);
	assert_int_equal(p->args.timeout, 5);
	assert_string_equal(p->args.name, "x=y");
	assert_int_equal(p->args.env.n, 3);
	assert_string_equal(p->args.env.v[0], "A=1");
	assert_string_equal(p->args.env.v[2], "C=2");
	assert_int_equal(p->rest.operands.n, 2);
	assert_string_equal(p->rest.operands.v[1], "-");
}

static void the_last_one_counts(void **state)
{
	struct parsed *p =
		PARSE("--name", "a", "-n", "b", "--sig-proxy=false", "--sig-proxy", "--all", "--all=false", "-t=7");

	assert_int_equal(p->r, 0);
	assert_string_equal(p->args.name, "b");
	assert_true(p->args.proxy && !p->args.all);
	assert_int_equal(p->args.timeout, 7);
}

static void an_optional_argument_is_never_the_next_word(void **state)
{
	struct parsed *p = PARSE("-m", "file", "--net=other");

	assert_int_equal(p->r, 0);
	assert_true(p->args.mount.given && !p->args.mount.value);
	assert_string_equal(p->args.net.value, "other");
	assert_string_equal(p->rest.operands.v[0], "file");
	p = PARSE("-amfile");
	assert_true(p->args.all);
	assert_string_equal(p->args.mount.value, "file");
	p = PARSE("--net=");
	assert_string_equal(p->args.net.value, "");
}

static void options_end(void **state)
{
	struct parsed *p = PARSE("-a", "--", "-q", "--");

	assert_int_equal(p->r, 0);
	assert_false(p->args.quiet);
	assert_int_equal(p->rest.operands.n, 2);
	assert_string_equal(p->rest.operands.v[0], "-q");
	p = PARSE_FIRST("-a", "root", "ls", "-q", "--help");
	assert_true(p->args.all && !p->args.quiet && !p->rest.help);
	assert_int_equal(p->rest.operands.n, 4);
	p = PARSE_FIRST("--", "-x");
	assert_string_equal(p->rest.operands.v[0], "-x");
}

static void help_is_known_everywhere(void **state)
{
	assert_true(PARSE("--help", "--nonsense")->rest.help);
	assert_true(PARSE("-ah")->rest.help);
	assert_int_equal(PARSE("--help=x")->r, -EINVAL);
}

/* A tool's rows: names that begin alike, one that is the beginning of another, and two names of one thing. */
static const struct opt tool_rows[] = {
	OPT_FLAG('a', "map-user", struct args, all, "is a beginning"),
	OPT_FLAG(0, "map-users", struct args, quiet, "is not"),
	OPT_FLAG(0, "map-auto", struct args, json, "differs sooner"),
	OPT_SWITCH(0, "keep", struct args, proxy, "on or off"),
	OPT_INT('t', "timeout", "SECONDS", -1, 100, struct args, timeout, "a number"),
	OPT_INT(0, "timelimit", "SECONDS", -1, 100, struct args, timeout, "an older name", .hidden = true),
	OPT_MAYBE('m', "mount", "FILE", struct args, mount, "perhaps with a file"),
	OPT_MAYBE('n', "net", "FILE", struct args, net, "perhaps with a file", .bundled = true),
	OPT_FLAG(0, "helpful", struct args, all, "begins as --help does"),
	OPT_END,
};
#define PARSE_TOOL(...) parse(state, tool_rows, OPT_BEFORE_OPERAND | OPT_ABBREVIATED | OPT_VERSION, WORDS(__VA_ARGS__))

static void a_tools_long_names_may_be_cut_short(void **state)
{
	struct parsed *p = PARSE_TOOL("--map-a", "--mo=file", "--ke=false", "--ti", "7", "program", "--m");

	assert_int_equal(p->r, 0);
	assert_true(p->args.json && !p->args.all && !p->args.quiet && !p->args.proxy);
	assert_string_equal(p->args.mount.value, "file");
	assert_int_equal(p->args.timeout, 7); /* both names that it begins are the same option */
	assert_int_equal(p->rest.operands.n, 2);
	/* The whole of one name is not the beginning of a longer one. */
	p = PARSE_TOOL("--map-user");
	assert_int_equal(p->r, 0);
	assert_true(p->args.all && !p->args.quiet);
	assert_true(PARSE_TOOL("--map-users")->args.quiet);
	assert_true(PARSE_TOOL("--help")->rest.help);
	assert_true(PARSE_TOOL("--vers")->rest.version);
	/* Nobody else does it. */
	assert_int_equal(PARSE("--timeou", "7")->r, -EINVAL);
	assert_int_equal(PARSE("--hel")->r, -EINVAL);
}

static void a_bundled_letter_takes_a_value_behind_a_sign_alone(void **state)
{
	struct parsed *p = PARSE_TOOL("-na", "-n=file", "-mfile");

	assert_int_equal(p->r, 0);
	assert_true(p->args.all && p->args.net.given);
	assert_string_equal(p->args.net.value, "file");
	assert_string_equal(p->args.mount.value, "file");
	p = PARSE_TOOL("-nm");
	assert_true(p->args.net.given && !p->args.net.value && p->args.mount.given);
}

static void a_beginning_of_several_names_lists_them(void **state)
{
	static const struct {
		const char *words[3], *sentence;
	} bad[] = {
		{{"--map"}, "--map is the beginning of several options: --map-user, --map-users, --map-auto"},
		{{"--m=x"}, "--m is the beginning of several options: --map-user, --map-users, --map-auto, --mount"},
		{{"--hel"}, "--hel is the beginning of several options: --helpful, --help"},
		{{"--map-userss"}, "unknown option --map-userss (did you mean --map-users?)"},
		{{"--map-a=perhaps"}, "--map-auto is on or off: \"perhaps\" is neither true nor false"},
		{{"--tim"}, "--timeout needs a value: SECONDS"},
		{{"--help=x"}, "--help takes no value"},
		{{"--no-kee"}, "unknown option --no-kee (did you mean --no-keep?)"},
		{{"--=x"}, "unknown option --"},
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct parsed *p = parse(state, tool_rows, OPT_ABBREVIATED | OPT_VERSION, bad[i].words);
		char text[1500];

		assert_int_equal(p->r, -EINVAL);
		err_format(&p->err, text, sizeof(text));
		assert_string_equal(text, bad[i].sentence);
	}
}

/* Options whose order counts share a list, where each is told by its name. */
struct ordered {
	struct strs notes;
	bool tim;
};
static const struct opt ordered_rows[] = {
	OPT_MARK('r', "map-root", struct ordered, notes, "a mark"),
	OPT_MARK('c', "map-current", struct ordered, notes, "another"),
	OPT_NOTE(0, "map-user", "USER", struct ordered, notes, "a note"),
	OPT_FLAG(0, "time", struct ordered, tim, "a flag"),
	OPT_FLAG(0, "timings", struct ordered, tim, "is in nobody's way", .whole = true),
	OPT_END,
};

/* Parses the words up to NULL by those rows. */
static int parse_ordered(struct parsed *p, struct ordered *o, const char *const *words)
{
	struct strs argv = {0};

	while (*words)
		strs_add(&argv, &p->arena, *words++);
	return opt_parse(ordered_rows, argv.v, OPT_ABBREVIATED, o, &p->arena, &p->rest, &p->err);
}

static void options_that_keep_their_order(void **state)
{
	static const char *const notes[] = {"map-user=5", "map-root", "map-current", "map-user="};
	static const char *const bad[] = {"--map-root=1", "--map", "--map-user", "--timi"};
	struct ordered o = {0};

	assert_int_equal(parse_ordered(*state, &o, WORDS("--map-u", "5", "-rc", "--map-user=", "--tim")), 0);
	assert_int_equal(o.notes.n, ARRAY_LEN(notes));
	for (size_t i = 0; i < ARRAY_LEN(notes); i++)
		assert_string_equal(o.notes.v[i], notes[i]);
	assert_true(o.tim);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(parse_ordered(*state, &o, WORDS(bad[i])), -EINVAL);
	assert_int_equal(parse_ordered(*state, &o, WORDS("--timings")), 0); /* the whole of it is known */
}

static void version_is_known_where_it_is_asked_for(void **state)
{
	struct parsed *p = PARSE_TOOL("-aV", "--nonsense");

	assert_int_equal(p->r, 0);
	assert_true(p->args.all && p->rest.version && !p->rest.help);
	assert_true(PARSE_TOOL("--version")->rest.version);
	assert_false(PARSE_TOOL("--", "-V")->rest.version);
	assert_int_equal(PARSE("-V")->r, -EINVAL);
	assert_int_equal(PARSE("--version")->r, -EINVAL);
	/* Where a row has the letter it is the row's. */
	static const struct opt own[] = {OPT_FLAG('V', "vigil", struct args, all, "a flag"), OPT_END};
	p = parse(state, own, OPT_VERSION, WORDS("-V"));
	assert_true(p->args.all && !p->rest.version);
}

static void errors_name_the_option(void **state)
{
	static const struct {
		const char *words[3];
		const char *sentence;
	} bad[] = {
		{{"--quite"}, "unknown option --quite (did you mean --quiet?)"},
		{{"--no-sig-prox"}, "unknown option --no-sig-prox (did you mean --no-sig-proxy?)"},
		{{"--verb"}, "unknown option --verb (did you mean --verbose?)"},
		{{"--tim=3"}, "unknown option --tim (did you mean --timeout?)"},
		{{"--xyzzy=3"}, "unknown option --xyzzy"},
		{{"--=3"}, "unknown option --"},
		{{"-x"}, "unknown option -x"},
		{{"-aname"}, NULL}, /* -a -n ame: fine */
		{{"-json"}, "unknown option -j (did you mean --json?)"},
		{{"--help=x"}, "--help takes no value"},
		{{"--no-all"}, "unknown option --no-all"},
		{{"--no-no-sig-proxy"}, "unknown option --no-no-sig-proxy (did you mean --no-sig-proxy?)"},
		{{"--no-sig-proxy=false"}, "--no-sig-proxy takes no value"},
		{{"--name"}, "--name needs a value: NAME"},
		{{"-an"}, "--name needs a value: NAME"},
		{{"--all=perhaps"}, "--all is on or off: \"perhaps\" is neither true nor false"},
		{{"--verbose=2"}, "--verbose takes no value"},
		{{"-t", "1x"}, "--timeout must be a whole number from -1 to 100, not \"1x\""},
		{{"-t", ""}, "--timeout must be a whole number from -1 to 100, not \"\""},
		{{"--timeout=101"}, "--timeout must be a whole number from -1 to 100, not \"101\""},
		{{"--timeout=99999999999999999999"},
		 "--timeout must be a whole number from -1 to 100, not \"99999999999999999999\""},
		{{"--color=red"}, "--color: \"red\" is not one of its words (it is one of auto|never)"},
		{{"--color=auto|never"}, "--color: \"auto|never\" is not one of its words (it is one of auto|never)"},
		{{"--json", "-q"}, "--json and --quiet exclude each other"},
		{{"--json=false", "-q"}, NULL},
		{{"-q", "-q"}, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct parsed *p = parse(state, rows, OPT_ANYWHERE, bad[i].words);
		char text[1500];

		if (!bad[i].sentence) {
			assert_int_equal(p->r, 0);
			continue;
		}
		assert_int_equal(p->r, -EINVAL);
		err_format(&p->err, text, sizeof(text));
		assert_string_equal(text, bad[i].sentence);
	}
}

static void empty_command_lines_are_fine(void **state)
{
	struct parsed *p = parse(state, rows, OPT_ANYWHERE, (const char *const[]){NULL});

	assert_int_equal(p->r, 0);
	assert_int_equal(p->rest.operands.n, 0);
	assert_int_equal(p->args.timeout, 10);
	/* A verb without rows knows --help alone. */
	assert_int_equal(parse(state, NULL, OPT_ANYWHERE, WORDS("-x"))->r, -EINVAL);
	p = parse(state, NULL, OPT_ANYWHERE, WORDS("x", "-h"));
	assert_int_equal(p->r, 0);
	assert_true(p->rest.help);
}

static void distances(void **state)
{
	char big[500];

	(void)state;
	assert_int_equal(edit_distance("", ""), 0);
	assert_int_equal(edit_distance("", "abc"), 3);
	assert_int_equal(edit_distance("abc", ""), 3);
	assert_int_equal(edit_distance("memory", "memroy"), 1); /* swapped neighbours */
	assert_int_equal(edit_distance("kitten", "sitting"), 3);
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(edit_distance(big, "b"), 40);

	struct suggest s = {.wrong = "x"};
	suggest_try(&s, "rm");
	assert_null(s.best);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_forms_are_read),
		cmocka_unit_test(the_last_one_counts),
		cmocka_unit_test(an_optional_argument_is_never_the_next_word),
		cmocka_unit_test(options_end),
		cmocka_unit_test(help_is_known_everywhere),
		cmocka_unit_test(a_tools_long_names_may_be_cut_short),
		cmocka_unit_test(a_bundled_letter_takes_a_value_behind_a_sign_alone),
		cmocka_unit_test(a_beginning_of_several_names_lists_them),
		cmocka_unit_test(options_that_keep_their_order),
		cmocka_unit_test(version_is_known_where_it_is_asked_for),
		cmocka_unit_test(errors_name_the_option),
		cmocka_unit_test(empty_command_lines_are_fine),
		cmocka_unit_test(distances),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
