/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'state' and 'list': what is known of containers, as text; and which of them a pattern means. */
#include "oci/container.h"

#include "base/fd.h"
#include "base/parse_time.h"
#include "base/table.h"
#include "core/user.h"
#include "oci/spec_json.h"

#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

/* The name of user UID by the machine's /etc/passwd, or "#UID". */
static char *owner_name(uint32_t uid, struct arena *a)
{
	enum { PASSWD_MAX = 10 << 20 };
	char *text;
	size_t size;

	if (file_read(AT_FDCWD, "/etc/passwd", a, PASSWD_MAX, &text, &size, NULL) == 0) {
		struct user_text t = {.p = text, .end = text + size};
		struct passwd_entry entry;

		while (user_parse_passwd(&t, &entry))
			if (entry.uid == uid)
				return arena_strndup(a, entry.name.p, entry.name.n);
	}
	return arena_printf(a, "#%u", uid);
}

/* The whole state of the open container C, as runc prints it. */
static void full_state(struct oci_container *c, struct oci_state *ret)
{
	struct arena *a = c->rt->arena;
	char created[TIME_TEXT_SIZE];
	struct spec spec;

	if (container_spec(c, &spec, NULL) < 0)
		spec_init(&spec);
	container_status(c);
	container_hook_state(c, &spec, c->status, c->status == STATUS_STOPPED ? 0 : c->record.pid, ret);
	time_format(c->record.created_ns, created);
	ret->created = arena_strdup(a, created);
	ret->rootfs = c->record.rootfs;
	ret->owner = owner_name(c->record.owner, a);
}

int oci_state(struct oci_runtime *rt, const char *id, char **ret_text, struct err *e)
{
	CLEANUP(container_close) struct oci_container c;
	struct oci_state state;
	int r = container_open(&c, rt, id, false, e);

	if (r < 0)
		return r;
	full_state(&c, &state);
	*ret_text = oci_state_print(&state, JSON_INDENTED, rt->arena);
	return 0;
}

/* The open containers' states, in the order of their ids; those that go away meanwhile are left out. */
struct states {
	struct oci_state *v;
	size_t n, room;
};

static int all_states(struct oci_runtime *rt, struct states *ret, struct err *e)
{
	struct strs ids;
	int r = container_ids(rt, &ids, e);

	for (size_t i = 0; r == 0 && i < ids.n; i++) {
		CLEANUP(container_close) struct oci_container c;
		char sentence[1024];
		struct err skipped = {0};

		if (container_open(&c, rt, ids.v[i], false, &skipped) == 0) {
			full_state(&c, list_add(ret, rt->arena));
		} else if (c.dir_fd >= 0 && rt->warn) {
			err_format(&skipped, sentence, sizeof(sentence));
			rt->warn(rt->ctx, sentence);
		}
	}
	return r;
}

/* The columns of runc. */
static char *as_table(const struct states *all, struct arena *a)
{
	static const char *const heads[] = {"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"};
	struct table t = {.arena = a, .columns = ARRAY_LEN(heads)};

	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		table_add(&t, heads[i]);
	for (size_t i = 0; i < all->n; i++) {
		const struct oci_state *s = &all->v[i];

		table_add(&t, s->id);
		table_addf(&t, "%d", (int)s->pid);
		table_add(&t, oci_status_word(s->status));
		table_add(&t, s->bundle);
		table_add(&t, s->created);
		table_add(&t, s->owner);
	}
	return table_format(&t);
}

/* The states as a list. */
static char *as_json(const struct states *all, struct arena *a)
{
	struct json_out out;

	json_out_init(&out, a, JSON_COMPACT);
	json_open_list(&out, NULL);
	for (size_t i = 0; i < all->n; i++)
		oci_state_write(&all->v[i], &out);
	json_close_list(&out);
	return arena_printf(a, "%s\n", json_out_text(&out));
}

/* One id in each line. */
static char *as_ids(const struct states *all, struct arena *a)
{
	size_t size = 1;

	for (size_t i = 0; i < all->n; i++)
		size += strlen(all->v[i].id) + 1;
	char *text = arena_new(a, char, size), *end = text;
	for (size_t i = 0; i < all->n; i++)
		end += sprintf(end, "%s\n", all->v[i].id);
	return text;
}

int oci_list(struct oci_runtime *rt, const char *format, bool quiet, char **ret_text, struct err *e)
{
	struct states all = {0};
	int r = all_states(rt, &all, e);

	if (r < 0)
		return r;
	if (quiet)
		*ret_text = as_ids(&all, rt->arena);
	else if (format && strcmp(format, "json") == 0)
		*ret_text = as_json(&all, rt->arena);
	else
		*ret_text = as_table(&all, rt->arena);
	return 0;
}

int oci_match(struct oci_runtime *rt, const char *pattern, struct strs *ret, struct err *e)
{
	CLEANUP(regfree) regex_t re = {0};
	struct strs ids;
	char why[128];

	*ret = (struct strs){0};
	if (!*pattern) /* it would be every container */
		return err_set(e, 0, "the regular expression is empty");
	int bad = regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB);
	if (bad != 0) {
		regerror(bad, &re, why, sizeof(why));
		err_set(e, 0, "use the regular expression %s", pattern);
		return err_why(e, "%s", why);
	}
	int r = container_ids(rt, &ids, e);
	for (size_t i = 0; r == 0 && i < ids.n; i++)
		if (regexec(&re, ids.v[i], 0, NULL, 0) == 0)
			strs_take(ret, rt->arena, ids.v[i]);
	return r;
}
