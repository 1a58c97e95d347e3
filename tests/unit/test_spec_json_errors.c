/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.json: what is wrong is named by its path. */
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

/* A text that is no spec, and what is said of it. */
static const struct {
	const char *text, *sentence;
} errors[] = {
	{"3", "the document: must be an object"},
	{"{\"root\":[]}", "root: must be an object"},
	{"{\"root\":{\"readonly\":1}}", "root.readonly: must be true or false"},
	{"{\"process\":{\"args\":[\"a\",1]}}", "process.args[1]: must be a string"},
	{"{\"process\":{\"user\":{\"uid\":-1}}}", "process.user.uid: must be between 0 and 4294967294"},
	{"{\"process\":{\"user\":{\"gid\":4294967295}}}", "process.user.gid: must be between 0 and 4294967294"},
	{"{\"process\":{\"user\":{\"additionalGids\":[4294967295]}}}",
	 "process.user.additionalGids[0]: must be between 0 and 4294967294"},
	{"{\"process\":{\"consoleSize\":{\"width\":65536}}}", "process.consoleSize.width: must be between 0 and 65535"},
	{"{\"process\":{\"capabilities\":[]}}", "process.capabilities: must be an object"},
	{"{\"process\":{\"capabilities\":{\"bounding\":\"CAP_KILL\"}}}",
	 "process.capabilities.bounding: must be a list of strings"},
	{"{\"process\":{\"capabilities\":{\"ambient\":[7]}}}", "process.capabilities.ambient[0]: must be a string"},
	{"{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_X\"}]}}",
	 "process.rlimits[0].type: there is no limit \"RLIMIT_X\""},
	{"{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1}]}}", "process.rlimits[0].hard: is missing"},
	{"{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":18446744073709551616}]}}",
	 "process.rlimits[0].soft: must be between 0 and 18446744073709551615"},
	{"{\"process\":{\"user\":{\"umask\":512}}}", "process.user.umask: must be between 0 and 511"},
	{"{\"process\":{\"oomScoreAdj\":-1001}}", "process.oomScoreAdj: must be between -1000 and 1000"},
	{"{\"process\":{\"scheduler\":{}}}", "process.scheduler.policy: is missing"},
	{"{\"process\":{\"scheduler\":{\"policy\":\"SCHED_X\"}}}",
	 "process.scheduler.policy: must be one of \"SCHED_OTHER\", \"SCHED_FIFO\", \"SCHED_RR\", "
	 "\"SCHED_BATCH\", \"SCHED_ISO\", \"SCHED_IDLE\", \"SCHED_DEADLINE\""},
	{"{\"process\":{\"scheduler\":{\"policy\":\"SCHED_RR\",\"nice\":20}}}",
	 "process.scheduler.nice: must be between -20 and 19"},
	{"{\"process\":{\"scheduler\":{\"policy\":\"SCHED_RR\",\"flags\":[\"SCHED_FLAG_RECLAIM\",1]}}}",
	 "process.scheduler.flags[1]: must be one of \"SCHED_FLAG_RESET_ON_FORK\", \"SCHED_FLAG_RECLAIM\", "
	 "\"SCHED_FLAG_DL_OVERRUN\", \"SCHED_FLAG_KEEP_POLICY\", \"SCHED_FLAG_KEEP_PARAMS\", "
	 "\"SCHED_FLAG_UTIL_CLAMP_MIN\", \"SCHED_FLAG_UTIL_CLAMP_MAX\""},
	{"{\"process\":{\"ioPriority\":{\"class\":\"IOPRIO_CLASS_NONE\",\"priority\":0}}}",
	 "process.ioPriority.class: must be one of \"IOPRIO_CLASS_RT\", \"IOPRIO_CLASS_BE\", "
	 "\"IOPRIO_CLASS_IDLE\""},
	{"{\"process\":{\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}}}",
	 "process.ioPriority.priority: must be between 0 and 7"},
	{"{\"process\":{\"execCPUAffinity\":{\"final\":3}}}", "process.execCPUAffinity.final: must be a string"},
	{"{\"mounts\":[{\"destination\":\"/\",\"uidMappings\":[{\"containerID\":4294967296}]}]}",
	 "mounts[0].uidMappings[0].containerID: must be between 0 and 4294967295"},
	{"{\"mounts\":[{\"destination\":\"/\"},{\"type\":\"proc\"}]}", "mounts[1].destination: is missing"},
	{"{\"annotations\":{\"k\":1}}", "annotations.k: must be a string"},
	{"{\"hooks\":{\"poststop\":[{\"args\":[]}]}}", "hooks.poststop[0].path: is missing"},
	{"{\"hooks\":{\"prestart\":[{\"path\":\"/x\",\"timeout\":0}]}}",
	 "hooks.prestart[0].timeout: must be between 1 and 2147483647"},
	{"{\"hooks\":{\"prestart\":{}}}", "hooks.prestart: must be a list of objects"},
	{"{\"linux\":{\"namespaces\":{}}}", "linux.namespaces: must be a list of objects"},
	{"{\"linux\":{\"namespaces\":[1]}}", "linux.namespaces[0]: must be an object"},
	{"{\"linux\":{\"namespaces\":[{}]}}", "linux.namespaces[0].type: is missing"},
	{"{\"linux\":{\"namespaces\":[{\"type\":\"x\"}]}}", "linux.namespaces[0].type: there is no namespace \"x\""},
	{"{\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\"}]}}",
	 "linux.namespaces[1].type: \"pid\" appears twice"},
	{"{\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":\"\"}]}}",
	 "linux.namespaces[0].path: must be an absolute path"},
	{"{\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":0}]}}", "linux.uidMappings[0].size: is missing"},
	{"{\"linux\":{\"devices\":[{\"path\":\"/d\",\"type\":\"x\"}]}}",
	 "linux.devices[0].type: must be \"c\", \"b\", \"u\" or \"p\""},
	{"{\"linux\":{\"devices\":[{\"path\":\"/d\",\"type\":\"\"}]}}",
	 "linux.devices[0].type: must be \"c\", \"b\", \"u\" or \"p\""},
	{"{\"linux\":{\"resources\":{\"pids\":{\"limit\":\"5\"}}}}", "linux.resources.pids.limit: must be an integer"},
	{"{\"linux\":{\"resources\":{\"memory\":{\"limit\":0.5}}}}",
	 "linux.resources.memory.limit: must be an integer"},
	{"{\"linux\":{\"resources\":{\"memory\":{\"swappiness\":101}}}}",
	 "linux.resources.memory.swappiness: must be between 0 and 100"},
	{"{\"linux\":{\"resources\":{\"memory\":{\"limit\":-2}}}}",
	 "linux.resources.memory.limit: must be between -1 and 9223372036854775807"},
	{"{\"linux\":{\"resources\":{\"memory\":{\"disableOOMKiller\":1}}}}",
	 "linux.resources.memory.disableOOMKiller: must be true or false"},
	{"{\"linux\":{\"resources\":{\"cpu\":{\"idle\":2}}}}", "linux.resources.cpu.idle: must be between 0 and 1"},
	{"{\"linux\":{\"resources\":{\"blockIO\":{\"weight\":65536}}}}",
	 "linux.resources.blockIO.weight: must be between 0 and 65535"},
	{"{\"linux\":{\"resources\":{\"blockIO\":{\"weightDevice\":[{\"minor\":0}]}}}}",
	 "linux.resources.blockIO.weightDevice[0].major: is missing"},
	{"{\"linux\":{\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"2MB\"}]}}}",
	 "linux.resources.hugepageLimits[0].limit: is missing"},
	{"{\"linux\":{\"resources\":{\"network\":{\"classID\":4294967296}}}}",
	 "linux.resources.network.classID: must be between 0 and 4294967295"},
	{"{\"linux\":{\"resources\":{\"rdma\":{\"m\":{\"hcaHandles\":-1}}}}}",
	 "linux.resources.rdma.m.hcaHandles: must be between 0 and 4294967295"},
	{"{\"linux\":{\"resources\":{\"rdma\":[]}}}", "linux.resources.rdma: must be an object of objects"},
	{"{\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"major\":4096}]}}}",
	 "linux.resources.devices[0].major: must be between -1 and 4095"},
	{"{\"linux\":{\"devices\":[{\"path\":\"/d\",\"type\":\"c\",\"minor\":1048576}]}}",
	 "linux.devices[0].minor: must be between 0 and 1048575"},
	{"{\"linux\":{\"devices\":[{\"path\":\"/d\",\"type\":\"c\",\"uid\":4294967295}]}}",
	 "linux.devices[0].uid: must be between 0 and 4294967294"},
	{"{\"linux\":{\"timeOffsets\":{\"realtime\":{}}}}", "linux.timeOffsets.realtime: is not known here"},
	{"{\"linux\":{\"timeOffsets\":{\"boottime\":{\"nanosecs\":1000000000}}}}",
	 "linux.timeOffsets.boottime.nanosecs: must be between 0 and 999999999"},
	{"{\"linux\":{\"netDevices\":{\"e\":{\"name\":1}}}}", "linux.netDevices.e.name: must be a string"},
	{"{\"linux\":{\"netDevices\":{\"e\":1}}}", "linux.netDevices.e: must be an object"},
	{"{\"linux\":{\"intelRdt\":{\"enableCMT\":true}}}",
	 "linux.intelRdt.enableCMT: went out of the runtime spec with version 1.3.0; enableMonitoring has its place"},
	{"{\"linux\":{\"memoryPolicy\":{\"mode\":\"x\"}}}",
	 "linux.memoryPolicy.mode: must be one of \"MPOL_DEFAULT\", \"MPOL_PREFERRED\", \"MPOL_BIND\", "
	 "\"MPOL_INTERLEAVE\", \"MPOL_LOCAL\", \"MPOL_PREFERRED_MANY\", \"MPOL_WEIGHTED_INTERLEAVE\""},
	{"{\"linux\":{\"personality\":{\"domain\":\"\"}}}",
	 "linux.personality.domain: must be one of \"LINUX\", \"LINUX32\""},
	{"{\"linux\":{\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"x\"]}}}",
	 "linux.personality.flags: must be empty: the runtime spec has no flag"},
	{"{\"linux\":{\"seccomp\":{\"listenerPath\":1}}}", "linux.seccomp.listenerPath: must be a string"},
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

static void errors_name_the_path(void **state)
{

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct err e = {0};
		struct spec s;

		assert_true(spec_parse(errors[i].text, strlen(errors[i].text), &arena, &s, &e) < 0);
		assert_string_equal(e.what, errors[i].sentence);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(errors_name_the_path, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
