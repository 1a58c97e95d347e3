/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.json: every field of the spec goes around, and what is wrong is named by its path. */
#include "oci/spec_json.h"

#include "base/fd.h"
#include "core/caps_names.h"
#include "core/rlimit_names.h"
#include "unit.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct spec good(const char *text)
{
	struct err e = {0};
	struct spec s;

	if (spec_parse(text, strlen(text), &arena, &s, &e) < 0)
		fail_msg("%s", e.what);
	return s;
}

/* Every member that isle knows, in the order in which it is printed. */
static const char full[] =
	"{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\",\"readonly\":true},"
	"\"hostname\":\"h\",\"domainname\":\"d\","
	"\"process\":{\"terminal\":true,\"consoleSize\":{\"height\":24,\"width\":80},"
	"\"user\":{\"uid\":1000,\"gid\":4294967294,\"umask\":18,\"additionalGids\":[5,6],\"username\":\"u\"},"
	"\"args\":[\"sh\",\"-c\",\"\"],\"env\":[\"PATH=/bin\",\"ODD=\\udcff\"],\"cwd\":\"/\","
	"\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_CHECKPOINT_RESTORE\"],\"effective\":[\"CAP_KILL\"],"
	"\"inheritable\":[\"CAP_SETGID\"],\"permitted\":[\"CAP_KILL\"],\"ambient\":[\"CAP_BPF\"]},"
	"\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":0,\"hard\":18446744073709551615},"
	"{\"type\":\"RLIMIT_RTTIME\",\"soft\":1,\"hard\":2}],"
	"\"noNewPrivileges\":true,\"apparmorProfile\":\"a\",\"selinuxLabel\":\"s\",\"oomScoreAdj\":-1000},"
	"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\",\"options\":[\"nosuid\",\"ro\"]},"
	"{\"destination\":\"/x\"}],\"annotations\":{\"b\":\"1\",\"a.b/c\":\"\"},"
	"\"linux\":{\"namespaces\":[{\"type\":\"user\"},{\"type\":\"cgroup\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},"
	"{\"type\":\"network\",\"path\":\"/proc/1/ns/net\"},"
	"{\"type\":\"time\"},{\"type\":\"mount\"},{\"type\":\"pid\"}],"
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":4294967295,\"size\":1}],"
	"\"devices\":[{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,\"minor\":3,"
	"\"fileMode\":438,\"uid\":0,\"gid\":0},"
	"{\"path\":\"/dev/p\",\"type\":\"p\",\"major\":0,\"minor\":0}],\"cgroupsPath\":\"/isle/x\","
	"\"resources\":{\"memory\":{\"limit\":-1,\"reservation\":0,\"swap\":9223372036854775807},"
	"\"cpu\":{\"shares\":1024,\"quota\":-1,\"period\":100000,\"cpus\":\"0-1\",\"mems\":\"0\"},"
	"\"pids\":{\"limit\":0},"
	"\"blockIO\":{\"weight\":500,\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":600}],"
	"\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":1,\"rate\":601}],"
	"\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":2,\"rate\":602}],"
	"\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":3,\"rate\":18446744073709551615}]},"
	"\"devices\":[{\"allow\":false,\"type\":\"a\",\"access\":\"rwm\"},"
	"{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":-1,\"access\":\"mr\"}],"
	"\"unified\":{\"memory.high\":\"1\"}},\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"},"
	"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],\"args\":[]}],"
	"\"x\":1.5e3},"
	"\"maskedPaths\":[\"/proc/kcore\"],\"readonlyPaths\":[\"/proc/sys\"],\"rootfsPropagation\":\"rslave\","
	"\"mountLabel\":\"m\"}}";

/* A field that is added without a row would be forgotten silently: whoever adds one adds its row and its size here. */
static void every_field_has_a_row(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct spec), 984);
}

