/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What isle can do, as a document: see features.h. */
#include "oci/features.h"

#include "base/json_out.h"
#include "core/caps_names.h"
#include "core/mount.h"
#include "core/seccomp.h"
#include "core/seccomp_abi.h"
#include "isle-config.h"
#include "oci/spec_json.h"
#include "oci/spec_json_tables.h"

#include <stdlib.h>
#include <string.h>

/* What is there or not. */
static const struct {
	const char *object, *key;
	bool there;
} facts[] = {
	{"cgroup", "v1", true},		  {"cgroup", "v2", true},	 {"cgroup", "systemd", true},
	{"cgroup", "systemdUser", true},  {"cgroup", "rdma", true},	 {"apparmor", "enabled", true},
	{"selinux", "enabled", true},	  {"intelRdt", "enabled", true}, {"intelRdt", "schemata", true},
	{"intelRdt", "monitoring", true}, {"idmap", "enabled", true},	 {"netDevices", "enabled", true},
};

/* The annotations of a config.json by which isle does something; a prefix ends with a dot. */
static const char *const heeded_annotations[] = {"org.systemd.property."};

/* What tools look for under runc's and crun's names. */
static const struct {
	const char *key, *value;
} annotations[] = {
	{"isle.version", ISLE_VERSION},
	{"org.opencontainers.runc.checkpoint.enabled", "true"},
};

/* Compares two elements of a list of texts. */
static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Writes WORDS as member KEY, in the order of the alphabet. */
static void write_words(struct json_out *out, const char *key, struct strs *words)
{
	if (words->n)
		qsort(words->v, words->n, sizeof(*words->v), compare);
	json_open_list(out, key);
	for (size_t i = 0; i < words->n; i++)
		json_string(out, NULL, words->v[i]);
	json_close_list(out);
}

/* Writes all names there are as member KEY. */
static void write_names(struct json_out *out, const char *key, const struct bind_names *names)
{
	struct strs words = {0};

	for (size_t i = 0; i < names->n; i++)
		if (names->v[i])
			strs_add(&words, out->arena, names->v[i]);
	write_words(out, key, &words);
}

/* Writes OBJECT with its facts. */
static void write_facts(struct json_out *out, const char *object)
{
	json_open_object(out, object);
	for (size_t i = 0; i < ARRAY_LEN(facts); i++)
		if (strcmp(facts[i].object, object) == 0)
			json_bool(out, facts[i].key, facts[i].there);
	json_close_object(out);
}

/* "mountOptions": the words that are no file system's own. */
static void write_mount_options(struct json_out *out)
{
	struct strs words = {0};
	const char *word;

	for (size_t i = 0; (word = mount_word(i)); i++)
		strs_add(&words, out->arena, word);
	write_words(out, "mountOptions", &words);
}

/* The words of profiles of one KIND. */
static void write_seccomp_words(struct json_out *out, const char *key, enum seccomp_word_kind kind)
{
	struct strs words = {0};
	const char *word;

	for (size_t i = 0; (word = seccomp_word(kind, i)); i++)
		strs_add(&words, out->arena, word);
	write_words(out, key, &words);
}

/* "seccomp". */
static void write_seccomp(struct json_out *out)
{
	struct strs archs = {0};

	json_open_object(out, "seccomp");
	json_bool(out, "enabled", true);
	write_seccomp_words(out, "actions", SECCOMP_WORD_ACTION);
	write_seccomp_words(out, "operators", SECCOMP_WORD_OPERATOR);
	for (size_t i = 0; i < seccomp_machine_here()->n; i++)
		strs_add(&archs, out->arena, seccomp_machine_here()->abis[i]->oci);
	write_words(out, "archs", &archs);
	write_seccomp_words(out, "knownFlags", SECCOMP_WORD_FLAG);
	write_seccomp_words(out, "supportedFlags", SECCOMP_WORD_FLAG_HEEDED);
	json_close_object(out);
}

/* "linux". */
static void write_linux(struct json_out *out)
{
	struct strs words = {0};

	json_open_object(out, "linux");
	for (int k = 0; k < NS_KIND_COUNT; k++)
		strs_add(&words, out->arena, ns_facts[k].oci);
	write_words(out, "namespaces", &words);
	json_open_list(out, "capabilities"); /* by their numbers, as others do */
	for (int cap = 0; cap < CAP_COUNT; cap++)
		json_string(out, NULL, cap_name(cap));
	json_close_list(out);
	write_facts(out, "cgroup");
	write_seccomp(out);
	write_facts(out, "apparmor");
	write_facts(out, "selinux");
	write_facts(out, "intelRdt");
	json_open_object(out, "memoryPolicy");
	write_names(out, "modes", &spec_memory_policy_modes);
	write_names(out, "flags", &spec_memory_policy_flags);
	json_close_object(out);
	json_open_object(out, "mountExtensions");
	write_facts(out, "idmap");
	json_close_object(out);
	write_facts(out, "netDevices");
	json_close_object(out);
}

char *features_text(struct arena *a)
{
	struct json_out out;

	json_out_init(&out, a, JSON_INDENTED);
	json_open_object(&out, NULL);
	json_string(&out, "ociVersionMin", "1.0.0");
	json_string(&out, "ociVersionMax", SPEC_OCI_VERSION);
	write_names(&out, "hooks", &spec_hook_names);
	write_mount_options(&out);
	write_linux(&out);
	json_open_object(&out, "annotations");
	for (size_t i = 0; i < ARRAY_LEN(annotations); i++)
		json_string(&out, annotations[i].key, annotations[i].value);
	json_close_object(&out);
	json_open_list(&out, "potentiallyUnsafeConfigAnnotations");
	for (size_t i = 0; i < ARRAY_LEN(heeded_annotations); i++)
		json_string(&out, NULL, heeded_annotations[i]);
	json_close_list(&out);
	json_close_object(&out);
	return json_out_text(&out);
}
