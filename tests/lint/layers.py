#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
layers: who includes whom, and who may know which library

The layers are those drawn in HACKING.md. The doors are read from HACKING.md itself, so
that the list there is the list.
"""

import re
import subprocess

import tree

# folder: what it may include besides itself
LAYERS = {
    "common/base": (),
    "common/conf": ("base",),
    "common/source": ("base", "conf"),
    "common/net": ("base", "conf", "source"),
    "common/keys": ("base", "conf", "source"),
    "common/sd": ("base", "conf", "source"),
    "generator": ("base", "conf", "source"),
    "helpers": ("base", "conf", "source", "net", "keys", "sd"),
}

# library as HACKING.md calls it: its headers
HEADERS = {
    "json-c": r"json-c/|json\.h",
    "curl": r"curl/",
    "FUSE": r"fuse",
    "libcryptsetup": r"libcryptsetup\.h",
    "libmount": r"libmount",
    "libblkid": r"blkid",
    "libkeyutils": r"keyutils\.h",
    "libsystemd": r"systemd/",
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def includes():
    """(file, line, is_own, header) of each #include of the product."""
    for name in tree.product(".c", ".h"):
        body = tree.text(name)
        for m in INCLUDE.finditer(body):
            yield name, tree.line_of(body, m.start()), m.group(1) == '"', m.group(2)


def folder_of(name):
    parts = name.split("/")
    return parts[0] if parts[0] == "generator" else "/".join(parts[:2])


def includes_obey_the_layers():
    for name, line, is_own, header in includes():
        folder = folder_of(name)
        below = LAYERS.get(folder, LAYERS.get(folder.split("/")[0]))
        if not is_own:
            continue
        if below is None:
            yield f"{name}:{line}: folder {folder} is not in the layers of HACKING.md"
        elif folder == "generator" and "/" not in header:
            continue
        elif header.split("/")[0] not in (*below, folder.split("/")[-1]):
            yield f"{name}:{line}: {folder} must not include {header}"


def own_headers_exist():
    for name, line, is_own, header in includes():
        places = [tree.TOP / d / header for d in ("common", "helpers", "generator")]
        if is_own and not any(p.is_file() for p in places):
            yield f"{name}:{line}: no such header: {header}"


def doors():
    """{library: set of files} as HACKING.md lists them."""
    flat = " ".join(tree.text("HACKING.md").split())
    m = re.search(r"has one door,[^:]*: (.*?)\.(?= |$)(?! ?c`)", flat)
    result = {}
    for row in m.group(1).split(";") if m else ():
        names = re.findall(r"`([^`]+)`", row)
        result[row.split("`")[0].strip()] = {
            f"{'common' if n.split('/')[0] in ('conf', 'net', 'keys', 'sd') else 'helpers'}/{n}"
            for n in names}
    return result


def doors_are_listed_and_exist():
    listed = doors()
    for library in sorted(set(HEADERS) ^ set(listed)):
        yield f"HACKING.md: library {library} is known to only one of HACKING.md and layers.py"
    for library, names in listed.items():
        for name in sorted(names):
            if not (tree.TOP / name).is_file():
                yield f"HACKING.md: the door {name} of {library} does not exist"


def libraries_are_included_at_their_doors_only():
    listed = doors()
    for name, line, is_own, header in includes():
        for library, pattern in HEADERS.items():
            if not is_own and re.match(pattern, header) and name not in listed.get(library, ()):
                yield f"{name}:{line}: {header} is {library}'s, whose doors are " \
                      f"{' '.join(sorted(listed.get(library, ())))}"


def each_door_is_used():
    used = {}
    for name, _, is_own, header in includes():
        for library, pattern in HEADERS.items():
            if not is_own and re.match(pattern, header):
                used.setdefault(library, set()).add(name)
    for library, names in doors().items():
        for name in sorted(names - used.get(library, set())):
            yield f"{name}: is a door of {library} in HACKING.md but does not include it"


def all_else_is_libc():
    external = {}
    for name, line, is_own, header in includes():
        if not is_own and not any(re.match(p, header) for p in HEADERS.values()):
            external.setdefault(header, f"{name}:{line}")
    compiler = subprocess.run(["gcc", "-print-file-name=include"], capture_output=True,
                              text=True).stdout.strip()
    own = subprocess.run(["dpkg", "-L", "libc6-dev", "linux-libc-dev"], capture_output=True,
                         text=True).stdout.splitlines()
    known = {re.sub(r"^/usr/include/(?:[^/]*-linux-gnu[^/]*/)?", "", p) for p in own}
    for header, where in sorted(external.items()):
        if header not in known and not (tree.pathlib.Path(compiler) / header).exists():
            yield f"{where}: {header} belongs to no library that HACKING.md names"


tree.main(includes_obey_the_layers, own_headers_exist, doors_are_listed_and_exist,
          libraries_are_included_at_their_doors_only, each_door_is_used, all_else_is_libc)
