/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the runtime spec demands beyond types: each demand is met by a good spec, and named when it is not. */
#include "oci/spec_check.h"

#include "oci/spec_json.h"
#include "unit.h"

#include <string.h>

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* The spec with members TEXT beside what it must have; "process" in TEXT stands instead of none. */
static struct spec spec_with(const char *text)
{
	const char *all = arena_printf(&arena, "{\"ociVersion\":\"1.0.2-dev\",\"root\":{\"path\":\"r\"}%s%s}",
				       *text ? "," : "", text);
	struct err e = {0};
	struct spec s;

	if (spec_parse(all, strlen(all), &arena, &s, &e) < 0)
		fail_msg("%s: %s", text, e.what);
	return s;
}

/* The sentence of what is wrong with the spec that has TEXT; "" if nothing is. */
static const char *wrong(const char *text)
{
	struct spec s = spec_with(text);
	struct err e = {0};

	return spec_check(&s, &e) < 0 ? arena_strdup(&arena, e.what) : "";
}

/* What is demanded of TEXT, and the sentence for a spec that has it all the same. */
struct demand {
	const char *text, *sentence;
};

static void demand_all(const struct demand *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_string_equal(wrong(rows[i].text), rows[i].sentence);
}

#define PROCESS(members) "\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"]," members "}"
#define LINUX(members) "\"linux\":{" members "}"
#define RESOURCES(members) LINUX("\"resources\":{" members "}")
#define NAMESPACE(type, members) LINUX("\"namespaces\":[{\"type\":\"" type "\"}]," members)

static void good_specs(void **state)
{
	static const char *const rows[] = {
		"",
		PROCESS("\"env\":[\"A=\",\"B==\"]"),
		PROCESS("\"consoleSize\":{\"height\":1,\"width\":2},\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1},"
			"{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":18446744073709551615}]"),
		"\"mounts\":[{\"destination\":\"old/relative\"},{\"destination\":\"/b\",\"source\":\"s\",\"options\":[\"rbind\"]}]",
		"\"hostname\":\"\",\"domainname\":\"\"",
		"\"hostname\":\"h\",\"domainname\":\"d\"," LINUX("\"namespaces\":[{\"type\":\"uts\"}]"),
		"\"mounts\":[{\"destination\":\"/b\",\"source\":\"s\",\"options\":[\"bind\",\"idmap\"]}]," LINUX(
			"\"namespaces\":[{\"type\":\"user\"}]"),
		"\"annotations\":{\"a\":\"\"}",
		NAMESPACE("user", "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":4294967295}]"),
		NAMESPACE("network",
			  "\"sysctl\":{\"net.ipv4.conf.eth0.forwarding\":\"1\",\"net/core/somaxconn\":\"5\"}"),
		NAMESPACE("ipc", "\"sysctl\":{\"kernel.shm_rmid_forced\":\"1\",\"fs.mqueue.msg_max\":\"5\"}"),
		NAMESPACE("uts", "\"sysctl\":{\"kernel.domainname\":\"d\"}"),
		LINUX("\"devices\":[{\"path\":\"/dev/p\",\"type\":\"p\"},{\"path\":\"/dev/n\",\"type\":\"c\",\"major\":1,\"minor\":3}]"),
		LINUX("\"cgroupsPath\":\"system.slice:isle:a..b\",\"rootfsPropagation\":\"rslave\""),
		LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/l\",\"listenerMetadata\":\"m\"}"),
		RESOURCES(
			"\"cpu\":{\"quota\":5,\"burst\":5,\"cpus\":\"\",\"mems\":\"0-3,7\"},\"memory\":{\"limit\":-1}"),
		RESOURCES("\"cpu\":{\"quota\":-1,\"burst\":5}"),
		RESOURCES(
			"\"hugepageLimits\":[{\"pageSize\":\"64KB\",\"limit\":0},{\"pageSize\":\"1GB\",\"limit\":0}]"),
		RESOURCES("\"unified\":{\"io.max\":\"259:0 rbps=1\\n253:0 rbps=2\",\"pids.max\":\"\"}"),
		RESOURCES("\"blockIO\":{\"weight\":0,\"weightDevice\":[{\"major\":8,\"minor\":0,\"leafWeight\":0}]}"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(wrong(rows[i]), "");
}

