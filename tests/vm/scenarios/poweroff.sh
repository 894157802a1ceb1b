#!/bin/bash
# SPDX-License-Identifier: MIT
#
# poweroff: the guest's part, once per boot
. /vmtest/lib.sh
. /vmtest/shares.sh

for share in one two; do
	check "boot $VMTEST_BOOT: $share is up" comes_up sealmount@$share.target
	check "boot $VMTEST_BOOT: $share is whole" share_content $share /srv/$share
done
check "boot $VMTEST_BOOT: nothing went wrong" no_trouble
[ "$VMTEST_BOOT" != 1 ] || [ $checks_failed != 0 ] || exit 99
finish
