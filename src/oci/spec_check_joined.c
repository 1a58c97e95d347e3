/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a namespace that a config.json joins is the caller's own after all; see spec_check.h. */
#include "oci/spec_check.h"

#include "oci/spec_check_rules.h"

#include <sys/stat.h>

bool spec_joins_own(const struct spec *s, enum ns_kind kind)
{
	const struct spec_ns *ns = &s->lin.ns[kind];
	struct stat st;

	return ns->mode == NS_JOIN && ns->path && stat(ns->path, &st) == 0 && st.st_ino == ns_inode(0, kind);
}

/* The sentence for a member that would change the namespace KIND of S. */
static int would_change(const struct spec *s, enum ns_kind kind, struct err *e)
{
	return bind_fail(e, "would change for the whole machine: the %s namespace %s is its own", ns_facts[kind].oci,
			 s->lin.ns[kind].path);
}

int spec_check_joined(const struct spec *s, struct err *e)
{
	for (size_t i = 0; i < s->lin.sysctl.n; i++) {
		int kind = spec_sysctl_kind(s->lin.sysctl.v[i].key);

		if (kind >= 0 && spec_joins_own(s, (enum ns_kind)kind))
			return bind_fail_at(
				e, "linux.sysctl", 0,
				bind_fail_at(e, s->lin.sysctl.v[i].key, 0, would_change(s, (enum ns_kind)kind, e)));
	}
	if (s->hostname && *s->hostname && spec_joins_own(s, NS_UTS))
		return bind_fail_at(e, "hostname", 0, would_change(s, NS_UTS, e));
	if (s->domainname && *s->domainname && spec_joins_own(s, NS_UTS))
		return bind_fail_at(e, "domainname", 0, would_change(s, NS_UTS, e));
	return 0;
}
