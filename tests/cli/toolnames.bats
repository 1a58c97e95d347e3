#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# isle called by the names of tools: what they share, whichever it is; what each does is tested in a file of its own.
# shellcheck disable=SC2154,SC2016,SC2034 # stderr is set by run; $0 and the like are meant for inner shells, some by eval

bats_require_minimum_version 1.5.0

tools='unshare nsenter lsns'

setup() {
	isle=$(realpath "${ISLE:-build/isle}")
	names=$BATS_TEST_TMPDIR/names
	mkdir "$names"
	for tool in $tools; do
		ln -s "$isle" "$names/$tool"
	done
}

@test "by its own name: help, hints and errors say it as the user did" {
	for tool in $tools; do
		run --separate-stderr "$names/$tool" --help
		[ "$status" -eq 0 ]
		[ -z "$stderr" ]
		[[ ${lines[0]} == "Usage: $tool [OPTION...]"* ]]
		[ "$(tail -n +2 <<<"$output")" = "$("$isle" "$tool" --help | tail -n +2)" ]
		[[ $("$isle" "$tool" --help | head -1) == "Usage: isle $tool [OPTION...]"* ]]
		run --separate-stderr "$names/$tool" --nonsense
		[ "$status" -eq 1 ]
		[ -z "$output" ]
		[ "$stderr" = "$tool: unknown option --nonsense (see $tool --help)" ]
	done
	run --separate-stderr "$names/lsns" 1 2
	[ "$status" -eq 1 ]
	[[ $stderr == *"(usage: lsns [OPTION...] "* ]]
}

@test "--version and -V, by either name, also abbreviated and behind other options" {
	version=$("$isle" --version)
	for tool in $tools; do
		for words in --version -V --vers; do
			run --separate-stderr "$names/$tool" "$words"
			[ "$status" -eq 0 ]
			[ -z "$stderr" ]
			[ "$output" = "$tool from $version (as in util-linux 2.42)" ]
			[ "$("$isle" "$tool" "$words")" = "$output" ]
		done
		run "$names/$tool" --version=1
		[ "$status" -eq 1 ]
		"$names/$tool" --help | grep -q -- '-V, --version'
	done
	[[ $("$names/unshare" -fV false) == unshare\ from* ]]
	# What follows the program's name is the program's.
	[ "$("$names/unshare" echo -V)" = -V ]
	# The other verbs have none.
	run "$isle" ps -V
	[ "$status" -eq 125 ]
}

@test "long names may be cut short, for tools alone" {
	[ "$("$names/unshare" --ut echo fine)" = fine ]
	run --separate-stderr "$names/unshare" --map true
	[ "$status" -eq 1 ]
	[[ $stderr == "unshare: --map is the beginning of several options: --map-"*"--map-"*"(see unshare --help)" ]]
	[ "$("$names/lsns" --nohead --ty uts -o TYPE | sort -u)" = uts ]
	run "$isle" ps --quie
	[ "$status" -eq 125 ]
}

@test "a name that is no tool is isle" {
	ln -s "$isle" "$names/ps"
	ln -s "$isle" "$names/other"
	for name in ps other; do
		run "$names/$name" --version
		[ "$status" -eq 0 ]
		[[ $output =~ ^isle\ [0-9.]+$ ]]
	done
	# argv[0] counts, as a login shell's has a dash and a path may be in front.
	[[ $(bash -c 'exec -a /any/where/lsns "$0" --version' "$isle") == lsns\ from* ]]
	run bash -c 'exec -a "" "$0" --version' "$isle"
	[[ $output == isle\ * ]]
}

@test "a tool leaves standard descriptors, umask, signals and environment as they were" {
	look='umask; for fd in 0 1 2 3 4; do [ ! -e /proc/self/fd/$fd ] || echo $fd; done; grep -E "^Sig(Ign|Blk)" /proc/self/status; env | sort'
	plain=$BATS_TEST_TMPDIR/plain ours=$BATS_TEST_TMPDIR/ours
	for close in '' '<&-' '2>&-' '<&- 2>&-' '4</dev/null'; do
		for mask in 022 077 000; do
			for program in "env" "$names/unshare"; do
				[ "$program" = env ] && out=$plain || out=$ours
				(
					umask "$mask"
					trap '' USR1
					eval "env -i A=b PATH=\"\$PATH\" \$program /bin/sh -c \"\$look\" >\"\$out\" 3>&- $close"
				)
			done
			diff "$plain" "$ours"
		done
	done
	# A closed standard output is an error for the tool, not a file that it opens.
	run bash -c '"$0" --help >&-' "$names/lsns"
	[ "$status" -eq 1 ]
}

