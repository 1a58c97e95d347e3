#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2010,SC2012,SC2016,SC2030,SC2031,SC2143
# isle-image against hostile and broken tarballs, and the store of unpacked roots.  Needs root.
# BUILD names the build directory.

setup_file() {
	BUILD="$(realpath "${BUILD:-$BATS_TEST_DIRNAME/../../build}")"
	export BUILD ISLE_LIBEXECDIR="$BUILD"
	export CORPUS="$BATS_FILE_TMPDIR/corpus" CANARY="$BATS_FILE_TMPDIR/canary"
	mkdir "$CORPUS" "$CANARY"
	echo alive >"$CANARY/canary"
	python3 "$BATS_TEST_DIRNAME/../lib/evil_tars.py" "$CORPUS" "$CANARY"
	# What a change of mode, owner, time or content of the canary would change.
	canary_facts >"$BATS_FILE_TMPDIR/facts"
}

setup() {
	root="$BATS_TEST_TMPDIR/root"
	data="$BATS_TEST_TMPDIR/data"
	mkdir "$root" "$data"
}

canary_facts() {
	find "$CANARY" -printf '%p %y %m %U %G %s %T@ %n\n'
	cat "$CANARY/canary"
}

# For what must not succeed: bats does not see a failing "!" that is not the last command.
no() {
	if "$@"; then return 1; fi
}

canary_is_well() {
	diff "$BATS_FILE_TMPDIR/facts" <(canary_facts)
}

unpack() { # NAME, without its suffix
	timeout 60 "$BUILD/isle-image" unpack "$root" <"$(echo "$CORPUS/$1".accept.tar*)"
}

resolve() {
	timeout 120 "$BUILD/tests/lib/resolve-root" "$@"
}

