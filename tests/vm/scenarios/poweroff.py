# SPDX-License-Identifier: MIT
"""
poweroff: reboot and power-off with shares up are orderly, and quick

The journal goes to a virtual console, so it is complete up to the last service; what
systemd-shutdown does afterwards is on the serial console.
"""

import re

BAD = re.compile(r"SIGKILL|Killing process|timed out|still around|Failed unmounting|"
                 r"Failed to (?:unmount|detach|stop|finalize)|Could not (?:detach|unmount)|"
                 r"Unable to finalize|I/O error|Buffer I/O|JBD2.*abort|EXT4-fs error|"
                 r"Failed with result|dumped core")
ORDER = ["Share {}: Publication", "run-sealmount-mnt-{}.mount", "Share {}: Volume",
         "Share {}: Blob Server"]


def last_line(lines, words, text):
    """Number of the last line that has one of WORDS and TEXT; 0 without one."""
    return max((n for n, line in enumerate(lines, 1)
                if text in line and any(w in line for w in words)), default=0)


def host(s):
    az = s.azurite()
    one, two = s.share("one"), s.share("two")
    az.put_page_blob("disks", "one.img", one.file)
    az.put_block_blob("public", "two.img", two.file)
    s.config({"shares": [
        s.native(one, s.guest_url(az.url("disks", "one.img", az.account_sas()))),
        s.native(two, s.guest_url(az.url("public", "two.img")), boot={"required": True})]})
    g = s.boot(reboots=True, end="orderly", deadline=900)

    s.check("the guest booted twice", g.boots == 2, f"{g.boots} boots")
    if g.boots != 2 or "exit" not in g.times:
        return
    down = g.times["end"][0] - g.times["exit"][0]
    s.check("power-off takes less than 60 s", down < 60, f"{down:.1f} s")
    journal = g.log_lines("journal")
    bad = [line for line in journal + g.log_lines("console") if BAD.search(line)]
    s.check("no kill, no hang, no error in both journals", not bad, "\n".join(bad[:20]))

    # each boot's journal ends with PID 1's last words
    ends = [n for n, line in enumerate(journal) if "systemd[1]: Shutting down." in line]
    halves = [journal[a:b] for a, b in zip([0, *ends], ends)]
    s.check("journals of both boots are complete", len(halves) == 2, f"{len(halves)} parts")
    for n, lines in enumerate(halves, 1):
        for share in ("one", "two"):
            at = [last_line(lines, ("Stopped", "Unmounted", "Deactivated"), text.format(share))
                  for text in ORDER]
            at.append(last_line(lines, ("Stopped target",), " network.target"))
            s.check(f"boot {n}: {share} goes down in order, before the network",
                    all(at) and at == sorted(at), f"lines {at} of {ORDER} and the network")