static void every_field_goes_around(void **state)
{
	struct spec s = good(full);

	(void)state;
	assert_string_equal(spec_print(&s, &arena), full);
	assert_int_equal(s.process.rows, 24);
	assert_int_equal(s.process.cols, 80);
	assert_string_equal(s.process.env.v[1], "ODD=\xff");
	assert_null(s.process.args.v[3]);
	assert_true(s.process.caps.bounding == (UINT64_C(1) << CAP_CHOWN | UINT64_C(1) << CAP_CHECKPOINT_RESTORE));
	assert_true(s.process.caps.ambient == UINT64_C(1) << CAP_BPF);
	assert_int_equal(s.process.rlimits.v[0].resource, RLIMIT_NOFILE);
	assert_true(s.process.rlimits.v[0].hard == UINT64_MAX);
	assert_int_equal(s.lin.ns[NS_NET].mode, NS_JOIN);
	assert_string_equal(s.lin.ns[NS_NET].path, "/proc/1/ns/net");
	assert_int_equal(s.lin.ns[NS_MNT].mode, NS_NEW);
	assert_int_equal(s.lin.ns[NS_MNT].fd, FD_NONE);
	assert_int_equal(s.mounts.v[1].source_fd, FD_NONE);
	assert_null(s.mounts.v[1].type);
	assert_true(s.lin.resources.pids_limit.has && s.lin.resources.pids_limit.v == 0);
	assert_string_equal(s.lin.resources.devices.v[1].access, "mr");
	assert_false(s.lin.resources.devices.v[0].major.has);
	assert_int_equal(s.lin.seccomp.mode, SECCOMP_PROFILE);
	assert_true(strncmp(s.lin.seccomp.profile, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",", 34) == 0);
}

static void an_empty_spec_goes_around(void **state)
{
	struct spec s, again;

	(void)state;
	spec_init(&s);
	assert_string_equal(spec_print(&s, &arena), "{\"process\":{\"user\":{\"uid\":0,\"gid\":0}}}");
	again = good(spec_print(&s, &arena));
	assert_memory_equal(&s, &again, sizeof(s));
	again = good("{}");
	assert_memory_equal(&s, &again, sizeof(s));
}

static void absence_differs_from_emptiness(void **state)
{
	struct spec s = good("{\"process\":{\"capabilities\":{}},\"linux\":{\"resources\":{\"pids\":{}},"
			     "\"namespaces\":[]}}");

	(void)state;
	assert_true(s.process.caps.has);
	assert_false(s.lin.resources.pids_limit.has);
	assert_int_equal(s.lin.ns[NS_PID].mode, NS_KEEP);
	assert_string_equal(spec_print(&s, &arena), "{\"process\":{\"user\":{\"uid\":0,\"gid\":0},"
						    "\"capabilities\":{}}}");
	assert_false(good("{\"process\":{}}").process.caps.has);
}

static void the_default_filter_is_a_mark(void **state)
{
	struct spec s;

	(void)state;
	spec_init(&s);
	s.lin.seccomp.mode = SECCOMP_DEFAULT;
	assert_non_null(strstr(spec_print(&s, &arena), "\"linux\":{\"seccomp\":{\"defaultAction\":\"ISLE_DEFAULT\"}}"));
	s = good(spec_print(&s, &arena));
	assert_int_equal(s.lin.seccomp.mode, SECCOMP_DEFAULT);
	assert_null(s.lin.seccomp.profile);
}

static void other_ways_to_say_the_same(void **state)
{
	struct spec s = good("{\"process\":{\"capabilities\":{\"bounding\":[\"chown\",\"Cap_Kill\"],\"ambient\":null},"
			     "\"rlimits\":[{\"type\":\"nofile\",\"soft\":1,\"hard\":1}],\"args\":null},\"hooks\":{},"
			     "\"linux\":{\"namespaces\":[{\"type\":\"net\",\"path\":null}],\"intelRdt\":null,"
			     "\"devices\":[{\"path\":\"/d\",\"type\":\"u\"}],"
			     "\"resources\":{\"memory\":{\"disableOOMKiller\":false},\"devices\":[{\"allow\":true}]}},"
			     "\"solaris\":{\"x\":1}}");

	(void)state;
	assert_true(s.process.caps.bounding == (1 << CAP_CHOWN | 1 << CAP_KILL));
	assert_int_equal(s.process.rlimits.v[0].resource, RLIMIT_NOFILE);
	assert_int_equal(s.lin.ns[NS_NET].mode, NS_NEW);
	assert_int_equal(s.lin.devices.v[0].type, 'c');
	assert_int_equal(s.lin.resources.devices.v[0].type, 'a');
	assert_string_equal(s.lin.resources.devices.v[0].access, "");
}

