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
	declare -f oci bundle json_words in_bundle oci_running >"$T/functions"
	printf 'oci=(%s)\n' "${oci[*]@Q}" >>"$T/functions"
	env "T=$T" unshare --mount --propagation private bash -c "
		mount -t tmpfs tmpfs /run && . '$T/functions' && $1" "${@:2}"
}

@test "a container is the same whichever way it was made" {
	filter="l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['acct'], 'action': 'SCMP_ACT_ERRNO'}]}"
	in_bundle "$filter" -- sh -c "$look" >"$T/fast"
	for ways in seed network-ahead early-filter seed,network-ahead,early-filter; do
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
		in_bundle -- true && grep -q " /run/isle/seed/mnt .* nsfs" /proc/self/mountinfo &&
		first=$(readlink /proc/self/ns/mnt; stat -c %i /run/isle/seed/mnt) && in_bundle -- true &&
		[ "$first" = "$(readlink /proc/self/ns/mnt; stat -c %i /run/isle/seed/mnt)" ] &&
		[ "$(grep -c " /run/isle/seed/mnt .* nsfs" /proc/self/mountinfo)" -eq 1 ] &&
		umount -l /run/isle/seed && in_bundle -- true && grep -q " /run/isle/seed/mnt .* nsfs" /proc/self/mountinfo &&
		umount /run/isle/seed/mnt && in_bundle -- true && [ "$(grep -c " /run/isle/seed/mnt .* nsfs" /proc/self/mountinfo)" -eq 1 ]'
}

@test "the seed is empty and read-only, and so is what is below a container's root" {
	without_seed 'in_bundle -- true && python3 -c "$0" /run/isle/seed/mnt >"$T/seed"' "$into"
	[ "$(cat "$T/seed")" = "[] []"$'\n'"Read-only file system" ]
	run in_bundle "p['capabilities'] = {s: ['CAP_SYS_ADMIN', 'CAP_SYS_CHROOT'] for s in ('bounding', 'effective', 'permitted')}" \
		-- python3 -c "$into" /proc/self/ns/mnt /
	[[ $output == "[] []"*"Read-only file system" ]]
}

@test "twenty at once without a seed make one" {
	without_seed '
		bundle "$T/b" "del l[\"cgroupsPath\"]" && for i in $(seq 20); do oci run --bundle "$T/b" "n$i" & pids="$pids $!"; done &&
		for pid in $pids; do wait "$pid" || exit 1; done &&
		[ "$(grep -c " /run/isle/seed/mnt .* nsfs" /proc/self/mountinfo)" -eq 1 ]'
}

@test "a seed of somebody else's making is not used" {
	without_seed '
		mkdir -p /run/isle/seed && mount -t tmpfs tmpfs /run/isle/seed && touch /run/isle/seed/mnt &&
		mount --bind /proc/self/ns/net /run/isle/seed/mnt && in_bundle -- true &&
		nsenter --mount=/run/isle/seed/mnt true; [ $? -ne 0 ]'
}

@test "a kernel that can't make a seed is asked once, and containers start all the same" {
	without_seed '
		bundle "$T/b" && strace -f -o "$T/first" -e trace=pivot_root -e inject=pivot_root:error=ENOSYS:when=1 "${oci[@]}" run --bundle "$T/b" f;
		[ -e /run/isle/seed/refused ] && oci run --bundle "$T/b" n && ! grep -q "seed/mnt" /proc/self/mountinfo &&
		umount -l /run/isle/seed && oci run --bundle "$T/b" m && grep -q "seed/mnt " /proc/self/mountinfo'
	grep -q 'pivot_root.*INJECTED' "$T/first"
}

# Whether a view of this isle's file is kept, which can only be read.
kept='
	file=$(realpath "$OCI_RUNTIME") && [ "$(stat -c %d:%i "$file")" = "$(stat -c %d:%i /run/isle/seed/self)" ] &&
	sh -c "exec 2>&1; echo x >>/run/isle/seed/self" | grep -q "Read-only"'

