/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts a container's root together as one detached mount.
 *
 * Layers are handed to overlayfs by descriptor.  What can happen to a layer on its way:
 *
 *     directory --clone--> detached mount --idmap--> owners in the container's ids --guard--> read-only overlay whose
 *     mounter is nobody (what others may not read, nobody inside may) --> the lower layer of the container's overlay
 *
 * The mounter's credentials are those in force at fsconfig(CMD_CREATE): overlayfs keeps them and checks every access
 * to the layers below with them (Documentation/filesystems/overlayfs.rst, "Permission model").
 *
 * Kernels before 6.15 refuse detached mounts as layers.  There the layers are attached in a mount namespace of a
 * short-lived child, where nobody else sees them, and the overlay is made in that child and sent back.
 */
#include "core/rootfs_priv.h"

#include "base/fd.h"
#include "base/tree.h"
#include "core/handshake.h"
#include "core/marks.h"
#include "core/mount.h"
#include "core/sys.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { NOBODY = 65534 };

/* Closes what is left; the layers belong to the caller by now. */
static void assembly_release(struct assembly *as)
{
	fd_close(&as->scratch);
	fd_close(&as->stage);
}

/* Remembers FD to be closed when there is time. */
static int keep(struct assembly *as, int fd)
{
	*list_add(as->env->spent, as->env->arena) = fd;
	return fd;
}

/* The same for a detached mount. */
static void keep_mount(struct assembly *as, int fd)
{
	*list_add(as->env->spent_mounts, as->env->arena) = fd;
}

