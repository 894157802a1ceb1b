# SPDX-License-Identifier: MIT
"""
crypt: sealmount-crypt by hand, on real device-mapper: LUKS, dm-verity, integrity, users

No server and no share: the images are made in the guest by cryptsetup and veritysetup.
"""


def host(s):
    s.boot(deadline=900)
