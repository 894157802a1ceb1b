#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
run: case sets, ours or anybody's, against the programs

  tests/cases/run.py [--bin DIR] [DIR]     default: the sets beside this file

Every folder below DIR that is named configs or luks and holds an expect.json is a set.

configs/expect.json maps a file (.json, or .txt for base64) to
  form               remotefs, native, share, importkey, skr, unknown
  valid              what sealmountctl check says by its exit status
  shares             mount points or names that must still be usable; usable means that
                     check says so and that the generator writes their mount unit
  must_mention       texts in the output of check, whatever their case
  must_match         regular expressions, searched in the output of check
  must_not_mention   secrets; nowhere in what check and the generator print, nor in any
                     unit, neither as they are nor in hexadecimal or base64
  severity           must (the default), should (a difference is printed and passes),
                     either (valid or not; but no crash, no hang, no secret)

luks/expect.json has images, each
  file               beside it; NAME.gz is unpacked first
  key_hex            the key; without it the header alone is checked
  expect             open, refuse, either
  reason, severity   reason is for readers

Sets of our own may come as a program, prepare, that writes the files and expect.json into
the folder it is given.

One line a case, "ok - ..." or "not ok - ..."; the last one is
"N passed, N failed, N skipped".
"""

import argparse
import base64
import gzip
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
TIME_MAX = 60  # seconds; whatever takes longer hangs
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|MemorySanitizer")


class Broken(Exception):
    """Never right, whatever the case expects: a crash, a hang, a leak, a changed image."""


class Differs(Exception):
    """Not what the case expects."""


def find_programs(folder):
    """Path of each program below the build directory, or on the PATH."""
    names = ("sealmountctl", "sealmount-generator", "sealmount-crypt")
    found = {n: shutil.which(n) for n in names}
    if folder is None:
        sys.path.insert(0, str(HERE.parent / "lib"))
        import bed
        folder = bed.cache("build", "dev-" + bed.digest(str(bed.TOP)))
    for root, dirs, files in os.walk(folder):
        dirs[:] = [d for d in dirs if not d.endswith(".p")]
        for n in names:
            if n in files and os.access(pathlib.Path(root, n), os.X_OK):
                found[n] = str(pathlib.Path(root, n))
    return found


def start(argv):
    """(status, everything it printed); a crash or a hang is Broken."""
    env = {"PATH": os.environ.get("PATH", ""), "ASAN_OPTIONS": "detect_leaks=1",
           "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1", "LC_ALL": "C.UTF-8"}
    try:
        r = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True,
                           timeout=TIME_MAX, env=env, check=False)
    except subprocess.TimeoutExpired:
        raise Broken(f"{pathlib.Path(argv[0]).name} did not end within {TIME_MAX} s") from None
    text = (r.stdout + r.stderr).decode("utf-8", "surrogateescape")
    if r.returncode < 0 or r.returncode >= 126 or SANITIZER.search(text):
        raise Broken(f"{pathlib.Path(argv[0]).name} crashed with status {r.returncode}: "
                     + text[-2000:])
    return r.returncode, text


def spellings(secret):
    """What a secret may look like to somebody who searches for it."""
    raw = secret.encode()
    out = {secret, json.dumps(secret)[1:-1], secret.replace("%", "%%")}
    if len(raw) >= 6:
        out.add(raw.hex())
        out.add(raw.hex().upper())
        for shift in range(3):  # base64 of a text around it, without the bits that mix
            text = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
            out.add(text[(0, 2, 3)[shift]:-1])
    return {s for s in out if len(s) >= 4 or s == secret}


def look_for_secrets(where, text, secrets):
    plain = re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m.group(1), 16)), text)
    for secret in secrets:
        for s in spellings(secret):
            if s in text or s in plain:
                raise Broken(f"{where} holds the secret '{secret}'" +
                             ("" if s == secret else f" as '{s}'"))


def units_of(folder):
    """Name and text of all that was generated, links included."""
    units = {}
    for root, dirs, files in os.walk(folder):
        for n in dirs + files:
            p = pathlib.Path(root, n)
            if p.is_symlink():
                units[str(p.relative_to(folder))] = os.readlink(p)
            elif p.is_file():
                units[str(p.relative_to(folder))] = p.read_text(errors="surrogateescape")
    return units


def run_check(programs, path, row):
    status, plain = start([programs["sealmountctl"], "check", path])
    json_status, text = start([programs["sealmountctl"], "check", "--json", path])
    if json_status != status or status not in (0, 1):
        raise Broken(f"check ends with {status}, with --json {json_status}")
    look_for_secrets("the output of check", plain + text, row.get("must_not_mention", []))
    return status, plain, json.loads(text)["sources"][0]


def run_generator(programs, path, row, tmp):
    root = pathlib.Path(tmp, "root")
    config = root / "etc/sealmount/config.json"
    config.parent.mkdir(parents=True)
    shutil.copyfile(path, config)
    config.chmod(0o600)
    out = [pathlib.Path(tmp, n) for n in ("out", "out.early", "out.late")]
    for o in out:
        o.mkdir()
    status, log = start([programs["sealmount-generator"], f"--root={root}", *out])
    units = units_of(out[0])
    for o in out[1:]:
        units.update(units_of(o))
    secrets = row.get("must_not_mention", [])
    look_for_secrets("the generator's log", log, secrets)
    for name, text in units.items():
        look_for_secrets(f"unit {name}", name + "\n" + text, secrets)
    if status not in (0, 1):
        raise Broken(f"the generator ended with {status}: {log}")
    return units


def has_mount_unit(units, name):
    where = f"Where=/run/sealmount/mnt/{name}\n"
    return any(n.endswith(".mount") and where in text for n, text in units.items())


def compare(row, status, plain, seen, units):
    """Everything that differs, as texts."""
    usable = [s for s in seen.get("shares", []) if s["usable"]]
    if "valid" in row and row["valid"] != (status == 0):
        yield f"check says {'valid' if status == 0 else 'invalid'}"
    # of a text that cannot be read, nobody knows the form
    if row.get("form") not in (None, seen.get("form")) and \
            not (seen.get("form") == "unknown" and row.get("valid") is False):
        yield f"form is {seen.get('form')}, not {row['form']}"
    for wanted in row.get("shares", []):
        names = [s["name"] for s in usable if wanted in (s["name"], s.get("mount_point"))]
        if not names:
            yield f"share {wanted} is not usable"
        elif units is not None and not has_mount_unit(units, names[0]):
            yield f"share {wanted} has no mount unit"
    for s in usable:
        if units is not None and not has_mount_unit(units, s["name"]):
            yield f"usable share {s['name']} has no mount unit"
    for text in row.get("must_mention", []):
        if text.lower() not in plain.lower():
            yield f"'{text}' is not mentioned"
    for pattern in row.get("must_match", []):
        if not re.search(pattern, plain, re.M):
            yield f"nothing matches '{pattern}'"


def config_case(programs, folder, name, row, tmp):
    path = folder / name
    if not path.exists():
        raise Broken("there is no such file")
    status, plain, seen = run_check(programs, path, row)
    units = None
    if programs["sealmount-generator"]:
        units = run_generator(programs, path, row, tmp)
    differences = list(compare(row, status, plain, seen, units))
    if differences and row.get("severity") != "either":
        raise Differs("; ".join(differences) + "\n" + plain.rstrip())


def sha256(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            h.update(block)
    return h.hexdigest()


def luks_case(programs, folder, row, tmp):
    image = folder / row["file"]
    if image.suffix == ".gz":
        unpacked = pathlib.Path(tmp, "image")
        with gzip.open(image) as i, open(unpacked, "wb") as o:
            shutil.copyfileobj(i, o)
        image = unpacked
    before = sha256(image)
    key = []
    if row.get("key_hex"):
        file = pathlib.Path(tmp, "key")
        file.write_bytes(bytes.fromhex(row["key_hex"]))
        file.chmod(0o600)
        key = [f"--key-file={file}"]
    status, text = start([programs["sealmount-crypt"], "check", *key, image])
    if sha256(image) != before:
        raise Broken("the image was changed")
    look_for_secrets("the output", text, [row["key_hex"]] if key else [])
    want = row["expect"]
    if want != "either" and row.get("severity") != "either" and (status == 0) != (want == "open"):
        raise Differs(f"{'opened' if status == 0 else 'refused'}, expected: {want}"
                      f" ({row.get('reason', '')})\n{text.rstrip()}")


class Tally:
    """Prints one line a case and counts."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def case(self, name, severity, work):
        note = ""
        try:
            with tempfile.TemporaryDirectory(prefix="sealmount-case-") as tmp:
                work(tmp)
        except Differs as e:
            if severity == "must":
                self.fail(name, e)
                return
            note = f" (differs: {e.args[0].splitlines()[0]})"
        except Broken as e:
            self.fail(name, e)
            return
        except (OSError, ValueError, KeyError, TypeError, IndexError) as e:
            self.fail(name, f"the case itself: {type(e).__name__}: {e}")
            return
        self.passed += 1
        print(f"ok - {name}{note}", flush=True)

    def fail(self, name, why):
        self.failed += 1
        first, *rest = str(why).encode("utf-8", "backslashreplace").decode().splitlines()
        print(f"not ok - {name}: {first}", flush=True)
        for line in rest:
            print(f"#   {line}")

    def skip(self, name, why):
        self.skipped += 1
        print(f"ok - {name} # SKIP {why}", flush=True)


