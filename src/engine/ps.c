/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of 'isle ps': see ps.h. */
#include "engine/ps.h"

#include "base/parse_time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- time for people ---- */

static const struct unit {
	const char *name, *plural;
	int64_t seconds;
	int64_t from; /* used from so many seconds on: 90 s is "90 s", not "1 min" */
} units[] = {
	{"day", "days", 86400, 2 * 86400},
	{"h", "h", 3600, 2 * 3600},
	{"min", "min", 60, 2 * 60},
	{"s", "s", 1, 0},
};

const char *ps_age(struct arena *a, int64_t ns)
{
	/* A clock that was set back must not make a negative age. */
	int64_t seconds = MAX(ns, (int64_t)0) / 1000000000;
	const struct unit *u = units;

	while (seconds < u->from)
		u++;
	int64_t n = seconds / u->seconds;
	return arena_printf(a, "%lld %s", (long long)n, n == 1 ? u->name : u->plural);
}

/* "running 5 min", "exited (0) 2 min ago". */
static const char *status_text(struct arena *a, const struct box *b, int64_t now)
{
	const struct box_state *s = &b->state;
	const char *word = box_status_names[s->status];

	if (s->status == BOX_CREATED)
		return b->record.pool ? arena_printf(a, "parked in pool %s", b->record.pool) : word;
	if (s->status == BOX_EXITED)
		return arena_printf(a, "%s (%d) %s ago", word, s->exit_status, ps_age(a, now - s->finished_ns));
	/* A state file that can't be read tells no start. */
	return s->started_ns > 0 ? arena_printf(a, "%s %s", word, ps_age(a, now - s->started_ns)) : word;
}

/* ---- filters ---- */

/* The filters: whether B is what the user wants.  A status is compared whole … */
static bool match_status(const struct box *b, const char *want)
{
	return strcmp(box_status_names[b->state.status], want) == 0;
}
/* … a name by any part of it … */
static bool match_name(const struct box *b, const char *want)
{
	return b->record.name && strstr(b->record.name, want);
}
/* … an id by its beginning … */
static bool match_id(const struct box *b, const char *want)
{
	return strncmp(b->id, want, strlen(want)) == 0;
}
/* … a root whole … */
static bool match_root(const struct box *b, const char *want)
{
	return b->record.root && strcmp(b->record.root, want) == 0;
}
/* … and an exit status as it is shown. */
static bool match_exited(const struct box *b, const char *want)
{
	char status[16];

	snprintf(status, sizeof(status), "%d", b->state.exit_status);
	return b->state.status == BOX_EXITED && strcmp(status, want) == 0;
}
/* WANT is "KEY" or "KEY=VALUE". */
static bool match_label(const struct box *b, const char *want)
{
	const char *equal = strchr(want, '=');
	size_t n = equal ? (size_t)(equal - want) : strlen(want);

	for (size_t i = 0; i < b->record.labels.n; i++) {
		const struct spec_pair *l = &b->record.labels.v[i];

		if (strlen(l->key) == n && strncmp(l->key, want, n) == 0)
			return !equal || strcmp(l->value ? l->value : "", equal + 1) == 0;
	}
	return false;
}

static const struct filter {
	const char *key;
	bool (*match)(const struct box *b, const char *want);
	bool every;	  /* several of this key must all match; else one of them */
	bool implies_all; /* asks for more than the running ones */
} filters_known[] = {
	{"status", match_status, false, true}, {"exited", match_exited, false, true},
	{"name", match_name, false, false},    {"id", match_id, false, false},
	{"root", match_root, false, false},    {"label", match_label, true, false},
};

/* The row for the filter TEXT ("KEY=VALUE"), and its value; NULL if it is none. */
static const struct filter *filter_find(const char *text, const char **ret_value)
{
	for (size_t i = 0; i < ARRAY_LEN(filters_known); i++) {
		size_t n = strlen(filters_known[i].key);

		if (strncmp(text, filters_known[i].key, n) == 0 && text[n] == '=' && text[n + 1]) {
			*ret_value = text + n + 1;
			return &filters_known[i];
		}
	}
	return NULL;
}

/* Whether VALUE is a status there is. */
static bool status_known(const char *value)
{
	for (size_t i = 0; i < BOX_STATUS_COUNT; i++)
		if (strcmp(box_status_names[i], value) == 0)
			return true;
	return false;
}

/* Refuses filters that are none; says whether one of them asks for containers that do not run. */
static int filters_check(const struct strs *filters, bool *all, struct err *e)
{
	for (size_t i = 0; filters && i < filters->n; i++) {
		const char *value;
		const struct filter *f = filter_find(filters->v[i], &value);

		if (!f) {
			err_set(e, 0, "filter by \"%.80s\"", filters->v[i]);
			return err_cure(e, "a filter is status=, name=, id=, label=, root= or exited= and a value");
		}
		if (f->match == match_status && !status_known(value)) {
			err_set(e, 0, "filter by \"%.80s\"", filters->v[i]);
			return err_cure(e, "a status is created, running, paused or exited");
		}
		*all |= f->implies_all;
	}
	return 0;
}

/* Whether B passes the filters of kind F. */
static bool passes_kind(const struct box *b, const struct strs *filters, const struct filter *f)
{
	bool asked = false, any = false, every = true;

	for (size_t i = 0; i < filters->n; i++) {
		const char *value;

		if (filter_find(filters->v[i], &value) != f)
			continue;
		bool match = f->match(b, value);
		asked = true;
		any |= match;
		every &= match;
	}
	return !asked || (f->every ? every : any);
}

/* Whether B passes every kind of filter. */
static bool passes(const struct box *b, const struct strs *filters)
{
	for (size_t i = 0; filters && i < ARRAY_LEN(filters_known); i++)
		if (!passes_kind(b, filters, &filters_known[i]))
			return false;
	return true;
}

/* ---- the rows ---- */

int ps_rows(struct home *h, bool all, const struct strs *filters, struct ps_rows *ret, struct err *e)
{
	struct boxes boxes = {0};
	const int64_t now = time_now();
	int r = filters_check(filters, &all, e);

	if (r == 0)
		r = box_list(h, &boxes, e);
	if (r < 0)
		return r;
	for (size_t i = boxes.n; i-- > 0;) {
		const struct box *b = boxes.v[i];
		bool runs = b->state.status == BOX_RUNNING || b->state.status == BOX_PAUSED;

		if ((!all && !runs) || !passes(b, filters))
			continue;
		*list_add(ret, h->arena) = (struct ps_row){
			.id = b->id,
			.name = b->record.name ? b->record.name : "",
			.root = b->record.root ? b->record.root : "",
			.command = b->record.command ? b->record.command : "",
			.status_text = status_text(h->arena, b, now),
			.status = b->state.status,
			.created_ns = b->record.created_ns,
			.pid = b->state.pid,
			.exit_status = b->state.exit_status,
			.labels = &b->record.labels,
		};
	}
	return 0;
}
