#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What an attacker inside a container, or who made its root, tries against 'isle oci'; each test is one mechanism, with the
# outcome that must come of it.  The letters and numbers before a name tell the family of the mechanism (threats.bats).
#
# Nothing is ever written to a file of the machine's: what must stay untouched is a canary of the test's own.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # stderr is set by run; $x is meant for the inner shell; each test has its own

load ../lib/isle
load ../lib/oci

setup_file() {
	isle_setup_file
	oci_setup_file
	PROBES=$BUILD/tests/probe
	export PROBES
}
setup() {
	oci_setup
	mkdir -m 777 "$T/canary" "$T/volume"
	echo untouched >"$T/canary/file"
	before=$(canary_state)
	up=../../../../../../../../../..
	probes="add('/probe', '$PROBES', options=['rbind', 'ro'])"
}

# Everything about the canary: names, owners, modes, contents.
canary_state() {
	(cd "$T/canary" && find . -printf '%p %M %U:%G %s\n' | sort && cat file)
}
canary_untouched() {
	[ "$(canary_state)" = "$before" ]
}

# The runtime refuses with a sentence, and nothing is left of the container.
refused() {
	run --separate-stderr "$@"
	[ "$status" -ne 0 ]
	[ -n "$stderr" ]
	oci_nothing_left "after what was refused"
}

# ---- 2.1 roots, mounts, paths ----

@test "MNT01 /proc or /sys of the root is a link: refused" {
	for what in proc sys; do
		bundle "$T/b"
		rmdir "$T/b/rootfs/$what"
		ln -s "$up$T/canary" "$T/b/rootfs/$what"
		refused oci run --bundle "$T/b" c
		ln -sfn tmp "$T/b/rootfs/$what"
		refused oci run --bundle "$T/b" c
		rm "$T/b/rootfs/$what"
	done
	canary_untouched
}

@test "MNT02 /dev of the root is a link: nothing is made where it leads" {
	bundle "$T/b"
	rmdir "$T/b/rootfs/dev"
	ln -s "$up$T/canary" "$T/b/rootfs/dev"
	run oci run --bundle "$T/b" c
	canary_untouched
	bundle "$T/b" "mounts[:] = [m for m in mounts if not m['destination'].startswith('/dev')]"
	run oci run --bundle "$T/b" c
	canary_untouched
}

@test "MNT03 a mount point on a shared volume is swapped for a link meanwhile" {
	mkdir -p "$T/volume/x"
	ln -s "$up$T/canary" "$T/volume/y"
	: >"$T/file"
	swap_for_ever "$T/volume/x" "$T/volume/y" &
	local swapper=$!
	for ((i = 0; i < 20; i++)); do
		bundle "$T/b" "add('/v', '$T/volume')" "add('/v/x/z$i', 'tmpfs', 'tmpfs', [])" "add('/v/x/f$i', '$T/file', options=['bind'])"
		oci run --bundle "$T/b" "c$i" 2>/dev/null || true
	done
	kill "$swapper"
	wait "$swapper" || true
	canary_untouched
}

@test "MNT04 MNT08 a mount point behind a link that leads up and out: made inside or refused, never outside" {
	local descriptors=(/proc/self/fd/{3..24}"$T/canary") # of the runtime's own: some are of the machine's root

	for link in "$T/canary" "$up$T/canary" "/..$T/canary" "/proc/1/root$T/canary" "${descriptors[@]}"; do
		bundle "$T/b"
		ln -sfn "$link" "$T/b/rootfs/data"
		bundle "$T/b" "l['devices'] = [{'path': '/data/null', 'type': 'c', 'major': 1, 'minor': 3}]"
		run oci run --bundle "$T/b" c
		canary_untouched
		bundle "$T/b" "p['cwd'] = '/data/cwd'" "c['root']['readonly'] = True"
		run oci run --bundle "$T/b" c
		canary_untouched
		bundle "$T/b" "add('/data/dir', '$T/volume')" "add('/data/tmp', 'tmpfs', 'tmpfs', [])" "p['cwd'] = '/data/cwd'" \
			"add('/data/file', '$T/b/config.json', options=['bind'])"
		run oci run --bundle "$T/b" c
		canary_untouched
	done
	# What a link names is found inside.
	mkdir "$T/b/rootfs/inside"
	ln -sfn "$up/inside" "$T/b/rootfs/data"
	touch "$T/volume/here"
	in_bundle "add('/data', '$T/volume')" -- test -e /inside/here
}

