#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a corpus of hostile and broken root tarballs: evil_tars.py DIRECTORY CANARY

Each archive is NAME.refuse.tar* (must be refused) or NAME.accept.tar* (must be unpacked, and stay within its root).
CANARY is an absolute path of a directory outside; every archive that tries to get out aims at it.
"""

import gzip
import io
import os
import struct
import subprocess
import sys
import tarfile

out, canary = sys.argv[1], sys.argv[2]


def entry(name, kind=tarfile.REGTYPE, data=b"", link="", mode=0o644, uid=0, gid=0, pax=None, size=None, dev=(0, 0)):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.uid, info.gid = kind, link, mode, uid, gid
    info.size = len(data) if size is None else size
    info.devmajor, info.devminor = dev
    info.pax_headers = pax or {}
    return info, data


def directory(name, **kw):
    return entry(name, tarfile.DIRTYPE, mode=kw.pop("mode", 0o755), **kw)


def symlink(name, target):
    return entry(name, tarfile.SYMTYPE, link=target, mode=0o777)


def hardlink(name, target):
    return entry(name, tarfile.LNKTYPE, link=target)


def evil(name, data=b"evil\n", **kw):
    return entry(name, data=data, **kw)


def tar_bytes(*entries, fmt=tarfile.PAX_FORMAT):
    buf = io.BytesIO()
    with tarfile.open(fileobj=buf, mode="w", format=fmt, encoding="utf-8", errors="surrogateescape") as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return buf.getvalue()


def write(name, data, suffix=""):
    with open(os.path.join(out, f"{name}.tar{suffix}"), "wb") as f:
        f.write(data)


def refuse(name, *entries, **kw):
    write(name + ".refuse", tar_bytes(*entries, **kw))


def accept(name, *entries, **kw):
    write(name + ".accept", tar_bytes(*entries, **kw))


def with_checksum(header):
    """The 512 bytes of a header with its checksum made right again."""
    header = bytearray(header)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


ok = evil("file", b"fine\n")

# IM01: names and links that lead out
refuse("dotdot", ok, evil("../canary/out"))
refuse("dotdot-deep", ok, evil("a/b/../../../../" + canary.lstrip("/") + "/out"))
refuse("dotdot-last", ok, directory("a/.."))
refuse("dotdot-hardlink", ok, hardlink("x", "../../../../../../" + canary.lstrip("/") + "/canary"))
accept("absolute", evil(canary + "/canary"))
accept("slashes", evil("//" + canary.lstrip("/") + "//./canary"))
refuse("sym-then-file", symlink("out", canary), evil("out/canary"))
refuse("sym-relative-then-file", directory("d"), symlink("d/out", "../../../../../../.." + canary), evil("d/out/canary"))
refuse("sym-chain", symlink("a", "b"), symlink("b", canary), evil("a/canary"))
refuse("sym-loop", symlink("a", "b"), symlink("b", "a"), evil("a/x"))
accept("sym-parent-swap", directory("d"), evil("d/x"), symlink("e", canary), directory("d/sub"), evil("d/sub/canary"))
accept("sym-replaced-by-file", symlink("x", canary + "/canary"), evil("x"))
accept("sym-replaced-by-dir", symlink("x", canary), directory("x"), evil("x/canary"))
accept("hard-to-symlink", symlink("s", canary + "/canary"), hardlink("h", "s"), evil("h"))
refuse("hard-through-symlink", symlink("s", canary), hardlink("h", "s/canary"))
refuse("hard-absolute", hardlink("h", canary + "/canary"))
refuse("hard-missing", ok, hardlink("h", "nothing"))
refuse("hard-to-dir", directory("d"), hardlink("h", "d"))
accept("hard-to-itself", evil("x", b"kept\n"), hardlink("x", "x"), hardlink("./x", "/x"))

# IM02: modes, owners and times must not follow a link
accept("sym-chmod", symlink("x", canary), directory("x", mode=0o777))
accept("sym-chmod-file", symlink("x", canary + "/canary"), entry("x", mode=0o4777))
accept("sym-to-dir-kept", directory("usr/lib"), symlink("lib", "usr/lib"), directory("lib", mode=0o700), evil("lib/x"))
accept("abs-sym-kept", directory("usr/lib"), symlink("lib", "/usr/lib"), evil("lib/x"))

# IM03: the root itself
refuse("root-is-symlink", symlink(".", canary), evil("x"))
refuse("root-is-symlink-slash", symlink("./", canary), evil("canary"))
refuse("root-is-file", evil("."))
refuse("root-is-hardlink", ok, hardlink("./", "file"))
accept("root-mode", directory("./", mode=0o711), ok)

# IM04: whiteouts belong to layers
for n, name in enumerate([".wh.x", ".wh...", ".wh..", ".wh..wh..opq", "d/.wh.x", "d/.wh.x/y"]):
    refuse(f"whiteout-{n}", ok, evil(name))

# IM10: malformed
good = tar_bytes(directory("d"), evil("d/one", b"1" * 3000), evil("d/two", b"2" * 3000))
write("cut-in-header.refuse", good[:700])
write("cut-in-data.refuse", good[:2000])
write("cut-between.refuse", good[:512 + 512 + 3072])
write("empty.refuse", b"")
write("no-entries.refuse", b"\0" * 10240)
write("random.refuse", bytes((i * 197 + i // 7) % 251 for i in range(20000)))
write("trailing.refuse", good + b"trailing garbage")
write("bad-checksum.refuse", good[:512] + b"X" + good[513:])
write("no-name.refuse", with_checksum(b"\0" + tar_bytes(evil("f"))[1:512]) + good)
for n, size in enumerate([b"77777777777\0", b"\xff" * 12, b"\x80" + b"\x7f" * 11, b"-0000000001\0", b"99999999999\0"]):
    header = bytearray(tar_bytes(evil("lies"))[:512])
    header[124:136] = size
    write(f"size-lies-{n}.refuse", with_checksum(header) + good[512:])
refuse("pax-size-negative", evil("x", pax={"size": "-5"}))
refuse("uid-negative", evil("x", pax={"uid": "-1"}))
refuse("uid-too-large", evil("x", pax={"uid": "4294967295"}))
refuse("name-too-long", ok, evil("n" * 300))
refuse("path-too-long", ok, evil("/".join(["d" * 100] * 60)))
refuse("sparse-too-large", evil("x", pax={"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "x",
                                          "GNU.sparse.realsize": str(2**63 - 1)}, data=b"0\n".ljust(512, b"\0")))
refuse("nul-link", ok, symlink("l", ""))
refuse("image", evil("oci-layout", b"{}"), directory("blobs"))

packed = gzip.compress(good, mtime=0)
middle = len(packed) // 2
write("gz-cut.refuse", packed[:-12], ".gz")
write("gz-cut-trailer.refuse", packed[:-3], ".gz")
write("gz-bad-crc.refuse", packed[:-8] + struct.pack("<I", 0) + packed[-4:], ".gz")
write("gz-bit.refuse", packed[:middle] + bytes([packed[middle] ^ 16]) + packed[middle + 1:], ".gz")
write("gz-trailing.refuse", packed + b"trailing garbage", ".gz")
write("gz-members.accept", gzip.compress(good[:1500]) + gzip.compress(good[1500:]), ".gz")
write("gz-padded.accept", packed + b"\0" * 1000, ".gz")
write("gz-in-gz.refuse", gzip.compress(packed), ".gz")
for tool, suffix in (("xz", ".xz"), ("zstd", ".zst")):
    packed = subprocess.run([tool, "-cq"], input=good, stdout=subprocess.PIPE, check=True).stdout
    write(f"{tool}-good.accept", packed, suffix)
    write(f"{tool}-cut.refuse", packed[:-6], suffix)
    write(f"{tool}-bit.refuse", packed[:-9] + bytes([packed[-9] ^ 16]) + packed[-8:], suffix)

# IM12: attributes and devices
accept("xattr-overlay", entry("x", pax={"SCHILY.xattr.user.overlay.opaque": "y", "SCHILY.xattr.trusted.overlay.opaque": "y",
                                        "SCHILY.xattr.user.kept": "yes"}))
accept("devices", ok, entry("sda", tarfile.BLKTYPE, dev=(8, 0)), entry("null", tarfile.CHRTYPE, dev=(1, 3)),
       entry("whiteout", tarfile.CHRTYPE), entry("pipe", tarfile.FIFOTYPE, mode=0o622))
accept("setuid", entry("su", mode=0o4755, uid=1000, gid=1001), entry("sg", mode=0o2755), directory("sticky", mode=0o1777))

# IM15, IM16: odd names, repeated and contradicting entries
accept("name-control", evil("a\nb\033[2J\x7f"))
accept("name-nonutf8", evil("caf\udce9"), fmt=tarfile.GNU_FORMAT)
accept("name-nonutf8-pax", evil("caf\udce9/" + "x" * 120))
accept("name-utf8", evil("caf\u00e9/" + "\u00fc" * 90))
accept("dup-entries", evil("x", b"first\n"), evil("x", b"second\n"))
accept("file-then-dir", evil("x"), directory("x"), evil("x/y"))
accept("dir-then-file", directory("x"), evil("x"))
refuse("full-dir-then-file", directory("x"), evil("x/y"), evil("x"))
accept("parents-missing", evil("a/b/c"))
accept("dir-unreadable", directory("d", mode=0), evil("d/x"))
accept("concatenated", ok)
with open(os.path.join(out, "concatenated.accept.tar"), "ab") as f:
    f.write(tar_bytes(evil("second")))