/* Attaches the detached mount FD in the private stage and gives the attached directory; without a stage, FD itself. */
static int stage(struct assembly *as, int fd, int *ret, struct err *e)
{
	char name[16];

	*ret = fd;
	if (!as->staged)
		return 0;
	snprintf(name, sizeof(name), "%d", as->stage_used++);
	if (mkdirat(as->stage, name, 0755) < 0 || sys_move_mount(fd, "", as->stage, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_set(e, errno, "attach a layer of the root");
	int dir = openat(as->stage, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_set(e, errno, "attach a layer of the root");
	*ret = keep(as, dir);
	return 0;
}

/* A directory of the host as a layer: cloned, and shifted into the container's ids where that is asked for. */
static int layer_open(struct assembly *as, const char *path, int *ret, struct err *e)
{
	const struct mount_opts plain = {0};
	bool shift = as->r->idmapped && as->env->userns_fd >= 0;
	int fd, r;

	/*
	 * A user namespace may not copy a mount whose children were mounted by the machine; overlayfs needs no copy
	 * anyway.
	 */
	if (!shift && !rootfs_needs_guard(as)) {
		fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return err_set(e, errno, "open the root %s", path);
		*ret = keep(as, fd);
		return 0;
	}
	r = mount_clone(AT_FDCWD, path, &plain, &fd, e);
	if (r < 0)
		return r;
	keep_mount(as, fd);
	if (shift && (r = mount_idmap(fd, as->env->userns_fd, false, e)) < 0)
		return rootfs_idmap_refused(r, path, fd, e);
	return stage(as, fd, ret, e);
}

/* The detached tmpfs for empty and writable layers; SIZE as its mount option, or NULL. */
static int scratch_make(struct assembly *as, struct err *e)
{
	struct mount_opts o = {0};

	if (as->scratch >= 0)
		return 0;
	strs_add(&o.data, as->env->arena, "mode=0755");
	if (as->r->tmpfs_size)
		strs_take(&o.data, as->env->arena, arena_printf(as->env->arena, "size=%s", as->r->tmpfs_size));
	int fd, dir, r = mount_new("tmpfs", NULL, &o, &fd, e);
	if (r < 0)
		return err_context(e, "make the throw-away layer");
	keep_mount(as, fd);
	r = stage(as, fd, &dir, e);
	if (r < 0)
		return r;
	as->scratch = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	return as->scratch < 0 ? err_set(e, errno, "make the throw-away layer") : 0;
}

/* Makes (or finds) directory NAME below DIR, owned by the container's root, and opens it as a layer. */
static int layer_dir(struct assembly *as, int dir, const char *name, int *ret, struct err *e)
{
	if (mkdirat(dir, name, 0755) == 0) {
		if (fchownat(dir, name, as->env->uid, as->env->gid, AT_SYMLINK_NOFOLLOW) < 0)
			return err_set(e, errno, "give the layer %s to the container's root", name);
	} else if (errno != EEXIST) {
		return err_set(e, errno, "make the layer directory %s", name);
	}
	int fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "open the layer directory %s", name);
	*ret = keep(as, fd);
	return 0;
}

/* The capabilities of the calling thread, as capget(2) and capset(2) have them, and its supplementary groups. */
struct rights {
	struct marks marks;
	struct __user_cap_header_struct head;
	struct __user_cap_data_struct data[2];
	gid_t *groups;
	int n_groups;
};

/* Gives up the supplementary groups: root is in some that may read what others may not. */
static int groups_drop(struct rights *r, struct arena *a, struct err *e)
{
	r->n_groups = getgroups(0, NULL);
	if (r->n_groups > 0) {
		r->groups = arena_new(a, gid_t, (size_t)r->n_groups);
		r->n_groups = getgroups(r->n_groups, r->groups);
	}
	if (r->n_groups < 0)
		return err_set(e, errno, "read my groups");
	return r->n_groups > 0 && setgroups(0, NULL) < 0 ? err_set(e, errno, "give up my groups") : 0;
}

/* Becomes a stranger for the file system: nobody's ids, no groups, and no capability but the one to mount. */
static int stranger_begin(struct rights *saved, struct arena *a, struct err *e)
{
	struct rights now = {.head = {.version = _LINUX_CAPABILITY_VERSION_3}};

	if (syscall(SYS_capget, &now.head, now.data) < 0)
		return err_set(e, errno, "read my capabilities");
	*saved = now;
	int r = groups_drop(saved, a, e);
	if (r < 0)
		return r;
	marks_note(&saved->marks);
	setfsgid(NOBODY);
	setfsuid(NOBODY);
	now.data[0].effective = 1u << CAP_SYS_ADMIN;
	now.data[1].effective = 0;
	if (syscall(SYS_capset, &now.head, now.data) < 0)
		return err_set(e, errno, "lower my capabilities");
	return 0;
}

/* Becomes itself again. */
static int stranger_end(struct rights *saved, struct err *e)
{
	setfsuid(geteuid());
	setfsgid(getegid());
	marks_restore(&saved->marks);
	if (syscall(SYS_capset, &saved->head, saved->data) < 0)
		return err_set(e, errno, "raise my capabilities again");
	if (saved->n_groups > 0 && setgroups((size_t)saved->n_groups, saved->groups) < 0)
		return err_set(e, errno, "take my groups back");
	return 0;
}

/* Lays LOWER behind the eyes of a stranger: a read-only overlay that checks as nobody. */
static int guard(struct assembly *as, int lower, int *ret, struct err *e)
{
	struct layers l = {.lower = {lower, FD_NONE}, .n = 2, .upper = FD_NONE, .work = FD_NONE};
	struct rights saved;
	int fd, r = scratch_make(as, e);

	/*
	 * A read-only overlay wants two layers at least; the second is an empty directory that everybody may look
	 * into.
	 */
	if (r == 0)
		r = layer_dir(as, as->scratch, "empty", &l.lower[1], e);
	if (r == 0)
		r = stranger_begin(&saved, as->env->arena, e);
	if (r < 0)
		return r;
	r = rootfs_overlay_new(as, &l, true, &fd, e);
	if (stranger_end(&saved, r < 0 ? NULL : e) < 0 && r == 0)
		return -EPERM;
	if (r < 0)
		return r;
	keep_mount(as, fd);
	return stage(as, fd, ret, e);
}

/*
 * The top of the writable layer is what the root itself looks like: it begins with the mode and owner of the layer
 * below.
 */
static int upper_dir(struct assembly *as, int dir, const char *name, struct layers *l, struct err *e)
{
	bool fresh = faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
	struct stat st;
	int r = layer_dir(as, dir, name, &l->upper, e);

	if (r < 0 || !fresh || fstatat(l->lower[0], "", &st, AT_EMPTY_PATH) < 0)
		return r;
	/*
	 * An owner that the container does not have would leave it nobody who may write there: it stays the
	 * container's root.
	 */
	bool has_owner = !as->env->in_userns && (as->r->idmapped || !as->env->foreign);
	if (has_owner && fchownat(dir, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(e, errno, "set the owner of the throw-away layer");
	return fchmodat(dir, name, st.st_mode & 07777, 0) < 0
		       ? err_set(e, errno, "set the mode of the throw-away layer")
		       : 0;
}

/*
 * A volatile overlay leaves a mark in its work directory that stops it from being mounted again (overlayfs.rst); that
 * of the layer DIR is ours, so it is taken off.
 */
static void unmark(int dir)
{
	auto_fd of_the_kernel = openat(dir, "work/work", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (of_the_kernel >= 0)
		(void)!tree_delete(of_the_kernel, "incompat", NULL);
}

/* Opens the places where changes go: on disk, or in the scratch tmpfs under NAME. */
static int writable_open(struct assembly *as, const char *name, struct layers *l, struct err *e)
{
	const char *on_disk = as->r->writable;
	int r;

	if (!on_disk) {
		char upper[32], work[32];

		snprintf(upper, sizeof(upper), "upper%s", name);
		snprintf(work, sizeof(work), "work%s", name);
		if ((r = scratch_make(as, e)) < 0 || (r = upper_dir(as, as->scratch, upper, l, e)) < 0)
			return r;
		return layer_dir(as, as->scratch, work, &l->work, e);
	}
	char *path = arena_printf(as->env->arena, "%s%s", on_disk, name);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_set(e, errno, "make the layer directory %s", path);
	auto_fd dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return err_set(e, errno, "open the layer directory %s", path);
	unmark(dir);
	if ((r = upper_dir(as, dir, "upper", l, e)) < 0)
		return r;
	return layer_dir(as, dir, "work", &l->work, e);
}

/* One try at a layered tree. */
static int layered_try(struct assembly *as, char **paths, size_t n, const char *name, int *ret_fd, struct err *e)
{
	struct layers l = {.upper = FD_NONE, .work = FD_NONE};
	int r = 0;

	if (n > LAYERS_MAX)
		return err_set(e, 0, "the root has %zu layers, and the limit is %d", n, LAYERS_MAX);
	for (size_t i = 0; i < n && r == 0; i++) {
		r = layer_open(as, paths[i], &l.lower[l.n], e);
		if (r == 0 && rootfs_needs_guard(as))
			r = guard(as, l.lower[l.n], &l.lower[l.n], e);
		l.n++;
	}
	if (r == 0)
		r = writable_open(as, name, &l, e);
	return r < 0 ? r : rootfs_overlay_new(as, &l, false, ret_fd, e);
}

/* The whole of one layered tree: PATHS (topmost first), guarded if asked, below a writable layer called NAME. */
static int layered(struct assembly *as, char **paths, size_t n, const char *name, int *ret_fd, struct err *e)
{
	int r = layered_try(as, paths, n, name, ret_fd, e);

	return r < 0 && !(e && strstr(e->why, ROOTFS_NO_IDMAP)) ? rootfs_overlay_refused(as, r, paths, n, e) : r;
}

/* A directory that is the root itself. */
static int direct(struct assembly *as, int *ret_fd, struct err *e)
{
	const bool whole = as->r->whole;
	const struct mount_opts o = {.set = whole ? 0 : MOUNT_ATTR_NODEV, .bind = true, .recursive = whole};
	auto_fd fd = FD_NONE;
	const char *path = as->r->lower.v[0];
	int r = mount_clone(AT_FDCWD, path, &o, &fd, e);

	if (r < 0)
		return err_context(e, "%s", path);
	if (as->r->idmapped && as->env->userns_fd >= 0 && (r = mount_idmap(fd, as->env->userns_fd, false, e)) < 0)
		return rootfs_idmap_refused(r, path, fd, e);
	*ret_fd = fd_take(&fd);
	return 0;
}

/* What to put together: the root (PATH NULL), or one submount. */
struct job {
	const struct rootfs *r;
	const struct rootfs_env *env;
	const char *path;
};

/* One try, with or without a stage. */
static int assemble(const struct job *j, bool staged, int stage_fd, int *ret_fd, struct err *e)
{
	CLEANUP(assembly_release)
	struct assembly as = {.r = j->r, .env = j->env, .staged = staged, .stage = stage_fd, .scratch = FD_NONE};

	if (j->r->kind == ROOTFS_DIRECT)
		return direct(&as, ret_fd, e);
	if (j->r->kind == ROOTFS_SKELETON && !j->path)
		return rootfs_skeleton_make(&as, ret_fd, e);
	if (!j->path)
		return layered(&as, j->r->lower.v, j->r->lower.n, "", ret_fd, e);
	char *paths[] = {arena_strdup(j->env->arena, j->path)};
	char *name = arena_strdup(j->env->arena, j->path);
	for (char *p = name; *p; p++)
		*p = *p == '/' ? '-' : *p;
	return layered(&as, paths, 1, name, ret_fd, e);
}

/* The child of the older way: a private mount namespace, a tmpfs in it to attach layers on, the overlay, and home. */
static int staged_child(const struct job *j, int sock, struct err *e)
{
	const struct mount_opts o = {0};
	int tmp, fd, r;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_set(e, errno, "make a mount namespace to lay the root together in");
	if ((r = mount_new("tmpfs", NULL, &o, &tmp, e)) < 0)
		return r;
	if (chdir("/proc/self/fd") < 0)
		return err_set(e, errno, "enter /proc/self/fd");
	/* The stage is attached on "/": everything below stays reachable by the paths of this process' own root. */
	auto_fd top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (sys_move_mount(tmp, "", top, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_set(e, errno, "attach the stage for the layers");
	if ((r = assemble(j, true, tmp, &fd, e)) < 0)
		return r;
	return hs_send(sock, HS_MOUNTS, &fd, 1, e);
}

/* The older way: a child puts the layers together and sends the result. */
static int assemble_staged(const struct job *j, int *ret_fd, struct err *e)
{
	auto_fd mine = FD_NONE;
	auto_fd theirs = FD_NONE;
	struct hs_msg m;
	int r = hs_pair(&mine, &theirs, e);

	if (r < 0)
		return r;
	pid_t child = fork();
	if (child < 0)
		return err_set(e, errno, "fork to lay the root together");
	if (child == 0) {
		struct err failed = {0};

		if (staged_child(j, theirs, &failed) < 0) {
			hs_send_err(theirs, HS_FAILED, &failed);
			_exit(1);
		}
		_exit(0);
	}
	fd_close(&theirs);
	r = hs_expect(mine, HS_MOUNTS, &m, e);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (r == 0)
		*ret_fd = m.fds[0];
	return r;
}

/* Whether assembling failed perhaps because overlayfs took offence at a detached layer. */
static bool staging_may_help(const struct job *j, int r, const struct err *e)
{
	if (r != -EINVAL || j->r->kind == ROOTFS_DIRECT || (e && strstr(e->why, ROOTFS_NO_IDMAP)))
		return false;
	/*
	 * Parts of a skeleton are refused for what is mounted in them, too: a way that is no older would change
	 * nothing.
	 */
	return j->r->kind == ROOTFS_LAYERED || (j->path && sys_kernel_before(6, 15));
}

/* The quick way, then the older one where that may help. */
static int assemble_any(const struct job *j, int *ret_fd, struct err *e)
{
	int r = assemble(j, false, FD_NONE, ret_fd, e);

	if (staging_may_help(j, r, e))
		r = assemble_staged(j, ret_fd, e);
	bool part = j->path && j->r->kind == ROOTFS_SKELETON;
	return part && (r == -EINVAL || r == -EPERM) ? rootfs_shown_read_only(j->path, ret_fd, e) : r;
}

int rootfs_assemble(const struct rootfs *r, const struct rootfs_env *env, int *ret_fd, struct err *e)
{
	return assemble_any(&(struct job){r, env, NULL}, ret_fd, e);
}

int rootfs_assemble_submount(const struct rootfs *r, const char *path, const struct rootfs_env *env, int *ret_fd,
			     struct err *e)
{
	return assemble_any(&(struct job){r, env, path}, ret_fd, e);
}
