/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One container of the runtime: see container.h. */
#include "oci/container.h"

#include "base/json_bind.h"
#include "base/parse_time.h"
#include "base/tree.h"
#include "base/unix_socket.h"
#include "core/process.h"
#include "oci/spec_json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { RECORD_MAX = 1 << 20, CONFIG_MAX = 64 << 20, LOCK_WAIT_MS = 30 * 1000 };

static const struct bind_row record_rows[] = {
	BIND_STRING("bundle", struct oci_record, bundle, BIND_REQUIRED),
	BIND_STRING("rootfs", struct oci_record, rootfs, 0),
	BIND_BOOL("creating", struct oci_record, creating, 0),
	BIND_INT("creator", struct oci_record, creator, 0),
	BIND_U64("creatorIdentity", struct oci_record, creator_identity, 0),
	BIND_INT("pid", struct oci_record, pid, 0),
	BIND_U64("identity", struct oci_record, identity, 0),
	BIND_STRING("cgroup", struct oci_record, cgroup, 0),
	BIND_STRING("unit", struct oci_record, unit, 0),
	BIND_BOOL("userManager", struct oci_record, user_manager, 0),
	BIND_STRING("mountPoint", struct oci_record, place.path, 0),
	BIND_U64("holderMount", struct oci_record, place.holder, 0),
	BIND_U64("rootMount", struct oci_record, place.root, 0),
	BIND_U64("mountInode", struct oci_record, place.inode, 0),
	BIND_U64("mountNamespace", struct oci_record, place.space, 0),
	BIND_I64("created", struct oci_record, created_ns, 0),
	BIND_U32("owner", struct oci_record, owner, BIND_ALWAYS),
	BIND_BOOL("rootless", struct oci_record, rootless, 0),
};
static const struct bind_table record_table = BIND_TABLE(record_rows, struct oci_record);

void container_init(struct oci_container *c, struct oci_runtime *rt, const char *id)
{
	*c = (struct oci_container){.rt = rt, .dir_fd = FD_NONE, .lock_fd = FD_NONE, .pidfd = FD_NONE};
	c->id = arena_strdup(rt->arena, id);
}

void container_close(struct oci_container *c)
{
	fd_close(&c->pidfd);
	fd_close(&c->lock_fd);
	fd_close(&c->dir_fd);
}

/* ---- the directory and its lock ---- */

/*
 * An open description of its own: the lock ends with it, whoever else has the directory open.  In steps, for flock(2)
 * knows no deadline; it is waited for only where two callers change one container at the same time.
 */
static int lock_take(struct oci_container *c, struct err *e)
{
	int64_t deadline = time_monotonic() + (int64_t)LOCK_WAIT_MS * 1000000;
	auto_fd fd = openat(c->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "open the directory of the container %s", c->id);
	for (long step = 1; flock(fd, LOCK_EX | LOCK_NB) < 0; step = MIN(step * 2, 20L)) {
		const struct timespec t = {.tv_nsec = step * 1000000};

		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_set(e, errno, "lock the container %s", c->id);
		if (time_monotonic() > deadline) {
			err_set(e, ETIMEDOUT, "lock the container %s", c->id);
			return err_why(e, "another command has held it for %d s", LOCK_WAIT_MS / 1000);
		}
		nanosleep(&t, NULL);
	}
	c->lock_fd = fd_take(&fd);
	return 0;
}

/* The sentence for an id that nobody has; engines look for these words. */
static int no_such(const char *id, struct err *e)
{
	err_set(e, 0, "container \"%s\" does not exist", id);
	return -ENOENT;
}

