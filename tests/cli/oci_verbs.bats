#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The door 'isle oci': its options, its log, and each verb from outside; what create and start do is tested elsewhere.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # stderr is set by run, each test is a subshell; what is in quotes is for the container's shell

bats_require_minimum_version 1.5.0

setup_file() {
	isle=$(realpath "${ISLE:-build/isle}")
	bundle=$BATS_FILE_TMPDIR/bundle
	mkdir -p "$bundle/rootfs/bin" "$bundle/rootfs/tmp"
	cp "$(command -v busybox)" "$bundle/rootfs/bin/busybox"
	for name in sh ls cat ps sleep echo id env tty true false kill stty head tail grep; do
		ln -s busybox "$bundle/rootfs/bin/$name"
	done
	"$isle" oci spec -b "$bundle"
	python3 - "$bundle/config.json" <<-'PYTHON'
		import json, sys
		spec = json.load(open(sys.argv[1]))
		spec["process"]["terminal"] = False
		spec["process"]["args"] = ["sleep", "1000"]
		spec["root"]["readonly"] = False
		spec["linux"]["cgroupsPath"] = "/isle/test-oci-verbs-%d" % __import__("os").getppid()
		json.dump(spec, open(sys.argv[1], "w"))
	PYTHON
	export isle bundle
}

setup() {
	state=$BATS_TEST_TMPDIR/state
	log=$BATS_TEST_TMPDIR/log
}

teardown() {
	local id

	[ -d "$state" ] || return 0
	for id in $("$isle" oci --root "$state" list -q); do
		oci delete -f "$id"
	done
	[ -z "$(ls "$state")" ]
}

# isle oci with this test's state.
oci() {
	"$isle" oci --root "$state" --log-level error "$@"
}

# A container that sleeps, called $1; the words behind change its config.json: "KEY.KEY=JSON".
start() {
	local id=$1

	shift
	cp -r "$bundle" "$BATS_TEST_TMPDIR/bundle-$id"
	python3 - "$BATS_TEST_TMPDIR/bundle-$id/config.json" "$id" "$@" <<-'PYTHON'
		import json, sys
		spec = json.load(open(sys.argv[1]))
		spec["linux"]["cgroupsPath"] += "-" + sys.argv[2]
		for word in sys.argv[3:]:
		    path, value = word.split("=", 1)
		    at, *rest = reversed(path.split("."))
		    where = spec
		    for key in reversed(rest):
		        where = where.setdefault(key, {})
		    where[at] = json.loads(value)
		json.dump(spec, open(sys.argv[1], "w"))
	PYTHON
	oci run -d -b "$BATS_TEST_TMPDIR/bundle-$id" --pid-file "$BATS_TEST_TMPDIR/$id.pid" "$id" </dev/null >/dev/null 2>&1 3>&-
}

# Fails with one sentence on standard error, which has $1 in it, and status 1; the words behind are for the door.
refused() {
	local text=$1

	shift
	run --separate-stderr oci "$@"
	[ "$status" -eq "${STATUS:-1}" ]
	[ -z "$output" ]
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	if [[ $stderr != *"$text"* ]]; then
		echo "not \"$text\": $stderr"
		return 1
	fi
}

# What VALUE the state has for the key $2 of container $1.
state_of() {
	oci state "$1" | python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"
}

