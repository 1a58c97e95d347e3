# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A docker of its own, in a world of engines.bash, with the runtime under test as its default, for tests.
#
#     load ../lib/docker
#     setup_file() { docker_setup_file; }
#     teardown_file() { engines_teardown_file; }
#     teardown() { docker_teardown; }
#
# The image "box" is busybox.

load ../lib/engines

# Starts the daemon, and makes the image.
docker_setup_file() {
	engines_setup_file
	# BuildKit wants a runc, whatever the default runtime is.
	printf '#!/bin/sh\nexec %s "$@"\n' "$OCI_RUNTIME" >"$WORLD/bin/runc"
	chmod 755 "$WORLD/bin/runc"
	inside env PATH="$WORLD/bin:/usr/sbin:/usr/bin:/sbin:/bin" dockerd --add-runtime "isle=$OCI_RUNTIME" --default-runtime isle \
		--oom-score-adjust 0 >"$WORLD/dockerd.log" 2>&1 &
	wait_for docker version
	docker import -c 'ENV PATH=/bin' -c 'CMD ["sh"]' - box <"$WORLD/image.tar"
}

# Removes every container, and fails where something of one is left.
docker_teardown() {
	local ids

	ids=$(docker ps -aq)
	# shellcheck disable=SC2086 # a list of words
	[ -z "$ids" ] || docker rm -fv $ids >&2
	engines_left_nothing 'dockerd|containerd'
}

# Debian's client, also where a newer one is in /usr/local.  One that hangs is ended.
docker() {
	inside timeout --foreground -s KILL 30 /usr/bin/docker "$@"
}

# What docker inspect tells of container $2 at $1, such as .State.Pid.
told() {
	docker inspect --format "{{$1}}" "$2"
}

is_told() {
	[ "$(told "$1" "$2")" = "$3" ]
}

logs_have() {
	[[ $(docker logs "$1" 2>&1) == *"$2"* ]]
}
