/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of what isle can do: its form, and that it tells nothing that is refused. */
#include "oci/features.h"

#include "base/json.h"
#include "core/caps_names.h"
#include "core/mount.h"
#include "core/ns.h"
#include "oci/spec_check.h"
#include "oci/spec_json.h"
#include "seccomp_text.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* The document as a tree. */
static const struct json *document(void)
{
	const char *text = features_text(&arena);
	struct err e = {0};
	struct json *top;

	if (json_parse(text, strlen(text), &arena, &top, &e) < 0)
		fail_msg("%s", e.what);
	return top;
}

/* The member at PATH, "linux.seccomp.actions"; it must be there. */
static const struct json *at(const char *path)
{
	const struct json *j = document();
	char copy[128], *save, *key;

	snprintf(copy, sizeof(copy), "%s", path);
	for (key = strtok_r(copy, ".", &save); key; key = strtok_r(NULL, ".", &save)) {
		j = json_get(j, key);
		if (!j)
			fail_msg("%s: there is no %s", path, key);
	}
	return j;
}

/* Whether the list at PATH has WORD. */
static bool has(const char *path, const char *word)
{
	json_foreach (item, at(path))
		if (strcmp(json_text(item), word) == 0)
			return true;
	return false;
}

static void versions_are_those_that_are_read(void **state)
{
	static const char *const ends[] = {"ociVersionMin", "ociVersionMax"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct spec s;
		struct err e = {0};
		const char *text = arena_printf(&arena, "{\"ociVersion\":\"%s\",\"root\":{\"path\":\"r\"}}",
						json_text(at(ends[i])));

		assert_int_equal(spec_parse(text, strlen(text), &arena, &s, &e), 0);
		if (spec_check(&s, &e) < 0)
			fail_msg("%s", e.what);
	}
}

static void lists_are_those_of_the_tables(void **state)
{
	(void)state;
	assert_int_equal(at("linux.capabilities")->n, CAP_COUNT);
	assert_int_equal(at("linux.namespaces")->n, NS_KIND_COUNT);
	assert_true(has("linux.namespaces", "time"));
	assert_true(has("mountOptions", "rro"));
	assert_true(has("mountOptions", "rprivate"));
	assert_true(has("mountOptions", "bind"));
	assert_false(has("mountOptions", "size"));
	assert_true(has("linux.seccomp.actions", "SCMP_ACT_KILL_PROCESS"));
	assert_true(has("linux.seccomp.operators", "SCMP_CMP_MASKED_EQ"));
	assert_int_equal(at("linux.seccomp.operators")->n, 7);
	assert_int_equal(at("linux.seccomp.knownFlags")->n, 4);
	assert_true(has("linux.seccomp.supportedFlags", "SECCOMP_FILTER_FLAG_LOG"));
	assert_true(at("linux.seccomp.archs")->n > 0);
	assert_true(at("linux.cgroup.v1")->boolean && at("linux.cgroup.v2")->boolean);
}

/* Each action and operator that is told compiles, and each that is not does not. */
static void seccomp_tells_the_truth(void **state)
{
	static const char *const actions[] = {
		"SCMP_ACT_KILL",  "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP",   "SCMP_ACT_ERRNO",
		"SCMP_ACT_TRACE", "SCMP_ACT_ALLOW",	   "SCMP_ACT_LOG",	   "SCMP_ACT_NOTIFY", "SCMP_ACT_NONE",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		struct seccomp_filter f;
		const char *text =
			arena_printf(&arena,
				     "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"reboot\"],"
				     "\"action\":\"%s\"}]}",
				     actions[i]);

		assert_int_equal(has("linux.seccomp.actions", actions[i]),
				 seccomp_compile_text(text, 0, &arena, &f, NULL) == 0);
	}
}

/* Nothing is missing, and who asks is told so. */
static void all_is_there(void **state)
{
	static const char *const paths[] = {
		"cgroup.v1",	       "cgroup.v2",	     "cgroup.systemd",	 "cgroup.systemdUser",
		"cgroup.rdma",	       "netDevices.enabled", "intelRdt.enabled", "intelRdt.schemata",
		"intelRdt.monitoring", "selinux.enabled",    "apparmor.enabled", "mountExtensions.idmap.enabled",
		"seccomp.enabled",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		assert_true(at(arena_printf(&arena, "linux.%s", paths[i]))->boolean);
	assert_int_equal(at("hooks")->n, 6);
	assert_true(has("mountOptions", "tmpcopyup"));
	assert_int_equal(at("linux.memoryPolicy.modes")->n, 7);
	assert_int_equal(at("linux.memoryPolicy.flags")->n, 3);
}

static void lists_are_in_order(void **state)
{
	const char *before = "";

	(void)state;
	json_foreach (item, at("mountOptions")) {
		assert_true(strcmp(before, json_text(item)) < 0);
		before = json_text(item);
	}
}

static void annotations_that_do_something_are_named(void **state)
{
	(void)state;
	assert_int_equal(at("potentiallyUnsafeConfigAnnotations")->n, 1);
	assert_true(has("potentiallyUnsafeConfigAnnotations", "org.systemd.property."));
}

/* The line of --version: what is asked of the machine is there or not, and what every Linux has is there. */
static void what_is_here_depends_on_the_machine(void **state)
{
	const char *line = features_here(&arena);

	(void)state;
	assert_non_null(strstr(line, "+CAP"));
	assert_non_null(strstr(line, "+SYSTEMD"));
	setenv("PATH", "/nowhere", 1);
	assert_null(strstr(features_here(&arena), "+CRIU"));
	unsetenv("PATH");
	assert_null(strstr(features_here(&arena), "+CRIU"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(versions_are_those_that_are_read, teardown),
		cmocka_unit_test_teardown(lists_are_those_of_the_tables, teardown),
		cmocka_unit_test_teardown(seccomp_tells_the_truth, teardown),
		cmocka_unit_test_teardown(all_is_there, teardown),
		cmocka_unit_test_teardown(lists_are_in_order, teardown),
		cmocka_unit_test_teardown(annotations_that_do_something_are_named, teardown),
		cmocka_unit_test_teardown(what_is_here_depends_on_the_machine, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
