# SPDX-License-Identifier: MIT
"""
tree: what every lint check needs: the files of the tree, C without comments, and TAP

A check is a function that yields complaints, "file:line: what is wrong"; each function is
one case. Uses: Python's standard library, git where the tree is a checkout.
"""

import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
PRODUCT = ("common/", "generator/", "helpers/")


def files():
    """Paths below the top that belong to the tree, as text, sorted."""
    r = subprocess.run(["git", "-C", str(TOP), "ls-files", "-z", "--cached", "--others",
                        "--exclude-standard"], capture_output=True)
    if r.returncode == 0:
        names = r.stdout.decode(errors="surrogateescape").split("\0")
    else:
        names = [str(p.relative_to(TOP)) for p in TOP.rglob("*")]
    return sorted(n for n in set(names) if n and (TOP / n).is_file() and not (TOP / n).is_symlink()
                  and not n.startswith((".git/", "build")))


def product(*suffixes):
    """Files of the product itself with these endings."""
    return [f for f in files() if f.startswith(PRODUCT) and f.endswith(suffixes)]


def text(name):
    return (TOP / name).read_text(errors="replace")


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(match):
    """As many lines and columns as before, and quotes stay quotes."""
    s = match.group(0)
    inner = re.sub(r"[^\n]", " ", s[1:-1])
    return s[0] + inner + s[-1] if s[0] in "\"'" else re.sub(r"[^\n]", " ", s)


def code(name):
    """A C file without comments and without what its strings say; lines stay where they are."""
    return TOKEN.sub(blank, text(name))


def line_of(body, offset):
    return body.count("\n", 0, offset) + 1


def main(*checks):
    """Run the checks as TAP cases and exit."""
    failed = 0
    for n, check in enumerate(checks, 1):
        complaints = list(check())
        for complaint in complaints:
            print(f"# {complaint}")
        failed += bool(complaints)
        print(f"{'not ok' if complaints else 'ok'} {n} - {check.__name__}")
    print(f"1..{len(checks)}")
    sys.exit(1 if failed else 0)


def build():
    """The build directory: where meson says, or the first argument."""
    where = os.environ.get("MESON_BUILD_ROOT") or (sys.argv[1] if len(sys.argv) > 1 else None)
    if not where:
        sys.exit("say which build directory: an argument, or MESON_BUILD_ROOT")
    return pathlib.Path(where)


PROGRAMS = {  # name: where it is in the build directory
    "sealmount-generator": "generator/sealmount-generator",
    "sealmount-blob": "helpers/blob/sealmount-blob",
    "sealmount-key": "helpers/key/sealmount-key",
    "sealmount-crypt": "helpers/crypt/sealmount-crypt",
    "sealmount-link": "helpers/link/sealmount-link",
    "sealmountctl": "helpers/ctl/sealmountctl",
}
