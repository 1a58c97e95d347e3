#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the runtime gives a process besides its files: each field through the front door, as the process itself sees it.
# shellcheck disable=SC2016,SC2154 # $ is meant for the inner shell; stderr is set by run

load ../lib/isle
load ../lib/oci

setup() {
	oci_setup
	user="l['namespaces'].append({'type': 'user'}); \
l.update({k: [{'containerID': 0, 'hostID': 100000, 'size': 65536}] for k in ('uidMappings', 'gidMappings')})"
}

teardown() {
	[ -z "${agent:-}" ] || kill "$agent" 2>/dev/null || true
	oci_teardown
}

# Fails with one sentence on stderr that has $1 in it, and leaves nothing; the rest is for in_bundle.
refused() {
	local text=$1

	shift
	run --separate-stderr in_bundle "$@"
	echo "status $status: $stderr"
	[ "$status" -ne 0 ]
	[[ $stderr == *"$text"* ]]
	[ -z "$output" ]
	oci_nothing_left "after a refusal: $text"
}

# Runs $2... in a new process of container $1, whose process is the Python dictionary p that the statements in $CHANGE change.
exec_with() {
	local id=$1

	shift
	python3 - "$T/$id/config.json" "$T/process.json" "$CHANGE" "$@" <<-'END'
		import json, sys
		p = json.load(open(sys.argv[1]))["process"]
		p["args"] = sys.argv[4:]
		exec(sys.argv[3])
		json.dump(p, open(sys.argv[2], "w"))
	END
	oci exec --process "$T/process.json" "$id"
}

@test "umask: the caller's, unless the spec has one" {
	umask 027
	run -0 in_bundle -- sh -c umask
	[ "$output" = 0027 ]
	run -0 in_bundle "p['user']['umask'] = 0o7" -- sh -c umask
	[ "$output" = 0007 ]
	umask 022
	oci_running box
	run -0 oci exec box sh -c umask
	[ "$output" = 0022 ]
	umask 077
	run -0 oci exec box sh -c umask
	[ "$output" = 0077 ]
}

@test "oomScoreAdj: set, left alone, and told when it can't be lowered" {
	run -0 in_bundle "p['oomScoreAdj'] = 432" -- cat /proc/self/oom_score_adj
	[ "$output" = 432 ]
	run -0 sh -c 'echo 77 >/proc/self/oom_score_adj; exec "$@"' sh "${oci[@]}" run --bundle "$T/b" again
	[ "$output" = 432 ]
	bundle "$T/b" "p['args'] = ['cat', '/proc/self/oom_score_adj']"
	run -0 sh -c 'echo 77 >/proc/self/oom_score_adj; exec "$@"' sh "${oci[@]}" run --bundle "$T/b" absent
	[ "$output" = 77 ]
	bundle "$T/b" "p['oomScoreAdj'] = -600"
	run -1 --separate-stderr setpriv --bounding-set -sys_resource "${oci[@]}" run --bundle "$T/b" lower
	[[ $stderr == *oom_score_adj*CAP_SYS_RESOURCE* ]]
	oci_nothing_left lower
}

@test "scheduler: policy, nice value and flags, whatever the container's rights" {
	run -0 in_bundle "p['scheduler'] = {'policy': 'SCHED_BATCH', 'nice': -7}" -- sh -c 'chrt -p $$; nice'
	[[ $output == *SCHED_BATCH*-7 ]]
	run -0 in_bundle "p['scheduler'] = {'policy': 'SCHED_IDLE', 'flags': ['SCHED_FLAG_RESET_ON_FORK']}" -- sh -c 'chrt -p $$'
	[[ $output == *SCHED_IDLE*RESET_ON_FORK* ]]
	run -0 in_bundle "$user" "p['scheduler'] = {'policy': 'SCHED_OTHER', 'nice': -5}" -- nice
	[ "$output" = -5 ]
	if chrt -d --sched-runtime 1000000 --sched-period 100000000 0 true; then
		run -0 in_bundle "p['scheduler'] = {'policy': 'SCHED_DEADLINE', 'runtime': 5000000, 'deadline': 10000000, \
'period': 10000000}" -- sh -c 'exec chrt -p 0'
		[[ $output == *SCHED_DEADLINE*5000000/10000000/10000000* ]]
	fi
	refused 'process.scheduler: set SCHED_DEADLINE' \
		"p['scheduler'] = {'policy': 'SCHED_DEADLINE', 'runtime': 1, 'deadline': 2, 'period': 3}" -- true
	refused 'process.scheduler.priority' "p['scheduler'] = {'policy': 'SCHED_FIFO', 'priority': 100}" -- true
	oci_running box
	CHANGE="p['scheduler'] = {'policy': 'SCHED_BATCH', 'nice': -3, 'flags': ['SCHED_FLAG_RESET_ON_FORK']}"
	run -0 exec_with box sh -c 'chrt -p $$'
	[[ $output == *SCHED_BATCH*RESET_ON_FORK* ]]
}

