/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What config.json demands of "linux" without its resources (config-linux.md); see spec_check.h. */
#include "oci/spec_check_rules.h"

#include <linux/mempolicy.h>
#include <net/if.h>
#include <string.h>

enum { MPOL_WEIGHTED = 6 }; /* MPOL_WEIGHTED_INTERLEAVE, Linux 6.9 */

/* ---- namespaces and what needs them ---- */

int check_idmaps(const struct spec_idmaps *m, struct err *e)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct spec_idmap *x = &m->v[i];
		int bad = 0;

		if (x->size == 0)
			bad = bind_fail_at(e, "size", 0, bind_fail(e, "must not be 0"));
		else if (x->size > UINT32_MAX - x->container_id || x->size > UINT32_MAX - x->host_id)
			bad = bind_fail_at(e, "size", 0, bind_fail(e, "leads beyond the last id, 4294967294"));
		if (bad < 0)
			return bind_fail_at(e, NULL, i, bad);
	}
	return 0;
}

/* Mappings belong to a user namespace. */
static int check_mappings(const struct spec *s, struct err *e)
{
	int bad;

	if ((s->lin.uid_map.n || s->lin.gid_map.n) && s->lin.ns[NS_USER].mode == NS_KEEP)
		return bind_fail_at(e, s->lin.uid_map.n ? "uidMappings" : "gidMappings", 0,
				    bind_fail(e, "needs a user namespace"));
	if ((bad = check_idmaps(&s->lin.uid_map, e)) < 0)
		return bind_fail_at(e, "uidMappings", 0, bad);
	if ((bad = check_idmaps(&s->lin.gid_map, e)) < 0)
		return bind_fail_at(e, "gidMappings", 0, bad);
	return 0;
}

/* The clocks of a time namespace can be set only before somebody is in it. */
static int check_time(const struct spec *s, struct err *e)
{
	if ((s->lin.time_offsets.monotonic.has || s->lin.time_offsets.boottime.has) &&
	    s->lin.ns[NS_TIME].mode != NS_NEW)
		return bind_fail_at(e, "timeOffsets", 0, bind_fail(e, "needs a new time namespace"));
	return 0;
}

/* Whether TEXT can be the name of a network interface, as the kernel's dev_valid_name() has it. */
static bool is_interface(const char *text)
{
	return text_file_name(text) && strlen(text) < IFNAMSIZ && !strpbrk(text, ": \t\n\v\f\r");
}

/* Interfaces can move only into a namespace of the container's own. */
static int check_net_devices(const struct spec *s, struct err *e)
{
	const struct spec_net_devices *d = &s->lin.net_devices;

	if (d->n && s->lin.ns[NS_NET].mode == NS_KEEP)
		return bind_fail_at(e, "netDevices", 0, bind_fail(e, "needs a network namespace"));
	for (size_t i = 0; i < d->n; i++)
		if (!is_interface(d->v[i].host_name) || (d->v[i].name && *d->v[i].name && !is_interface(d->v[i].name)))
			return bind_fail_at(e, "netDevices", 0,
					    bind_fail_at(e, d->v[i].host_name, 0,
							 bind_fail(e, "must be the name of a network interface")));
	return 0;
}

/* ---- sysctl ---- */

/* Whose parameters those of a namespace are; a name with a '.' at its end stands for everything below. */
static const struct {
	const char *name;
	enum ns_kind kind;
} sysctls[] = {
	{"net.", NS_NET},
	{"fs.mqueue.", NS_IPC},
	{"kernel.msgmax", NS_IPC},
	{"kernel.msgmnb", NS_IPC},
	{"kernel.msgmni", NS_IPC},
	{"kernel.sem", NS_IPC},
	{"kernel.shmall", NS_IPC},
	{"kernel.shmmax", NS_IPC},
	{"kernel.shmmni", NS_IPC},
	{"kernel.domainname", NS_UTS},
	{"kernel.shm_rmid_forced", NS_IPC},
};

