#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Packs a directory as an image with one layer, in an OCI archive that containerd, podman and skopeo import.

    oci_image.py ROOT NAME:TAG ARCHIVE [KEY=JSON...]

KEY=JSON sets members of the image's config, such as Cmd='["sh"]' or User='"alice"'.
"""
import hashlib
import io
import json
import platform
import sys
import tarfile

MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def layer_of(root):
    def owned_by_root(member):
        member.uid = member.gid = member.mtime = 0
        member.uname = member.gname = ""
        return member

    text = io.BytesIO()
    with tarfile.open(fileobj=text, mode="w") as tar:
        tar.add(root, arcname=".", filter=owned_by_root)
    return text.getvalue()


def main():
    root, name, archive = sys.argv[1:4]
    blobs = {}

    def blob(content, kind):
        digest = hashlib.sha256(content).hexdigest()
        blobs[digest] = content
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}

    def document(value, kind):
        return blob(json.dumps(value).encode(), kind + "+json")

    layer = blob(layer_of(root), "layer.v1.tar")
    config = {"Env": ["PATH=/bin"], "Cmd": ["sh"]}
    for setting in sys.argv[4:]:
        key, value = setting.split("=", 1)
        config[key] = json.loads(value)
    image = {
        "architecture": MACHINES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]},
    }
    manifest = document(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": document(image, "config.v1"),
            "layers": [layer],
        },
        "manifest.v1",
    )
    tag = name.rsplit(":", 1)[1]
    manifest["annotations"] = {"org.opencontainers.image.ref.name": tag, "io.containerd.image.name": name}
    files = {
        "oci-layout": json.dumps({"imageLayoutVersion": "1.0.0"}).encode(),
        "index.json": json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode(),
    }
    files.update((f"blobs/sha256/{digest}", content) for digest, content in blobs.items())
    with tarfile.open(archive, "w") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


main()