@test "ioPriority: class and priority" {
	run -0 in_bundle "p['ioPriority'] = {'class': 'IOPRIO_CLASS_BE', 'priority': 6}" -- sh -c 'ionice -p $$'
	[ "$output" = 'best-effort: prio 6' ]
	run -0 in_bundle "p['ioPriority'] = {'class': 'IOPRIO_CLASS_IDLE', 'priority': 0}" -- sh -c 'ionice -p $$'
	[ "$output" = idle ]
	refused process.ioPriority.priority "p['ioPriority'] = {'class': 'IOPRIO_CLASS_BE', 'priority': 8}" -- true
	oci_running box
	CHANGE="p['ioPriority'] = {'class': 'IOPRIO_CLASS_RT', 'priority': 2}"
	run -0 exec_with box sh -c 'ionice -p $$'
	[ "$output" = 'realtime: prio 2' ]
}

@test "execCPUAffinity: the processors of an exec, not of the container" {
	local all

	all=$(taskset -pc $$ | sed 's/.*: //')
	run -0 in_bundle "p['execCPUAffinity'] = {'initial': '0', 'final': '0'}" -- sh -c 'taskset -pc $$ | sed "s/.*: //"'
	[ "$output" = "$all" ]
	oci_running box
	CHANGE="p['execCPUAffinity'] = {'final': '0'}"
	run -0 exec_with box sh -c 'taskset -pc $$ | sed "s/.*: //"'
	[ "$output" = 0 ]
	CHANGE="p['execCPUAffinity'] = {'initial': '0'}"
	run -0 exec_with box true
	CHANGE="p['execCPUAffinity'] = {'initial': '8000'}"
	run ! exec_with box true
	[[ $output == *'process.execCPUAffinity: run on the processors 8000'* ]]
	CHANGE="p['execCPUAffinity'] = {'final': '8000'}"
	run ! exec_with box true
	[[ $output == *'none of them'* ]]
	CHANGE="p['execCPUAffinity'] = {'final': '3-1'}"
	run ! exec_with box true
	[[ $output == *execCPUAffinity.final* ]]
}

@test "personality: the machine looks like one of 32 bits" {
	run -0 in_bundle "l['personality'] = {'domain': 'LINUX32'}" -- uname -m
	[ "$output" = "$(setarch linux32 uname -m)" ]
	run -0 in_bundle "l['personality'] = {'domain': 'LINUX'}" -- uname -m
	[ "$output" = "$(uname -m)" ]
	oci_running box "l['personality'] = {'domain': 'LINUX32'}"
	run -0 oci exec box uname -m
	[ "$output" = "$(setarch linux32 uname -m)" ]
}

@test "memoryPolicy: where the memory comes from" {
	[ -e /proc/self/numa_maps ] || skip 'this kernel knows no nodes'
	run -0 in_bundle "l['memoryPolicy'] = {'mode': 'MPOL_BIND', 'nodes': '0', 'flags': ['MPOL_F_STATIC_NODES']}" -- \
		grep -m1 -o 'bind=static:0 ' /proc/self/numa_maps
	run -0 in_bundle "l['memoryPolicy'] = {'mode': 'MPOL_INTERLEAVE', 'nodes': '0'}" -- \
		grep -m1 -o 'interleave:0 ' /proc/self/numa_maps
	refused 'linux.memoryPolicy: set MPOL_BIND for the nodes "1000"' \
		"l['memoryPolicy'] = {'mode': 'MPOL_BIND', 'nodes': '1000'}" -- true
	refused linux.memoryPolicy.nodes "l['memoryPolicy'] = {'mode': 'MPOL_BIND', 'nodes': 'x'}" -- true
	oci_running box "l['memoryPolicy'] = {'mode': 'MPOL_PREFERRED', 'nodes': '0'}"
	run -0 oci exec box grep -m1 -o 'prefer:0 ' /proc/self/numa_maps
}

