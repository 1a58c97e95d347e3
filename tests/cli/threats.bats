#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What an attacker inside a container, or who made its root or its volumes, tries: each test is one mechanism, by the front
# door, with the outcome that must come of it.  The letters and numbers before a name tell the family of the mechanism.
#
# A root made by an attacker is a directory of links into /usr, which is shared read-only (evil_root); what shell cannot do is
# done by the static programs of tests/probe.  Nothing is ever written to a file of the machine's: what must stay untouched
# is a canary of the test's own.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # stderr is set by run; $x is meant for the inner shell; each test has its own

load ../lib/isle

setup_file() {
	isle_setup_file
	PROBES=$BUILD/tests/probe
	export PROBES
}
setup() {
	T=$BATS_TEST_TMPDIR
	chmod 755 "$T"
	evil=$T/root
	evil_root "$evil"
	mkdir -m 777 "$T/canary" "$T/volume"
	echo untouched >"$T/canary/file"
	before=$(canary_state)
	shared=(-v "/usr:/usr:ro,noidmap" -v "$PROBES:/probe:ro,noidmap")
}
teardown() {
	isle_teardown
}
teardown_file() { isle_teardown_file; }

# A root as an image has it, in directory $1: to be spoilt by the test.
evil_root() {
	local dir

	mkdir -p "$1"/{usr,etc,proc,sys,dev,tmp,probe,root}
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "$1/$dir"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nu:x:1000:1000::/home/u:/bin/sh\n' >"$1/etc/passwd"
	printf 'root:x:0:\nu:x:1000:\nextra:x:2000:u\nother:x:2001:\n' >"$1/etc/group"
}

# Everything about the canary: names, owners, modes, contents.
canary_state() {
	(cd "$T/canary" && find . -printf '%p %M %U:%G %s\n' | sort && cat file)
}
canary_untouched() {
	[ "$(canary_state)" = "$before" ]
}

# Runs a command in a container of the evil root.
in_evil() { # [OPTION]... -- COMMAND...
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	isle run --rm "${shared[@]}" "${options[@]}" "$evil" "${@:2}"
}

# isle refuses with one sentence and status 125.
refused() {
	run --separate-stderr "$@"
	[ "$status" -eq 125 ]
	[[ $stderr == "isle: "* && $stderr != *$'\n'* ]]
}

# Both kinds of containers: with ids of their own, and with the machine's.
each_userns() {
	"$@" --userns private
	"$@" --userns host
}

# ---- 2.1 roots, mounts, paths ----

@test "MNT01 /proc or /sys of the root is a link or a file: refused" {
	for what in proc sys; do
		rmdir "$evil/$what"
		ln -s "$T/canary" "$evil/$what"
		refused in_evil -- true
		ln -sfn tmp "$evil/$what"
		refused in_evil -- true
		rm "$evil/$what"
		touch "$evil/$what"
		refused in_evil -- true
		rm "$evil/$what"
		mkdir "$evil/$what"
	done
	canary_untouched
}

@test "MNT02 /dev of the root is a link: refused, and nothing is made where it leads" {
	rmdir "$evil/dev"
	ln -s "../../../../../../../../$T/canary" "$evil/dev"
	refused in_evil -- true
	refused in_evil --userns host -- true
	refused in_evil --userns host --rw -- true
	canary_untouched
}

@test "MNT03 a mount point on a shared volume is swapped for a link meanwhile" {
	mkdir -p "$T/volume/x"
	ln -s "../../../../../../..$T/canary" "$T/volume/y"
	: >"$T/file"
	swap_for_ever "$T/volume/x" "$T/volume/y" &
	local swapper=$!
	for ((i = 0; i < 20; i++)); do
		in_evil --userns host -v "$T/volume:/v" --tmpfs "/v/x/z$i" -v "$T/file:/v/x/f$i" -- true 2>/dev/null || true
	done
	kill "$swapper"
	wait "$swapper" || true
	canary_untouched
}

@test "MNT04 MNT08 a mount point behind a link that leads up and out: made inside or refused, never outside" {
	local up=../../../../../../../../..

	link_up() {
		ln -sfn "$1" "$evil/data"
		in_evil "${@:2}" -v "$T/volume:/data/dir" -v "$T/root/etc/passwd:/data/file" -- true 2>/dev/null || true
		in_evil "${@:2}" --tmpfs /data/tmp -w /data/cwd -- true 2>/dev/null || true
		canary_untouched
	}
	each_userns link_up "$T/canary"
	each_userns link_up "$up$T/canary"
	each_userns link_up "/..$T/canary"
	each_userns link_up "/proc/1/root$T/canary"
	# What a link names is found inside.
	mkdir "$evil/inside"
	ln -sfn ../../../inside "$evil/data"
	touch "$T/volume/here"
	in_evil -v "$T/volume:/data" -- test -e /inside/here
	ln -sfn /inside "$evil/data"
	in_evil -v "$T/volume:/data/deep/er" -- test -e /inside/deep/er/here
}

@test "MNT05 masks are of the kernel's null device, whatever the root or a volume has at /dev/null" {
	mkdir "$T/dev"
	ln -s "$T/canary/file" "$T/dev/null"
	ln -s "$T/canary/file" "$evil/dev/null"
	in_evil -- sh -c '[ "$(stat -c %t:%T /proc/timer_list)" = 1:3 ] && [ ! -s /proc/timer_list ]'
	run in_evil -v "$T/dev:/dev" -- sh -c 'cat /proc/timer_list'
	[ "$status" -eq 125 ]
	canary_untouched
}

@test "MNT06 TTY02 /dev/console and the terminal are of the container's own devpts" {
	mkdir "$T/pts"
	ln -s /proc/sys/kernel/core_pattern "$T/pts/0"
	run script -qec "isle run --rm -t -v '$T/pts:/dev/pts' host true" /dev/null
	[ "$status" -ne 0 ]
	script -qec "isle run --rm -t host sh -c 'stat -c %t:%T /dev/console; tty; stat -c %d /dev/pts /dev/pts/0; stat -L -c %d /dev/ptmx'" \
		/dev/null | tr -d '\r' >"$T/out"
	[ "$(sed -n 1,2p "$T/out")" = $'88:0\n/dev/pts/0' ]
	[ "$(sed -n '3,$p' "$T/out" | sort -u | wc -l)" -eq 1 ]
	[ "$(tail -1 "$T/out")" != "$(stat -c %d /dev/pts)" ]
}

