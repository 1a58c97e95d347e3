# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tests of 'isle oci' share: a runtime's root of their own, bundles, and a look at what is left.  Load after isle.bash.
#
#     load ../lib/isle
#     load ../lib/oci
#
# That gives a file its setup_file, setup, teardown and teardown_file, which are at the end of this one: teardown removes every
# container, and fails where anything of one is left.  A file that needs more has its own, and calls what these call.
#
# oci VERB… is the runtime with that root; "${oci[@]}" the same as words, for who puts a command before it.
# OCI_RUNTIME names another runtime: to see whether a test tells what it should.

# Makes the runtime's name and root.
oci_setup_file() {
	ln -s isle "$BATS_FILE_TMPDIR/bin/real/isle-oci"
	OCI_RUNTIME=${OCI_RUNTIME:-$BATS_FILE_TMPDIR/bin/real/isle-oci}
	OCI_ROOT=$BATS_FILE_TMPDIR/oci
	OCI_GROUP=/isle/oci-test-$$-$RANDOM
	mkdir -m 700 "$OCI_ROOT"
	export OCI_RUNTIME OCI_ROOT OCI_GROUP
}

# shellcheck disable=SC2034 # bundle is used by tests
# To be called by each test: T is its directory.
oci_setup() {
	T=$BATS_TEST_TMPDIR
	chmod 755 "$T"
	oci=(env "ISLE_TEST_MARK=$ISLE_TEST_MARK:oci" "$OCI_RUNTIME" --root "$OCI_ROOT")
}

oci() {
	"${oci[@]}" "$@"
}

# Makes the bundle $1: a root of links into /usr, which is shared read-only, and a config.json that runs true.
# The config is the dictionary c in the Python statements $2..., and add(DESTINATION, SOURCE, TYPE, OPTIONS) adds a mount.
bundle() {
	local dir

	mkdir -p "$1/rootfs"/{usr,etc,proc,sys,dev,tmp,root,run,probe}
	for dir in bin sbin lib lib64; do
		[ -L "$1/rootfs/$dir" ] || ln -s "usr/$dir" "$1/rootfs/$dir"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nu:x:1000:1000::/home/u:/bin/sh\n' >"$1/rootfs/etc/passwd"
	printf 'root:x:0:\nu:x:1000:\nextra:x:2000:u\n' >"$1/rootfs/etc/group"
	python3 - "$@" <<-'END'
		import json, os, sys
		caps = ["CAP_" + n for n in "CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT".split()]
		c = {
		    "ociVersion": "1.0.2",
		    "process": {
		        "args": ["true"], "cwd": "/", "user": {"uid": 0, "gid": 0}, "noNewPrivileges": True,
		        "env": ["PATH=/bin:/sbin", "ISLE_TEST_MARK=" + os.environ["ISLE_TEST_MARK"] + ":oci"],
		        "capabilities": {"bounding": caps, "effective": caps, "permitted": caps},
		    },
		    "root": {"path": "rootfs"}, "hostname": "oci", "mounts": [],
		    "linux": {
		        "cgroupsPath": os.environ["OCI_GROUP"] + "-" + os.path.basename(sys.argv[1]),
		        "resources": {"devices": [{"allow": False, "access": "rwm"}]},
		        "namespaces": [{"type": t} for t in ("pid", "mount", "ipc", "uts", "network")],
		        "maskedPaths": ["/proc/kcore", "/proc/timer_list", "/sys/firmware"],
		        "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
		    },
		}
		p, l, mounts = c["process"], c["linux"], c["mounts"]
		def add(destination, source, type="bind", options=("rbind",)):
		    mounts.append({"destination": destination, "source": source, "type": type, "options": list(options)})
		def mount_at(destination):
		    return next(m for m in mounts if m["destination"] == destination)
		safe = ["nosuid", "noexec", "nodev"]
		add("/proc", "proc", "proc", safe)
		add("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"])
		add("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"])
		add("/dev/shm", "shm", "tmpfs", safe + ["mode=1777", "size=65536k"])
		add("/sys", "sysfs", "sysfs", safe + ["ro"])
		add("/usr", "/usr", "bind", ["rbind", "ro", "nosuid", "nodev"])
		for statement in sys.argv[2:]:
		    exec(statement)
		json.dump(c, open(sys.argv[1] + "/config.json", "w"))
	END
}

# Runs a command in a new container of the bundle $T/b, which the Python statements before -- change: in_bundle [CHANGE]... -- COMMAND...
# oci_bundle names the function that makes the bundle, if it is not that of above.
in_bundle() {
	local changes=()

	while [ "$1" != -- ]; do
		changes+=("$1")
		shift
	done
	shift
	"${oci_bundle:-bundle}" "$T/b" "${changes[@]}" "p['args'] = $(json_words "$@")"
	oci run --bundle "$T/b" "c$((++oci_runs))"
}

# The words as a JSON list.
json_words() {
	python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' "$@"
}

# A container of bundle $T/NAME that runs: oci_running NAME [CHANGE]...
oci_running() {
	bundle "$T/$1" "p['args'] = ['sleep', '1000']" "${@:2}"
	oci create --bundle "$T/$1" "$1" </dev/null >/dev/null 2>&1 3>&-
	oci start "$1"
}

oci_pid() {
	oci state "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["pid"])'
}

# One line for each thing that is there, in the runtime's root, the process table, the cgroups, the mounts.
oci_left_now() {
	find "$OCI_ROOT" -mindepth 1 -maxdepth 1 | sed 's/^/entry /'
	grep -F -e "$OCI_ROOT/" -e "$BATS_FILE_TMPDIR/" /proc/self/mountinfo | sed 's/^/mount /'
	grep -slzxF "ISLE_TEST_MARK=$ISLE_TEST_MARK:oci" /proc/[0-9]*/environ | process_lines
	find /sys/fs/cgroup/ -maxdepth 4 -type d -path "*$OCI_GROUP-*" 2>/dev/null | sed 's/^/cgroup /'
}

# Fails, with a list, if anything of containers is left: what ends by itself in a moment is waited for.
oci_nothing_left() {
	local end=$((SECONDS + 20)) left

	while left=$(oci_left_now) && [ -n "$left" ]; do
		if ((SECONDS >= end)); then
			printf 'left %s:\n%s\n' "$*" "$left" >&2
			return 1
		fi
		sleep 0.05
	done
}

# After each test: removes every container, and fails where anything of one is left.
oci_teardown() {
	local entry

	for entry in "$OCI_ROOT"/*/; do
		[ ! -d "$entry" ] || oci delete --force "$(basename "$entry")" || true
	done
	oci_nothing_left 'after delete --force'
}

# ---- what bats calls ----

setup_file() {
	isle_setup_file
	oci_setup_file
}
setup() { oci_setup; }
teardown() { oci_teardown; }
teardown_file() { isle_teardown_file; }
