/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.json: every field of the spec goes around. */
#include "oci/spec_json.h"

#include "base/fd.h"
#include "core/caps_names.h"
#include "core/rlimit_names.h"
#include "unit.h"

#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <sched.h>
#include <string.h>
#include <sys/personality.h>
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
	"\"noNewPrivileges\":true,\"apparmorProfile\":\"a\",\"selinuxLabel\":\"s\",\"oomScoreAdj\":-1000,"
	"\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"nice\":-20,\"priority\":99,"
	"\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\",\"SCHED_FLAG_UTIL_CLAMP_MAX\"],"
	"\"runtime\":1,\"deadline\":2,\"period\":18446744073709551615},"
	"\"ioPriority\":{\"class\":\"IOPRIO_CLASS_IDLE\",\"priority\":0},"
	"\"execCPUAffinity\":{\"initial\":\"7\",\"final\":\"0-3,7\"}},"
	"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\",\"options\":[\"nosuid\",\"ro\"]},"
	"{\"destination\":\"/x\",\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":2}],"
	"\"gidMappings\":[{\"containerID\":3,\"hostID\":4,\"size\":5}]}],"
	"\"hooks\":{\"prestart\":[{\"path\":\"/a\",\"args\":[\"a\",\"b\"],\"env\":[\"K=v\"],\"timeout\":1}],"
	"\"createRuntime\":[{\"path\":\"/b\"},{\"path\":\"/c\"}],\"createContainer\":[{\"path\":\"/d\"}],"
	"\"startContainer\":[{\"path\":\"/e\"}],\"poststart\":[{\"path\":\"/f\"}],\"poststop\":[{\"path\":\"/g\"}]},"
	"\"annotations\":{\"b\":\"1\",\"a.b/c\":\"\"},"
	"\"linux\":{\"namespaces\":[{\"type\":\"user\"},{\"type\":\"cgroup\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},"
	"{\"type\":\"network\",\"path\":\"/proc/1/ns/net\"},"
	"{\"type\":\"time\"},{\"type\":\"mount\"},{\"type\":\"pid\"}],"
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":4294967295,\"size\":1}],"
	"\"timeOffsets\":{\"monotonic\":{\"secs\":-172800,\"nanosecs\":999999999},\"boottime\":{}},"
	"\"devices\":[{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,\"minor\":3,"
	"\"fileMode\":438,\"uid\":0,\"gid\":0},"
	"{\"path\":\"/dev/p\",\"type\":\"p\",\"major\":0,\"minor\":0}],"
	"\"netDevices\":{\"eth0\":{\"name\":\"inside%d\"},\"eth1\":{}},\"cgroupsPath\":\"/isle/x\","
	"\"resources\":{\"memory\":{\"limit\":-1,\"reservation\":0,\"swap\":9223372036854775807,"
	"\"kernel\":-1,\"kernelTCP\":1,\"swappiness\":100,\"disableOOMKiller\":false,\"useHierarchy\":true,"
	"\"checkBeforeUpdate\":true},"
	"\"cpu\":{\"shares\":1024,\"quota\":-1,\"burst\":3,\"period\":100000,\"realtimeRuntime\":-2,\"realtimePeriod\":4,"
	"\"cpus\":\"0-1\",\"mems\":\"0\",\"idle\":1},"
	"\"pids\":{\"limit\":0},"
	"\"blockIO\":{\"weight\":500,\"leafWeight\":0,"
	"\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":65535},{\"major\":8,\"minor\":16,\"leafWeight\":10}],"
	"\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":600}],"
	"\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":1,\"rate\":601}],"
	"\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":2,\"rate\":602}],"
	"\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":3,\"rate\":18446744073709551615}]},"
	"\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":18446744073709551615}],"
	"\"network\":{\"classID\":4294967295,\"priorities\":[{\"name\":\"eth0\",\"priority\":0}]},"
	"\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":4294967295},\"rxe3\":{}},"
	"\"devices\":[{\"allow\":false,\"type\":\"a\",\"access\":\"rwm\"},"
	"{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":-1,\"access\":\"mr\"}],"
	"\"unified\":{\"memory.high\":\"1\"}},\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"},"
	"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"listenerPath\":\"/s\","
	"\"listenerMetadata\":\"x\",\"syscalls\":[{\"names\":[\"read\"],\"args\":[]}],"
	"\"x\":1.5e3},"
	"\"maskedPaths\":[\"/proc/kcore\"],\"readonlyPaths\":[\"/proc/sys\"],\"rootfsPropagation\":\"rslave\","
	"\"mountLabel\":\"m\","
	"\"intelRdt\":{\"closID\":\"/\",\"schemata\":[\"L3:0=7f0\"],\"l3CacheSchema\":\"L3:0=f\",\"memBwSchema\":\"MB:0=2\","
	"\"enableMonitoring\":true},"
	"\"memoryPolicy\":{\"mode\":\"MPOL_WEIGHTED_INTERLEAVE\",\"nodes\":\"0-3\","
	"\"flags\":[\"MPOL_F_NUMA_BALANCING\",\"MPOL_F_STATIC_NODES\"]},"
	"\"personality\":{\"domain\":\"LINUX32\"}}}";

