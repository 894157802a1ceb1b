#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
settings: fields.h and sealmount.conf(5) name the same settings

  settings.py SOURCE_DIR
"""

import pathlib
import re
import sys

TABLES = {  # table of fields.h: section of the page
    "CONF_NATIVE_FIELDS": "SETTINGS OF THE NATIVE FORM",
    "CONF_REMOTEFS_FIELDS": "SETTINGS OF THE REMOTEFS FORM",
    "CONF_REMOTEFS_ROOT_FIELDS": "SETTINGS OF THE REMOTEFS FORM",
}
LISTS = {"shares", "azure_filesystems"}  # explained in the text, not as settings


def tables(text):
    """Name of each table and the paths in it."""
    for block in re.split(r"^#define ", text, flags=re.M)[1:]:
        yield block.split("(")[0], set(re.findall(r'\bX\("([^"]+)"', block)) - LISTS


def settings(page, section):
    """What the section's definitions name: bold words at the left margin."""
    body = re.search(rf"^# {section}$(.*?)(?=^# |\Z)", page, re.M | re.S).group(1)
    heads = [line for line in body.splitlines() if line.startswith("*")]
    return {name for line in heads for name in re.findall(r"(?:^|, )\*([a-z0-9_.]+)\*", line)}


def main():
    top = pathlib.Path(sys.argv[1])
    page = (top / "man/sealmount.conf.5.scd").read_text()
    known = {}
    for table, paths in tables((top / "common/conf/fields.h").read_text()):
        if table in TABLES:
            known.setdefault(TABLES[table], set()).update(paths)
    failed = 0
    for n, (section, paths) in enumerate(sorted(known.items()), 1):
        said = settings(page, section)
        complaints = [f"{p} is not in the page" for p in sorted(paths - said)]
        complaints += [f"{p} is not in fields.h" for p in sorted(said - paths)]
        complaints += [] if len(paths) > 5 else ["hardly any settings were found"]
        failed += bool(complaints)
        for c in complaints:
            print(f"# {c}")
        print(f"{'not ok' if complaints else 'ok'} {n} - {section.lower()}")
    print(f"1..{len(known)}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
