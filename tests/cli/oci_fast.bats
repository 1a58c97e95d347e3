#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The fast ways of 'isle oci run' (docs/decisions/0009-seed.md): the seed, and the network ahead.  With and without them a
# container is the same; and what they keep is as it should be.
# shellcheck disable=SC2154,SC2016 # oci is set by oci_setup; what stands in single quotes is for the shell in the namespace

load ../lib/isle
load ../lib/oci
load ../lib/look

# The Bash statements $1 in a mount namespace with a /run of its own, and so without a seed.
without_seed() {
	declare -f oci bundle json_words in_bundle oci_running wait_for >"$T/functions"
	printf 'oci=(%s)\n' "${oci[*]@Q}" >>"$T/functions"
	env "T=$T" unshare --mount --propagation private bash -c "
		mount -t tmpfs tmpfs /run && . '$T/functions' && $1" "${@:2}"
}

@test "a container is the same whichever way it was made" {
	filter="l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['acct'], 'action': 'SCMP_ACT_ERRNO'}]}"
	in_bundle "$filter" -- sh -c "$look" >"$T/fast"
	for ways in seed network-ahead kept-rules early-filter seed,network-ahead,kept-rules,early-filter; do
		ISLE_WITHOUT=$ways in_bundle "$filter" -- sh -c "$look" >"$T/long"
		diff "$T/fast" "$T/long"
	done
	grep -q '^ *lo:' "$T/fast"
}

@test "with a user namespace of its own, too, whatever it asks for" {
	user="l['namespaces'] += [{'type': 'user'}]; l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]"
	sys="mount_at('/sys')['options'].append('noatime')"
	changes=('' "$sys" "p['rlimits'] = [{'type': 'RLIMIT_NOFILE', 'soft': 64, 'hard': 64}]" "l['maskedPaths'] = ['/etc/passwd', '/proc/keys']")
	for change in "${changes[@]}"; do
		in_bundle "$user" "${change:-0}" -- sh -c "$look" >"$T/fast"
		ISLE_WITHOUT=seed,network-ahead,early-filter in_bundle "$user" "${change:-0}" -- sh -c "$look" >"$T/long"
		diff "$T/fast" "$T/long"
	done
	bundle "$T/np" "$user" "p['args'] = ['echo', 'well']"
	[ "$(oci run --no-pivot --bundle "$T/np" np)" = well ]
}

@test "the seed: made by the first who needs it, kept for the others, made anew when it is gone" {
	without_seed '
		in_bundle -- true && grep -q " /run/isle/seeds/mnt .* nsfs" /proc/self/mountinfo &&
		first=$(readlink /proc/self/ns/mnt; stat -c %i /run/isle/seeds/mnt) && in_bundle -- true &&
		[ "$first" = "$(readlink /proc/self/ns/mnt; stat -c %i /run/isle/seeds/mnt)" ] &&
		[ "$(grep -c " /run/isle/seeds/mnt .* nsfs" /proc/self/mountinfo)" -eq 1 ] &&
		umount -l /run/isle/seeds && in_bundle -- true && grep -q " /run/isle/seeds/mnt .* nsfs" /proc/self/mountinfo &&
		umount /run/isle/seeds/mnt && in_bundle -- true && [ "$(grep -c " /run/isle/seeds/mnt .* nsfs" /proc/self/mountinfo)" -eq 1 ]'
}

@test "the seed is empty and read-only, and so is what is below a container's root" {
	without_seed 'in_bundle -- true && python3 -c "$0" /run/isle/seeds/mnt >"$T/seed"' "$into"
	[ "$(cat "$T/seed")" = "[] []"$'\n'"Read-only file system" ]
	run in_bundle "p['capabilities'] = {s: ['CAP_SYS_ADMIN', 'CAP_SYS_CHROOT'] for s in ('bounding', 'effective', 'permitted')}" \
		-- python3 -c "$into" /proc/self/ns/mnt /
	[[ $output == "[] []"*"Read-only file system" ]]
}

