/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What config.json demands: its top level, mounts and hooks; see spec_check.h. */
#include "oci/spec_check.h"

#include "base/parse.h"
#include "oci/spec_check_rules.h"
#include "oci/spec_json_tables.h"

#include <string.h>

/* ---- ociVersion ---- */

enum { VERSION_MAJOR = 1, VERSION_MINOR_MAX = 3 };

/* Takes a number without a leading zero. */
static bool take_version_number(const char **p, uint64_t *ret)
{
	const char *begin = *p;

	return take_u64(p, UINT32_MAX, ret) && (*begin != '0' || *p == begin + 1);
}

/* Takes words of letters, digits and '-', joined by dots; NUMBERS: those of digits have no leading zero. */
static bool take_version_words(const char **p, bool numbers)
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";

	do {
		size_t len = strspn(*p, letters);

		if (len == 0 || (numbers && len > 1 && **p == '0' && strspn(*p, "0123456789") == len))
			return false;
		*p += len;
	} while (take_char(p, '.'));
	return true;
}

/* A version as semver.org's 2.0.0 has it, of a release whose configurations isle reads. */
static int check_version(const struct spec *s, struct err *e)
{
	const char *p = s->oci_version;
	uint64_t major, minor, patch;

	if (!p)
		return bind_fail(e, "is missing");
	bool good = take_version_number(&p, &major) && take_char(&p, '.') && take_version_number(&p, &minor) &&
		    take_char(&p, '.') && take_version_number(&p, &patch);
	good = good && (!take_char(&p, '-') || take_version_words(&p, true));
	good = good && (!take_char(&p, '+') || take_version_words(&p, false)) && !*p;
	if (!good)
		return bind_fail(e, "\"%.40s\" is no version such as 1.0.2", s->oci_version);
	if (major != VERSION_MAJOR || minor > VERSION_MINOR_MAX)
		return bind_fail(e, "\"%.40s\" is not supported: isle knows versions 1.0 to 1.%d", s->oci_version,
				 VERSION_MINOR_MAX);
	return 0;
}

/* ---- root, host name, annotations ---- */

/* The root must be named. */
static int check_root(const struct spec *s, struct err *e)
{
	static const struct text_rule rules[] = {
		{"path", offsetof(struct spec, root.path), text_any, "", .required = true},
	};

	return check_texts(rules, ARRAY_LEN(rules), s, e);
}

/* Both names belong to the uts namespace; without one of its own, those of the machine would change. */
static int check_uts(const struct spec *s, struct err *e)
{
	const char *key = s->hostname && *s->hostname ? "hostname" : "domainname";

	if (s->lin.ns[NS_UTS].mode != NS_KEEP || (strcmp(key, "domainname") == 0 && !(s->domainname && *s->domainname)))
		return 0;
	return bind_fail_at(e, key, 0, bind_fail(e, "needs a uts namespace, or the machine's own would change"));
}

/* Keys must have a name. */
static int check_annotations(const struct spec *s, struct err *e)
{
	for (size_t i = 0; i < s->annotations.n; i++)
		if (!*s->annotations.v[i].key)
			return bind_fail(e, "has an empty key");
	return 0;
}

/* ---- mounts ---- */

/* What the mount's id mappings demand. */
static int check_mount_ids(const struct spec *s, const struct spec_mount *m, struct err *e)
{
	int bad;

	if ((m->uid_map.n == 0) != (m->gid_map.n == 0))
		return bind_fail_at(e, m->uid_map.n ? "gidMappings" : "uidMappings", 0, bind_fail(e, "is missing"));
	if ((bad = check_idmaps(&m->uid_map, e)) < 0)
		return bind_fail_at(e, "uidMappings", 0, bad);
	if ((bad = check_idmaps(&m->gid_map, e)) < 0)
		return bind_fail_at(e, "gidMappings", 0, bad);
	if (m->uid_map.n == 0 && s->lin.ns[NS_USER].mode == NS_KEEP &&
	    (strs_has(&m->options, "idmap") || strs_has(&m->options, "ridmap")))
		return bind_fail_at(e, "options", 0,
				    bind_fail(e, "\"idmap\" needs mappings, the mount's own or a user namespace's"));
	return 0;
}