wait_for() {
	local end=$((SECONDS + 20))

	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

has_ended() {
	[ "$(state_of "$1" status)" = stopped ]
}

@test "the door: version, help, unknown words" {
	run --separate-stderr "$isle" oci --version
	[ "$status" -eq 0 ]
	[[ ${lines[0]} =~ ^isle\ version\ [0-9.]+$ ]]
	[ "${lines[-2]}" = "spec: 1.3.0" ]
	[[ ${lines[-1]} == *"+CAP +SECCOMP"* ]]
	# The commit is known where the build was of a checkout.
	if [ "${#lines[@]}" -eq 4 ]; then
		[[ ${lines[1]} =~ ^commit:\ [0-9a-f]{40}(-dirty)?$ ]]
	else
		[ "${#lines[@]}" -eq 3 ]
	fi
	# What the machine has not is not there.
	[[ ${lines[-1]} == *+SELINUX* ]] && [ ! -e /sys/fs/selinux/enforce ] && false
	[[ $(PATH=/nowhere "$isle" oci -v) != *+CRIU* ]]
	printf '#!/bin/sh\n' >"$BATS_TEST_TMPDIR/criu"
	chmod +x "$BATS_TEST_TMPDIR/criu"
	[[ $(PATH=$BATS_TEST_TMPDIR "$isle" oci -V) == *+CRIU ]]
	[ "$("$isle" oci -v)" = "$output" ]
	run "$isle" oci --help
	[ "$status" -eq 0 ]
	for verb in create start run exec state list kill delete ps pause resume update events features spec checkpoint restore; do
		[[ $output == *"  $verb "* ]]
		run "$isle" oci "$verb" --help
		[ "$status" -eq 0 ]
		[[ ${lines[0]} == "Usage: isle oci $verb "* ]]
		[ "$(awk 'length > 79' <<<"$output")" = "" ]
		run "$isle" oci --help
	done
	refused "no verb was given"
	refused 'there is no verb "creat" (did you mean isle oci create?)' creat
	refused "unknown option --nonsense" --nonsense state x
	refused "unknown option --nonsense" state --nonsense x
	refused "exclude each other" --systemd-cgroup --cgroup-manager=cgroupfs list
	for words in --log-format=xml --log-level=loud --cgroup-manager=me --rootless=maybe; do
		refused "is not one of its words" "$words" list
	done
	# What runc's callers give and isle has no need of.
	oci --rootless=auto --criu /nowhere list
}

@test "called by the name isle-oci" {
	ln -s "$isle" "$BATS_TEST_TMPDIR/isle-oci"
	run --separate-stderr "$BATS_TEST_TMPDIR/isle-oci" --root "$state" state nosuch
	[ "$status" -eq 1 ]
	[[ $stderr == 'isle-oci: state: container "nosuch" does not exist' ]]
	[[ $("$BATS_TEST_TMPDIR/isle-oci" --help | head -1) == "Usage: isle-oci [OPTION...] VERB"* ]]
	[[ $("$BATS_TEST_TMPDIR/isle-oci" kill --help | head -1) == "Usage: isle-oci kill "* ]]
	[[ $("$BATS_TEST_TMPDIR/isle-oci" --version) == "isle version"* ]]
}

@test "the log: json, text, added to, or standard error" {
	run --separate-stderr oci --log "$log" --log-format json state nosuch
	[ "$status" -eq 1 ]
	[ "$stderr" = 'isle: oci: state: container "nosuch" does not exist' ]
	python3 - "$log" <<-'PYTHON'
		import json, re, sys
		line, = open(sys.argv[1]).read().splitlines()
		entry = json.loads(line)
		assert entry["level"] == "error", entry
		assert entry["msg"] == 'container "nosuch" does not exist', entry
		assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry["time"]), entry
	PYTHON
	run oci --log "file:$log" --log-format=text state nosuch
	[ "$status" -eq 1 ]
	[ "$(wc -l <"$log")" -eq 2 ]
	tail -1 "$log" | grep -qE '^time="[^"]+Z" level=error msg="container \\"nosuch\\" does not exist"$'
	# What is wrong about the words of a verb is noted, too.
	run oci --log "$log" --log-format json kill --nonsense x
	grep -q '"msg":"unknown option --nonsense' "$log"
	# Without a file the JSON line is all that standard error gets.
	run --separate-stderr oci --log-format json state nosuch
	[[ $stderr == '{"level":"error","msg":"container'*'}' ]]
	run --separate-stderr oci --log "$BATS_TEST_TMPDIR/no/such" list
	[ "$status" -eq 1 ]
	[[ $stderr == *"open the log "*"no such file or directory"* || $stderr == *"No such file"* ]]
}

