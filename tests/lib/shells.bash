# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Shells that stay open during a test, as in several windows: what is typed into one, and what it answers.
#
#     shell_open one unshare --uts sh      # starts a command that reads a shell's words from its standard input
#     [ "$(typed one hostname)" = name ]   # types a line, waits until it is done, prints what it wrote
#     shell_exit one exit                  # types its last line, and waits for the end
#
# teardown calls shells_end.

# Starts the command $2... as shell $1.
shell_open() {
	local name=$1 dir=$BATS_TEST_TMPDIR

	shift
	mkfifo "$dir/$name.in"
	: >"$dir/$name.out"
	"$@" <"$dir/$name.in" >>"$dir/$name.out" 2>&1 3>&- &
	echo "$!" >"$dir/$name.pid"
	# Open for writing as long as the test runs, in whatever process types.
	sleep 1000 >"$dir/$name.in" 2>&1 3>&- &
	echo "$!" >"$dir/$name.holder"
}

# Types $2 into shell $1, waits until it has been done, and prints what it wrote.  Fails where no answer comes.
typed() {
	local file=$BATS_TEST_TMPDIR/$1 mark="answered-$RANDOM$RANDOM" before

	before=$(wc -c <"$file.out")
	printf '%s\necho; echo %s\n' "$2" "$mark" >"$file.in"
	wait_for grep -qx "$mark" "$file.out" || {
		tail -c "+$((before + 1))" "$file.out" >&2
		return 1
	}
	# The empty line ends what was written without an end of line.
	tail -c "+$((before + 1))" "$file.out" | sed "/^$mark\$/d" | sed '$ { /^$/d }'
}

# Types $2 into shell $1, and waits for nothing.
typed_unanswered() {
	printf '%s\n' "$2" >"$BATS_TEST_TMPDIR/$1.in"
}

# The file of all that shell $1 wrote.
shell_output() {
	echo "$BATS_TEST_TMPDIR/$1.out"
}

# Types the last line $2 into shell $1 and waits until it has ended.
shell_exit() {
	typed_unanswered "$1" "$2"
	shell_wait "$1"
}

# Waits until shell $1 has ended.
shell_wait() {
	local pid status=0

	pid=$(shell_pid "$1")
	wait_for shell_ended "$pid"
	wait "$pid" 2>/dev/null || status=$?
	echo "$status" >"$BATS_TEST_TMPDIR/$1.status"
}

# Whether process $1 runs no more.
shell_ended() {
	[ ! -e "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status"
}

# The exit status of shell $1, after shell_wait or shell_exit.
shell_status() {
	cat "$BATS_TEST_TMPDIR/$1.status"
}

# The process that was started as shell $1.
shell_pid() {
	cat "$BATS_TEST_TMPDIR/$1.pid"
}

# The only child of shell $1, and the last of its line: what a tool that forks has become.
shell_child() {
	ps -o pid= --ppid "$(shell_pid "$1")" | tr -d ' ' | grep .
}

shell_descendant() {
	local pid next

	pid=$(shell_pid "$1")
	while next=$(ps -o pid= --ppid "$pid" | tr -d ' ' | grep .); do
		pid=$next
	done
	echo "$pid"
}

# Ends every shell of the test.
shells_end() {
	local file

	for file in "$BATS_TEST_TMPDIR"/*.holder "$BATS_TEST_TMPDIR"/*.pid; do
		if [ -e "$file" ]; then
			# shellcheck disable=SC2046 # a list of numbers
			kill -KILL $(ps -o pid= --ppid "$(cat "$file")") "$(cat "$file")" 2>/dev/null || true
			wait "$(cat "$file")" 2>/dev/null || true
		fi
	done
}
