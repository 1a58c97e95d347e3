#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# uninstall.sh BUILD PREFIX [DESTDIR]: removes what 'make install' with the same words put there, and nothing else.
set -eu
build=$1 prefix=$2 destdir=${3:-}

if [ ! -e "$build/build.ninja" ]; then
	echo "uninstall: $build is no build directory; run make first" >&2
	exit 1
fi
[ "$(meson introspect "$build" --buildoptions | python3 -c '
import json, sys
print(next(o["value"] for o in json.load(sys.stdin) if o["name"] == "prefix"))')" = "$prefix" ] ||
	meson configure "$build" -Dprefix="$prefix"
ninja -C "$build" build.ninja >/dev/null
meson introspect "$build" --installed |
	python3 -c 'import json, sys; print(*sorted(set(json.load(sys.stdin).values())), sep="\n")' |
	while read -r file; do
		# A link may lead nowhere by now.
		if [ -e "$destdir$file" ] || [ -L "$destdir$file" ]; then rm -fv "$destdir$file"; fi
	done
# isle's own directories go when they are empty.
for dir in /toolbox /completions ''; do
	rmdir "$destdir$prefix/libexec/isle$dir" 2>/dev/null || true
done
