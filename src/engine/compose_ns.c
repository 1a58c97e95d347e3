/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The namespaces of a container: new ones, the host's, another container's, or those of a file.
 *
 * What is joined is opened here, early, and checked while it is open: that it is a namespace of the right kind, and,
 * for another container, that the process it was taken from was still that container's first process afterwards.  A
 * join of the very namespace that we are in becomes "host", for the kernel refuses to join one's own user namespace.
 */
#include "engine/compose_priv.h"

#include "core/sys.h"

#include <errno.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

enum { HOST_NAME_LEN = 64, SHORT_ID_LEN = 12 };

/* Each kind with a choice: the option, what was typed, and where the record keeps it. */
static const struct ns_choice {
	enum ns_kind kind;
	const char *option;
	size_t typed, mode; /* offsets in struct run_options and struct box_record */
} choices[] = {
#define CHOICE(kind, word, record)                                                                        \
	{                                                                                                 \
		kind, "--" #word, offsetof(struct run_options, word), offsetof(struct box_record, record) \
	}
	CHOICE(NS_PID, pid, pid_mode),	  CHOICE(NS_USER, userns, user_mode), CHOICE(NS_NET, net, net_mode),
	CHOICE(NS_IPC, ipc, ipc_mode),	  CHOICE(NS_UTS, uts, uts_mode),      CHOICE(NS_CGROUP, cgroupns, cgroup_mode),
	CHOICE(NS_TIME, time, time_mode),
#undef CHOICE
};
static_assert(ARRAY_LEN(choices) == NS_KIND_COUNT - 1, "one row for each kind but mnt, which is always new");

/* What the user typed for CH, or NULL. */
static const char *typed(const struct compose *c, const struct ns_choice *ch)
{
	return *(char *const *)(const void *)((const char *)c->o + ch->typed);
}

/* Where the record keeps the choice. */
static char **mode(struct compose *c, const struct ns_choice *ch)
{
	return (char **)(void *)((char *)c->record + ch->mode);
}

/* What stands behind PREFIX in TEXT; NULL if it does not begin so. */
static const char *behind(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

/* ---- joining ---- */

/* Checks that FD is a namespace of CH's kind. */
static int join_check(int fd, const struct ns_choice *ch, const char *path, struct err *e)
{
	const struct ns_fact *fact = &ns_facts[ch->kind];
	struct statfs fs;
	int type;

	if (fstatfs(fd, &fs) < 0)
		return err_set(e, errno, "%s: examine %s", ch->option, path);
	type = (unsigned long)fs.f_type == NSFS_MAGIC ? ioctl(fd, NS_GET_NSTYPE) : 0;
	if (type == fact->flag)
		return 0;
	err_set(e, 0, "%s: %s is not a %s namespace", ch->option, path, fact->oci);
	return err_cure(e, "name a file such as /proc/PID/ns/%s", fact->proc);
}

/* Notes the open namespace FD as the one to join; one that we are in already is kept instead. */
static int join_note(struct compose *c, const struct ns_choice *ch, int *fd, char *path, struct err *e)
{
	struct spec_ns *ns = &c->spec->lin.ns[ch->kind];
	struct stat st;
	int r = join_check(*fd, ch, path, e);

	if (r < 0)
		return r;
	if (fstat(*fd, &st) < 0)
		return err_set(e, errno, "%s: examine %s", ch->option, path);
	if (st.st_ino == ns_inode(0, ch->kind))
		*ns = (struct spec_ns){.mode = NS_KEEP, .fd = FD_NONE};
	else
		*ns = (struct spec_ns){.mode = NS_JOIN, .path = path, .fd = fd_take(fd)};
	return 0;
}

/* Opens the namespace file at PATH, given by the user. */
static int join_path(struct compose *c, const struct ns_choice *ch, const char *path, struct err *e)
{
	if (*path != '/')
		return compose_bad(e, ch->option, path, "the path of a namespace must begin with \"/\"");
	auto_fd fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "%s: open the namespace %s", ch->option, path);
	return join_note(c, ch, &fd, arena_strdup(c->a, path), e);
}

/* Opens the namespace of the found container OTHER. */
static int join_box(struct compose *c, const struct ns_choice *ch, const struct box *other, struct err *e)
{
	auto_fd pidfd = FD_NONE;

	if (other->state.status != BOX_RUNNING && other->state.status != BOX_PAUSED) {
		err_set(e, 0, "%s: the container %s does not run", ch->option, box_called(other));
		return err_cure(e, "start it first: its namespaces live as long as it runs");
	}
	int r = box_pidfd(other, &pidfd, e);
	if (r < 0)
		return err_context(e, "%s: the container %s", ch->option, box_called(other));
	char *path = arena_printf(c->a, "/proc/%d/ns/%s", (int)other->state.pid, ns_facts[ch->kind].proc);
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "%s: open the namespace of the container %s", ch->option, box_called(other));
	/* While its process is there its number has no other owner, so the file that was opened was its. */
	if (sys_pidfd_send_signal(pidfd, 0, NULL, 0) < 0)
		return err_set(e, errno, "%s: the container %s has just ended", ch->option, box_called(other));
	*mode(c, ch) = arena_printf(c->a, "container:%s", other->id);
	return join_note(c, ch, &fd, path, e);
}

/* Finds the container REF and opens its namespace. */
static int join_container(struct compose *c, const struct ns_choice *ch, const char *ref, struct err *e)
{
	if (!*ref)
		return compose_bad(e, ch->option, "container:", "a container must be named behind the colon");
	CLEANUP(box_close) struct box other;
	int r = box_find(c->h, ref, false, &other, e);
	return r < 0 ? err_context(e, "%s", ch->option) : join_box(c, ch, &other, e);
}

