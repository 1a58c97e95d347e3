/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ps, inspect and top: what is told about containers. */
#include "engine/ps.h"

#include "base/json.h"
#include "engine/inspect.h"
#include "engine/top.h"
#include "lifecycle_unit.h"

static void ps_tells_how_they_are(void **state)
{
	struct rig *g = *state;
	pid_t owner = play(g, &(struct play){"web", false, false});
	struct box ended;
	struct ps_rows rows = {0}, all = {0};
	static const struct {
		const char *filter;
		size_t rows;
	} filters[] = {
		{"status=running", 1}, {"status=exited", 1}, {"exited=3", 1},	      {"exited=4", 0},
		{"name=eb", 1},	       {"label=tier", 0},    {"label=tier=front", 0}, {"name=nothing", 0},
	};

	rig_box(g, "ended", true, &ended);
	*list_add(&ended.record.labels, &g->arena) =
		(struct spec_pair){arena_strdup(&g->arena, "tier"), arena_strdup(&g->arena, "front")};
	ended.record.created_ns = 2000;
	must(box_save(&ended, &g->err), &g->err);
	ended.state.exit_status = 3;
	must(box_state_end(&ended, &g->err), &g->err);
	box_close(&ended);

	must(ps_rows(&g->home, false, NULL, &rows, &g->err), &g->err);
	assert_int_equal(rows.n, 1);
	assert_string_equal(rows.v[0].name, "web");
	assert_string_equal(rows.v[0].command, "sleep 1000");
	assert_true(strncmp(rows.v[0].status_text, "running ", 8) == 0);
	assert_true(rows.v[0].pid > 0);
	must(ps_rows(&g->home, true, NULL, &all, &g->err), &g->err);
	assert_int_equal(all.n, 2);
	assert_string_equal(all.v[0].name, "ended"); /* the youngest first */
	assert_string_equal(all.v[0].status_text, "exited (3) 0 s ago");
	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		struct ps_rows found = {0};
		struct strs list = {0};

		strs_add(&list, &g->arena, filters[i].filter);
		must(ps_rows(&g->home, false, &list, &found, &g->err), &g->err);
		if (found.n != filters[i].rows)
			fail_msg("%s: %zu rows", filters[i].filter, found.n);
	}
	static const char *const both[] = {"label=tier=front", "status=exited"}, *const bad[] = {
											 "", "status",
											 "status=", "colour=red",
											 "status=x"};
	struct strs list = {0};
	struct ps_rows found = {0};
	for (size_t i = 0; i < ARRAY_LEN(both); i++)
		strs_add(&list, &g->arena, both[i]);
	must(ps_rows(&g->home, false, &list, &found, &g->err), &g->err);
	assert_int_equal(found.n, 1);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct strs one = {0};

		strs_add(&one, &g->arena, bad[i]);
		assert_true(ps_rows(&g->home, true, &one, &found, &g->err) < 0);
	}
	must(box_rm(&g->home, "web", true, &g->err), &g->err);
	assert_int_equal(child_status(owner), 0);
}

static void ages_are_in_words(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {{-86400, "0 s"},   {0, "0 s"},    {1, "1 s"},	{119, "119 s"},	    {120, "2 min"},
		    {7199, "119 min"}, {7200, "2 h"}, {172799, "47 h"}, {172800, "2 days"}, {86400 * 400, "400 days"}};
	struct rig *g = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(ps_age(&g->arena, rows[i].seconds * 1000000000), rows[i].text);
}

static void inspect_is_json_and_top_lists_the_processes(void **state)
{
	struct rig *g = *state;
	pid_t owner = play(g, &(struct play){"web", true, false});
	struct top_rows rows = {0};
	struct json_out out;
	struct json *tree;

	json_out_init(&out, &g->arena, JSON_INDENTED);
	must(inspect_box(&g->home, "web", &out, &g->err), &g->err);
	assert_int_equal(inspect_box(&g->home, "nobody", &out, &g->err), -ENOENT);
	must(json_parse(json_out_text(&out), out.n, &g->arena, &tree, &g->err), &g->err);
	assert_string_equal(json_text(json_get(tree, "status")), "running");
	assert_string_equal(json_text(json_get(json_get(tree, "record"), "name")), "web");
	assert_non_null(json_get(tree, "config"));
	/* The container's second process may need a moment. */
	for (int tries = 0; rows.n < 2 && tries < 2000; tries++) {
		rows.n = 0;
		must(top_rows(&g->home, "web", &rows, &g->err), &g->err);
		sleep_ms(10);
	}
	assert_int_equal(rows.n, 2);
	assert_int_equal(rows.v[0].ppid, owner);
	assert_int_equal(rows.v[1].ppid, rows.v[0].pid);
	assert_int_equal(rows.v[0].inside_pid, rows.v[0].pid);
	assert_int_equal(rows.v[0].uid, getuid());
	assert_non_null(strstr(rows.v[0].command, "test_ps"));
	assert_true(rows.v[0].started_ns > 1000000000000000000);
	must(box_rm(&g->home, "web", true, &g->err), &g->err);
	assert_int_equal(child_status(owner), 0);
	assert_true(top_rows(&g->home, "web", &rows, &g->err) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_RIG(ps_tells_how_they_are),
		IN_RIG(ages_are_in_words),
		IN_RIG(inspect_is_json_and_top_lists_the_processes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
