#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Used wrongly, or with a hostile or broken machine around it: one clear sentence, status 125, nothing made, nothing outside
# touched, and never more than seconds.
# shellcheck disable=SC2154,SC2030,SC2031 # raw is set by faults_use; each test has its own

load ../lib/isle
load ../lib/faults

setup_file() {
	isle_setup_file
	faults_setup_file
	# What no test may change, though many a link and option leads there.
	mkdir -p "$BATS_FILE_TMPDIR/canary/dir"
	echo canary >"$BATS_FILE_TMPDIR/canary/file"
	canary_state >"$BATS_FILE_TMPDIR/canary-before"
}
setup() {
	faults_use
	cd "$BATS_TEST_TMPDIR" || return
	canary=$BATS_FILE_TMPDIR/canary
}
teardown() {
	for place in small fixed; do
		if mountpoint -q "$BATS_TEST_TMPDIR/$place"; then
			umount "$BATS_TEST_TMPDIR/$place"
		fi
	done
	[ "$(canary_state)" = "$(cat "$BATS_FILE_TMPDIR/canary-before")" ]
	isle_teardown
}
teardown_file() { isle_teardown_file; }

canary_state() {
	(cd "$BATS_FILE_TMPDIR/canary" && find . -printf '%p %y %m %U %G %T@ %s\n' | sort && cat file)
}

# What 'run --separate-stderr' does, in a tenth of the time.
attempt() {
	status=0
	output=$("$@" 2>"$BATS_TEST_TMPDIR/stderr" </dev/null) || status=$?
	stderr=$(<"$BATS_TEST_TMPDIR/stderr")
}

# isle with the words after the first is wrong: exit status 125 and one sentence, which matches the pattern $1.  What is
# not so is noted, and 'settled' fails: so a table is always walked to its end.
wrong() {
	local pattern=$1

	shift
	wrong_as 125 "$pattern" "$@"
}

wrong_as() { # STATUS PATTERN WORDS...
	local expected=$1 pattern=$2

	shift 2
	attempt timeout -k 1 30 "${raw[@]}" "$@"
	if ! is_sentence "$expected" "$pattern"; then
		printf 'isle %.200s\n  expected %s %s\n  got %s %.300s %.300s\n' "$*" "$expected" "$pattern" "$status" \
			"$output" "$stderr" >>"$BATS_TEST_TMPDIR/noted"
	fi
}