/* What the words about links demand: they are of binds alone, and of those that are new. */
static int check_links(const struct spec_mount *m, bool bind, struct err *e)
{
	static const char *const words[] = {"src-nofollow", "dest-nofollow", "copy-symlink"};
	bool has[ARRAY_LEN(words)];

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		has[i] = strs_has(&m->options, words[i]);
		if (has[i] && (!bind || strs_has(&m->options, "remount")))
			return bind_fail_at(e, "options", 0,
					    bind_fail(e, "\"%s\" is for new bind mounts alone", words[i]));
	}
	if (has[2] && (has[0] || has[1]))
		return bind_fail_at(e, "options", 0,
				    bind_fail(e, "\"%s\" and \"%s\" exclude each other", words[2], words[!has[0]]));
	return 0;
}

/* One mount. */
static int check_mount(const struct spec *s, const struct spec_mount *m, struct err *e)
{
	static const struct text_rule rules[] = {
		{"destination", offsetof(struct spec_mount, destination), text_any, "", .required = true},
		{"options", offsetof(struct spec_mount, options), text_one_line, SAYS_ONE_LINE, .list = true},
	};
	int bad = check_texts(rules, ARRAY_LEN(rules), m, e);

	if (bad < 0)
		return bad;
	const bool binds = strs_has(&m->options, "bind") || strs_has(&m->options, "rbind");
	if (binds && !(m->source && *m->source))
		return bind_fail_at(e, "source", 0, bind_fail(e, "is missing, and a bind mount needs one"));
	bad = check_links(m, binds || (m->type && (strcmp(m->type, "bind") == 0 || strcmp(m->type, "rbind") == 0)), e);
	return bad < 0 ? bad : check_mount_ids(s, m, e);
}

/* All of them. */
static int check_mounts(const struct spec *s, struct err *e)
{
	for (size_t i = 0; i < s->mounts.n; i++) {
		int bad = check_mount(s, &s->mounts.v[i], e);

		if (bad < 0)
			return bind_fail_at(e, NULL, i, bad);
	}
	return 0;
}

/* ---- hooks ---- */

/* The hooks of one kind. */
static int check_hook_list(const struct spec_hooks *h, struct err *e)
{
	static const struct text_rule rules[] = {
		{"path", offsetof(struct spec_hook, path), text_absolute, SAYS_ABSOLUTE, .required = true},
	};

	for (size_t i = 0; i < h->n; i++) {
		int bad = check_texts(rules, ARRAY_LEN(rules), &h->v[i], e);

		if (bad < 0)
			return bind_fail_at(e, NULL, i, bad);
	}
	return 0;
}

/* All kinds. */
static int check_hooks(const struct spec *s, struct err *e)
{
	for (size_t k = 0; k < HOOK_KIND_COUNT; k++) {
		int bad = check_hook_list(&s->hooks[k], e);

		if (bad < 0)
			return bind_fail_at(e, spec_hook_names.v[k], 0, bad);
	}
	return 0;
}

/* ---- the whole ---- */

bool spec_has_process(const struct spec *s)
{
	return s->process.args.n || s->process.env.n || s->process.cwd;
}

/* process, where there is one. */
static int check_own_process(const struct spec *s, struct err *e)
{
	return spec_has_process(s) ? spec_check_process(&s->process, e) : 0;
}

/* linux.resources. */
static int check_resources(const struct spec *s, struct err *e)
{
	return spec_check_resources(&s->lin.resources, e);
}

int spec_check(const struct spec *s, struct err *e)
{
	static const struct part_rule rules[] = {
		{"ociVersion", check_version},
		{"root", check_root},
		{"", check_uts},
		{"annotations", check_annotations},
		{"process", check_own_process},
		{"mounts", check_mounts},
		{"hooks", check_hooks},
		{"linux", check_linux},
		{"linux.resources", check_resources},
	};

	return check_parts(rules, ARRAY_LEN(rules), s, e);
}
