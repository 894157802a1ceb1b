# SPDX-License-Identifier: MIT
"""
bed: what every part of the test bed needs

The cache outside of the checkout, locks in it, Debian packages and mirrors of
this machine, and commands whose output only matters when they fail.

Cache layout, below $SEALMOUNT_CACHE (default /var/cache/sealmount-tests):

  image/SUITE-KEY/    kernel, initrd and root file system of a guest
  chroot/SUITE-KEY/   build environment of a foreign suite
  build/SUITE-PATH/   meson build directory of one checkout
  product/SUITE-KEY.tar   what the product installs
  npm/NAME-VERSION/   Node packages
  log/                output of the last run of each step
  lock/               one file per step; taken with flock

Uses: Python's standard library. Not: the product.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
SUITES = ("bookworm", "trixie")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
STALE_DAYS = 14


class BedError(Exception):
    """A step of the bed failed; the text says which and shows the end of its log."""


def cache(*parts):
    """Path below the cache; its parent exists afterwards."""
    base = pathlib.Path(os.environ.get("SEALMOUNT_CACHE") or "/var/cache/sealmount-tests")
    path = base.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def note(text):
    """One line of progress, for the person who waits."""
    print(f"bed: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def lock(name):
    """Keep other callers out of the step NAME, in any checkout."""
    with open(cache("lock", name), "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def run(step, argv, **kw):
    """Run a command quietly; its output goes to log/STEP and is shown on failure."""
    log = cache("log", step)
    with open(log, "ab") as f:
        f.write(f"+ {argv if isinstance(argv, str) else ' '.join(map(str, argv))}\n".encode())
        f.flush()
        kw.setdefault("stdin", subprocess.DEVNULL)
        r = subprocess.run(argv, stdout=f, stderr=subprocess.STDOUT, **kw)
    if r.returncode:
        tail = log.read_text(errors="replace").splitlines()[-40:]
        raise BedError(f"{step} failed with status {r.returncode}; end of {log}:\n"
                       + "\n".join("  " + line for line in tail))


def digest(*things):
    """Short content key over texts and files."""
    h = hashlib.sha256()
    for t in things:
        data = t.read_bytes() if isinstance(t, pathlib.Path) else str(t).encode()
        h.update(b"%d:" % len(data) + data)
    return h.hexdigest()[:16]


def retire(folder, prefix, keep):
    """Remove cache entries PREFIX* that nobody has used for STALE_DAYS."""
    for p in folder.glob(prefix + "*"):
        try:
            stamp = (p / "ok") if (p / "ok").exists() else p
            if p != keep and stamp.stat().st_mtime < time.time() - STALE_DAYS * 86400:
                shutil.rmtree(p) if p.is_dir() else p.unlink()
        except OSError:
            pass


def need(*packages):
    """Install the Debian packages that are missing; root only."""
    def missing():
        r = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        have = {line.split()[0] for line in r.stdout.splitlines() if line.endswith(" installed")}
        return [p for p in packages if p not in have]

    if not missing():
        return
    with lock("apt"):
        lack = missing()
        if not lack:
            return
        note(f"installing {len(lack)} packages: {' '.join(lack)}")
        env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        install = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "install", "-y",
                   "--no-install-recommends", *lack]
        try:
            run("apt", ["apt-get", "-qq", "update"], env=env)
        except BedError as e:  # an unrelated source may be out of reach
            note(str(e).splitlines()[0])
        run("apt", install, env=env)


def host_suite():
    """Code name of the Debian release of this machine, or ''."""
    text = pathlib.Path("/etc/os-release").read_text()
    m = re.search(r"^VERSION_CODENAME=(\S+)$", text, re.M)
    return m.group(1) if m and re.search(r"^ID=debian$", text, re.M) else ""


def _apt_entries():
    """(uri, suite) of every binary source of this machine with component main."""
    etc = pathlib.Path("/etc/apt")
    for path in [etc / "sources.list", *sorted(etc.glob("sources.list.d/*"))]:
        if not path.is_file():
            continue
        text = re.sub(r"^#.*\n", "", path.read_text(), flags=re.M)
        if path.suffix == ".sources":
            for stanza in re.split(r"\n\s*\n", text):
                field = {k.lower(): v.split() for k, v in
                         re.findall(r"^([A-Za-z-]+):((?:.*\n?)(?:[ \t].*\n?)*)", stanza, re.M)}
                if "deb" in field.get("types", []) and "main" in field.get("components", []):
                    yield from ((u, s) for u in field["uris"] for s in field["suites"])
        else:
            for m in re.finditer(r"^deb\s+(?:\[.*?\]\s+)?(\S+)\s+(\S+)\s+(.*)$", text, re.M):
                if "main" in m.group(3).split():
                    yield m.group(1), m.group(2)


def debian_sources(suite):
    """Source lines for SUITE, from the mirrors that this machine uses for its own release."""
    own = host_suite() or "stable"
    main = security = None
    for uri, s in _apt_entries():
        if s in (own, "stable"):
            main = main or uri
        elif s in (f"{own}-security", "stable-security"):
            security = security or uri
    if not main:
        raise BedError("no Debian mirror with component main in /etc/apt/sources.list*")
    lines = [f"deb [signed-by={KEYRING}] {main} {suite} main"]
    if security:
        lines.append(f"deb [signed-by={KEYRING}] {security} {suite}-security main")
    return lines