@test "twenty at once without a seed make one" {
	without_seed '
		bundle "$T/b" "del l[\"cgroupsPath\"]" && for i in $(seq 20); do oci run --bundle "$T/b" "n$i" & pids="$pids $!"; done &&
		for pid in $pids; do wait "$pid" || exit 1; done &&
		[ "$(grep -c " /run/isle/seeds/mnt .* nsfs" /proc/self/mountinfo)" -eq 1 ]'
}

@test "a seed of somebody else's making is not used" {
	without_seed '
		mkdir -p /run/isle/seeds && mount -t tmpfs tmpfs /run/isle/seeds && touch /run/isle/seeds/mnt &&
		mount --bind /proc/self/ns/net /run/isle/seeds/mnt && in_bundle -- true &&
		nsenter --mount=/run/isle/seeds/mnt true; [ $? -ne 0 ]'
}

@test "a kernel that can't make a seed is asked once, and containers start all the same" {
	without_seed '
		bundle "$T/b" && strace -f -o "$T/first" -e trace=pivot_root -e inject=pivot_root:error=ENOSYS:when=1 "${oci[@]}" run --bundle "$T/b" f;
		[ -e /run/isle/seeds/refused ] && oci run --bundle "$T/b" n && ! grep -q "seeds/mnt" /proc/self/mountinfo &&
		umount -l /run/isle/seeds && oci run --bundle "$T/b" m && grep -q "seeds/mnt " /proc/self/mountinfo'
	grep -q 'pivot_root.*INJECTED' "$T/first"
}

@test "who binds /run with all that is below gets no seeds" {
	mkdir -p "$T/b/rootfs/machine"
	without_seed '
		in_bundle -- true && [ -e /run/isle/seeds/mnt ] && bundle "$T/b" "add(\"/machine\", \"/run\")" "p[\"args\"] = [\"sh\", \"-c\", \"ls -A /machine/isle/seeds; echo listed\"]" &&
		oci run --bundle "$T/b" b >"$T/list"'
	[ "$(cat "$T/list")" = listed ]
}

@test "the seeds don't spread to who has a shared /run as a slave" {
	cat >"$T/slave" <<-'END'
		grep -cE 'isle-seed|nsfs' /proc/self/mountinfo >"$T/before"
		echo ready >"$T/ready"
		timeout 20 sh -c 'until [ -e "$T/made" ]; do sleep 0.05; done'
		grep -cE 'isle-seed|nsfs' /proc/self/mountinfo >"$T/after"
		ls -A /run/isle/seeds >"$T/list"
		touch /run/isle/seeds/x 2>"$T/refused"
	END
	without_seed '
		export T; mount --make-shared /run || exit 1
		unshare --mount --propagation slave sh "$T/slave" &
		wait_for [ -e "$T/ready" ]; in_bundle -- true && [ -e /run/isle/seeds/mnt ] && touch "$T/made" && wait'
	[ ! -s "$T/list" ]
	diff "$T/before" "$T/after"
	grep -q 'Read-only file system' "$T/refused"
}

@test "a network that the host side can't make is made by the container's process" {
	bundle "$T/b" "p['args'] = ['cat', '/proc/net/dev']"
	run env ISLE_FAULT=fail=network-beside "${oci[@]}" run --bundle "$T/b" f
	[ "$status" -ne 0 ]
	oci_nothing_left 'after a fault in network-beside'
	# The host side's fourth ioctl brings up the interface, or opens the namespace; nobody else does so many.
	run strace -f -o "$T/trace" -e trace=ioctl,unshare -e inject=ioctl:error=EPERM:when=4 "${oci[@]}" run --bundle "$T/b" g
	[ "$status" -eq 0 ]
	[[ $output == *lo:* ]]
	grep -q 'ioctl.*INJECTED' "$T/trace"
	[ "$(grep -c 'unshare(CLONE_NEWNET' "$T/trace")" -eq 2 ]
}

