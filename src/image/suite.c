/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building a root with mmdebstrap or debootstrap: see suite.h.
 *
 * The tool is the first process of a pid namespace, in a mount namespace of its own: when isle dies, the kernel kills
 * all that the tool started, and no mount of it was ever seen outside.  For a plain user it is root of a user
 * namespace, so the files get the ids that the container will have; only mmdebstrap can do without making devices.
 */
#include "image/suite.h"

#include "base/fd.h"
#include "base/sha256.h"
#include "image/mirror.h"
#include "image/store.h"
#include "image/worker.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum { SUITE_MAX = 64, MIRROR_MAX = 512, MIRROR_HASH_LEN = 12, IDS_NEEDED = 65535 };

static const char default_mirror[] = "http://deb.debian.org/debian";
static const char keyring[] = "/usr/share/keyrings/debian-archive-keyring.gpg";

/* Where the tools are looked for, and the PATH that they get. */
static const char *const tool_dirs[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};
static const char tool_path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";

/* What the tools may know of the caller's environment: the way to the network. */
static const char *const env_passed[] = {"http_proxy", "https_proxy", "no_proxy", "SOURCE_DATE_EPOCH"};

/* The tools, the better one first. */
static const struct tool {
	const char *name;
	bool rootless; /* works as root of a user namespace */
	const char *options[4];
} tools[] = {
	{"mmdebstrap", true, {"--mode=root", "--variant=minbase", "--format=directory"}},
	{"debootstrap", false, {"--variant=minbase"}},
};

int suite_check(const char *suite, const char *mirror, struct err *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	const size_t n = strlen(suite);

	if (n == 0 || n > SUITE_MAX || !strchr(letters, suite[0]) ||
	    strspn(suite, "abcdefghijklmnopqrstuvwxyz0123456789.-") != n) {
		err_set(e, 0, "\"%s\" is no suite", suite);
		return err_cure(e, "write its code name in small letters, as in debootstrap:bookworm");
	}
	if (!mirror)
		return 0;
	const bool known = strncmp(mirror, "http://", 7) == 0 || strncmp(mirror, "https://", 8) == 0 ||
			   strncmp(mirror, "file:///", 8) == 0;
	if (!known || strlen(mirror) > MIRROR_MAX) {
		err_set(e, 0, "\"%s\" is no mirror", mirror);
		return err_cure(e, "give an address like %s", default_mirror);
	}
	for (const char *p = mirror; *p; p++)
		if (*p <= ' ' || *p > '~')
			return err_set(e, 0, "the mirror \"%s\" has a character that no address has", mirror);
	return 0;
}

/* The first tool that is installed, and its path. */
static int tool_find(const struct root_request *q, struct arena *a, const struct tool **ret, char **ret_path,
		     struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
		if (q->rootless && !tools[i].rootless)
			continue;
		for (size_t j = 0; j < ARRAY_LEN(tool_dirs); j++) {
			*ret_path = arena_printf(a, "%s/%s", tool_dirs[j], tools[i].name);
			*ret = &tools[i];
			if (access(*ret_path, X_OK) == 0)
				return 0;
		}
	}
	err_set(e, ENOENT, "find a program that builds a Debian root");
	return err_cure(e, "install the package mmdebstrap%s", q->rootless ? "" : " or debootstrap");
}

/* A plain user needs the ids up to nobody's, 65534: a Debian root has files of a dozen of them. */
static int ids_check(const struct root_request *q, struct err *e)
{
	uint64_t count = 0;

	for (size_t i = 0; q->rootless && i < q->uid_map->n; i++)
		count += q->uid_map->v[i].size;
	if (!q->rootless || count >= IDS_NEEDED)
		return 0;
	err_set(e, 0, "build a Debian root as a plain user");
	err_why(e, "it has files of many owners, and you have %llu id%s", (unsigned long long)count,
		count == 1 ? "" : "s");
	return err_cure(e, "have root run: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 YOU");
}

/* What the child that builds needs to know. */
struct building {
	struct strs argv, env;
};

/* In the child: mounts of its own, then becomes the tool. */
static int build_main(void *arg)
{
	struct building *b = arg;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		dprintf(STDERR_FILENO, "make the mounts private: %s\n", strerror(errno));
		return EXIT_ISLE;
	}
	/* A /proc of the new pid namespace; where parts of it are hidden from us, the kernel refuses, and it stays. */
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 && errno != EPERM) {
		dprintf(STDERR_FILENO, "mount /proc: %s\n", strerror(errno));
		return EXIT_ISLE;
	}
	if (chdir("/") < 0)
		return EXIT_ISLE;
	execve(b->argv.v[0], b->argv.v, b->env.v);
	dprintf(STDERR_FILENO, "run %s: %s\n", b->argv.v[0], strerror(errno));
	return EXIT_ISLE;
}