/* A field that is added without a row would be forgotten silently: whoever adds one adds its row and its size here. */
static void every_field_has_a_row(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct spec), 1672);
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
	assert_string_equal(s.lin.seccomp.listener_path, "/s");
	assert_string_equal(s.lin.seccomp.listener_metadata, "x");
	assert_string_equal(json_text(json_get(s.lin.seccomp.profile, "defaultAction")), "SCMP_ACT_ERRNO");
}

/* Words that stand for the kernel's numbers. */
static void numbers_are_the_kernels(void **state)
{
	struct spec s = good(full);

	(void)state;
	assert_int_equal(s.process.scheduler.policy, SCHED_DEADLINE);
	assert_int_equal(s.process.scheduler.flags, SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_UTIL_CLAMP_MAX);
	assert_int_equal(s.process.io_priority.class, IOPRIO_CLASS_IDLE);
	assert_int_equal(s.lin.memory_policy.mode, 6);
	assert_int_equal(s.lin.memory_policy.flags, MPOL_F_NUMA_BALANCING | MPOL_F_STATIC_NODES);
	assert_int_equal(s.lin.personality.domain, PER_LINUX32);
	s = good(
		"{\"process\":{\"scheduler\":{\"policy\":\"SCHED_OTHER\"},"
		"\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\",\"priority\":7}},"
		"\"linux\":{\"memoryPolicy\":{\"mode\":\"MPOL_PREFERRED_MANY\"},\"personality\":{\"domain\":\"LINUX\"}}}");
	assert_true(s.process.scheduler.has);
	assert_int_equal(s.process.scheduler.policy, SCHED_OTHER);
	assert_int_equal(s.process.io_priority.class, IOPRIO_CLASS_RT);
	assert_int_equal(s.lin.memory_policy.mode, MPOL_PREFERRED_MANY);
	assert_true(s.lin.personality.has);
	assert_int_equal(s.lin.personality.domain, PER_LINUX);
}

static void hooks_maps_and_offsets(void **state)
{
	struct spec s = good(full);

	(void)state;
	assert_int_equal(s.hooks[HOOK_PRESTART].n, 1);
	assert_int_equal(s.hooks[HOOK_PRESTART].v[0].args.n, 2);
	assert_true(s.hooks[HOOK_PRESTART].v[0].timeout.has);
	assert_int_equal(s.hooks[HOOK_CREATE_RUNTIME].n, 2);
	assert_string_equal(s.hooks[HOOK_POSTSTOP].v[0].path, "/g");
	assert_false(s.hooks[HOOK_POSTSTOP].v[0].timeout.has);
	assert_string_equal(s.lin.net_devices.v[0].host_name, "eth0");
	assert_string_equal(s.lin.net_devices.v[0].name, "inside%d");
	assert_null(s.lin.net_devices.v[1].name);
	assert_string_equal(s.lin.resources.rdma.v[1].name, "rxe3");
	assert_true(s.lin.time_offsets.boottime.has);
	assert_true(s.lin.time_offsets.monotonic.secs == -172800);
	assert_int_equal(s.mounts.v[1].gid_map.v[0].host_id, 4);
}

/* A newer kernel's capabilities are worth a warning, no failure (config.md, "capabilities"). */
static void unknown_capabilities_are_kept(void **state)
{
	struct spec s = good("{\"process\":{\"capabilities\":{\"ambient\":[\"CAP_NEW\",\"CAP_KILL\"],"
			     "\"bounding\":[\"CAP_NEWER\"]}}}");
	const char *printed = spec_print(&s, &arena);

	(void)state;
	assert_int_equal(s.process.caps.unknown.n, 2);
	assert_string_equal(s.process.caps.unknown.v[0], "CAP_NEWER");
	assert_string_equal(s.process.caps.unknown.v[1], "CAP_NEW");
	assert_true(s.process.caps.ambient == 1 << CAP_KILL);
	assert_true(s.process.caps.bounding == 0);
	assert_string_equal(printed, "{\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"capabilities\":{"
				     "\"bounding\":[\"CAP_NEWER\",\"CAP_NEW\"],\"ambient\":[\"CAP_KILL\"]}}}");
	s = good(printed);
	assert_string_equal(spec_print(&s, &arena), printed);
}

