# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of podman share: podman in the file's world, with an image called box.
#
#     load ../lib/podman
#     setup_file() { podman_setup_file [USER...]; }       # root, or users of the world
#     teardown_file() { engines_teardown_file; }
#     teardown() { podman_teardown; }                     # removes everything, and fails where something is left
#
# 'podman' is that of the first user.

load ../lib/engines

podman_setup_file() {
	local user

	engines_setup_file
	PODMAN_USERS=${*:-root}
	export PODMAN_USERS
	for user in $PODMAN_USERS; do
		podman_of "$user" import -q --change 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin' "$WORLD/image.tar" box
	done
}

# podman_of USER ARGUMENT...
podman_of() {
	if [ "$1" = root ]; then
		inside podman "${@:2}"
	else
		inside_as "$1" podman "${@:2}"
	fi
}

podman() {
	podman_of "${PODMAN_USERS%% *}" "$@"
}

podman_teardown() {
	local user

	for user in $PODMAN_USERS; do
		podman_of "$user" pod rm -fa -t 0 >/dev/null
		podman_of "$user" rm -fa -t 0 >/dev/null
		podman_of "$user" volume rm -fa >/dev/null
	done
	# What holds a plain user's namespaces stays until he logs out.
	engines_left_nothing 'aardvark-dns|catatonit -P|podman pause'
}

# Skips where no pod begins, whatever the runtime: on v2 podman 4.3 as root makes its group by a library that forbids
# the group every device.
needs_pods() {
	if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] && [[ $(podman --version) == *' 4.3.'* ]]; then
		skip "podman 4.3 begins no pod as root with cgroupfs on v2"
	fi
}

# A member of what podman inspect tells of container $1: inspected db .State.Pid
inspected() {
	podman inspect --format "{{$2}}" "$1"
}

is_in_state() { # CONTAINER STATE
	[ "$(inspected "$1" .State.Status)" = "$2" ]
}

logs_have() { # CONTAINER LINE
	podman logs "$1" 2>&1 | grep -qxF "$2"
}

# Starts a web server called web with podman's options $1...; it answers "welcome".
web_server() {
	podman run -d --name web "$@" box \
		sh -c 'mkdir /www; echo welcome >/www/index.html; exec httpd -f -p 80 -h /www'
}