@test "MNT05 masks are of the kernel's null device, whatever the root or a volume has at /dev/null" {
	mkdir "$T/dev"
	ln -s "$T/canary/file" "$T/dev/null"
	run in_bundle "mount_at('/dev').update(source='$T/dev', type='bind', options=['rbind'])" \
		"mounts[:] = [m for m in mounts if not m['destination'].startswith('/dev/')]" -- \
		sh -c 'stat -c %t:%T /proc/timer_list; cat /proc/timer_list'
	[[ $output == *1:3 || $status -ne 0 ]]
	[[ $output != *untouched* && $output != *"clock"* ]]
	# Devices that the root brings along are no way either.
	rm -f "$T/b/rootfs/dev/null"
	ln -s "$T/canary/file" "$T/b/rootfs/dev/null"
	run in_bundle "mounts[:] = [m for m in mounts if not m['destination'].startswith('/dev')]" -- \
		sh -c 'stat -c %t:%T /proc/timer_list; cat /proc/timer_list'
	[[ $output == *1:3 || $status -ne 0 ]]
	[[ $output != *untouched* && $output != *"clock"* ]]
	canary_untouched
}

@test "MNT07 nothing of the bundle is mounted into /proc, by name or behind a link" {
	for target in /proc/self/attr/current /proc/sys /proc/1/x /usr/../proc/sys; do
		refused in_bundle "add('$target', '$T/volume')" -- true
	done
	bundle "$T/b"
	ln -s ../proc "$T/b/rootfs/data"
	refused in_bundle "add('/data/self/attr/current', '$T/canary/file', options=['bind'])" -- true
	# A volume is no procfs: what is written for the container must not land there.
	mkdir -p "$T/volume/self/attr" "$T/volume/self/fd" "$T/volume/sys/net/ipv4"
	for file in self/attr/exec self/attr/current sys/net/ipv4/ip_forward self/oom_score_adj; do
		echo old >"$T/volume/$file"
	done
	run in_bundle "mount_at('/proc').update(source='$T/volume', type='bind', options=['rbind'])" \
		"l['sysctl'] = {'net.ipv4.ip_forward': '1'}" -- true
	[ "$(cat "$T"/volume/self/attr/* "$T/volume/sys/net/ipv4/ip_forward" "$T/volume/self/oom_score_adj" | sort -u)" = old ]
}

