# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# view.sh: where OCI runtimes are measured: a mount namespace of its own in which there is only cgroup v2, and an empty /run.
# To be read (". bench/view.sh") in the top directory, by a script that it begins anew in there; BUILD, CRUN and RUNC are the
# caller's.  Gives it: build, isle, dir (a directory that goes away with the script), memory_tree and bundle.

if [ "$(id -u)" != 0 ]; then
	echo 'OCI runtimes: measured as root only'
	exit 0
fi
# What is mounted here nobody else sees.  Not every runtime can do with two kinds of control groups: v2 alone it is.
if [ -z "${ISLE_BENCH_INSIDE:-}" ]; then
	ISLE_BENCH_INSIDE=1 exec unshare --mount --propagation private -- "bench/${0##*/}" "$@"
fi
build=${BUILD:-build}
isle=$PWD/$build/isle
dir=$(mktemp --directory --tmpdir=/var/tmp)
leave() {
	umount -l "$dir/memory" 2>/dev/null || true
	rm -rf --one-file-system "$dir"
}
trap leave EXIT
trap 'exit 130' INT TERM

# Where memory is counted: the tree of v2, or that of v1, which no runtime finds there.
memory_tree=/sys/fs/cgroup
mkdir "$dir/memory"
if [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ]; then
	# shellcheck disable=SC2034 # for who reads this
	mount --bind /sys/fs/cgroup/memory "$dir/memory" && memory_tree=$dir/memory
	awk '$5 ~ "^/sys/fs/cgroup/" { print $5 }' /proc/self/mountinfo | sort -r | while read -r mount; do umount -l "$mount"; done
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
mount -t tmpfs tmpfs /run
ninja -C "$build" bench-programs >/dev/null

# A bundle of isle's default config with the program $2..., and the filter of a profile, if SECCOMP names one.
bundle() { # DIRECTORY WORDS...
	mkdir -p "$1/rootfs"
	cp "$build/bench/probe" "$1/rootfs/probe"
	(cd "$1" && "$isle" oci spec && shift && PROFILE=${PROFILE:-} python3 - "$@" <<'PYTHON'
import json, os, sys
spec = json.load(open("config.json"))
spec["process"].update(args=sys.argv[1:], terminal=False)
spec["process"].pop("rlimits", None)
spec["ociVersion"] = "1.0.2"  # Debian 12's crun takes nothing newer
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

for name in CRUN RUNC; do
	eval "path=\${$name:-}"
	[ -n "$path" ] || echo "$(echo "$name" | tr '[:upper:]' '[:lower:]'): not asked for ($name=PATH adds it)"
done
