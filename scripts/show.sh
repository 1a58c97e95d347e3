#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# show.sh ISLE: runs the same small program here and on an island made from this machine, and puts side by side what the two
# can see and do.  Changes nothing on the machine; ends with 1 if the island could do what it must not.
set -eu

isle=$1
mark=/etc/isle-was-here
tab=$(printf '\t')

# The small program, of shell and coreutils alone: each line is "question TAB answer".  $1: a process of this machine,
# $2: what to put before mount, $3: the file to write.
# shellcheck disable=SC2016 # it is expanded where it runs
probe='
say() { printf "%s\t%s\n" "$1" "$2"; }
yes_no() { if eval "$2" >/dev/null 2>&1; then say "$1" yes; else say "$1" no; fi; }
process=$1 mount=$2 mark=$3
set -- /proc/[0-9]*
say "host name" "$(cat /proc/sys/kernel/hostname)"
say "its own pid" "$$"
say "processes it sees" "$#"
say "mounts it sees" "$(grep -c . /proc/self/mounts)"
say "network interfaces" "$(sed -n "s/^ *\([^ :]*\):.*/\1/p" /proc/net/dev | sort | head -4 | tr "\n" " ")"
say "its cgroup" "$(tail -n 1 /proc/self/cgroup | cut -d: -f3 | cut -c 1-24)"
say "its user" "$(id -un 2>/dev/null || id -u) ($(id -u))"
say "who that is to the kernel" "$(read -r _ host _ </proc/self/uid_map; echo "uid $((host + $(id -u)))")"
yes_no "read the password hashes" "cat /etc/shadow"
yes_no "signal a process of the machine" "kill -0 $process"
yes_no "mount a file system" "$mount mount -t tmpfs none /mnt"
yes_no "write a file into /etc" "echo x >$mark"
for ns in /proc/self/ns/*; do case $ns in *_for_children) ;; *) say "ns" "$(readlink "$ns")" ;; esac; done
'

sleep 600 &
process=$!
dir=$(mktemp -d)
trap 'kill "$process" 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

# Here the mount is tried in a private mount namespace, and the write on a scratch file: nothing of the machine changes.
sh -c "$probe" sh "$process" 'unshare -m' "$([ -w /etc ] && echo "$dir/mark" || echo "$mark")" >"$dir/here"
"$isle" run --rm host sh -c "$probe" sh "$process" '' "$mark" >"$dir/island"

bold='' red='' green='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') red=$(printf '\033[31m') green=$(printf '\033[32m') plain=$(printf '\033[0m')
fi

printf '%s$ isle run --rm host sh -c ...%s\n\n' "$bold" "$plain"
printf '%s%-34s%-28s%s%s\n' "$bold" 'the same program' 'on this machine' 'on the island' "$plain"
bad=0
while IFS="$tab" read -r question here && IFS="$tab" read -r _ island <&3; do
	colour=
	case $question in
	ns) continue ;;
	read* | signal* | mount\ a*)
		colour=$green
		[ "$island" = no ] || bad=1 colour=$red
		;;
	esac
	printf '%-34s%-28s%s%s%s\n' "$question" "$here" "$colour" "$island" "$plain"
done <"$dir/here" 3<"$dir/island"

shared=$(grep '^ns' "$dir/here" | grep -cFxf - "$dir/island") || true
all=$(grep -c '^ns' "$dir/island")
printf '%-34s%-28s%s of %s\n' 'namespaces of its own' '' "$((all - shared))" "$all"
if [ -e "$mark" ]; then
	bad=1
	printf '\n%s%s is on this machine now: the island was not closed.%s\n' "$red" "$mark" "$plain"
else
	printf '\nThe file that it wrote into /etc went with the island: there is no %s here.\n' "$mark"
fi
[ $bad = 0 ] && printf 'Next: %s run -it --rm host bash     %s --help\n' "$isle" "$isle"
exit $bad