@test "MNT10 no way back to the machine's root, with or without pivot_root" {
	bundle "$T/b" "p['args'] = ['perl', '-e', 'mkdir \"/tmp/x\"; chroot \"/tmp/x\"; chdir \"..\" for 1..64; chroot \".\"; exit(-e \$ARGV[0])', '$T/canary']"
	oci run --bundle "$T/b" c1
	bundle "$T/b" "p['args'] = ['sh', '-c', 'test ! -e /..$T/canary && test ! -e /proc/1/root$T/canary && cat /proc/timer_list']"
	run oci run --no-pivot --bundle "$T/b" c2
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "MNT11 nothing is mounted that the machine would see, and nothing is shared" {
	[ "$(in_bundle -- grep -c shared: /proc/self/mountinfo || true)" = 0 ]
}

@test "MNT12 a read-only bind is so all the way down, and keeps what its source forbids" {
	mkdir "$T/source"
	run unshare -m --propagation private sh -ec '
		mount -t tmpfs -o nosuid,nodev,noexec source "$1/source"
		mkdir "$1/source/sub"
		mount -t tmpfs sub "$1/source/sub"
		shift
		exec "$@"' - "$T" "${oci[@]}" --version
	[ "$status" -eq 0 ]
	bundle "$T/b" "add('/tmp', '$T/source', options=['rbind', 'rro'])" \
		"p['args'] = ['sh', '-c', 'touch /tmp/x; touch /tmp/sub/x; grep \" /tmp\" /proc/self/mountinfo']"
	run unshare -m --propagation private sh -ec '
		mount -t tmpfs -o nosuid,nodev,noexec source "$1/source"
		mkdir "$1/source/sub"
		mount -t tmpfs sub "$1/source/sub"
		shift
		exec "$@"' - "$T" "${oci[@]}" run --bundle "$T/b" c
	[ "$status" -eq 0 ]
	[ "$(grep -c 'Read-only file system' <<<"$output")" -eq 2 ]
	[[ $output == *" /tmp ro,nosuid,nodev,noexec"* ]]
}

# ---- 2.2 descriptors, the program file, joining ----

@test "FD01 a working directory that is one of the runtime's descriptors: refused by run and by exec" {
	for ((fd = 3; fd < 24; fd++)); do
		bundle "$T/b" "p['cwd'] = '/proc/self/fd/$fd'" "p['args'] = ['sh', '-c', 'pwd; cat $up$T/canary/file']"
		run oci run --bundle "$T/b" "c$fd" 9<"$T" 10</
		[ "$status" -ne 0 ]
		[[ $output != *untouched* ]]
	done
	oci_running c
	for ((fd = 3; fd < 24; fd++)); do
		run oci exec --cwd "/proc/self/fd/$fd" c cat "$up$T/canary/file" 9<"$T" 10</
		[ "$status" -ne 0 ]
		[[ $output != *untouched* ]]
	done
}

@test "FD02 FD03 no descriptor of the caller's gets in, and none of isle's leads out of a container that waits to be started" {
	[ "$(in_bundle -- sh -c 'ls /proc/$$/fd' 7</ 9<"$T/canary" 20<>"$T/canary/file" | paste -sd' ')" = "0 1 2" ]
	bundle "$T/w" "p['args'] = ['sleep', '1000']"
	oci create --bundle "$T/w" w 7</ 9<"$T/canary" </dev/null >/dev/null 2>&1 3>&-
	for link in /proc/"$(oci_pid w)"/fd/*; do
		[ ! -d "$link" ] || [ "$(stat -L -c %d:%i "$link")" = "$(stat -L -c %d:%i "/proc/$(oci_pid w)/root")" ]
		case $(readlink "$link") in "$OCI_ROOT"* | "$T"*) false ;; esac
	done
	oci start w
	wait_for grep -qx sleep "/proc/$(oci_pid w)/comm"
	[ "$(find "/proc/$(oci_pid w)/fd" -mindepth 1 -printf '%f\n' | sort | paste -sd' ')" = "0 1 2" ]
	[ "$(oci exec w sh -c 'ls /proc/$$/fd' 7</ 9<"$T/canary" | paste -sd' ')" = "0 1 2" ]
}

@test "FD04 a planted link or FIFO as --pid-file is not written through" {
	bundle "$T/b"
	ln -s canary/file "$T/link"
	mkfifo "$T/fifo"
	run oci run --pid-file "$T/link" --bundle "$T/b" c1
	canary_untouched
	run timeout -s KILL 30 "${oci[@]}" run --pid-file "$T/fifo" --bundle "$T/b" c2
	[ "$status" -ne 137 ]
	oci_running x
	run oci exec --pid-file "$T/link" x true
	canary_untouched
}

@test "FD05 isle's own file is not given away to a program that is /proc/self/exe, by run or by exec" {
	bundle "$T/b"
	ln -s /proc/self/exe "$T/b/rootfs/root/link"
	printf '#!/proc/self/exe\n' >"$T/b/rootfs/root/script"
	chmod 755 "$T/b/rootfs/root/script"
	sum=$(sha256sum <"$OCI_RUNTIME")
	for program in /root/link /root/script; do
		run in_bundle -- "$program" --version
		[[ $output != *"version"* && $output != "isle "* ]]
	done
	oci_running b
	# What it leads to is the small program in memory, which has nothing to do for it.  isle itself would go on, and who
	# looks at it could take a lease on its file: every start on the machine would wait.
	for program in /root/link /root/script; do
		run timeout 20 "${oci[@]}" exec b "$program" unshare --fork sleep 60
		[[ $status -eq 125 && ! $output == *unshare* ]]
	done
	[ "$sum" = "$(sha256sum <"$OCI_RUNTIME")" ]
}

# What lies in wait opens every newcomer's root and descriptors, with what SYS_PTRACE lets it.
@test "FD06 who comes in by exec gives nothing away to who lies in wait, with SYS_PTRACE, too" {
	sum=$(sha256sum <"$OCI_RUNTIME")
	lie_in_wait "caps.append('CAP_SYS_PTRACE')"
	for ((i = 0; i < 12; i++)); do
		oci exec w true
	done
	caught_nothing
	[ "$sum" = "$(sha256sum <"$OCI_RUNTIME")" ]
}

@test "FD06 a container that joins another's namespaces gives nothing away to who lies in wait there" {
	lie_in_wait
	for ((i = 0; i < 12; i++)); do
		bundle "$T/j" "[n.update(path='/proc/$(oci_pid w)/ns/' + n['type'].replace('network', 'net')) for n in l['namespaces'] if n['type'] != 'mount']" \
			"c.pop('hostname')"
		oci run --bundle "$T/j" "j$i"
	done
	caught_nothing
}

# Starts the container w, in which probe-watch writes to $T/caught.
lie_in_wait() { # [CHANGE]...
	bundle "$T/w" "$probes" "$@" "p['args'] = ['/probe/probe-watch', '$T/canary/file']"
	oci create --bundle "$T/w" w </dev/null >"$T/caught" 2>&1 3>&-
	oci start w
	wait_for test -s "$T/caught"
}

caught_nothing() {
	oci kill w TERM
	wait_for grep -q '^seen' "$T/caught"
	[ "$(sed -n 's/^seen //p' "$T/caught")" -ge 4 ]
	[ "$(grep -cxE 'root|fd|isle' "$T/caught")" -eq 0 ]
}

@test "FD07 nothing of isle is in the container's pid namespace with more rights than the container" {
	cat >"$T/look.pl" <<-'END'
		$SIG{TERM} = sub { print "end\n"; exit };
		$| = 1;
		print "begin\n";
		while (1) {
			for (</proc/[0-9]*/status>) {
				open(my $file, $_) or next;
				local $/;
				my ($set) = <$file> =~ /CapBnd:\t(\S+)/ or next;
				print "$set\n" if !$seen{$set}++;
			}
		}
	END
	bundle "$T/w" "add('/root', '$T')" "p['args'] = ['perl', '/root/look.pl']"
	oci create --bundle "$T/w" w </dev/null >"$T/seen" 2>&1 3>&-
	oci start w
	wait_for grep -q begin "$T/seen"
	for ((i = 0; i < 20; i++)); do
		oci exec w true
	done
	oci kill w TERM
	wait_for grep -q end "$T/seen"
	[ "$(grep -c '^[0-9a-f]*$' "$T/seen")" -eq 1 ]
}