@test "MNT07 nothing is mounted into /proc, by name or behind a link" {
	refused in_evil -v "$T/canary/file:/proc/self/attr/current" -- true
	refused in_evil -v "$T/volume:/proc/sys" -- true
	refused in_evil --tmpfs /proc/1 -- true
	refused in_evil -v "$T/volume:/proc" -- true
	refused in_evil -v "$T/volume:/usr/../proc/sys" -- true
	ln -s ../proc/sys "$evil/data"
	refused in_evil -v "$T/volume:/data" -- true
	refused in_evil -v "$T/volume:/data/net" -- true
	# isle's own files for /etc must not take the place of the kernel's either.
	ln -s ../proc/sys/net/ipv4/ip_forward "$evil/etc/hosts"
	[ "$(in_evil --sysctl net.ipv4.ip_forward=1 -- sh -c 'stat -f -c %T /proc/sys/net/ipv4/ip_forward; cat /etc/hosts')" = $'proc\n1' ]
}

@test "MNT09 the machine's root by another name is guarded all the same, and never written to" {
	mkdir "$T/bound"
	refused isle run --rm --rw / true
	refused isle run --rm --rw /proc/self/root true
	refused isle run --rm --rw "$T/../../../../../../../.." true
	run isle run --rm / sh -c "cat /etc/shadow; touch '$T/canary/x' '$T/made'; echo done"
	[[ $output == *"Permission denied"*done ]]
	[ ! -e "$T/made" ]
	canary_untouched
}

@test "MNT10 no way back to the machine's root: no mounts, no namespaces, no second chroot" {
	run isle run --rm host unshare -mrpf --mount-proc true
	[ "$status" -ne 0 ]
	run isle run --rm host mount -t proc proc /mnt
	[ "$status" -ne 0 ]
	[ "$(isle run --rm "${shared[@]}" "$evil" ls -a /..)" = "$(isle run --rm "${shared[@]}" "$evil" ls -a /)" ]
	run in_evil -- perl -e 'mkdir "/tmp/x"; chroot "/tmp/x"; chdir ".." for 1..64; chroot "."; exit(-e $ARGV[0])' "$T/canary"
	[ "$status" -eq 0 ]
}

