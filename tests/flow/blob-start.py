#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""blob-start: what is transient is waited for before READY, what is not fails with its remedy"""

import base64
import json
import os
import pathlib
import subprocess
import time
import urllib.parse

from blob_lib import EXE, SHARE_TEXT, digest, mounts_at, run

SIZE = 300_000
SIG = "c2VjcmV0LXNpZ25hdHVyZS1vZi10aGUtc2FzISEh"
SAS = f"sv=2021-12-02&sr=b&sp=r&se=2100-01-01T00%3A00%3A00Z&sig={urllib.parse.quote(SIG)}%3D"
OLD_SAS = SAS.replace("2100", "2020")


def sas_file(bed, text=SAS, mode=0o600):
    path = bed.folder / "sas"
    path.write_text(text + "\n")
    path.chmod(mode)
    return f"--sas-file={path}"


def fails(bed, rules, *texts, options=(), azure=False, path="/c/a.img"):
    """The start ends with status 1, soon, and says all of this."""
    image = bed.file("a", SIZE)
    with bed.faults({"/c/a.img": image}, ("--azure",) if azure else ()) as server:
        server.rules(list(rules))
        with bed.blob(*options, server.url + path) as blob:
            assert blob.wait(10) == 1
            assert "READY=1" not in blob.notes
            for text in ("Cannot serve blob: ", f"127.0.0.1:{server.port}{path}", *texts):
                assert text in blob.log(), f"no '{text}' in: {blob.log()}"
            assert not mounts_at(blob.dir)
            return blob.log()


def case_ready_means_readable(bed):
    with bed.served(SIZE) as (image, server, blob):
        assert digest(blob.image) == digest(image)
        blob.wait_note("STATUS=Serving 292.9 KiB from http://127.0.0.1")
        assert "Serving 292.9 KiB from" in blob.log()
        assert blob.stop() == 0
        assert not mounts_at(blob.dir)
        assert "No longer serving" in blob.log()


def case_a_server_that_is_down_at_first_heals_by_itself(bed):
    image = bed.file("a", SIZE)
    with bed.faults({"/a": image}) as server:
        server.control("listen", {"listen": 0})
        with bed.blob(server.url + "/a") as blob:
            blob.wait_log("Cannot read blob, and goes on trying")
            blob.wait_note("STATUS=http://127.0.0.1")
            assert not blob.is_ready()
            server.control("listen", {"listen": 1})
            blob.ready()
            assert digest(blob.image) == digest(image)
            blob.wait_log("answers again after")
            assert blob.log().count("Cannot read blob") == 1


def case_transient_answers_are_waited_out(bed):
    image = bed.file("a", SIZE)
    with bed.faults({"/a": image}) as server:
        server.rules([{"fault": "503", "retry_after": 1, "count": 1}, {"fault": "500", "count": 1},
                      {"fault": "reset", "count": 1}, {"fault": "short", "count": 1},
                      {"fault": "wrong-range", "count": 1}, {"fault": "close", "count": 1}])
        with bed.blob(server.url + "/a") as blob:
            blob.ready()
            assert digest(blob.image) == digest(image)


def case_a_name_that_does_not_resolve_is_waited_for(bed):
    with bed.blob("http://no-such-host.invalid/a") as blob:
        blob.wait_log("Cannot read blob, and goes on trying")
        assert "no-such-host.invalid" in blob.log()
        begin = time.monotonic()
        assert blob.stop() == 0
        assert time.monotonic() - begin < 5


def case_ended_before_it_was_ready(bed):
    image = bed.file("a", SIZE)
    with bed.faults({"/a": image}) as server:
        server.rules([{"fault": "stall"}])
        with bed.blob(server.url + "/a") as blob:
            while server.state()["requests"] == 0:
                time.sleep(0.01)
            assert blob.stop() == 0
            assert not mounts_at(blob.dir)


def case_not_found(bed):
    fails(bed, (), "404", "check the path of the URL", path="/c/other.img")


def case_forbidden(bed):
    fails(bed, [{"fault": "status", "status": 403}], "403 Forbidden", "give a SAS")


