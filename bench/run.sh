#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh: prints what a start costs with isle and with others (bench/README.md says how each number is made).
# From the environment: BUILD; BWRAP, CRUN, RUNC (paths of those programs); ROUNDS.
set -eu
cd "$(dirname "$0")/.."

build=${BUILD:-build}
isle=$PWD/$build/isle
bwrap=${BWRAP:-$(command -v bwrap || true)}

ninja -C "$build" bench-programs >/dev/null
# The probe must be where every container finds it, whoever its user is.
dir=$(mktemp --directory --tmpdir=/var/tmp)
box='' lived_in='' pool=''
clean() {
	[ -z "$pool" ] || "$isle" --root "$dir/run" --data "$dir/data" pool stop bench
	[ -z "$box" ] || "$isle" rm -f "$box" >/dev/null
	[ -z "$lived_in" ] || kill -KILL "$lived_in"
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 130' INT TERM
chmod 755 "$dir"
probe=$dir/probe
cp "$build/bench/probe" "$probe"

# An OCI bundle for runtime $1, with the namespaces and mounts of its own default.
bundle() { # PROGRAM DIRECTORY
	mkdir -p "$2/rootfs"
	cp "$probe" "$2/rootfs/probe"
	(cd "$2" && "$1" spec)
	python3 -c '
import json, sys
spec = json.load(open(sys.argv[1]))
spec["process"].update(args=["/probe"], terminal=False)
json.dump(spec, open(sys.argv[1], "w"))' "$2/config.json"
}

set -- isle "$isle" run --rm --net none host "$probe"
if [ -n "$bwrap" ]; then
	set -- "$@" -- bwrap "$bwrap" --unshare-all --ro-bind / / --proc /proc --dev /dev --tmpfs /tmp "$probe"
else
	echo 'bwrap: not there (BWRAP=PATH names one)'
fi
set -- "$@" -- unshare unshare --mount --uts --ipc --net --pid --fork "$probe"
set -- "$@" -- 'clone3 and execve' "$build/bench/floor" "$probe"
for name in crun runc; do
	case $name in
	crun) path=${CRUN:-} variable=CRUN ;;
	runc) path=${RUNC:-} variable=RUNC ;;
	esac
	if [ -z "$path" ]; then
		echo "$name: not asked for ($variable=PATH adds it)"
	elif ! bundle "$path" "$dir/$name"; then
		echo "$name: $path makes no bundle"
	elif "$path" run --bundle "$dir/$name" "isle-bench-$name-$$" >/dev/null; then
		set -- "$@" -- "$name" "$path" run --bundle "$dir/$name" "isle-bench-$name-$$"
	else
		echo "$name: $path cannot run a container here"
	fi
done

echo "$(uname -sr), $(nproc) processors, ${ROUNDS:-200} rounds, $("$isle" --version)"
"$build/bench/bench" "${ROUNDS:-200}" "$@"

# A pool, whose islands have nothing but the probe.
mkdir -p "$dir/pool/tmp"
cp "$probe" "$dir/pool/probe"
mkdir -m 700 "$dir/run" "$dir/data"
if "$isle" --root "$dir/run" --data "$dir/data" pool serve -d --rm --net none bench "$dir/pool" /probe; then
	pool=yes
	echo
	"$build/bench/bench-pool" "${ROUNDS:-200}" "$dir/pool" "$build/bench/chroot" "$isle" "$dir/run" "$dir/data" bench
	"$isle" --root "$dir/run" --data "$dir/data" pool ls
	"$isle" --root "$dir/run" --data "$dir/data" pool stop bench
	pool=
fi

# The tools, each against util-linux's with the same words: the ratio of the second line is isle's to theirs.
pair() { # NAME TOOL WORDS...
	name=$1 tool=$2
	shift 2
	"$build/bench/bench" "${ROUNDS:-200}" "$name" "$tool" "$@" "$probe" -- "isle $name" "$isle" "$tool" "$@" "$probe" |
		tail -n +2
}

if [ "$(id -u)" = 0 ]; then
	echo
	unshare --version
	for words in '' ' -m' ' -u' ' -i' ' -n' ' -p' ' -f' ' -m -u -i -n -p -f'; do
		# shellcheck disable=SC2086 # words
		pair "unshare$words" unshare $words
	done
	# Namespaces to enter: those of the sleep inside.
	unshare --mount --uts --ipc --net --pid --fork --kill-child sleep 1000 &
	lived_in=$!
	until inside=$(pgrep -P "$lived_in" -x sleep); do sleep 0.05; done
	for words in ' -u' ' -m -u -i -n -p'; do
		# shellcheck disable=SC2086 # words
		pair "nsenter$words" nsenter -t "$inside" $words
	done
	kill -KILL "$lived_in"
	lived_in=
fi

# The monitor of a container in the background, once it has settled.
box=$("$isle" run -d --net none host sleep 1000)
sleep 2
monitor=$("$isle" inspect "$box" | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["state"]["ownerPid"])')
echo
awk '/^Pss:/ { print "memory of a monitor: " $2 " KiB PSS" }' "/proc/$monitor/smaps_rollup"
