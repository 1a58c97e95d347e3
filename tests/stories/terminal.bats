#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The terminal: -it is as if one sat inside, and without -t nobody inside gets hold of the caller's.
# shellcheck disable=SC2016,SC2030,SC2031 # the programs of containers are in single quotes; 'run' is known

load ../lib/isle

setup_file() { isle_setup_file; }
teardown_file() { isle_teardown_file; }
teardown() { isle_teardown; }

# A person at a terminal (see term.py), for whom all must end with status $1.
sit() {
	status=0
	output=$(python3 "$ISLE_LIB/term.py" "${@:2}" 2>&1) || status=$?
	echo "$output"
	[ "$status" -eq "$1" ]
}

size() { # ROOT
	sit 0 size=33x101 expect='33 101' size=40x120 expect='40 120' -- isle run --rm -it "$1" sh -c \
		'trap "stty size; exit 0" WINCH; stty size; while :; do sleep 0.02; done'
	isle run -d --name shop "$1" sleep 100
	sit 0 size=33x101 expect='33 101' size=40x120 expect='40 120' -- isle exec -it shop sh -c \
		'trap "stty size; exit 0" WINCH; stty size; while :; do sleep 0.02; done'
}

@test "the window's size is passed on, and its changes" {
	on_each_root size
}

modes() { # ROOT
	# term.py fails if the terminal is not at the end as it was.
	sit 3 expect='# ' raw send='exit 3\n' -- isle run --rm -it -e 'PS1=# ' "$1" sh
	sit 137 expect=open raw send='\n' -- isle run --rm -it --init "$1" sh -c 'echo open; read x; kill -KILL $$'
	# A program inside that leaves its own terminal in disorder does no harm here.
	sit 4 expect=open -- isle run --rm -it "$1" sh -c 'echo open; stty raw -echo; exit 4'
	# Raw mode is the container's to choose: what is typed there is not echoed twice.
	sit 0 expect='# ' send='echo a\n' expect='# ' send='exit\n' -- isle run --rm -it -e 'PS1=# ' "$1" sh
	[ "$(grep -c 'echo a' <<<"$output")" -eq 1 ]
	sit 127 -- isle run --rm -it "$1" no-such-program
	sit 125 -- isle run --rm -it --hostname 'b a d' "$1" true
}

@test "raw meanwhile, and afterwards as it was, with the exact exit status" {
	on_each_root modes
}

killed() { # ROOT
	local signal

	for signal in TERM HUP INT QUIT; do
		sit 9 expect=open raw signal="$signal" -- isle run --rm -it "$1" sh -c \
			"trap 'echo got $signal; exit 9' $signal; echo open; while :; do sleep 0.02; done"
		[[ $output == *"got $signal"* ]]
	done
	isle run -d --name shop "$1" sleep 100
	sit 9 expect=open raw signal=TERM -- isle exec -it shop sh -c \
		"trap 'exit 9' TERM; echo open; while :; do sleep 0.02; done"
}

@test "a signal to isle goes to the program, and the terminal is restored" {
	on_each_root killed
}

deaf() { # ROOT
	# It is told of each, and goes on; to ask for the third time is no question any more.
	sit 137 expect=open raw signal=TERM expect=heard signal=TERM expect=heard signal=TERM -- isle run --rm -it "$1" sh -c \
		'trap "echo heard" TERM; echo open; while :; do sleep 0.02; done'
}

@test "kill -TERM of isle while the program is deaf leaves the terminal in order" {
	on_each_root deaf
}

keys() { # ROOT
	# Tells when it is in the foreground: what is typed before reaches the shell.
	local slow="sh -c 'echo re\"\"ady; exec sleep 100'\\n"

	sit 6 expect=open send='\x03' expect=interrupted -- isle run --rm -it "$1" sh -c \
		'trap "echo interrupted; exit 6" INT; echo open; while :; do sleep 0.02; done'
	# In a shell ^C ends the program in the foreground, ^Z stops it, ^D is the end.
	sit 0 expect='# ' send="$slow" expect=ready send='\x03' expect='# ' send='echo $?\n' expect=130 \
		send='\x04' -- isle run --rm -it -e 'PS1=# ' "$1" sh
	sit 0 expect='# ' send="$slow" expect=ready send='\x1a' expect=Stopped send='jobs\n' \
		expect='sleep 100' send='kill -KILL %1\n' pause=0.2 send='exit 0\n' \
		pause=0.2 send='exit 0\n' -- isle run --rm -it -e 'PS1=# ' "$1" bash --norc
	# Without a terminal of its own the program is in the caller's hands: ^C reaches it as well.
	sit 6 expect=open send='\x03' expect=interrupted -- isle run --rm "$1" sh -c \
		'trap "echo interrupted; exit 6" INT; echo open; while :; do sleep 0.02; done'
}