@test "MNT10 in a chroot there is a way back to what is around it: no container is made there, but from the seed" {
	# In a mount namespace of our own: the whole machine once more, below a directory that is then a mount.
	mkdir "$T/jail"
	in_jail() {
		unshare --mount --propagation private sh -c 'mount --rbind / "$0" && exec chroot "$0" "$@"' "$T/jail" \
			isle run --rm --userns host host perl -e 'mkdir "/tmp/x"; my @in = stat "/";
				chroot "/tmp/x"; chdir ".." for 1..64; chroot "."; my @out = stat "/"; print "out\n" if $in[0] != $out[0]'
	}
	ISLE_WITHOUT=seed run in_jail
	[ "$status" -eq 125 ]
	[[ $output == "isle: run: enter: "*chroot*pivot_root* ]]
	run in_jail
	rmdir "$T/jail"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "MNT11 no mount inside is shared with the machine" {
	mkdir "$T/shared"
	mount -t tmpfs tmpfs "$T/shared"
	mount --make-shared "$T/shared"
	run isle run --rm -v "$T/shared:/s" host sh -c 'grep -c -e shared: -e master: /proc/self/mountinfo'
	umount "$T/shared"
	[ "$output" = 0 ]
}

@test "MNT12 a read-only volume is so all the way down, and keeps what its source forbids" {
	mkdir "$T/volume/below" "$T/volume/strict"
	mount -t tmpfs tmpfs "$T/volume/below"
	mount -t tmpfs -o nosuid,nodev,noexec tmpfs "$T/volume/strict"
	run isle run --rm -v "$T/volume:/v:ro" host sh -c 'touch /v/x; touch /v/below/x; touch /v/strict/x; ls /v /v/below /v/strict'
	local strict
	strict=$(isle run --rm -v "$T/volume:/v" --privileged host sh -c \
		'grep " /v/strict " /proc/self/mountinfo; mount -o remount,bind,suid,dev,exec /v/strict 2>/dev/null; grep " /v/strict " /proc/self/mountinfo')
	umount "$T/volume/below" "$T/volume/strict"
	[ "$(grep -c 'Read-only file system' <<<"$output")" -eq 3 ]
	[ "$(grep -c nosuid,nodev,noexec <<<"$strict")" -ge 1 ]
}

@test "MNT15 FD01 a working directory outside the root, by a link or a descriptor" {
	work() {
		ln -sfn "$T/canary" "$evil/out"
		in_evil "$@" -w /out/made -- true 2>/dev/null || true
		for ((fd = 3; fd < 20; fd++)); do
			run in_evil "$@" -w "/proc/self/fd/$fd" -- sh -c "[ ! -e ./etc/shadow ] && [ ! -e '$T/canary/file' ] && cat ../../../../../..$T/canary/file"
			[[ $output != *untouched* ]]
		done
		canary_untouched
	}
	each_userns work
	in_evil -w /new/directory -- sh -c '[ "$(pwd)" = /new/directory ]'
	[ ! -e "$evil/new" ]
}

@test "MNT16 the files that isle writes into /etc follow no link of the root's out" {
	for file in hostname hosts resolv.conf; do
		ln -sf "../../../../../../../..$T/canary/file" "$evil/etc/$file"
	done
	in_evil -- true
	in_evil --userns host -- true
	in_evil --userns host --rw -- true
	ln -sf "/..$T/canary/new" "$evil/etc/hosts"
	in_evil --userns host -- true
	canary_untouched
}

@test "MNT22 separators of mount options in paths are letters like others" {
	for name in 'a:b' 'a,upperdir=x' 'a\b' 'a b' $'a\nb'; do
		mv "$evil" "$T/$name"
		run isle run --rm "${shared[@]}" "$T/$name" cat /etc/passwd
		mv "$T/$name" "$evil"
		[[ $status -eq 0 && $output == root:* ]]
	done
	mkdir -m 700 "$T/r,x:y" "$T/d,x:y"
	[ "$("$BATS_FILE_TMPDIR/bin/real/isle" --root "$T/r,x:y" --data "$T/d,x:y" run --rm --layer disk host echo fine)" = fine ]
}

@test "MNT24 a tree deeper than a path can be is removed all the same" {
	isle run --name deep --layer disk -v "$PROBES:/probe:ro,noidmap" -w /tmp host /probe/probe-calls deep 2500
	timeout -s KILL 60 isle rm deep
	[ -z "$(left_behind)" ]
}

@test "MNT26 masks cannot be taken off without mount rights" {
	run isle run --rm host umount /proc/kcore /proc/timer_list /proc/sys
	[ "$status" -ne 0 ]
	# With them, what is below counts as the machine's.  Opened only, for it is the machine's.
	run isle run --rm --cap-add SYS_ADMIN -v "$PROBES:/probe:ro,noidmap" host sh -c 'umount /proc/sys
		/probe/probe-calls open w /proc/sys/kernel/core_pattern /proc/sysrq-trigger'
	[[ $output != *OK* && $output == *core_pattern\ E* ]]
}

# ---- 2.2 descriptors, the program file, joining ----

@test "FD02 no descriptor of the caller's gets in" {
	fds() {
		[ "$(isle run --rm "$@" host sh -c 'ls /proc/$$/fd' 7</ 9<"$T/canary" 20<>"$T/canary/file" | paste -sd' ')" = "0 1 2" ]
		isle run -d --name c "$@" host sleep 100 7</ 9<"$T/canary" >/dev/null
		[ "$(isle exec c sh -c 'ls /proc/$$/fd' 7</ 9<"$T/canary" | paste -sd' ')" = "0 1 2" ]
		[ "$(find "/proc/$(pid_of c)/fd" -mindepth 1 -printf '%f\n' | sort | paste -sd' ')" = "0 1 2" ]
		isle rm -f c
	}
	each_userns fds
	fds --init
}

@test "FD02 a directory or a device as standard input is not handed in" {
	local walk="cat /proc/self/fd/0/canary/file; ls /proc/self/fd/0/; cd /proc/self/fd/0 && cat ../../../../../../../..$T/canary/file"

	touch "$T/listed"
	run isle run --rm -i host sh -c "$walk" <"$T"
	[[ $output != *untouched* && $output != *listed* ]]
	run isle run --rm host sh -c "$walk" <"$T" 9<"$T"
	[[ $output != *untouched* && $output != *listed* ]]
	isle run -d --name c host sleep 100 >/dev/null
	run isle exec -i c sh -c "$walk" <"$T"
	[[ $output != *untouched* && $output != *listed* ]]
	# The machine's /dev/null could be changed through it.
	for how in 'run --rm host' 'run --rm --userns host host' 'exec c'; do
		# shellcheck disable=SC2086 # words
		isle $how sh -c '[ "$(stat -L -c %d /proc/self/fd/0)" = "$(stat -c %d /dev/null)" ]'
	done
}

@test "FD04 a planted link or FIFO as --pidfile and --cidfile" {
	ln -s canary/file "$T/link"
	mkfifo "$T/fifo"
	refused isle run --rm --pidfile "$T/link" host true
	refused timeout -s KILL 30 isle run --rm --pidfile "$T/fifo" host true
	refused isle run --rm --cidfile "$T/link" host true
	refused isle run --rm --cidfile "$T/fifo" host true
	# A start that fails takes away what it made, and nothing else.
	mknod "$T/null" c 1 3
	run isle run --rm --pidfile "$T/null" --cidfile "$T/new" host /no/such/program
	[ "$status" -eq 127 ]
	[ -c "$T/null" ]
	[ ! -e "$T/new" ]
	[ -L "$T/link" ]
	[ -p "$T/fifo" ]
	canary_untouched
}

@test "FD05 a link to /proc/self/exe as a program does not give away isle's own file" {
	ln -s /proc/self/exe "$evil/root/link"
	printf '#!/proc/self/exe\n' >"$evil/root/script"
	chmod 755 "$evil/root/script"
	exposed() {
		for program in /root/link /root/script; do
			run in_evil "$@" -- "$program" --version
			[[ $output != *"isle "[0-9]* ]]
		done
		isle run -d --name c "${shared[@]}" "$@" "$evil" sleep 100 >/dev/null
		# exec runs from a view of the file that can only be read: held open until no isle runs, it can't be written to.
		isle exec -d c /root/link unshare --fork sleep 60
		# shellcheck disable=SC2016 # for the shell inside
		isle exec c sh -c 'sleep 0.3
			for p in /proc/[0-9]*; do
				grep -qx link "$p/comm" || continue
				(exec 3<"$p/exe"; kill -KILL "${p#/proc/}"; sleep 1; echo owned >>/proc/self/fd/3) >/root/out 2>&1 &
			done; true'
		sleep 1.5
		[ ! -s "$evil/root/out" ] || ! grep -v -e Read-only "$evil/root/out"
		isle rm -f c
	}
	sum=$(sha256sum <"$BATS_FILE_TMPDIR/bin/real/isle")
	exposed --userns host
	exposed --userns host --cap-add ALL
	exposed --userns host --init
	# With ids of its own the program may run, but nobody inside can write to it.
	run in_evil -- sh -c '/root/link --version; exec 9>>/proc/self/exe'
	[ "$sum" = "$(sha256sum <"$BATS_FILE_TMPDIR/bin/real/isle")" ]
}

@test "FD05 a plain user's isle is not given away to his container" {
	local user
	user=$(plain_user one)
	cp "$BATS_FILE_TMPDIR/bin/real/isle" "$T/isle"
	mkdir -p "$T/home/run" "$T/home/data" "$T/evil/"{root,proc,sys,dev}
	ln -s /proc/self/exe "$T/evil/root/link"
	cp "$PROBES/probe-calls" "$T/evil/root/probe"
	chown -R "$user" "$T/isle" "$T/home" "$T/evil"
	chmod 700 "$T/home/run" "$T/home/data"
	in_own() {
		setpriv --reuid "$user" --regid "$user" --init-groups --reset-env "$T/isle" --root "$T/home/run" --data "$T/home/data" \
			run --rm "$T/evil" "$@"
	}
	in_own /root/probe threads
	run in_own /root/link --version
	[[ $output != *"isle "[0-9]* ]]
}

@test "FD06 who comes in by exec or --pid container: gives nothing away to who lies in wait" {
	caught() {
		isle run -d --name c "${shared[@]}" "$@" "$evil" /probe/probe-watch "$T/canary/file" >/dev/null
		wait_for eval '[ -n "$(isle logs c)" ]'
		for ((i = 0; i < 8; i++)); do
			isle exec c true
			isle run --rm --pid container:c --net container:c "${shared[@]}" "$evil" true
		done
		isle stop c >/dev/null
		isle logs c >"$T/caught"
		isle rm c
		[ "$(sed -n 's/^seen //p' "$T/caught")" -ge 8 ]
		[ "$(grep -cxE 'root|fd|isle' "$T/caught")" -eq 0 ]
	}
	caught
	caught --cap-add SYS_PTRACE
	# Without the bound of processes the user namespace has another maker.
	caught --cap-add SYS_PTRACE --pids-limit -1
}

@test "FD06 a container with the machine's ids and SYS_PTRACE reaches nothing outside through an exec" {
	isle run -d --name c --userns host --cap-add SYS_PTRACE "${shared[@]}" "$evil" /probe/probe-watch "$T/canary/file" >/dev/null
	wait_for eval '[ -n "$(isle logs c)" ]'
	for ((i = 0; i < 12; i++)); do
		isle exec c true
	done
	isle stop c >/dev/null
	isle logs c >"$T/caught"
	[ "$(sed -n 's/^seen //p' "$T/caught")" -ge 4 ]
	[ "$(grep -cxE 'root|fd' "$T/caught")" -eq 0 ]
}

@test "FD07 isle refuses to run with the rights of its file" {
	local user
	user=$(plain_user one)
	cp "$BATS_FILE_TMPDIR/bin/real/isle" "$T/suid"
	chmod 4755 "$T/suid"
	refused setpriv --reuid "$user" --regid "$user" --clear-groups "$T/suid" --root "$T/no" --data "$T/no" ps
	[[ $stderr == *set-uid* ]]
	[ -z "$(find "$BATS_FILE_TMPDIR/bin/real/isle" -perm /6000)" ]
}

@test "FD08 isle has no abstract sockets, and its own cannot be reached from outside its directory" {
	isle run -d -i --name c host cat >/dev/null
	run isle run --rm --net host host grep '@.*isle' /proc/net/unix
	[ "$status" -eq 1 ]
	"$BATS_FILE_TMPDIR/bin/real/isle" --root "$T/made/run" --data "$T/made/data" ps >/dev/null
	[ "$(stat -c %a "$T/made/run" "$T/made/data" | sort -u)" = 700 ]
}

# ---- 2.3 who one is ----

@test "CR01 CR02 no inheritable or ambient capabilities, and none at all for who is not root" {
	caps() { # NAMES OPTION...
		isle run --rm "${@:2}" host sed -nE "s/^Cap($1):\t//p" /proc/self/status | sort -u
	}
	none=0000000000000000
	[ "$(caps 'Inh|Amb')" = "$none" ]
	[ "$(caps 'Inh|Amb' --cap-add ALL)" = "$none" ]
	[ "$(caps 'Inh|Prm|Eff|Amb' -u 1000)" = "$none" ]
	[ "$(caps 'Inh|Prm|Eff|Amb' -u 1000 --privileged)" = "$none" ]
	[ "$(caps 'Inh|Prm|Eff|Amb' -u 1000 --cap-add ALL --userns host)" = "$none" ]
	# CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP
	[ "$(caps 'Prm|Eff|Bnd')" = 00000000800405fb ]
	[ "$(caps 'Prm|Eff|Bnd' --cap-drop ALL)" = "$none" ]
	isle run -d --name c --privileged host sleep 100 >/dev/null
	[ "$(isle exec -u 1000 c sed -nE 's/^Cap(Inh|Prm|Eff|Amb):\t//p' /proc/self/status | sort -u)" = "$none" ]
	[ "$(isle exec c sed -nE 's/^Cap(Inh|Amb):\t//p' /proc/self/status | sort -u)" = "$none" ]
}

@test "CR03 exactly the groups of the user, in run and in exec" {
	groups_are() {
		[ "$(in_evil "$@" -u u -- id -G)" = "1000 2000" ]
		[ "$(in_evil "$@" -u 1000 -- id -G)" = "1000 2000" ]
		[ "$(in_evil "$@" -u u:other -- id -G)" = "2001" ]
		[ "$(in_evil "$@" -u 4242 -- id -G)" = "0" ]
		isle run -d --name c "${shared[@]}" "$@" "$evil" sleep 100 >/dev/null
		[ "$(isle exec -u u c id -G)" = "1000 2000" ]
		[ "$(isle exec c id -G)" = 0 ]
		isle rm -f c
	}
	# Those of the caller are no part of it.
	each_userns setpriv --groups 0,4,42,2001 bash -c "$(declare -f groups_are in_evil)
		$(declare -p shared evil); groups_are \"\$@\"" groups_are
	# A group is kept out by the file's mode.
	install -m 0707 -o 0 -g 0 /dev/null "$T/volume/keep-out"
	chgrp 2000 "$T/volume/keep-out"
	run in_evil --userns host -v "$T/volume:/v" -u u -- cat /v/keep-out
	[ "$status" -ne 0 ]
}

@test "CR04 ids: decimal and in range, or refused; never taken for root" {
	for id in -1 +0 ' 0' 4294967295 4294967296 18446744073709551616 99999999999999999999 0:-1 0:4294967296; do
		refused isle run --rm -u "$id" host id
	done
	for name in 1e3 0x0 nobody-at-all 10u; do
		refused isle run --rm -u "$name" host id
	done
	# What consists of digits is never a name; a line of the file gives no id out of range.
	printf '4242:x:0:0::/:/bin/sh\nbig:x:4294967296:0::/:/bin/sh\nneg:x:-1:0::/:/bin/sh\nhex:x:0x0:0::/:/bin/sh\n' >>"$evil/etc/passwd"
	[ "$(in_evil -u 4242 -- id -u)" = 4242 ]
	for name in big neg hex; do
		refused in_evil -u "$name" -- id
	done
	isle run -d --name c "${shared[@]}" "$evil" sleep 100 >/dev/null
	for id in -1 4294967295 4294967296 big neg; do
		refused isle exec -u "$id" c id
	done
}

@test "CR05 the user stays the same over stop and start" {
	logged() { [ "$(isle logs c | wc -l)" -ge "$1" ]; }
	isle run -d --name c -u u "${shared[@]}" "$evil" sh -c 'id -u; id -G; exec sleep 100' >/dev/null
	wait_for logged 2
	isle stop -t 0 c >/dev/null
	isle start c >/dev/null
	wait_for logged 4
	isle stop -t 0 c >/dev/null
	[ "$(isle logs c | sort | uniq -c | sort -n | awk '{ print $1 }' | sort -u)" = 2 ]
}

@test "CR06 SC06 no_new_privs and the filter are there in exec, and after a restart" {
	kept() {
		isle exec "$@" c sh -c 'sed -nE "s/^(NoNewPrivs|Seccomp):\t//p" /proc/self/status' | paste -sd' '
	}
	isle run -d --name c host sleep 100 >/dev/null
	[ "$(kept)" = "1 2" ]
	[ "$(kept -u 1000)" = "1 2" ]
	isle restart -t 0 c >/dev/null
	[ "$(kept)" = "1 2" ]
	[ "$(sed -nE 's/^(NoNewPrivs|Seccomp):\t//p' "/proc/$(pid_of c)/status" | paste -sd' ')" = "1 2" ]
}

@test "CR07 a session keyring of its own, which it cannot even ask for" {
	[ -z "$(isle run --rm host cat /proc/keys /proc/key-users)" ]
	run isle run --rm --security-opt seccomp=unconfined --security-opt unmask=ALL host cat /proc/keys
	[[ $output != *_ses* || $output != *" $(awk '/_ses/ { print $1; exit }' /proc/keys) "* ]]
}

@test "CR08 line breaks and control characters in the home directory of a user" {
	printf 'h:x:5:5::/home/\033]0;x\007:/bin/sh\nr:x:6:6::relative:/bin/sh\n' >>"$evil/etc/passwd"
	[ "$(in_evil -u h -- sh -c 'echo "$HOME"')" = / ]
	[ "$(in_evil -u r -- sh -c 'echo "$HOME"')" = / ]
	refused in_evil -u $'u\nroot' -- true
	refused in_evil -h $'a\nb' -- true
}

@test "CR09 /etc/passwd is a link out, a FIFO, a device, or endless: no hang, nothing of the machine" {
	local passwd=$evil/etc/passwd
	hostile() {
		run timeout -s KILL 30 isle run --rm "${shared[@]}" "$@" -u nobody "$evil" id -u
		[ "$status" -eq 125 ]
	}
	rm "$passwd" && ln -s "../../../../../../../..$T/canary/passwd" "$passwd"
	printf 'nobody:x:4711:0::/:/bin/sh\n' >"$T/canary/passwd"
	each_userns hostile
	rm "$passwd" && mkfifo "$passwd"
	each_userns hostile
	rm "$passwd" && ln -s /dev/zero "$passwd"
	each_userns hostile
	rm "$passwd" && truncate -s 1G "$passwd"
	each_userns hostile
	rm "$passwd" && mkdir "$passwd"
	each_userns hostile
	rmdir "$passwd" && ln -s /proc/self/fd/0 "$passwd"
	each_userns hostile
}

@test "CR11 limits: core files, priorities and locked memory are isle's defaults, not the caller's" {
	(
		ulimit -Sc unlimited
		[ "$(isle run --rm host sh -c 'ulimit -Sc')" = 0 ]
	)
	[ "$(isle run --rm host bash -c 'ulimit -e; ulimit -r')" = $'0\n0' ]
	run isle run --rm host nice -n -5 true
	[[ $output == *"ermission denied"* || $status -ne 0 ]]
}

@test "CR12 nobody else on the machine gets at what containers are made of, whatever the umask" {
	local user
	user=$(plain_user one)
	(umask 000 && isle run -d --name c --layer disk host sh -c 'cp /bin/sh /tmp/sh; chmod 4755 /tmp/sh; exec sleep 100' >/dev/null)
	for dir in "$ISLE_ROOT" "$ISLE_DATA"; do
		run setpriv --reuid "$user" --regid "$user" --clear-groups ls "$dir"
		[ "$status" -ne 0 ]
		[ -z "$(find "$dir" -perm /022 ! -type l ! -type s ! -path '*/layer/*' ! -type p)" ]
	done
	chmod 775 "$ISLE_DATA"
	refused isle ps
	chmod 700 "$ISLE_DATA"
}

@test "CR13 helpers are not looked for in PATH" {
	local user
	user=$(plain_user many)
	mkdir "$T/bin"
	printf '#!/bin/sh\ntouch "%s"\n' "$T/volume/ran" | tee "$T/bin/newuidmap" >"$T/bin/newgidmap"
	chmod 755 "$T/bin"/*
	PATH=$T/bin:$PATH as_user "$user" isle run --rm host true
	[ ! -e "$T/volume/ran" ]
}

@test "CR14 nobody inside makes himself dearer to the OOM killer than the rest of the machine" {
	run isle run --rm host sh -c 'echo -1000 >/proc/self/oom_score_adj'
	[ "$status" -ne 0 ]
	[ "$(isle run --rm --oom-score-adj 321 host cat /proc/self/oom_score_adj)" = 321 ]
	isle run -d --name c --oom-score-adj 321 host sleep 100 >/dev/null
	[ "$(isle exec c cat /proc/self/oom_score_adj)" = 321 ]
}

# ---- 2.4 the kernel's files ----

@test "KI01 what acts on the machine cannot be opened for writing" {
	acting=(/proc/sys/kernel/{core_pattern,modprobe,hotplug,panic,sysrq,poweroff_cmd,usermodehelper/bset} /proc/sysrq-trigger
		/proc/sys/vm/{panic_on_oom,drop_caches} /proc/sys/fs/{binfmt_misc/register,suid_dumpable}
		/proc/sys/net/ipv4/ip_forward /proc/irq/0/smp_affinity /proc/irq/default_smp_affinity /proc/mtrr /proc/acpi/wakeup
		/sys/kernel/{uevent_helper,uevent_seqnum,mm/transparent_hugepage/enabled,profiling} /sys/power/state
		/sys/fs/cgroup/{cgroup.procs,release_agent,memory/release_agent} /dev/{mem,kmem,port,kmsg,fuse,sda,vda,tty0})
	all_closed() {
		[ "$(grep -cE ' (EROFS|EACCES|ENOENT|EPERM|ENXIO|EISDIR)$' <<<"$output")" -eq "${#acting[@]}" ]
	}
	acts() {
		run isle run --rm "$@" -v "$PROBES:/probe:ro,noidmap" host /probe/probe-calls open w "${acting[@]}"
		[ "$status" -eq 0 ]
		[ "${#lines[@]}" -eq "${#acting[@]}" ]
		all_closed
	}
	each_userns acts
	# And by way of exec.
	isle run -d --name c --userns host -v "$PROBES:/probe:ro,noidmap" host sleep 100 >/dev/null
	run isle exec c /probe/probe-calls open w "${acting[@]}"
	[ "${#lines[@]}" -eq "${#acting[@]}" ]
	all_closed
}

@test "KI02 what tells about the machine is absent, empty, or the null device" {
	told='/proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/sched_debug /proc/scsi
		/proc/timer_list /proc/timer_stats /sys/devices/virtual/powercap /sys/firmware /sys/fs/selinux /proc/kallsyms /proc/kmsg
		/proc/config.gz /proc/key-users /sys/kernel/debug /sys/kernel/tracing /sys/kernel/security /sys/kernel/notes
		/sys/kernel/vmcoreinfo /sys/module /sys/power /sys/devices/system/cpu/cpu*/thermal_throttle'
	tells() {
		run isle run --rm "$@" host sh -c 'for x in '"${told//$'\n'/ }"'; do
			[ -e "$x" ] || continue
			if [ -d "$x" ]; then [ -z "$(ls -A "$x")" ]; else [ "$(stat -c %t:%T "$x")" = 1:3 ]; fi || echo "$x tells"
		done'
		[ "$status" -eq 0 ]
		[ -z "$output" ]
	}
	each_userns tells
	tells --net host
	tells --pid host
	tells --net host --pid host --ipc host --uts host
}

@test "KI03 KI04 KI05 KI06 control groups: own view, read-only, and no way to mount another" {
	groups() {
		[ "$(isle run --rm "$@" host readlink /proc/self/ns/cgroup)" != "$(readlink /proc/self/ns/cgroup)" ]
		[ -z "$(isle run --rm "$@" host find /sys/fs/cgroup ! -type d -name release_agent)" ]
		run isle run --rm "$@" host sh -c 'echo $$ >/sys/fs/cgroup/cgroup.procs || echo $$ >/sys/fs/cgroup/../cgroup.procs'
		[ "$status" -ne 0 ]
		run isle run --rm "$@" host sh -c 'mkdir /sys/fs/cgroup/new'
		[ "$status" -ne 0 ]
		run isle run --rm "$@" host sh -c 'mkdir /tmp/c && unshare -UrmC mount -t cgroup -o rdma c /tmp/c || mount -t cgroup -o rdma c /tmp/c'
		[ "$status" -ne 0 ]
		[ -z "$(isle run --rm "$@" host grep -v ':/$' /proc/self/cgroup)" ]
	}
	each_userns groups
	# A program that comes later is in the same group.
	isle run -d --name c host sleep 100 >/dev/null
	isle exec -d c sleep 77.5
	wait_for pgrep -f 'sleep 77[.]5'
	diff "/proc/$(pid_of c)/cgroup" "/proc/$(pgrep -f 'sleep 77[.]5')/cgroup"
}

@test "KI08 kernel parameters: of its own namespaces only, and the value is nothing but a value" {
	for bad in kernel.core_pattern=x kernel/core_pattern=x kernel.sysrq=1 vm.overcommit_memory=1 net.ipv4..x=1 net/../kernel/x=1 \
		net.../kernel.core_pattern=x net.ipv4.ip_forward $'net.ipv4.ip_forward=1\nx' kernel.shm=1; do
		refused isle run --rm --sysctl "$bad" host true
	done
	refused isle run --rm --sysctl net.ipv4.ip_forward='1+kernel.core_pattern=x' host true
	refused isle run --rm --net host --sysctl net.ipv4.ip_forward=1 host true
	refused isle run --rm --ipc host --sysctl kernel.shmmax=1 host true
}

@test "KI09 KI10 no device is made or opened, neither with MKNOD nor from the root or a volume" {
	# The number of the null device with other letters: harmless to open, and no default allows its cousin, /dev/kmsg's 1:11.
	mknod "$evil/root/kmsg" c 1 11
	mknod "$T/volume/kmsg" c 1 11
	mknod "$evil/root/loop" b 7 0
	chmod 666 "$evil/root/kmsg" "$T/volume/kmsg" "$evil/root/loop"
	devices() {
		run in_evil "$@" -v "$T/volume:/v" -- sh -c '/probe/probe-calls open r /root/kmsg /v/kmsg /root/loop
			mknod /tmp/kmsg c 1 11 && /probe/probe-calls open r /tmp/kmsg
			mknod /dev/kmsg c 1 11 && /probe/probe-calls open r /dev/kmsg
			mknod /dev/shm/loop b 7 0 && /probe/probe-calls open r /dev/shm/loop'
		[[ $output != *" OK"* && $output != *ENXIO* ]]
		[ "$(grep -cE '^(/root|/v)/.* (EPERM|EACCES)$' <<<"$output")" -eq 3 ]
	}
	each_userns devices
	devices --userns private --cap-add MKNOD
	devices --userns host --cap-add MKNOD
	devices --userns host --cap-add MKNOD --rw
}

@test "KI11 /dev/shm has an end" {
	run isle run --rm host sh -c 'head -c 80000000 /dev/zero >/dev/shm/x; stat -c %s /dev/shm/x'
	[[ $output == *"No space left"*67108864 ]]
}

@test "KI12 /dev has nothing of the machine's" {
	[ "$(isle run --rm host ls /dev | paste -sd' ')" = "core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero" ]
	isle run --rm host sh -c '[ -z "$(find /dev -type b)" ] && ! cat /dev/core'
}

@test "KI13 a confinement that this kernel has not is refused, not left out" {
	if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ]; then
		refused isle run --rm --security-opt apparmor=some-profile host true
	fi
	if [ ! -e /sys/fs/selinux/enforce ]; then
		refused isle run --rm --security-opt label=type:some_t host true
	fi
	refused isle run --rm --security-opt no-such-thing=x host true
}

