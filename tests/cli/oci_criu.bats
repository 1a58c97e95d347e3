#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# 'isle oci checkpoint' and 'restore' with a criu that knows the running kernel: one in the PATH, or in the directory CRIU.
# shellcheck disable=SC2154 # oci is set by oci_setup

load ../lib/isle
load ../lib/oci

setup_file() {
	isle_setup_file
	oci_setup_file
	PATH=${CRIU:+$CRIU:}$PATH:/usr/sbin
	export PATH
}

setup() {
	oci_setup
	criu check >/dev/null 2>&1 || skip "there is no criu that knows this kernel"
}

# A container c of bundle $T/b that counts in /dev/shm/n: counting [CHANGE]...
counting() {
	bundle "$T/b" "p['args'] = ['sh', '-c', 'cd /dev/shm; i=0; while :; do i=\$((i + 1)); echo \$i >new; mv new n; sleep 0.05; done']" \
		"add('/sys/fs/cgroup', 'cgroup', 'cgroup', safe + ['ro'])" "mount_at('/usr')['options'][0] = 'bind'" "$@"
	oci run --detach --bundle "$T/b" c </dev/null >/dev/null 2>&1 3>&-
	wait_for counted c 3
}

# How far container $1 has counted.
count_of() {
	oci exec "$1" cat /dev/shm/n
}

# Whether container $1 has counted to $2.
counted() {
	[ "$(count_of "$1")" -ge "$2" ]
}

# checkpoint, or restore, with images in $T/images and logs in $T/log, which are shown if it fails.
saved() {
	mkdir -p "$T/log"
	oci checkpoint --image-path "$T/images" --work-path "$T/log" "$@" || { grep -n Error "$T"/log/*.log; false; }
}

restored() {
	oci restore --detach --image-path "$T/images" --work-path "$T/log" --bundle "$T/b" "$@" </dev/null >/dev/null 2>"$T/err" 3>&- ||
		{ cat "$T/err"; grep -n Error "$T"/log/*.log; false; }
}

@test "a container is saved, ends, and goes on under another id" {
	local change

	for change in "" "l['namespaces'].append({'type': 'cgroup'})" "c['root']['readonly'] = True; c['hostname'] = 'other'"; do
		rm -rf "$T/images"
		counting "$change"
		before=$(count_of c)
		oci exec c cat /proc/self/mountinfo | cut -d ' ' -f 5 | sort >"$T/mounts"
		saved c
		run ! oci state c
		oci_nothing_left 'after checkpoint'
		restored d
		wait_for counted d $((before + 3))
		[ "$(count_of d)" -lt $((before + 1000)) ]
		[ "$(oci exec d cat /proc/sys/kernel/hostname)" = "$(grep -q other "$T/b/config.json" && echo other || echo oci)" ]
		oci exec d cat /proc/self/mountinfo | cut -d ' ' -f 5 | sort | diff "$T/mounts" -
		[ "$(oci exec d grep -v ^0:: /proc/1/cgroup)" = "$(oci exec d grep -v ^0:: /proc/self/cgroup)" ]
		oci pause d
		oci resume d
		oci delete --force d
		oci_nothing_left "$change"
	done
}

@test "--leave-running, and two lives from the same images" {
	counting "p['args'][2] = 'sleep 1000 & ' + p['args'][2]"
	saved --leave-running c
	before=$(count_of c)
	wait_for counted c $((before + 1))
	oci delete --force c
	for id in d e; do
		restored "$id"
		wait_for counted "$id" 5
		oci exec "$id" sh -c 'cat /proc/*/cmdline' | grep -aq 'sleep.1000'
		oci delete --force "$id"
	done
}

@test "--pre-dump, and a checkpoint with that as its parent" {
	criu check --feature mem_dirty_track >/dev/null 2>&1 || skip "this kernel does not track changes of memory"
	counting
	oci checkpoint --image-path "$T/parent" --pre-dump c
	counted c 1
	saved --parent-path ../parent c
	restored d
	wait_for counted d 5
}