@test "^C, ^Z and ^D do what they do at any terminal" {
	on_each_root keys
}

own() { # ROOT
	sit 0 -- isle run --rm -it "$1" sh -c 'tty; ls -l /proc/self/fd/0 /dev/console; ls /dev/pts; exec 9<>/dev/tty && echo has one'
	[[ $output == */dev/pts/0* ]]
	[[ $output == *"has one"* ]]
	# Nobody outside shows in there: 0 and ptmx are all.
	[ "$(isle run --rm "$1" ls /dev/pts)" = ptmx ]
}

@test "the terminal inside is the container's own" {
	on_each_root own
}

users_own() { # ROOT
	# shellcheck disable=SC2016 # for the shell inside
	local look='stat -c %U "$(tty)"; echo open >"$(tty)"'

	sit 0 -- isle run --rm -it -u nobody "$1" sh -c "$look"
	[[ $output == *nobody*open* ]]
	isle run -d --name shop --cap-drop ALL "$1" sleep 100
	sit 0 -- isle exec -it -u nobody shop sh -c "$look"
	[[ $output == *nobody*open* ]]
}

@test "the terminal belongs to the program's user" {
	on_each_root users_own
}

# Types a command for whoever reads the terminal of descriptor 0, 1 or 2, or of /dev/tty.
# shellcheck disable=SC2016 # it is perl
typing='$| = 1; my $n = 0; my $c = "x";
for my $fd (*STDIN, *STDOUT, *STDERR) { $n++ if ioctl($fd, 0x5412, $c); print "fd $fd: ", -t $fd ? "tty\n" : "other\n" }
if (open(my $t, "+<", "/dev/tty")) { $n++ if ioctl($t, 0x5412, $c); print "opened /dev/tty\n" }
print "typed $n\n"'

no_typing() { # ROOT
	# As a program in the background of the caller's terminal, which is what an attacker would want.
	sit 0 -- isle run --rm "$1" perl -e "$typing"
	[[ $output == *"typed 0"* ]]
	[[ $output != *"opened /dev/tty"* ]]
	[[ $output != *": tty"* ]]
	sit 0 -- isle run --rm -i "$1" perl -e "$typing"
	[[ $output == *"typed 0"* ]]
	[[ $output != *": tty"* ]]
	isle run -d --name shop "$1" sleep 100
	sit 0 -- isle exec -i shop perl -e "$typing"
	[[ $output == *"typed 0"* ]]
	[[ $output != *": tty"* ]]
	# With -t it is the own terminal, and there neither.
	sit 0 -- isle run --rm -it "$1" perl -e "$typing"
	[[ $output == *"typed 0"* ]]
}

@test "without -t no descriptor of the caller's terminal is inside, and nothing can be typed into it" {
	on_each_root no_typing
}

no_terminal() { # ROOT
	run isle run --rm -it "$1" tty </dev/null
	echo "$status: $output"
	[ "$status" -eq 125 ] || [[ $output == */dev/pts/0* ]]
	[ "$(isle run --rm -t "$1" tty </dev/null | tr -d '\r')" = /dev/pts/0 ]
}

@test "-t without a terminal outside" {
	on_each_root no_terminal
}

detached() { # ROOT
	isle run -dit --name shop -e 'PS1=# ' "$1" sh
	sit 8 send='echo $((6*7))\n' expect=42 send='exit 8\n' -- isle attach shop
	isle start shop
	# ^P ^Q goes away, and leaves it running.
	sit 0 send='echo $((6*8))\n' expect=48 send='\x10\x11' -- isle attach shop
	[ "$(inspected shop status)" = running ]
}

@test "attach to a detached terminal, leave it, end it" {
	on_each_root detached
}
