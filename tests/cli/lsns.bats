#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# isle lsns, and isle called by the name lsns: every column against /proc, every way that keeps a namespace alive, trees,
# JSON, filters, containers, and bad input.
# shellcheck disable=SC2030,SC2031,SC2154,SC2016 # each test is a subshell; stderr_lines is set by run; $0 is meant for the inner shell

load ../lib/isle

setup_file() {
	isle_setup_file
	isle_toolbox
}
teardown_file() { isle_teardown_file; }

setup() {
	pids=()
}
teardown() {
	if [ ${#pids[@]} -gt 0 ]; then
		kill -KILL "${pids[@]}" 2>/dev/null || true
		wait "${pids[@]}" 2>/dev/null || true
	fi
	isle_teardown
}

# Starts a command that stays, and waits until it runs as $1: started NAME COMMAND...; its pid is in $pid.
started() {
	local name=$1

	shift
	"$@" 3>&- &
	pid=$!
	pids+=("$pid")
	wait_for is_called "$pid" "$name"
}

is_called() { [ "$(cat "/proc/$1/comm")" = "$2" ]; }

# The inode number of namespace $2 of process $1.
id_of() { stat -Lc %i "/proc/$1/ns/$2"; }

# What lsns tells in the columns $2 about the namespace with the number $1.
told() { lsns -nr -o "$2" -Q "NS == $1"; }

# Runs the script $1 where every mount, and /run/netns, is our own.  $dir is the test's directory.
in_own_mounts() {
	# shellcheck disable=SC2016
	dir=$BATS_TEST_TMPDIR timeout 60 unshare -m --propagation private bash -euc \
		'mkdir -p /run/netns; mount -t tmpfs none /run/netns; '"$1" 3>&-
}

@test "each column is what /proc says" {
	started sleep unshare -m -u -i -n -C -U sleep 300
	for kind in mnt uts ipc net cgroup user; do
		id=$(id_of "$pid" $kind)
		[ "$(told "$id" NS)" = "$id" ]
		[ "$(told "$id" TYPE)" = $kind ]
		[ "$(told "$id" PATH)" = "/proc/$pid/ns/$kind" ]
		[ "$(told "$id" NPROCS)" = 1 ]
		[ "$(told "$id" PID)" = "$pid" ]
		[ "$(told "$id" PPID)" = $$ ] || [ "$(told "$id" PPID)" = "$(awk '/^PPid/ {print $2}' "/proc/$pid/status")" ]
		[ "$(lsns -n -l -o COMMAND -Q "NS == $id")" = "sleep 300" ]
		[ "$(told "$id" UID)" = 0 ]
		[ "$(told "$id" USER)" = root ]
		[ "$(told "$id" CONTAINER)" = "" ]
		if [ $kind = user ]; then
			[ "$(told "$id" PNS,ONS)" = "$(id_of self user) $(id_of self user)" ]
		else
			[ "$(told "$id" PNS,ONS)" = "0 $(id_of "$pid" user)" ]
		fi
	done
}

@test "our own namespaces, and all the processes in one" {
	for kind in mnt uts ipc net pid cgroup user time; do
		run -0 lsns -nr -t $kind -p $$ -o NS,TYPE,PATH
		[ "${#lines[@]}" -eq 1 ]
		[[ $output == "$(id_of $$ $kind) $kind /proc/"*"/ns/$kind" ]]
	done
	started sleep unshare -u sleep 300
	run -0 lsns -n -o PID,COMMAND "$(id_of "$pid" uts)"
	[[ $output =~ ^\ *$pid\ sleep\ 300$ ]]
	run -0 lsns -nr -o NPROCS -t pid -p $$
	[ "$output" -ge "$(find /proc -maxdepth 1 -name '[0-9]*' -printf x | wc -c)" ] || [ "$output" -gt 1 ]
}

@test "the form of the output is the form of the system's lsns" {
	command -v /usr/bin/lsns >/dev/null
	started sleep unshare -m -u -i -n -C sleep 300
	for words in -l -r -J '-n -l' '-J -T' '-T=parent -r' '-o NS,TYPE,PATH,NPROCS,PID,PPID,COMMAND,UID,USER,PNS,ONS'; do
		# The machine may change between the two; only what is about our process is compared.  Theirs fails where a process
		# ends while it looks.
		for _ in {1..50}; do
			# shellcheck disable=SC2086
			! theirs=$(/usr/bin/lsns $words -p "$pid") || break
		done
		# shellcheck disable=SC2086
		ours=$(lsns $words -p "$pid")
		theirs=$(grep -E "sleep|NS|{|}" <<<"$theirs")
		ours=$(grep -E "sleep|NS|{|}" <<<"$ours")
		[ "$ours" = "$theirs" ]
	done
}

@test "JSON: numbers are numbers, what is missing is null, and trees are nested" {
	started sleep unshare -n sleep 300
	id=$(id_of "$pid" net)
	run -0 lsns -J --output-all -Q "NS == $id"
	jq -e --argjson id "$id" --argjson pid "$pid" '.namespaces | length == 1 and (.[0] |
		.ns == $id and .pid == $pid and .nprocs == 1 and .uid == 0 and .pns == 0 and .type == "net" and
		.user == "root" and .command == "sleep 300" and .nsfs == null and .container == null and
		(.ppid | type) == "number" and (.ons | type) == "number" and (.netnsid | type) == "string")' <<<"$output"
	[ "$(jq -r '.namespaces[0] | keys_unsorted | join(",")' <<<"$output")" = \
		ns,type,path,nprocs,pid,ppid,command,uid,user,netnsid,nsfs,pns,ons,container ]
	run -0 lsns -J -T
	jq -e --argjson id "$id" --argjson user "$(id_of self user)" \
		'.namespaces[] | select(.ns == $user) | .children | map(.ns) | index($id) != null' <<<"$output"
	[ "$(lsns -J -Q false | jq -c .)" = '{"namespaces":[]}' ]
}

@test "trees by parent and by owner: with a user namespace that no process is in" {
	started sleep unshare -U -r unshare -U -r unshare -n sleep 300
	inner=$(id_of "$pid" user)
	middle=$(told "$inner" PNS)
	outer=$(told "$middle" PNS)
	[ "$outer" = "$(id_of self user)" ]
	[ "$(told "$middle" NPROCS,TYPE,PID,UID,USER,PATH,COMMAND)" = "0 user  0 root  " ]
	run -0 lsns -T=parent -t user -n -o NS
	grep -qx "├─$middle *\|└─$middle *" <<<"$output"
	grep -qx "[│ ] └─$inner *" <<<"$output"
	run -0 lsns -Towner -n -o NS,TYPE
	grep -qE "[│ ] └─$inner +user" <<<"$output"
	grep -qE "[│ ]   .─$(id_of "$pid" net) +net" <<<"$output"
}

@test "NETNSID and NSFS, as ip netns makes them" {
	run -0 in_own_mounts '
		ip netns add isle-a
		ip netns set isle-a 4711
		touch $dir/copy
		mount --bind /run/netns/isle-a $dir/copy
		lsns -r -n -t net -o NETNSID,NSFS,NPROCS,USER -Q "NETNSID == 4711"
		lsns -n -t net -o NSFS -Q "NETNSID == 4711"
		lsns -n -W -t net -o NSFS -Q "NETNSID == \"4711\""
		lsns -J -o NSFS -Q "NETNSID == 4711" | jq -r ".namespaces[].nsfs"
		lsns -P -n -r -o TYPE -Q "NSFS =~ \"isle-a\""
		lsns -t net -p $$ -n -r -o NETNSID'
	dir=$BATS_TEST_TMPDIR
	[ "${lines[0]}" = "4711 /run/netns/isle-a,$dir/copy 0 root" ]
	[[ ${lines[1]} =~ ^/run/netns/isle-a\ *$ ]]
	[[ ${lines[2]} =~ ^"$dir/copy"\ *$ ]]
	[[ ${lines[3]} =~ ^"/run/netns/isle-a,$dir/copy"\ *$ ]]
	[ "${lines[4]}" = "/run/netns/isle-a,$dir/copy" ]
	[ "${lines[5]}" = net ]
	[ "${lines[6]}" = unassigned ]
}

@test "a namespace that only a mount of another mount namespace keeps" {
	touch "$BATS_TEST_TMPDIR/at here"
	started sleep env dir="$BATS_TEST_TMPDIR" unshare -m --propagation private bash -euc '
		unshare --uts="$dir/at here" true
		exec sleep 300'
	id=$(stat -c %i "/proc/$pid/root$BATS_TEST_TMPDIR/at here")
	[ "$(told "$id" TYPE,NPROCS)" = "uts 0" ]
	run -0 lsns -n -l -o NSFS -Q "NS == $id"
	[[ $output =~ ^"/proc/$pid/root$BATS_TEST_TMPDIR/at here"\ *$ ]]
	run -0 lsns -P -nr -o NS
	grep -qx "$id" <<<"$output"
}

@test "a namespace that only a descriptor keeps" {
	started sleep unshare -i sleep 300
	id=$(id_of "$pid" ipc)
	exec 9<"/proc/$pid/ns/ipc"
	kill -KILL "$pid"
	wait "$pid" || true
	run -0 told "$id" TYPE,NPROCS,PID,USER,ONS
	exec 9<&-
	[ "$output" = "ipc 0  root $(id_of self user)" ]
	# The number may be another's by now, who has processes in it.
	[ "$(told "$id" TYPE,NPROCS)" != "ipc 0" ]
}

@test "a network namespace that only a socket keeps" {
	started python3 python3 -c '
import ctypes, os, socket, sys, time
libc = ctypes.CDLL(None)
own = os.open("/proc/self/ns/net", os.O_RDONLY)
if libc.unshare(0x40000000):
    sys.exit(1)
id = os.stat("/proc/self/ns/net").st_ino
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
libc.setns(own, 0)
open(sys.argv[1] + ".new", "w").write(str(id))
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(300)' "$BATS_TEST_TMPDIR/id"
	wait_for test -e "$BATS_TEST_TMPDIR/id"
	id=$(cat "$BATS_TEST_TMPDIR/id")
	[ "$(told "$id" TYPE,NPROCS,PID,USER)" = "net 0  root" ]
}

@test "a time namespace that is there for children only" {
	# Not by unshare(1): execve(2) takes on the new one.
	started python3 python3 -c '
import ctypes, time
ctypes.CDLL(None).unshare(0x80)
time.sleep(300)'
	children_differ() { [ "$(stat -Lc %i "/proc/$pid/ns/time_for_children")" != "$(id_of "$pid" time)" ]; }
	wait_for children_differ
	id=$(stat -Lc %i "/proc/$pid/ns/time_for_children")
	[ "$(told "$id" TYPE,NPROCS)" = "time 0" ]
}

@test "filters choose lines, also of one namespace and by columns that are not shown" {
	started sleep unshare -u sleep 300
	id=$(id_of "$pid" uts)
	[ "$(lsns -nr -o NS -Q "PID == $pid && TYPE == 'uts'")" = "$id" ]
	[ "$(lsns -nr -o NS --filter "pid eq $pid and not (type != 'uts')")" = "$id" ]
	[ "$(lsns -nr -o NS -Q "COMMAND =~ '^sleep 300\$' and PID == $pid and NPROCS < 2")" = "$id" ]
	[ "$(lsns -nr -o PID -Q "PID == $pid" "$id")" = "$pid" ]
	[ "$(lsns -nr -o PID -Q "PID != $pid" "$id")" = "" ]
	[ "$(lsns -nr -o NS -Q "PID == $pid" -t net)" = "" ]
}

@test "CONTAINER names isle's containers, running detached and for a plain user" {
	isle run -d --name lsns-box host sleep 300
	pid=$(pid_of lsns-box)
	run -0 isle lsns -nr -o CONTAINER,TYPE -Q "PID == $pid and TYPE == 'mnt'"
	[ "$output" = "isle:lsns-box mnt" ]
	run -0 isle lsns -nr -o CONTAINER,COMMAND -Q "COMMAND =~ 'sleep'" "$(id_of "$pid" net)"
	[[ $output == "isle:lsns-box "* ]]
	run -0 isle lsns -J -o CONTAINER -p "$pid" -t net
	[ "$(jq -r '.namespaces[0].container' <<<"$output")" = isle:lsns-box ]
	# The machine's own namespaces are of no container.
	run -0 isle lsns -nr -o CONTAINER -t net -p $$
	[ "$output" = "" ]
	# Who knows nothing of the records still knows the group.
	if grep -q "/isle/" "/proc/$pid/cgroup"; then
		run -0 lsns -nr -o CONTAINER -t mnt -p "$pid"
		[[ $output =~ ^isle:[0-9a-f]{12}$ ]]
	fi
}

@test "CONTAINER as a plain user, with and without a home" {
	user=$(plain_user many)
	run -0 as_user "$user" lsns -nr -t user -o CONTAINER,TYPE
	[ "${lines[0]}" = " user" ]
	[ ! -e "$BATS_FILE_TMPDIR/state-$user/.local" ]
	isle_state_use "$user"
	isle run -d --name lsns-own host sleep 300
	pid=$(pid_of lsns-own)
	run -0 isle lsns -nr -t user -o CONTAINER -Q "PID == $pid or CONTAINER == 'isle:lsns-own'"
	isle_state_use
	[ "${lines[0]}" = isle:lsns-own ]
}

@test "a plain user sees his own and no error" {
	user=$(plain_user many)
	run -0 --separate-stderr as_user "$user" lsns -nr -o NS,TYPE,PID
	[ "$stderr" = "" ]
	grep -q " user " <<<"$output"
	started sleep unshare -u sleep 300
	id=$(id_of "$pid" uts)
	run -0 as_user "$user" lsns -nr -o NS
	run ! grep -qx "$id" <<<"$output"
	run -1 as_user "$user" lsns "$id"
}

@test "JSON is UTF-8, whatever bytes a process calls itself" {
	started sleep unshare -u bash -c 'exec -a "$(printf "a\303\251b\377c\342\202d\"e\\\\")" sleep 300'
	id=$(id_of "$pid" uts)
	run -0 lsns -J -o COMMAND -Q "NS == $id"
	iconv -f UTF-8 -t UTF-8 <<<"$output" >"$BATS_TEST_TMPDIR/clean"
	[ "$(jq -r '.namespaces[0].command' <"$BATS_TEST_TMPDIR/clean")" = $'a\u00e9b\ufffdc\ufffd\ufffdd"e\\ 300' ]
}

@test "what a process calls itself cannot move the cursor" {
	started sleep unshare -u bash -c 'exec -a "$(printf "x\033[2Jy\nz\tw")" sleep 300'
	id=$(id_of "$pid" uts)
	run -0 lsns -n -l -o COMMAND -Q "NS == $id"
	[ "${lines[0]}" = 'x\x1b[2Jy\x0az\x09w 300' ]
	run -0 lsns -J -o COMMAND -Q "NS == $id"
	[ "$(jq -r '.namespaces[0].command' <<<"$output")" = "$(printf 'x\033[2Jy\nz\tw 300')" ] || [[ $output != *$'\033'* ]]
	[[ $output != *$'\033'* ]]
}

@test "the list of columns, plain, raw and as JSON" {
	run -0 lsns -H
	[ "${#lines[@]}" -eq 14 ]
	[[ ${lines[0]} =~ ^\ +NS\ +\<integer\>\ + ]]
	run -0 lsns -H -r
	[[ ${lines[13]} == 'CONTAINER <string> '* ]]
	run -0 lsns --list-columns --json
	[ "$(jq -r '."lsns-columns" | map(.holder) | join(" ")' <<<"$output")" = \
		"NS TYPE PATH NPROCS PID PPID COMMAND UID USER NETNSID NSFS PNS ONS CONTAINER" ]
	[ "$(jq -r '."lsns-columns"[9].type' <<<"$output")" = "<string>" ]
}

@test "options may be cut short, and columns written small" {
	[ "$(lsns --nohead --raw --output type --ty net --tas $$)" = net ]
	run -0 lsns -o +path -p $$ -t net
	[[ ${lines[0]} =~ ^\ *NS\ .*\ PATH$ ]]
	run -0 lsns --version
	[[ $output == lsns* ]]
}

# Refused: lsns with the words $2... fails with status 1, says $1 on stderr, and nothing on stdout.
refused() {
	local said=$1

	shift
	run -1 --separate-stderr lsns "$@"
	[ "$output" = "" ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == "lsns: "*"$said"* ]]
}

