#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# oci.sh: prints what a container costs under isle and other OCI runtimes (bench/README.md says how each number is made).
# From the environment: BUILD; CRUN, RUNC (paths of those programs); ROUNDS; SECCOMP (a profile in the engines' format).
set -eu
cd "$(dirname "$0")/.."

. bench/view.sh

# The runtimes that there are, as words of the two programs that measure.
runtimes() { # WORDS BEHIND THE NAME...
	words="isle $isle oci $*"
	[ -z "${CRUN:-}" ] || words="$words -- crun $CRUN $*"
	[ -z "${RUNC:-}" ] || words="$words -- runc $RUNC $*"
	echo "$words"
}

echo
echo "run, the default config:"
bundle "$dir/plain" /probe
# shellcheck disable=SC2046 # words
"$build/bench/bench" "${ROUNDS:-200}" $(runtimes run --bundle "$dir/plain" isle-bench)

profile=${SECCOMP:-/usr/share/containers/seccomp.json}
echo
if [ -e "$profile" ]; then
	echo "run, with the filter of $profile:"
	PROFILE=$(realpath "$profile") bundle "$dir/filtered" /probe
	# shellcheck disable=SC2046
	"$build/bench/bench" "${ROUNDS:-200}" $(runtimes run --bundle "$dir/filtered" isle-bench)
else
	echo "run with a filter: $profile is not there (SECCOMP=PATH names another)"
fi

echo
echo "run, ${CROWD:-400} in all, 8 at once:"
# shellcheck disable=SC2046
"$build/bench/bench-crowd" "${CROWD:-400}" 8 $(runtimes run --bundle "$dir/plain" %)

echo
bundle "$dir/held" /probe hold
# shellcheck disable=SC2046
"$build/bench/bench-life" "${ROUNDS:-200}" "$dir/held" $(runtimes)

echo
echo "run, beside 1000 more mounts on the machine:"
mkdir /run/many
mount -t tmpfs tmpfs /run/many
for i in $(seq 1000); do
	mkdir "/run/many/$i"
	mount --bind "/run/many/$i" "/run/many/$i"
done
# shellcheck disable=SC2046
"$build/bench/bench" "${ROUNDS:-200}" $(runtimes run --bundle "$dir/plain" isle-bench)
