/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of lsns: their names, which are util-linux's and one more, and where their text comes from. */
#include "report/lsns.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { COMMAND_MAX = 8192 };

static const char *text_ns(const struct lsns_row *r)
{
	return arena_printf(r->l->arena, "%llu", (unsigned long long)r->ns->id);
}

static const char *text_type(const struct lsns_row *r)
{
	return ns_facts[r->ns->kind].proc;
}

static const char *text_path(const struct lsns_row *r)
{
	if (!r->process)
		return NULL;
	return arena_printf(r->l->arena, "/proc/%d/ns/%s", (int)r->process->pid, ns_facts[r->ns->kind].proc);
}

static const char *text_nprocs(const struct lsns_row *r)
{
	return arena_printf(r->l->arena, "%zu", r->ns->members.n);
}

static const char *text_pid(const struct lsns_row *r)
{
	return r->process ? arena_printf(r->l->arena, "%d", (int)r->process->pid) : NULL;
}

static const char *text_ppid(const struct lsns_row *r)
{
	return r->process ? arena_printf(r->l->arena, "%d", (int)r->process->ppid) : NULL;
}

/* The content of a process's FILE in /proc, in one line; NULL if it is empty or gone. */
static char *process_text(const struct lsns_row *r, const char *file)
{
	char text[COMMAND_MAX];
	const char *path = arena_printf(r->l->arena, "/proc/%d/%s", (int)r->process->pid, file);
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t got = 1;

	while (fd >= 0 && n < sizeof(text) && (got = read(fd, text + n, sizeof(text) - n)) > 0)
		n += (size_t)got;
	if (n > 0 && (text[n - 1] == '\0' || text[n - 1] == '\n'))
		n--;
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	return n > 0 ? arena_strndup(r->l->arena, text, n) : NULL;
}

/* The words of the command line; of a thread of the kernel, which has none, its name. */
static const char *text_command(const struct lsns_row *r)
{
	const char *text = r->process ? process_text(r, "cmdline") : NULL;

	return text || !r->process ? text : process_text(r, "comm");
}

/* The user of the process, else of the namespace; (uid_t)-1: unknown. */
static uid_t row_uid(const struct lsns_row *r)
{
	return r->process ? r->process->uid : r->ns->creator;
}

static const char *text_uid(const struct lsns_row *r)
{
	const uid_t uid = row_uid(r);

	return uid == (uid_t)-1 ? NULL : arena_printf(r->l->arena, "%u", (unsigned int)uid);
}

/* A user's name, asked for once; the number where he has none. */
static const char *text_user(const struct lsns_row *r)
{
	const uid_t uid = row_uid(r);
	char *name = map_get(&r->l->users, (uint64_t)uid + 1);

	if (uid == (uid_t)-1 || name)
		return name;
	const struct passwd *user = getpwuid(uid);
	name = user && user->pw_name ? arena_strdup(r->l->arena, user->pw_name)
				     : arena_printf(r->l->arena, "%u", (unsigned int)uid);
	map_put(&r->l->users, r->l->arena, (uint64_t)uid + 1, name);
	return name;
}

static const char *text_netnsid(const struct lsns_row *r)
{
	if (r->ns->kind != NS_NET || r->ns->netnsid == NETNSID_UNKNOWN)
		return NULL;
	return r->ns->netnsid == NETNSID_UNASSIGNED ? "unassigned" : arena_printf(r->l->arena, "%d", r->ns->netnsid);
}

/* PATH with its newlines as \x0a: in this column a newline is the border between two paths. */
static const char *path_in_one_line(struct arena *a, const char *path)
{
	const char *newline = strchr(path, '\n');

	if (!newline)
		return path;
	return arena_printf(a, "%.*s\\x0a%s", (int)(newline - path), path, path_in_one_line(a, newline + 1));
}

/* Where it is mounted, one path in a line, or separated by commas. */
static const char *text_nsfs(const struct lsns_row *r)
{
	struct arena *a = r->l->arena;
	const char *text = NULL;

	for (size_t i = 0; i < r->ns->mounts.n; i++) {
		const char *path = path_in_one_line(a, r->ns->mounts.v[i]);

		text = text ? arena_printf(a, "%s%c%s", text, r->l->nowrap ? ',' : '\n', path) : path;
	}
	return text;
}