def case_unauthorized(bed):
    fails(bed, [{"fault": "401"}], "401 Unauthorized")


def case_bad_request(bed):
    fails(bed, [{"fault": "status", "status": 400}], "400 Bad Request")


def case_azure_not_found(bed):
    fails(bed, [{"fault": "404", "code": "ContainerNotFound"}], "404 Not Found ContainerNotFound",
          "no container of this name", azure=True)


def case_azure_anonymous_is_not_permitted(bed):
    fails(bed, [{"fault": "409", "code": "PublicAccessNotPermitted"}],
          "does not permit anonymous reading", "give a SAS", azure=True)


def case_azure_expired_sas(bed):
    log = fails(bed, [{"fault": "403", "code": "AuthenticationFailed"}],
                "the SAS expired at 2020-01-01 00:00:00 UTC", "make a new SAS",
                options=[sas_file(bed, OLD_SAS)], azure=True)
    assert "sig=" not in log


def case_azure_sas_without_permission(bed):
    fails(bed, [{"fault": "403", "code": "AuthorizationPermissionMismatch"}],
          "does not give permission to read", "sp=r", options=[sas_file(bed)], azure=True)


def case_a_server_without_ranges(bed):
    fails(bed, [{"fault": "no-range"}], "whole file", "supports range requests")


def case_a_whole_file_is_broken_off_at_once(bed):
    image = bed.folder / "big"
    with open(image, "wb") as f:
        f.truncate(1 << 30)
    with bed.faults({"/a": image}) as server:
        server.rules([{"fault": "no-range"}])
        with bed.blob(server.url + "/a") as blob:
            assert blob.wait(5) == 1
        assert server.state()["bytes"] < 64 << 20


def case_no_validator(bed):
    fails(bed, [{"fault": "status", "status": 206, "body": "x" * 131072,
                 "headers": {"Content-Range": f"bytes 0-131071/{SIZE}"}}],
          "neither ETag nor Last-Modified")


def case_compressed_although_it_must_not_be(bed):
    image = bed.file("a", SIZE)
    with bed.faults({"/a": image}) as server:
        server.rules([{"fault": "status", "status": 206, "body": "x" * 131072, "headers": {
            "Content-Range": f"bytes 0-131071/{SIZE}", "ETag": '"1"',
            "Content-Encoding": "gzip"}}])
        with bed.blob(server.url + "/a") as blob:
            blob.wait_log("encodes the content")
            assert not blob.is_ready()


def case_azure_headers_and_sas_are_sent(bed):
    image = bed.file("a", SIZE)
    with bed.faults({"/c/a.img": image}, ("--azure",)) as server:
        with bed.blob(sas_file(bed), server.url + "/c/a.img") as blob:
            blob.ready()
            assert digest(blob.image) == digest(image)
        for r in server.log():
            h = r["headers"]
            assert r["query"].endswith(SAS) or SAS in r["query"], r
            assert h["x-ms-version"] == "2021-12-02" and h["x-ms-range"].startswith("bytes=")
            assert len(h["x-ms-client-request-id"]) == 32 and "range" not in h
            assert r["n"] == 1 or h["if-match"].startswith('"')


def case_no_part_of_a_sas_can_be_seen(bed):
    image = bed.file("a", SIZE)
    with bed.faults({"/c/a.img": image}, ("--azure",)) as server:
        with bed.blob(sas_file(bed), server.url + "/c/a.img") as blob:
            blob.ready()
            server.rules([{"fault": "403", "count": 1}])
            digest(blob.image)
            server.control("listen", {"listen": 0})
            server.control("listen", {"listen": 1})
            proc = pathlib.Path(f"/proc/{blob.process.pid}")
            seen = [(proc / n).read_bytes().decode(errors="replace") for n in ("cmdline", "environ")]
            seen += [blob.log(), "\n".join(blob.notes)]
            for text in (SIG, SIG[:16], SIG.encode().hex(), base64.b64encode(SIG.encode()).decode(),
                         "sig=", "se=2100"):
                assert not any(text in s for s in seen), text


