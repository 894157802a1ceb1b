#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
vm: boot one guest, run one script in it, return the script's status

  tests/vm/vm.py [options] SCRIPT          run this file in the guest
  tests/vm/vm.py [options] -c 'COMMANDS'   run these shell commands

  --suite S          bookworm (default) or trixie
  --no-product       boot plain Debian; otherwise tests/vm/build makes the product first
  --product TAR      install this tar instead
  --file GUEST=HOST  copy a host file into the guest, mode kept; may be repeated
  --cred NAME=VALUE  system credential, through fw_cfg; VALUE '@FILE' is read from FILE
  --append TEXT      more kernel command line
  --end fast|orderly power off at once, or as a person would
  --reboots          the script may ask for reboots (exit status 99, see guest/agent)
  --keep             afterwards a root shell in the guest on this terminal; exit ends it
  --deadline S       seconds until the guest is killed (default 300)
  --logs DIR         keep console, journal and output there; results of the script
                     (files in /vmtest/results) in DIR/results

Exit status: that of the script; 124 at the deadline; 125 when the guest ended without
one (panic, power-off by the script), 126 when it could not be started.

Runs in a network namespace of its own with only loopback; the guest reaches it as
10.0.2.2. A test that wants servers calls private_network() first, starts them, and
uses class Guest. Needs: root; qemu-system-x86; KVM is used where it is Intel's or
AMD's own, software emulation otherwise.
"""

import argparse
import ctypes
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import bed  # noqa: E402

GUEST_DIR = HERE / "guest"
DEADLINE, DIED, UNSTARTED = 124, 125, 126
REBOOT = 99
CLONE_NEWNET = 0x40000000
CMDLINE = ("console=ttyS0,115200 panic=-1 quiet mitigations=off systemd.show_status=0 "
           "net.ifnames=0")


def load(name):
    """One of the programs beside this file, as a module."""
    loader = importlib.machinery.SourceFileLoader("vm_" + name, str(HERE / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


def private_network():
    """Leave the host's network for good: an empty namespace with loopback."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise bed.BedError("cannot make a network namespace: " + os.strerror(ctypes.get_errno()))
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def has_kvm():
    """Other hypervisors' /dev/kvm hangs guests in their firmware."""
    own = any(os.path.isdir(f"/sys/module/{m}") for m in ("kvm_intel", "kvm_amd"))
    return own and os.access("/dev/kvm", os.R_OK | os.W_OK)


