#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# idle.sh: prints what memory a container takes that does nothing, and what those leave that have ended (bench/README.md says
# how each number is made).
# From the environment: BUILD; CRUN, RUNC, CONMON (paths of those programs); IDLE and ENDED (how many containers of each kind).
set -eu
cd "$(dirname "$0")/.."

. bench/view.sh
conmon=${CONMON:-$(command -v conmon || true)}
many=${IDLE:-50}
group=$memory_tree/isle-bench-$$
mkdir -m 700 "$dir/run" "$dir/data" "$dir/exits"
bundle "$dir/held" /probe hold
end=true
trap '$end; rmdir "$group" 2>/dev/null || true; leave' EXIT

own_isle() {
	"$isle" --root "$dir/run" --data "$dir/data" "$@"
}
isle_begin() { # NUMBER
	own_isle run -d --net none "$dir/held/rootfs" /probe hold
}
isle_end() {
	own_isle rm -f -a >/dev/null
}
isle_ids() {
	own_isle ps -q --no-trunc
}
isle_supervisors() {
	isle_ids | xargs "$isle" --root "$dir/run" --data "$dir/data" inspect |
		python3 -c 'import json, sys; [print(box["state"]["ownerPid"]) for box in json.load(sys.stdin)]'
}

# As engines do it: a layer for each container, and conmon, which calls the runtime.
conmon_begin() { # NUMBER
	place=$dir/isle-bench-$1
	mkdir -p "$place/upper" "$place/work" "$place/rootfs"
	cp "$dir/held/config.json" "$place"
	mount -t overlay overlay -o "lowerdir=$dir/held/rootfs,upperdir=$place/upper,workdir=$place/work" "$place/rootfs"
	"$conmon" --cid "isle-bench-$1" --cuuid "isle-bench-$1" --runtime "$runtime" --bundle "$place" \
		--container-pidfile "$place/pid" --conmon-pidfile "$place/conmon" --log-path "k8s-file:$place/log" \
		--exit-dir "$dir/exits" --persist-dir "$place" --socket-dir-path "$place" --log-level error
	until [ -s "$place/pid" ]; do sleep 0.01; done
	"$runtime" start "isle-bench-$1"
}
conmon_ids() {
	(cd "$dir" && printf '%s\n' isle-bench-*)
}
conmon_end() {
	for id in $(conmon_ids); do
		"$runtime" delete --force "$id"
		while grep -q . "/proc/$(cat "$dir/$id/conmon")/cmdline" 2>/dev/null; do sleep 0.01; done
		umount "$dir/$id/rootfs"
		rm -rf "${dir:?}/$id"
	done
}
conmon_supervisors() {
	awk 1 "$dir"/isle-bench-*/conmon # each is one line without its end
}

# KiB of kernel memory charged to the control group $1 and those below it.
charged() {
	if [ -e "$1/memory.kmem.usage_in_bytes" ]; then
		echo $(($(cat "$1/memory.kmem.usage_in_bytes") / 1024))
	else
		awk '$1 == "kernel" { print int($2 / 1024) }' "$1/memory.stat"
	fi
}

# Puts the shell that calls it, and all that it begins, into the group.
enter() {
	sh -c 'echo $PPID >"$1/cgroup.procs"' sh "$group"
}

# Begins containers of KIND from within a group of their own, and tells what they and their supervisors take.
measure() { # NAME KIND
	mkdir "$group"
	(
		enter
		for i in $(seq "$many"); do "$2_begin" "$i" >/dev/null; done
	)
	end=$2_end
	sleep 3
	sum=$(charged "$group")
	# Those that got a group of their own in this tree.
	for id in $("$2_ids"); do
		own=$(find "$memory_tree" -type d -name "$id" ! -path "$group/*")
		[ -z "$own" ] || sum=$((sum + $(charged "$own")))
	done
	"$2_supervisors" | xargs -I {} cat /proc/{}/smaps_rollup |
		awk -v name="$1" -v sum="$sum" -v many="$many" '/^Pss:/ { pss += $2 }
			END { printf "%-30s  %10.0f  %10.0f\n", name, sum / many, pss / many }'
	"$2_end"
	end=true
	rmdir "$group"
}

echo
if ! grep -qs memory "$memory_tree/cgroup.subtree_control" && [ ! -e "$memory_tree/memory.kmem.usage_in_bytes" ]; then
	echo 'memory of idle containers: no control groups count it here'
	exit 0
fi
printf '%-30s  %10s  %10s\n' "KiB for each of $many" kernel supervisor
measure 'isle run' isle
if [ -n "$conmon" ]; then
	for runtime in "$isle-oci" ${CRUN:+"$CRUN"} ${RUNC:+"$RUNC"}; do
		measure "conmon and ${runtime##*/}" conmon
	done
else
	echo 'conmon: not there (CONMON=PATH names one)'
fi

# How many control groups and mounts there are.
groups() {
	find /sys/fs/cgroup -type d | wc -l
}
mounts() {
	wc -l </proc/self/mountinfo
}

# Runs WORDS one after the other, and tells what is there afterwards that wasn't before.
leave_behind() { # NAME WORDS...
	name=$1
	shift
	mkdir "$group"
	groups=$(groups) mounts=$(mounts)
	(
		enter
		for i in $(seq "$ended"); do "$@" >/dev/null; done
	)
	# The kernel frees namespaces a moment later, and what might be of use again only when it is asked to.
	for _ in 1 2 3; do
		sleep 1
		{ echo 0 >"$group/memory.force_empty" || echo 1G >"$group/memory.reclaim"; } 2>/dev/null || true
	done
	printf '%-30s  %10d  %10d  %10d\n' "$name" "$(charged "$group")" $(($(groups) - groups)) $(($(mounts) - mounts))
	rmdir "$group"
}

ended=${ENDED:-1000}
bundle "$dir/ended" /probe
echo
printf '%-30s  %10s  %10s  %10s\n' "left by $ended that ended" 'kernel KiB' groups mounts
leave_behind 'isle run' own_isle run --rm --net none "$dir/held/rootfs" /probe
for runtime in "$isle-oci" ${CRUN:+"$CRUN"} ${RUNC:+"$RUNC"}; do
	leave_behind "${runtime##*/}" "$runtime" run --bundle "$dir/ended" isle-bench-ended
done
