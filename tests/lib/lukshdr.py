#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
lukshdr: read and change the LUKS2 header of an image, as an attacker would

  lukshdr.py show IMAGE                    JSON of the primary copy
  lukshdr.py edit IMAGE STATEMENT...       Python statements about j (the JSON, a dict)

Both copies are written with right checksums, so that only the change itself is wrong:

  lukshdr.py edit a.img 'j["segments"]["0"]["encryption"] = "cipher_null-ecb"'

Nothing but the standard library; neither root nor cryptsetup.
"""

import hashlib
import json
import struct
import sys

BINARY = 4096  # bytes before the JSON
MAGIC = (b"LUKS\xba\xbe", b"SKUL\xba\xbe")
CHECKSUM = slice(448, 512)


class Header:
    """Both copies as bytes; text of the JSON apart."""

    def __init__(self, image):
        self.image = image
        with open(image, "rb") as f:
            first = f.read(BINARY)
            self.size = struct.unpack_from(">Q", first, 8)[0]
            if first[:6] != MAGIC[0] or not 16384 <= self.size <= 4 << 20:
                raise ValueError(f"{image}: no LUKS2 header")
            f.seek(0)
            self.copies = [bytearray(f.read(self.size)) for _ in range(2)]
        self.text = bytes(self.copies[0][BINARY:]).split(b"\0", 1)[0]

    @property
    def json(self):
        return json.loads(self.text)

    def set_json(self, value):
        self.text = json.dumps(value, separators=(",", ":")).encode()

    def put(self, offset, data, copies=(0, 1)):
        """Bytes of the binary part."""
        for i in copies:
            self.copies[i][offset:offset + len(data)] = data

    def seal(self, copies=(0, 1)):
        """The JSON into the copies, and their checksums."""
        area = self.text.ljust(self.size - BINARY, b"\0")
        if len(area) > self.size - BINARY:
            raise ValueError("the JSON is longer than its area")
        for i in copies:
            self.copies[i][BINARY:] = area
            self.checksum(i)

    def checksum(self, i):
        self.copies[i][CHECKSUM] = bytes(64)
        self.copies[i][448:480] = hashlib.sha256(self.copies[i]).digest()

    def write(self, image=None):
        with open(image or self.image, "r+b") as f:
            for copy in self.copies:
                f.write(copy)


def edit(image, change):
    """Apply CHANGE to the JSON of IMAGE, right checksums in both copies."""
    h = Header(image)
    j = h.json
    change(j)
    h.set_json(j)
    h.seal()
    h.write()


def main(argv):
    if len(argv) >= 3 and argv[1] == "show":
        print(json.dumps(Header(argv[2]).json, indent=2))
    elif len(argv) >= 4 and argv[1] == "edit":
        edit(argv[2], lambda j: [exec(s, {"j": j}) for s in argv[3:]])
    else:
        sys.exit(__doc__.strip())


if __name__ == "__main__":
    main(sys.argv)
