# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tests that run containers share: isle with a state of its own, roots to run, plain users, and left_behind.
#
#     load ../lib/isle
#     setup_file() { isle_setup_file; }
#     teardown_file() { isle_teardown_file; }
#     teardown() { isle_teardown; }        # removes every container, and fails where anything of one is left
#
# In a test 'isle' is a command (not a function, so that timeout, script and setpriv find it too): it runs the program that
# ISLE names, with the state in ISLE_ROOT and ISLE_DATA, and notes the id of every container, for left_behind to look for.
# No container of the machine is seen or touched, and any number of test files may run at the same time.

bats_require_minimum_version 1.5.0

# Makes the state and the command of this file.  BUILD and ISLE_LIB tell where the built programs and this directory are.
isle_setup_file() {
	ISLE_LIB=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
	ISLE=$(realpath "${ISLE:-$ISLE_LIB/../../build/isle}")
	BUILD=$(dirname "$ISLE")
	ISLE_TEST_CACHE=${ISLE_TEST_CACHE:-$BUILD/test-cache}
	ISLE_TEST_MARK="isle-test-$$-$RANDOM"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	PATH=$BATS_FILE_TMPDIR/bin:$PATH
	export ISLE ISLE_LIB BUILD ISLE_TEST_CACHE ISLE_TEST_MARK PATH
	# A copy, since a plain user cannot reach every build directory.
	mkdir -m 755 "$BATS_FILE_TMPDIR/bin" "$BATS_FILE_TMPDIR/bin/real"
	cp "$ISLE" "$BUILD"/isle-image "$BATS_FILE_TMPDIR/bin/real"
	cp "$BUILD"/isle-report "$BATS_FILE_TMPDIR/bin/real" 2>/dev/null || true
	sed "s|@REAL@|$BATS_FILE_TMPDIR/bin/real/isle|" "$ISLE_LIB/isle_noted.sh" >"$BATS_FILE_TMPDIR/bin/isle"
	chmod 755 "$BATS_FILE_TMPDIR/bin/isle"
	isle_state_make "$BATS_FILE_TMPDIR/state"
	isle_state_use
}

# From now on unshare, nsenter and lsns are isle's, or those of the directory TOOLBOX.
isle_toolbox() {
	local tool

	if [ -z "${TOOLBOX:-}" ]; then
		TOOLBOX=$BATS_FILE_TMPDIR/toolbox
		mkdir -m 755 "$TOOLBOX"
		for tool in unshare nsenter lsns; do
			ln -s ../bin/real/isle "$TOOLBOX/$tool"
		done
	fi
	PATH=$TOOLBOX:$PATH
	export PATH
}

