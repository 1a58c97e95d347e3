#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# oci.sh: prints what a container costs under isle and other OCI runtimes (bench/README.md says how each number is made).
# From the environment: BUILD; CRUN, RUNC (paths of those programs); ROUNDS; SECCOMP (a profile in the engines' format).
set -eu
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
	echo 'OCI runtimes: measured as root only'
	exit 0
fi
# What is mounted here nobody else sees.  Not every runtime can do with two kinds of control groups: v2 alone it is.
if [ -z "${ISLE_BENCH_INSIDE:-}" ]; then
	ISLE_BENCH_INSIDE=1 exec unshare --mount --propagation private -- "$0"
fi
if [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ]; then
	awk '$5 ~ "^/sys/fs/cgroup/" { print $5 }' /proc/self/mountinfo | sort -r | while read -r mount; do umount -l "$mount"; done
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
mount -t tmpfs tmpfs /run

build=${BUILD:-build}
ninja -C "$build" bench-programs >/dev/null
dir=$(mktemp -d /var/tmp/isle-bench.XXXXXX)
trap 'umount -l "$dir/ro" 2>/dev/null || true; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

isle=$PWD/$build/isle
mkdir "$dir/ro"
mount --bind "$build" "$dir/ro"
mount -o remount,bind,ro "$dir/ro"

# A bundle of isle's default config with the program $2..., and the filter of a profile, if SECCOMP names one.
bundle() { # DIRECTORY WORDS...
	mkdir -p "$1/rootfs"
	cp "$build/bench/probe" "$1/rootfs/probe"
	(cd "$1" && "$isle" oci spec && shift && PROFILE=${PROFILE:-} python3 - "$@" <<'PYTHON'
import json, os, sys
spec = json.load(open("config.json"))
spec["process"].update(args=sys.argv[1:], terminal=False)
spec["process"].pop("rlimits", None)
if os.environ["PROFILE"]:
    profile = json.load(open(os.environ["PROFILE"]))
    has = set(spec["process"]["capabilities"]["bounding"])
    def meant(rule):
        within, without = rule.get("includes") or {}, rule.get("excludes") or {}
        arches, none = within.get("arches") or ["amd64"], without.get("arches") or []
        return (set(within.get("caps") or []) <= has and not set(without.get("caps") or []) & has
                and "amd64" in arches and "amd64" not in none)
    keep = ("names", "action", "args", "errnoRet")
    spec["linux"]["seccomp"] = {
        "defaultAction": profile["defaultAction"], "defaultErrnoRet": profile.get("defaultErrnoRet", 1),
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": [{k: r[k] for k in keep if r.get(k) not in (None, [], "")} for r in profile["syscalls"] if meant(r)]}
json.dump(spec, open("config.json", "w"))
PYTHON
	)
}

# The runtimes that there are, as words of the two programs that measure.
runtimes() { # WORDS BEHIND THE NAME...
	words="isle $isle oci $* -- isle,read-only-file $dir/ro/isle oci $*"
	[ -z "${CRUN:-}" ] || words="$words -- crun $CRUN $*"
	[ -z "${RUNC:-}" ] || words="$words -- runc $RUNC $*"
	echo "$words"
}

for name in CRUN RUNC; do
	eval "path=\${$name:-}"
	[ -n "$path" ] || echo "$(echo "$name" | tr '[:upper:]' '[:lower:]'): not asked for ($name=PATH adds it)"
done

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
