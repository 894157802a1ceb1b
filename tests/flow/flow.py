# SPDX-License-Identifier: MIT
"""
flow: what the flow tests share: cases with a folder each, programs, TAP

A case is a function with one argument, its folder. It raises, or it is right. Programs
come from the build directory, $MESON_BUILD_ROOT. Uses: Python's standard library.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

BUILD = pathlib.Path(os.environ.get("MESON_BUILD_ROOT", "build")).resolve()
TIMEOUT_SEC = 60

cases = []


class Skip(Exception):
    """What is missing here."""


def case(function):
    cases.append(function)
    return function


def program(where):
    path = BUILD / where
    assert path.is_file(), f"{path} is not built"
    return str(path)


def run(*argv, env=None, **kw):
    """A finished program, its output as text; the environment is $PATH and @env only."""
    clean = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", **(env or {})}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
        if name in os.environ:
            clean[name] = os.environ[name]
    kw.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([str(a) for a in argv], env=clean, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="surrogateescape",
                          timeout=TIMEOUT_SEC, **kw)


def check(r, status, *texts):
    """The program ended with this status and said these texts."""
    said = r.stdout + r.stderr
    assert r.returncode == status, f"status {r.returncode}, not {status}: {said}"
    for text in texts:
        assert text in said, f"'{text}' is not in: {said}"
    assert "AddressSanitizer" not in said and "runtime error" not in said, said


def unit_credentials(folder, share):
    """Credentials of a unit of @share (native form), as the generator would hand them out."""
    config = folder / "config.json"
    config.write_text(json.dumps({"shares": [share]}))
    config.chmod(0o600)
    r = run(program("tests/flow/share-text"), config)
    assert r.returncode == 0, r.stderr
    credentials = folder / "credentials"
    credentials.mkdir(exist_ok=True)
    (credentials / "sealmount.share").write_text(r.stdout)
    return {"CREDENTIALS_DIRECTORY": str(credentials)}


def own_mounts():
    """Start this program again in a mount namespace of its own: whatever happens, what it
    mounts goes with it."""
    if os.geteuid() == 0 and "FLOW_OWN_MOUNTS" not in os.environ:
        os.environ["FLOW_OWN_MOUNTS"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable,
                              *sys.argv])


def main():
    failed = 0
    for n, function in enumerate(cases, 1):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="sealmount-flow-"))
        folder.chmod(0o755)
        verdict, why = "ok", ""
        try:
            function(folder)
        except Skip as e:
            why = f" # SKIP {e}"
            if os.environ.get("TESTS_MUST_RUN"):
                verdict = "not ok"
        except Exception:
            verdict = "not ok"
            for line in traceback.format_exc().splitlines():
                print(f"# {line}".encode(errors="replace").decode())
        failed += verdict != "ok"
        print(f"{verdict} {n} - {function.__name__}{why}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"1..{len(cases)}")
    sys.exit(1 if failed else 0)
