/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device rules: which device nodes the group may open and make.
 *
 * The rules are read in order and the last one that matches decides, for each kind of access by itself; what none
 * matches is denied.  On v2, and on hybrid machines too (no v1 hierarchy to enter), they become a small BPF program on
 * the group (device_program.c); on v1 alone they are written into devices.deny and devices.allow.
 */
#include "core/cgroup_priv.h"
#include "core/device_program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	RULES_MAX = 1024,
	MAJOR_END = 1 << 12,
	MINOR_END = 1 << 20, /* dev_t in the kernel */
	ANY = DEVICE_ANY,
};

static const int ACCESS_ALL = DEVICE_ACCESS_ALL;

int device_rule_read(const struct spec_device_rule *from, struct device_rule *ret, struct err *e)
{
	*ret = (struct device_rule){.allow = from->allow, .type = ANY, .major = ANY, .minor = ANY};
	if (from->type == 'b' || from->type == 'c')
		ret->type = from->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
	else if (from->type != 'a' && from->type != '\0')
		return err_set(e, 0, "device rule with the type \"%c\", which is none of a, b, c", from->type);
	if (from->major.has && from->major.v >= 0)
		ret->major = from->major.v;
	if (from->minor.has && from->minor.v >= 0)
		ret->minor = from->minor.v;
	if (ret->major >= MAJOR_END || ret->minor >= MINOR_END)
		return err_set(e, 0, "device rule for %lld:%lld, numbers that no device has", (long long)ret->major,
			       (long long)ret->minor);
	for (size_t i = 0; i < sizeof(from->access) && from->access[i]; i++) {
		const char *letter = strchr("mrw", from->access[i]);

		if (!letter)
			return err_set(e, 0, "device rule with the access \"%.*s\", which is not made of r, w and m",
				       (int)sizeof(from->access), from->access);
		ret->access |= 1 << (letter - "mrw");
	}
	if (ret->access == 0)
		ret->access = ACCESS_ALL;
	return 0;
}
static_assert(BPF_DEVCG_ACC_MKNOD == 1 && BPF_DEVCG_ACC_READ == 2 && BPF_DEVCG_ACC_WRITE == 4, "the order of \"mrw\"");

/* Whether the rule is about every access to every device. */
static bool is_everything(const struct device_rule *r)
{
	return r->type == ANY && r->major == ANY && r->minor == ANY && r->access == ACCESS_ALL;
}

bool cgroup_is_machine_root(void)
{
	static const char whole[] = "         0          0 4294967295\n";
	char map[256];

	return geteuid() == 0 &&
	       (cgroup_text(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) <= 0 || strcmp(map, whole) == 0);
}

/* Who is not root of the machine can't open what its containers must not open either. */
static bool without_device_rights(void)
{
	return !cgroup_is_machine_root();
}

/* Puts the rules on the group in the v2 tree. */
static int apply_v2(const struct cgroup *cg, const struct spec_device_rules *rules, struct err *e)
{
	struct arena a CLEANUP(arena_free) = {0};
	struct device_program p;
	int r = device_program_build(rules, &a, &p, e);

	if (r < 0)
		return r;
	r = device_program_attach(&p, cg->v2_fd);
	if (r == 0 || (r == -EPERM && without_device_rights()))
		return 0;
	err_set(e, -r, "set the device rules of the control group %s", cg->path);
	if (r == -EINVAL || r == -ENOSYS)
		err_why(e, "this kernel has no BPF programs for control groups (CONFIG_CGROUP_BPF)");
	if (r == -EPERM)
		err_why(e, "it takes CAP_BPF and CAP_NET_ADMIN (before Linux 5.11 also memory that may be locked: "
			   "RLIMIT_MEMLOCK), or a group above has rules that can't be added to");
	return r;
}

/* ---- v1 ---- */

/* Writes one line into devices.allow or devices.deny. */
static int write_line(int dir, bool allow, const char *line, struct err *e)
{
	return file_write(dir, allow ? "devices.allow" : "devices.deny", line, e);
}

/* One rule for one type of device ('b', 'c') in v1's words. */
static int write_rule(int dir, const struct device_rule *r, char type, struct err *e)
{
	char major[24] = "*", minor[24] = "*", line[80];

	if (r->major != ANY)
		snprintf(major, sizeof(major), "%lld", (long long)r->major);
	if (r->minor != ANY)
		snprintf(minor, sizeof(minor), "%lld", (long long)r->minor);
	snprintf(line, sizeof(line), "%c %s:%s %s%s%s", type, major, minor, r->access & BPF_DEVCG_ACC_READ ? "r" : "",
		 r->access & BPF_DEVCG_ACC_WRITE ? "w" : "", r->access & BPF_DEVCG_ACC_MKNOD ? "m" : "");
	return write_line(dir, r->allow, line, e);
}

