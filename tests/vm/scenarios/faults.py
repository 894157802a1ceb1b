# SPDX-License-Identifier: MIT
"""
faults: one boot with everything wrong that can be; healthy shares do not notice

The guest brings the late server up itself, through the fault server's control port, as
soon as it has seen that the share waits for it.
"""

import os

SERVER, LATE, NOBODY, CONTROL = 8081, 8082, 8083, 8092


def host(s):
    az = s.azurite()
    good = s.share("good")
    null = s.share("null", null_cipher=True)
    garbage = s.work / "garbage.img"
    garbage.write_bytes(os.urandom(20 << 20))
    az.put_page_blob("disks", "good.img", good.file)
    expired = az.blob_sas("disks", "good.img", expiry=-60)
    s.fault_server({"/good.img": good.file, "/null.img": null.file, "/garbage.img": garbage}, SERVER)
    late = s.fault_server({"/late.img": good.file}, LATE,
                          ("--start-after", "100000"), CONTROL)
    s.file("/vmtest/control", f"http://10.0.2.2:{late.control_port}/_control/\n")

    def share(name, url, **more):
        return {**s.native(good, url, **more), "name": name, "mount_point": f"/srv/{name}"}

    url = f"http://10.0.2.2:{SERVER}"
    other_key = {"provider": "raw", "hex": "00" * 32}
    s.config({"shares": [
        share("wrong-key", f"{url}/good.img", key=other_key),
        {**share("null-cipher", f"{url}/null.img"),
         "key": {"provider": "raw", "hex": null.key_hex}},
        share("garbage", f"{url}/garbage.img"),
        share("missing", f"{url}/none.img"),
        share("expired", s.guest_url(az.url("disks", "good.img", expired))),
        share("no-key-file", f"{url}/good.img", key={"provider": "file", "path": "/etc/none.key"}),
        share("late", f"http://10.0.2.2:{LATE}/late.img"),
        share("down", f"http://10.0.2.2:{NOBODY}/down.img"),
        share("occupied", f"{url}/good.img"),
    ]})
    # one broken among three: the others are not taken down
    s.config({"shares": [share("first", f"{url}/good.img"),
                         {**share("broken", f"{url}/good.img"), "mount_point": "relative/path"},
                         share("third", f"{url}/good.img")]}, "/etc/sealmount/shares.d/three.json")
    s.config({"shares": [share("exposed", f"{url}/good.img")]},
             "/etc/sealmount/shares.d/exposed.json", mode=0o644)
    s.file("/etc/sealmount/shares.d/syntax.json", '{"shares": [ {"name": "x", ] }\n')
    s.file("/srv/occupied", "mine\n", 0o644)
    s.boot(deadline=900)
