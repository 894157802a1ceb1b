# SPDX-License-Identifier: MIT
"""
servers: start and stop the servers that a test talks to

  with Azurite(folder) as az:        az.account(), az.port
  with FaultServer({"/a": file}) as f:   f.url, f.rules([...]), f.log(), f.state()

Each runs as a child that dies with its test, listens on loopback only, and is known
to answer when the constructor's context is entered. Uses: bed, azure_blob.
"""

import ctypes
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import azure_blob
import bed

AZURITE = "3.35.0"  # the newest that declares support for Node 18 and 20
LIB = pathlib.Path(__file__).resolve().parent


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def wait_port(port, child, seconds=60):
    """Until something listens on the port; fails at once when the child has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if child.poll() is not None:
            raise bed.BedError(f"server {child.args[0]} ended with status {child.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise bed.BedError(f"nothing listens on port {port} after {seconds} s")


class Child:
    """A server process; context manager."""

    def __init__(self, log):
        self.log_path, self.process = log, None

    def spawn(self, argv):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT, preexec_fn=die_with_parent)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __exit__(self, *exc):
        self.stop()


def azurite_folder():
    """Where Azurite is installed; installs it by npm into the cache when it is not."""
    folder = bed.cache("npm", f"azurite-{AZURITE}")
    with bed.lock("azurite"):
        if not (folder / "ok").exists():
            if subprocess.run(["sh", "-c", "command -v npm"], stdout=subprocess.DEVNULL).returncode:
                bed.need("nodejs", "npm")
            bed.note(f"installing Azurite {AZURITE}")
            folder.mkdir(exist_ok=True)
            bed.run("azurite", ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts",
                                "--loglevel=error", f"azurite@{AZURITE}"], cwd=folder)
            (folder / "ok").touch()
    return folder


class Azurite(Child):
    """The blob service of the Azure emulator, in memory."""

    def __init__(self, work, port=10000):
        super().__init__(pathlib.Path(work) / "azurite.log")
        self.work, self.port = pathlib.Path(work), port

    def __enter__(self):
        script = azurite_folder() / "node_modules/azurite/dist/src/blob/main.js"
        self.spawn(["node", str(script), "--inMemoryPersistence", "--blobHost", "127.0.0.1",
                    "--blobPort", str(self.port), "--disableTelemetry", "--silent",
                    "--skipApiVersionCheck"])
        wait_port(self.port, self.process)
        return self

    def account(self):
        return azure_blob.Account(f"http://127.0.0.1:{self.port}/devstoreaccount1")


class FaultServer(Child):
    """See faultserver.py for faults and rules; the control API has a port of its own."""

    def __init__(self, files, work=None, port=0, control_port=0, options=()):
        self.work = pathlib.Path(work or tempfile.mkdtemp(prefix="faultserver."))
        super().__init__(self.work / "faultserver.log")
        self.files, self.port, self.options = files, port, options
        self.control_port = control_port or self.free_port()

    @staticmethod
    def free_port():
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            return s.getsockname()[1]

    def __enter__(self):
        port_file = self.work / f"port.{os.getpid()}.{self.control_port}"
        self.spawn([sys.executable, str(LIB / "faultserver.py"), "--port", str(self.port),
                    "--control-port", str(self.control_port), "--port-file", str(port_file),
                    *self.options, *(f"{p}={f}" for p, f in self.files.items())])
        wait_port(self.control_port, self.process)
        while not port_file.exists():
            time.sleep(0.01)
        self.port = int(port_file.read_text())
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def control(self, verb, arg=None):
        body = None if arg is None else json.dumps(arg).encode()
        url = f"http://127.0.0.1:{self.control_port}/_control/{verb}"
        with urllib.request.urlopen(urllib.request.Request(url, body)) as r:
            return json.load(r)

    def rules(self, rules):
        return self.control("rules", rules)

    def log(self):
        return self.control("log")

    def state(self):
        return self.control("state")
