/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From options to record and spec: what is refused, and the sentence for each. */
#include "compose_unit.h"

/* What nobody can mean. */
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
	const struct CMUnitTest tests[] = {
		WITH_HOME(bad_words_are_refused_with_a_sentence),
		WITH_HOME(labels_without_their_module_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