@test "KI14 messages and addresses of the kernel" {
	run isle run --rm host dmesg
	[ "$status" -ne 0 ]
	[ -z "$(isle run --rm host cat /proc/kallsyms)" ]
	[ -z "$(isle run --rm --userns host host cat /proc/kallsyms)" ]
}

@test "KI15 a list of processors with no end" {
	for list in 0-9999999999 0-4294967295 0-18446744073709551616 -1 1-0 0,,1; do
		refused timeout -s KILL 30 prlimit --as=200000000 isle run --rm --cpuset-cpus "$list" host true
	done
}

# ---- 2.5 system calls ----

# The line of call $1 in $output.
answer() {
	sed -n "s/^$1 //p" <<<"$output"
}

@test "SC01 SC04 SC05 SC08 SC09 calls that no container needs, also by the doors for 32-bit programs" {
	all_refused() { # but for three
		[ "${#lines[@]}" -ge 45 ]
		[ "$(grep -c ' EPERM$' <<<"$output")" -eq $((${#lines[@]} - 3)) ]
	}
	filtered() {
		run in_evil "$@" -- /probe/probe-calls calls
		[ "$status" -eq 0 ]
		[ "$(answer clone3)" = ENOSYS ]
		[ "$(answer unknown)" = ENOSYS ]
		[ "$(answer i386_getpid)" = OK ]
		all_refused
		in_evil "$@" -- /probe/probe-calls threads
	}
	each_userns filtered
	filtered -u 1000
	isle run -d --name c "${shared[@]}" "$evil" sleep 100 >/dev/null
	run isle exec c /probe/probe-calls calls
	all_refused
}

@test "SC07 a profile that denies what isle itself needs: it starts, or says why not" {
	for call in close capset setgroups setresuid execve prctl; do
		printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["%s"],"action":"SCMP_ACT_ERRNO"}]}' "$call" >"$T/profile"
		run timeout -s KILL 30 isle run --rm --security-opt "seccomp=$T/profile" host /bin/echo fine
		[[ $output == *fine* || $output == *isle:* || $output == *": error while loading"* ]]
		[ "$status" -lt 128 ]
	done
}

@test "SC06 SC13 a profile that is absent, empty or broken is refused" {
	: >"$T/empty"
	echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["no_such_call"],"action":"SCMP_ACT_ERRNO"}]}' >"$T/unknown"
	echo '{"defaultAction":"SCMP_ACT_NONE"}' >"$T/action"
	mkfifo "$T/fifo"
	for profile in absent empty unknown action fifo .; do
		refused timeout -s KILL 30 isle run --rm --security-opt "seccomp=$T/$profile" host true
	done
}