@test "FD08 isle has no abstract sockets, and its root is for its owner alone" {
	grep -o '@.*' /proc/net/unix | sort >"$T/before"
	oci_running c
	grep -o '@.*' /proc/net/unix | sort >"$T/after"
	[ "$(comm -13 "$T/before" "$T/after" | grep -ci -e isle -e oci)" -eq 0 ]
	bundle "$T/b"
	(umask 0 && "$OCI_RUNTIME" --root "$T/made" create --bundle "$T/b" m </dev/null >/dev/null 2>&1 3>&-)
	[ "$(find "$T/made" -perm /077 ! -type l ! -type s | wc -l)" -eq 0 ] || [ "$(stat -c %a "$T/made")" = 700 ]
	"$OCI_RUNTIME" --root "$T/made" delete --force m
}

# ---- 2.3 who one is ----

@test "CR01 CR02 no inheritable or ambient capabilities that are not asked for; none in force for who is not root" {
	caps() { # NAMES CHANGE...
		in_bundle "${@:2}" -- sed -nE "s/^Cap($1):\t//p" /proc/self/status | sort -u
	}
	none=0000000000000000
	[ "$(caps 'Inh|Amb')" = "$none" ]
	[ "$(caps 'Inh|Prm|Eff|Amb' "p['user'] = {'uid': 1000, 'gid': 1000}")" = "$none" ]
	oci_running c
	[ "$(oci exec c sed -nE 's/^Cap(Inh|Amb):\t//p' /proc/self/status | sort -u)" = "$none" ]
	[ "$(oci exec --user 1000:1000 c sed -nE 's/^Cap(Inh|Prm|Eff|Amb):\t//p' /proc/self/status | sort -u)" = "$none" ]
	[ "$(oci exec c sed -nE 's/^Cap(Bnd|Eff):\t//p' /proc/self/status | sort -u)" = "$(sed -nE 's/^CapBnd:\t//p' "/proc/$(oci_pid c)/status")" ]
}

