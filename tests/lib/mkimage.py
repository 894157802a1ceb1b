#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
mkimage: an encrypted ext4 image from a folder, without device mapper and without mounting

  mkimage.py --key-hex HEX --source DIR --out FILE [--size BYTES|NM] [--null-cipher]
             [--filesystem FILE] [--check]

The result is what the existing tools' script makes: LUKS2, aes-xts-plain64, sectors of
4096 bytes, one PBKDF2 key slot of 1000 iterations opened by the raw bytes of HEX, one
segment from 16 MiB to the end. The size (64M by default) is that of the whole file and
includes those 16 MiB.

  --key-hex      the key: 2 hex digits per byte, usually 32 bytes; '@FILE' reads it there
  --filesystem   encrypt this ready file system image instead of making one from --source
  --null-cipher  a header that an attacker would make: same key slot, cipher_null segment
  --check        decrypt the result with cryptsetup, compare, and check the file system

How: cryptsetup formats the file with a volume key that we give, then the data area is
encrypted here, sector by sector, by libcrypto (IV: number of 512-byte sectors since the
start of the segment, little endian).

Needs: cryptsetup, mkfs.ext4, libcrypto. Not: root, a loop device.
"""

import argparse
import ctypes
import ctypes.util
import hashlib
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

SECTOR = 4096
DATA_OFFSET = 16 << 20
ENV = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class ImageError(Exception):
    pass


def tool(*argv):
    r = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, env=ENV,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if r.returncode:
        raise ImageError(f"{argv[0]} ended with status {r.returncode}: {r.stdout.strip()}")
    return r.stdout


class Xts:
    """AES-256-XTS encryption of sectors by libcrypto."""

    def __init__(self, key):
        lib = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
        lib.EVP_CIPHER_CTX_new.restype = ctypes.c_void_p
        lib.EVP_aes_256_xts.restype = ctypes.c_void_p
        self.init, self.update = lib.EVP_EncryptInit_ex, lib.EVP_EncryptUpdate
        self.init.argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_char_p] * 2
        self.update.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p,
                                ctypes.c_char_p, ctypes.c_int]
        self.ctx = lib.EVP_CIPHER_CTX_new()
        self.out = ctypes.create_string_buffer(SECTOR)
        self.len = ctypes.c_int()
        if self.init(self.ctx, lib.EVP_aes_256_xts(), None, key, None) != 1:
            raise ImageError("libcrypto has no AES-256-XTS")

    def encrypt(self, sector_512, data):
        ok = self.init(self.ctx, None, None, None, struct.pack("<QQ", sector_512, 0))
        ok = ok == 1 and self.update(self.ctx, self.out, ctypes.byref(self.len), data, len(data))
        if ok != 1 or self.len.value != len(data):
            raise ImageError("libcrypto refused a sector")
        return self.out.raw


def parse_size(text):
    m = re.fullmatch(r"(\d+)([KMG]?)", text)
    if not m:
        raise ImageError(f"size '{text}': a number of bytes, or with K, M or G")
    return int(m.group(1)) << {"": 0, "K": 10, "M": 20, "G": 30}[m.group(2)]


def edit_header(out, change):
    """Apply CHANGE to the metadata of both header copies, with right checksums."""
    with open(out, "r+b") as f:
        for offset in (0, 16384):
            f.seek(offset)
            h = bytearray(f.read(16384))
            meta = json.loads(h[4096:].split(b"\0", 1)[0])
            change(meta)
            text = json.dumps(meta, separators=(",", ":")).encode()
            h[4096:] = text.ljust(len(h) - 4096, b"\0")
            h[448:512] = bytes(64)
            h[448:480] = hashlib.sha256(h).digest()
            f.seek(offset)
            f.write(h)


def check_header(out, null_cipher):
    """What the product insists on, in the header that cryptsetup wrote."""
    j = json.loads(tool("cryptsetup", "luksDump", "--dump-json-metadata", out))
    seg = j["segments"]
    want = {"type": "crypt", "offset": str(DATA_OFFSET), "size": "dynamic", "iv_tweak": "0",
            "encryption": "cipher_null-ecb" if null_cipher else "aes-xts-plain64",
            "sector_size": SECTOR}
    if list(seg.values()) != [want] or len(j["keyslots"]) != 1 or len(j["digests"]) != 1 \
            or j["config"].get("requirements"):
        raise ImageError(f"unexpected header: {json.dumps(j)}")


def make(key, out, source=None, filesystem=None, size=64 << 20, null_cipher=False):
    """Make the image OUT; KEY is bytes."""
    size -= size % SECTOR
    if size <= DATA_OFFSET + (4 << 20):
        raise ImageError("an image has at least 20 MiB: 16 MiB header and a file system")
    out = pathlib.Path(out)
    with tempfile.TemporaryDirectory(prefix="mkimage.") as w:
        work = pathlib.Path(w)
        os.chmod(work, 0o700)
        plain = pathlib.Path(filesystem) if filesystem else work / "plain"
        if not filesystem:
            tool("mkfs.ext4", "-q", "-b", "4096", "-m", "0", "-d", source, plain,
                 f"{(size - DATA_OFFSET) // 1024}k")
        key_file, volume_key = work / "key", work / "volume-key"
        key_file.write_bytes(key)
        volume_key.write_bytes(os.urandom(64))
        out.unlink(missing_ok=True)
        with open(out, "wb") as f:
            f.truncate(size)
        tool("cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2",
             "--cipher", "aes-xts-plain64", "--key-size", "512", "--volume-key-file", volume_key,
             "--sector-size", SECTOR, "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000",
             "--key-file", key_file, out)
        if null_cipher:
            edit_header(out, lambda j: j["segments"]["0"].update(encryption="cipher_null-ecb"))
        check_header(out, null_cipher)
        xts = Xts(volume_key.read_bytes())
        with open(plain, "rb") as f, open(out, "r+b") as o:
            o.seek(DATA_OFFSET)
            sector = 0
            while data := f.read(SECTOR):
                data = data.ljust(SECTOR, b"\0")
                o.write(data if null_cipher else xts.encrypt(sector, data))
                sector += SECTOR // 512
            if o.tell() > size:
                raise ImageError(f"the file system does not fit into {size} bytes")


def check(key, out):
    """Decrypt a copy with cryptsetup itself, and let e2fsck look at the result."""
    with tempfile.TemporaryDirectory(prefix="mkimage.", dir=out.parent) as w:
        work = pathlib.Path(w)
        copy, header, key_file = work / "image", work / "header", work / "key"
        key_file.write_bytes(key)
        tool("cp", "--sparse=always", out, copy)
        tool("cryptsetup", "open", "--test-passphrase", "--key-file", key_file, copy)
        tool("cryptsetup", "reencrypt", "--decrypt", "--force-offline-reencrypt", "--batch-mode",
             "--header", header, "--key-file", key_file, copy)
        tool("e2fsck", "-fn", copy)


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    ap.add_argument("--key-hex", required=True)
    ap.add_argument("--source")
    ap.add_argument("--filesystem")
    ap.add_argument("--out", required=True, type=pathlib.Path)
    ap.add_argument("--size", default="64M")
    ap.add_argument("--null-cipher", action="store_true")
    ap.add_argument("--check", action="store_true")
    args = ap.parse_args()
    if bool(args.source) == bool(args.filesystem):
        ap.error("one of --source and --filesystem")
    text = args.key_hex
    if text.startswith("@"):
        text = pathlib.Path(text[1:]).read_text().strip()
    key = bytes.fromhex(text)
    make(key, args.out, args.source, args.filesystem, parse_size(args.size), args.null_cipher)
    if args.check:
        check(key, args.out)


if __name__ == "__main__":
    try:
        main()
    except (ImageError, OSError, ValueError) as e:
        sys.exit(f"mkimage: {e}")
