#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What befalls 'isle oci': SIGKILL at each system call of each verb that changes something, a state that was spoilt, a frozen
# group, a full disk.  After each, delete --force leaves nothing over.  And configurations that are large take no more than
# their share of time.
# shellcheck disable=SC2154 # stderr is set by run

load ../lib/isle
load ../lib/oci

sweep() {
	"$ISLE_LIB/oci_kill_sweep.sh" "$@" >&3
}

@test "SIGKILL at the system calls of create" {
	sweep create
}

@test "SIGKILL at the system calls of start" {
	sweep start
}

@test "SIGKILL at the system calls of run" {
	sweep run
}

@test "SIGKILL at the system calls of exec" {
	sweep exec
}

@test "SIGKILL at the system calls of kill" {
	sweep kill
}

@test "SIGKILL at the system calls of delete" {
	sweep delete
	sweep delete-force
}

@test "delete --force of what is not there is no error; without --force it is one" {
	oci delete --force nobody
	run oci delete nobody
	[ "$status" -ne 0 ]
	[[ $output == *"does not exist"* ]]
}

# The files of a container are spoilt by $1, which gets each as its argument.
spoilt() {
	local file

	for file in record.json config.json; do
		oci_running c
		"$1" "$OCI_ROOT/c/$file"
		oci delete --force c
		oci_nothing_left "of a container whose $file was spoilt by $1"
	done
}

@test "delete --force with a state that is empty, cut short, nonsense, a directory, or gone" {
	cut_short() { truncate -s 20 "$1"; }
	nonsense() { head -c 4000 /dev/urandom >"$1"; }
	no_types() { echo '{"bundle": [], "pid": "x", "cgroup": 7}' >"$1"; }
	no_file() { rm "$1" && mkdir "$1"; }
	spoilt cut_short
	spoilt nonsense
	spoilt no_types
	spoilt no_file
	spoilt rm
	spoilt truncate_whole
}
truncate_whole() { : >"$1"; }

@test "delete --force with a state that names another's process or group: neither is touched" {
	oci_running other
	oci_running c
	sleep 1000 3>&- &
	bystander=$!
	group=$(find /sys/fs/cgroup -maxdepth 3 -type d -path "*$OCI_GROUP-other" | head -1)
	[ -n "$group" ]
	python3 - "$OCI_ROOT/c/record.json" "$bystander" <<-'END'
		import json, sys
		record = json.load(open(sys.argv[1]))
		record["pid"] = int(sys.argv[2])
		json.dump(record, open(sys.argv[1], "w"))
	END
	oci delete --force c
	kill -0 "$bystander"
	kill "$bystander"
	[ "$(oci state other | python3 -c 'import json, sys; print(json.load(sys.stdin)["status"])')" = running ]
	for path in / /isle .. '' /../..; do
		oci_running c
		python3 - "$OCI_ROOT/c/record.json" "$path" <<-'END'
			import json, sys
			record = json.load(open(sys.argv[1]))
			record["cgroup"] = sys.argv[2]
			json.dump(record, open(sys.argv[1], "w"))
		END
		oci delete --force c || true
		[ "$(oci state other | python3 -c 'import json, sys; print(json.load(sys.stdin)["status"])')" = running ]
		rm -rf --one-file-system "${OCI_ROOT:?}/c"
		find /sys/fs/cgroup/ -maxdepth 4 -type d -path "*$OCI_GROUP-c" -exec sh -c \
			'for p in $(cat "$1/cgroup.procs"); do kill -KILL "$p"; done' - {} \; 2>/dev/null || true
		wait_for gone_groups c
	done
}
gone_groups() {
	find /sys/fs/cgroup/ -maxdepth 4 -depth -type d -path "*$OCI_GROUP-$1" -exec rmdir {} +
}

@test "delete --force ends a container that is frozen, by pause or behind isle's back" {
	oci_running c
	oci pause c
	timeout -s KILL 20 "${oci[@]}" delete --force c
	oci_nothing_left 'of a paused container'
	oci_running c
	for file in /sys/fs/cgroup/freezer"$OCI_GROUP-c/freezer.state" /sys/fs/cgroup"$OCI_GROUP-c/cgroup.freeze"; do
		[ ! -e "$file" ] || case $file in *state) echo FROZEN >"$file" ;; *) echo 1 >"$file" ;; esac
	done
	timeout -s KILL 20 "${oci[@]}" delete --force c
	oci_nothing_left 'of a frozen container'
}

@test "exec into a paused container is refused and does not hang" {
	oci_running c
	oci pause c
	run timeout -s KILL 20 "${oci[@]}" exec c true
	[ "$status" -ne 0 ]
	[ "$status" -ne 137 ]
	oci resume c
	oci exec c true
}

@test "delete --force when the disk of the runtime's root is full; and create leaves nothing there" {
	mkdir "$T/full"
	run unshare -m --propagation private bash -ec '
		mount -t tmpfs -o size=64k,nr_inodes=40 full "$1/full"
		rt() { "$OCI_RUNTIME" --root "$1/full/root" "${@:2}"; }
		mkdir -m 700 "$1/full/root"
		rt "$1" create --bundle "$1/b" c </dev/null >/dev/null
		rt "$1" start c
		cat /dev/zero >"$1/full/zero" 2>/dev/null || true
		if rt "$1" create --bundle "$1/b" d </dev/null >/dev/null 2>"$1/said"; then exit 3; fi
		[ -s "$1/said" ]
		rt "$1" delete --force d
		rt "$1" delete --force c
		ls "$1/full/root"
	' - "$(bundle "$T/b" "p['args'] = ['sleep', '1000']" && echo "$T")" 3>&-
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

# Milliseconds of processor time, of itself and its children, that a container of the bundle $1 takes: the least of three.
cost_of() {
	python3 - "$1" "${oci[@]}" <<-'END'
		import os, subprocess, sys
		def used():
		    t = os.times()
		    return t.children_user + t.children_system
		costs = []
		for i in range(3):
		    before = used()
		    subprocess.run([*sys.argv[2:], "run", "--bundle", sys.argv[1], f"cost{i}"], check=True)
		    costs.append(used() - before)
		print(int(min(costs) * 1000))
	END
}

# Twice as much of something must not take more than three times as long: four times is what comes of quadratic code.
linear() { # NAME N STATEMENT, in which n is the number
	bundle "$T/$1" "n = $2" "$3"
	local once twice
	once=$(cost_of "$T/$1")
	bundle "$T/$1" "n = $((2 * $2))" "$3"
	twice=$(cost_of "$T/$1")
	echo "# $1: $2 take $once ms, $((2 * $2)) take $twice ms" >&3
	((twice <= 3 * once + 50))
}

@test "60,000 variables of the environment take linear time" {
	linear env 30000 "p['env'] += [f'V{i}=x' for i in range(n)]"
}

@test "10,000 mounts take linear time" {
	linear mounts 5000 "add('/tmp', 'tmpfs', 'tmpfs', []); [add(f'/tmp/{i}', '/usr', options=['bind']) for i in range(n)]"
}