# Unpacks every archive of the kind $1, at least $3 of them: each ends with status $2, a failure with one sentence.
unpack_all() {
	local archive n=0

	for archive in "$CORPUS"/*."$1".tar*; do
		rm -rf "$root"
		mkdir "$root"
		run timeout 60 "$BUILD/isle-image" unpack "$root" <"$archive"
		echo "$archive: $status: $output"
		[ "$status" -eq "$2" ]
		[ "$status" -eq 0 ] || [ "${#lines[@]}" -eq 1 ]
		canary_is_well
		n=$((n + 1))
	done
	[ "$n" -ge "$3" ]
}

@test "hostile and broken archives are refused with one sentence, and nothing outside is touched" {
	unpack_all refuse 1 50
}

@test "odd but sound archives are unpacked, and nothing outside is touched" {
	unpack_all accept 0 25
}

@test "an absolute name is a name within the root" {
	unpack absolute
	[ "$(cat "$root$CANARY/canary")" = evil ]
}

@test "a link is replaced, not followed, by the entry of its name" {
	unpack sym-replaced-by-file
	[ ! -L "$root/x" ]
	[ "$(cat "$root/x")" = evil ]
}

@test "a link to a directory of the root stays, and is followed on the way" {
	unpack sym-to-dir-kept
	[ -L "$root/lib" ]
	[ -f "$root/usr/lib/x" ]
	[ "$(stat -c %a "$root/usr/lib")" = 755 ]
}

@test "a hard link to a link is the link itself" {
	unpack hard-to-symlink
	[ -L "$root/s" ]
	[ "$(cat "$root/h")" = evil ]
}

@test "owners and setuid bits are those of the archive" {
	unpack setuid
	[ "$(stat -c '%a %u %g' "$root/su")" = "4755 1000 1001" ]
	[ "$(stat -c %a "$root/sg")" = 2755 ]
	[ "$(stat -c %a "$root/sticky")" = 1777 ]
}

@test "with one id, every owner becomes it" {
	timeout 60 "$BUILD/isle-image" unpack --one-id "$root" <"$CORPUS/setuid.accept.tar"
	[ "$(stat -c '%a %u %g' "$root/su")" = "4755 0 0" ]
}

@test "devices are left out with a note, pipes are made" {
	run unpack devices
	[[ "$output" == "note: 3 devices and sockets "* ]]
	[ ! -e "$root/sda" ] && [ ! -e "$root/null" ] && [ ! -e "$root/whiteout" ]
	[ -p "$root/pipe" ]
	[ "$(stat -c %a "$root/pipe")" = 622 ]
}

@test "attributes that overlayfs believes in are left out" {
	unpack xattr-overlay
	run python3 -c 'import os, sys; print(*os.listxattr(sys.argv[1]))' "$root/x"
	[ "$output" = user.kept ]
}

@test "names are kept byte by byte" {
	unpack name-nonutf8
	[ -f "$root/$(printf 'caf\351')" ]
	rm "$root/$(printf 'caf\351')"
	unpack name-nonutf8-pax
	[ -d "$root/$(printf 'caf\351')" ]
	unpack name-utf8
	[ -d "$root/$(printf 'caf\303\251')" ]
	unpack name-control
	[ -f "$root/$(printf 'a\nb\033[2J\177')" ]
}

@test "the later of two entries counts, and directories keep their times" {
	unpack dup-entries
	[ "$(cat "$root/x")" = second ]
	mkdir "$BATS_TEST_TMPDIR/tree" "$BATS_TEST_TMPDIR/tree/d"
	echo 1 >"$BATS_TEST_TMPDIR/tree/d/f"
	touch -d @86400 "$BATS_TEST_TMPDIR/tree/d/f" "$BATS_TEST_TMPDIR/tree/d" "$BATS_TEST_TMPDIR/tree"
	rm -rf "$root"
	mkdir "$root"
	tar -C "$BATS_TEST_TMPDIR/tree" -cf - . | "$BUILD/isle-image" unpack "$root"
	[ "$(stat -c %Y "$root" "$root/d" "$root/d/f" | uniq)" = 86400 ]
}

@test "sparse files stay sparse and whole" {
	truncate -s 50M "$BATS_TEST_TMPDIR/sparse"
	echo end >>"$BATS_TEST_TMPDIR/sparse"
	tar -C "$BATS_TEST_TMPDIR" -Scf - sparse | "$BUILD/isle-image" unpack "$root"
	cmp "$BATS_TEST_TMPDIR/sparse" "$root/sparse"
	[ "$(du -k "$root/sparse" | cut -f1)" -lt 1000 ]
}

@test "a full disk is a sentence" {
	run unshare -m --propagation private sh -ec '
		mount -t tmpfs -o size=1m tmpfs "$2"
		head -c 4000000 /dev/zero >"$3/zeros"
		tar -C "$3" -czf - zeros | "$1" unpack "$2"' \
		sh "$BUILD/isle-image" "$root" "$BATS_TEST_TMPDIR"
	[ "$status" -eq 1 ]
	[ "$output" = 'write "zeros": No space left on device' ]
}

@test "the jail: one mount, no network, five capabilities, a filter, and nothing else open" {
	mkfifo "$BATS_TEST_TMPDIR/slow"
	"$BUILD/isle-image" unpack "$root" <"$BATS_TEST_TMPDIR/slow" 3</etc &
	pid=$!
	exec 8>"$BATS_TEST_TMPDIR/slow"
	for _ in $(seq 400); do
		grep -q '^Seccomp:.2' "/proc/$pid/status" && break
		sleep 0.05
	done
	[ "$(wc -l <"/proc/$pid/mountinfo")" -eq 1 ]
	[ "$(wc -l <"/proc/$pid/net/dev")" -eq 3 ]
	grep -q '^CapEff:.000000008000001b$' "/proc/$pid/status"
	grep -q '^CapPrm:.000000008000001b$' "/proc/$pid/status"
	grep -q '^CapBnd:.000000008000001b$' "/proc/$pid/status"
	grep -q '^NoNewPrivs:.1$' "/proc/$pid/status"
	grep -q '^Seccomp:.2$' "/proc/$pid/status"
	for ns in mnt net ipc uts; do
		[ "$(readlink "/proc/$pid/ns/$ns")" != "$(readlink "/proc/self/ns/$ns")" ]
	done
	[ "$(ls "/proc/$pid/fd" | tr '\n' ' ')" = "0 1 2 3 " ]
	[ "$(readlink "/proc/$pid/fd/3")" = / ] || [ "$(stat -L -c %i "/proc/$pid/fd/3")" = "$(stat -c %i "$root")" ]
	cat "$CORPUS/parents-missing.accept.tar" >&8
	exec 8>&-
	wait "$pid"
	[ -f "$root/a/b/c" ]
}

@test "no other program is executed" {
	for name in gz-members.accept.tar.gz xz-good.accept.tar.xz zstd-good.accept.tar.zst; do
		strace -f -e trace=execve,fork,vfork,clone,clone3 -o "$BATS_TEST_TMPDIR/trace" \
			"$BUILD/isle-image" unpack "$root" <"$CORPUS/$name"
		[ "$(grep -c 'execve(' "$BATS_TEST_TMPDIR/trace")" -eq 1 ]
		no grep -E 'fork|clone' "$BATS_TEST_TMPDIR/trace"
	done
}

@test "the store: unpacked once, found by content, forgotten" {
	run resolve "$data" "$CORPUS/parents-missing.accept.tar"
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == "progress: unpacking "* ]]
	kept="$data/roots/sha256-$(sha256sum <"$CORPUS/parents-missing.accept.tar" | cut -c1-64)"
	[ "${lines[1]}" = "layered,idmapped $kept/rootfs" ]
	[ -f "$kept/rootfs/a/b/c" ]
	cp "$CORPUS/parents-missing.accept.tar" "$BATS_TEST_TMPDIR/other-name"
	run resolve "$data" "$BATS_TEST_TMPDIR/other-name"
	[ "${#lines[@]}" -eq 1 ]
	run resolve --list "$data"
	[ "${#lines[@]}" -eq 1 ]
	run resolve --rebuild "$data" "$BATS_TEST_TMPDIR/other-name"
	[ "$status" -eq 0 ]
	[ -f "$kept/rootfs/a/b/c" ]
	resolve --forget "$(basename "$kept")" "$data"
	[ ! -e "$kept" ]
	run resolve --forget "$(basename "$kept")" "$data"
	[ "$status" -eq 125 ]
	run resolve --forget ../data "$data"
	[ "$status" -eq 125 ]
}

@test "the store: a changed tarball is another root" {
	cp "$CORPUS/parents-missing.accept.tar" "$BATS_TEST_TMPDIR/t"
	touch -d '1 hour ago' "$BATS_TEST_TMPDIR/t"
	resolve "$data" "$BATS_TEST_TMPDIR/t"
	cp "$CORPUS/dup-entries.accept.tar" "$BATS_TEST_TMPDIR/t"
	run resolve "$data" "$BATS_TEST_TMPDIR/t"
	[ -f "$(echo "${lines[1]}" | cut -d' ' -f2)/x" ]
}

@test "the store: of a refused archive nothing is left" {
	run resolve "$data" "$CORPUS/gz-bad-crc.refuse.tar.gz"
	[ "$status" -eq 125 ]
	[[ "$output" == *"incorrect data check"* ]]
	[ -z "$(ls -A "$data/roots" | grep -v '^.seen$')" ]
	canary_is_well
}

@test "the store: of twenty at once one unpacks, and all use it" {
	head -c 20000000 /dev/urandom >"$BATS_TEST_TMPDIR/noise"
	tar -C "$BATS_TEST_TMPDIR" -cf "$BATS_TEST_TMPDIR/t" noise
	for i in $(seq 20); do
		resolve "$data" "$BATS_TEST_TMPDIR/t" >"$BATS_TEST_TMPDIR/out.$i" 2>"$BATS_TEST_TMPDIR/err.$i" &
	done
	wait
	[ "$(cat "$BATS_TEST_TMPDIR"/out.* | sort -u | wc -l)" -eq 1 ]
	[ "$(cat "$BATS_TEST_TMPDIR"/out.* | wc -l)" -eq 20 ]
	[ "$(cat "$BATS_TEST_TMPDIR"/err.* | grep -c 'progress: unpacking')" -eq 1 ]
	[ -z "$(ls -A "$data/roots" | grep -E '^.(tmp|lock)')" ]
}

@test "the store: killed at any time, the next call cleans and succeeds" {
	head -c 30000000 /dev/urandom >"$BATS_TEST_TMPDIR/noise"
	tar -C "$BATS_TEST_TMPDIR" -czf "$BATS_TEST_TMPDIR/t" noise
	for delay in 0.01 0.05 0.1 0.2 0.3 0.4 0.6 0.8; do
		timeout -s KILL "$delay" "$BUILD/tests/lib/resolve-root" "$data" "$BATS_TEST_TMPDIR/t" || true
	done
	resolve "$data" "$CORPUS/parents-missing.accept.tar"
	[ -z "$(ls -A "$data/roots" | grep -E '^.(tmp|lock)')" ]
	resolve "$data" "$BATS_TEST_TMPDIR/t"
	[ -z "$(ls -A "$data/roots" | grep -E '^.(tmp|lock)')" ]
	cmp "$BATS_TEST_TMPDIR/noise" "$data/roots/sha256-$(sha256sum <"$BATS_TEST_TMPDIR/t" | cut -c1-64)/rootfs/noise"
}
