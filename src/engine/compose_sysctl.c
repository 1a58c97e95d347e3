/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel parameters of a container: only those that belong to a namespace which the container has for itself.
 *
 * A parameter that belongs to none, or to a shared namespace, would change for the whole machine.
 */
#include "engine/compose_priv.h"

#include "oci/spec_check.h"

#include <string.h>

/* Whether NAME is words joined by single dots: nothing in it can lead out of /proc/sys. */
static bool name_ok(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	for (;;) {
		size_t len = strspn(name, letters);

		if (len == 0)
			return false;
		name += len;
		if (!*name)
			return true;
		if (*name++ != '.')
			return false;
	}
}

/* One --sysctl NAME=VALUE. */
static int sysctl_add(struct compose *c, const char *text, struct err *e)
{
	const char *eq = strchr(text, '=');
	char *name = arena_strndup(c->a, text, eq ? (size_t)(eq - text) : strlen(text));

	if (!eq || !name_ok(name))
		return compose_bad(e, "--sysctl", text,
				   "it must be NAME=VALUE, the name with dots, as net.ipv4.ip_forward");
	if (!eq[1] || strchr(eq, '\n'))
		return compose_bad(e, "--sysctl", text, "the value must not be empty nor have a line break");
	if (strcmp(name, "kernel.hostname") == 0 || strcmp(name, "kernel.domainname") == 0)
		return compose_bad(e, "--sysctl", text, "use --hostname or --domainname");
	int kind = spec_sysctl_kind(name);
	if (kind < 0)
		return compose_bad(e, "--sysctl", text,
				   "it belongs to no namespace and would change for the whole machine");
	if (c->spec->lin.ns[kind].mode != NS_NEW) {
		err_set(e, 0, "--sysctl %s does not go with the %s namespace of somebody else", name,
			ns_facts[kind].oci);
		return err_why(e, "the parameter would change for everybody in that namespace");
	}
	return compose_pair(c, text, "--sysctl", &c->spec->lin.sysctl, e);
}

int compose_sysctls(struct compose *c, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->o->sysctl.n; i++)
		r = sysctl_add(c, c->o->sysctl.v[i], e);
	return r;
}
