#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
programs: what all programs have in common when a person types them: help, version, usage

  programs.py BUILD_DIR

One row a call: program, arguments, exit status, a text that is said.
"""

import os
import pathlib
import re
import subprocess
import sys

PROGRAMS = {
    "sealmount-generator": "generator",
    "sealmount-blob": "helpers/blob",
    "sealmount-key": "helpers/key",
    "sealmount-crypt": "helpers/crypt",
    "sealmount-link": "helpers/link",
    "sealmountctl": "helpers/ctl",
}

DONE, FAILED, USAGE, NOT_CONFIGURED = 0, 1, 2, 6
NAME = f"cli-{os.getpid()}"
LONG = "x" * 65

ROWS = [
    ("sealmount-generator", ["/a", "/b"], USAGE, "one or three directories"),
    ("sealmount-generator", ["/nowhere/units"], FAILED, "No such file"),
    ("sealmount-blob", ["https://store.example/c/models.img"], USAGE, ""),
    ("sealmount-blob", ["--cache-size=much", "file:///a", "/b"], USAGE, "is not a size"),
    ("sealmount-key", ["bogus", f"--share={NAME}"], USAGE, "the first word is 'fetch' or 'drop'"),
    ("sealmount-key", ["fetch"], USAGE, "--share=NAME is needed"),
    ("sealmount-key", ["fetch", "--share"], USAGE, "--share needs a value"),
    ("sealmount-key", ["fetch", "--share="], USAGE, "is not a share's name"),
    ("sealmount-key", ["fetch", "--share=../etc"], USAGE, "is not a share's name"),
    ("sealmount-key", ["fetch", f"--share={LONG}"], USAGE, "is not a share's name"),
    ("sealmount-key", ["fetch", f"--share={NAME}", "more"], USAGE, "nothing else"),
    ("sealmount-key", ["drop", f"--share={NAME}", "--key-file=/k"], USAGE, "is for 'fetch'"),
    ("sealmount-key", ["fetch", f"--share={NAME}"], NOT_CONFIGURED, "systemctl start"),
    ("sealmount-key", ["fetch", f"--share={NAME}", "--key-file=k"], FAILED, "not an absolute path"),
    ("sealmount-key", ["fetch", f"--share={NAME}", "--key-file=/nowhere/k"], FAILED, "No such file"),
    ("sealmount-key", ["fetch", f"--share={NAME}", "--key-file=/dev/null"], FAILED,
     "not a regular file"),
    ("sealmount-key", ["drop", f"--share={NAME}"], DONE, ""),
    ("sealmount-crypt", ["detach", "--share=../etc"], USAGE, ""),
    ("sealmount-crypt", ["detach"], USAGE, ""),
    ("sealmount-crypt", ["attach", f"--share={NAME}"], NOT_CONFIGURED, "systemctl start"),
    ("sealmount-crypt", ["check", "/nowhere/image"], FAILED, "No such file"),
    ("sealmount-crypt", ["check"], USAGE, ""),
    ("sealmount-link", ["bogus", "/a", "/b"], USAGE, "the first word is 'publish' or 'withdraw'"),
    ("sealmount-link", ["publish"], USAGE, "either --share=NAME, or PATH and TARGET"),
    ("sealmount-link", ["publish", "/a"], USAGE, "either --share=NAME, or PATH and TARGET"),
    ("sealmount-link", ["publish", f"--share={NAME}", "/a", "/b"], USAGE, "either"),
    ("sealmount-link", ["publish", "--share=a/b"], USAGE, "is not a share's name"),
    ("sealmount-link", ["publish", f"--share={NAME}"], NOT_CONFIGURED, "systemctl start"),
    ("sealmount-link", ["publish", "/nowhere/a", "/nowhere/b"], FAILED, "nothing is mounted"),
    ("sealmount-link", ["withdraw", "/nowhere/a", "/proc"], DONE, "was gone before"),
    ("sealmount-link", ["withdraw", "relative", "/proc"], FAILED, "not an absolute path"),
    ("sealmountctl", ["check", "/nowhere/config.json"], FAILED, "No such file"),
    ("sealmountctl", ["config", "bogus"], USAGE, ""),
]

n = failed = 0


def call(build, program, *argv, **kw):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("SYSTEMD_", "CREDENTIALS_"))}
    return subprocess.run([str(build / PROGRAMS[program] / program), *argv], env=env, text=True,
                          stdin=subprocess.DEVNULL, stdout=kw.get("stdout", subprocess.PIPE),
                          stderr=subprocess.PIPE, errors="replace", timeout=60)


def report(name, *complaints):
    global n, failed
    n += 1
    wrong = [c for c in complaints if c]
    failed += bool(wrong)
    for c in wrong:
        print("# " + c.replace("\n", "\n# "))
    print(f"{'not ok' if wrong else 'ok'} {n} - {name}")


def status_is(r, want):
    return r.returncode != want and f"status {r.returncode}, not {want}: {r.stderr or r.stdout}"


def said(where, pattern):
    return not re.search(pattern, where, re.M) and f"no match for {pattern} in: {where}"


def silent(r, stream):
    text = getattr(r, stream)
    return text and f"{stream} is not empty: {text}"


def common(build, program):
    r = call(build, program, "--help")
    report(f"{program} --help", status_is(r, DONE), silent(r, "stderr"),
           said(r.stdout, rf"\A{program}: [a-z]"), said(r.stdout, rf"^  {program} \S"),
           said(r.stdout, r"^  --help "), said(r.stdout, r"^  --version "),
           said(r.stdout, r"^Exit status: 0 done, 1 failed, 2 wrong usage, 6 not configured"),
           said(r.stdout, rf"man {program}\(\d\)$"),
           max(map(len, r.stdout.split("\n"))) > 100 and "a line is longer than 100 columns")
    r = call(build, program, "--version")
    report(f"{program} --version", status_is(r, DONE), silent(r, "stderr"),
           said(r.stdout, rf"\A{program} \d+\.\d+\.\d+\n\Z"))
    for argv, text in ((["--no-such-option"], "unknown option '--no-such-option'"),
                       (["-x"], "unknown option '-x'"), ([], "")):
        r = call(build, program, *argv)
        report(f"{program} {' '.join(argv) or 'without arguments'} is wrong usage",
               status_is(r, USAGE), silent(r, "stdout"), said(r.stderr, re.escape(text)),
               said(r.stderr, rf"^Try '{program} --help'\.$"))


def main():
    build = pathlib.Path(sys.argv[1])
    for program in PROGRAMS:
        common(build, program)
    for program, argv, status, text in ROWS:
        r = call(build, program, *argv)
        report(f"{program} {' '.join(argv).replace(NAME, 'NAME').replace(LONG, 'LONG')}",
               status_is(r, status), said(r.stdout + r.stderr, re.escape(text)),
               said(r.stderr, r"--help") if status == USAGE else None)
    print(f"1..{n}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
