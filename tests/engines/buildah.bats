#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Buildah on isle's OCI runtime, as root and as a plain user: images made from nothing, and commands run in what
# becomes one.

load ../lib/engines

setup_file() { engines_setup_file; }
teardown_file() { engines_teardown_file; }

teardown() {
	inside buildah rm -a >/dev/null
	inside buildah rmi -fa >/dev/null
	inside_as one buildah rm -a >/dev/null
	inside_as one buildah rmi -fa >/dev/null
	engines_left_nothing 'catatonit -P|podman pause'
}

buildah() {
	inside buildah "$@"
}

# A working container named $2 of the user $1, with busybox in it.
working() {
	inside_as_or_root "$1" buildah from --name "$2" scratch
	inside_as_or_root "$1" buildah add "$2" "$WORLD/image.tar" / >/dev/null
	inside_as_or_root "$1" buildah config --env PATH=/bin:/usr/bin "$2"
}

inside_as_or_root() { # USER COMMAND...
	if [ "$1" = root ]; then
		inside "${@:2}"
	else
		inside_as "$@"
	fi
}

# Run with the runtime: root's and rootless buildah do the same.
run_in() { # USER
	working "$1" work
	[ "$(build "$1" run work echo hello)" = hello ]
	run -7 build "$1" run work sh -c 'exit 7'
	run ! build "$1" run work no-such-program
	[[ ${output,,} =~ 'not found'|'no such file' ]]
	[ "$(build "$1" run --user web --workingdir /home --env COLOUR=red work \
		sh -c 'echo "$(id -u) $PWD $COLOUR"')" = '33 /home red' ]
	build "$1" run work sh -c 'echo kept >/note'
	[ "$(build "$1" run work cat /note)" = kept ]
	build "$1" commit -q work kept >/dev/null
	build "$1" from --name again kept
	[ "$(build "$1" run again cat /note)" = kept ]
}

build() { # USER BUILDAH-COMMAND OPTIONS...
	local options=()

	if [ "$2" = run ]; then
		options=(--runtime "$OCI_RUNTIME" --isolation "${ISOLATION:-oci}")
	fi
	# Debian's buildah asks netavark for a bridge, which a plain user cannot have.
	if [ "$1$2" = onerun ]; then
		options+=(--network host)
	fi
	inside_as_or_root "$1" buildah "$2" "${options[@]}" "${@:3}"
}

@test "from, run, commit" {
	run_in root
}

@test "from, run, commit as a plain user, isolation oci" {
	run_in one
}

@test "… and isolation rootless" {
	ISOLATION=rootless run_in one
}

@test "run: a terminal, input, volumes, networks, capabilities" {
	working root work
	run -0 inside python3 "$TERM_PY" size=33x111 -- \
		buildah run --runtime "$OCI_RUNTIME" -t work sh -c "$TELL_TERMINAL"
	[[ $output =~ /dev/pts/0 ]]
	[[ $output =~ '33 111' ]]
	[ "$(echo typed | build root run work cat)" = typed ]
	inside mkdir -p /run/shelf
	inside sh -c 'echo apples >/run/shelf/stock'
	[ "$(build root run -v /run/shelf:/shelf:ro work cat /shelf/stock)" = apples ]
	run ! build root run -v /run/shelf:/shelf:ro work touch /shelf/new
	[ "$(build root run --network none work ls /sys/class/net)" = lo ]
	build root run --network host work true
	[[ $(build root run --cap-drop all work grep CapEff /proc/self/status) =~ 0000000000000000 ]]
	[[ $(build root run --cap-add CAP_NET_ADMIN work grep CapEff /proc/self/status) =~ [1357]...$ ]]
}

@test "a Dockerfile" {
	inside mkdir -p /run/context
	inside sh -c 'cat >/run/context/Dockerfile; cp "$1" /run/context/' sh "$WORLD/image.tar" <<-'END'
		FROM scratch
		ADD image.tar /
		ENV COLOUR=red PATH=/bin
		WORKDIR /work
		RUN echo "$COLOUR" >note && id -u >>note
		USER web
		RUN id -u >/tmp/who
		CMD ["cat", "note", "/tmp/who"]
	END
	inside buildah build -q --isolation oci --runtime "$OCI_RUNTIME" -t made /run/context >/dev/null
	[ "$(inside podman run --rm made | paste -sd' ')" = 'red 0 33' ]
	inside rm -r /run/context
}

@test "a RUN that fails ends the build with its status" {
	inside mkdir -p /run/context
	inside sh -c 'cat >/run/context/Dockerfile; cp "$1" /run/context/' sh "$WORLD/image.tar" <<-'END'
		FROM scratch
		ADD image.tar /
		RUN ["/bin/sh", "-c", "exit 42"]
	END
	run -42 inside buildah build --isolation oci --runtime "$OCI_RUNTIME" -t made /run/context
	inside rm -r /run/context
}