@test "timeOffsets: the clocks of a time namespace" {
	local up time="l['namespaces'].append({'type': 'time'})"

	[ -e /proc/self/timens_offsets ] || skip 'this kernel has no time namespaces'
	up=$(cut -d. -f1 /proc/uptime)
	run -0 in_bundle "$time" "l['timeOffsets'] = {'boottime': {'secs': 7000000}, 'monotonic': {'secs': 5000000}}" -- \
		sh -c 'cat /proc/self/timens_offsets; cut -d. -f1 /proc/uptime'
	[[ ${lines[0]} == monotonic*5000000* ]]
	[[ ${lines[1]} == boottime*7000000* ]]
	[ "${lines[2]}" -ge $((up + 7000000)) ]
	[ "${lines[2]}" -le $((up + 7001000)) ]
	run -0 in_bundle "$user" "$time" "l['timeOffsets'] = {'boottime': {'secs': 7000000}}" -- cut -d. -f1 /proc/uptime
	[ "$output" -ge $((up + 7000000)) ]
	refused 'linux.timeOffsets' "$time" "l['timeOffsets'] = {'boottime': {'secs': -9000000000}}" -- true
	refused 'linux.timeOffsets: needs a new time namespace' "l['timeOffsets'] = {'boottime': {'secs': 1}}" -- true
}

@test "intelRdt, apparmorProfile, selinuxLabel: refused with the reason where the kernel has none" {
	grep -q resctrl /proc/filesystems || refused 'linux.intelRdt: find resctrl' "l['intelRdt'] = {'closID': 'x'}" -- true
	[ -d /sys/module/apparmor ] || refused 'AppArmor profile p1' "p['apparmorProfile'] = 'p1'" -- true
	[ -d /sys/fs/selinux ] || refused 'SELinux label l1' "p['selinuxLabel'] = 'l1'" -- true
}

@test "capabilities that are unknown or can't be had are a warning" {
	bundle "$T/b" "[s.append('CAP_TIME_TRAVEL') for s in p['capabilities'].values()]" \
		"p['args'] = ['grep', 'CapPrm', '/proc/self/status']"
	run -0 --separate-stderr oci run --bundle "$T/b" unknown
	[[ $stderr == *'no capability is called "CAP_TIME_TRAVEL"'* ]]
	[[ $output == *00000000000405fb ]]
	bundle "$T/b" "[p['capabilities'].__setitem__(k, ['CAP_CHOWN', 'CAP_SYS_NICE']) for k in p['capabilities']]" \
		"p['args'] = ['grep', 'CapPrm', '/proc/self/status']"
	run -0 --separate-stderr setpriv --bounding-set -sys_nice "${oci[@]}" run --bundle "$T/b" lacking
	[[ $stderr == *'CAP_SYS_NICE can not be given'* ]]
	[[ $output == *0000000000000001 ]]
	# Ambient without inheritable is nothing, and nothing is said: runc's example of a config.json had it for years.
	run -0 --separate-stderr in_bundle "p['capabilities']['ambient'] = ['CAP_KILL']" -- grep CapAmb /proc/self/status
	[ -z "$stderr" ]
	[[ $output == *0000000000000000 ]]
}

@test "--no-new-keyring: the caller's session keyring, else one of its own" {
	local ring='perl -e "print syscall(250, 0, -3, 0)"' own

	own=$(sh -c "$ring")
	bundle "$T/b" "p['args'] = ['sh', '-c', '''$ring''']" "l['resources']['devices'] = []"
	run -0 oci run --bundle "$T/b" new
	[ "$output" -gt 0 ]
	[ "$output" != "$own" ]
	run -0 oci run --no-new-keyring --bundle "$T/b" old
	[ "$output" = "$own" ]
}

