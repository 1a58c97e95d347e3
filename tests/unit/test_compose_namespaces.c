/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From options to record and spec: namespaces, of the machine and of other containers. */
#include "compose_unit.h"

#include "core/process.h"
#include "core/sys.h"

#include <sched.h>

static void namespaces_of_the_host(void **state)
{
	char host[256] = "";
	struct outcome *x = good(*state, OPTIONS(.net = "host", .ipc = "host", .pid = "host"));

	gethostname(host, sizeof(host) - 1);
	assert_int_equal(x->b.spec.lin.ns[NS_NET].mode, NS_KEEP);
	assert_int_equal(x->b.spec.lin.ns[NS_PID].mode, NS_KEEP);
	assert_string_equal(x->b.spec.hostname, host);
	assert_string_equal(mount_at(*state, x, "/dev/shm"), "bind /dev/shm rbind,rprivate,nosuid,noexec,nodev");
	x = good(*state, OPTIONS(.uts = "host", .time = "host", .cgroupns = "host"));
	assert_null(x->b.spec.hostname);
	assert_string_equal(spec_env(&x->b.spec.process, "HOSTNAME"), host);
	x = good(*state, OPTIONS(.net = "none",
				 .sysctl = LIST("net.ipv4.ip_forward=1", "kernel.shmmax=5 6", "fs.mqueue.msg_max=7")));
	assert_string_equal(x->b.record.net_mode, "none");
	assert_int_equal(x->b.spec.lin.sysctl.n, 3);
	assert_string_equal(x->b.spec.lin.sysctl.v[1].value, "5 6");
}

static void a_namespace_of_our_own_is_kept(void **state)
{
	struct outcome *x = good(*state, OPTIONS(.userns = "ns:/proc/self/ns/user", .net = "ns:/proc/self/ns/net"));

	assert_int_equal(x->b.spec.lin.ns[NS_USER].mode, NS_KEEP);
	assert_int_equal(x->b.spec.lin.ns[NS_NET].mode, NS_KEEP);
}

/* A process with namespaces of its own; killed at the end. */
static pid_t islander(void)
{
	int ready[2];
	char c;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWNET | CLONE_NEWUTS) < 0 || write(ready[1], "r", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1); /* needs root */
	close(ready[0]);
	return pid;
}

static void namespaces_of_another_container(void **state)
{
	struct rig *g = *state;
	pid_t pid = islander();
	auto_fd pidfd = sys_pidfd_open(pid, 0);
	struct box db;
	struct stat st;

	rig_box(g, "db", true, &db);
	db.state = (struct box_state){.status = BOX_RUNNING, .pid = pid, .owner_pid = getpid()};
	assert_true(process_identity(pidfd, pid, &db.state.pid_identity) >= 0);
	must(box_state_save(&db, &g->err), &g->err);

	struct outcome *x = good(g, OPTIONS(.net = "container:db"));
	struct spec_ns *ns = &x->b.spec.lin.ns[NS_NET];
	assert_int_equal(ns->mode, NS_JOIN);
	assert_true(ns->fd >= 0 && fstat(ns->fd, &st) == 0);
	assert_int_equal(st.st_ino, ns_inode(pid, NS_NET));
	assert_int_equal(x->b.spec.lin.ns[NS_USER].mode, NS_NEW);
	assert_string_equal(x->b.record.net_mode, arena_printf(&g->arena, "container:%s", db.id));
	assert_true(strs_has(&x->b.spec.lin.masked_paths, "/sys/class/net"));
	fd_close(&ns->fd);

	/* Started again, it finds the other's new namespace from the record. */
	x->b.spec.lin.ns[NS_NET] =
		(struct spec_ns){.mode = NS_JOIN, .path = arena_strdup(&g->arena, "/proc/1/ns/net"), .fd = FD_NONE};
	must(compose_again(&g->home, &x->b, &x->e), &x->e);
	assert_true(fstat(ns->fd, &st) == 0 && st.st_ino == ns_inode(pid, NS_NET));
	fd_close(&ns->fd);

	x = compose_it(g, OPTIONS(.uts = "container:db", .hostname = "x"));
	assert_string_equal(
		x->says,
		"--hostname does not go with --uts container:db: the name would change for everybody in that namespace");
	fd_close(&x->b.spec.lin.ns[NS_UTS].fd);
	x = compose_it(g, OPTIONS(.net = "container:db", .sysctl = LIST("net.core.somaxconn=1")));
	assert_non_null(
		strstr(x->says, "--sysctl net.core.somaxconn does not go with the network namespace of somebody else"));
	fd_close(&x->b.spec.lin.ns[NS_NET].fd);
	/* It has our own user namespace: to join that is to keep it, and to join its pid namespace is to keep ours. */
	x = good(g, OPTIONS(.pid = "container:db"));
	assert_int_equal(x->b.spec.lin.ns[NS_USER].mode, NS_KEEP);

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	x = compose_it(g, OPTIONS(.net = "container:db"));
	assert_true(x->r < 0);
	assert_non_null(strstr(x->says, "db"));
	box_close(&db);
}

static void a_container_that_does_not_run_is_not_joined(void **state)
{
	struct rig *g = *state;
	struct outcome *x;
	struct box db;

	rig_box(g, "idle", true, &db);
	x = compose_it(g, OPTIONS(.net = "container:idle"));
	assert_string_equal(
		x->says,
		"--net: the container idle does not run (start it first: its namespaces live as long as it runs)");
	x = compose_it(g, OPTIONS(.net = "container:nobody"));
	assert_non_null(strstr(x->says, "nobody"));
	box_close(&db);
}

static void a_plain_user_cannot_keep_the_hosts_users(void **state)
{
	struct rig *g = *state;
	struct outcome *x;

	g->home.rootless = true;
	x = compose_it(g, OPTIONS(.userns = "host"));
	assert_non_null(strstr(x->says, "--userns host is for root alone"));
	x = good(g, OPTIONS(.volume = LIST("/tmp:/a"), .device = LIST("/dev/zero:/dev/nil")));
	assert_string_equal(mount_at(g, x, "/a"), "bind /tmp nodev,rprivate,rbind");
	assert_string_equal(mount_at(g, x, "/dev/nil"), "bind /dev/zero bind,rprivate,nosuid,noexec");
	assert_int_equal(x->b.spec.mounts.v[x->b.spec.mounts.n - 1].source_fd, FD_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOME(namespaces_of_the_host),
		WITH_HOME(a_namespace_of_our_own_is_kept),
		WITH_HOME(namespaces_of_another_container),
		WITH_HOME(a_container_that_does_not_run_is_not_joined),
		WITH_HOME(a_plain_user_cannot_keep_the_hosts_users),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
