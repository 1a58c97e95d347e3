/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd is told of a container: annotations and limits as properties of its unit, with their types. */
#include "systemd_unit.h"

#include <errno.h>

static char *show(const struct dbus_value *v)
{
	char *s;

	if (v->text)
		return arena_printf(&arena, "'%s'", v->text);
	if (v->type != 'a' && v->type != '(')
		return arena_printf(&arena, "%c:%lld", v->type, (long long)v->number);
	s = arena_printf(&arena, "%s%c", v->type == 'a' ? v->element : "", v->type == 'a' ? '[' : '(');
	for (size_t i = 0; i < v->n; i++)
		s = arena_printf(&arena, "%s%s%s", s, i ? "," : "", show(&v->v[i]));
	return arena_printf(&arena, "%s%c", s, v->type == 'a' ? ']' : ')');
}

static char *show_all(const struct systemd_properties *l)
{
	char *s = text("");

	for (size_t i = 0; i < l->n; i++)
		s = arena_printf(&arena, "%s%s%s=%s", s, i ? " " : "", l->v[i].name, show(&l->v[i].value));
	return s;
}

/* ---- annotations ---- */

/* A property, its value as the annotation has it, and as it is sent. */
static const char *const good_annotations[][3] = {
	{"CollectMode", "'inactive-or-failed'", "CollectMode='inactive-or-failed'"},
	{"TimeoutStopUSec", "uint64 123456789", "TimeoutStopUSec=t:123456789"},
	{"TimeoutStopSec", "uint64 5", "TimeoutStopUSec=t:5000000"},
	{"TimeoutStopSec", "1.5", "TimeoutStopUSec=t:1500000"},
	{"RuntimeMaxSec", "7", "RuntimeMaxUSec=t:7000000"},
	{"Delegate", "true", "Delegate=b:1"},
	{"Delegate", "boolean false", "Delegate=b:0"},
	{"Some", "5", "Some=i:5"},
	{"Some", " -5 ", "Some=i:-5"},
	{"Some", "byte 0xff", "Some=y:255"},
	{"Some", "int64 -9223372036854775808", "Some=x:-9223372036854775808"},
	{"Some", "uint64 18446744073709551615", "Some=t:-1"},
	{"Some", "\"a \\\"b\\n\"", "Some='a \"b\n'"},
	{"After", "['a.service', 'b.service']", "After=s['a.service','b.service']"},
	{"After", "@as []", "After=s[]"},
	{"Some", "[uint32 1, 2]", "Some=u[u:1,u:2]"},
	{"Some", "@u 7", "Some=u:7"},
};

static const char *const bad_annotations[][2] = {
	{"Some", ""},
	{"Some", "uint32 -1"},
	{"Some", "byte 256"},
	{"Some", "text"},
	{"Some", "'open"},
	{"Some", "5 6"},
	{"Some", "[]"},
	{"Some", "[1, 'a']"},
	{"Some", "[1, 2"},
	{"Some", "{'a': 1}"},
	{"Some", "<5>"},
	{"Some", "(1, 2)"},
	{"Some", "true false"},
	{"Some", "2147483648"},
	{"Some", "nan"},
	{"Some", "uint64 1.5"},
	{"Ab", "1"},
	{"So-me", "1"},
	{"", "1"},
	{"WaitSec", "'a'"},
	{"WaitSec", "-1"},
	{"Some", "[[1], [2]]"},
	{"Some", "@a"},
	{"Some", "'a\\"},
	{"WaitSec", "uint64 18446744073709551615"},
};

static void annotations_are_typed(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good_annotations) + ARRAY_LEN(bad_annotations); i++) {
		bool fine = i < ARRAY_LEN(good_annotations);
		const char *name = fine ? good_annotations[i][0] : bad_annotations[i - ARRAY_LEN(good_annotations)][0];
		const char *value = fine ? good_annotations[i][1] : bad_annotations[i - ARRAY_LEN(good_annotations)][1];
		struct systemd_properties l = {0};
		struct spec_pairs pairs = {0};
		struct spec_pair *p = list_add(&pairs, &arena);

		*p = (struct spec_pair){arena_printf(&arena, "org.systemd.property.%s", name), text(value)};
		p = list_add(&pairs, &arena);
		*p = (struct spec_pair){text("org.other"), text("whatever")};
		int r = systemd_annotations(&l, &pairs, &arena, &e);
		if (fine)
			assert_done(r, &e);
		if (fine)
			assert_string_equal(show_all(&l), good_annotations[i][2]);
		if (!fine && r == 0)
			fail_msg("%s=%s was taken", name, value);
		if (!fine)
			assert_non_null(strstr(e.what, "annotations.org.systemd.property."));
	}
}

/* ---- properties ---- */

