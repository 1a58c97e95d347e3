/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the text of a filter to its tree, by recursive descent over a table of operators: see filter.h. */
#include "inspect/filter_priv.h"

#include "base/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum token_kind { TOKEN_END, TOKEN_OPER, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_VALUE, TOKEN_COLUMN };

/* How strongly an operator binds. */
enum { BINDS_NOT_BETWEEN, BINDS_LOGIC, BINDS_COMPARE, BINDS_ABOVE };

static const struct word {
	const char *text;
	enum token_kind kind;
	enum filter_oper oper;
	int binds;
	bool truth;
} words[] = {
	/* Of two signs that begin alike the longer stands first. */
	{"(", TOKEN_OPEN, 0, 0, false},
	{")", TOKEN_CLOSE, 0, 0, false},
	{"&&", TOKEN_OPER, OPER_AND, BINDS_LOGIC, false},
	{"||", TOKEN_OPER, OPER_OR, BINDS_LOGIC, false},
	{"==", TOKEN_OPER, OPER_EQ, BINDS_COMPARE, false},
	{"=~", TOKEN_OPER, OPER_MATCH, BINDS_COMPARE, false},
	{"!=", TOKEN_OPER, OPER_NE, BINDS_COMPARE, false},
	{"!~", TOKEN_OPER, OPER_MISMATCH, BINDS_COMPARE, false},
	{"!", TOKEN_OPER, OPER_NOT, BINDS_NOT_BETWEEN, false},
	{"<=", TOKEN_OPER, OPER_LE, BINDS_COMPARE, false},
	{"<", TOKEN_OPER, OPER_LT, BINDS_COMPARE, false},
	{">=", TOKEN_OPER, OPER_GE, BINDS_COMPARE, false},
	{">", TOKEN_OPER, OPER_GT, BINDS_COMPARE, false},
	/* Words: all small or all capital. */
	{"and", TOKEN_OPER, OPER_AND, BINDS_LOGIC, false},
	{"AND", TOKEN_OPER, OPER_AND, BINDS_LOGIC, false},
	{"or", TOKEN_OPER, OPER_OR, BINDS_LOGIC, false},
	{"OR", TOKEN_OPER, OPER_OR, BINDS_LOGIC, false},
	{"not", TOKEN_OPER, OPER_NOT, BINDS_NOT_BETWEEN, false},
	{"NOT", TOKEN_OPER, OPER_NOT, BINDS_NOT_BETWEEN, false},
	{"eq", TOKEN_OPER, OPER_EQ, BINDS_COMPARE, false},
	{"EQ", TOKEN_OPER, OPER_EQ, BINDS_COMPARE, false},
	{"ne", TOKEN_OPER, OPER_NE, BINDS_COMPARE, false},
	{"NE", TOKEN_OPER, OPER_NE, BINDS_COMPARE, false},
	{"lt", TOKEN_OPER, OPER_LT, BINDS_COMPARE, false},
	{"LT", TOKEN_OPER, OPER_LT, BINDS_COMPARE, false},
	{"le", TOKEN_OPER, OPER_LE, BINDS_COMPARE, false},
	{"LE", TOKEN_OPER, OPER_LE, BINDS_COMPARE, false},
	{"gt", TOKEN_OPER, OPER_GT, BINDS_COMPARE, false},
	{"GT", TOKEN_OPER, OPER_GT, BINDS_COMPARE, false},
	{"ge", TOKEN_OPER, OPER_GE, BINDS_COMPARE, false},
	{"GE", TOKEN_OPER, OPER_GE, BINDS_COMPARE, false},
	{"true", TOKEN_VALUE, 0, 0, true},
	{"TRUE", TOKEN_VALUE, 0, 0, true},
	{"false", TOKEN_VALUE, 0, 0, false},
	{"FALSE", TOKEN_VALUE, 0, 0, false},
};

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char name_rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.%:/-";
static const char digits[] = "0123456789";

struct token {
	enum token_kind kind;
	const struct word *word; /* of an operator */
	struct filter_value value;
	const char *name; /* of a column */
	size_t n;	  /* bytes of NAME */
};

