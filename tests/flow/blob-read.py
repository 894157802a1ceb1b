#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""blob-read: what is served is the blob, byte for byte, however it is read"""

import errno
import mmap
import os
import random
import subprocess
import threading
import time

from blob_lib import digest, gets, mounts_at, run

MIB = 1024 * 1024
TIB = 1 << 40
SIZES = (0, 1, 511, 512, 4095, 4096, 128 * 1024 + 1, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1)


def compare_ranges(plain, served, size, count, rng):
    with open(plain, "rb") as a, open(served, "rb", buffering=0) as b:
        for _ in range(count):
            off = rng.randrange(size + 4096)
            length = rng.choice((1, 512, 4096, 65536, 300_000, 2 * MIB)) + rng.randrange(512)
            want = os.pread(a.fileno(), length, off)
            got = os.pread(b.fileno(), length, off)
            assert want == got, f"{length} bytes at {off} differ"


def case_random_ranges_from_several_threads_with_a_small_cache(bed):
    with bed.served(20 * MIB + 777, "--cache-size=4M") as (image, server, blob):
        failures = []

        def work(seed):
            try:
                compare_ranges(image, blob.image, 20 * MIB + 777, 60, random.Random(seed))
            except Exception as e:
                failures.append(e)

        threads = [threading.Thread(target=work, args=(bed.random.random(),)) for _ in range(8)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert not failures, failures[0]
        assert blob.stop() == 0


def case_sizes_over_http(bed):
    for size in SIZES:
        with bed.served(size) as (image, server, blob):
            assert os.stat(blob.image).st_size == size, size
            assert digest(image) == digest(blob.image), size
            assert blob.stop() == 0


def case_sizes_of_a_local_file(bed):
    for size in SIZES[:6] + SIZES[-1:]:
        image = bed.file(f"l{size}", size)
        with bed.blob(bed.random.choice((image, f"file://{image}"))) as blob:
            blob.ready()
            assert os.stat(blob.image).st_size == size, size
            assert digest(image) == digest(blob.image), size
            assert blob.stop() == 0


def marks(size):
    return [0, 4096 * 12345, 1 * TIB + 511, 4 * TIB - 1, size - 4096 - 7, size - 3]


def sparse(bed, size):
    path = bed.folder / "sparse"
    with open(path, "wb") as f:
        f.truncate(size)
        for off in marks(size):
            f.seek(off)
            f.write(b"MRK" if off != size - 3 else b"END")
    return path


def check_sparse(path, size):
    with open(path, "rb", buffering=0) as f:
        assert os.fstat(f.fileno()).st_size == size
        for off in marks(size):
            got = os.pread(f.fileno(), 3, off)
            assert got == (b"MRK" if off != size - 3 else b"END"), (off, got)
            assert os.pread(f.fileno(), 4096, off + 8192).strip(b"\0") == b""
        assert os.pread(f.fileno(), 4096, size) == b""
        assert os.pread(f.fileno(), 4096, size + 12345) == b""
        assert len(os.pread(f.fileno(), 4096, size - 100)) == 100


def case_eight_tib_of_a_local_file(bed):
    size = 8 * TIB + 17
    with bed.blob(sparse(bed, size)) as blob:
        blob.ready()
        check_sparse(blob.image, size)


def case_eight_tib_over_http(bed):
    size = 8 * TIB + 512
    with bed.faults({"/s": sparse(bed, size)}) as server, bed.blob(server.url + "/s") as blob:
        blob.ready()
        check_sparse(blob.image, size)


def case_direct_io(bed):
    size = 5 * MIB + 100
    with bed.served(size) as (image, server, blob):
        plain = image.read_bytes()
        fd = os.open(blob.image, os.O_RDONLY | os.O_DIRECT)
        try:
            for off, length in ((0, 4096), (4096, MIB), (512, 512), (MIB - 4096, 3 * MIB),
                                (5 * MIB, 4096), (4 * MIB, 2 * MIB)):
                buf = mmap.mmap(-1, length)  # aligned
                n = os.preadv(fd, [buf], off)
                assert buf[:n] == plain[off:off + length], (off, length)
                assert n == min(length, size - off), (off, length, n)
        finally:
            os.close(fd)


def case_mapped_shared(bed):
    with bed.served(3 * MIB + 5) as (image, server, blob):
        with open(blob.image, "rb") as f:
            with mmap.mmap(f.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ) as m:
                assert m[:] == image.read_bytes()


def case_the_tree_is_read_only_and_roots(bed):
    with bed.served(10000) as (image, server, blob):
        assert os.listdir(blob.dir) == ["image"]
        st = os.stat(blob.image)
        assert (st.st_mode, st.st_uid, st.st_ino) == (0o100400, 0, 2), st
        source, _, kind, options = mounts_at(blob.dir)[0].split()[:4]
        assert (source, kind) == ("sealmount", "fuse.sealmount")
        for word in ("ro", "nosuid", "nodev", "noexec", "default_permissions"):
            assert word in options.split(","), options
        for act in (lambda: open(blob.image, "r+b"), lambda: os.unlink(blob.image),
                    lambda: open(blob.dir / "new", "wb"), lambda: os.truncate(blob.image, 0)):
            try:
                act()
                raise AssertionError("it can be changed")
            except OSError as e:
                assert e.errno == errno.EROFS, e


def case_the_hash_tree_is_a_second_file(bed):
    image, tree = bed.file("a", 3 * MIB), bed.file("t", MIB + 1)
    with bed.faults({"/a": image, "/t": tree}) as server:
        with bed.blob(f"--hash-url={server.url}/t", f"{server.url}/a") as blob:
            blob.ready()
            assert sorted(os.listdir(blob.dir)) == ["hash", "image"]
            assert digest(blob.image) == digest(image)
            assert digest(blob.hash) == digest(tree)
            assert blob.stop() == 0


def case_one_fetch_however_many_ask(bed):
    with bed.served(8 * MIB, rules=[{"fault": "delay", "seconds": 0.3}]) as (image, server, blob):
        server.control("log/clear")
        barrier = threading.Barrier(16)

        def work(i):
            fd = os.open(blob.image, os.O_RDONLY | os.O_DIRECT)
            barrier.wait()
            os.preadv(fd, [mmap.mmap(-1, 16384)], 5 * MIB + i % 4 * 4096)
            os.close(fd)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        seen = set()
        for first, last in gets(server):
            for block in range(first // 4096, last // 4096 + 1):
                assert block not in seen, f"block {block} twice: {gets(server)}"
                seen.add(block)


def case_a_small_read_fetches_little_and_a_stream_in_large_requests(bed):
    with bed.served(64 * MIB) as (image, server, blob):
        server.control("log/clear")
        fd = os.open(blob.image, os.O_RDONLY | os.O_DIRECT)
        for i in (60, 9, 33, 20, 47):
            os.preadv(fd, [mmap.mmap(-1, 4096)], i * MIB)
        fetched = sum(last - first + 1 for first, last in gets(server))
        assert fetched <= 5 * 128 * 1024, fetched
        server.control("log/clear")
        for i in range(64):
            os.preadv(fd, [mmap.mmap(-1, 128 * 1024)], 4 * MIB + i * 128 * 1024)
        os.close(fd)
        assert len(gets(server)) <= 24, gets(server)


def case_memory_stays_within_the_cache(bed):
    with bed.served(64 * MIB, "--cache-size=4M") as (image, server, blob):
        assert digest(blob.image) == digest(image)
        with open(f"/proc/{blob.process.pid}/status") as f:
            shared = [int(line.split()[1]) for line in f if line.startswith("RssShmem")][0]
        assert shared <= 4 * 1024 + 256, f"{shared} KiB"


def case_below_a_loop_device_with_direct_io(bed):
    size = 9 * MIB
    with bed.served(size, "--cache-size=4M") as (image, server, blob):
        loop = subprocess.check_output(["losetup", "--find", "--show", "--read-only",
                                        "--direct-io=on", "--sector-size=4096", blob.image],
                                       text=True).strip()
        try:
            name = os.path.basename(loop)
            assert open(f"/sys/block/{name}/loop/dio").read().strip() == "1"
            assert digest(loop) == digest(image)
            assert blob.process.poll() is None
        finally:
            subprocess.run(["losetup", "--detach", loop], check=True)


def case_unmounting_ends_it(bed):
    with bed.served(10000) as (image, server, blob):
        subprocess.run(["umount", blob.dir], check=True)
        assert blob.wait() == 0
        assert "No longer serving" in blob.log()


def case_stopped_while_open_it_serves_its_last_user(bed):
    with bed.served(3 * MIB) as (image, server, blob):
        with open(blob.image, "rb") as f:
            blob.process.terminate()
            while mounts_at(blob.dir):
                time.sleep(0.01)
            assert blob.process.poll() is None
            assert f.read() == image.read_bytes()
        assert blob.wait() == 0


def case_a_dead_mount_is_replaced_and_a_living_one_is_not(bed):
    image = bed.file("a", 10000)
    with bed.blob(image) as first:
        first.ready()
        import blob_lib
        second = blob_lib.Blob(first.folder, [image])
        assert second.wait() == 1
        assert "served by another process" in second.log(), second.log()
        first.process.kill()
        first.wait()
        assert mounts_at(first.dir)
        third = blob_lib.Blob(first.folder, [image])
        third.ready()
        assert len(mounts_at(first.dir)) == 1
        assert digest(third.image) == digest(image)
        assert third.stop() == 0
        assert not mounts_at(first.dir)
        second.close()
        third.close()


def case_a_local_file_that_is_written_to_is_stale(bed):
    image = bed.file("a", 8 * MIB)
    with bed.blob("--cache-size=4M", image) as blob:
        blob.ready()
        with open(blob.image, "rb", buffering=0) as f:
            f.read(4096)
            with open(image, "r+b") as w:
                w.seek(5 * MIB)
                w.write(b"other")
            os.utime(image)
            try:
                os.pread(f.fileno(), 4096, 5 * MIB)
                raise AssertionError("mixed versions")
            except OSError as e:
                assert e.errno == errno.ESTALE, e


if __name__ == "__main__":
    run(globals())
