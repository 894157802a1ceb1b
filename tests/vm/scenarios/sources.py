# SPDX-License-Identifier: MIT
"""
sources: where configuration may come from, outside of a confidential VM

First boot: kernel command line and firmware credential and a local file together, each
with a share. Second boot: the same with sealmount=no, and nothing happens.
"""

import json

SERVER = 8081


def host(s):
    image = s.share("image")
    s.fault_server({"/image.img": image.file}, SERVER)
    url = f"http://10.0.2.2:{SERVER}/image.img"

    def share(name):
        return {**s.native(image, url), "name": name, "mount_point": f"/srv/{name}"}

    s.config({"shares": [share("local")]})
    line = {"azure_filesystems": [s.remotefs(image, "/srv/line", url)]}
    s.creds["sealmount.config"] = json.dumps({"shares": [share("credential")]}).encode()
    append = "sealmount.config=" + s.one_line(line)
    s.boot(append=append)
    s.boot("sources-off", append=append + " sealmount=no")
