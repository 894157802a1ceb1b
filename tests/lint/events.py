#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
events: each row of log-events.h has its entry in the catalog, and the reverse
"""

import re

import tree

TABLE = "common/base/log-events.h"
CATALOG = "units/sealmount.catalog"


def rows():
    """{id: symbol} of the table."""
    body = re.sub(r"\\\n", " ", tree.text(TABLE))
    return {m.group(2): m.group(1)
            for m in re.finditer(r'X\((\w+),\s*LOG_\w+,\s*"([0-9a-f]*)",', body)}


def entries():
    """{id: text} of the catalog."""
    parts = re.split(r"^-- (\S+)\s*$", tree.text(CATALOG), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def ids_are_128_random_bits_each_used_once():
    ids = re.findall(r'"([0-9a-f]*)",', re.sub(r"\\\n", " ", tree.text(TABLE)))
    if len(ids) < 10:
        yield f"{TABLE}: only {len(ids)} rows were understood"
    for i in sorted(set(ids)):
        if len(i) != 32:
            yield f"{TABLE}: '{i}' is not 32 hexadecimal digits"
        if ids.count(i) > 1:
            yield f"{TABLE}: '{i}' stands there {ids.count(i)} times"


def catalog_and_table_name_the_same():
    table, catalog = rows(), entries()
    for i, symbol in table.items():
        if i not in catalog:
            yield f"{CATALOG}: no entry for {symbol}, {i}"
    for i in catalog:
        if i not in table:
            yield f"{CATALOG}: {i} is no event of {TABLE}"


def catalog_entries_are_complete():
    for i, body in entries().items():
        head, _, words = body.lstrip("\n").partition("\n\n")
        for field in ("Subject: ", "Defined-By: ", "Documentation: "):
            if not re.search(rf"^{field}\S", head, re.M):
                yield f"{CATALOG}: {i} has no {field.strip()}"
        if not words.strip():
            yield f"{CATALOG}: {i} says nothing"


def every_event_is_sent():
    code = "".join(tree.code(f) for f in tree.product(".c"))
    for symbol in rows().values():
        if not re.search(rf"\bEV_{symbol}\b", code):
            yield f"{TABLE}: nothing sends {symbol}"


tree.main(ids_are_128_random_bits_each_used_once, catalog_and_table_name_the_same,
          catalog_entries_are_complete, every_event_is_sent)