/* The arguments and the environment of the tool. */
static void building_prepare(struct building *b, const struct tool *t, const char *path, const char *suite,
			     const char *directory, const char *mirror, struct arena *a)
{
	strs_add(&b->argv, a, path);
	for (size_t i = 0; i < ARRAY_LEN(t->options) && t->options[i]; i++)
		strs_add(&b->argv, a, t->options[i]);
	strs_add(&b->argv, a, suite);
	strs_add(&b->argv, a, directory);
	strs_add(&b->argv, a, mirror);
	strs_add(&b->env, a, tool_path);
	strs_add(&b->env, a, "LC_ALL=C.UTF-8");
	strs_add(&b->env, a, "HOME=/nonexistent");
	strs_add(&b->env, a, "DEBIAN_FRONTEND=noninteractive");
	for (size_t i = 0; i < ARRAY_LEN(env_passed); i++) {
		const char *value = getenv(env_passed[i]);

		if (value)
			strs_take(&b->env, a, arena_printf(a, "%s=%s", env_passed[i], value));
	}
}

/* Runs the tool into the claimed directory. */
static int build(struct store_claim *c, const char *suite, const char *mirror, struct err *e)
{
	const struct root_request *q = c->store->request;
	struct arena *a = c->store->arena;
	struct building b = {0};
	const struct tool *t;
	char *path;
	int r = tool_find(q, a, &t, &path, e);

	if (r == 0)
		r = ids_check(q, e);
	if (r == 0)
		r = store_begin(c, e);
	if (r < 0)
		return r;
	building_prepare(&b, t, path, suite, c->rootfs, mirror, a);
	const struct worker w = {
		.request = q,
		.what = arena_printf(a, "build %s from %s with %s", suite, mirror, t->name),
		.stdin_fd = FD_NONE,
		.namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS,
		.note_mark = "I: ",
		.main = build_main,
		.arg = &b,
	};
	if (q->progress)
		q->progress(q->progress_ctx, w.what);
	r = worker_run(&w, a, e);
	if (r < 0 && access(keyring, F_OK) < 0)
		err_cure(e, "if it is a Debian suite, install the package debian-archive-keyring");
	return r;
}

/* The store's name of the suite; a mirror that was asked for is part of it, since it may have other packages. */
static char *suite_name(const struct root_request *q, const char *suite, struct arena *a)
{
	char hex[SHA256_HEX_LEN + 1];
	struct sha256 s;

	if (!q->mirror)
		return arena_printf(a, "debootstrap-%s", suite);
	sha256_init(&s);
	sha256_add(&s, q->mirror, strlen(q->mirror));
	sha256_hex(&s, hex);
	return arena_printf(a, "debootstrap-%s-%.*s", suite, MIRROR_HASH_LEN, hex);
}

/* Under the claim: builds, unless another isle just did. */
static int make_claimed(struct store_claim *c, const char *suite, struct err *e)
{
	const struct root_request *q = c->store->request;
	struct arena *a = c->store->arena;
	const char *mirror = q->mirror;

	if (store_has(c->store, c->name) && !q->rebuild)
		return 0;
	if (!mirror)
		mirror = mirror_of_machine("/etc/apt", suite, a);
	if (!mirror || suite_check(suite, mirror, NULL) < 0)
		mirror = default_mirror;
	int r = build(c, suite, mirror, e);
	return r < 0 ? r : store_publish(c, arena_printf(a, "debootstrap:%s from %s", suite, mirror), e);
}

int suite_root(const struct root_request *q, const char *suite, struct arena *a, char **ret, struct err *e)
{
	struct store_claim c;
	struct store s;
	int r = suite_check(suite, q->mirror, e);

	if (r == 0)
		r = store_open(&s, q, a, e);
	if (r < 0)
		return r;
	store_sweep(&s);
	const char *name = suite_name(q, suite, a);
	if (q->rebuild || !store_has(&s, name)) {
		r = store_claim(&s, name, true, &c, e);
		if (r == 0) {
			r = make_claimed(&c, suite, e);
			store_release(&c);
		}
	}
	if (r == 0)
		*ret = store_rootfs(&s, name);
	store_close(&s);
	return r;
}