@test "the log has what docker looks for, in lower case" {
	start c
	for words in nosuch /bin/nosuch; do
		STATUS=255 refused "" --log "$log" --log-format json exec c "$words"
		tail -1 "$log" | grep -q 'no such file or directory: executable file not found'
	done
	STATUS=255 refused "permission denied: it is a directory" exec c /tmp
	touch "$BATS_TEST_TMPDIR/bundle-c/rootfs/tmp/plain"
	STATUS=255 refused "permission denied" exec c /tmp/plain
}

@test "spec: whole, rootless, elsewhere, never over what is there" {
	cd "$BATS_TEST_TMPDIR"
	oci spec
	python3 -c 'import json; assert json.load(open("config.json"))["process"]["args"] == ["sh"]'
	before=$(cat config.json)
	refused "remove it first" spec
	[ "$(cat config.json)" = "$before" ]
	mkdir other
	oci spec --rootless --bundle other
	grep -q '"user"' other/config.json
	oci spec -f else.json
	[ -f else.json ]
	refused "open the bundle" spec -b "$BATS_TEST_TMPDIR/nosuch"
	refused "takes no operand" spec x
}

@test "features are JSON" {
	oci features | python3 -c 'import json, sys; assert json.load(sys.stdin)["ociVersionMax"] == "1.3.0"'
}

@test "state, list, and bad ids" {
	[ "$(oci list -q)" = "" ]
	[ "$(oci list -f json)" = "[]" ] || [ "$(oci list -f json)" = "null" ]
	start c
	[ "$(state_of c status)" = running ]
	[ "$(state_of c pid)" = "$(cat "$BATS_TEST_TMPDIR/c.pid")" ]
	[ "$(oci list -q)" = c ]
	oci list --format=json | python3 -c 'import json, sys; assert json.load(sys.stdin)[0]["id"] == "c"'
	[[ $(oci list) == *running* ]]
	for id in . .. a/b '' 'a b' '../x'; do
		refused "invalid container ID" state "$id"
	done
	refused "no CONTAINER was given" state
	refused "one operand too many" state a b
	refused "is not one of its words" list -f xml
	refused "already exists" create -b "$bundle" c
	refused "that is not stopped" delete c
}

@test "exec: its words, its status, and its descriptors" {
	start c
	run oci exec c sh -c 'exit 7'
	[ "$status" -eq 7 ]
	run oci exec c sh -c 'kill -TERM $$'
	[ "$status" -eq 143 ]
	[ "$(echo in | oci exec c cat)" = in ]
	[ "$(oci exec --cwd /proc --env A=1 -e A=2 -e B=3 c sh -c 'echo "$PWD $A$B"')" = "/proc 23" ]
	[[ $(oci exec -u 12:34 -g 56 c id) == "uid=12 gid=34 groups="*56* ]]
	[[ $(oci exec c sh -c 'cat /proc/self/status') == *"NoNewPrivs:"$'\t'"1"* ]]
	before=$(oci exec c cat /proc/self/status | awk '/CapEff/ {print $2}')
	after=$(oci exec -c CAP_NET_RAW c cat /proc/self/status | awk '/CapEff/ {print $2}')
	[ $((0x$before | 1 << 13)) -eq $((0x$after)) ]
	# What is behind the container is the program's.
	[ "$(oci exec c echo -t --help)" = "-t --help" ]
	[ "$(oci exec --preserve-fds 1 c cat /proc/self/fd/3 3<<<here)" = here ]
	oci exec -d --pid-file "$BATS_TEST_TMPDIR/p" c sleep 500 </dev/null >/dev/null 2>&1 3>&-
	pid=$(cat "$BATS_TEST_TMPDIR/p")
	[ "$(wc -c <"$BATS_TEST_TMPDIR/p")" -eq "${#pid}" ]
	[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = "sleep 500 " ]
}

