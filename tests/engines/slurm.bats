#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Slurm runs the steps of its jobs as containers of isle's OCI runtime: oci.conf(5), "srun --container".

load ../lib/engines

setup_file() {
	engines_setup_file
	inside sh -c "
		ip link add s0 type veth peer s1 && ip addr add 10.78.0.1/24 dev s0 && ip link set s0 up && ip link set s1 up
		mkdir -p /run/slurm/state /run/slurm/spool /run/bundle /etc/slurm && mkdir -m 755 /run/munge
		echo '10.78.0.1 world' >>/etc/hosts
		head -c 1024 /dev/urandom >/run/slurm/key && chmod 600 /run/slurm/key"
	inside tee /etc/slurm/slurm.conf >/dev/null <<-'END'
		ClusterName=world
		SlurmctldHost=world(10.78.0.1)
		SlurmUser=root
		AuthType=auth/munge
		AuthInfo=socket=/run/munge/socket
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		MpiDefault=none
		ReturnToService=2
		KillWait=2
		SlurmctldPidFile=/run/slurm/slurmctld.pid
		SlurmdPidFile=/run/slurm/slurmd.pid
		StateSaveLocation=/run/slurm/state
		SlurmdSpoolDir=/run/slurm/spool
		NodeName=world NodeAddr=10.78.0.1 CPUs=2 State=UNKNOWN
		PartitionName=all Nodes=world Default=YES State=UP
	END
	inside tee /etc/slurm/oci.conf >/dev/null <<-END
		RunTimeQuery="$OCI_RUNTIME --root=/run/tmp/slurm-%u state %n.%u.%j.%s.%t"
		RunTimeKill="$OCI_RUNTIME --root=/run/tmp/slurm-%u kill -a %n.%u.%j.%s.%t"
		RunTimeDelete="$OCI_RUNTIME --root=/run/tmp/slurm-%u delete --force %n.%u.%j.%s.%t"
		RunTimeRun="$OCI_RUNTIME --root=/run/tmp/slurm-%u run %n.%u.%j.%s.%t -b %b"
	END
	inside "$WORLD/bin/isle" oci spec -b /run/bundle
	inside sed -i 's/"terminal": true/"terminal": false/' /run/bundle/config.json
	inside cp -r "$WORLD/root" /run/bundle/rootfs
	inside munged --force --key-file=/run/slurm/key --socket=/run/munge/socket --pid-file=/run/munge/pid \
		--log-file=/run/munge/log --seed-file=/run/munge/seed >"$WORLD/munge.log" 2>&1
	inside slurmctld -D >"$WORLD/slurmctld.log" 2>&1 3>&- &
	inside slurmd -D -N world >"$WORLD/slurmd.log" 2>&1 3>&- &
	WAIT_S=60 wait_for node_is_idle
}

teardown_file() { engines_teardown_file; }

teardown() {
	inside scancel --user root
	inside scancel --user one
	engines_left_nothing 'slurm|munged'
	wait_for no_records # slurmd has them deleted when the step has ended
}

no_records() {
	[ -z "$(inside sh -c 'ls /run/tmp/slurm-root 2>/dev/null')" ]
}

node_is_idle() {
	[ "$(inside sinfo -h -o %t)" = idle ]
}

step() {
	inside timeout -s KILL 60 srun --container=/run/bundle "$@"
}

@test "srun --container: output, input, environment and status" {
	run -0 step cat /etc/passwd
	[[ $output == *web:x:33* ]]
	[ "$(echo typed | step cat)" = typed ]
	[ "$(inside env COLOUR=red timeout -s KILL 60 srun --container=/run/bundle sh -c 'echo $COLOUR')" = red ]
	run -3 step sh -c 'exit 3'
	run ! step no-such-program
}

@test "sbatch, steps of a job, and scancel" {
	printf '#!/bin/sh\nsrun --container=/run/bundle sh -c "echo step; ls /"\n' | inside sbatch --wait --output=/run/out
	inside grep -q step /run/out
	inside sbatch --output=/run/out2 \
		--wrap 'srun --container=/run/bundle sh -c "trap \"exit 0\" TERM; echo begun; while :; do sleep 0.1; done"'
	WAIT_S=30 wait_for inside grep -q begun /run/out2
	inside scancel --user root
	WAIT_S=60 wait_for node_is_idle
}

@test "a plain user's steps are his own" {
	inside_as one sh -c "mkdir bundle && cp -r '$WORLD/root' bundle/rootfs && '$WORLD/bin/isle' oci spec --rootless -b bundle"
	inside_as one sed -i 's/"terminal": true/"terminal": false/' bundle/config.json
	run -0 inside_as one timeout -s KILL 60 srun --container=/run/home/one/bundle \
		sh -c 'id -u; cat /proc/self/uid_map; stat -c %u /bin'
	[ "${lines[0]} ${lines[2]}" = '0 0' ]
	[[ ${lines[1]} =~ ^\ +0\ +1201\ +1$ ]]
	run -3 inside_as one timeout -s KILL 60 srun --container=/run/home/one/bundle sh -c 'exit 3'
}