static const char *text_pns(const struct lsns_row *r)
{
	return arena_printf(r->l->arena, "%llu", (unsigned long long)r->ns->parent_id);
}

static const char *text_ons(const struct lsns_row *r)
{
	return arena_printf(r->l->arena, "%llu", (unsigned long long)r->ns->owner_id);
}

static const char *text_container(const struct lsns_row *r)
{
	return r->process ? owner_of(&r->l->owners, r->process) : NULL;
}

const struct lsns_column_fact lsns_columns[COLUMN_COUNT] = {
	[COLUMN_NS] = {"NS", 10, SCOLS_FL_RIGHT, true, "the namespace's number (inode)", text_ns},
	[COLUMN_TYPE] = {"TYPE", 5, 0, false, "kind of namespace", text_type},
	[COLUMN_PATH] = {"PATH", 0, 0, false, "file in /proc that stands for it", text_path},
	[COLUMN_NPROCS] = {"NPROCS", 5, SCOLS_FL_RIGHT, true, "how many processes are in it", text_nprocs},
	[COLUMN_PID] = {"PID", 5, SCOLS_FL_RIGHT, true, "lowest pid in it", text_pid},
	[COLUMN_PPID] = {"PPID", 5, SCOLS_FL_RIGHT, true, "parent of PID", text_ppid},
	[COLUMN_COMMAND] = {"COMMAND", 0, SCOLS_FL_TRUNC, false, "command line of PID", text_command},
	[COLUMN_UID] = {"UID", 0, SCOLS_FL_RIGHT, true, "user id of PID, or of who made the namespace", text_uid},
	[COLUMN_USER] = {"USER", 0, 0, false, "name of UID", text_user},
	[COLUMN_NETNSID] = {"NETNSID", 0, SCOLS_FL_RIGHT, false, "number that our network namespace gave it",
			    text_netnsid},
	[COLUMN_NSFS] = {"NSFS", 0, SCOLS_FL_WRAP, false, "files that it is mounted on", text_nsfs},
	[COLUMN_PNS] = {"PNS", 10, SCOLS_FL_RIGHT, true, "parent namespace's number", text_pns},
	[COLUMN_ONS] = {"ONS", 10, SCOLS_FL_RIGHT, true, "owning user namespace's number", text_ons},
	[COLUMN_CONTAINER] = {"CONTAINER", 0, 0, false, "container that PID is in", text_container},
};

int lsns_column_find(const char *name, size_t n)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		if (strlen(lsns_columns[i].name) == n && strncasecmp(lsns_columns[i].name, name, n) == 0)
			return i;
	return -1;
}

const char *lsns_cell(void *ctx, int column)
{
	struct lsns_row *row = ctx;

	if (!row->known[column]) {
		row->cells[column] = lsns_columns[column].text(row);
		row->known[column] = true;
	}
	return row->cells[column];
}

bool lsns_needs(const struct lsns *l, enum lsns_column column)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->columns[i] == (int)column)
			return true;
	return filter_names(l->filter, (int)column);
}

int lsns_list_columns(const struct lsns_args *args, struct err *e)
{
	struct libscols_table *t = scols_new_table();
	bool good = t && scols_table_set_name(t, "lsns-columns") == 0 && scols_table_enable_raw(t, args->raw) == 0 &&
		    scols_table_enable_json(t, args->json) == 0 && scols_table_enable_noheadings(t, 1) == 0 &&
		    scols_table_new_column(t, "HOLDER", 0, SCOLS_FL_RIGHT) && scols_table_new_column(t, "TYPE", 0, 0) &&
		    scols_table_new_column(t, "DESCRIPTION", 0, 0);

	for (int i = 0; good && i < COLUMN_COUNT; i++) {
		const struct lsns_column_fact *fact = &lsns_columns[i];
		struct libscols_line *line = scols_table_new_line(t, NULL);

		good = line && scols_line_set_data(line, 0, fact->name) == 0 &&
		       scols_line_set_data(line, 1, fact->number ? "<integer>" : "<string>") == 0 &&
		       scols_line_set_data(line, 2, fact->help) == 0;
	}
	good = good && scols_print_table(t) == 0;
	scols_unref_table(t);
	return good ? 0 : err_set(e, ENOMEM, "print the table of columns");
}