@test "exec: a process from a file" {
	start c process.noNewPrivileges=true
	cat >"$BATS_TEST_TMPDIR/process.json" <<-'JSON'
		{"terminal": false, "user": {"uid": 5, "gid": 6, "umask": 63}, "args": ["sh", "-c", "id -u; umask; echo $X; grep NoNew /proc/self/status"],
		 "env": ["PATH=/bin", "X=y"], "cwd": "/", "noNewPrivileges": false}
	JSON
	run oci exec --process "$BATS_TEST_TMPDIR/process.json" c
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = 5 ]
	[ "${lines[1]}" = 0077 ]
	[ "${lines[2]}" = y ]
	# What the container gave up for good stays so.
	[[ ${lines[3]} == *1 ]]
	export STATUS=255
	refused "was given too" exec -p "$BATS_TEST_TMPDIR/process.json" c id
	refused "No such file" exec -p "$BATS_TEST_TMPDIR/nosuch" c || refused "no such file" exec -p "$BATS_TEST_TMPDIR/nosuch" c
	echo '{"cwd": "/", "args": [3]}' >"$BATS_TEST_TMPDIR/bad.json"
	refused "args" exec -p "$BATS_TEST_TMPDIR/bad.json" c
	echo '{"cwd": "x", "args": ["id"]}' >"$BATS_TEST_TMPDIR/bad.json"
	refused "cwd" exec -p "$BATS_TEST_TMPDIR/bad.json" c
}

@test "exec: a terminal" {
	start c
	run script -qec "'$isle' oci --root '$state' --log-level error exec -t -u 3 c sh -c 'tty; ls -l /dev/pts/0; exit 5'" /dev/null
	[ "$status" -eq 5 ]
	# script(1) may type an end of file, which is echoed in front.
	[[ ${lines[0]} == *"/dev/pts/0"* ]]
	[[ ${lines[1]} == *" 3 "* ]]
	export STATUS=255
	refused "without --console-socket" exec -d -t c id
	refused "without a terminal" exec --console-socket "$BATS_TEST_TMPDIR/s" c id
}

@test "exec: bad words are refused with one sentence" {
	start c
	export STATUS=255
	refused "no COMMAND was given" exec c
	refused "--user must be" exec -u root c id
	refused "--user must be" exec -u 1:x c id
	refused "no capability is called" exec -c CAP_NONE c id
	refused "--env must be NAME=VALUE" exec -e A c id
	refused "--additional-gids must be" exec -g -1 c id
	refused "--cwd must be an absolute path" exec --cwd a c id
	refused "--preserve-fds" exec --preserve-fds x c id
	refused "--preserve-fds" exec --preserve-fds 900000 c id
	refused "neither true nor false" exec --tty=x c id
	for path in ../.. ./../outside foo/.. foo/../foo memory:/../x; do
		refused "--cgroup $path: \`..\` components are not allowed" exec --cgroup "$path" c id
	done
	refused "there is no controller" exec --cgroup foo:/a c id
	refused "must begin with" exec --cgroup a --cgroup b c id
	refused "does not exist" exec nosuch id
	refused "unknown option" exec --nonsense c id
}

@test "exec: not into a stopped container, but into one that was created" {
	oci create -b "$bundle" c </dev/null >/dev/null 2>&1 3>&-
	[ "$(oci exec c echo here)" = here ]
	oci kill c KILL
	wait_for has_ended c
	STATUS=255 refused "cannot exec in a stopped container" exec c id
}

@test "exec --cgroup: into an existing group below" {
	start c
	top=$(awk -F: '$1 == 0 {print $3}' "/proc/$(state_of c pid)/cgroup")
	v2=$(findmnt -nt cgroup2 -o TARGET | head -1)
	[ -n "$v2" ]
	mkdir "$v2$top/below"
	run oci exec --cgroup /below c cat /proc/self/cgroup
	rmdir "$v2$top/below"
	[ "$status" -eq 0 ]
	[[ $output == *0::*/below* ]]
}

