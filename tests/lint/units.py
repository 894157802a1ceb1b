#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
units: systemd accepts the units as they are, and each is sandboxed as far as its work allows
"""

import os
import re
import subprocess
import tempfile

import tree

# Exposure as systemd-analyze security counts it, in tenths, on systemd 252. What each gives
# up for its work is said at the top of the unit; a change that needs more raises it here.
THRESHOLDS = {
    "sealmount-blob@.service": 42,
    "sealmount-config@.service": 18,
    "sealmount-crypt@.service": 31,
    "sealmount-key@.service": 21,
    "sealmount-link@.service": 19,
}


def built_units(folder):
    """The units as they would be installed, with programs that exist; their names."""
    names = []
    for path in sorted((tree.build() / "units").iterdir()):
        if path.suffix not in (".service", ".target", ".slice", ".mount"):
            continue
        body = re.sub(r"^(Exec\w+=[-+!:@]*)(\S+)", r"\1/bin/true", path.read_text(), flags=re.M)
        (folder / path.name).write_text(body)
        names.append(path.name)
    return names


def analyze(folder, *args):
    env = dict(os.environ, SYSTEMD_UNIT_PATH=f"{folder}:/lib/systemd/system", SYSTEMD_COLORS="0",
               SYSTEMD_LOG_LEVEL="warning")
    return subprocess.run(["systemd-analyze", *args], capture_output=True, text=True, env=env)


def units_pass_verify():
    with tempfile.TemporaryDirectory() as scratch:
        folder = tree.pathlib.Path(scratch)
        names = built_units(folder)
        if not names:
            yield f"{tree.build()}/units: no units were built"
        for name in names:
            # a name with what a share's name may hold
            instance = name.replace("@.", "@srv-my_models.v1.")
            path = folder / instance
            if instance != name:
                path.symlink_to(name)
            r = analyze(folder, "verify", "--man=no", "--recursive-errors=no", str(path))
            for line in (r.stdout + r.stderr).splitlines():
                yield f"units/{name}: {line}"
            if r.returncode and not r.stdout + r.stderr:
                yield f"units/{name}: systemd-analyze verify ended with status {r.returncode}"


def services_are_sandboxed():
    with tempfile.TemporaryDirectory() as scratch:
        folder = tree.pathlib.Path(scratch)
        services = [n for n in built_units(folder) if n.endswith(".service")]
        for name in sorted(set(services) ^ set(THRESHOLDS)):
            yield f"units/{name}: is in only one of units/ and the thresholds of tests/lint"
        for name in sorted(set(services) & set(THRESHOLDS)):
            path = folder / name
            r = analyze(folder, "security", "--offline=yes", "--no-pager",
                        f"--threshold={THRESHOLDS[name]}", str(path))
            m = re.search(r"exposure level for \S+: ([\d.]+)", r.stdout)
            print(f"# {name}: exposure {m.group(1) if m else 'unknown'}, "
                  f"at most {THRESHOLDS[name] / 10}")
            if r.returncode or not m:
                yield f"units/{name}: more exposed than {THRESHOLDS[name] / 10}: " \
                      f"{(r.stderr or r.stdout).strip().splitlines()[-1:]}"


def helpers_that_meet_keys_are_not_swapped_or_dumped():
    for name in ("sealmount-blob@.service", "sealmount-crypt@.service", "sealmount-key@.service"):
        body = (tree.build() / "units" / name).read_text()
        for setting in ("LimitCORE=0", "MemorySwapMax=0", "NoNewPrivileges=yes"):
            if f"\n{setting}\n" not in body:
                yield f"units/{name}: no {setting}"


def instances_are_literal():
    """%I would turn the dashes of a share's name into slashes (HACKING.md)."""
    for name in tree.files():
        if name.startswith("units/") and re.search(r"\.(service|target|mount|slice)(\.in)?$", name):
            for n, line in enumerate(tree.text(name).splitlines(), 1):
                if "%I" in line and not line.startswith("#"):
                    yield f"{name}:{n}: %I; use %i"


tree.main(units_pass_verify, services_are_sandboxed,
          helpers_that_meet_keys_are_not_swapped_or_dumped, instances_are_literal)