class Guest:
    """One boot (or more, with reboots) of one guest."""

    def __init__(self, suite, script, logs, *, product=None, files=(), append="", creds=None,
                 end="fast", reboots=False, deadline=300, memory="1G", on_line=None):
        """script: text; files: (guest path, bytes or host path, mode) rows;
        creds: name to bytes; on_line: called with each line of the script's output."""
        self.suite, self.script, self.product = suite, script, product
        self.files, self.append, self.creds = list(files), append, creds or {}
        self.end, self.reboots, self.deadline, self.memory = end, reboots, deadline, memory
        self.on_line = on_line or (lambda line: print(line, flush=True))
        self.logs = pathlib.Path(logs)
        self.status = None
        self.boots = 0
        self.times = {}

    # payload

    def payload(self, path):
        """Everything that the guest gets, as one tar padded to whole sectors."""
        unit = "etc/systemd/system/"
        rows = [("vmtest/script", self.script.encode(), 0o755),
                ("vmtest/end", (self.end + "\n").encode(), 0o644),
                ("vmtest/lib.sh", GUEST_DIR / "lib.sh", 0o644),
                ("vmtest/shares.sh", GUEST_DIR / "shares.sh", 0o644),
                ("usr/libexec/vmtest-agent", GUEST_DIR / "agent", 0o755)]
        rows += [(unit + p.name, p, 0o644) for p in sorted(GUEST_DIR.glob("*.service"))]
        rows += [(str(name).lstrip("/"), data, mode) for name, data, mode in self.files]
        with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as out:
            made = set()

            def folders(name):
                for p in reversed(pathlib.PurePosixPath(name).parents):
                    if str(p) not in made | {"."}:
                        made.add(str(p))
                        t = tarfile.TarInfo(str(p))
                        t.type, t.mode = tarfile.DIRTYPE, 0o755
                        out.addfile(t)

            if self.product:
                with tarfile.open(self.product) as src:
                    for t in src:
                        t.name = t.name.removeprefix("./").lstrip("/")
                        if t.name not in ("", "."):
                            folders(t.name)
                            made.add(t.name)
                            out.addfile(t, src.extractfile(t) if t.isreg() else None)
            for name, data, mode in rows:
                folders(name)
                if not isinstance(data, bytes):
                    data = pathlib.Path(data).read_bytes()
                t = tarfile.TarInfo(name)
                t.size, t.mode, t.mtime = len(data), mode, int(time.time())
                out.addfile(t, io.BytesIO(data))
            folders(unit + "multi-user.target.wants/x")
            t = tarfile.TarInfo(unit + "multi-user.target.wants/vmtest-kick.service")
            t.type, t.linkname = tarfile.SYMTYPE, "/etc/systemd/system/vmtest-kick.service"
            out.addfile(t)
        with open(path, "ab") as f:
            f.truncate((f.tell() + 4095) & ~4095)

    # emulator

    def argv(self, image, work):
        def chardev(name, file):
            return ["-chardev", f"file,id={name},path={file},append=on"]

        def port(name):
            return [*chardev(name, work / name),
                    "-device", f"virtserialport,chardev={name},name=vmtest.{name}"]

        def disk(name, file, opts):
            return ["-drive", f"if=none,id={name},file={file},format=raw,{opts}",
                    "-device", f"virtio-blk-pci,drive={name},serial={name}"]

        root = (image / "root.ext4", "snapshot=on,cache=unsafe")
        if self.reboots:  # what is written has to be there for the next emulator
            root = (work / "root.ext4", "cache=unsafe")
            subprocess.run(["cp", "--sparse=always", "--reflink=auto", image / "root.ext4",
                            root[0]], check=True)

        accel = ["-accel", "kvm", "-cpu", "host"] if has_kvm() else \
            ["-accel", "tcg,thread=multi", "-cpu", "max"]
        argv = ["qemu-system-x86_64", "-M", "q35", *accel, "-smp", "2", "-m", self.memory,
                "-nodefaults", "-no-user-config", "-display", "none",
                "-kernel", image / "vmlinuz", "-initrd", image / "initrd.cpio",
                "-append", f"{CMDLINE} {self.append}".strip(),
                *chardev("console", self.logs / "console"), "-serial", "chardev:console",
                "-no-reboot", *disk("root", *root),
                *disk("payload", work / "payload", "readonly=on"),
                "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
                *port("ctl"), *port("out"), *port("res"),
                *chardev("journal", self.logs / "journal"), "-device", "virtconsole,chardev=journal",
                "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net"]
        if self.end == "shell":
            argv += ["-chardev", "stdio,id=shell,signal=off", "-device", "virtconsole,chardev=shell"]
        for n, (name, value) in enumerate(self.creds.items()):
            file = work / f"cred.{n}"
            file.write_bytes(value)
            argv += ["-fw_cfg", f"name=opt/io.systemd.credentials/{name},file={file}"]
        return [str(a) for a in argv]

    def run(self):
        """Boots, waits, collects; returns the status and leaves everything in logs."""
        bed.need("qemu-system-x86", "iproute2")
        image = load("image").get(self.suite)
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir(parents=True)
        with tempfile.TemporaryDirectory(prefix="sealmount-vm.") as w:
            work = pathlib.Path(w)
            self.payload(work / "payload")
            os.chmod(work / "payload", 0o600)
            for name in ("ctl", "out", "res"):
                (work / name).touch()
            self.status = self.watch(self.argv(image, work), work)
            if (work / "res").stat().st_size:
                (self.logs / "results").mkdir()
                subprocess.run(["tar", "-C", self.logs / "results", "-xf", work / "res"],
                               stderr=subprocess.DEVNULL)
        return self.status

    def spawn(self, argv):
        interactive = self.end == "shell"

        def die_with_parent():
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)

        with open(self.logs / "emulator", "ab") as log:
            return subprocess.Popen(argv, stdin=None if interactive else subprocess.DEVNULL,
                                    stdout=None if interactive else log, stderr=log,
                                    start_new_session=not interactive, preexec_fn=die_with_parent)

    def watch(self, argv, work):
        """Until the guest is off. A reboot is a new emulator: software emulation is much
        slower in memory that held another kernel's code."""
        start = time.monotonic()
        status, pending, word = None, b"", ""
        out, ctl = open(work / "out", "rb"), open(work / "ctl")
        saved = open(self.logs / "output", "wb")
        qemu = self.spawn(argv)
        try:
            while True:
                ended = qemu.poll() is not None
                pending += (data := out.read())
                saved.write(data)
                *lines, pending = pending.split(b"\n")
                for line in lines:
                    self.on_line(line.decode(errors="replace").rstrip("\r"))
                for line in ctl.read().splitlines():
                    word, *rest = line.split()
                    self.times.setdefault(word.lower(), []).append(time.monotonic() - start)
                    if word == "READY":
                        self.boots += 1
                    elif word in ("EXIT", "SHELL"):
                        status = int(rest[0])
                    if word == "SHELL":
                        self.deadline = 1e9
                if ended and word == "REBOOT" and self.reboots:
                    qemu, word = self.spawn(argv), ""
                elif ended:
                    break
                if time.monotonic() - start > self.deadline:
                    return DEADLINE
                time.sleep(0.05)
        finally:
            if qemu.poll() is None:
                qemu.kill()
            qemu.wait()
            if pending:
                self.on_line(pending.decode(errors="replace"))
            for f in (out, ctl, saved):
                f.close()
            self.times["end"] = [time.monotonic() - start]
        return DIED if status is None else status

    def log_lines(self, name):
        """Lines of the console or journal, without what only a terminal understands."""
        path = self.logs / name
        text = path.read_text(errors="replace") if path.exists() else ""
        return re.sub(r"\x1b(?:\[[0-9;:?!]*[A-Za-z]|.)|\r", "", text).splitlines()

    def explain(self):
        """The ends of all logs, for a person who has to find out what went wrong."""
        for name in ("console", "journal", "emulator"):
            lines = self.log_lines(name)[-25:]
            if lines:
                print(f"--- end of {self.logs / name}", *lines, sep="\n", flush=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    ap.add_argument("--suite", choices=bed.SUITES, default="bookworm")
    ap.add_argument("--no-product", action="store_true")
    ap.add_argument("--product")
    ap.add_argument("--file", action="append", default=[], metavar="GUEST=HOST")
    ap.add_argument("--cred", action="append", default=[], metavar="NAME=VALUE")
    ap.add_argument("--append", default="")
    ap.add_argument("--end", choices=("fast", "orderly"), default="fast")
    ap.add_argument("--reboots", action="store_true")
    ap.add_argument("--keep", action="store_true")
    ap.add_argument("--deadline", type=float, default=300)
    ap.add_argument("--logs")
    ap.add_argument("-c", dest="commands")
    ap.add_argument("script", nargs="?")
    args = ap.parse_args()
    if (args.commands is None) == (args.script is None):
        ap.error("one of SCRIPT and -c")

    text = pathlib.Path(args.script).read_text() if args.script else \
        "#!/bin/bash\n. /vmtest/lib.sh\n" + args.commands + "\n"
    files = []
    for row in args.file:
        name, _, host = row.partition("=")
        files.append((name, pathlib.Path(host), os.stat(host).st_mode & 0o7777))
    creds = {}
    for row in args.cred:
        name, _, value = row.partition("=")
        creds[name] = pathlib.Path(value[1:]).read_bytes() if value.startswith("@") else value.encode()
    product = None if args.no_product else args.product or load("build").get(args.suite)
    with tempfile.TemporaryDirectory(prefix="sealmount-logs.") as t:
        logs = pathlib.Path(args.logs or t + "/logs")
        load("image").get(args.suite)  # while there is still a network
        bed.need("qemu-system-x86", "iproute2")
        private_network()
        g = Guest(args.suite, text, logs, product=product, files=files, append=args.append,
                  creds=creds, end="shell" if args.keep else args.end, reboots=args.reboots,
                  deadline=args.deadline)
        status = g.run()
        if status in (DEADLINE, DIED):
            g.explain()
        bed.note(f"status {status}; " + ", ".join(
            f"{k} {'/'.join(f'{x:.1f}' for x in v)} s" for k, v in g.times.items()))
    sys.exit(status)


if __name__ == "__main__":
    try:
        main()
    except bed.BedError as e:
        print(f"vm: {e}", file=sys.stderr)
        sys.exit(UNSTARTED)