static void errors_name_the_path(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{"3", "the document: must be an object"},
		{"{\"root\":[]}", "root: must be an object"},
		{"{\"root\":{\"readonly\":1}}", "root.readonly: must be true or false"},
		{"{\"process\":{\"args\":[\"a\",1]}}", "process.args[1]: must be a string"},
		{"{\"process\":{\"user\":{\"uid\":-1}}}", "process.user.uid: must be between 0 and 4294967294"},
		{"{\"process\":{\"user\":{\"gid\":4294967295}}}", "process.user.gid: must be between 0 and 4294967294"},
		{"{\"process\":{\"user\":{\"additionalGids\":[4294967295]}}}",
		 "process.user.additionalGids[0]: must be between 0 and 4294967294"},
		{"{\"process\":{\"consoleSize\":{\"width\":65536}}}",
		 "process.consoleSize.width: must be between 0 and 65535"},
		{"{\"process\":{\"capabilities\":[]}}", "process.capabilities: must be an object"},
		{"{\"process\":{\"capabilities\":{\"bounding\":\"CAP_KILL\"}}}",
		 "process.capabilities.bounding: must be a list of strings"},
		{"{\"process\":{\"capabilities\":{\"ambient\":[\"CAP_KILL\",\"CAP_X\"]}}}",
		 "process.capabilities.ambient[1]: there is no capability \"CAP_X\""},
		{"{\"process\":{\"capabilities\":{\"ambient\":[7]}}}",
		 "process.capabilities.ambient[0]: must be a string"},
		{"{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_X\"}]}}",
		 "process.rlimits[0].type: there is no limit \"RLIMIT_X\""},
		{"{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1}]}}",
		 "process.rlimits[0].hard: is missing"},
		{"{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":18446744073709551616}]}}",
		 "process.rlimits[0].soft: must be between 0 and 18446744073709551615"},
		{"{\"process\":{\"scheduler\":{\"policy\":\"SCHED_FIFO\"}}}",
		 "process.scheduler: is not supported by this version of isle"},
		{"{\"mounts\":[{\"destination\":\"/\"},{\"type\":\"proc\"}]}", "mounts[1].destination: is missing"},
		{"{\"annotations\":{\"k\":1}}", "annotations.k: must be a string"},
		{"{\"hooks\":{\"poststop\":[{\"path\":\"/x\"}]}}", "hooks: is not supported by this version of isle"},
		{"{\"linux\":{\"namespaces\":{}}}", "linux.namespaces: must be a list of objects"},
		{"{\"linux\":{\"namespaces\":[1]}}", "linux.namespaces[0]: must be an object"},
		{"{\"linux\":{\"namespaces\":[{}]}}", "linux.namespaces[0].type: is missing"},
		{"{\"linux\":{\"namespaces\":[{\"type\":\"x\"}]}}",
		 "linux.namespaces[0].type: there is no namespace \"x\""},
		{"{\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\"}]}}",
		 "linux.namespaces[1].type: \"pid\" appears twice"},
		{"{\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":\"\"}]}}",
		 "linux.namespaces[0].path: must be an absolute path"},
		{"{\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":0}]}}",
		 "linux.uidMappings[0].size: is missing"},
		{"{\"linux\":{\"devices\":[{\"path\":\"/d\",\"type\":\"x\"}]}}",
		 "linux.devices[0].type: must be \"c\", \"b\", \"u\" or \"p\""},
		{"{\"linux\":{\"devices\":[{\"path\":\"/d\",\"type\":\"\"}]}}",
		 "linux.devices[0].type: must be \"c\", \"b\", \"u\" or \"p\""},
		{"{\"linux\":{\"resources\":{\"pids\":{\"limit\":\"5\"}}}}",
		 "linux.resources.pids.limit: must be an integer"},
		{"{\"linux\":{\"resources\":{\"memory\":{\"limit\":0.5}}}}",
		 "linux.resources.memory.limit: must be an integer"},
		{"{\"linux\":{\"resources\":{\"memory\":{\"swappiness\":0}}}}",
		 "linux.resources.memory.swappiness: is not supported by this version of isle"},
		{"{\"linux\":{\"resources\":{\"devices\":[{\"type\":\"c\"}]}}}",
		 "linux.resources.devices[0].allow: is missing"},
		{"{\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"rwx\"}]}}}",
		 "linux.resources.devices[0].access: must be made of \"r\", \"w\" and \"m\""},
		{"{\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"rwmr\"}]}}}",
		 "linux.resources.devices[0].access: must be made of \"r\", \"w\" and \"m\""},
		{"{\"linux\":{\"resources\":{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":1,\"minor\":1,"
		 "\"rate\":-1}]}}}}",
		 "linux.resources.blockIO.throttleReadBpsDevice[0].rate: must be between 0 and 18446744073709551615"},
		{"{\"linux\":{\"seccomp\":\"x\"}}", "linux.seccomp: must be an object"},
		{"{\"linux\":{\"sysctl\":{\"a\":1}}}", "linux.sysctl.a: must be a string"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = {0};
		struct spec s;

		assert_true(spec_parse(rows[i].text, strlen(rows[i].text), &arena, &s, &e) < 0);
		assert_string_equal(e.what, rows[i].sentence);
	}
}