static void demands_of_the_whole(void **state)
{
	static const struct demand rows[] = {
		{"\"hostname\":\"h\"", "hostname: needs a uts namespace, or the machine's own would change"},
		{"\"domainname\":\"h\"", "domainname: needs a uts namespace, or the machine's own would change"},
		{"\"annotations\":{\"\":\"x\"}", "annotations: has an empty key"},
		{"\"mounts\":[{\"destination\":\"\"}]", "mounts[0].destination: is missing"},
		{"\"mounts\":[{\"destination\":\"/\"},{\"destination\":\"/\",\"options\":[\"ro\",\"a\\nb\"]}]",
		 "mounts[1].options[1]: must not have a line break"},
		{"\"mounts\":[{\"destination\":\"/\",\"options\":[\"bind\"]}]",
		 "mounts[0].source: is missing, and a bind mount needs one"},
		{"\"mounts\":[{\"destination\":\"/\",\"type\":\"tmpfs\",\"options\":[\"dest-nofollow\"]}]",
		 "mounts[0].options: \"dest-nofollow\" is for new bind mounts alone"},
		{"\"mounts\":[{\"destination\":\"/\",\"source\":\"s\",\"options\":[\"bind\",\"remount\",\"copy-symlink\"]}]",
		 "mounts[0].options: \"copy-symlink\" is for new bind mounts alone"},
		{"\"mounts\":[{\"destination\":\"/\",\"type\":\"bind\",\"source\":\"s\","
		 "\"options\":[\"src-nofollow\",\"copy-symlink\"]}]",
		 "mounts[0].options: \"copy-symlink\" and \"src-nofollow\" exclude each other"},
		{"\"mounts\":[{\"destination\":\"/\",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]}]",
		 "mounts[0].gidMappings: is missing"},
		{"\"mounts\":[{\"destination\":\"/\",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],"
		 "\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":0}]}]",
		 "mounts[0].gidMappings[0].size: must not be 0"},
		{"\"mounts\":[{\"destination\":\"/\",\"options\":[\"ridmap\"]}]",
		 "mounts[0].options: \"idmap\" needs mappings, the mount's own or a user namespace's"},
		{"\"hooks\":{\"poststart\":[{\"path\":\"/a\"},{\"path\":\"true\"}]}",
		 "hooks.poststart[1].path: must be an absolute path"},
		{"\"hooks\":{\"poststop\":[{\"path\":\"\"}]}", "hooks.poststop[0].path: is missing"},
	};

	(void)state;
	demand_all(rows, ARRAY_LEN(rows));
}

static void demands_of_the_process(void **state)
{
	static const struct demand rows[] = {
		{"\"process\":{\"args\":[\"sh\"]}", "process.cwd: is missing"},
		{"\"process\":{\"args\":[\"sh\"],\"cwd\":\"tmp\"}", "process.cwd: must be an absolute path"},
		{"\"process\":{\"cwd\":\"/\"}", "process.args: must have at least one entry"},
		{"\"process\":{\"cwd\":\"/\",\"args\":[\"\"]}", "process.args[0]: must not be empty"},
		{PROCESS("\"env\":[\"A=1\",\"B\"]"), "process.env[1]: must be NAME=VALUE"},
		{PROCESS("\"env\":[\"=1\"]"), "process.env[0]: must be NAME=VALUE"},
		{PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1},"
			 "{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1}]"),
		 "process.rlimits[1].type: \"RLIMIT_CPU\" appears twice"},
		{PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":1}]"),
		 "process.rlimits[0].soft: must not be above \"hard\""},
		{PROCESS("\"execCPUAffinity\":{\"initial\":\"0-\"}"),
		 "process.execCPUAffinity.initial: must be a list of numbers such as 0-3,7"},
		{PROCESS("\"execCPUAffinity\":{\"initial\":\"0\",\"final\":\"x\"}"),
		 "process.execCPUAffinity.final: must be a list of numbers such as 0-3,7"},
		{PROCESS("\"scheduler\":{\"policy\":\"SCHED_ISO\"}"),
		 "process.scheduler.policy: SCHED_ISO is a name that Linux has no policy for"},
		{PROCESS("\"scheduler\":{\"policy\":\"SCHED_FIFO\"}"),
		 "process.scheduler.priority: must be between 1 and 99 with this policy"},
		{PROCESS("\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"priority\":1}"),
		 "process.scheduler.priority: must be between 0 and 0 with this policy"},
		{PROCESS("\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"period\":1}"),
		 "process.scheduler.period: goes with the policy SCHED_DEADLINE only"},
		{PROCESS("\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":3,\"deadline\":2}"),
		 "process.scheduler: SCHED_DEADLINE needs 0 < runtime <= deadline <= period"},
	};

	(void)state;
	demand_all(rows, ARRAY_LEN(rows));
}