/* Whether KEY is words joined by single dots or slashes, so that nothing in it leads out of /proc/sys. */
static bool is_sysctl(const char *key)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-@:";

	for (;;) {
		size_t len = strspn(key, letters);

		if (len == 0)
			return false;
		key += len;
		if (!*key)
			return true;
		if (*key != '.' && *key != '/')
			return false;
		key++;
	}
}

/* Whether KEY begins with NAME, where a slash is as good as a dot. */
static bool sysctl_begins(const char *key, const char *name)
{
	for (; *name; name++, key++)
		if (*key != *name && !(*name == '.' && *key == '/'))
			return false;
	return true;
}

int spec_sysctl_kind(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(sysctls); i++) {
		size_t len = strlen(sysctls[i].name);

		if (sysctl_begins(key, sysctls[i].name) && (sysctls[i].name[len - 1] == '.' || !key[len]))
			return (int)sysctls[i].kind;
	}
	return -1;
}

/* One parameter: it must not change for the whole machine. */
static int check_sysctl(const struct spec *s, const struct spec_pair *p, struct err *e)
{
	int kind = spec_sysctl_kind(p->key);

	if (!is_sysctl(p->key))
		return bind_fail(e, "must be a name such as net.ipv4.ip_forward");
	if (sysctl_begins(p->key, "kernel.hostname"))
		return bind_fail(e, "is set by \"hostname\"");
	if (kind < 0)
		return bind_fail(e, "belongs to no namespace and would change for the whole machine");
	if (s->lin.ns[kind].mode == NS_KEEP)
		return bind_fail(e, "needs a namespace of type \"%s\", or it would change for the whole machine",
				 ns_facts[kind].oci);
	return 0;
}

/* All of them. */
static int check_sysctls(const struct spec *s, struct err *e)
{
	for (size_t i = 0; i < s->lin.sysctl.n; i++) {
		int bad = check_sysctl(s, &s->lin.sysctl.v[i], e);

		if (bad < 0)
			return bind_fail_at(e, "sysctl", 0, bind_fail_at(e, s->lin.sysctl.v[i].key, 0, bad));
	}
	return 0;
}

/* ---- devices ---- */

/* Every node has a place, and all but pipes a number. */
static int check_devices(const struct spec *s, struct err *e)
{
	for (size_t i = 0; i < s->lin.devices.n; i++) {
		const struct spec_device *d = &s->lin.devices.v[i];
		int bad = 0;

		if (!text_absolute(d->path))
			bad = bind_fail_at(e, "path", 0, bind_fail(e, "%s", SAYS_ABSOLUTE));
		else if (d->type != 'p' && d->major == 0 && d->minor == 0)
			bad = bind_fail_at(e, "major", 0, bind_fail(e, "is missing"));
		if (bad < 0)
			return bind_fail_at(e, "devices", 0, bind_fail_at(e, NULL, i, bad));
	}
	return 0;
}

/* ---- seccomp, intelRdt, memoryPolicy ---- */

/* Metadata is for a listener. */
static int check_seccomp(const struct spec *s, struct err *e)
{
	const struct spec_seccomp *x = &s->lin.seccomp;

	if (x->listener_metadata && *x->listener_metadata && !(x->listener_path && *x->listener_path))
		return bind_fail_at(e, "seccomp.listenerMetadata", 0, bind_fail(e, "needs \"listenerPath\""));
	return 0;
}

/* Whether TEXT is the name of a group of resctrl, or "/" for the first. */
static bool is_closid(const char *text)
{
	return strcmp(text, "/") == 0 || (text_file_name(text) && text_one_line(text));
}

/* Whether TEXT is one line of bandwidths. */
static bool is_bandwidth(const char *text)
{
	return strncmp(text, "MB:", 3) == 0 && text_one_line(text);
}