@test "bad input: one sentence and status 1" {
	refused '"-1"' -p -1
	refused 'abc' -p abc
	refused '--task' -p 0
	refused '--task' -p ''
	refused '99999999999999999999' -p 99999999999999999999
	refused 'needs a value' -p
	refused 'foo' -t foo
	refused '--type' -t ''
	refused 'needs a value' -t
	refused 'needs a value' -o
	refused 'empty name' -o ''
	refused 'empty name' -o +
	refused 'empty name' -o NS,
	refused 'did you mean COMMAND' -o COMAND
	refused 'too many columns' -o "$(printf 'NS,%.0s' {1..40})NS"
	refused 'no column' -o "$(printf 'x%.0s' {1..5000})"
	refused 'needs a value' -Q
	refused 'there is no such column' -Q 'FOO == 1'
	refused 'a value is missing' -Q 'NS =='
	refused '1024' -Q "$(printf '(%.0s' {1..5000})"
	refused 'repeats what is repeated' -Q "COMMAND =~ '(a+)+'"
	refused 'foo' -T=foo
	refused 'no number' abc
	refused 'no number' -- -5
	refused 'no number' ''
	refused 'no number' 0
	refused 'no number' 99999999999999999999999
	refused 'find the namespace 5' 5
	refused 'of type net' -t user "$(id_of self net)"
	refused 'one operand too many' 5 6
	refused '--foo' --foo
	refused '--no' --no
	# Only one of the two can be.
	refused '--raw' -J -r
	refused '--task' -P -p 1
	refused '--tree' -l -T
	refused '--task' -p 1 5
	refused '--persistent' -P 5
	refused '--tree' -T 5
}