/* Whether two numbers can mean the same device. */
static bool meet(int64_t a, int64_t b)
{
	return a == ANY || b == ANY || a == b;
}

/* Whether v1 allows what no rule before AT is about: as the last one about everything says. */
static bool allows_the_rest(const struct spec_device_rules *rules, size_t at)
{
	struct device_rule earlier;

	while (at-- > 0)
		if (device_rule_read(&rules->v[at], &earlier, NULL) == 0 && is_everything(&earlier))
			return earlier.allow;
	return false;
}

/*
 * v1 keeps a list of exceptions from "allow all" or "deny all".  It takes any new one, but takes one back only by the
 * very numbers it was given with, and ignores other attempts in silence; so rule AT is refused where it means to take
 * back a part of an exception.
 */
static int check_v1(const struct spec_device_rules *rules, size_t at, const struct device_rule *r, struct err *e)
{
	struct device_rule earlier;

	if (r->allow != allows_the_rest(rules, at))
		return 0;
	for (size_t i = at; i-- > 0;) {
		if (device_rule_read(&rules->v[i], &earlier, NULL) < 0 || is_everything(&earlier))
			break;
		bool same = earlier.major == r->major && earlier.minor == r->minor;

		if (earlier.allow == r->allow || same || !meet(earlier.type, r->type) ||
		    !meet(earlier.major, r->major) || !meet(earlier.minor, r->minor) || !(earlier.access & r->access))
			continue;
		err_set(e, EOPNOTSUPP, "%s by device rule %zu a part of what rule %zu %s", r->allow ? "allow" : "deny",
			at + 1, i + 1, r->allow ? "denies" : "allows");
		return err_why(e, "v1 hierarchies can't");
	}
	return 0;
}

/* Writes the rules in order, beginning with "deny all". */
static int apply_v1(const struct cgroup *cg, const struct spec_device_rules *rules, struct err *e)
{
	auto_fd dir = cgroup_dir(cg->host->v1[CGC_DEVICES], cg->path);
	int r = dir < 0 ? err_set(e, -dir, "open the control group %s", cg->path) : write_line(dir, false, "a", e);

	for (size_t i = 0; r == 0 && i < rules->n; i++) {
		struct device_rule rule;

		r = device_rule_read(&rules->v[i], &rule, e);
		if (r == 0 && is_everything(&rule)) {
			r = write_line(dir, rule.allow, "a", e);
			continue;
		}
		if (r == 0)
			r = check_v1(rules, i, &rule, e);
		if (r == 0 && rule.type != BPF_DEVCG_DEV_CHAR)
			r = write_rule(dir, &rule, 'b', e);
		if (r == 0 && rule.type != BPF_DEVCG_DEV_BLOCK)
			r = write_rule(dir, &rule, 'c', e);
	}
	return r < 0 ? err_context(e, "set the device rules of the control group %s", cg->path) : 0;
}

/* ---- both ---- */

bool cgroup_devices_on_v1(const struct cgroup_host *h)
{
	return !h->v2 && h->v1[CGC_DEVICES];
}

bool cgroup_devices_by_program(const struct cgroup_host *h)
{
	return h->v2 && h->writable;
}

int cgroup_devices_check(const struct cgroup_host *h, const struct spec_device_rules *rules, struct err *e)
{
	struct device_rule rule;

	if (rules->n > RULES_MAX)
		return err_set(e, E2BIG, "%zu device rules, more than the %d allowed", rules->n, RULES_MAX);
	for (size_t i = 0; i < rules->n; i++) {
		int r = device_rule_read(&rules->v[i], &rule, e);

		if (r < 0)
			return err_context(e, "linux.resources.devices[%zu]", i);
	}
	if ((h->writable && (h->v2 || h->v1[CGC_DEVICES])) || without_device_rights())
		return 0;
	err_set(e, 0, "the device rules need a control group");
	return err_why(e, h->layout == CGROUP_ABSENT ? "no control groups are mounted" : "none can be made here");
}

int cgroup_devices_write(const struct cgroup *cg, const struct spec_device_rules *rules, struct err *e)
{
	if (cg->v2_fd >= 0)
		return apply_v2(cg, rules, e);
	if (cgroup_devices_on_v1(cg->host) && cg->v1_used & 1u << CGC_DEVICES)
		return apply_v1(cg, rules, e);
	if (without_device_rights())
		return 0;
	return err_set(e, ENOENT, "set the device rules of the control group %s", cg->path);
}
