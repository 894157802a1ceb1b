#!/bin/bash
# SPDX-License-Identifier: MIT
#
# demo: the guest's part of tests/demo
. /vmtest/lib.sh
. /vmtest/shares.sh

share=mnt-remote-share
path=/mnt/remote/share
target=sealmount@$share.target
export SYSTEMD_COLORS=0 SYSTEMD_PAGER='' COLUMNS=110

# say COMMAND...: show the command and what it prints
say() {
	echo "\$ $*"
	"$@" 2>&1 | cut -c 1-220
}

journalctl --update-catalog 2>/dev/null
echo "== the share has come up with the boot"
check "share is up" comes_up $target
LC_ALL=C say systemctl list-dependencies $target
say systemctl status --no-pager --lines=0 "sealmount-*@$share.service"

echo "== what the journal says about it"
say journalctl -b --no-pager -o short-monotonic SEALMOUNT_SHARE=$share
say sealmountctl check

echo "== its content"
say ls -l $path
say ls -l $path/
say head -n 8 $path/GPL-3
cd $path || exit
check "all files are the source's" sha256sum --quiet --strict -c /vmtest/manifest
cd /
say findmnt -o TARGET,SOURCE,FSTYPE,OPTIONS /run/sealmount/mnt/$share
say losetup -l -O NAME,RO,DIO,LOG-SEC,BACK-FILE
say dmsetup table sealmount-$share

echo "== stop it: in reverse order, and nothing is left"
say systemctl stop sealmount-base@$share.target
check "nothing is left" share_is_down $share $path
say ls -l ${path%/*}

echo "== start it again"
say systemctl start $target
check "all files are the source's" eval "cd $path && sha256sum --quiet --strict -c /vmtest/manifest"

echo "== where the boot's time went"
systemctl is-system-running --wait >/dev/null
say systemd-analyze
echo '$ systemd-analyze blame'
systemd-analyze blame --no-pager | head -n 12
if [ "$(cat /vmtest/end)" = shell ]; then
	echo '== a root shell in the machine; "exit" powers it off'
else
	echo "== power off, with the share up"
fi
finish
