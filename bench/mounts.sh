#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# mounts.sh: what a start costs beside 25, 40, 100 and 1000 mounts (bench/README.md says how each number is made).
# From the environment: BUILD; BWRAP, CRUN, RUNC (paths of those programs); ROUNDS.
set -eu
cd "$(dirname "$0")/.."

bwrap=${BWRAP:-$(command -v bwrap || true)}
. bench/view.sh

probe=$dir/probe
chmod 755 "$dir"
cp "$build/bench/probe" "$probe"
set -- isle "$isle" run --rm --net none host "$probe"
if [ -n "$bwrap" ]; then
	set -- "$@" -- bwrap "$bwrap" --unshare-all --ro-bind / / --proc /proc --dev /dev --tmpfs /tmp "$probe"
fi
mkdir /run/many
made=0
for mounts in 25 40 100 1000; do
	there=$(wc -l </proc/self/mountinfo)
	while [ "$there" -lt "$mounts" ]; do
		mkdir "/run/many/$made"
		mount -t tmpfs tmpfs "/run/many/$made"
		made=$((made + 1)) there=$((there + 1))
	done
	echo "isle run, beside $there mounts:"
	"$build/bench/bench" "${ROUNDS:-200}" "$@"
done
