#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# util_linux.sh SUITE BUILD: runs util-linux's own tests of unshare, nsenter and lsns with isle in their place, and prints TAP.
#
# SUITE is a checkout of util-linux (of 2.42 or later).  Nothing is written there: a temporary directory stands for its build
# directory, with isle under the three names, the machine's other commands that the tests use, and their helper programs,
# compiled from SUITE with a C compiler and libsmartcols-dev.
set -eu
suite=${1:-} build=${2:-build}

if [ ! -e "$suite/tests/functions.sh" ]; then
	cat >&2 <<-'END'
		util_linux.sh: no tests of util-linux there; get them, and name the directory:
		  git clone --depth 1 https://github.com/util-linux/util-linux.git
		  make util-linux-tests SUITE=util-linux
	END
	exit 2
fi
suite=$(realpath "$suite") build=$(realpath "$build")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$dir"

for tool in unshare nsenter lsns; do
	ln -s "$build/isle" "$dir/$tool"
done
for command in mount umount flock; do
	path=$(command -v "$command") && ln -s "$path" "$dir/$command"
done
# The machine's lsfd, for which each comparison of a filter must stand in parentheses if it is older than the tests.
cat >"$dir/lsfd" <<-END
	#!/bin/bash
	for word; do
		case \$word in *' == '*) word="(\${word// and /) and (})" ;; esac
		words+=("\$word")
	done
	exec $(command -v lsfd || echo lsfd) "\${words[@]}"
END
chmod +x "$dir/lsfd"

# What configure finds out about glibc; tests look for some of it, too.
for fact in ERR_H FSYNC FTS_OPEN LINUX_NET_NAMESPACE_H LINUX_NSFS_H NANOSLEEP PROGRAM_INVOCATION_SHORT_NAME REALLOCARRAY SETNS \
	SIGSET_T SYS_SYSCALL_H UNSHARE WIDECHAR; do
	echo "#define HAVE_$fact 1"
done >"$dir/config.h"

# The helpers that the tests use.  An older libsmartcols lacks functions that are never called here.
for helper in mkfds sigreceive strerror sysinfo; do
	# shellcheck disable=SC2046 # words
	cc -w -no-pie -fno-pie -D_GNU_SOURCE -include "$dir/config.h" -I"$suite/include" $(pkg-config --cflags smartcols) \
		-Wl,--unresolved-symbols=ignore-in-object-files -o "$dir/test_$helper" "$suite/tests/helpers/test_$helper"*.c \
		"$suite/lib/pwdutils.c" "$suite/lib/strutils.c" -lsmartcols >"$dir/cc.log" 2>&1 || {
		echo "# the helper test_$helper cannot be compiled; what needs it is skipped"
		sed 's/^/#   /; 5q' "$dir/cc.log"
	}
done

# Turns a line of theirs, "NAME: TEXT ... RESULT (WHY)", into one of TAP; the summary of subtests is none.
to_tap() {
	sed -nE \
		-e '/\.\.\. *(OK \(all|FAILED \([0-9]+ from)/d' \
		-e 's/^ *([a-z]+: .*[^ ]) *\.\.\. *OK.*$/ok - \1/p' \
		-e 's/^ *([a-z]+: .*[^ ]) *\.\.\. *SKIPPED \((.*)\)$/ok - \1 # skip \2/p' \
		-e 's/^ *([a-z]+: .*[^ ]) *\.\.\. *KNOWN FAILED.*$/not ok - \1 # todo util-linux marks it so/p' \
		-e 's/^ *([a-z]+: .*[^ ]) *\.\.\. *FAILED.*$/not ok - \1/p' \
		-e 's/^(diff-\{|\}|[-+@ ])/#   &/p'
}

for script in "$suite"/tests/ts/{unshare,nsenter,lsns}/*; do
	[ -x "$script" ] || continue
	if ! timeout -k 5 60 bash "$script" --srcdir="$suite" --builddir="$dir" --parsable --show-diff >"$dir/one.log" 2>&1 </dev/null &&
		! grep -q 'FAILED' "$dir/one.log"; then
		echo "$(basename "$(dirname "$script")"): $(basename "$script") ... FAILED" >>"$dir/one.log"
		sed 's/^/#   /' "$dir/one.log"
	fi
	to_tap <"$dir/one.log"
done >"$dir/results"

awk '/^(not )?ok / { sub(/ok -/, "ok " ++n " -") } { print } END { print "1.." n }' "$dir/results"
passed=$(grep '^ok ' "$dir/results" | grep -vc '# skip' || true)
failed=$(grep '^not ok ' "$dir/results" | grep -vc '# todo' || true)
echo "# $passed passed, $failed failed, $(grep -c '# skip' "$dir/results" || true) skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
