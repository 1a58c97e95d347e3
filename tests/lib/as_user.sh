#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# as_user.sh HOME COMMAND…: runs COMMAND as uid 12345, who has 65536 subordinate ids.  The machine's /etc stays as it is:
# the user exists in a private mount namespace only, whose /etc is an overlay.  Needs root.
set -e
if [ "$1" != --inside ]; then
	exec unshare --mount --propagation private -- "$0" --inside "$@"
fi
home=$2
shift 2
layer=$(mktemp -d)
mount -t tmpfs tmpfs "$layer"
mkdir "$layer/upper" "$layer/work"
mount -t overlay -o "lowerdir=/etc,upperdir=$layer/upper,workdir=$layer/work" overlay /etc
# The namespace's mounts, and with them the layer, go with it; the empty directory goes now.
umount -l "$layer"
rmdir "$layer"
printf 'root:x:0:0::/root:/bin/sh\nisletest:x:12345:12345::%s:/bin/sh\n' "$home" >/etc/passwd
printf 'root:x:0:\nisletest:x:12345:\n' >/etc/group
echo isletest:200000:65536 >/etc/subuid
echo isletest:200000:65536 >/etc/subgid
exec setpriv --reuid 12345 --regid 12345 --clear-groups env HOME="$home" "$@"
