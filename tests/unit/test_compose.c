/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From options to record and spec: what each option of the program, its rights, limits and records becomes. */
#include "compose_unit.h"

#include "core/defaults.h"

#include <linux/capability.h>
#include <sys/resource.h>

#define CAP(name) (UINT64_C(1) << CAP_##name)

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
	assert_string_equal(json_text(json_get(x->b.spec.lin.seccomp.profile, "defaultAction")), "SCMP_ACT_ALLOW");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOME(without_options_everything_is_its_own),
		cmocka_unit_test(tables_have_no_holes),
		WITH_HOME(command_and_environment),
		WITH_HOME(files_of_variables_and_labels),
		WITH_HOME(capabilities_are_added_and_dropped),
		WITH_HOME(privileged_hides_nothing),
		WITH_HOME(security_options),
		WITH_HOME(limits),
		WITH_HOME(the_record),
		cmocka_unit_test(the_layer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
