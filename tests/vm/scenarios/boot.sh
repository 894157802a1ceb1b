#!/bin/bash
# SPDX-License-Identifier: MIT
#
# boot: what a machine with two shares looks like once it is up
. /vmtest/lib.sh
. /vmtest/shares.sh

check "boot ends in state running" same running "$(systemctl is-system-running --wait)"
check "no unit failed" same "" "$(systemctl --failed --plain --no-legend)"
check "no job is left" same "" "$(systemctl list-jobs --no-legend)"

for share in mnt-remote-data models; do
	check "share $share is up" is_up "sealmount@$share.target"
done
check "remotefs form: content is the source's" share_content data /mnt/remote/data
check "native form: content is the source's" share_content models /srv/models
check "the user's path is a link" same /run/sealmount/mnt/models "$(readlink /srv/models)"
check "any user can read" setpriv --reuid 65534 --regid 65534 --clear-groups cat /srv/models/NAME
check "nobody can write" eval 'LC_ALL=C touch /srv/models/new 2>&1 | grep -q "Read-only"'
check "mounted ro,nodev,nosuid" eval \
	'findmnt -n -o OPTIONS /run/sealmount/mnt/models | tr , "\n" | grep -cxE "ro|nodev|nosuid" | grep -qx 3'
loops() {
	losetup -l -n -O DIO,RO,LOG-SEC
	same 2 "$(losetup -l -n -O DIO,RO,LOG-SEC | grep -cxE ' *1 +1 +4096')"
}
check "loop devices are read-only, read directly, and in blocks of 4 KiB" loops
check "only root sees ciphertext" same 700 "$(stat -c %a /run/sealmount/blob)"

usec() { prop "$1" "$2"; }
required=$(usec sealmount@models.target ActiveEnterTimestampMonotonic)
remote_fs=$(usec remote-fs.target ActiveEnterTimestampMonotonic)
tell "required share at $required us, remote-fs.target at $remote_fs us"
check "the required share is there before remote-fs.target" \
	test "$required" -gt 0 -a "$required" -le "$remote_fs"

# in parallel: each chain begins before the other one has ended
for share in mnt-remote-data models; do
	for step in blob key crypt link; do
		unit=sealmount-$step@$share.service
		tell "$unit from $(usec $unit InactiveExitTimestampMonotonic) us, up at" \
			"$(usec $unit ActiveEnterTimestampMonotonic) us"
	done
done
check "shares start in parallel" test \
	"$(usec sealmount-blob@mnt-remote-data.service InactiveExitTimestampMonotonic)" -lt "$required" -a \
	"$(usec sealmount-blob@models.service InactiveExitTimestampMonotonic)" -lt \
	"$(usec sealmount@mnt-remote-data.target ActiveEnterTimestampMonotonic)"
check "key and blob of a share start in parallel" test \
	"$(usec sealmount-key@models.service InactiveExitTimestampMonotonic)" -lt \
	"$(usec sealmount-blob@models.service ActiveEnterTimestampMonotonic)"

check "each share's path is in the journal" eval \
	'test -n "$(outcome models 98d1dcc1b1b7539d3517c7cf09143a0d)" &&
	 test -n "$(outcome mnt-remote-data 98d1dcc1b1b7539d3517c7cf09143a0d)"'
check "nothing went wrong" no_trouble
check "sealmountctl check is content" sealmountctl check

. /vmtest/secrets.sh
finish