# The sentence may come after a line of progress (a tarball is being unpacked); nothing but $empty is on stdout.
is_sentence() { # STATUS PATTERN
	local last=${stderr##*$'\n'}

	[ "$status" -eq "$1" ] && [ "$output" = "${empty:-}" ] && [[ $stderr == "$last" || $stderr == *unpacking* ]] &&
		[[ $last =~ ^isle(-init)?:\  && ! $last =~ [[:cntrl:]] ]] && [ ${#last} -le 1200 ] && grep -qiE -- "$2" <<<"$last"
}

# To be called last: nothing was noted, and nothing is left.
settled() {
	if [ -e "$BATS_TEST_TMPDIR/noted" ]; then
		cat "$BATS_TEST_TMPDIR/noted"
		return 1
	fi
	nothing_left "$BATS_TEST_DESCRIPTION"
}

# A directory that can be a root: programs of this machine that need no library.
make_root() {
	mkdir -p "$1"/{bin,etc,proc,sys,dev,tmp,var}
	cp "$BATS_FILE_TMPDIR/bin/real/isle" "$1/bin/true"
	chmod -R a+rX "$1"
}

@test "option values of run: each wrong in its own way" {
	while IFS='~' read -r pattern words; do
		# shellcheck disable=SC2086 # words
		wrong "$pattern" run --rm $words host true
	done <<-'END'
		name~--name ../../x
		name~--name .x
		name~--name -x
		name~--name a/b
		name~--name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
		host ?name~-h a/b
		host ?name~-h aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
		memory~-m -1g
		memory~-m 1x
		memory~-m 99999999999999999999g
		memory~-m 1
		memory~-m nan
		memory~-m 0x100000
		memory-swap~-m 100m --memory-swap 50m
		cpus~--cpus 0
		cpus~--cpus -1
		cpus~--cpus many
		cpus~--cpus 1e99
		cpus~--cpus 1 --cpu-quota 5000
		cpu-shares~--cpu-shares -5
		cpuset-cpus~--cpuset-cpus 3-1
		cpuset-cpus~--cpuset-cpus 0-99999999999
		cpuset-cpus~--cpuset-cpus a
		cpuset-cpus~--cpuset-cpus 9999
		pids-limit~--pids-limit -2
		pids-limit~--pids-limit 99999999999999999999
		blkio-weight~--blkio-weight 5
		device~--device-read-bps /dev/null:x
		device~--device-read-bps /nonexistent:1m
		ulimit~--ulimit nofile
		ulimit~--ulimit nonsense=5
		ulimit~--ulimit nofile=10:5
		ulimit~--ulimit nofile=-3
		oom~--oom-score-adj 2000
		oom~--oom-score-adj -5000
		user~-u 4294967295
		user~-u -1
		user~-u 0x10
		user~-u +1
		user~-u 18446744073709551616
		group~-u 0:4294967295
		not.*(map|range)~-u 70000
		not.*(map|range)~-u 0:70000
		user~-u nobody-of-that-name
		group~-u root:nogroup-of-that-name
		group~--group-add 4294967295
		umask~--umask 999
		umask~--umask -1
		workdir~-w relative
		variable~-e =value
		env-file~--env-file /nonexistent
		volume~-v /nonexistent-source:/mnt
		volume~-v relative:/mnt
		volume~-v /tmp
		volume~-v /tmp:
		volume~-v :/mnt
		volume~-v /tmp:relative
		volume~-v /tmp:/
		volume~-v /tmp:/mnt:nonsense
		volume~-v /tmp:/mnt:ro:rw
		volume~-v /tmp:/mnt:ro,rw
		mount~--mount type=bind,target=/mnt
		mount~--mount type=nonsense,target=/mnt
		mount~--mount nonsense
		mount~--mount type=bind,source=/nonexistent,target=/mnt
		mount~--mount type=tmpfs,target=/mnt,tmpfs-size=x
		tmpfs~--tmpfs relative
		tmpfs~--tmpfs /mnt:size=x
		tmpfs~--tmpfs /mnt:nonsense
		device~--device /nonexistent
		device~--device /etc/hostname
		device~--device /dev/null:/dev/x:q
		shm-size~--shm-size x
		shm-size~--shm-size -5
		net~--net nonsense
		net~--net bridge
		nobody-there~--net container:nobody-there
		namespace~--net ns:/nonexistent
		namespace~--net ns:/etc/hostname
		pid~--pid nonsense
		ipc~--ipc ns:/proc/self/ns/pid
		userns~--userns nonsense
		time~--time x
		sysctl~--sysctl kernel.domainname
		sysctl~--sysctl kernel.core_pattern=x
		sysctl~--sysctl ../../x=1
		sysctl~--sysctl net.ipv4.nonsense=1
		cap~--cap-add NONSENSE
		cap~--cap-drop 5
		security-opt~--security-opt nonsense
		seccomp~--security-opt seccomp=/nonexistent
		seccomp~--security-opt seccomp=/dev/zero
		apparmor~--security-opt apparmor=nonsense
		stop-signal~--stop-signal NONSENSE
		stop-signal~--stop-signal 65
		stop-signal~--stop-signal -9
		stop-timeout~--stop-timeout -5
		stop-timeout~--stop-timeout 1e3
		timeout~--timeout -1
		timeout~--timeout never
		label~--label =x
		log-opt~--log-opt nonsense=1
		log-opt~--log-opt max-size=x
		log-opt~--log-opt max-file=0
		/nonexistent/cid~--cidfile /nonexistent/cid
		/nonexistent/pid~--pidfile /nonexistent/pid
		layer~--layer nonsense
		json~--json
		explain~--explain --timings
		init~--init=perhaps
		detach~--detach=
	END
	settled
}

@test "every value that is a number or a list refuses nothing, garbage and the huge" {
	local nines letters

	nines=$(printf '9%.0s' {1..5000})
	letters=$(printf 'x%.0s' {1..5000})
	for option in memory memory-swap memory-reservation cpus cpu-shares cpu-period cpu-quota cpuset-cpus cpuset-mems pids-limit \
		blkio-weight shm-size oom-score-adj stop-timeout timeout ulimit umask sysctl security-opt stop-signal; do
		for value in '' ' 1' -1e9 99999999999999999999999 0x1 $'1\n' $'\x1b[2J' '%s%n' "$nines"; do
			wrong "$option" run --rm "--$option" "$value" host true
		done
	done
	for option in name hostname volume mount tmpfs device net pid ipc uts userns cgroupns time cap-add label-file env-file \
		group-add user log-opt device-read-iops; do
		for value in '' $'\n' $'\x1b[2J' '%s%n' "$letters"; do
			wrong "$option|${option%%-*}|no container|host name" run --rm "--$option" "$value" host true
		done
	done
	settled
}

@test "roots that are none" {
	: >empty.tar
	head -c 100000 /dev/urandom >random.tar
	head -c 100000 /dev/zero >zero.tar
	echo 'this is text' >text
	tar -C "$canary" -cf good.tar . && head -c 700 good.tar >cut.tar
	gzip -c good.tar | head -c 60 >cut.tar.gz
	printf '\x1f\x8b\x08' >magic.tar.gz
	mkfifo fifo
	ln -s loop loop
	mkdir not-a-root
	while IFS='~' read -r pattern root; do
		wrong "$pattern" run --rm "$root" true
	done <<-'END'
		nonsense~nonsense
		nonexistent~/nonexistent
		null~/dev/null
		zero~/dev/zero
		empty.tar~./empty.tar
		random.tar~./random.tar
		zero.tar~./zero.tar
		text~./text
		cut.tar~./cut.tar
		cut.tar.gz~./cut.tar.gz
		magic.tar.gz~./magic.tar.gz
		fifo~./fifo
		loop~./loop
		debootstrap~debootstrap:
		debootstrap~debootstrap:../../x
		debootstrap~debootstrap:-x
		hots~hots
	END
	wrong 'root|ROOT' run --rm ''
	wrong 'root|ROOT|operand' run --rm
	wrong_as 127 'true' run --rm "$PWD/not-a-root" true
	wrong 'name|long' run --rm "/$(printf 'x%.0s' {1..5000})" true
	settled
	[ -z "$(ls -A "$ISLE_DATA/roots")" ]
}

@test "a root whose own directories lead out of it, or are no directories" {
	for part in dev proc sys; do
		make_root "link-$part"
		rmdir "link-$part/$part"
		ln -s "$canary/dir" "link-$part/$part"
		wrong "/$part" run --rm "$PWD/link-$part" true
		make_root "file-$part"
		rmdir "file-$part/$part"
		echo x >"file-$part/$part"
		wrong "/$part" run --rm "$PWD/file-$part" true
		make_root "fifo-$part"
		rmdir "fifo-$part/$part"
		mkfifo "fifo-$part/$part"
		wrong "/$part" run --rm "$PWD/fifo-$part" true
		make_root "up-$part"
		rmdir "up-$part/$part"
		ln -s ../../../../../../../../.. "up-$part/$part"
		wrong "/$part" run --rm "$PWD/up-$part" true
	done
	# What is only looked for there may lead anywhere: it stays inside, and isle goes on.
	for kind in link file fifo; do
		make_root "$kind-etc"
		rm -r "$kind-etc/etc"
	done
	ln -s "$canary/dir" link-etc/etc
	echo x >file-etc/etc
	mkfifo fifo-etc/etc
	for kind in link file fifo; do
		timeout 30 "${raw[@]}" run --rm "$PWD/$kind-etc" /bin/true --version
	done
	settled
}

@test "a root with all of this, used with --rw: nothing is made in it" {
	make_root rw
	rmdir rw/dev
	ln -s "$canary/dir" rw/dev
	before=$(find rw | sort)
	wrong /dev run --rm --rw "$PWD/rw" true
	[ "$(find rw | sort)" = "$before" ]
	settled
}

@test "passwd and group that are no files, or have no end" {
	make_root users
	for file in passwd group; do
		rm -f users/etc/*
		mkfifo "users/etc/$file"
		wrong "$file|user" run --rm -u "nobody:nobody" "$PWD/users" true
		rm "users/etc/$file"
		ln -s "$canary/file" "users/etc/$file"
		wrong "$file|user" run --rm -u "nobody:nobody" "$PWD/users" true
		rm "users/etc/$file"
		mkdir "users/etc/$file"
		wrong "$file|user" run --rm -u "nobody:nobody" "$PWD/users" true
		rmdir "users/etc/$file"
		truncate -s 1T "users/etc/$file"
		wrong "$file|user" run --rm -u "nobody:nobody" "$PWD/users" true
		rm "users/etc/$file"
	done
	rm -f users/etc/*
	# Big, but a file that a machine may have.
	seq 1 60000 | sed 's|.*|user&:x:&:100::/:/bin/sh|' >users/etc/passwd
	timeout 30 "${raw[@]}" run --rm -u user60000 "$PWD/users" /bin/true --version
	yes 'nobody:x' | head -c 60000000 >users/etc/passwd
	wrong 'passwd|user' run --rm -u nobody "$PWD/users" true
	settled
}

@test "working directories" {
	make_root cwd
	ln -s /proc/self/fd/7 cwd/seven
	ln -s "$canary/dir" cwd/out
	ln -s loop cwd/loop
	echo x >cwd/file
	for dir in /seven /out /loop /file /file/below /proc/self/fd/5 /proc/1/cwd/x/y; do
		attempt timeout 30 "${raw[@]}" run --rm -w "$dir" "$PWD/cwd" /bin/true --version
		# Where a link dangles inside, a directory may be made there; it is the container's own then.
		[ "$status" -eq 0 ] || is_sentence 125 'working directory'
	done
	wrong 'working directory|workdir' run --rm -w "/$(printf 'x%.0s' {1..300})" "$PWD/cwd" true
	wrong 'working directory|workdir' run --rm -w "$(printf '/x%.0s' {1..5000})" "$PWD/cwd" true
	settled
}

@test "programs that cannot be run: 126 and 127" {
	make_root programs
	mkdir programs/bin/directory
	echo 'echo x' >programs/bin/text
	printf '#!/nonexistent/interpreter\n' >programs/bin/script
	printf '\x7fELF\x02\x01\x01' >programs/bin/half-elf
	printf '#!/bin/script\n' >programs/bin/recursive
	head -c 64 programs/bin/true | sed 's/\x3e\x00\x01\x00\x00\x00/\xb7\x00\x01\x00\x00\x00/' >programs/bin/other-machine
	: >programs/bin/empty
	mkfifo programs/bin/fifo
	ln -s "$canary/file" programs/bin/out
	ln -s self programs/bin/self
	chmod 755 programs/bin/{script,half-elf,recursive,other-machine,empty}
	while IFS='~' read -r expected pattern program; do
		wrong_as "$expected" "$pattern" run --rm "$PWD/programs" "$program"
		wrong_as "$expected" "$pattern" run --rm --init "$PWD/programs" "$program"
	done <<-'END'
		126~directory~/bin/directory
		126~ermission~/bin/text
		127~interpreter|/bin/script~/bin/script
		126~half-elf~/bin/half-elf
		126~other-machine~/bin/other-machine
		126~fifo~/bin/fifo
		127~out~/bin/out
		127~nonsense~nonsense
		127~nonsense~/nonsense
		127~nonsense~bin/nonsense
		126~self~/bin/self
	END
	wrong_as 127 'program|found' run --rm "$PWD/programs" ''
	wrong_as 126 'long' run --rm "$PWD/programs" "$(printf 'x%.0s' {1..5000})"
	settled
}

@test "closed standard descriptors" {
	timeout 30 "${raw[@]}" run --rm host true <&-
	timeout 30 "${raw[@]}" run --rm host true >&-
	timeout 30 "${raw[@]}" run --rm host true 2>&-
	timeout 30 "${raw[@]}" run --rm host true <&- >&- 2>&-
	timeout 30 "${raw[@]}" run --rm -i host true <&- >&- 2>&-
	timeout 30 "${raw[@]}" run -d --name x host sleep 100 <&- >&- 2>&- || true
	timeout 30 "${raw[@]}" exec x true <&- >&- 2>&-
	timeout 30 "${raw[@]}" exec -it x true <&- >&- 2>&- || true
	# What the program has in the place of what was closed leads nowhere.
	output=$(timeout 30 "${raw[@]}" run --rm host sh -c 'readlink /proc/self/fd/0 >&2' 2>&1 <&- >&-)
	[[ $output = /dev/null || $output = pipe:* ]]
	"${raw[@]}" rm -f x
	settled
}

@test "few descriptors, little memory, no new files, no processes" {
	for limits in --nofile=16 --nofile=8 --nofile=4 --as=20000000 --as=1000000 --fsize=0 --nofile=3 --stack=65536 --data=100000; do
		attempt timeout 30 prlimit "$limits" "${raw[@]}" run --rm --name x host true
		echo "$limits: $status: $stderr"
		# Enough, too little for isle, or too little to load even the programs around it.
		[[ $status -eq 0 || $status -eq 127 || $status -ge 134 ]] || is_sentence 125 .
		"${raw[@]}" ps -a >/dev/null
		nothing_left "$limits"
	done
}

@test "a disk that is full, and then has room again" {
	local small=$BATS_TEST_TMPDIR/small

	mkdir "$small"
	mount -t tmpfs -o size=64k,mode=700 isle-test "$small"
	mkdir -m 700 "$small/run" "$small/data"
	for where in root data; do
		full=("${raw[@]}" "--$where" "$small/$([ $where = root ] && echo run || echo data)")
		"${full[@]}" run -d --name kept host sleep 100
		head -c 1M /dev/zero 2>/dev/null >"$small/filler" || true
		attempt timeout 30 "${full[@]}" run --rm host true
		echo "$where: $status $stderr"
		[ "$status" -eq 0 ] || is_sentence 125 'No space left'
		timeout 30 "${full[@]}" ps -a
		# Removing needs no room.
		timeout 30 "${full[@]}" rm -f kept
		rm "$small/filler"
		timeout 30 "${full[@]}" run --rm --name kept host true
		[ "$("${full[@]}" ps -aq)" = "" ]
	done
	umount "$small"
	settled
}

@test "files that cannot be written: reading still works" {
	local fixed=$BATS_TEST_TMPDIR/fixed

	mkdir "$fixed"
	mount -t tmpfs -o mode=700 isle-test "$fixed"
	mkdir -m 700 "$fixed/run" "$fixed/data"
	"${raw[@]}" --root "$fixed/run" --data "$fixed/data" run --name kept host true
	mount -o remount,ro "$fixed"
	[[ $(timeout 30 "${raw[@]}" --root "$fixed/run" --data "$fixed/data" ps -a) == *kept* ]]
	timeout 30 "${raw[@]}" --root "$fixed/run" --data "$fixed/data" inspect kept >/dev/null
	wrong 'Read-only' --root "$fixed/run" --data "$fixed/data" run --rm host true
	wrong 'Read-only' --root "$fixed/run" --data "$fixed/data" run -d host true
	wrong 'Read-only' --root "$fixed/run" --data "$fixed/data" start kept
	wrong 'Read-only' --root "$fixed/run" --data "$fixed/data" rm kept
	wrong 'Read-only' --root "$fixed/new" --data "$fixed/data" ps
	umount "$fixed"
	settled
}

@test "--root and --data that cannot be trusted or are no directories" {
	mkdir -m 777 open
	mkdir -m 700 others && chown 12345 others
	ln -s "$canary/dir" link
	: >file
	mkfifo fifo
	for where in open others file fifo /dev/null ''; do
		wrong . --root "$where" ps
		wrong . --data "$where" ps
	done
	wrong 'symbolic link' --root link ps
	wrong . --root /proc/self/nonsense ps
	wrong . --root "/$(printf 'x%.0s' {1..5000})" ps
	settled
}

@test "60000 variables, 500 mounts, huge words" {
	seq -f 'V%.0f=v' 60000 >many.env
	output=$(timeout 30 "${raw[@]}" run --rm --env-file many.env host printenv V1 V60000)
	[ "$output" = $'v\nv' ]
	mkdir shared
	chmod 755 . shared
	many=()
	for i in {1..500}; do many+=(-v "$PWD/shared:/mnt/isle-$i"); done
	output=$(timeout 30 "${raw[@]}" run --rm "${many[@]}" host sh -c 'ls /mnt | grep -c isle-; grep -c " /mnt/isle-" /proc/mounts')
	[ "$output" = $'500\n500' ]
	# The kernel's bound on one argument, told as what it is.
	head -c 200000 /dev/zero | tr '\0' x | sed 's/^/BIG=/' >big.env
	attempt timeout 30 "${raw[@]}" run --rm --env-file big.env host true
	[ "$status" -eq 0 ] || is_sentence 126 'too long|Argument list' || is_sentence 125 'too long|Argument list|env-file'
	head -c 3000000 /dev/zero | tr '\0' x >huge.env
	wrong . run --rm --env-file huge.env host true
	settled
}

@test "more mounts than descriptors: told" {
	mkdir shared
	many=()
	for i in {1..300}; do many+=(-v "$PWD/shared:/mnt/$i"); done
	attempt timeout 30 prlimit --nofile=200:200 "${raw[@]}" run --rm "${many[@]}" host true
	is_sentence 125 'descriptors|open files'
	settled
}

@test "the words of the other verbs" {
	"${raw[@]}" run -d --name x host sleep 100
	while IFS='~' read -r pattern words; do
		# shellcheck disable=SC2086 # words
		wrong "$pattern" $words
	done <<-'END'
		nobody~exec nobody true
		PROGRAM|COMMAND~exec x
		exec~exec
		user~exec -u 4294967295 x true
		user~exec -u nobody-of-that-name x true
		workdir~exec -w relative x true
		variable~exec -e =x x true
		env-file~exec --env-file /nonexistent x true
		signal~kill -s NONSENSE x
		signal~kill -s 0 x
		signal~kill -s 65 x
		signal~kill -s -9 x
		time~stop -t x x
		time~stop -t -5 x
		time~stop -t 99999999999999999999 x
		nobody~stop nobody
		running~start x
		nobody~start nobody
		running~rm x
		nobody~rm nobody
		nobody~rename nobody y
		name~rename x a/b
		name~rename x .y
		nobody~wait nobody
		nobody~logs nobody
		tail~logs --tail -5 x
		since~logs --since nonsense x
		nobody~attach nobody
		nobody~pause nobody
		paused~unpause x
		nobody~top nobody
		filter~ps --filter nonsense
		filter~ps --filter status=nonsense
		operand~ps x
		nonsense~roots nonsense
		nonsense~nonsense
	END
	local letters empty

	empty='[]' wrong nobody inspect nobody
	letters=$(printf 'a%.0s' {1..5000})
	for verb in exec start stop restart rm kill wait pause unpause inspect top logs attach; do
		for ref in '' .. $'\x1b[2J' $'x\n' '%s%n' 'x*' "$letters"; do
			words=("$verb" "$ref")
			if [ "$verb" = exec ]; then words+=(true); fi
			empty=$([ "$verb" != inspect ] || echo '[]')
			wrong . "${words[@]}"
		done
	done
	[ "$("${raw[@]}" ps -q | wc -l)" -eq 1 ]
	"${raw[@]}" rm -f x
	settled
}

@test "broken files of the state: the list still works, and rm -f removes" {
	for file in record.json config.json; do
		for damage in empty half garbage directory fifo link; do
			"${raw[@]}" run --name good host true
			"${raw[@]}" run --name bad host true
			id=$(readlink "$ISLE_ROOT/names/bad")
			path=$ISLE_DATA/containers/$id/$file
			cp "$path" kept
			rm "$path"
			case $damage in
			empty) : >"$path" ;;
			half) head -c 50 kept >"$path" ;;
			garbage) head -c 1000 /dev/urandom >"$path" ;;
			directory) mkdir "$path" ;;
			fifo) mkfifo "$path" ;;
			link) ln -s "$canary/file" "$path" ;;
			esac
			[[ $(timeout 30 "${raw[@]}" ps -a) == *good* ]]
			attempt timeout 30 "${raw[@]}" start bad
			is_sentence 125 .
			timeout 30 "${raw[@]}" rm -f "$id"
			timeout 30 "${raw[@]}" rm good
			nothing_left "$file $damage"
		done
	done
	for damage in empty garbage directory fifo link; do
		"${raw[@]}" run -d --name bad -e ISLE_TEST_MARK host sleep 1000
		id=$(readlink "$ISLE_ROOT/names/bad")
		path=$ISLE_ROOT/boxes/$id/state.json
		rm "$path"
		case $damage in
		empty) : >"$path" ;;
		garbage) head -c 1000 /dev/urandom >"$path" ;;
		directory) mkdir "$path" ;;
		fifo) mkfifo "$path" ;;
		link) ln -s "$canary/file" "$path" ;;
		esac
		timeout 30 "${raw[@]}" ps -a >/dev/null
		# The real process ends, although no file tells of it.
		timeout 30 "${raw[@]}" rm -f bad
		nothing_left "state.json $damage"
	done
}
