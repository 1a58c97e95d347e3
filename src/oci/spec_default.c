/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The config.json to begin with: see spec_default.h. */
#include "oci/spec_default.h"

#include "base/fd.h"
#include "oci/spec_json.h"

#include <linux/capability.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#define ALLOWED_CAPS (UINT64_C(1) << CAP_AUDIT_WRITE | UINT64_C(1) << CAP_KILL | UINT64_C(1) << CAP_NET_BIND_SERVICE)
enum { OPEN_FILES = 1024 };

enum who { ANYBODY, ROOT, ROOTLESS };

/* A plain user has no group 5 for terminals, and gets the machine's /sys: a new one needs a network of one's own. */
static const struct {
	enum who who;
	const char *destination, *type, *source, *options;
} mounts[] = {
	{ANYBODY, "/proc", "proc", "proc", ""},
	{ANYBODY, "/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k"},
	{ROOT, "/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"},
	{ROOTLESS, "/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620"},
	{ANYBODY, "/dev/shm", "tmpfs", "shm", "nosuid,noexec,nodev,mode=1777,size=65536k"},
	{ANYBODY, "/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev"},
	{ROOT, "/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro"},
	{ROOTLESS, "/sys", "none", "/sys", "rbind,nosuid,noexec,nodev,ro"},
	{ANYBODY, "/sys/fs/cgroup", "cgroup", "cgroup", "nosuid,noexec,nodev,relatime,ro"},
};

static const char *const masked[] = {
	"/proc/acpi",	    "/proc/asound",	 "/proc/kcore",	      "/proc/keys",    "/proc/latency_stats",
	"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
};
static const char *const read_only[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
static const char *const env[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"};

/* Adds the N words to LIST. */
static void add_words(struct strs *list, struct arena *a, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		strs_add(list, a, words[i]);
}

/* Adds the parts of TEXT, between commas, to LIST. */
static void add_parts(struct strs *list, struct arena *a, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, ",");

		strs_take(list, a, arena_strndup(a, text, len));
		text += len + (text[len] == ',');
	}
}

/* A shell as root, with few rights. */
static void fill_process(struct spec_process *p, struct arena *a)
{
	p->terminal = true;
	p->no_new_privileges = true;
	p->cwd = arena_strdup(a, "/");
	strs_add(&p->args, a, "sh");
	add_words(&p->env, a, env, ARRAY_LEN(env));
	p->caps = (struct spec_caps){
		.has = true, .bounding = ALLOWED_CAPS, .effective = ALLOWED_CAPS, .permitted = ALLOWED_CAPS};
	*list_add(&p->rlimits, a) = (struct spec_rlimit){RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES};
}

/* Whether this machine has cgroup v2 alone: there a container's group is the root of what it sees, as runc has it. */
static bool shows_groups_whole(void)
{
	struct statfs fs;

	return statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* What both kinds have, and the mounts for WHO. */
static void fill(enum who who, struct arena *a, struct spec *s)
{
	static const enum ns_kind kinds[] = {NS_PID, NS_IPC, NS_UTS, NS_MNT};

	spec_init(s);
	s->oci_version = arena_strdup(a, SPEC_OCI_VERSION);
	s->root.path = arena_strdup(a, "rootfs");
	s->root.readonly = true;
	s->hostname = arena_strdup(a, "isle");
	fill_process(&s->process, a);
	for (size_t i = 0; i < ARRAY_LEN(mounts); i++) {
		if (mounts[i].who != ANYBODY && mounts[i].who != who)
			continue;
		struct spec_mount *m = list_add(&s->mounts, a);
		m->destination = arena_strdup(a, mounts[i].destination);
		m->type = arena_strdup(a, mounts[i].type);
		m->source = arena_strdup(a, mounts[i].source);
		m->source_fd = FD_NONE;
		add_parts(&m->options, a, mounts[i].options);
	}
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		s->lin.ns[kinds[i]].mode = NS_NEW;
	if (shows_groups_whole())
		s->lin.ns[NS_CGROUP].mode = NS_NEW;
	add_words(&s->lin.masked_paths, a, masked, ARRAY_LEN(masked));
	add_words(&s->lin.readonly_paths, a, read_only, ARRAY_LEN(read_only));
}

void spec_default(struct arena *a, struct spec *ret)
{
	fill(ROOT, a, ret);
	ret->lin.ns[NS_NET].mode = NS_NEW;
	*list_add(&ret->lin.resources.devices, a) = (struct spec_device_rule){.type = 'a', .access = "rwm"};
}

void spec_default_rootless(uint32_t uid, uint32_t gid, struct arena *a, struct spec *ret)
{
	fill(ROOTLESS, a, ret);
	ret->lin.ns[NS_USER].mode = NS_NEW;
	*list_add(&ret->lin.uid_map, a) = (struct spec_idmap){0, uid, 1};
	*list_add(&ret->lin.gid_map, a) = (struct spec_idmap){0, gid, 1};
}

char *spec_default_text(const struct spec *s, struct arena *a)
{
	struct json_out out;

	json_out_init(&out, a, JSON_INDENTED);
	spec_write(s, &out, NULL);
	return arena_printf(a, "%s\n", json_out_text(&out));
}
