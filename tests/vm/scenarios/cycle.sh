#!/bin/bash
# SPDX-License-Identifier: MIT
#
# cycle: start, stop, restart, reload, add, remove, and stop while in use
. /vmtest/lib.sh
. /vmtest/shares.sh

check "up after boot" comes_up sealmount@a.target
check "whole" share_content a /srv/a

# what is left adds up, so one look at the end will do
ten_times() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		timeout 90 systemctl stop sealmount-base@a.target || return
		timeout 90 systemctl start sealmount@a.target || return
		read -r name </srv/a/NAME && [ "$name" = a ] || return
	done
	timeout 90 systemctl stop sealmount-base@a.target
}
check "stop and start ten times" ten_times
check "nothing is left" share_is_down a /srv/a
check "start once more" systemctl start sealmount@a.target
check "whole afterwards" share_content a /srv/a
check "restart" timeout 90 systemctl restart sealmount@a.target
check "whole after restart" share_content a /srv/a
check "start of a share that is up changes nothing" systemctl start sealmount@a.target

state_of_all() {
	local unit
	share_units a | sort | while read -r unit; do
		echo "$unit $(systemctl show -p ActiveState,SubState,InvocationID,MainPID "$unit" | xargs)"
	done
}
before=$(state_of_all)
check "share a has units" test "$(wc -l <<<"$before")" -ge 7
check "daemon-reload" systemctl daemon-reload
check "reload changes no unit of a share that is up" same "$before" "$(state_of_all)"
check "whole after reload" share_content a /srv/a

mkdir -p /etc/sealmount/shares.d
cp /vmtest/b.json /etc/sealmount/shares.d/b.json
chmod 600 /etc/sealmount/shares.d/b.json
check "reload with another share" systemctl daemon-reload
check "starting it" timeout 90 systemctl start sealmount@b.target
check "its content" share_content b /srv/b
check "the first share did not notice" same "$before" "$(state_of_all)"

rm /etc/sealmount/shares.d/b.json
check "reload without it" systemctl daemon-reload
check "still there" share_content b /srv/b
check "can be stopped" timeout 90 systemctl stop sealmount-base@b.target
check "nothing of it is left" within 20 share_is_down b /srv/b

# stop while a file is open: the reader goes on, the stop ends when the reader does
mkfifo /vmtest/go
bash -c 'exec 3</srv/a/deep/er/still/random; echo >/vmtest/opened; read -r _ </vmtest/go
	sha256sum <&3 >/vmtest/sum' &
holder=$!
check "a process opens a file" within 20 test -e /vmtest/opened
systemctl stop --no-block sealmount-base@a.target
check "busy: the path goes at once" within 20 eval '! test -L /srv/a'
busy_told() {
	local message
	message=$(outcome a e760b9fc6c99e6791e14b33f3dafdaca | field MESSAGE)
	echo "message: $message"
	grep -qw "$holder" <<<"$message" && grep -q bash <<<"$message"
}
check "busy: the journal names the process" within 30 busy_told
check "busy: the mapping stays" dmsetup info sealmount-a
echo 3 >/proc/sys/vm/drop_caches
echo go >/vmtest/go
check "busy: the reader ends" timeout 60 tail --pid=$holder -f /dev/null
wait $holder
check "busy: it has read the right bytes" same \
	"$(grep random /vmtest/a.sha256 | cut -d' ' -f1)" "$(cut -d' ' -f1 /vmtest/sum)"
check "busy: then everything goes" within 30 share_is_down a /srv/a
check "up again" timeout 90 systemctl start sealmount@a.target
check "whole again" share_content a /srv/a

check "nothing went wrong" no_trouble
finish
