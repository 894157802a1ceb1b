#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
ctl: what sealmountctl prints and how it ends

  ctl.py BUILD_DIR
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SAS = "sv=2022-11-02&sig=VerySecret%3D"
GOOD = {"shares": [{"name": "good", "mount_point": "/srv/good",
                    "source": {"url": f"https://h.test/g.img?{SAS}"},
                    "key": {"provider": "file", "path": "/key"}}]}
BAD = {"shares": GOOD["shares"] + [{"name": "a b", "mount_point": "/etc/x"}]}

n = failed = 0


def report(name, *complaints):
    global n, failed
    n += 1
    wrong = [c for c in complaints if c]
    failed += bool(wrong)
    for c in wrong:
        print("# " + str(c).replace("\n", "\n# "))
    print(f"{'not ok' if wrong else 'ok'} {n} - {name}")


def main():
    program = pathlib.Path(sys.argv[1]) / "helpers/ctl/sealmountctl"
    with tempfile.TemporaryDirectory() as tmp:
        run_all(program, pathlib.Path(tmp))
    print(f"1..{n}")
    sys.exit(1 if failed else 0)


def run_all(program, tmp):
    def call(*argv, text=None):
        r = subprocess.run([program, *map(str, argv)], input=text, capture_output=True, text=True,
                           check=False, timeout=60)
        if "VerySecret" in r.stdout + r.stderr and "--show-secrets" not in argv and \
                "encode" not in argv:
            report("no secret is shown", r.stdout + r.stderr)
        return r

    def is_(r, status, *texts):
        return [r.returncode != status and f"status {r.returncode}: {r.stdout}{r.stderr}",
                *[t not in r.stdout + r.stderr and f"no '{t}' in {r.stdout}{r.stderr}"
                  for t in texts]]

    good, bad = tmp / "good.json", tmp / "bad.json"
    good.write_text(json.dumps(GOOD, indent=2))
    bad.write_text(json.dumps(BAD))

    report("check of a good file", *is_(call("check", good), 0, "form native",
                                        "share good: /srv/good, key file, luks2, ext4"))
    report("check of standard input", *is_(call("check", "-", text=good.read_text()), 0,
                                           "standard input: form native"))
    report("check shows all mistakes and what is usable",
           *is_(call("check", bad), 1, "error: $.shares[1].name: 'a b'",
                "error: $.shares[1].mount_point: '/etc/x'", "error: $.shares[1].source.url",
                "error: $.shares[1].key.provider", "Remedy:", "share good:"))
    r = call("check", "--json", bad)
    doc = json.loads(r.stdout)
    s = doc["sources"][0]
    report("check --json", *is_(r, 1), doc["valid"] and "valid",
           s["form"] != "native" and s, [x["usable"] for x in s["shares"]] != [True, False] and s,
           {"level", "share", "path", "rule", "remedy"} - set(s["findings"][0]))
    report("check says line and column", *is_(call("check", "-", text='{"shares": [\n 1,\n]}'), 1,
                                              "line 3, column 1: $"))

    r = call("config", "encode", good)
    line = r.stdout.strip()
    report("config encode prints one short line", *is_(r, 0), "\n" in line and line,
           json.loads(base64.b64decode(line)) != GOOD and "another text",
           base64.b64decode(line).count(b" ") and "it has blanks")
    r = call("config", "encode", bad)
    report("config encode refuses what has mistakes", *is_(r, 1, "$.shares[1].name"),
           r.stdout and "something was printed")
    r = call("config", "decode", "-", text=line)
    report("config decode masks secrets", *is_(r, 0, '"url": "https://h.test/g.img?***"'),
           json.loads(r.stdout)["shares"][0]["name"] != "good" and r.stdout)
    r = call("config", "decode", "--show-secrets", "-", text=line)
    report("config decode --show-secrets", json.loads(r.stdout) != GOOD and r.stdout)
    odd = ('{"raw_key": {"VerySecret": ["VerySecret"]}, "HEX": "VerySecret", "s\\u0061s": "VerySecret",'
           ' "url": "https://u:VerySecret@h/b", "x": "https:\\/\\/VerySecret@h", "y": [], "z": {}}')
    r = call("config", "decode", text=odd)
    report("config decode masks secrets however they are written", *is_(r, 0, "***"),
           not isinstance(json.loads(r.stdout), dict) and r.stdout)
    report("config decode says what is not base64", *is_(call("config", "decode", text="%%"), 1,
                                                         "not base64"))
    report("config decode says what is not JSON", *is_(call("config", "decode", text="{,}"), 1,
                                                       "line 1, column 2"))

    root = tmp / "root"
    (root / "etc/sealmount").mkdir(parents=True)
    report("check without a configuration", *is_(call("check", f"--root={root}"), 6,
                                                 "nothing is configured"))
    config = root / "etc/sealmount/config.json"
    config.write_text(good.read_text())
    config.chmod(0o644)
    report("check of a tree refuses secrets that others can read",
           *is_(call("check", f"--root={root}"), 1, "config.json: refused",
                "chmod 600 '/etc/sealmount/config.json'"))
    config.chmod(0o600)
    report("check of a tree", *is_(call("check", f"--root={root}"), 0,
                                   "/etc/sealmount/config.json: form native", "share good:"))
    (root / "proc").mkdir()
    (root / "proc/cmdline").write_text("sealmount=no\n")
    report("check says that it is switched off", *is_(call("check", f"--root={root}"), 0,
                                                      "switched off"))
    for argv in (["check", "a", "b"], ["config", "encode"], ["config"], ["config", "encode", "--x"]):
        report(f"{' '.join(argv)} is wrong usage", *is_(call(*argv), 2, "--help"))
    for verb in (["check"], ["config", "encode"], ["config", "decode"]):
        report(f"{' '.join(verb)} --help", *is_(call(*verb, "--help"), 0, "sealmountctl", "Options"))


if __name__ == "__main__":
    main()