/* exec --process and update --resources bring a part of the spec alone. */
static void parts_stand_alone(void **state)
{
	static const char process[] = "{\"user\":{\"uid\":0,\"gid\":5},\"args\":[\"sh\"],\"cwd\":\"/\"}";
	static const char resources[] = "{\"memory\":{\"limit\":5},\"pids\":{\"limit\":-1}}";
	struct spec_process p;
	struct spec_resources r;
	struct err e = {0};

	(void)state;
	assert_int_equal(spec_process_parse(process, strlen(process), &arena, &p, &e), 0);
	assert_int_equal(p.user.gid, 5);
	assert_string_equal(spec_process_print(&p, &arena), process);
	assert_int_equal(spec_resources_parse(resources, strlen(resources), &arena, &r, &e), 0);
	assert_true(r.pids_limit.v == -1);
	assert_string_equal(spec_resources_print(&r, &arena), resources);
	assert_true(spec_process_parse("[]", 2, &arena, &p, &e) < 0);
	assert_string_equal(e.what, "the document: must be an object");
	assert_true(spec_resources_parse("{\"pids\":5}", 10, &arena, &r, &e) < 0);
	assert_string_equal(e.what, "pids: must be an object");
}

/* What belongs to other systems is none of isle's. */
static void other_systems_are_ignored(void **state)
{
	(void)state;
	assert_string_equal(
		spec_print(&(struct spec[]){good(
				   "{\"windows\":[],\"vm\":3,\"zos\":\"\",\"freebsd\":{\"jail\":{}},\"solaris\":{},"
				   "\"process\":{\"commandLine\":7},\"linux\":{\"new\":{\"a\":1}}}")}[0],
			   &arena),
		"{\"process\":{\"user\":{\"uid\":0,\"gid\":0}}}");
}

/* So many that anything but linear time would be seen. */
static void many_of_everything(void **state)
{
	enum { ENV = 60000, MOUNTS = 10000 };
	struct json_out out;
	struct spec s;

	(void)state;
	json_out_init(&out, &arena, JSON_COMPACT);
	json_open_object(&out, NULL);
	json_open_object(&out, "process");
	json_open_list(&out, "env");
	for (int i = 0; i < ENV; i++)
		json_string(&out, NULL, arena_printf(&arena, "V%d=x", i));
	json_close_list(&out);
	json_close_object(&out);
	json_open_list(&out, "mounts");
	for (int i = 0; i < MOUNTS; i++) {
		json_open_object(&out, NULL);
		json_string(&out, "destination", arena_printf(&arena, "/m%d", i));
		json_close_object(&out);
	}
	json_close_list(&out);
	json_open_object(&out, "annotations");
	for (int i = 0; i < ENV; i++)
		json_string(&out, arena_printf(&arena, "k%d", i), "");
	json_close_object(&out);
	json_close_object(&out);
	s = good(json_out_text(&out));
	assert_int_equal(s.process.env.n, ENV);
	assert_string_equal(s.process.env.v[ENV - 1], "V59999=x");
	assert_int_equal(s.mounts.n, MOUNTS);
	assert_string_equal(s.mounts.v[MOUNTS - 1].destination, "/m9999");
	s = good(spec_print(&s, &arena));
	assert_int_equal(s.annotations.n, ENV);
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

/* Engines write "" where they mean nothing. */
static void an_empty_text_is_none(void **state)
{
	struct spec s =
		good("{\"hostname\":\"\",\"process\":{\"apparmorProfile\":\"\",\"selinuxLabel\":\"\",\"cwd\":\"\"},"
		     "\"mounts\":[{\"destination\":\"/\",\"type\":\"\",\"source\":\"\"}],"
		     "\"linux\":{\"cgroupsPath\":\"\",\"mountLabel\":\"\",\"rootfsPropagation\":\"\","
		     "\"resources\":{\"cpu\":{\"cpus\":\"\",\"mems\":\"\"}}}}");

	(void)state;
	assert_null(s.hostname);
	assert_null(s.process.apparmor_profile);
	assert_null(s.lin.resources.cpu.cpus);
	assert_string_equal(spec_print(&s, &arena), "{\"process\":{\"user\":{\"uid\":0,\"gid\":0}},"
						    "\"mounts\":[{\"destination\":\"/\"}]}");
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
		cmocka_unit_test_teardown(numbers_are_the_kernels, teardown),
		cmocka_unit_test_teardown(hooks_maps_and_offsets, teardown),
		cmocka_unit_test_teardown(unknown_capabilities_are_kept, teardown),
		cmocka_unit_test_teardown(parts_stand_alone, teardown),
		cmocka_unit_test_teardown(other_systems_are_ignored, teardown),
		cmocka_unit_test_teardown(many_of_everything, teardown),
		cmocka_unit_test_teardown(an_empty_spec_goes_around, teardown),
		cmocka_unit_test_teardown(an_empty_text_is_none, teardown),
		cmocka_unit_test_teardown(absence_differs_from_emptiness, teardown),
		cmocka_unit_test_teardown(the_default_filter_is_a_mark, teardown),
		cmocka_unit_test_teardown(other_ways_to_say_the_same, teardown),
		cmocka_unit_test_teardown(every_truncation_is_refused, teardown),
		cmocka_unit_test(names_of_capabilities_and_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