@test "SC09 the file system's root by a handle" {
	run in_evil -- /probe/probe-calls handle /etc/passwd
	[ "$output" = "open_by_handle_at EPERM" ]
	run in_evil --userns host -- /probe/probe-calls handle /etc/passwd
	[ "$output" = "open_by_handle_at EPERM" ]
	# Even with the right to search: it counts in the container's own user namespace only.
	run in_evil --cap-add DAC_READ_SEARCH -v "$T/volume:/v" -- /probe/probe-calls handle /v
	[ "$output" = "open_by_handle_at EPERM" ]
}

@test "SC10 NET03 address families: the usual ones, and no raw packets" {
	run in_evil -- /probe/probe-calls sockets
	for family in unix inet netlink; do
		[ "$(answer "$family")" = OK ]
	done
	[ "$(answer packet)" = EPERM ]
	[[ $(answer inet_raw) == EP* ]]
	for family in key rds can tipc bluetooth rxrpc alg nfc vsock smc xdp alg_high; do
		[ "$(answer "$family")" = EPERM ]
	done
}

# ---- 2.6 terminal, IPC, resources ----

@test "TTY01 SC11 nothing is typed into the caller's terminal, with or without one of its own" {
	types() { # OPTIONS of isle run
		run script -qec "isle run --rm $1 -v '$PROBES:/probe:ro,noidmap' host /probe/probe-tty" /dev/null </dev/null
		[[ $output == *"/dev/tty0 open"* ]]
		[[ $output != *TAKEN* ]]
	}
	types ''
	types '-i'
	types '-t'
	types '-it'
	types '-i --userns host'
	types '-it --userns host --cap-add SYS_ADMIN'
	# Without the filter too, for it is another terminal: what it takes is its own.
	run script -qec "isle run --rm -i --privileged -v '$PROBES:/probe:ro,noidmap' host sh -c '/probe/probe-tty | grep -e fd -e /dev/tty\ '" /dev/null </dev/null
	[[ $output != *TAKEN* ]]
	# exec
	isle run -d --name c -v "$PROBES:/probe:ro,noidmap" host sleep 100 >/dev/null
	run script -qec "isle exec -i c /probe/probe-tty" /dev/null </dev/null
	[[ $output == *"/dev/tty0 open"* && $output != *TAKEN* ]]
	run script -qec "isle exec -it c /probe/probe-tty" /dev/null </dev/null
	[[ $output == *"/dev/tty0 open"* && $output != *TAKEN* ]]
}

