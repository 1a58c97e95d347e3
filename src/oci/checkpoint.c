/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'checkpoint': a container's processes are written into criu's images, and end. */
#include "base/json_out.h"
#include "core/ns.h"
#include "oci/container.h"
#include "oci/criu.h"
#include "oci/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const criu_joined_key[NS_KIND_COUNT] = {[NS_NET] = "extRootNetNS", [NS_PID] = "extRootPidNS"};

/* Notes what descriptors 0 to 2 of the first process are: restore gives it pipes in the place of those. */
static int save_descriptors(const struct criu *criu, pid_t pid, struct err *e)
{
	struct json_out o;

	json_out_init(&o, criu->arena, JSON_COMPACT);
	json_open_list(&o, NULL);
	for (int fd = 0; fd < 3; fd++) {
		char target[4096];
		ssize_t n =
			readlink(arena_printf(criu->arena, "/proc/%d/fd/%d", (int)pid, fd), target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = '\0';
		json_string(&o, NULL, target);
	}
	json_close_list(&o);
	const char *text = json_out_text(&o);
	const char *path = arena_printf(criu->arena, "%s/" CRIU_DESCRIPTORS, criu->images);
	return file_replace(AT_FDCWD, path, text, strlen(text), 0600, e);
}

/* Namespaces: a joined one is not criu's to make; the network, whose devices nobody here manages, is made empty. */
static void say_namespaces(struct criu *criu, const struct spec *s, pid_t pid)
{
	for (int k = 0; k < NS_KIND_COUNT; k++) {
		if (s->lin.ns[k].mode != NS_JOIN || !criu_joined_key[k])
			continue;
		criu_word(criu, "--external");
		criu_word(criu, "%s[%lu]:%s", ns_facts[k].proc, ns_inode(pid, (enum ns_kind)k), criu_joined_key[k]);
	}
	if (s->lin.ns[NS_NET].mode == NS_NEW) {
		criu_word(criu, "--empty-ns");
		criu_word(criu, "net");
	}
}

/*
 * Where the group can be frozen criu does that, instead of stopping processes one by one.  What the container sees of
 * control groups is not criu's to make.
 */
static int say_group(struct criu *criu, const struct oci_container *c, const struct spec *s, struct err *e)
{
	struct cgroup_manager m;
	CLEANUP(cgroup_release) struct cgroup cg;
	int r = container_cgroup(c, &m, &cg, e);

	if (r < 0 || !cg.path)
		return r;
	const char *top = cg.host->v1[CGC_FREEZER] && cg.v1_used & 1u << CGC_FREEZER ? cg.host->v1[CGC_FREEZER]
			  : cg.host->layout == CGROUP_V2			     ? cg.host->v2
										     : NULL;
	if (top) {
		criu_word(criu, "--freeze-cgroup");
		criu_word(criu, "%s%s", top, cg.path);
	}
	return criu_cgroups(criu, s, cg.host, cg.path, e);
}

/* Masked files are binds of /dev/null, which are made again from the machine's; directories are criu's own to keep. */
static void say_masks(struct criu *criu, const struct spec *s, pid_t pid)
{
	struct stat st;

	for (size_t i = 0; i < s->lin.masked_paths.n; i++) {
		const char *path = s->lin.masked_paths.v[i];

		if (stat(arena_printf(criu->arena, "/proc/%d/root/%s", (int)pid, path), &st) < 0 || S_ISDIR(st.st_mode))
			continue;
		criu_word(criu, "--external");
		criu_word(criu, "mnt[%s]:%s", path, path);
	}
}

/* criu follows the links that such a mount is of, or on: what it restores would be another container. */
static int check_links(const struct spec *s, struct err *e)
{
	static const char *const words[] = {"src-nofollow", "dest-nofollow"};

	for (size_t i = 0; i < s->mounts.n; i++)
		for (size_t k = 0; k < ARRAY_LEN(words); k++)
			if (strs_has(&s->mounts.v[i].options, words[k]))
				return err_set(e, 0, "mount %s: criu knows no mounts with the option \"%s\"",
					       s->mounts.v[i].destination, words[k]);
	return 0;
}

/* Has criu write the images of a container that was found. */
static int dump(struct oci_container *c, const struct oci_criu_options *o, struct err *e)
{
	struct criu criu;
	struct spec spec;
	int r = container_spec(c, &spec, e);

	r = r < 0 ? r : check_links(&spec, e);
	if (r == 0 && c->record.place.path)
		r = err_set(e, 0, "criu knows no containers without a mount namespace of their own");
	r = r < 0 ? r : criu_begin(&criu, o->pre_dump ? "pre-dump" : "dump", o, true, c->rt->arena, e);
	if (r < 0)
		return r;
	criu_word(&criu, "--tree=%d", (int)c->record.pid);
	criu_word(&criu, "--root=%s", c->record.rootfs);
	if (o->pre_dump || o->parent_path)
		criu_word(&criu, "--track-mem");
	say_namespaces(&criu, &spec, c->record.pid);
	criu_mounts(&criu, &spec);
	say_masks(&criu, &spec, c->record.pid);
	r = say_group(&criu, c, &spec, e);
	r = r < 0 || o->pre_dump ? r : save_descriptors(&criu, c->record.pid, e);
	return r < 0 ? r : criu_run(&criu, e);
}

int oci_checkpoint(struct oci_runtime *rt, const char *id, const struct oci_criu_options *criu, struct err *e)
{
	const struct oci_criu_options *o = criu;
	CLEANUP(container_close) struct oci_container c;
	int r;

	container_init(&c, rt, id);
	r = container_open(&c, rt, id, false, e);
	if (r < 0)
		return r;
	const enum oci_status status = container_status(&c);
	if (status != STATUS_RUNNING && status != STATUS_PAUSED)
		return err_set(e, 0, "container %s cannot be checkpointed in %s state", id, oci_status_word(status));
	r = dump(&c, o, e);
	if (r < 0)
		return err_context(e, "checkpoint the container %s", id);
	/* Its processes have ended: like runc's, the container is no more. */
	return o->leave_running || o->pre_dump ? 0 : oci_delete(rt, id, true, e);
}
