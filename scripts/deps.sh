#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# deps.sh WHAT...: installs the Debian packages that WHAT needs (build, units, test, engines, lint, bench), as far as they are
# missing.
# With everything there it changes nothing, needs no network and no root.
set -eu

build='gcc libc6-dev linux-libc-dev musl-tools meson ninja-build pkg-config python3 libseccomp-dev libarchive-dev
	zlib1g-dev libsmartcols-dev scdoc'
# A profile of system calls as engines have them: /usr/share/containers/seccomp.json.
units='libcmocka-dev golang-github-containers-common'
lint='clang-format clang-tidy cppcheck shellcheck bats'
# libasan8 and libubsan1 come with gcc; the rest is what the suites drive or look at isle with.
test='bats strace passwd mmdebstrap debootstrap debian-archive-keyring uidmap libcap2-bin iproute2 procps
	util-linux mount zstd xz-utils gzip tar bzip2 busybox-static jq zsh fish'
# What drives isle as an OCI runtime.  Their services are not started: each test starts what it needs, in a world of its own.
engines='podman buildah containerd docker.io crun conmon catatonit netavark aardvark-dns slirp4netns iptables uidmap iproute2
	procps util-linux busybox-static python3 bats slurmctld slurmd slurm-client munge'
bench='bubblewrap procps util-linux'

packages=
for what in "$@"; do
	case $what in
	build) packages="$packages $build" ;;
	units) packages="$packages $build $units" ;;
	test) packages="$packages $build $units $lint $test $engines" ;;
	engines) packages="$packages $build $engines" ;;
	lint) packages="$packages $build $units $lint" ;;
	bench) packages="$packages $build $bench" ;;
	*)
		echo "deps.sh: there is no set \"$what\" (build, units, test, engines, lint, bench)" >&2
		exit 2
		;;
	esac
done

# Prints those of the packages in $1 that are not installed.
missing_of() {
	for package in $1; do
		status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
		[ "$status" = installed ] || echo "$package"
	done | sort -u
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# Installs packages; a service among them is not started, for which Debian asks policy-rc.d.  A machine of CI is thrown away
# afterwards: its disk need not be waited for.
apt_install() {
	policy=/usr/sbin/policy-rc.d
	[ ! -e "$policy" ] || policy=
	[ -z "$policy" ] || printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin "$policy"
	status=0
	# shellcheck disable=SC2086 # a list of words
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
		${CI:+-o Dpkg::Options::=--force-unsafe-io} $1 || status=$?
	[ -z "$policy" ] || as_root rm "$policy"
	return "$status"
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "deps.sh: this is no Debian; these packages, or yours for the same, must be there:$packages" | tr -s ' \t\n' ' ' >&2
	echo >&2
	exit 0
fi
# shellcheck disable=SC2086 # a list of words
missing=$(missing_of "$packages" | tr '\n' ' ')
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
	echo "deps.sh: these packages are missing, and neither are you root nor is there sudo: $missing" >&2
	exit 1
fi
echo "installing: $missing"
# The lists of an apt that was used lately will do; old or missing ones are fetched when they turn out to be no good.
if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || ! apt_install "$missing"; then
	as_root apt-get update -q
	apt_install "$missing"
fi
