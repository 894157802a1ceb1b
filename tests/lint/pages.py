#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
pages: the manual pages say what the programs say, and build without warnings
"""

import re
import subprocess

import tree


def pages():
    return [f for f in tree.files() if re.fullmatch(r"man/.*\.scd", f)]


def page_of(program):
    for name in pages():
        if re.fullmatch(rf"man/{program}\.\d\.scd", name):
            return name
    return None


def run_help(program, *verb):
    path = tree.build() / tree.PROGRAMS[program]
    if not path.is_file():
        return ""  # needed.py says so
    r = subprocess.run([str(path), *verb, "--help"], capture_output=True, text=True)
    return r.stdout if r.returncode == 0 else ""


def verbs_of(program):
    """The words behind the program's name in its synopsis: ("config", "encode")."""
    rows = re.findall(rf"^  {program}((?: [a-z]+)+)", run_help(program), re.M)
    return sorted({tuple(r.split()) for r in rows})


def options_in_help(program):
    """Of the program's own help and of that of its verbs, where they have one."""
    texts = [run_help(program)] + [run_help(program, *v) for v in verbs_of(program)]
    return set(re.findall(r"^  --([a-z][a-z0-9-]*)", "".join(texts), re.M))


def options_in_page(name):
    """Rows of the page's options: lines that begin with *--name*."""
    found = set()
    for line in re.findall(r"^\*--.*$", tree.text(name), re.M):
        found |= set(re.findall(r"\*--([a-z][a-z0-9-]*)\*", line))
    return found


def every_program_has_a_page():
    for program in tree.PROGRAMS:
        if not page_of(program):
            yield f"man/{program}.8.scd: is missing"


def help_and_page_name_the_same_options():
    for program in tree.PROGRAMS:
        name, shown = page_of(program), options_in_help(program)
        if not name:
            continue
        if not shown:
            yield f"{program}: --help shows no options"
            continue
        described = options_in_page(name)
        for option in sorted(shown - described):
            yield f"{name}: --{option} of --help is not described"
        for option in sorted(described - shown):
            yield f"{name}: --{option} is described, but --help does not show it"


def every_verb_of_help_is_in_the_page():
    for program in tree.PROGRAMS:
        name = page_of(program)
        for verb in verbs_of(program) if name else ():
            if not re.search(rf"\*{' '.join(verb)}\b|\*{verb[0]}\*.*\*{verb[-1]}\b", tree.text(name)):
                yield f"{name}: the verb {' '.join(verb)} of --help is not described"


def pages_have_their_sections():
    for name in pages():
        sections = re.findall(r"^# (.+)$", tree.text(name), re.M)
        want = ["NAME", "SEE ALSO"]
        if name.endswith((".1.scd", ".8.scd")):
            want += ["SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS"]
        for section in want:
            if section not in sections:
                yield f"{name}: no section {section}"
        if sections[:1] != ["NAME"]:
            yield f"{name}: does not begin with NAME"


def references_lead_to_pages():
    own = {re.sub(r"man/(.*)\.(\d)\.scd", r"\1(\2)", n) for n in pages()}
    for name in pages():
        for page, section in re.findall(r"\*(sealmount[\w.-]*)\*\((\d)\)", tree.text(name)):
            if f"{page}({section})" not in own:
                yield f"{name}: {page}({section}) does not exist"


def pages_build_without_warnings():
    for name in pages():
        made = subprocess.run(["scdoc"], stdin=open(tree.TOP / name, "rb"), capture_output=True)
        if made.returncode or made.stderr:
            yield f"{name}: scdoc: {made.stderr.decode(errors='replace').strip()}"
            continue
        shown = subprocess.run(["groff", "-man", "-t", "-K", "utf8", "-T", "utf8", "-ww", "-z"],
                               input=made.stdout, capture_output=True)
        for line in shown.stderr.decode(errors="replace").splitlines():
            yield f"{name}: {line}"


tree.main(every_program_has_a_page, help_and_page_name_the_same_options,
          every_verb_of_help_is_in_the_page, pages_have_their_sections, references_lead_to_pages,
          pages_build_without_warnings)