@test "a result that cannot be written is an error with the tool's status" {
	for tool in $tools; do
		run --separate-stderr bash -c '"$0" --help >/dev/full' "$names/$tool"
		[ "$status" -eq 1 ]
		[[ $stderr == "$tool: write to standard output: "* ]]
	done
}

# What the completion for bash offers behind the words: the last one is what has been typed of the next.
offered() {
	bash -c '
		source /dev/stdin
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		compopt() { :; }
		_isle_tool "$1"
		echo "${COMPREPLY[@]}"' bash "$@" <<<"$("$isle" _generate bash tools)"
}

@test "completion of the tools' own names: bash" {
	"$isle" _generate bash tools | bash -n
	"$isle" _generate bash tools | grep -qx 'complete -F _isle_tool unshare nsenter lsns'
	# Nobody who loads isle's own gets it.
	run grep -e _isle_tool <<<"$("$isle" _generate bash)"
	[ "$status" -eq 1 ]
	[ "$(offered unshare --map-ro)" = --map-root-user ]
	[ "$(offered /usr/local/libexec/isle/toolbox/unshare --map-ro)" = --map-root-user ]
	[ "$(offered nsenter --preserve)" = --preserve-credentials ]
	[ "$(offered unshare --uts)" = "--uts --uts=" ]
	[ "$(cd "$names" && offered unshare --uts = un)" = unshare ]
	[[ " $(offered unshare --fork mkte) " == *" mktemp "* ]]
	[ "$(offered lsns --vers)" = --version ]
}

@test "completion of the tools' own names: zsh and fish" {
	command -v zsh fish >/dev/null || skip "zsh or fish is not installed"
	"$isle" _generate zsh tools >"$BATS_TEST_TMPDIR/_isle_toolbox"
	zsh -n "$BATS_TEST_TMPDIR/_isle_toolbox"
	[ "$(head -1 "$BATS_TEST_TMPDIR/_isle_toolbox")" = "#compdef unshare nsenter lsns" ]
	"$isle" _generate fish tools >"$BATS_TEST_TMPDIR/tools.fish"
	run fish --no-config -c "source $BATS_TEST_TMPDIR/tools.fish; complete -C 'unshare --map-ro'"
	[ "${output%%$'\t'*}" = --map-root-user ]
	run fish --no-config -c "source $BATS_TEST_TMPDIR/tools.fish; complete -C 'lsns --vers'"
	[ "${output%%$'\t'*}" = --version ]
}

@test "man pages tell the tool's own status and name" {
	for tool in $tools; do
		run "$isle" _generate man "$tool"
		[ "$status" -eq 0 ]
		[[ $output == *"toolbox/$tool"* && $output == *'*--version*'* && $output == *'*1*'* && $output != *'*125*'* ]]
	done
	[[ $("$isle" _generate man ps) == *'*125*'* ]]
}

@test "installed, the names are links beside isle's programs and never in bin; uninstalled, they are gone" {
	build=$(realpath "${BUILD:-build}") into=$BATS_TEST_TMPDIR/into
	[ -e "$build/build.ninja" ] && [ -w "$build" ] || skip "no build directory"
	DESTDIR=$into meson install -C "$build" --no-rebuild --quiet
	chown --reference="$build" "$build/meson-logs/install-log.txt"
	prefix=$into$(meson introspect "$build" --buildoptions |
		python3 -c 'import json, sys; print(next(o["value"] for o in json.load(sys.stdin) if o["name"] == "prefix"))')
	for tool in $tools; do
		[ -L "$prefix/libexec/isle/toolbox/$tool" ]
		[ "$(realpath "$prefix/libexec/isle/toolbox/$tool")" = "$(realpath "$prefix/bin/isle")" ]
		[ ! -e "$prefix/bin/$tool" ]
		[[ $(PATH=$prefix/libexec/isle/toolbox:$PATH "$tool" --version) == "$tool from isle "* ]]
	done
	[ "$(ls "$prefix/libexec/isle/completions")" = $'_isle_toolbox\ntoolbox.bash\ntoolbox.fish' ]
	"$BATS_TEST_DIRNAME/../../scripts/uninstall.sh" "$build" "${prefix#"$into"}" "$into" >/dev/null
	[ -z "$(find "$into" ! -type d)" ]
	[ ! -e "$prefix/libexec/isle" ]
}