struct parser {
	struct arena *arena;
	const char *text, *p; /* P stands behind 'token' */
	const char *at;	      /* where 'token' begins */
	struct token token;
	filter_find_fn *find;
	struct filter *filter;
	struct err *e;
};

/* The error about the place AT. */
static int wrong(struct parser *s, const char *at, const char *why)
{
	err_set(s->e, 0, "understand the filter \"%.200s\"", s->text);
	return *at ? err_why(s->e, "%s, at \"%.40s\"", why, at) : err_why(s->e, "%s, at its end", why);
}

/* ---- tokens ---- */

/* The word that is exactly the N bytes at P; NULL: none is. */
static const struct word *word_named(const char *p, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i].text) == n && memcmp(words[i].text, p, n) == 0)
			return &words[i];
	return NULL;
}

/* The sign that P begins with; NULL: none. */
static const struct word *sign_at(const char *p)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strchr(letters, words[i].text[0]) && strncmp(p, words[i].text, strlen(words[i].text)) == 0)
			return &words[i];
	return NULL;
}

/* A text between quotation marks, in one line. */
static int read_quoted(struct parser *s)
{
	const char stops[] = {*s->p, '\n', '\0'};
	const char *begin = s->p + 1, *end = begin + strcspn(begin, stops);

	if (*end != *s->p)
		return wrong(s, s->p, "the quotation mark is not closed");
	s->token = (struct token){
		.kind = TOKEN_VALUE,
		.value = {.type = FILTER_TEXT, .text = arena_strndup(s->arena, begin, (size_t)(end - begin))},
	};
	s->p = end + 1;
	return 0;
}

/* Multiplies by the unit that may stand behind a number: K, M … or KiB, MiB …, 1024 each. */
static bool take_unit(const char **p, uint64_t *number)
{
	static const char units[] = "KMGTPEZY";
	const char *unit = **p ? strchr(units, **p) : NULL;

	if (!unit)
		return true;
	*p += strncmp(*p + 1, "iB", 2) == 0 ? 3 : 1;
	for (const char *u = units; u <= unit; u++)
		if (__builtin_mul_overflow(*number, (uint64_t)1024, number))
			return false;
	return true;
}

/* A whole number, perhaps with a unit, or a fraction. */
static int read_number(struct parser *s)
{
	const char *p = s->p, *point = p + strspn(p, digits);

	s->token = (struct token){.kind = TOKEN_VALUE, .value = {.type = FILTER_NUMBER}};
	if (point[0] == '.' && point[1] && strchr(digits, point[1])) {
		const char *end = point + 1 + strspn(point + 1, digits);

		s->token.value.type = FILTER_FRACTION;
		s->token.value.fraction = strtold(arena_strndup(s->arena, p, (size_t)(end - p)), NULL);
		s->p = end;
		return 0;
	}
	if (!take_u64(&s->p, UINT64_MAX, &s->token.value.number) || !take_unit(&s->p, &s->token.value.number))
		return wrong(s, p, "the number is too large");
	return 0;
}

/* Reads the next token. */
static int advance(struct parser *s)
{
	const struct word *w;

	s->p += strspn(s->p, " \t\n");
	s->at = s->p;
	if (*s->p == '\0') {
		s->token = (struct token){.kind = TOKEN_END};
		return 0;
	}
	if (*s->p == '"' || *s->p == '\'')
		return read_quoted(s);
	if (strchr(digits, *s->p))
		return read_number(s);
	const bool is_name = strchr(letters, *s->p);
	size_t n = is_name ? strspn(s->p, name_rest) : 0;
	w = is_name ? word_named(s->p, n) : sign_at(s->p);
	if (!w && !is_name)
		return wrong(s, s->p, "a character stands where none can");
	s->token = (struct token){.kind = TOKEN_COLUMN, .name = s->p, .n = n};
	if (w)
		s->token =
			(struct token){.kind = w->kind, .word = w, .value = {.type = FILTER_TRUTH, .truth = w->truth}};
	s->p += w ? strlen(w->text) : n;
	return 0;
}

/* ---- the tree ---- */

