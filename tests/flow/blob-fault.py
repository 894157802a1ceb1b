#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""blob-fault: what goes wrong after the start is waited out, or ends in ESTALE; nothing mixed"""

import errno
import mmap
import os
import random
import threading
import time

from blob_lib import digest, gets, run

MIB = 1024 * 1024
SIZE = 6 * MIB + 321


def whole_is_right(bed, rules, *options, azure=False, log=()):
    with bed.served(SIZE, *options, rules=rules, azure=azure) as (image, server, blob):
        assert digest(blob.image) == digest(image)
        fired = sum(rule["fired"] for rule in server.state()["rules"])
        assert fired > 0, "the fault did not happen"
        for text in log:
            assert text in blob.log(), blob.log()
        assert blob.stop() == 0
        return blob


def table(*rows):
    """Cases that differ in their rules only: name and fault."""
    for name, *rules in rows:
        def case(bed, rules=rules):
            whole_is_right(bed, [dict(r) for r in rules])
        globals()["case_" + name] = case


table(
    ("error_500", {"fault": "500", "count": 3}),
    ("busy_503_with_retry_after", {"fault": "503", "retry_after": 1, "count": 2}),
    ("busy_503_without", {"fault": "503", "count": 5}),
    ("too_many_429", {"fault": "429", "count": 3}),
    ("time_out_408", {"fault": "status", "status": 408, "count": 2}),
    ("bad_gateway_502", {"fault": "status", "status": 502, "count": 2}),
    ("reset_before_the_header", {"fault": "reset-early", "every": 2, "count": 4}),
    ("reset_in_the_body", {"fault": "reset", "every": 2, "count": 4}),
    ("closed_without_an_answer", {"fault": "close", "every": 2, "count": 4}),
    ("closed_in_the_header", {"fault": "truncated-headers", "every": 2, "count": 3}),
    ("short_body", {"fault": "short", "every": 2, "count": 4}),
    ("wrong_length", {"fault": "wrong-length", "every": 2, "count": 3}),
    ("wrong_range", {"fault": "wrong-range", "every": 2, "count": 3}),
    ("wrong_total", {"fault": "wrong-total", "every": 2, "count": 3}),
    ("whole_file_instead_of_a_range", {"fault": "no-range", "every": 2, "count": 3}),
    ("answers_without_etag", {"fault": "no-etag", "every": 2, "count": 3}),
    ("not_found_once_404", {"fault": "404", "count": 1}),
    ("forbidden_once_403", {"fault": "403", "count": 1}),
    ("precondition_failed_once_412", {"fault": "412", "count": 1}),
    ("range_refused_once_416", {"fault": "416", "count": 1}),
    ("slow_drip", {"fault": "trickle", "rate": 300000, "count": 2}),
    ("every_third_request_fails_somehow",
     {"fault": "reset", "every": 5}, {"fault": "503", "every": 7}, {"fault": "short", "every": 3}),
)


def case_azure_speaks_of_a_busy_server(bed):
    with bed.served(SIZE, azure=True,
                    rules=[{"fault": "503", "until": 1.5}]) as (image, server, blob):
        assert digest(blob.image) == digest(image)
        blob.wait_note("STATUS=Serving 6 MiB from http://127.0.0.1:")
        assert any("503" in n and "attempt" in n and "127.0.0.1" in n for n in blob.notes), \
            blob.notes


def case_a_server_that_goes_away_is_waited_for(bed):
    with bed.served(SIZE) as (image, server, blob):
        server.control("listen", {"listen": 0})
        result = []
        reader = threading.Thread(target=lambda: result.append(digest(blob.image)))
        reader.start()
        blob.wait_note("STATUS=http://127.0.0.1")
        assert not result
        server.control("listen", {"listen": 1})
        reader.join()
        assert result == [digest(image)]


def case_an_outage_is_logged_after_ten_seconds_and_so_is_its_end(bed):
    with bed.served(SIZE) as (image, server, blob):
        server.control("listen", {"listen": 0})
        reader = threading.Thread(target=read_at, args=(blob.image, 3 * MIB))
        reader.start()
        time.sleep(8)
        assert "Cannot read blob" not in blob.log()
        blob.wait_log("Cannot read blob for 10 s now, and goes on trying (attempt ", 5)
        server.control("listen", {"listen": 1})
        reader.join()
        blob.wait_log("answers again after 1")


def case_connections_that_grew_old_cost_no_wait(bed):
    with bed.served(SIZE) as (image, server, blob):
        digest_before = digest(image)
        with open(blob.image, "rb", buffering=0) as f:
            os.pread(f.fileno(), 4096, 0)
            server.control("listen", {"listen": 0})
            server.control("listen", {"listen": 1})
            begin = time.monotonic()
            os.pread(f.fileno(), 4096, 3 * MIB)
            assert time.monotonic() - begin < 1
        assert digest(blob.image) == digest_before
        assert "Cannot read" not in blob.log()


