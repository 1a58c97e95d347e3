/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From options to record and spec: mounts and devices. */
#include "compose_unit.h"

#include "core/defaults.h"

static void default_mounts_come_from_the_top_down(void **state)
{
	struct outcome *x = good(*state, OPTIONS());

	assert_int_equal(x->b.spec.mounts.n, DEFAULT_MOUNTS);
	for (size_t i = 0; i < DEFAULT_MOUNTS; i++)
		assert_string_equal(x->b.spec.mounts.v[i].destination, default_mounts[i].destination);
	assert_string_equal(mount_at(*state, x, "/dev/shm"), "tmpfs tmpfs nosuid,noexec,nodev,mode=1777,size=67108864");
	x = good(*state, OPTIONS(.shm_size = "1g"));
	assert_string_equal(mount_at(*state, x, "/dev/shm"),
			    "tmpfs tmpfs nosuid,noexec,nodev,mode=1777,size=1073741824");
}

static void volumes(void **state)
{
	struct rig *g = *state;
	struct outcome *x =
		good(g, OPTIONS(.volume = LIST("/tmp:/a", "/etc/hostname:/b/c:ro,noexec,z",
					       "/tmp:/w:noidmap,rslave,bind,nosuid", "/dev/null:/x/null"),
				.mount = LIST("type=bind,source=/tmp,target=/m,readonly,bind-propagation=rslave",
					      "target=/t,type=tmpfs,tmpfs-size=10m,tmpfs-mode=1777",
					      "type=bind,src=/tmp,dst=/n,ro=false,bind-nonrecursive"),
				.tmpfs = LIST("/run", "/tmp:size=50%,mode=700,exec,uid=5")));

	assert_string_equal(mount_at(g, x, "/a"), "bind /tmp nodev,rprivate,rbind,idmap");
	assert_string_equal(mount_at(g, x, "/b/c"), "bind /etc/hostname ro,rro,nodev,noexec,rprivate,rbind,idmap");
	assert_string_equal(mount_at(g, x, "/w"), "bind /tmp nosuid,nodev,rslave,bind");
	assert_string_equal(mount_at(g, x, "/x/null"), "bind /dev/null rprivate,rbind");
	assert_string_equal(mount_at(g, x, "/m"), "bind /tmp ro,rro,nodev,rslave,rbind,idmap");
	assert_string_equal(mount_at(g, x, "/n"), "bind /tmp nodev,rprivate,bind,idmap");
	assert_string_equal(mount_at(g, x, "/t"), "tmpfs tmpfs nosuid,nodev,noexec,size=10485760,mode=1777");
	assert_string_equal(mount_at(g, x, "/run"), "tmpfs tmpfs nosuid,nodev,noexec");
	assert_string_equal(mount_at(g, x, "/tmp"), "tmpfs tmpfs nosuid,nodev,size=50%,mode=700,uid=5");
	assert_string_equal(x->b.spec.lin.rootfs_propagation, "rslave");
	for (size_t i = 0; i < x->b.spec.mounts.n; i++) {
		const struct spec_mount *m = &x->b.spec.mounts.v[i];

		assert_int_equal(m->source_fd >= 0, strcmp(m->type, "bind") == 0);
		fd_close(&x->b.spec.mounts.v[i].source_fd);
	}
}

static void sources_may_be_relative(void **state)
{
	struct rig *g = *state;
	struct outcome *x;

	assert_int_equal(chdir(g->dir), 0);
	x = good(g, OPTIONS(.volume = LIST(".:/a", "./run:/b", "..:/c")));
	assert_non_null(strstr(mount_at(g, x, "/b"), arena_printf(&g->arena, "bind %s/./run ", g->dir)));
	assert_int_equal(chdir("/"), 0);
	x = compose_it(g, OPTIONS(.volume = LIST("./isle-nothing-here:/a")));
	assert_string_equal(
		x->says,
		"share ./isle-nothing-here with the container (--volume): No such file or directory (make it first)");
}

static void what_stands_on_another_mount_comes_later(void **state)
{
	struct outcome *x =
		good(*state, OPTIONS(.volume = LIST("/tmp:/x/y/z", "/tmp:/x", "/dev:/dev", "/tmp:/proc/meminfo")));
	const char *order[] = {"/proc",		 "/sys",     "/x",	    "/dev",
			       "/dev/pts",	 "/dev/shm", "/dev/mqueue", "/proc/meminfo",
			       "/sys/fs/cgroup", "/x/y/z"};

	assert_int_equal(x->b.spec.mounts.n, ARRAY_LEN(order));
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		assert_string_equal(x->b.spec.mounts.v[i].destination, order[i]);
	assert_string_equal(mount_at(*state, x, "/dev"), "bind /dev rprivate,rbind"); /* in place of the default */
}

static void devices(void **state)
{
	struct outcome *x = good(*state, OPTIONS(.device = LIST("/dev/zero:/dev/inside/zero")));
	const struct spec_devices *d = &x->b.spec.lin.devices;

	assert_string_equal(d->v[d->n - 1].path, "/dev/inside/zero");
	assert_int_equal(d->v[d->n - 1].major, 1);
	assert_int_equal(d->v[d->n - 1].minor, 5);
	assert_int_equal(d->v[d->n - 1].type, 'c');
	assert_int_equal(x->b.spec.lin.resources.devices.n, 0);
	x = good(*state, OPTIONS(.device = LIST("/dev/zero:r")));
	assert_int_equal(x->b.spec.lin.devices.n, DEFAULT_DEVICES); /* once for each path */
	const struct spec_device_rules *rules = &x->b.spec.lin.resources.devices;
	assert_int_equal(rules->n, 1 + DEFAULT_DEVICES + DEFAULT_DEVICE_RULES + 1);
	assert_false(rules->v[0].allow);
	assert_string_equal(rules->v[rules->n - 1].access, "r");
	x = good(*state, OPTIONS(.userns = "host"));
	assert_int_equal(x->b.spec.lin.resources.devices.n, 1 + DEFAULT_DEVICES + DEFAULT_DEVICE_RULES);
	x = good(*state, OPTIONS(.device = LIST("/dev/zero:/opt/zero")));
	assert_string_equal(mount_at(*state, x, "/opt/zero"), "bind /dev/zero bind,rprivate,nosuid,noexec");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOME(default_mounts_come_from_the_top_down),
		WITH_HOME(volumes),
		WITH_HOME(sources_may_be_relative),
		WITH_HOME(what_stands_on_another_mount_comes_later),
		WITH_HOME(devices),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