@test "a view of isle's file is kept with the seeds, and exec begins anew from that" {
	without_seed "
		in_bundle -- true && $kept && oci_running e && strace -f -o \"\$T/exec\" -e trace=mount_setattr,execveat \"\${oci[@]}\" exec e true &&
		ISLE_WITHOUT=kept strace -f -o \"\$T/long\" -e trace=mount_setattr,execveat \"\${oci[@]}\" exec e true && $kept; r=\$?
		oci delete --force e; exit \$r"
	[ "$(grep -c 'execveat(.*= 0' "$T/exec")" -eq 1 ]
	run ! grep -q mount_setattr "$T/exec"
	grep -q mount_setattr "$T/long"
}

@test "the view that is kept is this isle's: an older one's is replaced, and where it can't be kept it is made anew" {
	without_seed "
		in_bundle -- true && oci_running e && umount /run/isle/seed/self && oci exec e true && $kept &&
		umount /run/isle/seed/self && mount --bind /bin/true /run/isle/seed/self && oci exec e true && $kept &&
		flock /run/isle/seed umount /run/isle/seed/self && flock /run/isle/seed \"\${oci[@]}\" exec e true && ! { $kept; } &&
		umount -l /run/isle/seed && oci exec e true && [ ! -e /run/isle/seed/self ] && in_bundle -- true && $kept; r=\$?
		oci delete --force e; exit \$r"
}

@test "who binds /run with all that is below gets neither the seeds nor the view" {
	mkdir -p "$T/b/rootfs/machine"
	without_seed '
		in_bundle -- true && [ -s /run/isle/seed/self ] && bundle "$T/b" "add(\"/machine\", \"/run\")" "p[\"args\"] = [\"sh\", \"-c\", \"ls -A /machine/isle/seed; echo listed\"]" &&
		oci run --bundle "$T/b" b >"$T/list"'
	[ "$(cat "$T/list")" = listed ]
}

@test "a network that can't be made ahead is made by the container's process" {
	bundle "$T/b" "p['args'] = ['cat', '/proc/net/dev']"
	run env ISLE_FAULT=fail=network-ahead "${oci[@]}" run --bundle "$T/b" f
	[ "$status" -ne 0 ]
	oci_nothing_left 'after a fault in network-ahead'
	# The thread's third ioctl opens the namespace; nobody else does so many.
	run strace -f -o "$T/trace" -e trace=ioctl,unshare -e inject=ioctl:error=EPERM:when=3 "${oci[@]}" run --bundle "$T/b" g
	[ "$status" -eq 0 ]
	[[ $output == *lo:* ]]
	grep -q 'ioctl.*INJECTED' "$T/trace"
	[ "$(grep -c 'unshare(CLONE_NEWNET' "$T/trace")" -eq 2 ]
}

@test "the detour by init is for who could write to isle's file" {
	without_seed '
		mkdir /run/fixed && mount --bind "$(dirname "$(realpath "$OCI_RUNTIME")")" /run/fixed && mount -o remount,bind,ro /run/fixed &&
		bundle "$T/b" && strace -f -o "$T/writable" -e trace=execve,execveat "${oci[@]}" run --bundle "$T/b" w &&
		strace -f -o "$T/fixed" -e trace=execve,execveat /run/fixed/isle oci --root "$OCI_ROOT" run --bundle "$T/b" f'
	grep -q isle-init "$T/writable"
	[ "$(grep -c isle-init "$T/fixed")" -eq 0 ]
}

@test "a maker of the seed who is killed holds up nobody" {
	without_seed '
		bundle "$T/b" && ! strace -f -o "$T/trace" -e trace=mount -e inject=mount:signal=KILL:when=3 "${oci[@]}" run --bundle "$T/b" k &&
		oci delete --force k && timeout 20 "${oci[@]}" run --bundle "$T/b" n &&
		grep -q " /run/isle/seed/mnt .* nsfs" /proc/self/mountinfo'
	grep -q 'killed by SIGKILL' "$T/trace"
}

@test "whoever is killed before the device rules are in force leaves nothing to start" {
	bundle "$T/b"
	strace -D -f -o "$T/trace" -e trace=bpf -e inject=bpf:delay_enter=600000000:when=1 "${oci[@]}" create --bundle "$T/b" r \
		</dev/null >/dev/null 2>&1 3>&- &
	isle=$!
	wait_for grep -q '"pid":[1-9]' "$OCI_ROOT/r/record.json"
	wait_for grep -q "^321 " "/proc/$isle/task/"*/syscall # bpf
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
