/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From options to record and spec: what each option becomes, and the sentence for each that is refused. */
#include "engine/compose.h"

#include "core/defaults.h"
#include "core/process.h"
#include "core/sys.h"
#include "engine_unit.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

/* Options point into argv, which is writable; the literals that stand for it here are not. */
#pragma GCC diagnostic ignored "-Wdiscarded-qualifiers"

#define CAP(name) (UINT64_C(1) << CAP_##name)

/* ---- tools ---- */

/* Lists in options: LIST("a", "b"). */
#define LIST(...)                                                                                         \
	{                                                                                                 \
		.v = (char *[]){__VA_ARGS__, NULL}, .n = sizeof((char *[]){__VA_ARGS__}) / sizeof(char *) \
	}
#define OPTIONS(...) (&(const struct run_options){.root = "host", __VA_ARGS__})

/* What was composed, or the sentence. */
struct outcome {
	struct box b;
	struct err e;
	int r;
	char says[1200];
};

static struct outcome *compose_it(struct rig *g, const struct run_options *o)
{
	struct outcome *x = arena_alloc(&g->arena, 1, sizeof(*x));

	memset(x->b.id, 'a', BOX_ID_LEN);
	x->b.record.id_slot = -1;
	x->r = compose(o, &g->home, &x->b, &x->e);
	if (x->r < 0)
		err_format(&x->e, x->says, sizeof(x->says));
	return x;
}

/* Composes options that must be good. */
static struct outcome *good(struct rig *g, const struct run_options *o)
{
	struct outcome *x = compose_it(g, o);

	must(x->r, &x->e);
	return x;
}

/* "type source options" of the mount at DESTINATION; NULL if there is none. */
static const char *mount_at(struct rig *g, const struct outcome *x, const char *destination)
{
	for (size_t i = 0; i < x->b.spec.mounts.n; i++) {
		const struct spec_mount *m = &x->b.spec.mounts.v[i];
		char *text;

		if (strcmp(m->destination, destination) != 0)
			continue;
		text = arena_printf(&g->arena, "%s %s ", m->type, m->source);
		for (size_t j = 0; j < m->options.n; j++)
			text = arena_printf(&g->arena, "%s%s%s", text, j ? "," : "", m->options.v[j]);
		return text;
	}
	return NULL;
}

/* The limit on RESOURCE; NULL if there is none. */
static const struct spec_rlimit *rlimit_of(const struct outcome *x, int resource)
{
	for (size_t i = 0; i < x->b.spec.process.rlimits.n; i++)
		if (x->b.spec.process.rlimits.v[i].resource == resource)
			return &x->b.spec.process.rlimits.v[i];
	return NULL;
}

/* ---- the defaults ---- */

static void without_options_everything_is_its_own(void **state)
{
	struct outcome *x = good(*state, OPTIONS());
	const struct spec *s = &x->b.spec;
	const struct box_record *rec = &x->b.record;

	for (int k = 0; k < NS_KIND_COUNT; k++)
		assert_int_equal(s->lin.ns[k].mode, NS_NEW);
	assert_string_equal(rec->net_mode, "private");
	assert_string_equal(rec->user_mode, "private");
	assert_string_equal(s->hostname, "aaaaaaaaaaaa");
	assert_string_equal(s->process.args.v[0], "/bin/sh");
	assert_int_equal(s->process.args.n, 1);
	assert_string_equal(rec->command, "/bin/sh");
	assert_string_equal(s->process.cwd, "/");
	assert_string_equal(spec_env(&s->process, "PATH"), default_path);
	assert_string_equal(spec_env(&s->process, "HOSTNAME"), "aaaaaaaaaaaa");
	assert_string_equal(spec_env(&s->process, "container"), "isle");
	assert_null(spec_env(&s->process, "TERM"));
	assert_true(s->process.caps.has && s->process.caps.bounding == default_caps);
	assert_true(s->process.caps.effective == default_caps && s->process.caps.permitted == default_caps);
	assert_true(s->process.caps.ambient == 0 && s->process.caps.inheritable == 0);
	assert_true(s->process.no_new_privileges);
	assert_int_equal(s->lin.seccomp.mode, SECCOMP_DEFAULT);
	assert_true(strs_has(&s->lin.masked_paths, "/proc/kcore"));
	assert_true(strs_has(&s->lin.readonly_paths, "/proc/sys"));
	assert_true(s->process.user.umask.has && s->process.user.umask.v == 022);
	assert_null(s->process.user.username);
	assert_int_equal(s->lin.devices.n, DEFAULT_DEVICES);
	assert_int_equal(s->lin.resources.devices.n, 0);
	assert_int_equal(rec->stop_signal, SIGTERM);
	assert_int_equal(rec->stop_timeout_s, 10);
	assert_int_equal(rec->log_max_size, 10 << 20);
	assert_int_equal(rec->log_max_files, 3);
	assert_string_equal(rec->root, "host");
	assert_true(rec->pids_default);
	assert_false(s->lin.resources.pids_limit.has);
	assert_int_equal(rlimit_of(x, RLIMIT_NPROC)->soft, 2048);
	assert_int_equal(rlimit_of(x, RLIMIT_CORE)->soft, 0);
	assert_false(s->lin.resources.memory.limit.has);
	assert_int_equal(rec->id_slot, -1);
}

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