@test "pause and resume; exec into a paused one is refused, or waits" {
	start c
	refused "container not paused" resume c
	oci pause c
	[ "$(state_of c status)" = paused ]
	refused "container already paused" pause c
	STATUS=255 refused "cannot exec in a paused container: c (use --ignore-paused to override)" exec c id
	oci exec --ignore-paused c sh -c 'echo went on' >"$BATS_TEST_TMPDIR/out" 3>&- &
	sleep 0.3
	[ ! -s "$BATS_TEST_TMPDIR/out" ]
	oci resume c
	wait $!
	[ "$(cat "$BATS_TEST_TMPDIR/out")" = "went on" ]
	[ "$(state_of c status)" = running ]
	refused "does not exist" pause nosuch
	oci kill c 9
	wait_for has_ended c
	refused "container not running" pause c
}

@test "kill: names and numbers, the first process or all" {
	start c 'process.args=["sh","-c","trap \"exit 3\" USR1; echo >/tmp/ready; while :; do sleep 0.1; done"]'
	wait_for test -e "$BATS_TEST_TMPDIR/bundle-c/rootfs/tmp/ready"
	for name in NOSUCH SIG 0 65 -1 '' 9x; do
		refused "unknown signal" kill -- c "$name"
	done
	oci kill c SIGUSR2 || true
	oci kill c usr1
	wait_for has_ended c
	refused "container not running" kill c TERM
	# Who asks for all asks for what is left.
	oci kill --all c KILL
	refused "does not exist" kill nosuch
	oci delete c
	# Number, default TERM (which a first process ignores), and a paused one.
	start d
	oci kill d
	[ "$(state_of d status)" = running ]
	oci pause d
	oci kill d 9
	wait_for has_ended d
}

@test "kill --all reaches every process of the group" {
	start c
	oci exec -d c sleep 600 </dev/null >/dev/null 2>&1 3>&-
	oci exec -d c sh -c 'trap "echo >/tmp/got" USR1; while :; do sleep 0.1; done' </dev/null >/dev/null 2>&1 3>&-
	[ "$(oci ps -f json c | python3 -c 'import json, sys; print(len(json.load(sys.stdin)) >= 3)')" = True ]
	oci kill --all c URG
	[ "$(oci ps -f json c | python3 -c 'import json, sys; print(len(json.load(sys.stdin)) >= 3)')" = True ]
	oci kill --all c KILL
	wait_for has_ended c
	[ "$(oci ps -f json c)" = "[]" ]
}

@test "ps: a table by ps(1), or pids" {
	start c
	pid=$(state_of c pid)
	[ "$(oci ps --format json c)" = "[$pid]" ]
	run oci ps c
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == *PID* ]]
	[[ ${lines[1]} == *" $pid "*"sleep 1000" ]]
	[ "${#lines[@]}" -eq 2 ]
	run oci ps c -o pid,comm -A
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[1]} == *"$pid sleep" ]]
	refused "no column PID" ps c -o comm
	refused "run ps: it failed" ps c --nonsense
	refused "is not one of its words" ps -f xml c
}

@test "update: by options and by objects, in the hierarchies that there are" {
	start c
	oci update --memory 64m --pids-limit 50 --cpu-share 512 c
	oci events --stats c | python3 -c '
import json, sys
data = json.load(sys.stdin)["data"]
assert data["memory"]["usage"]["limit"] == 64 << 20, data
assert data["pids"]["limit"] == 50, data
assert data["pids"]["current"] == 1, data'
	echo '{"memory": {"limit": 33554432}, "blockIO": {"weight": 0}, "cpu": {"shares": 0}}' | oci update --resources - c
	[[ $(oci events --stats c) == *'"limit":33554432'* ]]
	echo '{"pids": {"limit": 60}}' >"$BATS_TEST_TMPDIR/r.json"
	oci update -r "$BATS_TEST_TMPDIR/r.json" c
	[[ $(oci events --stats c) == *'"limit":60'* ]]
	oci update --memory -1 --pids-limit -1 c
	[[ $(oci events --stats c) != *'"limit":33554432'* ]]
	oci update c
	for option in memory memory-swap memory-reservation kernel-memory cpu-share cpu-quota cpu-period cpu-burst cpu-rt-runtime \
		cpu-rt-period cpu-idle pids-limit blkio-weight; do
		refused "--$option must be" update "--$option=1x1" c
	done
	refused "" update --cpuset-cpus=a c
	refused "" update --cpuset-mems=a c
	refused "linux.intelRdt" update --l3-cache-schema=L3:0=f c
	refused "linux.intelRdt" update --mem-bw-schema=MB:0=10 c
	echo '{"memory": {"limit": "a"}}' >"$BATS_TEST_TMPDIR/r.json"
	refused "memory.limit: must be an integer" update -r "$BATS_TEST_TMPDIR/r.json" c
	refused "open " update -r "$BATS_TEST_TMPDIR/nosuch" c
	refused "does not exist" update --memory 1m nosuch
	oci kill c 9
	wait_for has_ended c
	refused "container not running" update --memory 64m c
}

