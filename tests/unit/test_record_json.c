/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record.json and state.json: every field goes around, broken files are refused with the path. */
#include "engine/record_json.h"
#include "unit.h"

#include <string.h>

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static const char full_record[] =
	"{\"name\":\"web\",\"root\":\"host\",\"command\":\"sh -c x\",\"pool\":\"p\","
	"\"rootfs\":{\"kind\":\"layered\",\"lower\":[\"/a\",\"/b\"],\"guarded\":true,\"idmapped\":true,"
	"\"writable\":\"/w\",\"submounts\":[\"/usr\"],\"tmpfsSize\":\"64m\"},"
	"\"created\":1700000000123456789,\"rm\":true,\"detach\":true,\"tty\":true,\"stdinOpen\":true,\"init\":true,"
	"\"persistent\":true,\"pidsDefault\":true,\"labels\":{\"k\":\"v\",\"e\":\"\"},"
	"\"stopSignal\":15,\"stopTimeout\":10,\"timeout\":60,\"logMaxSize\":10485760,\"logMaxFiles\":3,\"idSlot\":0,"
	"\"warnings\":[\"w\"],\"netMode\":\"none\",\"pidMode\":\"host\",\"ipcMode\":\"private\","
	"\"utsMode\":\"private\",\"userMode\":\"private\",\"cgroupMode\":\"private\",\"timeMode\":\"host\","
	"\"cidfile\":\"/c\",\"pidfile\":\"/p\"}";

static const char full_state[] =
	"{\"status\":\"running\",\"pid\":2147483647,\"pidIdentity\":18446744073709551615,\"ownerPid\":7,"
	"\"started\":1700000000123456789,\"finished\":-1,\"exitStatus\":137,\"oomKilled\":true,"
	"\"error\":\"it\\nbroke\",\"cgroupPath\":\"/isle/x\",\"restarts\":3}";

static void a_record_goes_around(void **state)
{
	struct box_record r;

	(void)state;
	assert_int_equal(record_parse(full_record, strlen(full_record), &arena, &r, NULL), 0);
	assert_string_equal(record_print(&r, &arena), full_record);
	assert_string_equal(r.name, "web");
	assert_int_equal(r.rootfs.kind, ROOTFS_LAYERED);
	assert_string_equal(r.rootfs.lower.v[1], "/b");
	assert_true(r.created_ns == INT64_C(1700000000123456789));
	assert_int_equal(r.id_slot, 0);
	assert_string_equal(r.labels.v[0].key, "k");
	assert_string_equal(r.time_mode, "host");
}

/* A field that is added without a row would be forgotten silently: whoever adds one adds its row and its size here. */
static void every_field_has_a_row(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct rootfs), 80);
	assert_int_equal(sizeof(struct box_record), 288);
	assert_int_equal(sizeof(struct box_state), 72);
}

static void an_empty_record_has_no_slot(void **state)
{
	struct box_record r, again;

	(void)state;
	assert_int_equal(record_parse("{}", 2, &arena, &r, NULL), 0);
	assert_int_equal(r.id_slot, -1);
	const char *text = record_print(&r, &arena);
	assert_string_equal(text, "{\"rootfs\":{\"kind\":\"direct\"},\"idSlot\":-1}");
	assert_int_equal(record_parse(text, strlen(text), &arena, &again, NULL), 0);
	assert_memory_equal(&r, &again, sizeof(r));
}

static void a_state_goes_around(void **state)
{
	struct box_state s;

	(void)state;
	assert_int_equal(state_parse(full_state, strlen(full_state), &arena, &s, NULL), 0);
	assert_string_equal(state_print(&s, &arena), full_state);
	assert_int_equal(s.status, BOX_RUNNING);
	assert_true(s.pid_identity == UINT64_MAX);
	assert_string_equal(s.error, "it\nbroke");
	for (int status = 0; status < BOX_STATUS_COUNT; status++) {
		struct box_state again, plain = {.status = (enum box_status)status};
		const char *text = state_print(&plain, &arena);

		assert_int_equal(state_parse(text, strlen(text), &arena, &again, NULL), 0);
		assert_memory_equal(&plain, &again, sizeof(plain));
	}
}

static void broken_files_are_refused(void **state)
{
	static const struct {
		const char *record, *sentence;
	} rows[] = {
		{"{\"idSlot\":\"3\"}", "idSlot: must be an integer"},
		{"{\"rootfs\":{\"kind\":\"x\"}}", "rootfs.kind: must be one of \"direct\", \"layered\", \"skeleton\""},
		{"{\"rootfs\":{\"lower\":[1]}}", "rootfs.lower[0]: must be a string"},
		{"{\"labels\":{\"a\":1}}", "labels.a: must be a string"},
		{"{\"created\":9223372036854775808}",
		 "created: must be between -9223372036854775808 and 9223372036854775807"},
		{"", "1:1: a value was expected, but the text ends"},
	};
	struct box_record r;
	struct box_state s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(record_parse(rows[i].record, strlen(rows[i].record), &arena, &r, &e) < 0);
		assert_string_equal(e.what, rows[i].sentence);
	}
	assert_true(state_parse("{}", 2, &arena, &s, &e) < 0);
	assert_string_equal(e.what, "status: is missing");
	for (size_t n = 0; n < sizeof(full_state) - 1; n++)
		assert_true(state_parse(full_state, n, &arena, &s, NULL) < 0);
	for (size_t n = 0; n < sizeof(full_record) - 1; n++)
		assert_true(record_parse(full_record, n, &arena, &r, NULL) < 0);
}

static void keys_of_a_newer_isle_are_passed_over(void **state)
{
	static const char text[] = "{\"status\":\"exited\",\"mood\":{\"good\":[1]}}";
	struct box_state s;

	(void)state;
	assert_int_equal(state_parse(text, strlen(text), &arena, &s, NULL), 0);
	assert_int_equal(s.status, BOX_EXITED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_record_goes_around, teardown),
		cmocka_unit_test(every_field_has_a_row),
		cmocka_unit_test_teardown(an_empty_record_has_no_slot, teardown),
		cmocka_unit_test_teardown(a_state_goes_around, teardown),
		cmocka_unit_test_teardown(broken_files_are_refused, teardown),
		cmocka_unit_test_teardown(keys_of_a_newer_isle_are_passed_over, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