# Makes the directories of a state at $1, for the user $2.
isle_state_make() {
	mkdir -m 755 "$1"
	mkdir -m 700 "$1/run" "$1/data" "$1/seen"
	if [ $# -eq 2 ]; then
		chown "$2:" "$1" "$1/run" "$1/data" "$1/seen"
	fi
}

# From now on isle uses the state of root (no argument), or that of the user $1 of plain_user, and as that user.
isle_state_use() {
	local state=$BATS_FILE_TMPDIR/state${1:+-$1}

	ISLE_USER=${1:-}
	export ISLE_ROOT=$state/run ISLE_DATA=$state/data ISLE_SEEN=$state/seen
}

# In the shell of the tests only; what a test starts finds the command itself.
isle() {
	if [ -n "${ISLE_USER:-}" ]; then
		as_user "$ISLE_USER" isle "$@"
	else
		command isle "$@"
	fi
}

# After each test: removes every container of this file's states, and fails with a list where anything is left.
isle_teardown() {
	local state left failed=0

	for state in "$BATS_FILE_TMPDIR"/state*; do
		state=${state#"$BATS_FILE_TMPDIR"/state}
		isle_state_use "${state#-}"
		isle rm -af >/dev/null || failed=1
		left=$(left_behind) || failed=1
		if [ -n "$left" ]; then
			printf 'left behind in %s:\n%s\n' "$ISLE_ROOT" "$left" >&2
		fi
		rm -f "$ISLE_SEEN"/*
	done
	isle_state_use
	return "$failed"
}

isle_teardown_file() {
	local user

	for user in "$BATS_FILE_TMPDIR"/users/*; do
		if [ -e "$user" ]; then
			user=$(basename "$user")
			pkill -KILL -U "$user" || true # left by a test that failed; he is our own invention
			userdel "$user" 2>/dev/null
		fi
	done
	rm -rf --one-file-system "$BATS_FILE_TMPDIR"/state*
}

# Waits until the command succeeds, $WAIT_S (20) seconds at most; then fails.  What comes comes at once, but the machine may
# have much else to do.
wait_for() {
	local end=$((SECONDS + ${WAIT_S:-20}))

	until "$@" >/dev/null 2>&1; do
		if ((SECONDS >= end)); then
			echo "waited ${WAIT_S:-20} s for: $*" >&2
			return 1
		fi
		sleep 0.02
	done
}

# One line for each thing that is there although no container is: status 0 and no line if there is none.  What ends by
# itself in a moment (a monitor that has just let go) is waited for.
left_behind() {
	local end=$((SECONDS + 20)) left

	while left=$(left_now) && [ -n "$left" ]; do
		if ((SECONDS >= end)); then
			echo "$left"
			return 1
		fi
		sleep 0.05
	done
}

# The ids of the containers that this state has seen, one in a line.
seen_ids() {
	awk 1 "$ISLE_SEEN"/* 2>/dev/null # each file is one line without its end
	ls "$ISLE_ROOT/boxes" 2>/dev/null
}

# What left_behind finds at this moment.  A plain user's processes are told by him, for he may have no cgroups.
left_now() {
	local state ids

	state=$(dirname "$ISLE_ROOT")
	ids=$(seen_ids)
	find "$ISLE_ROOT"/{boxes,names,ids,trash} "$ISLE_DATA"/{containers,trash} -mindepth 1 -maxdepth 1 2>/dev/null |
		sed 's/^/entry /'
	grep -F " $state/" /proc/self/mountinfo | sed 's/^/mount /'
	grep -slzxF "ISLE_TEST_MARK=$ISLE_TEST_MARK:$state" /proc/[0-9]*/environ | process_lines
	if [ -n "$ISLE_USER" ]; then
		ps -U "$ISLE_USER" -o pid=,args= | sed 's/^ */process /'
	fi
	if [ -n "$ids" ]; then
		find /sys/fs/cgroup -type d 2>/dev/null | grep -F "$ids" | sed 's/^/cgroup /'
		grep -slF "$ids" /proc/[0-9]*/cgroup | process_lines
	fi
}

# Turns /proc/PID/FILE into a line about the process; one that has ended meanwhile, or only waits to be reaped, is none.
process_lines() {
	local file words

	while read -r file; do
		words=$(tr '\0' ' ' 2>/dev/null <"${file%/*}/cmdline")
		if [ -n "$words" ]; then
			echo "process $(basename "${file%/*}") $words"
		fi
	done
}

# What isle inspect tells about container $1 at the keys $2...: inspected db state pid
inspected() {
	isle inspect "$1" | python3 -c '
import json, sys
(value,) = json.load(sys.stdin)
for key in sys.argv[1:]:
    value = value.get(key, "")
print(value)' "${@:2}"
}

# Lets the names $1 and $2 change places, again and again; to be killed.
swap_for_ever() {
	exec timeout 600 python3 -c '
import ctypes, sys
libc, x, y = ctypes.CDLL(None), *(name.encode() for name in sys.argv[1:])
while True:
    libc.renameat2(-100, x, -100, y, 2)' "$1" "$2" 3>&-
}

# The pid of container $1's first process, as the machine sees it.
pid_of() {
	inspected "$1" state pid
}

# The inode of namespace $2 (net, pid...) of process $1.
ns_of() {
	readlink "/proc/$1/ns/$2"
}

# Every process of container $1, as the machine numbers them: "PID WORDS" in lines.
processes_of() {
	local id file

	id=$(inspected "$1" id)
	grep -slF "/$id" /proc/[0-9]*/cgroup | while read -r file; do
		echo "$(basename "${file%/*}") $(tr '\0' ' ' <"${file%/*}/cmdline" 2>/dev/null)"
	done
}

# Prints the directory of a real Debian root, with ps in it.  It is made by isle itself, once for a build directory: that
# takes a minute or two and needs the network.
debian_root() {
	local kept=$ISLE_TEST_CACHE/debian

	mkdir -p "$ISLE_TEST_CACHE"
	(
		flock 9
		if [ ! -e "$kept/etc/debian_version" ]; then
			debian_make "$kept" || exit 1
		fi
	) 9>"$ISLE_TEST_CACHE/lock" >&2 || return 1
	echo "$kept"
}

# Makes $1: debootstrap:bookworm has no ps, which goes in the way that one would do it by hand.
debian_make() {
	local data=$ISLE_TEST_CACHE/data run

	run=$(mktemp -d)
	rm -rf --one-file-system "$1.new" "$data"
	mkdir -m 700 "$data"
	"$ISLE" --root "$run" --data "$data" run --rm debootstrap:bookworm true &&
		mv "$data/roots/debootstrap-bookworm/rootfs" "$1.new" &&
		"$ISLE" --root "$run" --data "$data" run --rm --rw --net host "$1.new" sh -ec \
			'apt-get -q update; apt-get -qy install --no-install-recommends procps; apt-get clean' &&
		mv "$1.new" "$1"
	local status=$?
	rm -rf --one-file-system "$run" "$data"
	return "$status"
}

# The same as a tarball that everybody may read: what a plain user makes a root of his own from.
debian_tar() {
	local root tar=$ISLE_TEST_CACHE/debian.tar

	root=$(debian_root) || return 1
	(
		flock 9
		if [ ! -e "$tar" ]; then
			tar --numeric-owner -C "$root" -cf "$tar.new" . && mv "$tar.new" "$tar"
		fi
	) 9>"$ISLE_TEST_CACHE/lock" >&2 || return 1
	echo "$tar"
}

# Runs the function $1 once for each root, which is its argument: on host and on Debian everything is the same.
on_each_root() {
	local root

	for root in host "$(debian_root)"; do
		[ -n "$root" ]
		echo "# with the root $root:"
		"$1" "$root"
		isle rm -af >/dev/null
	done
}

# Makes a user who has subordinate ids ($1 = many) or only his own (one), and prints his name; a file has one of each kind.
# He is gone after the file.
plain_user() {
	local users=$BATS_FILE_TMPDIR/users subids=() name

	name=$(find "$users" -name "isle-$1-*" -printf %f 2>/dev/null)
	if [ -n "$name" ]; then
		echo "$name"
		return
	fi
	name=isle-$1-$$
	mkdir -p "$users"
	if [ "$1" = one ]; then
		subids=(-K SUB_UID_COUNT=0 -K SUB_GID_COUNT=0)
	fi
	useradd --no-create-home --home-dir "$BATS_FILE_TMPDIR/state-$name" --shell /bin/sh "${subids[@]}" "$name" >&2
	touch "$users/$name"
	isle_state_make "$BATS_FILE_TMPDIR/state-$name" "$name"
	echo "$name"
}

# Runs a command as the user $1 of plain_user, with his own state and without anything of the caller's environment.
as_user() {
	local name=$1 home=$BATS_FILE_TMPDIR/state-$1

	shift
	(
		cd /
		isle_state_use "$name"
		exec setpriv --reuid "$name" --regid "$name" --init-groups --reset-env \
			env PATH="$PATH" HOME="$home" ISLE_ROOT="$ISLE_ROOT" ISLE_DATA="$ISLE_DATA" ISLE_SEEN="$ISLE_SEEN" \
			ISLE_TEST_MARK="$ISLE_TEST_MARK" "$@"
	)
}
