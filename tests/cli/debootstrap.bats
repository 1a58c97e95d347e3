#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2010,SC2012,SC2016,SC2030,SC2031,SC2143
# debootstrap:SUITE with the real tool and the machine's mirror: some minutes, and needs root and the network.
# BUILD names the build directory.

setup_file() {
	BUILD="$(realpath "${BUILD:-$BATS_TEST_DIRNAME/../../build}")"
	export BUILD ISLE_LIBEXECDIR="$BUILD" DATA="$BATS_FILE_TMPDIR/data" HOME_DATA="$BATS_FILE_TMPDIR/home"
	mkdir -p "$DATA" "$HOME_DATA/data"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	chown -R 12345:12345 "$HOME_DATA"
	# A copy that a plain user can reach, wherever the build directory is.
	export TOOL="$BATS_FILE_TMPDIR/bin"
	mkdir -m 755 "$TOOL"
	cp "$BUILD/tests/lib/resolve-root" "$BUILD/isle-image" "$TOOL"
}

resolve() {
	timeout 600 "$BUILD/tests/lib/resolve-root" "$@"
}

as_user() {
	timeout 600 "$BATS_TEST_DIRNAME/../lib/as_user.sh" "$HOME_DATA" env ISLE_LIBEXECDIR="$TOOL" "$TOOL/resolve-root" "$@"
}

# For what must not succeed: bats does not see a failing "!" that is not the last command.
no() {
	if "$@"; then return 1; fi
}

nothing_half() { # DATA
	[ -z "$(ls -A "$1/roots" | grep -E '^.(tmp|lock)')" ]
	no grep -q "$1" /proc/self/mountinfo
}

@test "a suite is built once, with progress, and kept" {
	run resolve "$DATA" debootstrap:bookworm
	[ "$status" -eq 0 ]
	[[ "$output" == *"progress: "*"installing"* ]]
	[ "${lines[-1]}" = "layered,idmapped $DATA/roots/debootstrap-bookworm/rootfs" ]
	grep -q bookworm "$DATA/roots/debootstrap-bookworm/rootfs/etc/os-release"
	[ "$(chroot "$DATA/roots/debootstrap-bookworm/rootfs" /usr/bin/id -un)" = root ]
	nothing_half "$DATA"
	run resolve "$DATA" debootstrap:bookworm
	[ "${#lines[@]}" -eq 1 ]
}

@test "a suite that the mirror does not have is a sentence with what the tool said" {
	run resolve "$DATA" debootstrap:nosuch
	[ "$status" -eq 125 ]
	[[ "${lines[-1]}" == *"nosuch"*"does not have a Release file"* ]]
	nothing_half "$DATA"
}

@test "what is no suite and what is no mirror never reaches the tool" {
	for suite in '' . -x --help ../x a/b 'a b' BOOKWORM "$(printf 'a\nb')" "$(printf 'a%.0s' $(seq 100))"; do
		run resolve "$DATA" "debootstrap:$suite"
		[ "$status" -eq 125 ]
		[ "${#lines[@]}" -eq 1 ]
	done
	for mirror in '' x --help ftp://x 'http://x y' "$(printf 'http://x\ny')" 'deb http://x y main' /etc/passwd; do
		run resolve --mirror "$mirror" "$DATA" debootstrap:bookworm
		[ "$status" -eq 125 ]
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "killed while it builds, no process and no mount stay, and the next call cleans" {
	mkdir "$BATS_TEST_TMPDIR/data"
	"$BUILD/tests/lib/resolve-root" "$BATS_TEST_TMPDIR/data" debootstrap:bookworm 2>"$BATS_TEST_TMPDIR/said" 3>&- &
	pid=$!
	for _ in $(seq 600); do
		! grep -q 'extracting' "$BATS_TEST_TMPDIR/said" || break
		sleep 0.1
	done
	[ -d "$BATS_TEST_TMPDIR/data/roots/.tmp-debootstrap-bookworm" ]
	pgrep -f "mmdebstrap.*$BATS_TEST_TMPDIR" >/dev/null
	kill -KILL "$pid"
	for _ in $(seq 300); do
		pgrep -f "debootstrap.*$BATS_TEST_TMPDIR/data" >/dev/null || break
		sleep 0.1
	done
	no pgrep -f "debootstrap.*$BATS_TEST_TMPDIR/data"
	run resolve "$BATS_TEST_TMPDIR/data" debootstrap:nosuch
	nothing_half "$BATS_TEST_TMPDIR/data"
}

@test "a plain user with subordinate ids builds, uses and forgets one too" {
	run as_user --subids "$HOME_DATA/data" debootstrap:bookworm
	[ "$status" -eq 0 ]
	rootfs="$HOME_DATA/data/roots/debootstrap-bookworm/rootfs"
	[ "${lines[-1]}" = "layered $rootfs" ]
	[ "$(stat -c %u "$rootfs/usr")" = 12345 ]
	[ "$(stat -c %g "$rootfs/etc/shadow")" = 200041 ] # group 42 inside
	as_user --subids --forget debootstrap-bookworm "$HOME_DATA/data"
	[ ! -e "$rootfs" ]
	nothing_half "$HOME_DATA/data"
}

@test "a plain user with one id is told why not" {
	run as_user --one-id "$HOME_DATA/data" debootstrap:bookworm
	[ "$status" -eq 125 ]
	[[ "$output" == *"you have 1 id"*"usermod --add-subuids"* ]]
}

@test "a plain user unpacks tarballs, with many ids and with one" {
	python3 - "$BATS_FILE_TMPDIR/t.tar" <<-'END'
		import sys, tarfile
		with tarfile.open(sys.argv[1], "w") as tar:
		    for name, uid in (("a", 0), ("b", 5), ("c", 70000)):
		        info = tarfile.TarInfo(name)
		        info.uid = info.gid = uid
		        tar.addfile(info)
	END
	run as_user --subids "$HOME_DATA/data" "$BATS_FILE_TMPDIR/t.tar"
	[ "$status" -eq 0 ]
	[[ "$output" == *"1 files belong to ids outside"* ]]
	rootfs="$(echo "${lines[-1]}" | cut -d' ' -f2)"
	[ "$(stat -c %u "$rootfs/a" "$rootfs/b" "$rootfs/c" | tr '\n' ' ')" = "12345 200004 265533 " ]
	as_user --subids --forget "$(basename "$(dirname "$rootfs")")" "$HOME_DATA/data"
	run as_user --one-id "$HOME_DATA/data" "$BATS_FILE_TMPDIR/t.tar"
	[ "$status" -eq 0 ]
	[ "$(stat -c %u "$rootfs/a" "$rootfs/b" "$rootfs/c" | tr '\n' ' ')" = "12345 12345 12345 " ]
}
