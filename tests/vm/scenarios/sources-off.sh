#!/bin/bash
# SPDX-License-Identifier: MIT
#
# sources-off: sealmount=no on the kernel command line leaves a plain machine
. /vmtest/lib.sh
. /vmtest/shares.sh

check "boot ends in state running" same running "$(systemctl is-system-running --wait)"
check "no unit was generated" same "" \
	"$(find /run/systemd/generator* -name '*sealmount*' 2>/dev/null)"
check "nothing of sealmount is active" same "" \
	"$(systemctl list-units --plain --no-legend --state=active '*sealmount*' | grep -v slice)"
check "nothing is mounted" same "" "$(grep /run/sealmount /proc/mounts)"
check_not "nothing at the path" test -e /srv/local
finish
