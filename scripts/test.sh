#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# test.sh [SUITE...]: runs the suites (all of them, or those named) and ends with the line "N passed, N failed".
#   units    unit tests and fuzz corpora
#   asan     the same under AddressSanitizer and UndefinedBehaviorSanitizer
#   lint     the rules of the house
#   cli, stories    isle as a user has it
#   engines  podman, buildah, containerd and docker with isle as their OCI runtime
# BUILD names the build directory.  With CI or ISLE_MUST_WORK set, a skip that is not in tests/skips.txt is a failure.
set -eu
cd "$(dirname "$0")/.."

build=${BUILD:-build}
asan=$build-asan
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
trap 'exit 130' INT TERM

begin=$(date +%s)

# A heading, with the time since the beginning.
say() {
	printf '\n==== %s (%d s) ====\n' "$*" $(($(date +%s) - begin))
}

# Namespaces, mounts and cgroups as tests need them are root's.  No signal is ignored, as some are for who runs in the
# background: a shell could not set a trap on it any more.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		env --default-signal "$@"
	else
		sudo -E env --default-signal "PATH=$PATH" "$@"
	fi
}

# What root's tests wrote into a build directory belongs to its owner again.
give_back() {
	[ "$(id -u)" = 0 ] || as_root chown -R "$(id -u):$(id -g)" "$@"
}

configure() { # DIRECTORY OPTIONS...
	if [ -e "$1/build.ninja" ]; then
		# It may be older than the packages that the tests need.
		! grep -qx '\[\]' "$1/meson-info/intro-tests.json" || meson configure "$1" -Dtests=enabled
	else
		meson setup "$@" -Dtests=enabled >"$results/setup.log" || {
			cat "$results/setup.log"
			exit 1
		}
	fi
}

# Runs the meson suites $3... of directory $1 and keeps the log as $2.
run_meson() {
	dir=$1 name=$2
	shift 2
	suites=
	for suite in "$@"; do suites="$suites --suite $suite"; done
	ninja -C "$dir" meson-test-prereq
	# shellcheck disable=SC2086 # a list of words
	as_root meson test -C "$dir" --no-rebuild --timeout-multiplier 8 --logbase "$name" $suites || true
	cp "$dir/meson-logs/$name.json" "$results/$name.json"
	give_back "$dir/meson-logs"
}

# Runs the bats files of tests/$1, one after the other.
run_bats() {
	for file in tests/"$1"/*.bats; do
		[ -e "$file" ] || continue
		name=$(basename "$file" .bats)
		say "$1/$name"
		# A file that hangs is ended: the plan then tells what did not run.
		as_root env "ISLE=$PWD/$build/isle" "BUILD=$PWD/$build" timeout --kill-after=20 900 \
			bats --tap "$file" 2>&1 | tee "$results/$1-$name.tap"
	done
}

suite_units() {
	say units
	run_meson "$build" units unit fuzz
}

suite_asan() {
	say 'units under AddressSanitizer and UndefinedBehaviorSanitizer'
	configure "$asan" -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1
	export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
	export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
	run_meson "$asan" asan unit fuzz
}

suite_lint() {
	say lint
	run_meson "$build" lint lint
}

suite_cli() {
	run_bats cli
}

suite_stories() {
	run_bats stories
}

suite_engines() {
	run_bats engines
}

say build
configure "$build"
ninja -C "$build"
[ $# -gt 0 ] || set -- units asan lint cli stories engines
for suite in "$@"; do
	case $suite in
	units | asan | lint | cli | stories | engines) "suite_$suite" ;;
	*)
		echo "test.sh: there is no suite \"$suite\" (units, asan, lint, cli, stories, engines)" >&2
		exit 2
		;;
	esac
done
rm -f "$results/setup.log"
python3 scripts/tally.py "$results"