static void tables_have_no_holes(void **state)
{
	(void)state;
	for (size_t i = 0; i < DEFAULT_MOUNTS; i++)
		assert_true(default_mounts[i].destination && default_mounts[i].type && default_mounts[i].options);
	for (size_t i = 0; i < DEFAULT_DEVICES; i++)
		assert_true(default_devices[i].path && default_devices[i].major > 0);
	assert_int_equal(__builtin_popcountll(default_caps), 11);
}

/* ---- the program ---- */

static void command_and_environment(void **state)
{
	setenv("ISLE_TEST_HERE", "from here", 1);
	unsetenv("ISLE_TEST_NOT");
	struct outcome *x =
		good(*state, OPTIONS(.entrypoint = "/bin/echo", .command = LIST("a b", "c"), .tty = true,
				     .env = LIST("A=1", "B=", "A=2", "ISLE_TEST_HERE", "ISLE_TEST_NOT", "container"),
				     .workdir = "//srv/./x/", .hostname = "web", .user = "alice:staff",
				     .group_add = LIST("audio", "44"), .umask = "077", .oom_score_adj = "500"));
	const struct spec_process *p = &x->b.spec.process;

	assert_int_equal(p->args.n, 3);
	assert_string_equal(p->args.v[0], "/bin/echo");
	assert_string_equal(p->args.v[1], "a b");
	assert_string_equal(x->b.record.command, "/bin/echo a b c");
	assert_string_equal(spec_env(p, "A"), "2");
	assert_string_equal(spec_env(p, "B"), "");
	assert_string_equal(spec_env(p, "ISLE_TEST_HERE"), "from here");
	assert_null(spec_env(p, "ISLE_TEST_NOT"));
	assert_null(spec_env(p, "container")); /* the caller has none: taken out */
	assert_string_equal(spec_env(p, "TERM"), "xterm");
	assert_string_equal(spec_env(p, "HOSTNAME"), "web");
	assert_string_equal(p->cwd, "/srv/x");
	assert_string_equal(p->user.username, "alice:staff,audio,44");
	assert_int_equal(p->user.umask.v, 077);
	assert_int_equal(p->oom_score_adj.v, 500);
	assert_true(p->terminal && x->b.record.tty);
}

/* Writes TEXT into the file NAME of the test's own directory, and gives its path. */
static char *file_with(struct rig *g, const char *name, const char *text)
{
	char *path = arena_printf(&g->arena, "%s/%s", g->dir, name);
	auto_fd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && fd_write_all(fd, text, strlen(text)) == 0);
	return path;
}