@test "CR03 exactly the groups that are asked for, in run and in exec: one's group cannot be shed" {
	groups() {
		setpriv --groups 4,2001 "$@"
	}
	groups_of=(sed -n 's/^Groups:.//p' /proc/self/status)
	bundle "$T/b" "p['user'] = {'uid': 1000, 'gid': 1000, 'additionalGids': [2000]}" "p['args'] = $(json_words "${groups_of[@]}")"
	[ "$(groups "${oci[@]}" run --bundle "$T/b" c1 | xargs)" = 2000 ]
	bundle "$T/b" "p['user'] = {'uid': 1000, 'gid': 1000}" "p['args'] = $(json_words "${groups_of[@]}")"
	[ -z "$(groups "${oci[@]}" run --bundle "$T/b" c2 | xargs)" ]
	oci_running c
	[[ " $(groups "${oci[@]}" exec --user 1000:1000 c "${groups_of[@]}" | xargs) " != *" 4 "* ]]
}

@test "CR04 ids are whole decimal numbers from 0 to 4294967294: anything else is refused, never cut short" {
	for id in -1 4294967295 4294967296 18446744073709551616 1.5 1e3 '"0"' null true; do
		id=${id/null/None} id=${id/true/True}
		for what in "'uid': $id, 'gid': 0" "'uid': 0, 'gid': $id" "'uid': 0, 'gid': 0, 'additionalGids': [$id]"; do
			[[ $id != None ]] || continue
			refused in_bundle "p['user'] = {$what}" -- true
		done
	done
	refused in_bundle "l['namespaces'].append({'type': 'user'})" \
		"l['uidMappings'] = [{'containerID': 0, 'hostID': 4294967296, 'size': 1}]" "l['gidMappings'] = [{'containerID': 0, 'hostID': 0, 'size': 1}]" -- true
	[ "$(in_bundle "p['user'] = {'uid': 4294967294, 'gid': 4294967294}" -- sh -c 'id -u; id -g' | paste -sd' ')" = '4294967294 4294967294' ]
	oci_running c
	for who in 4294967296 -1 4294967295 +0 ' 0' 0x0 1e3 0:4294967296 0:-1 4294967296:0 18446744073709551616; do
		run oci exec --user "$who" c id -u
		[ "$status" -ne 0 ]
	done
}