static void demands_of_namespaces(void **state)
{
	static const struct demand rows[] = {
		{LINUX("\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"),
		 "linux.uidMappings: needs a user namespace"},
		{NAMESPACE("user", "\"gidMappings\":[{\"containerID\":0,\"hostID\":4294967295,\"size\":1}]"),
		 "linux.gidMappings[0].size: leads beyond the last id, 4294967294"},
		{LINUX("\"timeOffsets\":{\"boottime\":{\"secs\":1}}"), "linux.timeOffsets: needs a new time namespace"},
		{LINUX("\"namespaces\":[{\"type\":\"time\",\"path\":\"/proc/1/ns/time\"}],"
		       "\"timeOffsets\":{\"monotonic\":{\"secs\":1}}"),
		 "linux.timeOffsets: needs a new time namespace"},
		{LINUX("\"netDevices\":{\"eth0\":{}}"), "linux.netDevices: needs a network namespace"},
		{NAMESPACE("network", "\"netDevices\":{\"a/b\":{}}"),
		 "linux.netDevices.a/b: must be the name of a network interface"},
		{NAMESPACE("network", "\"netDevices\":{\"eth0\":{\"name\":\"sixteen_is_a_lot\"}}"),
		 "linux.netDevices.eth0: must be the name of a network interface"},
		{LINUX("\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"}"),
		 "linux.sysctl.net.ipv4.ip_forward: needs a namespace of type \"network\", or it would change for the whole "
		 "machine"},
		{NAMESPACE("network", "\"sysctl\":{\"vm.swappiness\":\"1\"}"),
		 "linux.sysctl.vm.swappiness: belongs to no namespace and would change for the whole machine"},
		{NAMESPACE("network", "\"sysctl\":{\"net.../../kernel/core_pattern\":\"1\"}"),
		 "linux.sysctl.net.../../kernel/core_pattern: must be a name such as net.ipv4.ip_forward"},
		{NAMESPACE("network", "\"sysctl\":{\"net.\":\"1\"}"),
		 "linux.sysctl.net.: must be a name such as net.ipv4.ip_forward"},
		{NAMESPACE("ipc", "\"sysctl\":{\"kernel.semx\":\"1\"}"),
		 "linux.sysctl.kernel.semx: belongs to no namespace and would change for the whole machine"},
		{NAMESPACE("uts", "\"sysctl\":{\"kernel.hostname\":\"h\"}"),
		 "linux.sysctl.kernel.hostname: is set by \"hostname\""},
	};

	(void)state;
	demand_all(rows, ARRAY_LEN(rows));
}