@test "TTY01 without -t there is no terminal at all, not even as the controlling one" {
	run script -qec "isle run --rm -i host sh -c 'test -t 0 || test -t 1 || test -t 2 || cat </dev/tty; ps -o tty= -p 1'" /dev/null
	[[ $output == *"No such device or address"* ]]
}

@test "TTY02 exec -t is not deceived by a false ptmx" {
	isle run -d --name c --privileged host sleep 100 >/dev/null
	isle exec c sh -c 'mount -t tmpfs tmpfs /dev/pts; mkfifo /dev/pts/ptmx'
	run timeout -s KILL 30 script -qec "isle exec -t c true" /dev/null
	[ "$status" -eq 125 ]
	isle exec c sh -c 'rm /dev/pts/ptmx; touch /dev/pts/ptmx'
	run timeout -s KILL 30 script -qec "isle exec -t c true" /dev/null
	[ "$status" -eq 125 ]
	isle exec c sh -c 'rm /dev/pts/ptmx; ln -s /dev/null /dev/pts/ptmx'
	run timeout -s KILL 30 script -qec "isle exec -t c true" /dev/null
	[ "$status" -eq 125 ]
}

@test "TTY03 control characters of names, labels and commands do not reach the terminal" {
	local nasty=$'\033]0;owned\007\302\233\342\200\256\n\rx'
	isle run -d --name c -l "note=$nasty" -e "V=$nasty" host sh -c "exec sleep 100 # $nasty" >/dev/null
	clean() {
		# C0 but for the line break, DEL, C1 and the signs that turn the direction of text.
		run --separate-stderr "$@"
		! printf %s "$output$stderr" | LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' || false
	}
	clean isle ps -a
	clean isle ps -a --json
	clean isle inspect c
	clean isle top c
	clean isle exec c "$nasty"
	clean isle run "$nasty" true
	clean isle run --rm host "$nasty"
	clean isle rm "$nasty"
	clean isle run --name "$nasty" host true
	clean isle run --rm -u "$nasty" host true
	clean isle run --rm --explain -l "x=$nasty" host "$nasty"
}