@test "a limit on kernel memory is ignored, and said to be, by a kernel that has none" {
	if [ -e /sys/fs/cgroup/memory ] && [ "$(printf '%s\n' 5.16 "$(uname -r)" | sort -V | head -n 1)" != 5.16 ]; then
		skip "this kernel has limits on kernel memory"
	fi
	cp -r "$bundle" "$BATS_TEST_TMPDIR/k"
	sed -i 's/"resources": {/&"memory": {"kernel": 67108864, "limit": 67108864}, /' "$BATS_TEST_TMPDIR/k/config.json"
	"$isle" oci --root "$state" run -d -b "$BATS_TEST_TMPDIR/k" k </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/said" 3>&-
	grep -q 'linux.resources.memory.kernel is ignored' "$BATS_TEST_TMPDIR/said"
	run --separate-stderr "$isle" oci --root "$state" update --kernel-memory 64m --memory 32m k
	[ "$status" -eq 0 ]
	[[ $stderr == *"linux.resources.memory.kernel is ignored"* ]]
	[[ $(oci events --stats k) == *'"limit":33554432'* ]]
}

@test "events: statistics as the group's files have them" {
	start c 'linux.resources={"memory":{"limit":67108864},"pids":{"limit":30},"cpu":{"shares":512}}'
	oci events --stats c >"$BATS_TEST_TMPDIR/stats"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/stats")" -eq 1 ]
	python3 - "$BATS_TEST_TMPDIR/stats" "$(state_of c pid)" <<-'PYTHON'
		import json, os, sys
		event = json.load(open(sys.argv[1]))
		assert event["type"] == "stats" and event["id"] == "c", event
		data = event["data"]
		groups = {}
		for line in open(f"/proc/{sys.argv[2]}/cgroup"):
		    _, names, path = line.rstrip("\n").split(":", 2)
		    for name in names.split(","):
		        groups[name] = path
		limit = f"/sys/fs/cgroup/memory{groups.get('memory')}/memory.limit_in_bytes"
		if os.path.exists(limit):
		    assert data["memory"]["usage"]["limit"] == int(open(limit).read()), data["memory"]
		    raw = f"/sys/fs/cgroup/memory{groups['memory']}/memory.stat"
		    assert set(data["memory"]["raw"]) == {l.split()[0] for l in open(raw)}
		assert data["pids"] == {"current": 1, "limit": 30}, data["pids"]
		assert data["cpu"]["usage"]["total"] > 0, data["cpu"]
		assert "intel_rdt" not in data
	PYTHON
	refused "must be a duration" events --interval 0s c
	refused "must be a duration" events --interval x c
	refused "must be a duration" events --interval -1s c
	refused "does not exist" events --stats nosuch
}

@test "events: again and again, and its end with the container" {
	start c
	oci events --interval 50ms c >"$BATS_TEST_TMPDIR/lines" 3>&- &
	watcher=$!
	two_lines() { [ "$(wc -l <"$BATS_TEST_TMPDIR/lines")" -ge 2 ]; }
	wait_for two_lines
	oci kill c 9
	wait "$watcher"
	[ "$(grep -c '^{"type":"stats","id":"c","data":{.*}}$' "$BATS_TEST_TMPDIR/lines")" = "$(wc -l <"$BATS_TEST_TMPDIR/lines")" ]
	refused "is not running" events --stats c
}