static void demands_of_linux(void **state)
{
	static const struct demand rows[] = {
		{LINUX("\"devices\":[{\"path\":\"dev/x\",\"type\":\"p\"}]"),
		 "linux.devices[0].path: must be an absolute path"},
		{LINUX("\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\"}]"), "linux.devices[0].major: is missing"},
		{LINUX("\"cgroupsPath\":\"/a/../../b\""), "linux.cgroupsPath: must not have \"..\" in it"},
		{LINUX("\"maskedPaths\":[\"/a\",\"b\"]"), "linux.maskedPaths[1]: must be an absolute path"},
		{LINUX("\"readonlyPaths\":[\"\"]"), "linux.readonlyPaths[0]: must be an absolute path"},
		{LINUX("\"rootfsPropagation\":\"rr\""),
		 "linux.rootfsPropagation: must be \"shared\", \"slave\", \"private\" or \"unbindable\", or one of them with an "
		 "\"r\" in front"},
		{LINUX("\"seccomp\":{\"listenerMetadata\":\"m\"}"),
		 "linux.seccomp.listenerMetadata: needs \"listenerPath\""},
		{LINUX("\"seccomp\":{\"listenerPath\":\"l\"}"), "linux.seccomp.listenerPath: must be an absolute path"},
		{LINUX("\"intelRdt\":{\"closID\":\"..\"}"),
		 "linux.intelRdt.closID: must be \"/\" or a name without \"/\""},
		{LINUX("\"intelRdt\":{\"schemata\":[\"a\",\"b\\n\"]}"),
		 "linux.intelRdt.schemata[1]: must not have a line break"},
		{LINUX("\"intelRdt\":{\"memBwSchema\":\"L3:0=f\"}"),
		 "linux.intelRdt.memBwSchema: must be one line that begins with \"MB:\""},
		{LINUX("\"intelRdt\":{\"l3CacheSchema\":\"L3:0=f\\nL3\"}"),
		 "linux.intelRdt.l3CacheSchema: must not have a line break"},
		{LINUX("\"memoryPolicy\":{\"mode\":\"MPOL_BIND\"}"),
		 "linux.memoryPolicy.nodes: must not be empty with this mode"},
		{LINUX("\"memoryPolicy\":{\"mode\":\"MPOL_LOCAL\",\"nodes\":\"0\"}"),
		 "linux.memoryPolicy.nodes: must be empty with this mode"},
		{LINUX("\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0,\"}"),
		 "linux.memoryPolicy.nodes: must be a list of numbers such as 0-3,7"},
		{LINUX("\"memoryPolicy\":{\"mode\":\"MPOL_PREFERRED\",\"flags\":[\"MPOL_F_STATIC_NODES\","
		       "\"MPOL_F_RELATIVE_NODES\"]}"),
		 "linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other"},
	};

	(void)state;
	demand_all(rows, ARRAY_LEN(rows));
}

static void demands_of_the_resources(void **state)
{
	static const struct demand rows[] = {
		{"\"cpu\":{\"cpus\":\"3-1\"}", "cpu.cpus: must be a list of numbers such as 0-3,7"},
		{"\"cpu\":{\"mems\":\"a\"}", "cpu.mems: must be a list of numbers such as 0-3,7"},
		{"\"cpu\":{\"quota\":5,\"burst\":6}", "cpu.burst: must not be above \"quota\""},
		{"\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0}]}",
		 "blockIO.weightDevice[0]: must have \"weight\" or \"leafWeight\""},
		{"\"hugepageLimits\":[{\"pageSize\":\"2mb\",\"limit\":1}]",
		 "hugepageLimits[0].pageSize: must be a size such as 64KB, 2MB, 1GB"},
		{"\"hugepageLimits\":[{\"pageSize\":\"2M/B\",\"limit\":1}]",
		 "hugepageLimits[0].pageSize: must be a size such as 64KB, 2MB, 1GB"},
		{"\"network\":{\"priorities\":[{\"name\":\"\",\"priority\":1}]}",
		 "network.priorities[0].name: must be the name of a network interface"},
		{"\"rdma\":{\"mlx\":{}}", "rdma.mlx: must have \"hcaHandles\" or \"hcaObjects\""},
		{"\"unified\":{\"../cgroup.procs\":\"1\"}", "unified.../cgroup.procs: must be a name without \"/\""},
		{"\"unified\":{\"..\":\"1\"}", "unified...: must be a name without \"/\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *alone = arena_printf(&arena, "{%s}", rows[i].text);
		struct spec_resources r;
		struct err e = {0};

		assert_int_equal(spec_resources_parse(alone, strlen(alone), &arena, &r, &e), 0);
		assert_true(spec_check_resources(&r, &e) < 0);
		assert_string_equal(e.what, rows[i].sentence);
		assert_string_equal(wrong(arena_printf(&arena, "\"linux\":{\"resources\":%s}", alone)),
				    arena_printf(&arena, "linux.resources.%s", rows[i].sentence));
	}
}

static void versions(void **state)
{
	static const char *const good[] = {"1.0.0",	  "1.0.2-dev",	  "1.0.0-rc5",	   "1.1.0+build.01",
					   "1.2.1-a.b-1", "1.3.0-rc.1+x", "1.3.4294967295"};
	static const char *const bad[] = {"",	    "1",      "1.0",	"1.0.0.0",  "01.0.0",	  "1.00.0",  "v1.0.0",
					  "1.0.0 ", "1.0.0-", "1.0.0+", "1.0.0-01", "1.0.0-a..b", "1.0.0-ä", "1.-1.0"};
	static const char *const other[] = {"0.9.0", "1.4.0", "2.0.0"};
	struct spec s = spec_with("");
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		s.oci_version = arena_strdup(&arena, good[i]);
		assert_int_equal(spec_check(&s, &e), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		s.oci_version = arena_strdup(&arena, bad[i]);
		assert_true(spec_check(&s, &e) < 0);
		assert_non_null(strstr(e.what, "is no version such as 1.0.2"));
	}
	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		s.oci_version = arena_strdup(&arena, other[i]);
		assert_true(spec_check(&s, &e) < 0);
		assert_non_null(strstr(e.what, "isle knows versions 1.0 to 1.3"));
	}
	s.oci_version = NULL;
	assert_true(spec_check(&s, &e) < 0);
	assert_string_equal(e.what, "ociVersion: is missing");
	s = spec_with("");
	s.root.path = NULL;
	assert_true(spec_check(&s, &e) < 0);
	assert_string_equal(e.what, "root.path: is missing");
}

