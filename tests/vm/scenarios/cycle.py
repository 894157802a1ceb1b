# SPDX-License-Identifier: MIT
"""
cycle: shares come and go while the machine runs, also while somebody reads

A share is started and stopped ten times, is there during reloads, is stopped while a
file on it is open; another one is added and removed while the machine runs.
"""

import json

SERVER = 8081


def host(s):
    az = s.azurite()
    a, b = s.share("a"), s.share("b")
    az.put_page_blob("disks", "a.img", a.file)
    s.fault_server({"/b.img": b.file}, SERVER)
    url = s.guest_url(az.url("disks", "a.img", az.account_sas()))
    s.config({"shares": [s.native(a, url)]})
    late = {"shares": [s.native(b, f"http://10.0.2.2:{SERVER}/b.img")]}
    s.file("/vmtest/b.json", json.dumps(late))
    s.boot(deadline=900)