@test "a process that is not there is told, and is no failure" {
	run -0 --separate-stderr lsns -p 2147483647
	[ "$output" = "" ]
	[[ $stderr == "lsns: there is no process 2147483647" ]]
}

@test "errors as the front tells them: by verb, by name, as JSON" {
	run -1 isle lsns 5
	[[ $output == "isle: lsns: find the namespace 5"* ]]
	run -1 isle --error-format json lsns -o FOO
	[ "$(jq -r '.verb + " " + (.exit_status | tostring)' <<<"$output")" = "lsns 1" ]
	run -1 --separate-stderr bash -c 'lsns >/dev/full'
	[[ $stderr == *"standard output: No space left on device"* ]]
	run -1 --separate-stderr bash -c 'lsns >&-'
	[[ $stderr == *"standard output"* ]]
	run -0 bash -c 'lsns -n -t net <&- 2>&-'
}

@test "where there is no /proc, or the program is not whole, it says so" {
	run -1 in_own_mounts 'export ISLE_LIBEXECDIR=$(dirname "$(realpath "$(type -P lsns)")"); mount -t tmpfs none /proc; lsns'
	[[ $output == *"/proc"* ]]
	cp "$BATS_FILE_TMPDIR/bin/real/isle" "$BATS_TEST_TMPDIR/lsns"
	if [ ! -e /usr/local/libexec/isle/isle-report ]; then
		run -1 "$BATS_TEST_TMPDIR/lsns"
		[[ $output == *"isle-report"*"install isle completely"* ]]
	fi
}