static void a_process_may_be_absent_but_not_for_exec(void **state)
{
	struct spec s = spec_with("");
	struct err e = {0};

	(void)state;
	assert_false(spec_has_process(&s));
	assert_int_equal(spec_check(&s, &e), 0);
	assert_true(spec_check_process(&s.process, &e) < 0);
	assert_string_equal(e.what, "cwd: is missing");
	s = spec_with(PROCESS("\"terminal\":true"));
	assert_true(spec_has_process(&s));
	assert_int_equal(spec_check_process(&s.process, &e), 0);
}

/* Nothing of the runtime spec is refused because isle could not do it. */
static void every_field_is_honoured(void **state)
{
	static const char *const rows[] = {
		"\"hooks\":{\"startContainer\":[{\"path\":\"/h\"}]}",
		PROCESS("\"scheduler\":{\"policy\":\"SCHED_RR\",\"priority\":1}"),
		PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":1}"),
		PROCESS("\"execCPUAffinity\":{\"final\":\"0\"}"),
		"\"mounts\":[{\"destination\":\"/\",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],"
		"\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]}]",
		"\"mounts\":[{\"destination\":\"/\",\"options\":[\"tmpcopyup\"]}]",
		LINUX("\"rootfsPropagation\":\"rshared\""),
		NAMESPACE("time", "\"timeOffsets\":{\"boottime\":{}}"),
		NAMESPACE("network", "\"netDevices\":{\"eth0\":{\"name\":\"e%d\"}}"),
		LINUX("\"mountLabel\":\"m\""),
		LINUX("\"intelRdt\":{\"closID\":\"/\",\"memBwSchema\":\"MB:0=20\"}"),
		LINUX("\"memoryPolicy\":{\"mode\":\"MPOL_DEFAULT\"}"),
		LINUX("\"personality\":{\"domain\":\"LINUX32\"}"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(wrong(rows[i]), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(good_specs, teardown),
		cmocka_unit_test_teardown(demands_of_the_whole, teardown),
		cmocka_unit_test_teardown(demands_of_the_process, teardown),
		cmocka_unit_test_teardown(demands_of_namespaces, teardown),
		cmocka_unit_test_teardown(demands_of_linux, teardown),
		cmocka_unit_test_teardown(demands_of_the_resources, teardown),
		cmocka_unit_test_teardown(versions, teardown),
		cmocka_unit_test_teardown(a_process_may_be_absent_but_not_for_exec, teardown),
		cmocka_unit_test_teardown(every_field_is_honoured, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