@test "events: running out of memory" {
	start c 'linux.resources={"memory":{"limit":8388608}}'
	oci events --interval 50ms c >"$BATS_TEST_TMPDIR/lines" 3>&- &
	watcher=$!
	wait_for test -s "$BATS_TEST_TMPDIR/lines" # it listens
	run oci exec c sh -c 'head -c 64000000 /dev/zero | tail -c 50000000 >/dev/null'
	told() { grep -q '^{"type":"oom","id":"c"}$' "$BATS_TEST_TMPDIR/lines"; }
	wait_for told
	oci kill c 9
	wait "$watcher"
}

@test "checkpoint and restore: what is wrong is said" {
	start c
	refused "--page-server must be ADDRESS:PORT" checkpoint --image-path "$BATS_TEST_TMPDIR/i" --page-server x c
	refused "must be relative" checkpoint --image-path "$BATS_TEST_TMPDIR/i" --parent-path /x c
	refused 'only "network"' checkpoint --image-path "$BATS_TEST_TMPDIR/i" --empty-ns mount c
	refused "is not one of its words" checkpoint --manage-cgroups-mode x c
	refused "must be a whole number" checkpoint --status-fd x c
	refused "does not exist" checkpoint nosuch
	refused "open the directory" restore -b "$bundle" --image-path "$BATS_TEST_TMPDIR/nosuch" d
	# Without criu, and with one that fails.
	run --separate-stderr env PATH="$BATS_TEST_TMPDIR" "$isle" oci --root "$state" checkpoint --image-path "$BATS_TEST_TMPDIR/i" c
	[ "$status" -eq 1 ]
	[[ $stderr == *"(install the package criu)" ]]
	mkdir "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/criu" <<-'END'
		#!/bin/sh
		echo "(00.01) Error (criu/util.c:9): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted" >&2
		echo "(00.02) Error (criu/tun.c:9): no tun" >&2
		echo "(00.03) Error (criu/x.c:1): it is what it is" >&2
		exit 1
	END
	chmod +x "$BATS_TEST_TMPDIR/bin/criu"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	refused "criu dump failed: Error (criu/x.c:1): it is what it is" \
		checkpoint --image-path "$BATS_TEST_TMPDIR/i" c
	[ "$(state_of c status)" = running ]
	oci kill c 9
	wait_for has_ended c
	refused "cannot be checkpointed in stopped state" checkpoint c
}

@test "checkpoint tells criu what was asked for; the container is gone afterwards" {
	start c
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nprintf "%%s\\n" "$@" >%s/words\n' "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/bin/criu"
	chmod +x "$BATS_TEST_TMPDIR/bin/criu"
	export PATH=$BATS_TEST_TMPDIR/bin:$PATH
	oci checkpoint --image-path "$BATS_TEST_TMPDIR/i" --leave-running --tcp-established --ext-unix-sk --shell-job --file-locks \
		--page-server 127.0.0.1:99 --manage-cgroups-mode full c
	for word in dump --leave-running --tcp-established --ext-unix-sk --shell-job --file-locks --page-server 127.0.0.1 99 \
		--manage-cgroups=full "--tree=$(state_of c pid)" "--images-dir=$BATS_TEST_TMPDIR/i"; do
		grep -qxe "$word" "$BATS_TEST_TMPDIR/words"
	done
	[ -f "$BATS_TEST_TMPDIR/i/descriptors.json" ]
	# The hierarchies of v1 are binds of the machine's.
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] ||
		grep -qx 'mnt\[/sys/fs/cgroup/\(.*\)\]:/sys/fs/cgroup/\1' "$BATS_TEST_TMPDIR/words"
	oci checkpoint --image-path "$BATS_TEST_TMPDIR/i2" --pre-dump c
	grep -qx pre-dump "$BATS_TEST_TMPDIR/words"
	[ "$(state_of c status)" = running ]
	oci checkpoint --image-path "$BATS_TEST_TMPDIR/i3" --parent-path ../i2 c
	refused "does not exist" state c
}