static void limits_become_properties(void **state)
{
	struct spec_resources res = {
		.memory = {.limit = {true, 1000}, .swap = {true, 3000}, .reservation = {true, 500}},
		.cpu = {.shares = {true, 1024}, .quota = {true, 33333}, .period = {true, 100000}},
		.pids_limit = {true, 7},
	};
	struct systemd_properties l = {0};
	struct err e = {0};

	(void)state;
	res.cpu.cpus = text("0-2,9");
	assert_done(systemd_limits(&l, &res, true, 252, &arena, &e), &e);
	assert_string_equal(show_all(&l), "MemoryMax=t:1000 MemoryLow=t:500 MemorySwapMax=t:2000 CPUWeight=t:100 "
					  "CPUQuotaPeriodUSec=t:100000 CPUQuotaPerSecUSec=t:340000 TasksMax=t:7 "
					  "AllowedCPUs=y[y:7,y:2]");
	l = (struct systemd_properties){0};
	assert_done(systemd_limits(&l, &res, false, 239, &arena, &e), &e);
	assert_string_equal(show_all(&l),
			    "MemoryLimit=t:1000 CPUShares=t:1024 CPUQuotaPerSecUSec=t:340000 TasksMax=t:7");
	l = (struct systemd_properties){0};
	struct spec_resources lift = {.memory.limit = {true, -1}, .cpu.quota = {true, -1}, .pids_limit = {true, -1}};
	assert_done(systemd_limits(&l, &lift, true, 252, &arena, &e), &e);
	assert_string_equal(show_all(&l), "MemoryMax=t:-1 MemorySwapMax=t:-1 CPUQuotaPerSecUSec=t:-1 TasksMax=t:-1");
	l = (struct systemd_properties){0};
	struct spec_resources nothing = {.memory.limit = {true, 0}, .cpu.shares = {true, 0}};
	assert_done(systemd_limits(&l, &nothing, true, 252, &arena, &e), &e);
	assert_int_equal(l.n, 0);
	struct spec_resources no_swap = {.memory = {.limit = {true, 1000}, .swap = {true, 0}, .no_swap = true}};
	assert_done(systemd_limits(&l, &no_swap, true, 252, &arena, &e), &e);
	assert_string_equal(show_all(&l), "MemoryMax=t:1000 MemorySwapMax=t:0");
	l = (struct systemd_properties){0};
	struct spec_resources bad = {.cpu.mems = text("0-")};
	assert_true(systemd_limits(&l, &bad, true, 252, &arena, &e) < 0);
}

static void unified_becomes_properties(void **state)
{
	static const char *const pairs[][2] = {{"memory.high", "5000"},	   {"cpu.max", "50000 200000"},
					       {"memory.swap.max", "max"}, {"cpuset.mems", "1"},
					       {"cpu.max", "max"},	   {"io.max", "8:0 rbps=1"}};
	struct spec_resources res = {0};
	struct systemd_properties l = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct spec_pair *p = list_add(&res.unified, &arena);

		*p = (struct spec_pair){text(pairs[i][0]), text(pairs[i][1])};
	}
	assert_done(systemd_limits(&l, &res, true, 252, &arena, &e), &e);
	assert_string_equal(show_all(&l), "MemoryHigh=t:5000 CPUQuotaPeriodUSec=t:200000 CPUQuotaPerSecUSec=t:250000 "
					  "MemorySwapMax=t:-1 AllowedMemoryNodes=y[y:2] CPUQuotaPerSecUSec=t:-1");
}

static void devices_become_properties(void **state)
{
	struct spec_resources res = {0};
	struct systemd_properties l = {0};
	struct err e = {0};

	(void)state;
	add_rule(&res, false, 'a', -1, -1, "rwm");
	add_rule(&res, true, 'c', -1, -1, "m");
	add_rule(&res, true, 'c', 1, 3, "rwm");
	assert_done(systemd_limits(&l, &res, true, 252, &arena, &e), &e);
	assert_string_equal(show_all(&l), "DevicePolicy='strict' DeviceAllow=(ss)[] "
					  "DeviceAllow=(ss)[('char-*','m'),('/dev/char/1:3','rwm')]");
	/* What systemd has no words for is left to our own program. */
	add_rule(&res, false, 'c', 1, 3, "w");
	l = (struct systemd_properties){0};
	assert_done(systemd_limits(&l, &res, true, 252, &arena, &e), &e);
	assert_string_equal(show_all(&l), "DevicePolicy='auto' DeviceAllow=(ss)[]");
	add_rule(&res, true, 'a', -1, -1, "rwm");
	l = (struct systemd_properties){0};
	assert_done(systemd_limits(&l, &res, true, 252, &arena, &e), &e);
	assert_string_equal(show_all(&l), "DevicePolicy='auto' DeviceAllow=(ss)[]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(annotations_are_typed),
		cmocka_unit_test(limits_become_properties),
		cmocka_unit_test(unified_becomes_properties),
		cmocka_unit_test(devices_become_properties),
	};

	return cmocka_run_group_tests_name("systemd_properties", tests, NULL, NULL);
}
