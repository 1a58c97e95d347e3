#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The host name: a container has its own, and whatever it does to it, the machine's stays.
# shellcheck disable=SC2016,SC2030,SC2031 # the programs of containers are in single quotes; 'run' is known

load ../lib/isle

setup_file() { isle_setup_file; }
teardown_file() { isle_teardown_file; }
setup() { MACHINE=$(uname -n); }
teardown() {
	[ "$(uname -n)" = "$MACHINE" ] || echo "the machine's host name is now $(uname -n)" >&2
	isle_teardown
	[ "$(uname -n)" = "$MACHINE" ]
}

own_name() { # ROOT
	local id

	[ "$(isle run --rm --hostname github "$1" hostname)" = github ]
	[ "$(isle run --rm -h github --domainname example.org "$1" cat /proc/sys/kernel/domainname)" = example.org ]
	[ "$(isle run --rm -h github "$1" cat /etc/hostname)" = github ]
	# It is found by its own name, too.
	[[ $(isle run --rm -h github "$1" getent hosts github) == 127.0.*github ]]
	id=$(isle run -d --name nameless "$1" sleep 100)
	[ "$(isle exec nameless uname -n)" = "${id:0:12}" ]
	[ "$(ns_of "$(pid_of nameless)" uts)" != "$(ns_of self uts)" ]
}

@test "a container has a host name of its own: the one asked for, or the beginning of its id" {
	on_each_root own_name
}

changed_inside() { # ROOT
	# By default nobody inside may change it.
	run isle run --rm -h before "$1" sh -c 'hostname after; uname -n'
	[ "${lines[-1]}" = before ]
	# Root of the container may where it was given the right, and only his own name changes.
	run isle run --rm -h before --cap-add SYS_ADMIN "$1" sh -c 'hostname after && uname -n'
	[ "$status" -eq 0 ]
	[ "$output" = after ]
	run isle run --rm -h before --privileged "$1" sh -c 'hostname after && uname -n'
	[ "$output" = after ]
	[ "$(uname -n)" = "$MACHINE" ]
}

@test "hostname NAME inside works only for a root with that right, and only inside" {
	on_each_root changed_inside
}

shared_name() { # ROOT
	[ "$(isle run --rm --uts host "$1" uname -n)" = "$MACHINE" ]
	# The machine's own name is no root's of a container, whatever he was given.
	run isle run --rm --uts host --cap-add SYS_ADMIN "$1" hostname stolen
	[ "$status" -ne 0 ]
	[ "$(uname -n)" = "$MACHINE" ]
	run isle run --rm --uts host --hostname other "$1" true
	[ "$status" -eq 125 ]
	isle run -d --name first -h shared "$1" sleep 100
	[ "$(isle run --rm --uts container:first "$1" uname -n)" = shared ]
}

@test "--uts host shows the machine's name, and container:NAME another's" {
	on_each_root shared_name
}

@test "the seed's own words work next to isle: unshare --uts, hostname, exit" {
	run unshare --uts sh -c 'hostname github; hostname'
	[ "$output" = github ]
	[ "$(isle run --rm --privileged --userns host host unshare --uts sh -c 'hostname github; hostname')" = github ]
	[ "$(uname -n)" = "$MACHINE" ]
}