/* ---- choosing ---- */

/* Turns the recorded word of one kind into the spec's mode. */
static int choice_apply(struct compose *c, const struct ns_choice *ch, struct err *e)
{
	const char *word = *mode(c, ch), *name;
	struct spec_ns *ns = &c->spec->lin.ns[ch->kind];

	*ns = (struct spec_ns){.mode = NS_NEW, .fd = FD_NONE};
	if (!word || strcmp(word, "private") == 0 || (ch->kind == NS_NET && strcmp(word, "none") == 0))
		return 0;
	if (strcmp(word, "host") == 0) {
		ns->mode = NS_KEEP;
		return 0;
	}
	if ((name = behind(word, "container:")))
		return join_container(c, ch, name, e);
	if ((name = behind(word, "ns:")))
		return join_path(c, ch, name, e);
	if (ch->kind == NS_NET && (strcmp(word, "bridge") == 0 || strcmp(word, "default") == 0)) {
		err_set(e, 0, "bad value of --net: \"%s\"", word);
		err_why(e, "networks between containers do not exist yet");
		return err_cure(e, "use none, host or container:NAME");
	}
	return compose_bad(e, ch->option, word,
			   ch->kind == NS_NET ? "it must be none, private, host, container:NAME or ns:PATH"
					      : "it must be private, host, container:NAME or ns:PATH");
}

int compose_ns_open(struct compose *c, struct err *e)
{
	int r = 0;

	c->spec->lin.ns[NS_MNT] = (struct spec_ns){.mode = NS_NEW, .fd = FD_NONE};
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(choices); i++)
		r = choice_apply(c, &choices[i], e);
	return r;
}

/*
 * Only who rules a pid namespace may mount its /proc.  So a container that joins another's pid namespace joins its user
 * namespace as well.
 */
static int check_pid_join(const struct compose *c, struct err *e)
{
	if (c->spec->lin.ns[NS_PID].mode != NS_JOIN || c->spec->lin.ns[NS_USER].mode != NS_NEW)
		return 0;
	err_set(e, 0, "--pid %s does not go with a user namespace of its own", c->o->pid);
	err_why(e, "the kernel lets only who rules the pid namespace mount its /proc");
	return err_cure(e, "give --userns the same value as --pid, or host");
}

/* A plain user has no rights but in a user namespace. */
static int check_rootless(const struct compose *c, struct err *e)
{
	if (!c->h->rootless || !userns_is_host(c))
		return 0;
	err_set(e, 0, "--userns host is for root alone");
	return err_why(e, "only in a user namespace of its own may a plain user's container have the rest");
}

/* ---- host name ---- */

/* Checks a host or domain name: it is written into files that are read line by line. */
static int host_name_check(const char *name, const char *option, struct err *e)
{
	size_t len = strlen(name);

	if (len == 0 || len > HOST_NAME_LEN)
		return compose_bad(e, option, name, "a host name has 1 to 64 characters");
	for (size_t i = 0; i < len; i++) {
		char ch = name[i];
		bool alnum = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');

		if (!alnum && (i == 0 || !strchr("-._", ch)))
			return compose_bad(e, option, name,
					   "a host name has letters and digits, behind the first one also - . _");
	}
	return 0;
}

/* The name of the island: as asked for, the host's with its network, else the beginning of the id. */
static int compose_hostname(struct compose *c, struct err *e)
{
	const struct run_options *o = c->o;
	char host[HOST_NAME_LEN + 2] = "";
	int r = 0;

	if (c->spec->lin.ns[NS_UTS].mode != NS_NEW) {
		if (!o->hostname && !o->domainname)
			return 0;
		err_set(e, 0, "%s does not go with --uts %s", o->hostname ? "--hostname" : "--domainname", o->uts);
		return err_why(e, "the name would change for everybody in that namespace");
	}
	if (o->hostname)
		r = host_name_check(o->hostname, "--hostname", e);
	if (r == 0 && o->domainname)
		r = host_name_check(o->domainname, "--domainname", e);
	if (r < 0)
		return r;
	c->spec->domainname = arena_strdup(c->a, o->domainname);
	if (o->hostname)
		c->spec->hostname = arena_strdup(c->a, o->hostname);
	else if (c->spec->lin.ns[NS_NET].mode == NS_KEEP && gethostname(host, sizeof(host) - 1) == 0 &&
		 host_name_check(host, "--hostname", NULL) == 0)
		c->spec->hostname = arena_strdup(c->a, host);
	else
		c->spec->hostname = arena_strndup(c->a, c->b->id, SHORT_ID_LEN);
	return 0;
}

/* A kernel may be built without time namespaces, and little is lost by that; all other kinds are what an island is. */
static void without_time(struct compose *c)
{
	if (c->o->time || ns_exists(NS_TIME))
		return;
	c->record->time_mode = arena_strdup(c->a, "host");
	strs_add(&c->record->warnings, c->a,
		 "this kernel has no time namespaces; the container has the machine's clocks");
}

int compose_ns(struct compose *c, struct err *e)
{
	int r;

	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		const char *word = typed(c, &choices[i]);

		if (!word && choices[i].kind == NS_USER && c->o->pid && behind(c->o->pid, "container:"))
			word = c->o->pid;
		*mode(c, &choices[i]) = arena_strdup(c->a, word ? word : "private");
	}
	without_time(c);
	r = compose_ns_open(c, e);
	if (r == 0)
		r = check_pid_join(c, e);
	if (r == 0)
		r = check_rootless(c, e);
	if (r == 0)
		r = compose_hostname(c, e);
	return r < 0 ? r : compose_sysctls(c, e);
}
