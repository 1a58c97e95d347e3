/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a container goes around, in the form that the runtime spec demands. */
#include "oci/state_json.h"
#include "unit.h"

#include <string.h>

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static const char full[] =
	"{\"ociVersion\":\"1.3.0\",\"id\":\"c\",\"pid\":4422,\"status\":\"running\",\"bundle\":\"/b\","
	"\"rootfs\":\"/b/rootfs\",\"created\":\"2026-01-02T03:04:05Z\","
	"\"annotations\":{\"k\":\"v\"},\"owner\":\"\"}";

static void every_field_goes_around(void **state)
{
	struct oci_state s;
	struct err e = {0};

	(void)state;
	if (oci_state_parse(full, strlen(full), &arena, &s, &e) < 0)
		fail_msg("%s", e.what);
	assert_int_equal(s.pid, 4422);
	assert_int_equal(s.status, STATUS_RUNNING);
	assert_string_equal(s.annotations.v[0].value, "v");
	assert_string_equal(oci_state_print(&s, JSON_COMPACT, &arena), full);
}

/* What a hook gets: nothing beyond the runtime spec, and a pid that is always there. */
static void the_state_for_a_hook(void **state)
{
	char version[] = "1.3.0", id[] = "c", bundle[] = "/b";
	struct oci_state s = {.oci_version = version, .id = id, .status = STATUS_STOPPED, .bundle = bundle};
	struct json_out out;

	(void)state;
	assert_string_equal(
		oci_state_print(&s, JSON_COMPACT, &arena),
		"{\"ociVersion\":\"1.3.0\",\"id\":\"c\",\"pid\":0,\"status\":\"stopped\",\"bundle\":\"/b\"}");
	json_out_init(&out, &arena, JSON_COMPACT);
	json_open_list(&out, NULL);
	oci_state_write(&s, &out);
	oci_state_write(&s, &out);
	json_close_list(&out);
	assert_true(strncmp(json_out_text(&out), "[{\"ociVersion\":", 15) == 0);
}

static void the_state_for_a_listener(void **state)
{
	static const char text[] =
		"{\"ociVersion\":\"1.3.0\",\"fds\":[\"seccompFd\"],\"pid\":7,\"metadata\":\"m\",\"state\":"
		"{\"ociVersion\":\"1.3.0\",\"id\":\"c\",\"pid\":7,\"status\":\"creating\",\"bundle\":\"/b\"}}";
	struct oci_process_state s;
	struct err e = {0};

	(void)state;
	if (oci_process_state_parse(text, strlen(text), &arena, &s, &e) < 0)
		fail_msg("%s", e.what);
	assert_int_equal(s.state.status, STATUS_CREATING);
	assert_string_equal(oci_process_state_print(&s, &arena), text);
}

static void words_of_all_states(void **state)
{
	static const char *const words[] = {"creating", "created", "running", "stopped", "paused"};

	(void)state;
	assert_int_equal(STATUS_COUNT, sizeof(words) / sizeof(*words));
	for (int i = 0; i < STATUS_COUNT; i++)
		assert_string_equal(oci_status_word((enum oci_status)i), words[i]);
}

static void errors_name_the_path(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{"", "1:1: a value was expected, but the text ends"},
		{"[]", "the document: must be an object"},
		{"{\"id\":\"c\",\"status\":\"running\",\"bundle\":\"/\"}", "ociVersion: is missing"},
		{"{\"ociVersion\":\"1\",\"id\":\"c\",\"bundle\":\"/\"}", "status: is missing"},
		{"{\"status\":\"gone\"}", "status: must be one of \"creating\", \"created\", \"running\", \"stopped\", "
					  "\"paused\""},
		{"{\"pid\":-1}", "pid: must be between 0 and 2147483647"},
		{"{\"pid\":2147483648}", "pid: must be between 0 and 2147483647"},
		{"{\"pid\":1.5}", "pid: must be an integer"},
		{"{\"annotations\":{\"a\":1}}", "annotations.a: must be a string"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err e = {0};
		struct oci_state s;

		assert_true(oci_state_parse(rows[i].text, strlen(rows[i].text), &arena, &s, &e) < 0);
		assert_string_equal(e.what, rows[i].sentence);
	}
}

static void every_truncation_is_refused(void **state)
{
	struct oci_state s;

	(void)state;
	for (size_t n = 0; n < sizeof(full) - 1; n++)
		assert_true(oci_state_parse(full, n, &arena, &s, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_field_goes_around, teardown),
		cmocka_unit_test_teardown(the_state_for_a_hook, teardown),
		cmocka_unit_test_teardown(the_state_for_a_listener, teardown),
		cmocka_unit_test(words_of_all_states),
		cmocka_unit_test_teardown(errors_name_the_path, teardown),
		cmocka_unit_test_teardown(every_truncation_is_refused, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