@test "descriptors: those asked for and those of socket activation, and no others" {
	# No pipe: the shell would have its ends open for a moment.
	local list='ls /proc/$$/fd; :'

	echo three >"$T/three"
	bundle "$T/b" "p['args'] = ['sh', '-c', '$list; cat <&3']"
	run -0 oci run --preserve-fds 1 --bundle "$T/b" one 3<"$T/three" 5<"$T/three"
	[ "${lines[*]}" = '0 1 2 3 three' ]
	bundle "$T/b" "p['args'] = ['sh', '-c', '$list; echo \$LISTEN_FDS \$LISTEN_PID \$\$ \$LISTEN_FDNAMES']"
	run -0 oci run --bundle "$T/b" none 3<"$T/three" 5<"$T/three"
	[ "${lines[*]}" = '0 1 2 1' ]
	run -0 sh -c 'LISTEN_FDS=2 LISTEN_PID=$$ LISTEN_FDNAMES=a:b exec "$@" 3</dev/null 4</dev/null 5</dev/null 7</dev/null' sh \
		"${oci[@]}" run --preserve-fds 1 --bundle "$T/b" listen
	[ "${lines[*]}" = '0 1 2 3 4 5 2 1 1 a:b' ]
	run ! env LISTEN_FDS=2 sh -c 'LISTEN_PID=$$ exec "$@" 3</dev/null 4<&-' sh "${oci[@]}" run --bundle "$T/b" missing
	[[ $output == *'descriptor 4'* ]]
	# Numbers that the caller has left free stay free, in what waits for start, too: nothing of ours is there.
	bundle "$T/b" "p['args'] = ['sh', '-c', '$list']"
	run -0 oci --log "$T/log" run --preserve-fds 7 --bundle "$T/b" gaps 3<"$T/three" 4<&- 6<"$T/three"
	[ "${lines[*]}" = '0 1 2 3 6' ]
	# Those of the test's own shell are closed: it would wait for what waits for start.
	sh -c 'exec "$@" 3</dev/null 4>&- 5>&- 6</dev/null 7>&- 8>&- 9>&- </dev/null >/dev/null 2>&1' sh \
		"${oci[@]}" create --preserve-fds 7 --bundle "$T/b" --pid-file "$T/pid" parked
	find "/proc/$(<"$T/pid")/fd" -lname '/*' -printf '%f %l\n' | sort -n >"$T/open"
	[ "$(grep -v ' /memfd:isle-init ' "$T/open" | tr '\n' ' ')" = "0 /dev/null 1 /dev/null 2 /dev/null 3 /dev/null 6 /dev/null " ]
	run ! grep -E '^[0-9] /memfd:' "$T/open"
	oci delete -f parked
	oci_running box
	run -0 oci exec --preserve-fds 1 box sh -c "$list" 3<"$T/three" 6<"$T/three"
	[ "${lines[*]}" = '0 1 2 3' ]
	run -0 oci exec --preserve-fds 7 box sh -c "$list" 3<"$T/three" 4<&- 6<"$T/three"
	[ "${lines[*]}" = '0 1 2 3 6' ]
}

# ---- seccomp ----

# What answers mkdir with EXDEV; it prints the text that came with each listener, and the name that was asked for.
agent_start() {
	cat >"$T/agent.py" <<-'END'
		import array, fcntl, json, os, socket, struct, sys
		s = socket.socket(socket.AF_UNIX)
		os.chdir(os.path.dirname(sys.argv[1]))
		s.bind("new") # the whole path is longer than the address of a socket can be
		s.listen(5)
		os.rename("new", sys.argv[1])
		RECV, SEND = 0xc0502100, 0xc0182101
		while True:
		    c, _ = s.accept()
		    text = b""
		    fds = []
		    while True:
		        part, got, _, _ = socket.recv_fds(c, 65536, 4)
		        fds += got
		        text += part
		        if not part:
		            break
		    print(text.decode(), flush=True)
		    if os.fork():
		        [os.close(f) for f in fds]
		        continue
		    while True:
		        call = bytearray(80)
		        try:
		            fcntl.ioctl(fds[0], RECV, call)
		        except OSError:
		            sys.exit(0)
		        number, pid = struct.unpack_from("QI", call)
		        fcntl.ioctl(fds[0], SEND, struct.pack("QqiI", number, 0, -18, 0))
	END
	python3 "$T/agent.py" "$T/agent" >"$T/told" 2>&1 3>&- &
	agent=$!
	wait_for test -S "$T/agent"
}

# The profile: mkdir is asked about, at $1.
notify() {
	echo "l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '$1', 'listenerMetadata': 'meta',
	'flags': ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW', 'SECCOMP_FILTER_FLAG_TSYNC',
	'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'], 'syscalls': [{'names': ['mkdir', 'mkdirat'], 'action': 'SCMP_ACT_NOTIFY'}]}"
}

# Whether the last text told of a process of container $1.
told_now() {
	tail -n 1 "$T/told" | python3 -c '
import json, sys
t = json.load(sys.stdin)
assert t["fds"] == ["seccompFd"] and t["metadata"] == "meta" and t["pid"] > 0, t
assert t["state"]["id"] == sys.argv[1] and t["state"]["bundle"].startswith("/"), t
' "$1" 2>/dev/null
}