def case_a_stalled_request_is_made_again(bed):
    with bed.served(SIZE, rules=[{"fault": "stall", "min_off": 3 * MIB, "count": 1}]) as \
            (image, server, blob):
        begin = time.monotonic()
        assert digest(blob.image) == digest(image)
        assert 9 < time.monotonic() - begin < 14


def estale(path, off):
    with open(path, "rb", buffering=0) as f:
        try:
            os.pread(f.fileno(), 4096, off)
        except OSError as e:
            return e.errno == errno.ESTALE
    return False


def case_a_changed_blob_is_stale_for_ever(bed):
    with bed.served(SIZE, "--cache-size=4M") as (image, server, blob):
        with open(blob.image, "rb", buffering=0) as f:
            old = image.read_bytes()
            assert os.pread(f.fileno(), 4096, 0) == old[:4096]
            image.write_bytes(bed.random.randbytes(SIZE))
            server.control("etag")
            assert estale(blob.image, 4 * MIB)
            image.write_bytes(old)
            assert estale(blob.image, 5 * MIB)
        blob.wait_log("no longer the one that was opened")
        blob.wait_note("STATUS=Stopped reading")
        assert blob.process.poll() is None
        assert blob.stop() == 0


def case_a_blob_that_changes_under_many_readers_is_never_mixed(bed):
    with bed.served(SIZE, "--cache-size=4M", "--connections=4",
                    rules=[{"fault": "delay", "seconds": 0.02}]) as (image, server, blob):
        old = image.read_bytes()
        wrong, n_stale = [], []

        def work(seed):
            rng = random.Random(seed)
            with open(blob.image, "rb", buffering=0) as f:
                for _ in range(60):
                    off = rng.randrange(SIZE // 4096) * 4096
                    try:
                        if os.pread(f.fileno(), 4096, off) != old[off:off + 4096]:
                            wrong.append(off)
                    except OSError as e:
                        (n_stale if e.errno == errno.ESTALE else wrong).append(e)

        threads = [threading.Thread(target=work, args=(bed.random.random(),)) for _ in range(8)]
        [t.start() for t in threads]
        time.sleep(0.15)
        new = bed.file("new", SIZE)
        os.replace(new, image)
        [t.join() for t in threads]
        assert not wrong, wrong
        assert n_stale, "nobody noticed"


def case_the_same_etag_without_if_match_support_is_checked_too(bed):
    with bed.served(SIZE, rules=[{"fault": "etag", "min_off": 2 * MIB}]) as (image, server, blob):
        assert estale(blob.image, 3 * MIB)


def case_only_what_is_missing_is_asked_again(bed):
    with bed.served(SIZE, rules=[{"fault": "reset", "after": 65536, "count": 1,
                                  "min_off": 4 * MIB}]) as (image, server, blob):
        server.control("log/clear")
        with open(blob.image, "rb", buffering=0) as f:
            fd = os.open(blob.image, os.O_RDONLY)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_RANDOM)
            assert os.pread(fd, 131072, 4 * MIB) == image.read_bytes()[4 * MIB:4 * MIB + 131072]
            os.close(fd)
        (first, second) = gets(server)[:2]
        assert first[0] == 4 * MIB and second[0] > 4 * MIB, gets(server)


def case_a_busy_answer_to_what_nobody_waits_for_holds_up_the_next_read_only_so_long(bed):
    with bed.served(SIZE, rules=[{"fault": "503", "retry_after": 1, "min_off": 256 * 1024,
                                  "count": 1}]) as (image, server, blob):
        fd = os.open(blob.image, os.O_RDONLY | os.O_DIRECT)
        for off in (0, 131072):  # the second one makes a stream: more is asked for
            os.preadv(fd, [mmap.mmap(-1, 131072)], off)
        while server.state()["rules"][0]["fired"] == 0:
            time.sleep(0.01)
        time.sleep(0.1)  # until the answer is there
        begin = time.monotonic()
        os.preadv(fd, [mmap.mmap(-1, 4096)], 5 * MIB)
        assert 0.5 < time.monotonic() - begin < 5
        os.close(fd)


def case_answers_cut_short_are_no_outage(bed):
    with bed.served(SIZE, rules=[{"fault": "503", "count": 1},
                                 {"fault": "reset", "every": 2}]) as (image, server, blob):
        assert digest(blob.image) == digest(image)
        server.control("clear")
        time.sleep(0.7)  # the status line is shown twice a second at most
        assert blob.notes[-1].startswith("STATUS=Serving"), blob.notes


def case_many_readers_during_an_outage_are_few_probes(bed):
    with bed.served(SIZE, rules=[{"fault": "500", "until": 2}]) as (image, server, blob):
        server.control("log/clear")
        threads = [threading.Thread(target=read_at, args=(blob.image, i * 200_000))
                   for i in range(24)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        failed = sum(1 for r in server.log() if r["status"] == 500)
        assert failed < 60, failed


def read_at(path, off):
    with open(path, "rb", buffering=0) as f:
        os.pread(f.fileno(), 4096, off)


if __name__ == "__main__":
    run(globals())
