#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# test.sh [SUITE...]: runs the suites (all of them, or those named) and ends with the line "N passed, N failed".
#   units    unit tests and fuzz corpora
#   asan     the same under AddressSanitizer and UndefinedBehaviorSanitizer
#   lint     the rules of the house
#   cli, stories    isle as a user has it
#   engines  podman, buildah, containerd and docker with isle as their OCI runtime
# A job is one of the first three or a bats file.  As many run at a time as there are processors, or as JOBS says; what one
# said is shown when it has ended.  Lint, the build for asan and the like take the processor time that the others leave.
# BUILD names the build directory.  With CI or ISLE_MUST_WORK set, a skip that is not in tests/skips.txt is a failure.
# With DEPS=yes the packages that the tests need are installed while isle is built, which needs those of the build.
set -eu
cd "$(dirname "$0")/.."

build=${BUILD:-build}
asan=$build-asan
jobs=${JOBS:-$(nproc)}
# What is only in memory isn't part of "host", and keeps files of any size.
[ "$(stat -f -c %T /tmp)" != tmpfs ] || export TMPDIR="${TMPDIR:-/var/tmp}"
threads=1 # of a meson test
low=      # what makes a command give way
begin=$(date +%s)
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
trap 'exit 130' INT TERM

# A heading, with the time since the beginning.
say() {
	printf '\n==== %s (at %d s) ====\n' "$*" $(($(date +%s) - begin))
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
			return 1
		}
	fi
}

# What is read before it is written is always odd, so that it shows.
build_asan() {
	configure "$asan" -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 \
		-Dc_args=-ftrivial-auto-var-init=pattern
	$low ninja -C "$asan" meson-test-prereq
}

# Runs the meson suites $3... of directory $1 and keeps the log as $2.
run_meson() {
	dir=$1 name=$2
	shift 2
	suites=
	for suite in "$@"; do suites="$suites --suite $suite"; done
	# shellcheck disable=SC2086 # lists of words
	as_root $low meson test -C "$dir" --no-rebuild --num-processes "$threads" --timeout-multiplier 8 --logbase "$name" $suites || true
	give_back "$dir/meson-logs"
	cp "$dir/meson-logs/$name.json" "$results/$name.json"
}

run_asan() {
	until [ -e "$results/asan-built" ]; do sleep 0.2; done
	[ "$(cat "$results/asan-built")" = 0 ] || return 1
	export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
	export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
	run_meson "$asan" asan unit fuzz
}

# Runs the bats file tests/$1.bats.  One that hangs is ended: the plan then tells what did not run.
run_bats() {
	as_root env "ISLE=$PWD/$build/isle" "BUILD=$PWD/$build" timeout --kill-after=20 900 \
		bats --tap --timing "tests/$1.bats" 2>&1 | tee "$results/$(echo "$1" | tr / -).tap"
}

# Makes the Debian root of the stories, which wait for it (tests/lib/isle.bash); they tell if there is none.
debian_root() {
	# shellcheck disable=SC2086 # a list of words
	as_root $low env "ISLE=$PWD/$build/isle" "ISLE_TEST_CACHE=$PWD/$build/test-cache" bash -c \
		'bats_require_minimum_version() { :; }; . tests/lib/isle.bash; debian_root' >"$results/debian.log" 2>&1 || true
}

# Runs the job $1 and shows what it said.  One that could not be run is a failure.
job() {
	title=$1
	name=$(echo "$1" | tr / -)
	started=$(date +%s)
	case $1 in
	units) set -- run_meson "$build" units unit fuzz ;;
	asan) set -- run_asan ;;
	lint) set -- run_meson "$build" lint lint ;;
	*) set -- run_bats "$1" ;;
	esac
	"$@" >"$results/$name.log" 2>&1 7<&- 8>&- || printf '1..1\nnot ok 1 it could not be run\n' >"$results/$name-itself.tap"
	flock 8
	say "$title: $(($(date +%s) - started)) s"
	cat "$results/$name.log"
	flock -u 8
}

# Takes the jobs from the queue at descriptor 7, one after the other; 8 is for the lock of what all workers share.
work() {
	while flock 8 && read -r next <&7; do
		flock -u 8
		job "$next"
	done
	flock -u 8
}

# What gives way to the jobs: what some of them need later, and lint.
work_aside() { # SUITES...
	low='nice -n 19'
	case " $* " in *' asan '*)
		status=0
		build_asan >"$results/asan-build.log" 2>&1 || status=1
		[ "$status" = 0 ] || cat "$results/asan-build.log"
		echo "$status" >"$results/asan-built"
		;;
	esac
	case " $* " in *' stories '*) debian_root ;; esac
	case " $* " in *' lint '*) job lint ;; esac
}

# Which sleep most comes first, what is short last.
[ $# -gt 0 ] || set -- units engines cli asan stories lint
for suite in "$@"; do
	case $suite in
	units | asan) echo "$suite" ;;
	lint) ;;
	cli | stories | engines) find "tests/$suite" -name '*.bats' | sort | sed 's|^tests/\(.*\)\.bats$|\1|' ;;
	*)
		echo "test.sh: there is no suite \"$suite\" (units, asan, lint, cli, stories, engines)" >&2
		exit 2
		;;
	esac
done >"$results/queue"
[ $# -gt 1 ] || threads=$jobs

installing=
if [ "${DEPS:-no}" = yes ]; then
	scripts/deps.sh test >"$results/deps.log" 2>&1 &
	installing=$!
fi
say build
configure "$build"
ninja -C "$build" all meson-test-prereq
if [ -n "$installing" ]; then
	say packages
	wait "$installing" || {
		cat "$results/deps.log"
		exit 1
	}
fi

say jobs
exec 7<"$results/queue"
workers=
trap 'kill $workers 2>/dev/null; rm -rf "$results"' EXIT
for _ in $(seq "$jobs"); do
	work 8>"$results/lock" &
	workers="$workers $!"
done
work_aside "$@" 7<&- 8>"$results/lock" &
workers="$workers $!"
wait
trap 'rm -rf "$results"' EXIT
exec 7<&-
python3 scripts/tally.py "$results"