@test "IPC01 shared memory, semaphores and queues of the machine are not seen" {
	local id
	id=$(ipcmk -M 4096 | grep -o '[0-9]*$')
	run isle run --rm host ipcs -m
	ipcrm -m "$id"
	[[ $output != *" $id "* ]]
	[ -z "$(isle run --rm host find /dev/shm /dev/mqueue -mindepth 1)" ]
}

@test "RES01 a fork bomb ends at the default bound, and the machine does not notice" {
	run timeout -s KILL 20 isle run --rm host bash -c 'ulimit -Su "$(ulimit -Hu)"; for ((i = 0; i < 2600; i++)); do sleep 5 & done 2>/dev/null
		ls -d /proc/[0-9]* | wc -l'
	made=$(tail -1 <<<"$output")
	[[ $status -ne 0 || $made -le 2100 ]]
	true & wait $!
	# Neither by another user's name, nor by threads.
	isle run -d --name c --pids-limit 50 host sleep 100 >/dev/null
	run isle exec c bash -c 'for ((i = 0; i < 200; i++)); do setpriv --reuid $((1000 + i)) sleep 5 & done 2>/dev/null; sleep 0.5; ls -d /proc/[0-9]* | wc -l'
	[ "$(tail -1 <<<"$output")" -le 55 ] || [ "$status" -ne 0 ]
}