static void files_of_variables_and_labels(void **state)
{
	struct rig *g = *state;
	char *env = file_with(g, "env", "# comment\n\n  A=1\nB=two words # kept\r\nISLE_TEST_HERE\nC=last");
	char *labels = file_with(g, "labels", "tier=db\nplain\n");

	setenv("ISLE_TEST_HERE", "from here", 1);
	struct outcome *x = good(g, OPTIONS(.env_file = LIST(env), .env = LIST("C=option"), .label_file = LIST(labels),
					    .label = LIST("tier=web", "x=y=z")));
	const struct spec_process *p = &x->b.spec.process;
	assert_string_equal(spec_env(p, "A"), "1");
	assert_string_equal(spec_env(p, "B"), "two words # kept");
	assert_string_equal(spec_env(p, "ISLE_TEST_HERE"), "from here");
	assert_string_equal(spec_env(p, "C"), "option");
	assert_int_equal(x->b.record.labels.n, 3);
	assert_string_equal(x->b.record.labels.v[0].value, "web");
	assert_string_equal(x->b.record.labels.v[1].key, "plain");
	assert_string_equal(x->b.record.labels.v[1].value, "");
	assert_string_equal(x->b.record.labels.v[2].value, "y=z");

	env = file_with(g, "bad", "A=1\nB C=2\n");
	x = compose_it(g, OPTIONS(.env_file = LIST(env)));
	assert_non_null(strstr(
		x->says, "/bad, line 2: bad value of --env-file: \"B C=2\": a variable's name has no space in it"));
	x = compose_it(g, OPTIONS(.env_file = LIST("/nonexistent")));
	assert_string_equal(x->says, "--env-file: open /nonexistent: No such file or directory");
	char *fifo = arena_printf(&g->arena, "%s/fifo", g->dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	x = compose_it(g, OPTIONS(.env_file = LIST(fifo)));
	assert_non_null(strstr(x->says, "it is not a regular file"));
}

/* ---- rights ---- */

static void capabilities_are_added_and_dropped(void **state)
{
	struct outcome *x =
		good(*state, OPTIONS(.cap_add = LIST("net_admin", "CAP_SYS_PTRACE"), .cap_drop = LIST("Chown")));

	assert_true(x->b.spec.process.caps.bounding ==
		    ((default_caps | CAP(NET_ADMIN) | CAP(SYS_PTRACE)) & ~CAP(CHOWN)));
	x = good(*state, OPTIONS(.cap_drop = LIST("all"), .cap_add = LIST("KILL")));
	assert_true(x->b.spec.process.caps.bounding == CAP(KILL));
	x = good(*state, OPTIONS(.cap_add = LIST("ALL"), .cap_drop = LIST("SYS_ADMIN")));
	assert_true(x->b.spec.process.caps.bounding == (((UINT64_C(1) << 41) - 1) & ~CAP(SYS_ADMIN)));
}

static void privileged_hides_nothing(void **state)
{
	struct outcome *x = good(*state, OPTIONS(.privileged = true));

	assert_int_equal(x->b.spec.lin.ns[NS_USER].mode, NS_NEW);
	assert_true(x->b.spec.process.caps.bounding & CAP(SYS_ADMIN));
	assert_int_equal(x->b.spec.lin.seccomp.mode, SECCOMP_NONE);
	assert_int_equal(x->b.spec.lin.masked_paths.n, 0);
	assert_int_equal(x->b.spec.lin.readonly_paths.n, 0);
	assert_false(x->b.spec.process.no_new_privileges);
	assert_true(x->b.spec.lin.devices.n > DEFAULT_DEVICES);
	assert_string_equal(mount_at(*state, x, "/sys"), "sysfs sysfs nosuid,noexec,nodev");
	x = good(*state, OPTIONS(.privileged = true, .security_opt = LIST("no-new-privileges", "mask=/proc/kcore")));
	assert_true(x->b.spec.process.no_new_privileges);
	assert_int_equal(x->b.spec.lin.masked_paths.n, 1);
}

static void security_options(void **state)
{
	struct rig *g = *state;
	char *profile = file_with(g, "seccomp.json", "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
	struct outcome *x = good(
		g, OPTIONS(.security_opt = LIST("no-new-privileges=false", "seccomp=unconfined", "apparmor=unconfined",
						"label=disable", "mask=/a:/b//c", "unmask=/proc/k*:/proc/sys")));

	assert_false(x->b.spec.process.no_new_privileges);
	assert_int_equal(x->b.spec.lin.seccomp.mode, SECCOMP_NONE);
	assert_true(strs_has(&x->b.spec.lin.masked_paths, "/b/c"));
	assert_false(strs_has(&x->b.spec.lin.masked_paths, "/proc/kcore"));
	assert_true(strs_has(&x->b.spec.lin.masked_paths, "/proc/interrupts"));
	assert_false(strs_has(&x->b.spec.lin.readonly_paths, "/proc/sys"));
	assert_true(strs_has(&x->b.spec.lin.readonly_paths, "/proc/bus"));
	x = good(g, OPTIONS(.security_opt = LIST("unmask=all")));
	assert_int_equal(x->b.spec.lin.masked_paths.n + x->b.spec.lin.readonly_paths.n, 0);
	x = good(g, OPTIONS(.security_opt = LIST(arena_printf(&g->arena, "seccomp=%s", profile))));
	assert_int_equal(x->b.spec.lin.seccomp.mode, SECCOMP_PROFILE);
	assert_string_equal(x->b.spec.lin.seccomp.profile, "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
	profile = file_with(g, "broken.json", "{\"defaultAction\":");
	x = compose_it(g, OPTIONS(.security_opt = LIST(arena_printf(&g->arena, "seccomp=%s", profile))));
	assert_true(x->r < 0);
}

/* ---- limits ---- */

static void limits(void **state)
{
	struct outcome *x =
		good(*state, OPTIONS(.memory = "64m", .memory_reservation = "32m", .cpus = ".5", .cpu_shares = "512",
				     .cpuset_cpus = "0", .pids_limit = "50", .blkio_weight = "300",
				     .ulimit = LIST("nofile=100:200", "core=unlimited", "nproc=7", "RLIMIT_CPU=10")));
	const struct spec_resources *res = &x->b.spec.lin.resources;

	assert_int_equal(res->memory.limit.v, 64 << 20);
	assert_int_equal(res->memory.swap.v, 64 << 20); /* no swap beside it */
	assert_int_equal(res->memory.reservation.v, 32 << 20);
	assert_int_equal(res->cpu.quota.v, 50000);
	assert_int_equal(res->cpu.period.v, 100000);
	assert_int_equal(res->cpu.shares.v, 512);
	assert_string_equal(res->cpu.cpus, "0");
	assert_int_equal(res->pids_limit.v, 50);
	assert_false(x->b.record.pids_default);
	assert_int_equal(res->block_io.weight.v, 300);
	assert_int_equal(rlimit_of(x, RLIMIT_NOFILE)->soft, 100);
	assert_int_equal(rlimit_of(x, RLIMIT_NOFILE)->hard, 200);
	assert_true(rlimit_of(x, RLIMIT_CORE)->soft == UINT64_MAX);
	assert_int_equal(rlimit_of(x, RLIMIT_NPROC)->hard, 7);
	assert_int_equal(rlimit_of(x, RLIMIT_CPU)->hard, 10);

	x = good(*state, OPTIONS(.memory = "1g", .memory_swap = "-1", .pids_limit = "-1"));
	assert_int_equal(x->b.spec.lin.resources.memory.swap.v, -1);
	assert_int_equal(x->b.spec.lin.resources.pids_limit.v, -1);
	assert_null(rlimit_of(x, RLIMIT_NPROC));
	x = good(*state, OPTIONS(.cpu_period = "50000", .cpu_quota = "25000", .userns = "host"));
	assert_int_equal(x->b.spec.lin.resources.cpu.quota.v, 25000);
	assert_int_equal(x->b.spec.lin.resources.pids_limit.v,
			 2048); /* RLIMIT_NPROC would not bind the machine's root */
}

/* ---- mounts and devices ---- */

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

/* ---- namespaces ---- */

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

/* ---- the record ---- */

static void the_record(void **state)
{
	struct rig *g = *state;
	struct outcome *x =
		good(g, OPTIONS(.name = "web-1", .rm = true, .detach = true, .init = true, .interactive = true,
				.stop_signal = "RTMIN+3", .stop_timeout = "-1", .timeout = "1m30s",
				.log_opt = LIST("max-size=1m", "max-file=5"),
				.cidfile = arena_printf(&g->arena, "%s/cid", g->dir), .pidfile = "relative.pid"));
	const struct box_record *rec = &x->b.record;

	assert_string_equal(rec->name, "web-1");
	assert_true(rec->rm && rec->detach && rec->init && rec->stdin_open);
	assert_int_equal(rec->stop_signal, 37);
	assert_int_equal(rec->stop_timeout_s, -1);
	assert_int_equal(rec->timeout_s, 90);
	assert_int_equal(rec->log_max_size, 1 << 20);
	assert_int_equal(rec->log_max_files, 5);
	assert_int_equal(rec->pidfile[0], '/');
	file_with(g, "cid", "");
	x = compose_it(g, OPTIONS(.cidfile = arena_printf(&g->arena, "%s/cid", g->dir)));
	assert_int_equal(x->r, -EEXIST);
}

static void the_layer(void **state)
{
	bool memory = false;

	(void)state;
	must(compose_layer(OPTIONS(.rm = true), &memory, NULL), NULL);
	assert_true(memory);
	must(compose_layer(OPTIONS(.rm = true, .detach = true), &memory, NULL), NULL);
	assert_false(memory);
	must(compose_layer(OPTIONS(.layer = "memory"), &memory, NULL), NULL);
	assert_true(memory);
	must(compose_layer(OPTIONS(.rm = true, .layer = "disk"), &memory, NULL), NULL);
	assert_false(memory);
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

/* ---- what is refused ---- */

/* What nobody can mean, and how the sentence begins. */
static const struct {
	const struct run_options *o;
	const char *says; /* how the sentence begins */
} bad_words[] = {
	{&(const struct run_options){0}, "no root is named"},
	{OPTIONS(.name = "-x"), ""},
	{OPTIONS(.name = "a/b"), ""},
	{OPTIONS(.stop_signal = "SIGNOPE"), "bad value of --stop-signal: \"SIGNOPE\": there is no such signal"},
	{OPTIONS(.stop_timeout = "-2"), "bad value of --stop-timeout"},
	{OPTIONS(.timeout = "soon"), "bad value of --timeout"},
	{OPTIONS(.label = LIST("=x")), "bad value of --label: \"=x\": it must be KEY=VALUE"},
	{OPTIONS(.log_opt = LIST("max-size=1")),
	 "bad value of --log-opt: \"max-size=1\": max-size must be at least 4k"},
	{OPTIONS(.log_opt = LIST("max-file=0")), "bad value of --log-opt"},
	{OPTIONS(.log_opt = LIST("mode=non-blocking")), "bad value of --log-opt"},
	{OPTIONS(.rw = true, .read_only = true), "--rw and --read-only contradict each other"},
	{OPTIONS(.rw = true, .layer = "disk"), "--layer does not go with --rw"},
	{OPTIONS(.layer = "tape"), "bad value of --layer: \"tape\""},
	{&((const struct run_options){.root = "/x", .host_private = true}),
	 "--host-private is for the root \"host\" alone"},
	{OPTIONS(.cidfile = ""), "bad value of --cidfile"},
	/* the program */
	{OPTIONS(.env = LIST("=x")), "bad value of --env: \"=x\": a variable must have a name"},
	{OPTIONS(.env = LIST("")), "bad value of --env"},
	{OPTIONS(.workdir = "srv"),
	 "bad value of --workdir: \"srv\": a path inside the container must begin with \"/\""},
	{OPTIONS(.workdir = "/a/../b"),
	 "bad value of --workdir: \"/a/../b\": a path inside the container must not have \"..\""},
	{OPTIONS(.user = ""), "bad value of --user"},
	{OPTIONS(.user = "a,b"), "bad value of --user: \"a,b\": it must be USER or USER:GROUP"},
	{OPTIONS(.user = "-1"), "bad user \"-1\""},
	{OPTIONS(.user = "4294967295"), "bad user id 4294967295"},
	{OPTIONS(.user = "0:4294967296"), "bad group id 4294967296"},
	{OPTIONS(.group_add = LIST("a,b")), "bad value of --group-add"},
	{OPTIONS(.umask = "8"), "bad value of --umask"},
	{OPTIONS(.umask = "7777"), "bad value of --umask"},
	{OPTIONS(.oom_score_adj = "1001"), "bad value of --oom-score-adj"},
	/* rights */
	{OPTIONS(.cap_add = LIST("FLY")), "bad value of --cap-add: \"FLY\": there is no such capability"},
	{OPTIONS(.cap_drop = LIST("")), "bad value of --cap-drop"},
	{OPTIONS(.cap_add = LIST("KILL"), .cap_drop = LIST("cap_kill")), "--cap-add and --cap-drop both name CAP_KILL"},
	{OPTIONS(.cap_add = LIST("ALL"), .cap_drop = LIST("ALL")), "--cap-add and --cap-drop both name ALL"},
	{OPTIONS(.security_opt = LIST("magic=1")), "bad value of --security-opt: \"magic=1\": known are"},
	{OPTIONS(.security_opt = LIST("seccomp")), "bad value of --security-opt: \"seccomp\": known are"},
	{OPTIONS(.security_opt = LIST("seccomp=/nonexistent")), "--security-opt seccomp=: open /nonexistent"},
	{OPTIONS(.security_opt = LIST("no-new-privileges=maybe")), "bad value of --security-opt"},
	{OPTIONS(.security_opt = LIST("systempaths=all")), "bad value of --security-opt"},
	{OPTIONS(.security_opt = LIST("mask=proc")), "bad value of --security-opt mask"},
	{OPTIONS(.security_opt = LIST("unmask=proc")), "bad value of --security-opt unmask"},
	/* limits */
	{OPTIONS(.memory = "5m"), "bad value of --memory: \"5m\": at least 6m are needed"},
	{OPTIONS(.memory = "lots"), "bad value of --memory: \"lots\": it must be a size"},
	{OPTIONS(.memory_swap = "1g"),
	 "bad value of --memory-swap: \"1g\": it is memory and swap together, and needs --memory"},
	{OPTIONS(.memory = "1g", .memory_swap = "512m"), "bad value of --memory-swap: \"512m\""},
	{OPTIONS(.memory = "64m", .memory_reservation = "65m"), "bad value of --memory-reservation"},
	{OPTIONS(.cpus = "0"), "bad value of --cpus: \"0\": it must be a number of processors greater than 0"},
	{OPTIONS(.cpus = "0.001"), "bad value of --cpus: \"0.001\": it must be at least 0.01"},
	{OPTIONS(.cpus = "100000"), "bad value of --cpus: \"100000\": this machine has"},
	{OPTIONS(.cpus = "1", .cpu_quota = "5000"), "--cpus does not go with --cpu-period and --cpu-quota"},
	{OPTIONS(.cpu_shares = "1"), "bad value of --cpu-shares"},
	{OPTIONS(.cpu_period = "999"), "bad value of --cpu-period"},
	{OPTIONS(.cpu_quota = "999"), "bad value of --cpu-quota"},
	{OPTIONS(.cpuset_cpus = "0-9999999999"), "bad value of --cpuset-cpus: \"0-9999999999\": it must be a list"},
	{OPTIONS(.cpuset_cpus = "8191"), "bad value of --cpuset-cpus: \"8191\": this machine has"},
	{OPTIONS(.cpuset_mems = "0,,1"), "bad value of --cpuset-mems"},
	{OPTIONS(.pids_limit = "-2"), "bad value of --pids-limit"},
	{OPTIONS(.blkio_weight = "9"), "bad value of --blkio-weight"},
	{OPTIONS(.device_read_bps = LIST("/dev/null:1m")),
	 "bad value of --device-read-bps: \"/dev/null:1m\": that is not a block device"},
	{OPTIONS(.device_write_iops = LIST("/dev/null")), "bad value of --device-write-iops"},
	{OPTIONS(.device_write_bps = LIST("/nonexistent:1m")), "--device-write-bps: examine /nonexistent"},
	{OPTIONS(.ulimit = LIST("nofile")), "bad value of --ulimit"},
	{OPTIONS(.ulimit = LIST("fun=1")), "bad value of --ulimit: \"fun=1\": there is no such limit"},
	{OPTIONS(.ulimit = LIST("nofile=2:1")),
	 "bad value of --ulimit: \"nofile=2:1\": the soft limit can't be above the hard one"},
	{OPTIONS(.ulimit = LIST("nofile=1:")), "bad value of --ulimit"},
	{OPTIONS(.shm_size = "0"), "bad value of --shm-size"},
	/* files */
	{OPTIONS(.volume = LIST("/data")), "bad value of --volume: \"/data\": it must be SOURCE:TARGET"},
	{OPTIONS(.volume = LIST("data:/x")),
	 "bad value of --volume: \"data:/x\": volumes with names do not exist yet (write /data or ./data"},
	{OPTIONS(.volume = LIST("a/b:/x")), "bad value of --volume: \"a/b:/x\": volumes with names do not exist yet"},
	{OPTIONS(.volume = LIST(":/x")), "bad value of --volume: \":/x\": the source is empty"},
	{OPTIONS(.volume = LIST("/tmp:")), "bad value of --volume"},
	{OPTIONS(.volume = LIST("/tmp:x")), "bad value of --volume"},
	{OPTIONS(.volume = LIST("/tmp:/")), "bad value of --volume: \"/tmp:/\": the root itself can't be covered"},
	{OPTIONS(.volume = LIST("/tmp:/a/../..")), "bad value of --volume"},
	{OPTIONS(.volume = LIST("/nonexistent:/x")),
	 "share /nonexistent with the container (--volume): No such file or directory (make it first)"},
	{OPTIONS(.volume = LIST("/tmp:/x:ro,rw")),
	 "bad value of --volume: \"/tmp:/x:ro,rw\": two of its words contradict each other"},
	{OPTIONS(.volume = LIST("/tmp:/x:copy")),
	 "bad value of --volume: \"/tmp:/x:copy\": there is no mount option \"copy\""},
	{OPTIONS(.volume = LIST("/tmp:/x:")), "bad value of --volume: \"/tmp:/x:\": there is no mount option \"\""},
	{OPTIONS(.volume = LIST("/tmp:/x:ro:y")), "bad value of --volume: \"/tmp:/x:ro:y\": it has too many colons"},
	{OPTIONS(.volume = LIST("/tmp:/x:rshared")),
	 "bad value of --volume: \"/tmp:/x:rshared\": shared mounts would reach out"},
	{OPTIONS(.volume = LIST("/tmp:/x", "/etc:/x//")),
	 "bad value of --volume: \"/etc:/x//\": something else is mounted there already"},
	{OPTIONS(.volume = LIST("/tmp:/proc")),
	 "bad value of --volume: \"/tmp:/proc\": nothing may be mounted over /proc or in it"},
	{OPTIONS(.volume = LIST("/tmp:/proc/self/attr/current")), "bad value of --volume"},
	{OPTIONS(.tmpfs = LIST("/proc/sys")), "bad value of --tmpfs"},
	{OPTIONS(.tmpfs = LIST("tmp")), "bad value of --tmpfs"},
	{OPTIONS(.tmpfs = LIST("/x:size=big")),
	 "bad value of --tmpfs: \"/x:size=big\": a tmpfs can't have \"size=big\""},
	{OPTIONS(.tmpfs = LIST("/x:size=101%")), "bad value of --tmpfs"},
	{OPTIONS(.tmpfs = LIST("/x:mode=9")), "bad value of --tmpfs"},
	{OPTIONS(.tmpfs = LIST("/x:lowerdir=/")), "bad value of --tmpfs"},
	{OPTIONS(.mount = LIST("source=/tmp,target=/x")),
	 "bad value of --mount: \"source=/tmp,target=/x\": the type must be bind or tmpfs"},
	{OPTIONS(.mount = LIST("type=overlay,target=/x")), "bad value of --mount"},
	{OPTIONS(.mount = LIST("type=bind,source=/tmp")),
	 "bad value of --mount: \"type=bind,source=/tmp\": target= is missing"},
	{OPTIONS(.mount = LIST("type=bind,target=/x")),
	 "bad value of --mount: \"type=bind,target=/x\": source= is missing"},
	{OPTIONS(.mount = LIST("type=tmpfs,target=/x,source=/tmp")), "bad value of --mount"},
	{OPTIONS(.mount = LIST("type=bind,source=/tmp,target=/x,tmpfs-size=1m")), "bad value of --mount"},
	{OPTIONS(.mount = LIST("type=tmpfs,target=/x,bind-propagation=slave")), "bad value of --mount"},
	{OPTIONS(.mount = LIST("type=bind,source=/tmp,target=/x,bind-propagation=ro")), "bad value of --mount"},
	{OPTIONS(.mount = LIST("type=bind,source=/tmp,target=/x,readonly=maybe")), "bad value of --mount"},
	{OPTIONS(.device = LIST("/etc/passwd")), "bad value of --device: \"/etc/passwd\": that is not a device"},
	{OPTIONS(.device = LIST("/nonexistent")), "--device: examine /nonexistent"},
	{OPTIONS(.device = LIST("/dev/null:/dev/x:rx")), "bad value of --device"},
	{OPTIONS(.device = LIST("/dev/null:rr")), "bad value of --device"},
	{OPTIONS(.device = LIST("null")), "bad value of --device"},
	{OPTIONS(.device = LIST("/dev/null:/dev/../x")), "bad value of --device"},
	/* namespaces */
	{OPTIONS(.net = "bridge"),
	 "bad value of --net: \"bridge\": networks between containers do not exist yet (use none, host"},
	{OPTIONS(.net = "wifi"),
	 "bad value of --net: \"wifi\": it must be none, private, host, container:NAME or ns:PATH"},
	{OPTIONS(.pid = "none"), "bad value of --pid: \"none\": it must be private, host, container:NAME or ns:PATH"},
	{OPTIONS(.pid = ""), "bad value of --pid"},
	{OPTIONS(.ipc = "container:"), "bad value of --ipc: \"container:\": a container must be named"},
	{OPTIONS(.net = "ns:relative"), "bad value of --net"},
	{OPTIONS(.net = "ns:/nonexistent"), "--net: open the namespace /nonexistent"},
	{OPTIONS(.net = "ns:/etc/passwd"), "--net: /etc/passwd is not a network namespace"},
	{OPTIONS(.net = "ns:/proc/self/ns/uts"),
	 "--net: /proc/self/ns/uts is not a network namespace (name a file such as /proc/PID/ns/net)"},
	{OPTIONS(.uts = "host", .hostname = "x"), "--hostname does not go with --uts host"},
	{OPTIONS(.uts = "host", .domainname = "x"), "--domainname does not go with --uts host"},
	{OPTIONS(.hostname = "a\nb"), "bad value of --hostname: \"a?b\": a host name has letters and digits"},
	{OPTIONS(.hostname = "-a"), "bad value of --hostname"},
	{OPTIONS(.hostname = ""), "bad value of --hostname"},
	{OPTIONS(.ipc = "host", .shm_size = "1m"), "--shm-size does not go with --ipc host"},
	{OPTIONS(.sysctl = LIST("net.ipv4.ip_forward=1"), .net = "host"),
	 "--sysctl net.ipv4.ip_forward does not go with the network namespace"},
	{OPTIONS(.sysctl = LIST("kernel.msgmax=1"), .ipc = "host"),
	 "--sysctl kernel.msgmax does not go with the ipc namespace"},
	{OPTIONS(.sysctl = LIST("kernel.core_pattern=x")),
	 "bad value of --sysctl: \"kernel.core_pattern=x\": it belongs to no namespace"},
	{OPTIONS(.sysctl = LIST("net/ipv4/ip_forward=1")), "bad value of --sysctl"},
	{OPTIONS(.sysctl = LIST("net.../x=1")), "bad value of --sysctl"},
	{OPTIONS(.sysctl = LIST("net..ipv4=1")), "bad value of --sysctl"},
	{OPTIONS(.sysctl = LIST("net.x=1\nkernel.core_pattern=x")), "bad value of --sysctl"},
	{OPTIONS(.sysctl = LIST("net.x")), "bad value of --sysctl"},
	{OPTIONS(.sysctl = LIST("kernel.hostname=x")), "bad value of --sysctl: \"kernel.hostname=x\": use --hostname"},
};

static void bad_words_are_refused_with_a_sentence(void **state)
{

	for (size_t i = 0; i < ARRAY_LEN(bad_words); i++) {
		struct outcome *x = compose_it(*state, bad_words[i].o);

		if (x->r >= 0)
			fail_msg("row %zu was accepted: %s", i, bad_words[i].says);
		if (strncmp(x->says, bad_words[i].says, strlen(bad_words[i].says)) != 0)
			fail_msg("row %zu says \"%s\", not \"%s\"", i, x->says, bad_words[i].says);
	}
}

/* Labels of kernels that do not have the module must not be taken for kept. */
static void labels_without_their_module_are_refused(void **state)
{
	struct outcome *x;

	if (access("/sys/module/apparmor/parameters/enabled", F_OK) < 0) {
		x = compose_it(*state, OPTIONS(.security_opt = LIST("apparmor=docker-default")));
		assert_string_equal(
			x->says,
			"bad value of --security-opt: \"docker-default\": AppArmor is not enabled on this machine");
	}
	if (access("/sys/fs/selinux/enforce", F_OK) < 0) {
		x = compose_it(*state, OPTIONS(.security_opt = LIST("label=type:spc_t")));
		assert_string_equal(
			x->says, "bad value of --security-opt: \"type:spc_t\": SELinux is not enabled on this machine");
	}
}

int main(void)
{
#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		WITH_HOME(without_options_everything_is_its_own),
		WITH_HOME(default_mounts_come_from_the_top_down),
		cmocka_unit_test(tables_have_no_holes),
		WITH_HOME(command_and_environment),
		WITH_HOME(files_of_variables_and_labels),
		WITH_HOME(capabilities_are_added_and_dropped),
		WITH_HOME(privileged_hides_nothing),
		WITH_HOME(security_options),
		WITH_HOME(limits),
		WITH_HOME(volumes),
		WITH_HOME(sources_may_be_relative),
		WITH_HOME(what_stands_on_another_mount_comes_later),
		WITH_HOME(devices),
		WITH_HOME(namespaces_of_the_host),
		WITH_HOME(a_namespace_of_our_own_is_kept),
		WITH_HOME(namespaces_of_another_container),
		WITH_HOME(a_container_that_does_not_run_is_not_joined),
		WITH_HOME(the_record),
		cmocka_unit_test(the_layer),
		WITH_HOME(a_plain_user_cannot_keep_the_hosts_users),
		WITH_HOME(bad_words_are_refused_with_a_sentence),
		WITH_HOME(labels_without_their_module_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
