#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Who is who: ids inside and outside, and to whom files belong on either side.
# shellcheck disable=SC2016,SC2030,SC2031 # the programs of containers are in single quotes; 'run' is known

load ../lib/isle

setup_file() { isle_setup_file; }
teardown_file() { isle_teardown_file; }
teardown() { isle_teardown; }

# The uid of process $1 as the machine counts.
uid_of() {
	awk '/^Uid:/ { print $2 }' "/proc/$1/status"
}

maps() { # ROOT
	local pid inside outside count

	isle run -d --name db "$1" sleep 100
	pid=$(pid_of db)
	[ "$(isle exec db id -u)" = 0 ]
	read -r inside outside count <"/proc/$pid/uid_map"
	[ "$inside $count" = "0 65536" ]
	[ "$outside" -ge 100000 ]
	[ "$(uid_of "$pid")" = "$outside" ]
	# From inside the map looks the same, and it is final.
	[ "$(isle exec db awk '{ print $1, $2, $3 }' /proc/self/uid_map)" = "0 $outside 65536" ]
	run isle exec db sh -c 'echo 0 0 1 >/proc/self/uid_map'
	[ "$status" -ne 0 ]
	[ "$(ns_of "$pid" user)" != "$(ns_of self user)" ]
	[ "$(awk '{ print $1, $2, $3 }' "/proc/$pid/gid_map")" = "0 $outside 65536" ]
	[ "$(cat "/proc/$pid/setgroups")" = allow ]
}

@test "root inside is a nobody outside, and /proc/PID/uid_map tells which" {
	on_each_root maps
}

apart() { # ROOT
	local name outside
	local -A seen=()

	for name in one two three four; do
		isle run -d --name "$name" "$1" sleep 100
		read -r _ outside _ <"/proc/$(pid_of "$name")/uid_map"
		[ -z "${seen[$outside]:-}" ]
		[ $((outside % 65536)) -eq 0 ]
		seen[$outside]=$name
	done
	# Nor has a user of the machine an id in there.
	[ -z "$(awk -F: -v low=1879048192 '$3 >= low' /etc/passwd)" ]
}

@test "two containers have no id in common" {
	on_each_root apart
}

users() { # ROOT
	local pid outside

	[ "$(isle run --rm -u nobody "$1" id -un)" = nobody ]
	[ "$(isle run --rm -u nobody "$1" id -u)" = 65534 ]
	[ "$(isle run --rm -u 1234:4321 "$1" sh -c 'echo $(id -u) $(id -g)')" = "1234 4321" ]
	isle run -d --name shop -u nobody "$1" sleep 100
	pid=$(pid_of shop)
	read -r _ outside _ <"/proc/$pid/uid_map"
	[ "$(uid_of "$pid")" -eq $((outside + 65534)) ]
	[ "$(awk '/^CapEff/ { print $2 }' "/proc/$pid/status")" = 0000000000000000 ]
	[ "$(isle exec shop id -un)" = nobody ]
	[ "$(isle exec -u root shop id -un)" = root ]
	run isle run --rm -u nosuch "$1" true
	[ "$status" -eq 125 ]
	[[ $output == *nosuch* ]]
	run isle run --rm -u 70000 "$1" true
	[ "$status" -eq 125 ]
	[[ $output == *70000* ]]
}

@test "the user nobody is nobody inside, and an id of the container's range outside" {
	on_each_root users
}

