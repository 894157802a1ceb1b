#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
sources: what every file must have, and what none may have
"""

import re
import subprocess
import tempfile

import tree

SPDX = "SPDX-License-Identifier: MIT"
# by their nature without comments, or data
WITHOUT_SPDX = re.compile(
    r"(^|/)(LICENSE|README|NEWS|SECURITY|HACKING)|\.(md|json|scd|txt|lst|img|bin|hex|dict)$"
    r"|^\.|/corpus/|/golden/|/cases/|^packaging/debian/|/\.")

BANNED = {
    "strcpy": "snprintf() or memcpy() with a size that was checked",
    "strcat": "snprintf()",
    "sprintf": "snprintf()",
    "vsprintf": "vsnprintf()",
    "gets": "read()",
    "atoi": "parse_u64()",
    "atol": "parse_u64()",
    "atof": "parse_u64()",
    "strtok": "strcspn()",
    "system": "a system call; no shell",
    "popen": "a system call; no shell",
    "alloca": "an array of a named size",
    "mktemp": "openat() with O_EXCL",
    "tmpnam": "openat() with O_EXCL",
    "sleep": "waiting for the thing itself",
    "usleep": "waiting for the thing itself",
    "rand": "getrandom()",
}


def every_file_names_the_licence():
    for name in tree.files():
        head = tree.text(name).splitlines()[:3]
        if not WITHOUT_SPDX.search(name) and not any(SPDX in line for line in head):
            yield f"{name}:1: no line with {SPDX}"


def every_source_says_what_it_is_for():
    for name in tree.product(".c", ".h"):
        lines = tree.text(name).splitlines() + [""] * 3
        stem = name.split("/")[-1].rsplit(".", 1)[0]
        want = r"sealmount[\w-]*" if stem == "main" else re.escape(stem)
        if lines[1] != "/*" or not re.match(rf" \* {want}: \S", lines[2]):
            yield f"{name}:3: no comment '{stem}: what it is for' below the licence"


def every_script_says_what_it_is_for():
    for name in tree.files():
        body = tree.text(name) if name.startswith(("tests/", "packaging/", ".ci/")) else ""
        if body.startswith("#!") and "python" in body.splitlines()[0]:
            if not re.search(r'^"""\n?\S+: \S', body, re.M) or body.find('"""') > 200:
                yield f'{name}:3: no docstring """ NAME: what it is for """'
        elif body.startswith("#!") and not re.match(r"#!.*\n(#.*\n)*# \S+.*\n", body):
            yield f"{name}:2: no comment that says what it is for"


def headers_compile_alone():
    with tempfile.TemporaryDirectory() as scratch:
        for name in tree.product(".h"):
            include = re.sub(r"^(common|helpers|generator)/", "", name)
            probe = tree.pathlib.Path(scratch) / "probe.c"
            probe.write_text(f'#include "{include}"\n#include "{include}"\n'
                             "typedef int not_empty;\n")
            r = subprocess.run(
                ["cc", "-std=gnu17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
                 "-Wno-unused-parameter", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64",
                 *(f"-I{tree.TOP / d}" for d in ("common", "helpers", "generator")), str(probe)],
                capture_output=True, text=True)
            if r.returncode:
                yield f"{name}: does not compile alone: {' | '.join(r.stderr.splitlines()[:3])}"


PROTOTYPE = re.compile(
    r"^(?!static|typedef|#|\}|extern const|struct \w+ \{|enum \w+ \{)[a-z][\w \*]*?\b(\w+)\([^;{}]*\)"
    r"[^;{}]*;", re.M)


def outside_braces(body):
    """The same text with what stands in braces (structures, inline functions) blanked."""
    out, depth = [], 0
    for c in body:
        depth -= c == "}"
        out.append(c if depth <= 0 or c == "\n" else " ")
        depth += c == "{"
    return "".join(out)


def declared_functions_are_documented():
    for name in tree.product(".h"):
        body, raw = outside_braces(tree.code(name)), tree.text(name)
        for m in PROTOTYPE.finditer(body):
            before = raw[:m.start()].rstrip()
            start = before.rfind("/*")
            comment = before[start:] if before.endswith("*/") else ""
            if not comment.startswith("/**") or not re.search(rf"\b{m.group(1)}\b", comment):
                yield f"{name}:{tree.line_of(raw, m.start())}: {m.group(1)}() has no comment " \
                      f"/** {m.group(1)} - ... */"


def no_banned_functions():
    pattern = re.compile(rf"(?<![\w.>])({'|'.join(BANNED)})[ \t]*\(")
    for name in tree.product(".c", ".h"):
        body = tree.code(name)
        for m in pattern.finditer(body):
            yield f"{name}:{tree.line_of(body, m.start())}: {m.group(1)}(): use " \
                  f"{BANNED[m.group(1)]}"


def no_unfinished_business():
    pattern = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    for name in tree.files():
        if name.endswith((".c", ".h", ".py", ".sh", ".build", ".in", ".scd", ".md")) and \
                not name.startswith("tests/lint/"):
            body = tree.text(name)
            for m in pattern.finditer(body):
                yield f"{name}:{tree.line_of(body, m.start())}: {m.group(1)}"


def descriptors_are_closed_on_exec():
    calls = re.compile(r"\b(openat|open|socket|accept4|pipe2|dup3|epoll_create1|eventfd|timerfd_create"
                       r"|signalfd|memfd_create|inotify_init1)\(")
    for name in tree.product(".c"):
        body = tree.code(name)
        for m in calls.finditer(body):
            call = body[m.start():body.find(";", m.start())]
            if not re.search(r"CLOEXEC|flags|\bO_\w*FLAGS\b|DIR_FLAGS", call):
                yield f"{name}:{tree.line_of(body, m.start())}: {m.group(1)}() without CLOEXEC"
        for m in re.finditer(r"\b(pipe|accept|dup|dup2|creat)\(", body):
            yield f"{name}:{tree.line_of(body, m.start())}: {m.group(1)}() cannot close on exec"


def lines_are_clean():
    for name in tree.product(".c", ".h"):
        for n, line in enumerate(tree.text(name).split("\n"), 1):
            if line != line.rstrip() or len(line.expandtabs(8)) > 100:
                yield f"{name}:{n}: trailing blank, or longer than 100 columns"


def code_is_formatted():
    """Only where clang-format is there: its versions differ, and a bare machine has none."""
    names = tree.product(".c", ".h")
    try:
        r = subprocess.run(["clang-format", "--dry-run", *names], cwd=tree.TOP,
                           capture_output=True, text=True)
    except FileNotFoundError:
        return
    for line in r.stderr.splitlines():
        if "warning:" in line:
            yield line.split(": warning:")[0] + ": not as clang-format would have it"


tree.main(every_file_names_the_licence, every_source_says_what_it_is_for,
          every_script_says_what_it_is_for, headers_compile_alone,
          declared_functions_are_documented, no_banned_functions, no_unfinished_business,
          descriptors_are_closed_on_exec, lines_are_clean, code_is_formatted)