# Fails unless it does soon: who listens prints it when the runtime has gone on already.
told() {
	wait_for told_now "$1"
}

@test "seccomp: calls are answered by the listener, in run, create and start, and exec" {
	local nnp

	agent_start
	for nnp in True False; do
		bundle "$T/b" "$(notify "$T/agent")" "p['noNewPrivileges'] = $nnp" "p['args'] = ['mkdir', '/tmp/x']"
		run ! oci run --bundle "$T/b" "run$nnp"
		[[ $output == *'Invalid cross-device link'* ]]
		told "run$nnp"
		oci_running "box$nnp" "$(notify "$T/agent")" "p['noNewPrivileges'] = $nnp"
		told "box$nnp"
		run ! oci exec "box$nnp" mkdir /tmp/y
		[[ $output == *'Invalid cross-device link'* ]]
		told "box$nnp"
	done
	[ "$(wc -l <"$T/told")" -eq 6 ]
}

@test "seccomp: even isle's own calls may be asked about" {
	local c

	agent_start
	# EXDEV for these stops the start with a sentence; nothing hangs.
	for c in prctl close fcntl execve; do
		bundle "$T/b" "$(notify "$T/agent")" "l['seccomp']['syscalls'][0]['names'] = ['$c']"
		status=0
		timeout 20 "${oci[@]}" run --bundle "$T/b" "c$c" >/dev/null 2>&1 || status=$?
		[ "$status" -ne 124 ]
	done
	# One that comes before the program's process is there.
	oci_running box "$(notify "$T/agent")" "p['noNewPrivileges'] = False" "l['seccomp']['syscalls'][0]['names'] = ['clone']"
	run ! timeout 20 "${oci[@]}" exec box true
	[[ $output == *'make a process in the container'* ]]
	told box
}

@test "seccomp: calls that a profile forbids are made before it is loaded" {
	bundle "$T/b" "l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'action': 'SCMP_ACT_KILL_PROCESS',
		'names': ['futex', 'recvmsg', 'sendmsg', 'poll', 'ppoll', 'memfd_create', 'setsid', 'dup3', 'fchown', 'mount', 'setgroups']}]}"
	run -0 oci run --bundle "$T/b" c
	# One that leaves alone what isle needs is loaded while others still mount.
	bundle "$T/b" "l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'action': 'SCMP_ACT_ERRNO',
		'names': ['mkdir', 'mkdirat', 'mount', 'move_mount', 'symlinkat']}]}" \
		"p['args'] = ['sh', '-c', 'mkdir /tmp/x; grep Seccomp: /proc/self/status']"
	run -0 oci run --bundle "$T/b" c
	[[ $output == *'Operation not permitted'* ]]
	[[ $output == *$'Seccomp:\t2'* ]]
}

@test "seccomp: a listener that is not there, or can't be, is an error" {
	refused "linux.seccomp.listenerPath: connect to $T/none" "$(notify "$T/none")" -- true
	refused 'nobody listens' "$(notify "$T/none")" "p['noNewPrivileges'] = False" -- true
	refused listenerPath "$(notify "$T/none")" "del l['seccomp']['listenerPath'], l['seccomp']['listenerMetadata']" -- true
	refused sendmsg "$(notify "$T/none")" "l['seccomp']['syscalls'][0]['names'] = ['sendmsg']" -- true
	refused defaultAction "$(notify "$T/none")" "l['seccomp']['defaultAction'] = 'SCMP_ACT_NOTIFY'" -- true
	refused SECCOMP_FILTER_FLAG_X "$(notify "$T/none")" "l['seccomp']['flags'] = ['SECCOMP_FILTER_FLAG_X']" -- true
}

@test "features tell of all of this" {
	run -0 oci features
	python3 - "$output" <<-'END'
		import json, sys
		f = json.loads(sys.argv[1])["linux"]
		assert f["intelRdt"]["enabled"] and f["intelRdt"]["monitoring"]
		assert len(f["memoryPolicy"]["modes"]) == 7
		assert "SCMP_ACT_NOTIFY" in f["seccomp"]["actions"]
		assert len(f["seccomp"]["supportedFlags"]) == 4
	END
}

@test "exec: neither a filter that is loaded early nor the caller's limit on files stands in the way of who makes the process" {
	oci_running box "p['noNewPrivileges'] = False" "l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [
		{'names': ['close_range', 'setsid', 'munmap'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 1}]}"
	run -0 oci exec box echo made
	[ "$output" = made ]
	(
		ulimit -f 64
		oci exec box true
	)
}
