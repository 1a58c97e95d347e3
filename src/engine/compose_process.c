/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program of a container: command, environment, user, directory, terminal. */
#include "engine/compose_priv.h"

#include "base/parse.h"
#include "core/defaults.h"
#include "core/tty.h"
#include "core/user.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- environment ---- */

struct env_target {
	struct arena *a;
	struct spec_process *p;
};

/* A variable of the environment, for sorting: by name, those of one name in the order in which they were given. */
struct variable {
	char **entry; /* "NAME=value", or "NAME": is to be taken out */
	size_t name_len;
};

static int compare_variables(const void *a, const void *b)
{
	const struct variable *x = a, *y = b;
	int r = memcmp(*x->entry, *y->entry, MIN(x->name_len, y->name_len));

	if (r == 0)
		r = (x->name_len > y->name_len) - (x->name_len < y->name_len);
	return r != 0 ? r : (x->entry > y->entry) - (x->entry < y->entry);
}

/* Leaves each variable once, where it stood first, as it was given last.  Sorted, for there may be many thousands. */
static void env_settle(struct strs *env, struct arena *a)
{
	struct variable *all = arena_new(a, struct variable, env->n + 1);
	size_t kept = 0;

	for (size_t i = 0; i < env->n; i++)
		all[i] = (struct variable){&env->v[i], strcspn(env->v[i], "=")};
	qsort(all, env->n, sizeof(*all), compare_variables);
	for (size_t i = 0, next; i < env->n; i = next) {
		struct variable *first = &all[i], *last;

		for (next = i + 1; next < env->n; next++)
			if (all[next].name_len != first->name_len ||
			    memcmp(*all[next].entry, *first->entry, first->name_len) != 0)
				break;
		last = &all[next - 1];
		*first->entry = (*last->entry)[last->name_len] == '=' ? *last->entry : NULL;
		for (struct variable *other = first + 1; other <= last; other++)
			*other->entry = NULL;
	}
	for (size_t i = 0; i < env->n; i++)
		if (env->v[i])
			env->v[kept++] = env->v[i];
	env->n = kept;
	if (env->v)
		env->v[kept] = NULL;
}

/* Adds one "NAME=value", or "NAME": with the value that it has here, or to be taken out.  env_settle must follow. */
static int env_put(const struct env_target *t, const char *text, const char *option, struct err *e)
{
	const char *eq = strchr(text, '=');
	const char *value = eq ? NULL : getenv(text);

	if (eq == text || !*text)
		return compose_bad(e, option, text, "a variable must have a name");
	if (value)
		strs_take(&t->p->env, t->a, arena_printf(t->a, "%s=%s", text, value));
	else
		strs_add(&t->p->env, t->a, text);
	return 0;
}

/* One line of an --env-file. */
static int env_line(void *ctx, char *line, struct err *e)
{
	if (strcspn(line, " \t") < strcspn(line, "="))
		return compose_bad(e, "--env-file", line, "a variable's name has no space in it");
	return env_put(ctx, line, "--env-file", e);
}

int compose_env(const struct strs *env, const struct strs *env_file, struct arena *a, struct spec_process *p,
		struct err *e)
{
	struct env_target t = {a, p};
	int r = 0;

	for (size_t i = 0; r == 0 && i < env_file->n; i++)
		r = compose_lines("--env-file", env_file->v[i], a, env_line, &t, e);
	for (size_t i = 0; r == 0 && i < env->n; i++)
		r = env_put(&t, env->v[i], "--env", e);
	if (r == 0)
		env_settle(&p->env, a);
	return r;
}

/* The environment: what every program expects, then what the user says.  HOME follows when the user is known. */
static int process_env(struct compose *c, struct err *e)
{
	struct spec_process *p = &c->spec->process;
	char host[256] = "";

	spec_env_set(p, c->a, "PATH", default_path);
	if (c->spec->hostname)
		spec_env_set(p, c->a, "HOSTNAME", c->spec->hostname);
	else if (c->spec->lin.ns[NS_UTS].mode == NS_KEEP && gethostname(host, sizeof(host) - 1) == 0)
		spec_env_set(p, c->a, "HOSTNAME", host);
	if (c->o->tty)
		spec_env_set(p, c->a, "TERM", "xterm");
	spec_env_set(p, c->a, "container", "isle");
	return compose_env(&c->o->env, &c->o->env_file, c->a, p, e);
}

/* ---- command ---- */

char *compose_command_text(const struct strs *words, struct arena *a)
{
	size_t len = 1;

	for (size_t i = 0; i < words->n; i++)
		len += strlen(words->v[i]) + 1;
	char *text = arena_alloc(a, len, 1), *to = text;
	for (size_t i = 0; i < words->n; i++) {
		if (i > 0)
			*to++ = ' ';
		to = stpcpy(to, words->v[i]);
	}
	return text;
}

void compose_command(const char *entrypoint, const struct strs *command, struct arena *a, struct strs *ret)
{
	if (entrypoint && *entrypoint)
		strs_add(ret, a, entrypoint);
	for (size_t i = 0; i < command->n; i++)
		strs_take(ret, a, command->v[i]);
	if (ret->n == 0)
		strs_add(ret, a, "/bin/sh");
}

/* ---- user ---- */

/* Joins --user and --group-add in the text form of core/user.h, which is resolved when the root is there. */
static int process_user(struct compose *c, struct err *e)
{
	struct spec_user *u = &c->spec->process.user;
	char *text = arena_strdup(c->a, c->o->user ? c->o->user : "");
	uint32_t umask = DEFAULT_UMASK;

	if (c->o->user && (!*text || strchr(text, ',')))
		return compose_bad(e, "--user", text, "it must be USER or USER:GROUP");
	for (size_t i = 0; i < c->o->group_add.n; i++) {
		const char *group = c->o->group_add.v[i];

		if (!*group || strchr(group, ','))
			return compose_bad(e, "--group-add", group, "it must be one group's name or number");
		text = arena_printf(c->a, "%s,%s", text, group);
	}
	int r = user_check(text, c->a, e);
	if (r < 0)
		return r;
	u->username = *text ? text : NULL;
	if (c->o->umask && !parse_octal(c->o->umask, 0777, &umask))
		return compose_bad(e, "--umask", c->o->umask, "it must be an octal number from 0 to 0777");
	u->umask = (struct opt_u64){true, umask};
	return 0;
}

void compose_terminal(bool wanted, struct spec_process *p)
{
	unsigned int rows, cols;
	const bool known = wanted && tty_size(tty_find(), &rows, &cols);

	p->terminal = wanted;
	p->rows = known ? (uint16_t)rows : 0;
	p->cols = known ? (uint16_t)cols : 0;
}

/* The program's own part of the spec. */
int compose_process(struct compose *c, struct err *e)
{
	struct spec_process *p = &c->spec->process;
	int64_t adj;

	compose_terminal(c->o->tty, p);
	compose_command(c->o->entrypoint, &c->o->command, c->a, &p->args);
	c->record->command = compose_command_text(&p->args, c->a);
	int r = compose_path(c, c->o->workdir ? c->o->workdir : "/", "--workdir", &p->cwd, e);
	if (r == 0)
		r = process_user(c, e);
	if (r == 0)
		r = process_env(c, e);
	if (r == 0 && c->o->oom_score_adj) {
		if (!parse_i64(c->o->oom_score_adj, -1000, 1000, &adj))
			return compose_bad(e, "--oom-score-adj", c->o->oom_score_adj, "it goes from -1000 to 1000");
		p->oom_score_adj = (struct opt_i64){true, adj};
	}
	return r;
}
