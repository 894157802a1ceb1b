# SPDX-License-Identifier: MIT
"""
kinds: volumes and keys other than the plain case, through the units, from a store

dm-verity instead of LUKS (tree in a blob of its own), dm-verity below LUKS (tree behind the
data), and keys from a file, a system credential and an encrypted credential.
"""

import re
import shutil

import mkimage

SERVER = 8081
VERITY_BLOCK = 4096


def root_hash(data, tree, *options):
    """Make the hash tree of a file in user space; its root hash."""
    out = mkimage.tool("veritysetup", "format", data, tree, *options)
    return re.search(r"Root hash:\s*([0-9a-f]+)", out).group(1)


def host(s):
    image = s.share("image")
    bare, tree, both = (s.work / n for n in ("bare.img", "bare.tree", "both.img"))
    mkimage.tool("mkfs.ext4", "-q", "-b", VERITY_BLOCK, "-d", image.source, bare, "16M")
    bare_hash = root_hash(bare, tree)
    shutil.copy(image.file, both)
    size = both.stat().st_size
    both_hash = root_hash(both, both, f"--hash-offset={size}", f"--data-blocks={size // VERITY_BLOCK}")
    bad = s.work / "bad.img"
    bad.write_bytes(bare.read_bytes())
    with bad.open("r+b") as f:  # the superblock of the filesystem, which nobody can miss
        f.seek(1024 + 120)
        f.write(b"\xff" * 16)
    s.fault_server({"/image.img": image.file, "/bare.img": bare, "/bare.tree": tree,
                    "/both.img": both, "/bad.img": bad}, SERVER)
    base = f"http://10.0.2.2:{SERVER}"

    def share(name, url, key=None, **more):
        value = {"name": name, "mount_point": f"/srv/{name}", "source": {"url": f"{base}/{url}"}}
        return {**value, **({"key": key} if key else {}), **more}

    def verity(digest, **more):
        return {"root_hash": digest, **more}

    raw = {"provider": "raw", "hex": image.key_hex}
    s.config({"shares": [
        share("verity", "bare.img",
              volume={"type": "plain", "verity": verity(bare_hash, hash_url=f"{base}/bare.tree")}),
        share("verity-luks", "both.img", raw,
              volume={"verity": verity(both_hash, hash_offset=size)}),
        share("changed", "bad.img",
              volume={"type": "plain", "verity": verity(bare_hash, hash_url=f"{base}/bare.tree")}),
        share("key-file", "image.img", {"provider": "file", "path": "/etc/keys/image.key"}),
        share("key-credential", "image.img", {"provider": "credential", "name": "image.key"}),
        share("key-encrypted", "image.img",
              {"provider": "credential", "encrypted": True,
               "path": "/etc/keys/image.cred"},
              boot={"auto": False}),
    ]})
    s.file("/etc/keys/image.key", image.key)
    s.creds["image.key"] = image.key
    s.boot()
