# SPDX-License-Identifier: MIT
"""
boot: shares are there when the machine has booted, and their secrets are nowhere else

One share as the existing tools configure it (page blob, SAS), one in the native form
from shares.d (public block blob) that the boot requires.
"""

import base64
import re
import urllib.parse


def forms(secret):
    """How a secret might be spelled somewhere; SECRET and what comes out is bytes."""
    yield max(re.split(b"[\0\n]", secret), key=len)  # as it is: what fits into a line of grep's
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for text in {secret, secret.hex().encode()}:
        for shift in range(3):  # inside of a longer base64 text it starts at any of 3 places
            b64 = base64.b64encode(b"xyz"[:shift] + text + b"xyz")
            yield b64[4 * ((shift + 2) // 3):4 * ((shift + len(text)) // 3)]


def host(s):
    az = s.azurite()
    data, models = s.share("data"), s.share("models")
    az.put_page_blob("disks", "data.img", data.file)
    az.put_block_blob("public", "models.img", models.file)
    sas = az.blob_sas("disks", "data.img")
    row = s.remotefs(data, "/mnt/remote/data", s.guest_url(az.url("disks", "data.img", sas)))
    s.config({"azure_filesystems": [row]})
    s.config({"shares": [s.native(models, s.guest_url(az.url("public", "models.img")),
                                  boot={"required": True})]}, "/etc/sealmount/shares.d/models.json")

    signature = dict(urllib.parse.parse_qsl(sas))["sig"]
    patterns = {sas.encode(), signature.encode(), urllib.parse.quote(signature, safe="").encode(),
                *forms(signature.encode()), *forms(base64.b64decode(signature)),
                *forms(data.key), *forms(models.key)}
    s.file("/vmtest/patterns", b"\n".join(sorted(p for p in patterns if len(p) >= 8)) + b"\n")
    s.file("/vmtest/key", data.key)
    s.part("secrets")
    s.boot()