@test "the program comes by way of one in memory, also where isle's file can only be read: a lease on that would do" {
	without_seed '
		mkdir /run/fixed && mount --bind "$(dirname "$(realpath "$OCI_RUNTIME")")" /run/fixed && mount -o remount,bind,ro /run/fixed && oci_running e &&
		bundle "$T/b" && strace -f -o "$T/run" -e trace=execve,execveat /run/fixed/isle oci --root "$OCI_ROOT" run --bundle "$T/b" f &&
		strace -f -o "$T/exec" -e trace=execve,execveat /run/fixed/isle oci --root "$OCI_ROOT" exec e true; r=$?
		oci delete --force e; exit $r'
	grep -q isle-init "$T/run"
	grep -q isle-spawn "$T/exec"
}

@test "a maker of the seed who is killed holds up nobody" {
	without_seed '
		bundle "$T/b" && ! strace -f -o "$T/trace" -e trace=mount -e inject=mount:signal=KILL:when=3 "${oci[@]}" run --bundle "$T/b" k &&
		oci delete --force k && timeout 20 "${oci[@]}" run --bundle "$T/b" n &&
		grep -q " /run/isle/seeds/mnt .* nsfs" /proc/self/mountinfo'
	grep -q 'killed by SIGKILL' "$T/trace"
}

@test "paths that lead out of /proc are read-only and masked, though what they lead to is attached late" {
	export paths="l['readonlyPaths'] = ['/proc/../sys/kernel', '/proc/self/root/sys/module', '/proc/sys']; l['maskedPaths'] = ['/proc/../sys/firmware']"
	# The last of all, so that it is attached late.
	export rw="mount_at('/sys')['options'].remove('ro'); c['mounts'].sort(key=lambda m: m['destination'] == '/sys')"
	# Where there is nothing but cgroup v2.
	without_seed '
		[ ! -d /sys/fs/cgroup/unified ] || mount --bind /sys/fs/cgroup/unified /sys/fs/cgroup
		in_bundle "$paths" "$rw" -- cat /proc/self/mountinfo' >"$T/mounts"
	for path in /sys/kernel /sys/module /proc/sys /sys/firmware; do
		grep -q " $path ro," "$T/mounts"
	done
	grep -q ' /sys rw,' "$T/mounts"
}

@test "a user namespace that was made ahead and can't be entered is made anew, and the box waits for its ids" {
	bundle "$T/b" "l['namespaces'] += [{'type': 'user'}]; l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]" \
		"p['args'] = ['sh', '-c', 'grep lo: /proc/net/dev; cat /proc/self/uid_map']"
	# Where there is nothing but cgroup v2 the box has nothing else to wait for.  The process that clones it enters the seed,
	# and then the namespace; nobody else has a second one to enter.
	run without_seed '
		[ ! -d /sys/fs/cgroup/unified ] || mount --bind /sys/fs/cgroup/unified /sys/fs/cgroup
		strace -f -o "$T/trace" -e trace=setns -e inject=setns:error=EPERM:when=2 "${oci[@]}" run --bundle "$T/b" u'
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *lo:*100000* ]]
}

@test "who makes a network has ended before the program runs, also where isle may do less" {
	bundle "$T/b" "l['namespaces'] += [{'type': 'user'}]; l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]" \
		"p['args'] = ['sleep', '100']"
	setpriv --bounding-set=-net_admin "${oci[@]}" run --bundle "$T/b" n </dev/null >/dev/null 2>&1 3>&- &
	isle=$!
	wait_for grep -q '"pid":[1-9]' "$OCI_ROOT/n/record.json"
	[ "$(pgrep -c -P "$isle")" -eq 1 ]
	oci delete --force n
	wait "$isle" || true
}

