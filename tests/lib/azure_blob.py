#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
azure_blob: what the tests need of the Azure Blob protocol, as a client

  azure_blob.py [--endpoint URL] sas [--permissions rl] [--expiry SECONDS] [CONTAINER/BLOB]
  azure_blob.py [--endpoint URL] container NAME [--public blob|container]
  azure_blob.py [--endpoint URL] upload FILE CONTAINER/BLOB [--type page|block]
  azure_blob.py [--endpoint URL] delete CONTAINER/BLOB
  azure_blob.py [--endpoint URL] download CONTAINER/BLOB FILE

The endpoint includes the account: http://127.0.0.1:10000/devstoreaccount1 (default).
As a module: Account(endpoint).container(), .put_page_blob(), .put_block_blob(),
.account_sas(), .blob_sas(), .url().

The emulator is laxer than the service; what the service refuses is refused here:
pages and lengths that are not multiples of 512, more than 4 MiB per page write,
writes past the end of the blob, container names shorter than 3 characters.

Uses: Python's standard library.
"""

import argparse
import base64
import hashlib
import hmac
import http.client
import os
import sys
import time
import urllib.parse

ENDPOINT = "http://127.0.0.1:10000/devstoreaccount1"
# the emulator's account key: public, the same in every installation
KEY = ("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/"
       "K1SZFPTOtr/KBHBeksoGMGw==")
VERSION = "2021-12-02"
PAGE_MAX = 4 << 20
BLOCK_MAX = 8 << 20


class AzureError(Exception):
    """The service refused; has .status and .code (x-ms-error-code)."""

    def __init__(self, status, code, what):
        super().__init__(f"{what}: {status} {code}")
        self.status, self.code = status, code


class Account:
    """One storage account, used with a short-lived SAS of its own."""

    def __init__(self, endpoint=ENDPOINT, key=KEY, tls=None):
        self.endpoint = endpoint.rstrip("/")
        self.key = base64.b64decode(key)
        url = urllib.parse.urlsplit(self.endpoint)
        self.name = url.path.strip("/") or url.hostname.split(".")[0]
        self.prefix = url.path.rstrip("/")
        if url.scheme == "https":
            self.conn = http.client.HTTPSConnection(url.hostname, url.port, context=tls)
        else:
            self.conn = http.client.HTTPConnection(url.hostname, url.port)
        self.sas = self.account_sas("rwdlac", 3600)

    def sign(self, text):
        mac = hmac.new(self.key, text.encode(), hashlib.sha256).digest()
        return base64.b64encode(mac).decode()

    @staticmethod
    def stamp(seconds):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))

    def account_sas(self, permissions="rl", expiry=3600):
        """SAS for all blobs of the account; valid for EXPIRY seconds (negative: expired)."""
        se = self.stamp(expiry)
        fields = [self.name, permissions, "b", "sco", "", se, "", "https,http", VERSION, "", ""]
        sig = self.sign("\n".join(fields))
        return urllib.parse.urlencode({"sv": VERSION, "ss": "b", "srt": "sco", "sp": permissions,
                                       "se": se, "spr": "https,http", "sig": sig})

    def blob_sas(self, container, blob, permissions="r", expiry=3600):
        """SAS for one blob."""
        se = self.stamp(expiry)
        fields = [permissions, "", se, f"/blob/{self.name}/{container}/{blob}", "", "",
                  "https,http", VERSION, "b", "", "", "", "", "", "", ""]
        sig = self.sign("\n".join(fields))
        return urllib.parse.urlencode({"sv": VERSION, "sr": "b", "sp": permissions, "se": se,
                                       "spr": "https,http", "sig": sig})

    def url(self, container, blob, sas=""):
        url = f"{self.endpoint}/{container}/{urllib.parse.quote(blob)}"
        return f"{url}?{sas}" if sas else url

    def request(self, method, path, args="", headers=None, body=None, ok=(200, 201, 202, 206)):
        """One request; returns (headers, body)."""
        target = f"{self.prefix}/{urllib.parse.quote(path)}?" + "&".join(
            x for x in (args, self.sas) if x)
        head = {"x-ms-version": VERSION, "Content-Length": str(len(body or b"")),
                **(headers or {})}
        try:
            self.conn.request(method, target, body, head)
            r = self.conn.getresponse()
        except (http.client.HTTPException, ConnectionError):  # an idle connection was closed
            self.conn.close()
            self.conn.request(method, target, body, head)
            r = self.conn.getresponse()
        data = r.read()
        if r.status not in ok:
            raise AzureError(r.status, r.headers.get("x-ms-error-code", "?"), f"{method} {path}")
        return r.headers, data

    def container(self, name, public=None):
        """Create a container, or find it there; PUBLIC is None, 'blob' or 'container'."""
        if not 3 <= len(name) <= 63:
            raise ValueError(f"container name '{name}': 3 to 63 characters")
        headers = {"x-ms-blob-public-access": public} if public else {}
        try:
            self.request("PUT", name, "restype=container", headers)
        except AzureError as e:
            if e.status != 409:
                raise
            self.request("PUT", name, "restype=container&comp=acl", headers)

    def put_page_blob(self, container, blob, file):
        """Upload FILE as page blob; zeros are not sent, so that it is as sparse as it can be."""
        size = os.stat(file).st_size
        if size % 512:
            raise ValueError(f"{file}: a page blob's length is a multiple of 512, not {size}")
        path = f"{container}/{blob}"
        self.request("PUT", path, "", {"x-ms-blob-type": "PageBlob",
                                       "x-ms-blob-content-length": str(size)})
        with open(file, "rb") as f:
            off = 0
            while off < size:
                data = f.read(1 << 20)
                if data.strip(b"\0"):
                    self.put_pages(container, blob, off, data, size)
                off += len(data)

    def put_pages(self, container, blob, off, data, size):
        """Write pages as the service would allow it; SIZE is the blob's."""
        if off % 512 or len(data) % 512 or not data:
            raise ValueError("pages are aligned to 512 bytes")
        if len(data) > PAGE_MAX or off + len(data) > size:
            raise ValueError("at most 4 MiB in one write, none past the end")
        self.request("PUT", f"{container}/{blob}", "comp=page",
                     {"x-ms-page-write": "update", "Content-Type": "",
                      "x-ms-range": f"bytes={off}-{off + len(data) - 1}"}, data)

    def put_block_blob(self, container, blob, file):
        """Upload FILE as block blob, in blocks of 8 MiB."""
        path, ids = f"{container}/{blob}", []
        with open(file, "rb") as f:
            while data := f.read(BLOCK_MAX):
                ids.append(base64.b64encode(b"%08d" % len(ids)).decode())
                self.request("PUT", path, "comp=block&blockid=" + urllib.parse.quote(ids[-1]),
                             {"Content-Type": ""}, data)
        rows = "".join(f"<Latest>{i}</Latest>" for i in ids)
        self.request("PUT", path, "comp=blocklist", {"Content-Type": "application/xml"},
                     f'<?xml version="1.0"?><BlockList>{rows}</BlockList>'.encode())

    def delete(self, container, blob):
        self.request("DELETE", f"{container}/{blob}")

    def read(self, container, blob, off=0, length=None):
        headers = {}
        if length is not None:
            headers["x-ms-range"] = f"bytes={off}-{off + length - 1}"
        return self.request("GET", f"{container}/{blob}", "", headers)[1]


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    ap.add_argument("--endpoint", default=ENDPOINT)
    sub = ap.add_subparsers(dest="verb", required=True)
    p = sub.add_parser("sas")
    p.add_argument("--permissions", default="rl")
    p.add_argument("--expiry", type=int, default=3600)
    p.add_argument("blob", nargs="?")
    p = sub.add_parser("container")
    p.add_argument("name")
    p.add_argument("--public", choices=("blob", "container"))
    p = sub.add_parser("upload")
    p.add_argument("file")
    p.add_argument("blob")
    p.add_argument("--type", choices=("page", "block"), default="page")
    p = sub.add_parser("delete")
    p.add_argument("blob")
    p = sub.add_parser("download")
    p.add_argument("blob")
    p.add_argument("file")
    args = ap.parse_args()

    acct = Account(args.endpoint)
    container, _, blob = (getattr(args, "blob", None) or "").partition("/")
    if args.verb == "sas" and blob:
        print(acct.blob_sas(container, blob, args.permissions, args.expiry))
    elif args.verb == "sas":
        print(acct.account_sas(args.permissions, args.expiry))
    elif args.verb == "container":
        acct.container(args.name, args.public)
    elif args.verb == "upload":
        put = acct.put_page_blob if args.type == "page" else acct.put_block_blob
        put(container, blob, args.file)
    elif args.verb == "delete":
        acct.delete(container, blob)
    elif args.verb == "download":
        with open(args.file, "wb") as f:
            f.write(acct.read(container, blob))


if __name__ == "__main__":
    try:
        main()
    except (AzureError, ValueError, OSError) as e:
        sys.exit(f"azure_blob: {e}")
