#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
run: measurements beside peers

  tests/bench/run.py [NAME]     one program of this folder, or all of them

Each prints lines "bench NAME/CASE ours=... peer=... ratio=...".
"""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def main():
    names = sys.argv[1:] or sorted(
        p.name for p in HERE.iterdir() if p.is_file() and not p.suffix)
    for name in names:
        if not (HERE / name).is_file():
            sys.exit(f"tests/bench: no {name}")
        subprocess.run([sys.executable, HERE / name], check=True)


if __name__ == "__main__":
    main()
