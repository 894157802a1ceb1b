#!/bin/bash
# SPDX-License-Identifier: MIT
#
# sources: one share from each of three places
. /vmtest/lib.sh
. /vmtest/shares.sh

for share in local srv-line credential; do
	check "share $share is up" comes_up "sealmount@$share.target"
done
check "from a file: whole" share_content image /srv/local
check "from the kernel command line, base64, remotefs form: whole" share_content image /srv/line
check "from a system credential: whole" share_content image /srv/credential
check "nothing went wrong" no_trouble
for share in local srv-line credential; do
	check "share $share can be stopped" timeout 90 systemctl stop "sealmount-base@$share.target"
	check "nothing of $share is left" within 20 share_is_down "$share" "/srv/${share#srv-}"
done
finish
