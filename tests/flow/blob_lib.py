# SPDX-License-Identifier: MIT
"""
blob_lib: run sealmount-blob against a server, as its unit would

  with Bed(name) as bed:                      a folder of its own, cleaned up at the end
      image = bed.file("a.img", size)
      with bed.faults({"/a.img": image}) as server, bed.blob(server.url + "/a.img") as blob:
          blob.ready(); open(blob.image) ...

Readiness and status come over NOTIFY_SOCKET. Cases are functions named case_*; run()
prints TAP. Uses: servers.py, Python's standard library; root, /dev/fuse.
"""

import concurrent.futures
import contextlib
import hashlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
sys.dont_write_bytecode = True
import servers  # noqa: E402

EXE = sys.argv[1] if len(sys.argv) > 1 else "sealmount-blob"
SHARE_TEXT = pathlib.Path(os.environ.get("MESON_BUILD_ROOT", "build")) / "tests/flow/share-text"
SEED = int(os.environ.get("SEED", random.randrange(1 << 32)))
WAIT_SEC = 30
CASES_AT_ONCE = 8  # they mostly wait


def mounts_at(path):
    """Lines of the mount table about this directory."""
    with open("/proc/self/mounts") as f:
        return [line for line in f if line.split()[1] == str(path)]


class Blob:
    """One sealmount-blob; killed, and its mount removed, at the end if it has not gone."""

    def __init__(self, folder, argv, share=None, credentials=None):
        self.folder = pathlib.Path(folder)
        self.dir = pathlib.Path("/run/sealmount/blob", share) if share else self.folder / "mnt"
        if not share:
            self.dir.mkdir(exist_ok=True)
            argv = [*argv, self.dir]
        self.image, self.hash = self.dir / "image", self.dir / "hash"
        self.log_path = self.folder / f"log.{time.monotonic_ns()}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = str(self.folder / f"notify.{time.monotonic_ns()}")
        self.socket.bind(path)
        self.notes = []
        threading.Thread(target=self.listen, daemon=True).start()
        env = {k: v for k, v in os.environ.items() if k != "JOURNAL_STREAM"}
        env.update(NOTIFY_SOCKET=path, ASAN_OPTIONS="detect_leaks=0")
        if share:
            argv, env["CREDENTIALS_DIRECTORY"] = [f"--share={share}"], str(credentials)
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([EXE, *map(str, argv)], stdout=log,
                                            stderr=log, env=env, stdin=subprocess.DEVNULL,
                                            preexec_fn=servers.die_with_parent)

    def listen(self):
        """All the time, as the manager does: its socket holds few datagrams."""
        try:
            while True:
                self.notes += self.socket.recv(65536).decode().split("\n")
        except OSError:
            pass  # closed

    def wait_note(self, text, seconds=WAIT_SEC):
        end = time.monotonic() + seconds
        while not any(text in n for n in self.notes):
            assert self.process.poll() is None, f"it ended: {self.log()}"
            assert time.monotonic() < end, f"no '{text}' in {self.notes}: {self.log()}"
            time.sleep(0.01)

    def ready(self):
        self.wait_note("READY=1")
        return self

    def is_ready(self):
        return "READY=1" in self.notes

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_log(self, text, seconds=WAIT_SEC):
        end = time.monotonic() + seconds
        while text not in self.log():
            assert time.monotonic() < end, f"no '{text}' in: {self.log()}"
            time.sleep(0.02)

    def wait(self, seconds=WAIT_SEC):
        return self.process.wait(seconds)

    def stop(self):
        """As a person would; returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        while mounts_at(self.dir):
            subprocess.run(["umount", "-l", str(self.dir)], check=True)
        self.socket.close()


class Bed:
    """A folder with test data; sparse files need a file system that has them."""

    def __init__(self, name):
        self.random = random.Random(f"{SEED} {name}")

    def __enter__(self):
        base = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="flow-blob.", dir=base))
        return self

    def __exit__(self, *exc):
        shutil.rmtree(self.folder)

    def file(self, name, size):
        path = self.folder / name
        path.write_bytes(self.random.randbytes(size))
        return path

    @contextlib.contextmanager
    def faults(self, files, options=(), **more):
        with servers.FaultServer(files, work=self.folder, options=options, **more) as server:
            yield server

    @contextlib.contextmanager
    def blob(self, *argv):
        folder = tempfile.mkdtemp(dir=self.folder)
        blob = Blob(folder, argv)
        try:
            yield blob
        finally:
            blob.close()

    @contextlib.contextmanager
    def share(self, name, credentials):
        blob = Blob(tempfile.mkdtemp(dir=self.folder), [], name, credentials)
        try:
            yield blob
        finally:
            blob.close()

    @contextlib.contextmanager
    def served(self, size, *options, rules=(), azure=False):
        """A random image behind a fault server, and a blob that is ready."""
        image = self.file(f"{size}.{time.monotonic_ns()}", size)
        with self.faults({"/c/a.img": image}, ("--azure",) if azure else ()) as server:
            with self.blob(*options, server.url + "/c/a.img") as blob:
                blob.ready()
                if rules:
                    server.rules(rules)
                yield image, server, blob


def digest(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def gets(server):
    """Ranges that were asked for, as (first, last), in order."""
    return [tuple(r["range"]) for r in server.log() if r["method"] == "GET" and r["range"]]


def run_case(name, case):
    """Result line and what goes before it."""
    begin = time.monotonic()
    try:
        with Bed(name) as bed:
            case(bed)
        return True, f"# {time.monotonic() - begin:.1f} s"
    except Exception:
        return False, "".join("# " + line + "\n" for line in traceback.format_exc().splitlines())


def run(names):
    """Every case_* of a module, several at a time; those that arguments name, if any do."""
    print(f"# seed {SEED}", flush=True)
    cases = [(n[5:], f) for n, f in names.items() if n.startswith("case_")]
    if len(sys.argv) > 2:
        cases = [c for c in cases if c[0] in sys.argv[2:]]
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(CASES_AT_ONCE) as pool:
        results = pool.map(lambda c: run_case(*c), cases)
        for number, ((name, _), (is_ok, notes)) in enumerate(zip(cases, results), 1):
            failed += not is_ok
            print(f"{notes}\n{'' if is_ok else 'not '}ok {number} - {name}", flush=True)
    sys.exit(failed > 0)