volumes() { # ROOT
	local dir=$BATS_TEST_TMPDIR/volume

	rm -rf "$dir"
	mkdir "$dir"
	echo machine >"$dir/from-machine"
	chown 33:33 "$dir/from-machine"
	isle run --rm -v "$dir:/data" "$1" sh -ec '
		[ "$(stat -c %u:%g /data/from-machine)" = 33:33 ]
		echo root >/data/root
		mkdir /data/dir
		install -o nobody -g 33 -m 640 /etc/hostname /data/nobody'
	[ "$(stat -c %u:%g "$dir/root")" = 0:0 ]
	[ "$(stat -c %u:%g "$dir/dir")" = 0:0 ]
	[ "$(stat -c %u:%g:%a "$dir/nobody")" = 65534:33:640 ]
	# Another container, which has other ids on the machine, finds everything as it was left.
	[ "$(isle run --rm -v "$dir:/data" "$1" stat -c %u:%g /data/root /data/nobody | paste -sd' ')" = "0:0 65534:33" ]
	# Without the map of ids, files are strangers', and what is made there is nobody's of the machine.
	[ "$(isle run --rm -v "$dir:/data:noidmap" "$1" stat -c %u /data/root)" = 65534 ]
	# Read-only is read-only for root, too.
	run isle run --rm -v "$dir:/data:ro" "$1" touch /data/new
	[ "$status" -ne 0 ]
	[ ! -e "$dir/new" ]
}

@test "what is made through -v belongs to whom it should, on the machine and in the next container" {
	on_each_root volumes
}

owners() { # ROOT
	[ "$(isle run --rm "$1" stat -c %u:%g / /etc /etc/passwd /bin/su | sort -u)" = 0:0 ]
	[ "$(isle run --rm "$1" stat -c %U:%G /etc/shadow)" = root:shadow ]
	# What is written goes into the layer, under the ids of this container; the root below is as before.
	isle run --name writer "$1" sh -ec 'echo "a word" >>/etc/motd; chown nobody /etc/motd; mkdir /new; touch /new/file'
	[ "$(isle run --rm "$1" sh -c 'ls -d /new 2>/dev/null')" = "" ]
	run isle run --rm "$1" grep "a word" /etc/motd
	[ "$status" -ne 0 ]
	if [ "$1" = host ]; then
		[ ! -e /new/file ]
	else
		[ -z "$(find "$1" -xdev -uid +65535 -print -quit)" ]
		[ ! -e "$1/new" ]
	fi
}

@test "files of the root have their owners, and the root stays untouched" {
	on_each_root owners
}

@test "--read-only holds for directories of this machine that are file systems of their own" {
	# In a mount namespace of our own /srv is one.
	run unshare --mount --propagation private bash -c '
		mount -t tmpfs tmpfs /srv && touch /srv/there &&
			isle run --rm --read-only -v "$1:/srv/mine" host sh -c "
				ls /srv; touch /srv/mine/file /srv/new /new"' bash "$BATS_TEST_TMPDIR"
	echo "$output"
	[[ $output == *there* && $output == *"'/srv/new': Read-only file system"* && $output == *"'/new': Read-only file system"* ]]
	# What the user shares is as he said.
	[ -e "$BATS_TEST_TMPDIR/file" ]
}

shared_users() { # ROOT
	isle run -d --name db "$1" sleep 100
	isle run -d --name web --userns container:db "$1" sleep 100
	[ "$(ns_of "$(pid_of db)" user)" = "$(ns_of "$(pid_of web)" user)" ]
	# The map of the machine itself: root is root, bounded by his capabilities.
	[ "$(isle run --rm --userns host "$1" awk '{ print $1, $2, $3 }' /proc/self/uid_map)" = "0 0 4294967295" ]
}

@test "--userns shares ids on demand" {
	on_each_root shared_users
}

# What the caller keeps from others on the machine is no wish for the container: its directories are open to its own users.
callers_umask() { # ROOT
	local mask

	for mask in 077 000; do
		(umask "$mask" && isle run --rm --user 1000:1000 --tmpfs /made/deep "$1" \
			sh -c 'stat -c "%a %n" / /proc /dev /dev/pts /made; umask' >"$BATS_TEST_TMPDIR/out")
		[ "$(cat "$BATS_TEST_TMPDIR/out")" = "755 /
555 /proc
755 /dev
755 /dev/pts
755 /made
0022" ]
	done
}

@test "the caller's umask stays outside" {
	on_each_root callers_umask
}
