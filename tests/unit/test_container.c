/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Container managers by the names of their control groups. */
#include "inspect/container.h"

#include <string.h>

#include "unit.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER64 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define HEX32 "89abcdef0123456789abcdef01234567"
#define POD "pod0d1e2f3a_4b5c_6d7e_8f90_a1b2c3d4e5f6"

static const struct {
	const char *path, *label; /* NULL: no container */
} paths[] = {
	{"/isle/" HEX32, "isle:89abcdef0123"},
	{"/user.slice/user-1000.slice/user@1000.service/isle/" HEX32, "isle:89abcdef0123"},
	{"/isle/" HEX32 "/docker/" HEX64, "isle:89abcdef0123"}, /* what is below may lie */
	{"/isle/isle-caller", NULL},
	{"/isle/" HEX64, NULL},
	{"/docker/" HEX64, "docker:0123456789ab"},
	{"/system.slice/docker-" HEX64 ".scope", "docker:0123456789ab"},
	{"/docker/" HEX64 "/docker/" OTHER64, "docker:0123456789ab"},
	{"/system.slice/docker.service", NULL},
	{"/docker/" HEX32, NULL},
	{"/docker/buildkit", NULL},
	{"/system.slice:docker:" HEX64, "docker:0123456789ab"},
	{"/machine.slice/libpod-" HEX64 ".scope", "podman:0123456789ab"},
	{"/machine.slice/libpod-" HEX64 ".scope/container", "podman:0123456789ab"},
	{"/machine.slice/libpod-conmon-" HEX64 ".scope", NULL},
	{"/libpod_parent/libpod-" HEX64, "podman:0123456789ab"},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" HEX64 ".scope", "podman:0123456789ab"},
	{"/system.slice/web.service/libpod-payload-" HEX64, "podman:0123456789ab"},
	{"/system.slice/cri-containerd-" HEX64 ".scope", "containerd:0123456789ab"},
	{"/system.slice/nerdctl-" HEX64 ".scope", "containerd:0123456789ab"},
	{"/default/" HEX64, "containerd:0123456789ab"},
	{"/pods.slice/crio-" HEX64 ".scope", "crio:0123456789ab"},
	{"/kubepods/burstable/" POD "/" HEX64, "k8s:0123456789ab"},
	{"/kubepods/besteffort/" POD "/crio-" HEX64, "k8s:0123456789ab"},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" POD ".slice/cri-containerd-" HEX64 ".scope",
	 "k8s:0123456789ab"},
	{"/kubepods.slice/kubepods-" POD ".slice/docker-" HEX64 ".scope", "k8s:0123456789ab"},
	{"/system.slice/containerd.service/kubepods-burstable-" POD ".slice:cri-containerd:" HEX64, "k8s:0123456789ab"},
	{"/kubepods/burstable/" POD, NULL},
	{"/lxc.payload.web/init.scope", "lxc:web"},
	{"/lxc/web", "lxc:web"},
	{"/machine.slice/machine-my\\x2dbox.scope", "machine:my-box"},
	{"/machine.slice/systemd-nspawn@web.service", "machine:web"},
	{"/machine.slice/machine-.scope", NULL},
	{"/" HEX64, NULL},
	{"/user.slice/user-1000.slice/session-2.scope", NULL},
	{"/", NULL},
	{"", NULL},
	{"//docker//" HEX64 "/", "docker:0123456789ab"},
	{"/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", NULL},
};

static void paths_are_known_by_their_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct arena a = {0};
		struct container_name name;
		const bool is = container_of_path(paths[i].path, &a, &name);

		if (is != !!paths[i].label)
			fail_msg("%s: %d", paths[i].path, is);
		if (is)
			assert_string_equal(container_label(&name, &a), paths[i].label);
		arena_free(&a);
	}
}

static void every_hierarchy_is_asked(void **state)
{
	struct arena a = {0};
	struct container_name name;

	(void)state;
	assert_true(container_of_cgroups("12:pids:/\n1:name=systemd:/docker/" HEX64 "\n0::/x\n", &a, &name));
	assert_string_equal(name.manager, "docker");
	assert_string_equal(name.id, HEX64);
	assert_true(container_of_cgroups("0::/isle/" HEX32, &a, &name));
	assert_string_equal(name.id, HEX32);
	assert_false(container_of_cgroups("0::/\n", &a, &name));
	assert_false(container_of_cgroups("", &a, &name));
	assert_false(container_of_cgroups("no colons\n:\n::", &a, &name));
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_known_by_their_parts),
		cmocka_unit_test(every_hierarchy_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