static void every_truncation_is_refused(void **state)
{
	struct spec s;

	(void)state;
	for (size_t n = 0; n < sizeof(full) - 1; n++) {
		struct arena own = {0};

		assert_true(spec_parse(full, n, &own, &s, NULL) < 0);
		arena_free(&own);
	}
}

static void names_of_capabilities_and_limits(void **state)
{
	(void)state;
	for (int cap = 0; cap < CAP_COUNT; cap++) {
		assert_non_null(cap_name(cap));
		assert_int_equal(cap_by_name(cap_name(cap)), cap);
		assert_int_equal(cap_by_name(cap_name(cap) + 4), cap);
	}
	assert_int_equal(cap_by_name("net_admin"), CAP_NET_ADMIN);
	assert_int_equal(cap_by_name(""), -1);
	assert_int_equal(cap_by_name("CAP_"), -1);
	assert_int_equal(cap_by_name("CAP_CAP_KILL"), -1);
	assert_null(cap_name(CAP_COUNT));
	assert_null(cap_name(-1));
	for (int r = 0; r < 16; r++) {
		assert_non_null(rlimit_name(r));
		assert_int_equal(rlimit_by_name(rlimit_name(r)), r);
	}
	assert_int_equal(rlimit_by_name("nofile"), RLIMIT_NOFILE);
	assert_int_equal(rlimit_by_name("rlimit_core"), RLIMIT_CORE);
	assert_int_equal(rlimit_by_name("x"), -1);
	assert_null(rlimit_name(16));
	assert_null(rlimit_name(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_has_a_row),
		cmocka_unit_test_teardown(every_field_goes_around, teardown),
		cmocka_unit_test_teardown(an_empty_spec_goes_around, teardown),
		cmocka_unit_test_teardown(absence_differs_from_emptiness, teardown),
		cmocka_unit_test_teardown(the_default_filter_is_a_mark, teardown),
		cmocka_unit_test_teardown(other_ways_to_say_the_same, teardown),
		cmocka_unit_test_teardown(errors_name_the_path, teardown),
		cmocka_unit_test_teardown(every_truncation_is_refused, teardown),
		cmocka_unit_test(names_of_capabilities_and_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
