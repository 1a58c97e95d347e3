/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which controllers the limits asked for need, and whether they are to be had; said before anything is made. */
#include "core/cgroup_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The controller of the v2 file KEY: the part before the first '.', its length in *RET_LEN. */
static int key_controller(const char *key, size_t *ret_len)
{
	*ret_len = strcspn(key, ".");
	for (int c = 0; c < CGC_COUNT; c++)
		if (cgroup_facts[c].v2 && strlen(cgroup_facts[c].v2) == *ret_len &&
		    strncmp(cgroup_facts[c].v2, key, *ret_len) == 0)
			return c;
	return -1;
}

/* Whether the controller of KEY is always there: the files of the group itself, and its pressure. */
static bool key_is_core(const char *key, size_t len)
{
	return len == strlen("cgroup") && strncmp(key, "cgroup", len) == 0;
}

/* Adds the LEN bytes at WORD to the words, once. */
static void words_add(char *words, size_t size, const char *word, size_t len)
{
	size_t used = strlen(words);

	if (!cgroup_word_in(words, word, len) && used + len + 2 <= size)
		snprintf(words + used, size - used, "%s%.*s", used ? " " : "", (int)len, word);
}

void cgroup_needs_find(const struct cgroup_host *h, const struct spec_resources *res, struct cgroup_needs *ret)
{
	const struct cgroup_limit *l;

	*ret = (struct cgroup_needs){0};
	for (size_t i = 0; (l = cgroup_limit_at(i)); i++) {
		enum cgroup_controller c = l->controller;
		enum cgroup_place place = cgroup_place(h, c);

		if (l->wish(res) != CGROUP_WISH_SET || place == PLACE_NONE)
			continue;
		if (place == PLACE_V1) {
			ret->v1 |= 1u << c;
			continue;
		}
		ret->v2 |= 1u << c;
		words_add(ret->v2_words, sizeof(ret->v2_words), cgroup_facts[c].v2, strlen(cgroup_facts[c].v2));
	}
	for (size_t i = 0; i < res->unified.n; i++) {
		size_t len;
		int c = key_controller(res->unified.v[i].key, &len);

		if (c >= 0)
			ret->v2 |= 1u << c;
		if (!key_is_core(res->unified.v[i].key, len))
			words_add(ret->v2_words, sizeof(ret->v2_words), res->unified.v[i].key, len);
	}
}

/*
 * Refuses what NAME says (a limit, a setting), since its controller, NEED, is nowhere; says why, if that is known.
 * Tools, and the guides for rootless podman, know the words behind the colon.
 */
static int refuse(const struct cgroup_host *h, const char *name, const char *need, struct err *e)
{
	int above = (int)(strlen(h->base) - strlen("/isle"));

	err_set(e, 0, "the %s: the requested cgroup controller `%s` is not available", name, need);
	if (h->layout == CGROUP_ABSENT) {
		err_why(e, "no control groups are mounted");
		return err_cure(e, "mount -t cgroup2 cgroup2 /sys/fs/cgroup");
	}
	if (!h->writable) {
		err_why(e, "this user may not make control groups");
		return err_cure(e, CGROUP_DELEGATE ", or run as root");
	}
	if (h->v2 && above > 0) {
		err_why(e, "it is not delegated to %.*s", above, h->base);
		return err_cure(e, "as root, put Delegate=cpu cpuset io memory pids into a drop-in of user@.service");
	}
	err_why(e, "this machine does not offer it");
	return err_cure(e, "see cgroup_disable= and cgroup_enable= on the kernel's command line, and /proc/cgroups");
}

/* Checks that the limit L, which is asked for, can be set on this machine. */
static int limit_check(const struct cgroup_host *h, const struct cgroup_limit *l, struct err *e)
{
	const struct cgroup_fact *fact = &cgroup_facts[l->controller];
	enum cgroup_place place = cgroup_place(h, l->controller);

	if (l->v1_only && h->v2 && h->writable && place != PLACE_V1) {
		err_set(e, EOPNOTSUPP, "set the %s (linux.resources.%s)", l->name, l->field);
		err_why(e,
			"control groups of version 2 have no such thing, and the controller \"%s\" is in no v1 hierarchy",
			fact->name);
		return err_cure(e, "leave it out");
	}
	if (place == PLACE_NONE || !h->writable) {
		char name[160];

		snprintf(name, sizeof(name), "%s (linux.resources.%s)", l->name, l->field);
		return refuse(h, name, h->v2 && fact->v2 ? fact->v2 : fact->name, e);
	}
	if (place == PLACE_V1 && access(h->v1[l->controller], W_OK) < 0) {
		err_set(e, errno, "the %s (linux.resources.%s) needs a group below %s", l->name, l->field,
			h->v1[l->controller]);
		err_why(e, "on this machine the controller is in a v1 hierarchy, which can't be delegated");
		return err_cure(e, "run as root, or boot with systemd.unified_cgroup_hierarchy=1");
	}
	return 0;
}

/* Checks one entry of 'unified': a plain file name of a controller that is in the v2 tree. */
static int unified_check(const struct cgroup_host *h, const struct spec_pair *p, struct err *e)
{
	size_t len;
	int c = key_controller(p->key, &len);

	if (strchr(p->key, '/') || len == 0 || !p->key[len] || strlen(p->key) > NAME_MAX) {
		err_set(e, 0, "linux.resources.unified: \"%s\" is not the name of a control group file", p->key);
		return err_why(e, "such a name is CONTROLLER.SETTING, as in memory.high");
	}
	if (!h->v2 && h->layout == CGROUP_V1) {
		err_set(e, EOPNOTSUPP, "set linux.resources.unified: %s", p->key);
		return err_why(e, "this machine has only control groups of version 1");
	}
	if (c >= 0 && h->writable && h->v2 && cgroup_place(h, (enum cgroup_controller)c) == PLACE_V1) {
		err_set(e, 0, "linux.resources.unified: \"%s\" needs a v2 controller", p->key);
		return err_why(e, "on this machine \"%s\" is in a v1 hierarchy", cgroup_facts[c].name);
	}
	if (!h->v2 || !h->writable || (c >= 0 && !cgroup_v2_has(h, (enum cgroup_controller)c))) {
		char name[NAME_MAX + 64], need[NAME_MAX + 16];

		snprintf(name, sizeof(name), "setting %s under linux.resources.unified", p->key);
		snprintf(need, sizeof(need), "%.*s", (int)len, p->key);
		return refuse(h, name, need, e);
	}
	return 0;
}

int cgroup_check(const struct cgroup_host *h, const struct spec_resources *res, struct err *e)
{
	const struct cgroup_limit *l;
	int r = 0;

	for (size_t i = 0; r == 0 && (l = cgroup_limit_at(i)); i++)
		if (l->wish(res) == CGROUP_WISH_SET)
			r = limit_check(h, l, e);
	for (size_t i = 0; r == 0 && i < res->unified.n; i++)
		r = unified_check(h, &res->unified.v[i], e);
	return r == 0 && res->devices.n > 0 ? cgroup_devices_check(h, &res->devices, e) : r;
}
