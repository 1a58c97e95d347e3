#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The front of isle: what every verb has in common, and what happens when it is used wrongly.
# shellcheck disable=SC2154,SC2016 # stderr_lines is set by run; $0 is meant for the inner shell

bats_require_minimum_version 1.5.0

setup() {
	isle=$(realpath "${ISLE:-build/isle}")
	# A place of our own: no container of this machine is seen or touched.
	mkdir -m 0700 "$BATS_TEST_TMPDIR/run" "$BATS_TEST_TMPDIR/data"
}

# isle with its state in the test's directory.
isle() {
	"$isle" --root "$BATS_TEST_TMPDIR/run" --data "$BATS_TEST_TMPDIR/data" "$@"
}

# The verbs that people see, as the completion knows them.
verbs() {
	"$isle" _generate bash | sed -n "s/^_isle_verbs='\(.*\)'$/\1/p"
}

# The exit status when isle itself fails as verb $1: tools have that of the programs they stand in for.
failure_of() {
	case $1 in
	unshare | nsenter | lsns | oci) echo 1 ;;
	*) echo 125 ;;
	esac
}

@test "help of every verb: on stdout, at most 80 columns, status 0" {
	for verb in '' $(verbs); do
		# shellcheck disable=SC2086 # the empty verb is no word
		run --separate-stderr "$isle" $verb --help
		[ "$status" -eq 0 ]
		[ -z "$stderr" ]
		[[ $output == "Usage: isle"* ]]
		[ -z "$(LC_ALL=C.UTF-8 awk 'length($0) > 80' <<<"$output")" ]
		[[ ! $output =~ \ ($'\n'|$) ]]
	done
}

@test "help names every option's letter once" {
	for verb in $(verbs); do
		run "$isle" "$verb" --help
		[ -z "$(grep -oE '^  -[A-Za-z]' <<<"$output" | sort | uniq -d)" ]
		[ -z "$(grep -oE '^  (-[A-Za-z],|   ) --[a-z-]+' <<<"$output" | grep -oE -- '--.*' | sort | uniq -d)" ]
	done
}

@test "isle help VERB is isle VERB --help" {
	[ "$("$isle" help ps)" = "$("$isle" ps --help)" ]
	[ "$("$isle" help)" = "$("$isle" --help)" ]
	run "$isle" help pss
	[ "$status" -eq 125 ]
}