def run_set(folder, label, programs, tally):
    kind = label.name
    expect = json.loads((folder / "expect.json").read_text())
    if kind == "configs":
        for name, row in expect.items():
            if not isinstance(row, dict):
                continue  # a remark
            tally.case(f"{label}/{name}", row.get("severity", "must"),
                       lambda tmp, n=name, r=row: config_case(programs, folder, n, r, tmp))
        return
    for row in expect["images"]:
        name = f"{label}/{row['file']}"
        if not programs["sealmount-crypt"]:
            tally.skip(name, "sealmount-crypt is not built")
        else:
            tally.case(name, row.get("severity", "must"),
                       lambda tmp, r=row: luks_case(programs, folder, r, tmp))


def run_folder(folder, label, programs, tally):
    """A set as it is, or what its prepare makes; only ours may bring a program."""
    try:
        if (folder / "expect.json").exists():
            run_set(folder, label, programs, tally)
        elif HERE in folder.parents:
            with tempfile.TemporaryDirectory(prefix="sealmount-set-") as tmp:
                subprocess.run([folder / "prepare", tmp], check=True)
                run_set(pathlib.Path(tmp), label, programs, tally)
    except (OSError, ValueError, KeyError, TypeError, subprocess.CalledProcessError) as e:
        tally.fail(f"{label}/expect.json", f"cannot be read: {e}")


def main():
    parser = argparse.ArgumentParser(description="Run case sets against the programs.")
    parser.add_argument("--bin", metavar="DIR", help="build directory (default: that of tests/run)")
    parser.add_argument("dir", nargs="?", default=HERE / "sets", type=pathlib.Path)
    args = parser.parse_args()
    programs = find_programs(args.bin)
    if not programs["sealmountctl"]:
        sys.exit("run.py: sealmountctl is not built; name the build directory with --bin")
    tally, top = Tally(), args.dir.resolve()
    for folder, dirs, files in os.walk(top):
        dirs.sort()
        path = pathlib.Path(folder)
        if path.name in ("configs", "luks") and {"expect.json", "prepare"} & set(files):
            label = path.relative_to(top) if path != top else pathlib.Path(path.name)
            run_folder(path, label, programs, tally)
    if tally.passed + tally.failed + tally.skipped == 0:
        tally.fail(str(top), "there is no case set below it")
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