def case_a_share_reads_its_sas_where_its_configuration_came_from(bed):
    image = bed.file("a", SIZE)
    name = f"flow-{os.getpid()}"
    with bed.faults({"/c/a.img": image}, ("--azure",)) as server:
        config = bed.folder / "config.json"
        config.write_text(json.dumps({"shares": [{
            "name": name, "mount_point": f"/srv/{name}",
            "source": {"url": f"{server.url}/c/a.img?{SAS}"},
            "key": {"provider": "credential", "name": "k"}}]}))
        config.chmod(0o600)
        text = subprocess.check_output([SHARE_TEXT, config], text=True)
        assert SIG[:16] not in text
        (bed.folder / "sealmount.share").write_text(text)
        with bed.share(name, bed.folder) as blob:
            blob.ready()
            assert blob.image == pathlib.Path(f"/run/sealmount/blob/{name}/image")
            assert digest(blob.image) == digest(image)
            assert all(SAS in r["query"] for r in server.log())
            subprocess.run(["umount", blob.dir], check=True)  # as PID 1 does
            assert blob.wait() == 0
            assert not blob.dir.exists()
        with bed.share("other", bed.folder) as blob:
            assert blob.wait() == 1
            assert "systemctl start sealmount@other.target" in blob.log(), blob.log()
        config.write_text(config.read_text().replace("2100", "2101"))
        with bed.share(name, bed.folder) as blob:
            assert blob.wait() == 1
            assert "daemon-reload" in blob.log() and SIG[:16] not in blob.log(), blob.log()


def case_a_sas_in_the_url_is_refused(bed):
    with bed.blob(f"http://127.0.0.1:1/a?{SAS}") as blob:
        assert blob.wait() == 1
        assert "--sas-file=" in blob.log() and SIG[:16] not in blob.log()


def case_a_sas_file_that_others_can_read_is_refused(bed):
    with bed.blob(sas_file(bed, mode=0o644), "http://127.0.0.1:1/a") as blob:
        assert blob.wait() == 1
        assert "can be read by others" in blob.log() and "chmod 600" in blob.log()


def case_wrong_usage(bed):
    for argv in ([], ["/a"], ["--nonsense", "/a", "/b"], ["--connections=0", "/a", "/b"],
                 ["--cache-size=1M", "/a", "/b"]):
        done = subprocess.run([EXE, *argv], capture_output=True)
        assert done.returncode == 2 and b"--help" in done.stderr, (argv, done)


def case_a_file_that_is_none(bed):
    for path, text in ((bed.folder / "none", "No such file"), (bed.folder, "not a regular file")):
        with bed.blob(path) as blob:
            assert blob.wait() == 1
            assert text in blob.log(), blob.log()


def certificate(bed):
    cert, key = bed.folder / "cert.pem", bed.folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, ("--cert", str(cert), "--key", str(key))


def case_a_certificate_that_is_not_trusted_fails_at_once(bed):
    cert, options = certificate(bed)
    with bed.faults({"/a": bed.file("a", SIZE)}, options) as server:
        with bed.blob(server.url.replace("http:", "https:") + "/a") as blob:
            assert blob.wait(10) == 1
            assert "certificate is not accepted" in blob.log(), blob.log()
            assert "add the server's CA" in blob.log()


def case_over_tls(bed):
    cert, options = certificate(bed)
    image = bed.file("a", 5_000_000)
    with bed.faults({"/a": image}, options) as server:
        with bed.blob(f"--ca-file={cert}", server.url.replace("http:", "https:") + "/a") as blob:
            blob.ready()
            assert digest(blob.image) == digest(image)
            assert blob.stop() == 0


def case_redirects_are_followed_without_a_credential_only(bed):
    image = bed.file("a", SIZE)
    with bed.faults({"/c/a.img": image}) as server:
        server.rules([{"fault": "status", "status": 302, "path": "/old",
                       "headers": {"Location": server.url + "/c/a.img"}}])
        with bed.blob(server.url + "/old") as blob:
            blob.ready()
            assert digest(blob.image) == digest(image)
        with bed.blob(sas_file(bed), server.url + "/old") as blob:
            assert blob.wait(10) == 1
            assert "302" in blob.log(), blob.log()


if __name__ == "__main__":
    run(globals())