@test "CR06 no_new_privs and the seccomp filter hold in exec, too, whatever else it asks for" {
	oci_running c "l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['mkdir', 'mkdirat'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 18}]}"
	in_force() {
		[ "$("$@" sed -nE 's/^(NoNewPrivs|Seccomp):\t//p' /proc/self/status | paste -sd' ')" = '1 2' ]
		run "$@" mkdir /tmp/x
		[[ $output == *"ross-device link"* ]]
	}
	in_force oci exec c
	in_force oci exec --tty c || true # without a terminal: only that it does not weaken what follows
	in_force oci exec --cap CAP_CHOWN c
	printf '{"args": ["sed", "-nE", "s/^(NoNewPrivs|Seccomp):.//p", "/proc/self/status"], "cwd": "/", "user": {"uid": 0, "gid": 0}, "env": ["PATH=/bin"]}' >"$T/process.json"
	[ "$(oci exec --process "$T/process.json" c | tail -1)" = 2 ]
}

# The id of the session keyring that a program has.
keyring_of() {
	"$@" python3 -c 'import ctypes; print(ctypes.CDLL(None).syscall(250, 0, -3, 0))'
}

@test "CR07 the caller's session keyring is not the container's, nor that of a program of exec" {
	own=$(keyring_of env)
	[ "$own" -gt 0 ]
	inside=$(in_bundle -- python3 -c 'import ctypes; print(ctypes.CDLL(None).syscall(250, 0, -3, 0))')
	[ "$inside" -gt 0 ]
	[ "$inside" != "$own" ]
	oci_running c
	[ "$(keyring_of oci exec c)" != "$own" ]
	# As engines ask for it where keys are counted for each user.
	bundle "$T/b" "p['args'] = ['python3', '-c', 'import ctypes; print(ctypes.CDLL(None).syscall(250, 0, -3, 0))']"
	[ "$(oci run --no-new-keyring --bundle "$T/b" c2)" = "$own" ]
}

@test "CR09 a root's passwd that is a link out, a FIFO, a device or without end is not read, and does not hang exec --user NAME" {
	oci_running c
	etc=$T/c/rootfs/etc
	for what in "ln -s $up/etc/passwd" 'mkfifo' 'ln -s /dev/zero' "truncate -s 1G"; do
		rm -f "$etc/passwd"
		# shellcheck disable=SC2086 # words
		$what "$etc/passwd"
		run timeout -s KILL 30 "${oci[@]}" exec --user u c true
		[ "$status" -ne 0 ]
		[ "$status" -ne 137 ]
	done
}

# ---- 2.4 the kernel's interfaces ----

@test "KI01 KI02 what the default spec gives cannot be used against the machine" {
	mkdir -p "$T/d"
	(cd "$T/d" && oci spec)
	bundle "$T/d"
	(cd "$T/d" && rm config.json && oci spec)
	python3 - "$T/d/config.json" "$PROBES" <<-'END'
		import json, sys
		c = json.load(open(sys.argv[1]))
		c["process"]["terminal"] = False
		c["linux"].pop("cgroupsPath", None)
		for destination, source in ("/usr", "/usr"), ("/probe", sys.argv[2]):
		    c["mounts"].append({"destination": destination, "source": source, "type": "bind", "options": ["rbind", "ro"]})
		c["process"]["args"] = ["/probe/probe-calls", "open", "w", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger",
		    "/proc/sys/kernel/modprobe", "/sys/kernel/uevent_helper", "/proc/sys/vm/panic_on_oom", "/proc/irq/0/smp_affinity",
		    "/proc/sys/fs/binfmt_misc/register", "/sys/fs/cgroup/cgroup.procs", "/proc/bus/pci/devices"]
		json.dump(c, open(sys.argv[1], "w"))
	END
	run oci run --bundle "$T/d" d
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -ge 9 ]
	[[ $output != *OK* ]]
}

