#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A second container in the network of the first: docker run -d --name=web --net=container:db, as the seed has it.
# shellcheck disable=SC2016,SC2030,SC2031 # the programs of containers are in single quotes; 'run' is known

load ../lib/isle

setup_file() { isle_setup_file; }
teardown_file() { isle_teardown_file; }
teardown() { isle_teardown; }

# A server that says its name to whoever asks at port $1.
server='use Socket; socket(S, AF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
bind(S, pack_sockaddr_in($ARGV[0], INADDR_LOOPBACK)) or die "bind: $!"; listen(S, 5); print "up\n"; $| = 1; print "";
while (accept(C, S)) { print C "this is $ARGV[1]\n"; close C }'

up() {
	isle logs "$1" | grep -q '^up'
}

# Asks from container $1 at port $2.
ask() {
	isle exec "$1" bash -c "cat </dev/tcp/127.0.0.1/$2"
}

together() { # ROOT
	local db web kind

	isle run -d --name db "$1" perl -e "$server" 5432 db
	isle run -d --name web --net container:db "$1" perl -e "$server" 8080 web
	isle run -d --name stranger "$1" sleep 100
	wait_for up db
	wait_for up web
	db=$(pid_of db) web=$(pid_of web)
	# ls -lha /proc/$PID/ns/ | grep net, as it stands there.
	# shellcheck disable=SC2010,SC2012 # ls is the story
	[ "$(ls -lha "/proc/$db/ns/" | grep ' net ' | sed 's/.*-> //')" = \
		"$(ls -lha "/proc/$web/ns/" | grep ' net ' | sed 's/.*-> //')" ]
	for kind in cgroup ipc mnt pid time uts; do
		[ "$(ns_of "$db" "$kind")" != "$(ns_of "$web" "$kind")" ]
	done
	[ "$(ask web 5432)" = "this is db" ]
	[ "$(ask db 8080)" = "this is web" ]
	# Nobody else gets there, not even the machine.
	run ask stranger 5432
	[ "$status" -ne 0 ]
	run bash -c 'cat </dev/tcp/127.0.0.1/5432'
	[[ $output != *"this is db"* ]]
	# Still they do not see each other's processes or files.
	[ "$(isle exec web sh -c 'ls -d /proc/[0-9]*' | wc -l)" -le 3 ]
	isle exec db touch /tmp/of-db
	run isle exec web ls /tmp/of-db
	[ "$status" -ne 0 ]
}

@test "--net container:db: equal net inodes, everything else apart, and both serve on one 127.0.0.1" {
	on_each_root together
}

outlives() { # ROOT
	local db

	db=$(isle run -d --name db "$1" sleep 100)
	isle run -d --name web --net container:db "$1" perl -e "$server" 8080 web
	wait_for up web
	isle rm -f db
	# The network lives as long as somebody is in it.
	[ "$(ask web 8080)" = "this is web" ]
	isle stop -t 0 web
	run isle start web
	[ "$status" -eq 125 ]
	[[ $output == *"$db"* ]]
	run isle run --rm --net container:db "$1" true
	[ "$status" -eq 125 ]
	# Where there is no such name it may be the beginning of an id: one in 256 times web's.
	[[ $output == *db* || $output == *web* ]]
}

@test "the network outlives its first container, and a start without it says why not" {
	on_each_root outlives
}

kinds() { # ROOT
	# Alone there is a loopback, which is up, and nothing else.
	[ "$(isle run --rm "$1" sh -c 'ls /sys/class/net')" = lo ]
	[ "$(isle run --rm --net none "$1" sh -c 'tail -n +3 /proc/net/dev | wc -l')" -eq 1 ]
	isle run --rm "$1" bash -c '! : </dev/tcp/127.0.0.1/9' 2>&1 | grep -q refused
	[ "$(isle run --rm --net host "$1" readlink /proc/self/ns/net)" = "$(ns_of self net)" ]
	isle run -d --name db "$1" sleep 100
	[ "$(isle run --rm --net "ns:/proc/$(pid_of db)/ns/net" "$1" readlink /proc/self/ns/net)" = "$(ns_of "$(pid_of db)" net)" ]
	# Names are resolved as on the machine where the network is the machine's.
	if [ -e /etc/hosts ]; then
		diff <(isle run --rm --net host --hostname localhost "$1" cat /etc/hosts) /etc/hosts
	fi
	isle run --rm --net host --hostname github "$1" getent hosts github
	[ "$(isle run --rm --net host "$1" cat /etc/resolv.conf)" = "$(cat /etc/resolv.conf)" ]
}

@test "a machine without /etc/hosts: a container has one all the same, also with --read-only" {
	local etc=$BATS_TEST_TMPDIR/etc option

	# In a mount namespace of our own: /etc is a copy there.
	for option in --net=none --net=host; do
		run unshare --mount --propagation private bash -c '
			mkdir "$1" && mount -t tmpfs -o mode=755 tmpfs "$1" && cp -a /etc/. "$1" && rm -f "$1/hosts" &&
				mount --bind "$1" /etc && [ ! -e /etc/hosts ] &&
				isle run --rm --read-only -h github "$2" host sh -c "cat /etc/hosts; echo x >/etc/new"' bash "$etc" "$option"
		rmdir "$etc"
		[[ $output == *127.0.0.1*localhost*127.0.1.1*github* ]]
		[[ $output == *"/etc/new: Read-only file system"* ]]
	done
}

@test "a machine that covers part of its /sys, as containers do: what is left of it shows inside, not the image's" {
	# In a mount namespace of our own.  The kernel then makes no new one; the container's root is entered by the time.
	run unshare --mount --propagation private sh -c 'mount -t tmpfs tmpfs /sys/firmware &&
		isle run --rm host sh -c "ls /sys; ls -A /sys/firmware | wc -l; touch /sys/new"'
	echo "$output"
	[[ $output == block*kernel*0*"Read-only file system"* ]]
}

@test "a root that can only be read and lacks the files for /etc: that is said once, and the rest works" {
	local root=$BATS_TEST_TMPDIR/root

	run unshare --mount --propagation private bash -c '
		mkdir "$1" && mount -t tmpfs tmpfs "$1" && mkdir "$1"/{bin,etc,proc,sys,dev,tmp} &&
			cp "$(command -v busybox)" "$1/bin/busybox" && ln -s busybox "$1/bin/sh" && mount -o remount,ro "$1" &&
			isle run --rm --rw "$1" sh -c "echo up"' bash "$root"
	rmdir "$root"
	[ "$status" -eq 0 ]
	[ "$(grep -c "can't be added" <<<"$output")" -eq 1 ]
	[[ $output == *"lacks /etc/hostname, /etc/hosts, /etc/resolv.conf"* && ${lines[-1]} == up ]]
}

@test "--net none, host and ns:PATH" {
	on_each_root kinds
}

the_rest() { # ROOT
	local kind

	isle run -d --name db "$1" sleep 100
	isle run -d --name web --pid container:db --ipc container:db --uts container:db "$1" sleep 200
	for kind in pid ipc uts; do
		[ "$(ns_of "$(pid_of db)" "$kind")" = "$(ns_of "$(pid_of web)" "$kind")" ]
	done
	isle exec web ps -eo args | grep -qx 'sleep 100'
	isle exec db sh -c 'echo hello >/dev/shm/word'
	[ "$(isle exec web uname -n)" = "$(isle exec db uname -n)" ]
	# The end of the first one ends the second, whose processes are in there.
	isle kill db
	isle wait web
}

@test "--pid, --ipc and --uts are shared in the same way" {
	on_each_root the_rest
}