@test "version" {
	run --separate-stderr "$isle" --version
	[ "$status" -eq 0 ]
	[[ $output =~ ^isle\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "an unknown option: one line on stderr, nothing on stdout, status 125; 1 of tools" {
	for verb in $(verbs); do
		run --separate-stderr "$isle" "$verb" --nonsense
		[ "$status" -eq "$(failure_of "$verb")" ]
		[ -z "$output" ]
		[ "$stderr" = "isle: $verb: unknown option --nonsense (see isle $verb --help)" ]
	done
}

@test "near misses get a suggestion" {
	run "$isle" strat
	[ "$status" -eq 125 ]
	[ "$output" = 'isle: there is no verb "strat" (did you mean isle start?)' ]
	run "$isle" ps --quite
	[ "$output" = 'isle: ps: unknown option --quite (did you mean --quiet?)' ]
	run "$isle" --rot /x ps
	[ "$output" = 'isle: unknown option --rot (did you mean --root?)' ]
}

@test "no verb, missing and superfluous operands" {
	run "$isle"
	[ "$status" -eq 125 ]
	run "$isle" kill
	[ "$status" -eq 125 ]
	[ "$output" = "isle: kill: no CONTAINER was given (usage: isle kill [OPTION...] CONTAINER...)" ]
	run "$isle" rename one
	[ "$status" -eq 125 ]
	run "$isle" ps one
	[ "$status" -eq 125 ]
	[[ $output == *'"one"'* ]]
	run "$isle" top one two
	[ "$status" -eq 125 ]
	[[ $output == *'"two"'* ]]
}

@test "options that exclude each other are both named" {
	run "$isle" ps -q --json
	[ "$status" -eq 125 ]
	[[ $output == *--quiet*--json* ]]
}

@test "bad values are told before anything is touched" {
	for words in 'kill -s NOSIG x' 'stop -t 1x x' 'stop -t -5 x' 'logs --tail many x' 'logs --since yesterday x' \
		'ps --filter' 'ps --filter bad=1' 'roots frobnicate' 'roots rm' 'rm' 'rm -a x' 'start -a x y'; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr isle $words
		[ "$status" -eq 125 ]
		[ -z "$output" ]
		[ "$(wc -l <<<"$stderr")" -eq 1 ]
	done
}

@test "every verb tells of a container that does not exist" {
	for verb in kill stop start restart rm wait pause unpause inspect top logs attach; do
		run --separate-stderr isle "$verb" nobody
		echo "$verb: $status: $stderr"
		[ "$status" -eq 125 ]
		[ "$output" = "$([ "$verb" != inspect ] || echo '[]')" ]
		[[ $stderr == "isle: $verb: "*nobody* ]]
	done
}

@test "a failure does not keep the next one from being tried" {
	run --separate-stderr isle kill first second
	[ "$status" -eq 125 ]
	[ "${#stderr_lines[@]}" -eq 2 ]
	[[ ${stderr_lines[1]} == *second* ]]
}

@test "errors as JSON have the same parts" {
	run --separate-stderr "$isle" --error-format json ps --quite
	[ "$status" -eq 125 ]
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	python3 - "$stderr" <<-'END'
		import json, sys
		e = json.loads(sys.argv[1])
		assert e["verb"] == "ps" and e["exit_status"] == 125 and e["cure"] == "did you mean --quiet?", e
		assert set(e) == {"verb", "step", "what", "code", "reason", "why", "cure", "exit_status"}, e
	END
	run --separate-stderr isle --error-format json top $'no\x1bbody'
	python3 - "$stderr" <<-'END'
		import json, sys
		e = json.loads(sys.argv[1])
		assert e["exit_status"] == 125 and "\x1b" not in sys.argv[1], e
	END
	run "$isle" --error-format xml ps
	[ "$status" -eq 125 ]
}

@test "no control character of the command line reaches the terminal" {
	for words in $'\x1b[2J' $'ps --\x1b[2J' $'top \x1b[2J'; do
		# shellcheck disable=SC2086 # words
		run isle $words
		[ "$status" -eq 125 ]
		[[ $output != *$'\x1b'* ]]
	done
}

@test "a result that nobody gets is an error" {
	run --separate-stderr bash -c '"$0" --version >&-' "$isle"
	[ "$status" -eq 125 ]
	[[ $stderr == "isle: write to standard output: "* ]]
	run --separate-stderr bash -c '"$0" --help >/dev/full' "$isle"
	[ "$status" -eq 125 ]
	[[ $stderr == *"No space left on device" ]]
	run --separate-stderr bash -c '"$0" _generate fish >/dev/full' "$isle"
	[ "$status" -eq 125 ]
	[[ $stderr == *"write to standard output"* ]]
}

@test "closed standard descriptors do no harm" {
	run bash -c '"$0" --version <&-' "$isle"
	[ "$status" -eq 0 ]
	run bash -c '"$0" --version 2>&-' "$isle"
	[ "$status" -eq 0 ]
	run bash -c '"$0" --nonsense <&- >&- 2>&-' "$isle"
	[ "$status" -eq 125 ]
	[ -z "$output" ]
}

@test "empty lists" {
	[ "$(isle ps -aq)" = "" ]
	[ "$(isle ps -a --json)" = "[]" ]
	[[ $(isle ps) == "CONTAINER ID"* ]]
	[ "$(isle roots --json)" = "[]" ]
	isle rm -af
}

@test "--color" {
	[[ $("$isle" --color always --help) == *$'\x1b[1m'* ]]
	[[ $("$isle" --help) != *$'\x1b'* ]]
	run "$isle" --color red --help
	[ "$status" -eq 125 ]
}

@test "a man page for every verb" {
	command -v scdoc >/dev/null || skip "scdoc is not installed"
	for verb in '' $(verbs); do
		# shellcheck disable=SC2086 # the empty verb is no word
		"$isle" _generate man $verb >"$BATS_TEST_TMPDIR/page.scd"
		scdoc <"$BATS_TEST_TMPDIR/page.scd" >"$BATS_TEST_TMPDIR/page.1"
		grep -q '^\.SH EXIT STATUS' "$BATS_TEST_TMPDIR/page.1"
		if command -v mandoc >/dev/null; then
			mandoc -T lint -W error "$BATS_TEST_TMPDIR/page.1"
		fi
	done
	run "$isle" _generate man nonsense
	[ "$status" -eq 125 ]
	run "$isle" _generate csh
	[ "$status" -eq 125 ]
}

# What bash offers for the words given.
offered() {
	PATH=$(dirname "$isle"):$PATH bash -c '
		compopt() { :; }
		source <("$0" _generate bash)
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_isle
		echo "${COMPREPLY[*]}"' "$isle" "$@"
}

@test "completion for bash" {
	"$isle" _generate bash | bash -n
	[ "$(offered isle unp)" = unpause ]
	[ "$(offered isle ps --js)" = --json ]
	[ "$(offered isle --error-format = '')" = "text json" ]
	[ "$(offered isle --error-format json unp)" = unpause ]
	[ "$(offered isle kill -s TE)" = TERM ]
	[ "$(offered isle kill --signal = TE)" = TERM ]
	[ "$(offered isle help unp)" = unpause ]
	[ "$(offered isle attach --no-st)" = --no-stdin ]
}

@test "completion for zsh and fish" {
	command -v zsh fish >/dev/null || skip "zsh or fish is not installed"
	"$isle" _generate zsh >"$BATS_TEST_TMPDIR/_isle"
	zsh -n "$BATS_TEST_TMPDIR/_isle"
	"$isle" _generate fish >"$BATS_TEST_TMPDIR/isle.fish"
	run fish --no-config -c "source $BATS_TEST_TMPDIR/isle.fish; complete -C 'isle ps --js'"
	[ "${output%%$'\t'*}" = --json ]
}