@test "KI07 a cgroup path cannot lead out of the hierarchy, and an id cannot lead out of the runtime's root" {
	for path in "../..$T/canary/x" "/../../..$T/canary/x" "/isle/../../..$T/canary/x"; do
		run in_bundle "l['cgroupsPath'] = '$path'" -- true
		canary_untouched
		[ -z "$(find "$T/canary" -mindepth 1 -type d)" ]
	done
	for id in . .. ../x x/y '' 'a b' $'a\nb' "$(printf 'x%.0s' {1..1100})"; do
		for verb in state start kill delete 'delete --force'; do
			# shellcheck disable=SC2086 # words
			run oci $verb "$id"
			[ "$status" -ne 0 ]
		done
		refused oci create --bundle "$T/b" "$id"
	done
	[ -d "$OCI_ROOT" ]
}

@test "KI08 sysctls of the machine, or behind tricks of writing, are refused" {
	core=$(cat /proc/sys/kernel/core_pattern)
	for name in kernel.core_pattern kernel/core_pattern net/../kernel/core_pattern net.ipv4...kernel.core_pattern vm.overcommit_memory \
		kernel.hostname.x fs.mqueue/../../kernel/core_pattern ''; do
		refused in_bundle "l['sysctl'] = {'$name': '0'}" -- true
	done
	# A namespace that is not the container's own is the machine's.
	refused in_bundle "l['sysctl'] = {'net.ipv4.ip_forward': '1'}" "l['namespaces'] = [n for n in l['namespaces'] if n['type'] != 'network']" -- true
	refused in_bundle "l['sysctl'] = {'kernel.shmmni': '1'}" "l['namespaces'] = [n for n in l['namespaces'] if n['type'] != 'ipc']" -- true
	[ "$core" = "$(cat /proc/sys/kernel/core_pattern)" ]
}

@test "KI09 a device that is not allowed cannot be opened, even by who may make it" {
	run in_bundle "caps.append('CAP_MKNOD')" "mount_at('/dev')['options'] = ['nosuid', 'mode=755']" -- \
		sh -c 'mknod /dev/disk b 7 0 && mknod /dev/kmsg2 c 1 11 && (exec 9</dev/disk) ; (exec 9</dev/kmsg2); (exec 9</dev/zero) && echo zero'
	[ "$(grep -ci 'not permitted\|denied\|Operation' <<<"$output")" -eq 2 ]
	[[ $output == *zero* ]]
}

@test "KI13 a profile that the kernel cannot apply is refused, not left out" {
	[ ! -e /sys/module/apparmor/parameters/enabled ] || skip "this kernel has AppArmor"
	refused in_bundle "p['apparmorProfile'] = 'x'" -- true
	refused in_bundle "p['selinuxLabel'] = 'system_u:system_r:container_t:s0'" -- true
	oci_running c
	run oci exec --apparmor x c true
	[ "$status" -ne 0 ]
}

@test "KI15 a list of processors that is too long is refused at once" {
	for list in 0-4294967295 0-9999999999 0-18446744073709551615; do
		refused timeout -s KILL 30 "${oci[@]}" run --bundle "$(bundle "$T/b" "l['resources']['cpu'] = {'cpus': '$list'}" && echo "$T/b")" c
		[ "$status" -ne 137 ]
	done
}

# ---- 2.5 seccomp ----

@test "SC06 a profile that cannot be understood or loaded refuses the start" {
	for profile in '{}' "{'defaultAction': 'SCMP_ACT_NONE'}" "{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': ['SCMP_ARCH_NONE']}" \
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': [], 'action': 'SCMP_ACT_ERRNO'}]}" \
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['mkdir'], 'action': 'SCMP_ACT_ERRNO', 'args': [{'index': 9, 'value': 0, 'op': 'SCMP_CMP_EQ'}]}]}"; do
		refused in_bundle "l['seccomp'] = $profile" -- true
	done
}

@test "SC07 a profile that denies what a runtime itself calls: the program starts, or there is a sentence" {
	for name in close capset setgroups setuid personality chdir prctl fstat close_range; do
		in_bundle "l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['$name'], 'action': 'SCMP_ACT_ERRNO'}]}" -- \
			true 2>"$T/said" || [ -s "$T/said" ]
	done
}