# ---- the guard of 'host' ----

@test "GUARD what only root may read stays unreadable on host, whoever asks and however" {
	local secret=$BATS_FILE_TMPDIR/secret
	install -m 0600 /dev/null "$secret"
	echo the-secret >"$secret"
	install -m 0640 -o 0 -g 0 "$secret" "$secret.group"
	install -m 0640 -o 0 -g 42 "$secret" "$secret.shadow"
	install -d -m 0700 "$secret.dir"
	install -m 0644 "$secret" "$secret.dir/file"
	mkdir -m 755 "$secret.acl"
	read_all='for f in '"$secret $secret.group $secret.shadow $secret.dir/file"'; do
		cat $f; ln $f $f.hard && cat $f.hard; mv $f $f.moved && cat $f.moved; cp $f /tmp/copy && cat /tmp/copy
		chmod 777 $f && cat $f; chown 0:0 $f && cat $f; chown 65534:65534 $f && cat $f; echo >>$f; cat $f
		perl -e '"'"'sysopen(F, $ARGV[0], 010000000); open(G, "/proc/self/fd/".fileno(F)); print <G>'"'"' $f
		setpriv --reuid 65534 --regid 65534 --groups 0,42 cat $f
	done 2>/dev/null; exit 0'
	guarded() {
		run isle run --rm "$@" host sh -c "$read_all"
		[ "$status" -eq 0 ]
		[[ $output != *the-secret* ]]
	}
	each_userns guarded
	guarded --cap-add ALL
	guarded --userns host --cap-add ALL
	guarded --privileged
	guarded -u 65534:42
	guarded --group-add 42
	guarded --read-only
	guarded --security-opt no-new-privileges=false
	# Groups of who calls isle are not those of the container.
	run setpriv --groups 0,42 "$BATS_FILE_TMPDIR/bin/isle" run --rm --userns host host sh -c "$read_all"
	[[ $output != *the-secret* ]]
	isle run -d --name c --userns host host sleep 100 >/dev/null
	run isle exec --privileged c sh -c "$read_all"
	[[ $output != *the-secret* ]]
	# Asked for.
	run isle run --rm --host-private host cat "$secret"
	[ "$output" = the-secret ]
	[ "$(cat "$secret")" = the-secret ]
	[ "$(stat -c %a:%u "$secret")" = 600:0 ]
}

@test "GUARD sockets and FIFOs of the machine are not reached through host" {
	local dir=$BATS_FILE_TMPDIR/ends
	mkdir -m 755 "$dir"
	mkfifo -m 666 "$dir/fifo"
	python3 -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777); s.listen(1); s.settimeout(5)
open(sys.argv[2], "w").close()
try: s.accept(); print("reached")
except Exception: pass' "$dir/socket" "$T/ready" >"$T/heard" 3>&- &
	local server=$!
	wait_for [ -e "$T/ready" ]
	run isle run --rm host python3 -c '
import socket, sys
socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$dir/socket"
	[ "$status" -ne 0 ]
	kill "$server"
	wait "$server" || true
	[ ! -s "$T/heard" ]
	timeout 2 cat "$dir/fifo" >"$T/heard" 3>&- &
	timeout -s KILL 30 isle run --rm host timeout 1 sh -c "echo reached >'$dir/fifo'" || true
	wait $! || true
	[ ! -s "$T/heard" ]
}

@test "GUARD a FIFO as output keeps its owner" {
	mkfifo "$T/out"
	cat "$T/out" >/dev/null 3>&- &
	isle run --rm host echo hi >"$T/out"
	[ "$(stat -c %u:%g "$T/out")" = 0:0 ]
}

# What a program's process runs from until its exec, seen through a /proc/PID/exe that the container may open and keep.
@test "an exec into a container whose root is the machine's runs from memory: CVE-2019-5736" {
	local id first
	id=$(isle run -d --net none --userns host --cap-add SYS_PTRACE host sleep 100)
	first=$(strace -f -e trace=execve,execveat -e quiet=all "$ISLE" --root "$ISLE_ROOT" --data "$ISLE_DATA" exec "$id" true 2>&1 | sed -n 2p)
	[[ $first == *'execveat('*', "", ["isle-spawn"'*'AT_EMPTY_PATH) = 0' ]]
	[ "$(isle exec "$id" sh -c 'exit 7' || echo $?)" = 7 ]
	isle rm -f "$id"
	# Where the container's root is nobody on the machine there is nothing to keep from it.
	id=$(isle run -d --net none host sleep 100)
	run strace -f -e trace=execve,execveat -e quiet=all "$ISLE" --root "$ISLE_ROOT" --data "$ISLE_DATA" exec "$id" true
	[[ $output != *execveat* ]]
	isle rm -f "$id"
}

@test "who joins the processes of others runs from memory, in the background and when it is started again, too" {
	local id other
	id=$(isle run -d --net none --userns host --cap-add SYS_PTRACE host sleep 100)
	other=$(isle run -d --net none --userns host --pid "container:$id" host sleep 100)
	for verb in start restart; do
		isle stop -t 0 "$other"
		strace -o "$BATS_TEST_TMPDIR/trace" -e trace=execveat "$ISLE" --root "$ISLE_ROOT" --data "$ISLE_DATA" "$verb" "$other"
		grep -q "execveat(.*\"$verb\".*AT_EMPTY_PATH) = 0" "$BATS_TEST_TMPDIR/trace"
		[ "$(isle ps -q | wc -l)" = 2 ]
	done
	isle rm -f "$other" "$id"
}