/* What each mode wants of its nodes (set_mempolicy(2)). */
static const enum {
	NODES_NONE,
	NODES_MAYBE,
	NODES_SOME
} mode_nodes[] = {
	[MPOL_DEFAULT] = NODES_NONE,	[MPOL_PREFERRED] = NODES_MAYBE, [MPOL_BIND] = NODES_SOME,
	[MPOL_INTERLEAVE] = NODES_SOME, [MPOL_LOCAL] = NODES_NONE,	[MPOL_PREFERRED_MANY] = NODES_SOME,
	[MPOL_WEIGHTED] = NODES_SOME,
};

/* Nodes and flags must belong to the mode. */
static int check_memory_policy(const struct spec *s, struct err *e)
{
	const struct spec_memory_policy *p = &s->lin.memory_policy;
	const unsigned int both = MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES;
	bool nodes = p->nodes && *p->nodes;

	if (!p->has)
		return 0;
	if (nodes && mode_nodes[p->mode] == NODES_NONE)
		return bind_fail_at(e, "memoryPolicy.nodes", 0, bind_fail(e, "must be empty with this mode"));
	if (!nodes && mode_nodes[p->mode] == NODES_SOME)
		return bind_fail_at(e, "memoryPolicy.nodes", 0, bind_fail(e, "must not be empty with this mode"));
	if ((p->flags & both) == both)
		return bind_fail_at(e, "memoryPolicy.flags", 0,
				    bind_fail(e, "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other"));
	return 0;
}

/* ---- the whole ---- */

/* Whether TEXT is a way in which mounts spread; the recursive words are runc's and crun's. */
static bool is_propagation(const char *text)
{
	static const char *const words[] = {"shared", "slave", "private", "unbindable"};

	text += text[0] == 'r';
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

/* The demands on single texts. */
static int check_linux_texts(const struct spec *s, struct err *e)
{
	static const struct text_rule rules[] = {
		{"cgroupsPath", offsetof(struct spec, lin.cgroups_path), text_stays, SAYS_STAYS},
		{"maskedPaths", offsetof(struct spec, lin.masked_paths), text_absolute, SAYS_ABSOLUTE, .list = true},
		{"readonlyPaths", offsetof(struct spec, lin.readonly_paths), text_absolute, SAYS_ABSOLUTE,
		 .list = true},
		{"rootfsPropagation", offsetof(struct spec, lin.rootfs_propagation), is_propagation,
		 "must be \"shared\", \"slave\", \"private\" or \"unbindable\", or one of them with an \"r\" in front"},
		{"seccomp.listenerPath", offsetof(struct spec, lin.seccomp.listener_path), text_absolute,
		 SAYS_ABSOLUTE},
		{"intelRdt.closID", offsetof(struct spec, lin.intel_rdt.clos_id), is_closid,
		 "must be \"/\" or a name without \"/\""},
		{"intelRdt.schemata", offsetof(struct spec, lin.intel_rdt.schemata), text_one_line, SAYS_ONE_LINE,
		 .list = true},
		{"intelRdt.l3CacheSchema", offsetof(struct spec, lin.intel_rdt.l3_cache_schema), text_one_line,
		 SAYS_ONE_LINE},
		{"intelRdt.memBwSchema", offsetof(struct spec, lin.intel_rdt.mem_bw_schema), is_bandwidth,
		 "must be one line that begins with \"MB:\""},
		{"memoryPolicy.nodes", offsetof(struct spec, lin.memory_policy.nodes), text_ranges, SAYS_RANGES},
	};

	return check_texts(rules, ARRAY_LEN(rules), s, e);
}

int check_linux(const struct spec *s, struct err *e)
{
	static const struct part_rule rules[] = {
		{"", check_linux_texts}, {"", check_mappings}, {"", check_time},    {"", check_net_devices},
		{"", check_sysctls},	 {"", check_devices},  {"", check_seccomp}, {"", check_memory_policy},
	};

	return check_parts(rules, ARRAY_LEN(rules), s, e);
}