/* One more node; NULL and an error when there are too many. */
static struct filter_node *node_new(struct parser *s, enum filter_oper oper)
{
	if (s->filter->n == FILTER_NODES_MAX) {
		wrong(s, s->at, "it has more than 256 values and operators");
		return NULL;
	}
	struct filter_node *node = arena_new(s->arena, struct filter_node, 1);
	*node = (struct filter_node){.oper = oper, .column = -1};
	s->filter->nodes[s->filter->n++] = node;
	return node;
}

/* Compiles the text on the right of =~ or !~. */
static int compile(struct parser *s, struct filter_node *node)
{
	const struct filter_node *right = node->right;
	const char *text = right->value.text;

	if (right->oper != OPER_VALUE || right->column >= 0 || right->value.type != FILTER_TEXT)
		return wrong(s, s->at, "on the right of =~ and !~ stands a regular expression in quotation marks");
	if (strlen(text) > FILTER_REGEX_MAX || !filter_regex_is_tame(text))
		return wrong(s, text, "the regular expression is too long, or repeats what is repeated");
	int r = regcomp(&node->regex, text, REG_NOSUB | REG_EXTENDED);
	if (r != 0) {
		char why[128];

		regerror(r, &node->regex, why, sizeof(why));
		return wrong(s, text, why);
	}
	node->compiled = true;
	return 0;
}

static int read_expression(struct parser *s, int binds, struct filter_node **ret);

/* A column by its name. */
static int read_column(struct parser *s, struct filter_node *node)
{
	node->column = s->find(s->token.name, s->token.n, &node->value.type);
	if (node->column < 0)
		return wrong(s, s->at, "there is no such column");
	return 0;
}

/* One operand: a value, a column, a parenthesis, or the opposite of one. */
static int read_operand(struct parser *s, struct filter_node **ret)
{
	const struct token t = s->token;
	int r;

	if (t.kind == TOKEN_OPEN) {
		if ((r = advance(s)) < 0 || (r = read_expression(s, BINDS_LOGIC, ret)) < 0)
			return r;
		return s->token.kind == TOKEN_CLOSE ? advance(s) : wrong(s, s->at, "a \")\" is missing");
	}
	const bool not = t.kind == TOKEN_OPER && t.word->oper == OPER_NOT;
	if (!not &&t.kind != TOKEN_VALUE && t.kind != TOKEN_COLUMN)
		return wrong(s, s->at, "a value is missing");
	if (!(*ret = node_new(s, not ? OPER_NOT : OPER_VALUE)))
		return -EINVAL;
	(*ret)->value = t.value;
	if (t.kind == TOKEN_COLUMN && (r = read_column(s, *ret)) < 0)
		return r;
	r = advance(s);
	return r == 0 && not ? read_operand(s, &(*ret)->right) : r;
}

/* Operands between operators that bind at least as strongly as BINDS. */
static int read_expression(struct parser *s, int binds, struct filter_node **ret)
{
	int r = read_operand(s, ret);

	while (r == 0 && s->token.kind == TOKEN_OPER && s->token.word->binds >= binds) {
		const struct word *w = s->token.word;
		struct filter_node *node = node_new(s, w->oper);

		if (!node)
			return -EINVAL;
		node->left = *ret;
		*ret = node;
		r = advance(s);
		if (r == 0)
			r = read_expression(s, w->binds + 1, &node->right);
		if (r == 0 && (w->oper == OPER_MATCH || w->oper == OPER_MISMATCH))
			r = compile(s, node);
	}
	return r;
}

int filter_parse(const char *text, filter_find_fn *find, struct arena *a, struct filter **ret, struct err *e)
{
	struct filter *f = arena_new(a, struct filter, 1);
	struct parser s = {.arena = a, .text = text, .p = text, .find = find, .filter = f, .e = e};

	*ret = f;
	if (*text == '\0')
		return 0;
	if (strlen(text) > FILTER_TEXT_MAX) {
		err_set(e, 0, "understand the filter \"%.40s…\"", text);
		return err_why(e, "it is longer than 1024 bytes");
	}
	int r = advance(&s);
	if (r == 0)
		r = read_expression(&s, BINDS_LOGIC, &f->root);
	if (r == 0 && s.token.kind != TOKEN_END)
		r = wrong(&s, s.at, "an operator is missing");
	if (r < 0)
		filter_free(f);
	return r;
}
