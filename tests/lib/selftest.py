#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
selftest: do the bed's servers and tools do what they promise?

  selftest.py [NAME]    all cases, or those whose name contains NAME

Prints one "ok - NAME" or "not ok - NAME" line per case.
"""

import http.client
import os
import pathlib
import sys
import tempfile
import threading
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import azure_blob  # noqa: E402
import mkimage  # noqa: E402
import servers  # noqa: E402

CASES = []
SIZE = 1000 * 512


def case(f):
    CASES.append(f)
    return f


def fault_server(work):
    file = work / "f.img"
    file.write_bytes(os.urandom(SIZE))
    return servers.FaultServer({"/f.img": file}, work, options=["--azure"])


def ask(server, first=0, last=99999, method="GET", body=None, query="", **headers):
    """(status, body or None when it broke off, headers)"""
    c = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    c.request(method, "/f.img" + query, body,
              {"x-ms-range": f"bytes={first}-{last}",
               **{k.replace("_", "-"): v for k, v in headers.items()}})
    r = c.getresponse()
    try:
        data = r.read()
    except (http.client.IncompleteRead, ConnectionResetError):
        data = None
    return r.status, data, r.headers


def refused(server):
    try:
        ask(server)
    except ConnectionRefusedError:
        return True
    return False


@case
def faultserver_serves_ranges(work):
    with fault_server(work) as f:
        want = f.files["/f.img"].read_bytes()
        status, data, h = ask(f, 512, 1023)
        assert (status, data) == (206, want[512:1024])
        assert h["Content-Range"] == f"bytes 512-1023/{SIZE}"
        assert ask(f, 512, 1023, If_Match=h["ETag"])[0] == 206
        assert ask(f, 512, 1023, If_Match='"0"')[0] == 412
        assert ask(f, SIZE, SIZE)[0] == 416
        assert ask(f, SIZE - 10, SIZE + 10)[1] == want[-10:]


@case
def faultserver_commits_each_fault_once_and_heals(work):
    with fault_server(work) as f:
        want = f.files["/f.img"].read_bytes()[:100000]

        def after(fault, **args):
            f.rules([{"fault": fault, "count": 1, **args}])
            try:
                r = ask(f)
            except (http.client.BadStatusLine, ConnectionResetError,
                    http.client.RemoteDisconnected):
                r = (0, None, {})
            status, data, _ = ask(f)
            assert (status, data) == (206, want), f"not healed after {fault}"
            return r

        for status, code in ((503, "ServerBusy"), (500, "InternalError"), (404, "BlobNotFound"),
                             (403, "AuthorizationFailure")):
            s, _, h = after(str(status))
            assert (s, h["x-ms-error-code"]) == (status, code)
        assert after("503", retry_after=7)[2]["Retry-After"] == "7"
        assert after("status", status=403, code="Custom")[2]["x-ms-error-code"] == "Custom"
        for fault in ("reset", "short"):
            assert after(fault)[:2] == (206, None), fault
        for fault in ("reset-early", "close", "truncated-headers"):
            assert after(fault)[0] == 0, fault
        assert len(after("wrong-length")[1]) == len(want) - 1
        assert after("wrong-range")[2]["Content-Range"].startswith("bytes 512-")
        assert after("wrong-total")[2]["Content-Range"].endswith(f"/{SIZE + 512}")
        assert after("garbage")[1] != want
        assert after("no-range")[0] == 200
        assert after("no-etag")[2]["ETag"] is None
        etag = ask(f)[2]["ETag"]
        assert after("etag")[2]["ETag"] != etag
        for fault, args in (("stall", {"seconds": 0.2}), ("delay", {"seconds": 0.2}),
                            ("stall", {"seconds": 0.2, "where": "body"}),
                            ("trickle", {"rate": 400000})):
            t0 = time.monotonic()
            assert after(fault, **args)[1] == want
            assert time.monotonic() - t0 > 0.19, fault


@case
def faultserver_matches_skip_count_and_offset(work):
    with fault_server(work) as f:
        f.rules([{"fault": "503", "skip": 1, "count": 2},
                 {"fault": "500", "min_off": 4096, "max_off": 8191}])
        assert [ask(f)[0] for _ in range(4)] == [206, 503, 503, 206]
        assert [ask(f, o, o + 9)[0] for o in (4095, 4096, 8191, 8192)] == [206, 500, 500, 206]
        assert [e["fault"] for e in f.log()].count("503") == 2


@case
def faultserver_stalls_until_released(work):
    with fault_server(work) as f:
        f.rules([{"fault": "stall", "count": 1}])
        got = []
        t = threading.Thread(target=lambda: got.append(ask(f)[0]))
        t.start()
        while f.state()["in_flight"] == 0:
            time.sleep(0.01)
        assert not got
        f.control("release", {})
        t.join(10)
        assert got == [206]


@case
def faultserver_goes_away_and_comes_back(work):
    with fault_server(work) as f:
        assert not refused(f)
        f.control("listen", {"listen": 0})
        assert refused(f)
        f.control("listen", {"listen": 1, "after": 0.2})
        while not f.state()["listening"]:
            time.sleep(0.01)
        assert not refused(f)


@case
def faultserver_takes_pages(work):
    with fault_server(work) as f:
        etag = ask(f)[2]["ETag"]
        head = {"x_ms_page_write": "update", "query": "?comp=page", "method": "PUT"}
        assert ask(f, 512, 1023, body=b"a" * 512, If_Match=etag, **head)[0] == 201
        assert ask(f, 512, 1023)[1] == b"a" * 512
        assert ask(f, 512, 1023, body=b"b" * 512, If_Match=etag, **head)[0] == 412
        assert ask(f, 1, 512, body=b"b" * 512, **head)[0] == 416


@case
def azurite_takes_uploads_and_checks_signatures(work):
    file = work / "p.img"
    file.write_bytes(b"x" * 4096 + bytes(8 << 20) + os.urandom(512 * 1000))
    with servers.Azurite(work, servers.FaultServer.free_port()) as az:
        a = az.account()
        a.container("disks")
        a.container("public", "blob")
        a.put_page_blob("disks", "p.img", file)
        a.put_block_blob("public", "b.img", file)
        assert a.read("disks", "p.img") == file.read_bytes() == a.read("public", "b.img")

        def status(url):
            c = http.client.HTTPConnection("127.0.0.1", az.port)
            c.request("HEAD", url.split(str(az.port), 1)[1])
            return c.getresponse().status

        assert status(a.url("public", "b.img")) == 200
        assert status(a.url("disks", "p.img")) == 403
        assert status(a.url("disks", "p.img", a.account_sas())) == 200
        assert status(a.url("disks", "p.img", a.blob_sas("disks", "p.img"))) == 200
        assert status(a.url("disks", "p.img", a.account_sas(expiry=-60))) == 403
        assert status(a.url("disks", "none", a.account_sas())) == 404


@case
def azure_client_refuses_what_the_service_would(work):
    a = azure_blob.Account()
    for off, data in ((1, b"x" * 512), (0, b"x" * 100), (0, bytes(5 << 20)), (8 << 20, b"x" * 512)):
        try:
            a.put_pages("disks", "x", off, data, 8 << 20)
        except ValueError:
            continue
        assert False, (off, len(data))


@case
def mkimage_makes_what_cryptsetup_can_open(work):
    source = work / "source"
    source.mkdir()
    (source / "a").write_text("content\n")
    key = os.urandom(32)
    mkimage.make(key, work / "e.img", source=source, size=24 << 20)
    mkimage.check(key, work / "e.img")
    mkimage.make(key, work / "n.img", source=source, size=24 << 20, null_cipher=True)


def main():
    bad = 0
    for f in CASES:
        if len(sys.argv) > 1 and sys.argv[1] not in f.__name__:
            continue
        with tempfile.TemporaryDirectory(prefix="bed-selftest.") as w:
            try:
                f(pathlib.Path(w))
                print("ok -", f.__name__, flush=True)
            except Exception:  # every case is judged, whatever it raises
                bad += 1
                print("not ok -", f.__name__, flush=True)
                print("    " + traceback.format_exc().replace("\n", "\n    "), flush=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
