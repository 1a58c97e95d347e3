/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names that container managers give to control groups: see container.h. */
#include "inspect/container.h"

#include <stdbool.h>
#include <string.h>

enum { SHORT_ID = 12, LONG_ID = 32 };

/* A part of a path that names a container: "PREFIX ID SUFFIX". */
static const struct pattern {
	const char *manager;
	const char *above; /* the part before it must be this; NULL: any */
	const char *prefix, *suffix;
	size_t digits;	  /* hexadecimal digits of the id; 0: a name of any form */
	bool in_kubepods; /* only below a group of the kubelet's */
} patterns[] = {
	{"isle", "isle", "", "", 32, false},
	/* By the systemd driver, and by the cgroupfs driver. */
	{"docker", NULL, "docker-", ".scope", 64, false},
	{"docker", "docker", "", "", 64, false},
	{"podman", NULL, "libpod-", ".scope", 64, false},
	{"podman", NULL, "libpod-", "", 64, false},
	{"podman", NULL, "libpod-payload-", "", 64, false},
	{"containerd", NULL, "cri-containerd-", ".scope", 64, false},
	{"containerd", NULL, "nerdctl-", ".scope", 64, false},
	{"containerd", "default", "", "", 64, false}, /* nerdctl's group is the containerd namespace */
	{"containerd", "k8s.io", "", "", 64, false},
	{"crio", NULL, "crio-", ".scope", 64, false},
	{"crio", NULL, "crio-", "", 64, false},
	/* "SLICE:PREFIX:ID", as runc writes it where the systemd driver was meant and is not used. */
	{"docker", NULL, "docker:", "", 64, false},
	{"podman", NULL, "libpod:", "", 64, false},
	{"containerd", NULL, "cri-containerd:", "", 64, false},
	{"containerd", NULL, "nerdctl:", "", 64, false},
	{"crio", NULL, "crio:", "", 64, false},
	/* kubepods/burstable/podUID/ID */
	{"k8s", NULL, "", "", 64, true},
	{"lxc", NULL, "lxc.payload.", "", 0, false},
	{"lxc", "lxc", "", "", 0, false},
	{"machine", "machine.slice", "machine-", ".scope", 0, false},
	{"machine", "machine.slice", "systemd-nspawn@", ".service", 0, false},
};

/* Part of a path, not terminated. */
struct part {
	const char *p;
	size_t n;
};

/* Whether the part is TEXT. */
static bool part_is(struct part part, const char *text)
{
	return part.n == strlen(text) && memcmp(part.p, text, part.n) == 0;
}

/* Whether the part begins with TEXT. */
static bool part_begins(struct part part, const char *text)
{
	return part.n >= strlen(text) && memcmp(part.p, text, strlen(text)) == 0;
}

/* Leaves the middle of PART if it has the prefix and the suffix of P, and an id between them. */
static bool part_fits(const struct pattern *p, struct part *part)
{
	const size_t prefix = strlen(p->prefix), suffix = strlen(p->suffix);

	if (part->n <= prefix + suffix || !part_begins(*part, p->prefix) ||
	    memcmp(part->p + part->n - suffix, p->suffix, suffix) != 0)
		return false;
	part->p += prefix;
	part->n -= prefix + suffix;
	return p->digits == 0 || (part->n == p->digits && strspn(part->p, "0123456789abcdef") >= p->digits);
}

/* Undoes systemd's escape of '-' in a name, "\x2d"; other escapes stay as they are. */
static char *name_of(struct part part, struct arena *a)
{
	static const char dash[] = "\\x2d";
	char *name = arena_strndup(a, part.p, part.n), *to = name;

	for (const char *p = name; *p; to++) {
		const bool escaped = strncmp(p, dash, strlen(dash)) == 0;

		*to = escaped ? '-' : *p;
		p += escaped ? strlen(dash) : 1;
	}
	*to = '\0';
	return name;
}

/* The pattern that PART, below ABOVE, fits; NULL: none.  PART becomes the id. */
static const struct pattern *pattern_find(struct part *part, struct part above, bool in_kubepods)
{
	const char *slice = memmem(part->p, part->n, ".slice:", strlen(".slice:"));

	if (slice) {
		const char *behind = slice + strlen(".slice:");

		*part = (struct part){behind, (size_t)(part->p + part->n - behind)};
	}
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		const struct pattern *p = &patterns[i];
		struct part id = *part;

		if ((!p->above || part_is(above, p->above)) && (!p->in_kubepods || in_kubepods) && part_fits(p, &id)) {
			*part = id;
			return p;
		}
	}
	return NULL;
}

bool container_of_path(const char *path, struct arena *a, struct container_name *ret)
{
	struct part above = {"", 0};
	bool in_kubepods = false;

	while (*(path += strspn(path, "/"))) {
		const struct part whole = {path, strcspn(path, "/")};
		struct part part = whole;

		in_kubepods |= part_begins(part, "kubepods");
		const struct pattern *p = pattern_find(&part, above, in_kubepods);
		if (p) {
			*ret = (struct container_name){
				.manager = in_kubepods ? "k8s" : p->manager,
				.id = name_of(part, a),
			};
			return true;
		}
		above = whole;
		path += whole.n;
	}
	return false;
}

bool container_of_cgroups(const char *text, struct arena *a, struct container_name *ret)
{
	while (*text) {
		const size_t n = strcspn(text, "\n");
		const char *line = arena_strndup(a, text, n), *path = strchr(line, ':');

		path = path ? strchr(path + 1, ':') : NULL;
		if (path && container_of_path(path + 1, a, ret))
			return true;
		text += n + (text[n] == '\n');
	}
	return false;
}

char *container_label(const struct container_name *name, struct arena *a)
{
	const size_t n = strlen(name->id);
	const bool is_id = n >= LONG_ID && strspn(name->id, "0123456789abcdef") == n;

	return arena_printf(a, "%s:%.*s", name->manager, is_id ? SHORT_ID : (int)n, name->id);
}