@test "device programs are kept for the next container with the same rules, and no others" {
	# A device that no kernel has: who may open it is told so.
	export none="l['devices'] = [{'path': '/dev/none', 'type': 'c', 'major': 1, 'minor': 99}]"
	export deny="l['resources'] = {'devices': [{'allow': False, 'access': 'rwm'}]}"
	export allow="$deny; l['resources']['devices'].append({'allow': True, 'type': 'c', 'major': 1, 'minor': 99, 'access': 'r'})"
	without_seed '
		kept() { find /run/isle/seeds/devices -regextype egrep -regex ".*/[0-9a-f]{64}" | wc -l; }
		opens() { in_bundle "$none" "$1" -- sh -c "exec 3</dev/none" 2>&1; }
		for run in 1 2; do
			opens "$deny" | grep -q "not permitted" && [ "$(kept)" -eq 1 ] || exit 1
		done
		for run in 1 2; do
			opens "$allow" | grep -q "No such device" && [ "$(kept)" -eq 2 ] || exit 1
		done
		bundle "$T/b" "$deny" && strace -f -o "$T/trace" -e trace=bpf "${oci[@]}" run --bundle "$T/b" k &&
		ISLE_WITHOUT=kept-rules strace -f -o "$T/without" -e trace=bpf "${oci[@]}" run --bundle "$T/b" w'
	[ "$(grep -c 'BPF_PROG_ATTACH.*= 0$' "$T/trace")" -eq 1 ]
	[ "$(grep -c BPF_PROG_LOAD "$T/trace")" -eq 0 ]
	[ "$(grep -c 'BPF_PROG_LOAD.*= [0-9]' "$T/without")" -eq 1 ]
}

@test "so many device programs are kept, and then it begins anew" {
	bundle "$T/b" "l['resources'] = {'devices': [{'allow': True, 'type': 'c', 'major': 300, 'minor': 1000, 'access': 'r'}]}"
	without_seed '
		for minor in $(seq 1001 1066); do
			sed "s/1000/$minor/" "$T/b/config.json" >"$T/next" && cp "$T/b/config.json" "$T/first" && mv "$T/next" "$T/b/config.json" &&
			oci run --bundle "$T/b" k && mv "$T/first" "$T/b/config.json" || exit 1
			find /run/isle/seeds/devices -regextype egrep -regex ".*/[0-9a-f]{64}" | wc -l
		done' >"$T/counts"
	[ "$(sort -n "$T/counts" | tail -1)" -ge 50 ]
	[ "$(sort -n "$T/counts" | tail -1)" -le 64 ]
	[ "$(tail -1 "$T/counts")" -lt 20 ]
}

@test "whoever is killed before its container is noted down leaves nobody parked" {
	bundle "$T/b" "l['namespaces'] += [{'type': 'user'}]; l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]" \
		"del l['resources']"
	# Held where the record is written for the second time.
	strace -D -f -o "$T/trace" -e trace=renameat2 -e inject=renameat2:delay_enter=600000000:when=2 \
		"${oci[@]}" --cgroup-manager disabled create --bundle "$T/b" r </dev/null >/dev/null 2>&1 3>&- &
	isle=$!
	box() { pgrep -P "$isle"; }
	held() { box && grep -q '^316 ' "/proc/$isle/syscall"; }
	wait_for held
	first=$(box)
	# It has done what it can, and listens (recvmsg).
	wait_for grep -q '^47 ' "/proc/$first/syscall"
	tracer=$(awk '/^TracerPid:/ { print $2 }' "/proc/$isle/status")
	kill -KILL "$isle"
	kill -KILL "$tracer"
	wait "$isle" || true
	wait_for [ ! -e "/proc/$first" ]
	oci delete --force r
}

@test "whoever is killed before the device rules are in force leaves nothing to start" {
	bundle "$T/b"
	strace -D -f -o "$T/trace" -e trace=bpf -e inject=bpf:delay_enter=600000000:when=1 "${oci[@]}" create --bundle "$T/b" r \
		</dev/null >/dev/null 2>&1 3>&- &
	isle=$!
	wait_for grep -q "^321 " "/proc/$isle/syscall" # bpf
	tracer=$(awk '/^TracerPid:/ { print $2 }' "/proc/$isle/status")
	kill -KILL "$isle"
	kill -KILL "$tracer" # which keeps who was killed, too
	wait "$isle" || true
	run oci start r
	[ "$status" -ne 0 ]
	[ "$(grep -c 'BPF_PROG_ATTACH.*= 0$' "$T/trace")" -eq 0 ]
}

@test "no process of isle's lends its memory to one in the container" {
	oci_running x
	strace -f -o "$T/trace" -e trace=clone,clone3,vfork,fork "${oci[@]}" exec x true
	grep -q clone "$T/trace"
	[ "$(grep -c -e vfork -e CLONE_VM "$T/trace")" -eq 0 ]
}
