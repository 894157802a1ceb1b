#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
needed: what each program loads, which is what design section 3 allows it
"""

import re
import subprocess

import tree

LIBC = {"libc.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
SANITIZERS = re.compile(r"lib(asan|ubsan|tsan|lsan)\.so|libm\.so\.6|libgcc_s\.so")

# besides libc; None: not looked at
ALLOWED = {
    "sealmount-generator": {"json-c"},
    "sealmount-blob": {"json-c", "curl", "fuse3", "systemd"},
    "sealmount-key": {"json-c", "keyutils", "systemd"},
    "sealmount-crypt": {"json-c", "keyutils", "systemd", "cryptsetup", "blkid"},
    "sealmount-link": {"json-c", "systemd", "mount"},
    "sealmountctl": None,
}


def needed(path):
    r = subprocess.run(["readelf", "-d", str(path)], capture_output=True, text=True)
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", r.stdout))


def programs_are_built():
    for program, where in tree.PROGRAMS.items():
        if not (tree.build() / where).is_file():
            yield f"{where}: is not in {tree.build()}"


def programs_load_what_they_may():
    for program, where in tree.PROGRAMS.items():
        allowed = ALLOWED[program]
        if allowed is None:
            continue
        for library in sorted(needed(tree.build() / where) - LIBC):
            stem = re.sub(r"^lib|\.so.*$", "", library)
            if stem not in allowed and not SANITIZERS.match(library):
                yield f"{program}: loads {library}, which it may not"


def generator_loads_json_c_and_libc_only():
    """Exactly: before everything else there is nothing to wait for, and nothing to attack."""
    libraries = {n for n in needed(tree.build() / tree.PROGRAMS["sealmount-generator"])
                 if not SANITIZERS.match(n)}
    stems = {re.sub(r"\.so.*$", "", n) for n in libraries}
    if stems != {"libjson-c", "libc"}:
        yield f"sealmount-generator: loads {' '.join(sorted(libraries)) or 'nothing that was found'}"


def programs_are_hardened():
    for program, where in tree.PROGRAMS.items():
        path = str(tree.build() / where)
        dynamic = subprocess.run(["readelf", "-dlh", path], capture_output=True, text=True).stdout
        if "GNU_RELRO" not in dynamic or not re.search(r"BIND_NOW|\bNOW\b", dynamic):
            yield f"{program}: without full RELRO"
        if not re.search(r"Type:\s+DYN", dynamic):
            yield f"{program}: not position independent"
        if re.search(r"GNU_STACK.*\n?.*RWE", dynamic):
            yield f"{program}: with an executable stack"


tree.main(programs_are_built, programs_load_what_they_may, generator_loads_json_c_and_libc_only,
          programs_are_hardened)