/* Whether the locked directory is still the one at ID: whoever had the lock before may have removed it. */
static bool is_there(const struct oci_container *c)
{
	struct stat open_one, named;

	return fstat(c->dir_fd, &open_one) == 0 && fstatat(c->rt->root_fd, c->id, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

int container_reach(struct oci_container *c, struct oci_runtime *rt, const char *id, bool lock, struct err *e)
{
	struct stat st;
	int r = oci_id_check(id, e);

	container_init(c, rt, id);
	if (r < 0)
		return r;
	c->dir_fd =
		rt->root_fd < 0 ? FD_NONE : openat(rt->root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c->dir_fd < 0 && (rt->root_fd < 0 || errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return no_such(id, e);
	if (c->dir_fd < 0 || fstat(c->dir_fd, &st) < 0)
		return err_set(e, errno, "open the directory of the container %s", id);
	if (st.st_uid != geteuid()) {
		err_set(e, EPERM, "use the container %s", id);
		return err_why(e, "its directory belongs to user %u, not to you", (unsigned int)st.st_uid);
	}
	r = lock ? lock_take(c, e) : 0;
	return r == 0 && lock && !is_there(c) ? no_such(id, e) : r;
}

int container_claim(struct oci_container *c, struct oci_runtime *rt, const char *id, struct err *e)
{
	int r = oci_id_check(id, e);

	container_init(c, rt, id);
	if (r < 0)
		return r;
	if (mkdirat(rt->root_fd, id, 0700) == 0)
		return container_reach(c, rt, id, true, e);
	if (errno != EEXIST)
		return err_set(e, errno, "make the directory of the container %s", id);
	err_set(e, 0, "container with given ID already exists: %s", id);
	return -EEXIST;
}

int container_forget(struct oci_container *c, struct err *e)
{
	return tree_delete(c->rt->root_fd, c->id, e);
}

/* ---- the record ---- */

char *container_record_print(const struct oci_record *record, struct arena *a)
{
	return bind_print(&record_table, record, JSON_COMPACT, a);
}

int container_record_parse(const char *text, size_t size, struct arena *a, struct oci_record *ret, struct err *e)
{
	*ret = (struct oci_record){0};
	return bind_parse(&record_table, text, size, ret, a, e);
}

int container_save(const struct oci_container *c, struct err *e)
{
	char *text = container_record_print(&c->record, c->rt->arena);
	int r = file_replace_volatile(c->dir_fd, "record.json", text, strlen(text), 0600, e);

	return r < 0 ? err_context(e, "note down the container %s", c->id) : 0;
}

int container_read(struct oci_container *c, struct err *e)
{
	char *text;
	size_t size;
	int r = file_read(c->dir_fd, "record.json", c->rt->arena, RECORD_MAX, &text, &size, e);

	if (r == 0)
		r = container_record_parse(text, size, c->rt->arena, &c->record, e);
	if (r == 0)
		return 0;
	c->record = (struct oci_record){0};
	err_context(e, "read what is noted of the container %s", c->id);
	return err_cure(e, "remove it with delete --force");
}

int container_load(struct oci_container *c, struct err *e)
{
	int r = container_read(c, e);

	if (r == 0)
		container_look(c);
	return r;
}

int container_open(struct oci_container *c, struct oci_runtime *rt, const char *id, bool lock, struct err *e)
{
	int r = container_reach(c, rt, id, lock, e);

	return r < 0 ? r : container_load(c, e);
}

int container_spec(const struct oci_container *c, struct spec *ret, struct err *e)
{
	char *text;
	size_t size;
	int r = file_read(c->dir_fd, "config.json", c->rt->arena, CONFIG_MAX, &text, &size, e);

	if (r == 0)
		r = spec_parse(text, size, c->rt->arena, ret, e);
	return r < 0 ? err_context(e, "the config.json of the container %s", c->id) : 0;
}

/* ---- the status ---- */

/* Whether the process that creates the container is at it still. */
static bool creator_lives(const struct oci_record *rec)
{
	auto_fd fd = FD_NONE;

	return process_open(rec->creator, rec->creator_identity, &fd, NULL) == 0 && process_wait(fd, 0) != 0;
}

/* Whether its process waits to be started. */
static bool is_parked(const struct oci_container *c)
{
	auto_fd way = FD_NONE;

	return container_connect(c, &way) == 0;
}

void container_glance(struct oci_container *c)
{
	const struct oci_record *rec = &c->record;

	c->status = STATUS_STOPPED;
	if (rec->pid > 0 && c->pidfd < 0 && process_open(rec->pid, rec->identity, &c->pidfd, NULL) < 0)
		c->pidfd = FD_NONE;
	/* One that is yet to be reaped has ended, too. */
	if (c->pidfd >= 0 && process_wait(c->pidfd, 0) == 0)
		fd_close(&c->pidfd);
	if (rec->creating && creator_lives(rec))
		c->status = STATUS_CREATING;
	/* Half-made, parked, and nobody at it any more: it can only be deleted. */
	else if (c->pidfd >= 0 && rec->creating)
		c->status = is_parked(c) ? STATUS_STOPPED : STATUS_RUNNING;
	else if (c->pidfd >= 0)
		c->status = STATUS_RUNNING;
}

void container_look(struct oci_container *c)
{
	container_glance(c);
	if (c->status == STATUS_RUNNING && !c->record.creating && is_parked(c))
		c->status = STATUS_CREATED;
}

enum oci_status container_status(struct oci_container *c)
{
	struct cgroup_manager m;

	if (c->status != STATUS_RUNNING && c->status != STATUS_CREATED)
		return c->status;
	CLEANUP(cgroup_release) struct cgroup cg;
	if (container_cgroup(c, &m, &cg, NULL) == 0 && cg.path && cgroup_frozen(&cg))
		c->status = STATUS_PAUSED;
	return c->status;
}

int container_cgroup(const struct oci_container *c, struct cgroup_manager *m, struct cgroup *cg, struct err *e)
{
	const struct oci_record *rec = &c->record;
	struct cgroup_host host;

	*cg = (struct cgroup){.v2_fd = FD_NONE};
	*m = (struct cgroup_manager){.arena = c->rt->arena};
	if (!rec->cgroup)
		return 0;
	int r = oci_cgroups(c->rt, &host, e);
	if (r == 0)
		r = cgroup_manager_find(m, &host, rec->cgroup, rec->unit, rec->user_manager, c->rt->arena, e);
	return r == 0 ? cgroup_open(cg, &m->host, m->path, c->rt->arena, e) : r;
}

int container_own_cgroup(const struct oci_container *c, const char *task, struct cgroup_manager *m, struct cgroup *cg,
			 struct err *e)
{
	int r = container_cgroup(c, m, cg, e);

	if (r < 0 || cg->path)
		return r;
	err_set(e, 0, "%s the container %s", task, c->id);
	return err_why(e, "it has no control group of its own");
}

void container_hook_state(const struct oci_container *c, const struct spec *spec, enum oci_status status, pid_t pid,
			  struct oci_state *ret)
{
	static char version[] = SPEC_OCI_VERSION;

	*ret = (struct oci_state){
		.oci_version = spec->oci_version ? spec->oci_version : version,
		.id = c->id,
		.status = status,
		.pid = pid,
		.bundle = c->record.bundle,
		.annotations = spec->annotations,
	};
}

char *container_listener_text(const struct oci_container *c, const struct spec *spec, pid_t pid)
{
	static char version[] = SPEC_OCI_VERSION;
	struct oci_process_state s = {
		.oci_version = version,
		.pid = pid,
		.metadata = spec->lin.seccomp.listener_metadata,
	};

	strs_add(&s.fds, c->rt->arena, "seccompFd");
	container_hook_state(c, spec, c->status, pid, &s.state);
	return oci_process_state_print(&s, c->rt->arena);
}

/* ---- the socket of the parked process ---- */

int container_listen(const struct oci_container *c, int *ret_fd, struct err *e)
{
	const struct sockaddr_un address = unix_address(c->dir_fd, "start");
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_set(e, errno, "make the socket on which the container %s waits for its start", c->id);
	*ret_fd = fd_take(&fd);
	return 0;
}

int container_connect(const struct oci_container *c, int *ret_fd)
{
	const struct sockaddr_un address = unix_address(c->dir_fd, "start");
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	*ret_fd = fd_take(&fd);
	return 0;
}

/* ---- all of them ---- */

/* For qsort(3). */
static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int container_ids(struct oci_runtime *rt, struct strs *ret, struct err *e)
{
	struct dirent *entry;

	*ret = (struct strs){0};
	if (rt->root_fd < 0)
		return 0;
	int fd = openat(rt->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		int code = errno;

		fd_close(&fd);
		return err_set(e, code, "read the directory %s", rt->root);
	}
	while ((entry = readdir(d)))
		if (oci_id_check(entry->d_name, NULL) == 0)
			strs_add(ret, rt->arena, entry->d_name);
	closedir(d);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_name);
	return 0;
}
