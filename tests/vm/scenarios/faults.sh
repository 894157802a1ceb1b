#!/bin/bash
# SPDX-License-Identifier: MIT
#
# faults: each bad share fails alone, and says what, why and what next
. /vmtest/lib.sh
. /vmtest/shares.sh

check "the boot reaches multi-user.target" is_up multi-user.target

for share in first third; do
	check "healthy share $share comes up" comes_up "sealmount@$share.target"
	check "healthy share $share is whole" share_content good "/srv/$share"
done

has_ended() {
	case $(prop "$1" ActiveState) in
	failed | inactive) [ "$(prop "$1" Job)" = 0 ] || [ -z "$(prop "$1" Job)" ] ;;
	*)
		systemctl --no-pager status "$1"
		return 1
		;;
	esac
}

# is_told NAME STEP MESSAGE_ID REGEX: the outcome is in the journal, with cause and remedy
is_told() {
	local json
	json=$(outcome "$1" "$3")
	if [ -z "$json" ]; then
		echo "no entry $3; what there is about the share:"
		journalctl -b -q --no-pager SEALMOUNT_SHARE="$1"
		return 1
	fi
	jq -r '"message: \(.MESSAGE)\nstep: \(.SEALMOUNT_STEP)\nremedy: \(.SEALMOUNT_REMEDY)"' <<<"$json"
	same "$2" "$(field SEALMOUNT_STEP <<<"$json")" || return
	[ -n "$(field SEALMOUNT_REMEDY <<<"$json")" ] || return
	field MESSAGE <<<"$json" | grep -qiE -- "$4"
}

# fails NAME STEP MESSAGE_ID REGEX
fails() {
	check "$1: fails by itself" within 90 has_ended "sealmount@$1.target"
	check "$1: journal names step, cause and remedy" within 20 is_told "$@"
	outcome "$1" "$3" | jq -r '"# \(.MESSAGE) -> \(.SEALMOUNT_REMEDY)"'
	check_not "$1: no path" test -e "/srv/$1"
	check_not "$1: no mapping" dmsetup info "sealmount-$1"
}

fails wrong-key crypt 6c81bebf2879cef9a0fb8744f943f2d7 'wrong-key'
fails null-cipher crypt 1e86d3bebaf0c33f519a10708a328e48 'cipher'
fails garbage crypt 1e86d3bebaf0c33f519a10708a328e48 'garbage'
fails missing blob 08ea6a02e49241cf1663c9839925c9b1 '404|not exist|not found|no such'
fails expired blob 08ea6a02e49241cf1663c9839925c9b1 '403|refuse|denied|expired'
fails no-key-file key 662f3123237793ce0e3ade37d3670949 '/etc/none.key'
fails broken config acde154cf036d7d3190bec534484ff48 'relative/path|mount_point'

check "occupied: fails by itself" within 90 has_ended sealmount@occupied.target
check "occupied: journal names step, cause and remedy" within 20 \
	is_told occupied link 0c9611d7e6116c019dde3189a18c0b52 /srv/occupied
check "occupied: what was there is untouched" same mine "$(cat /srv/occupied)"
systemctl stop sealmount-base@occupied.target
rm /srv/occupied
check "occupied: the remedy helps" systemctl start sealmount@occupied.target
check "occupied: now whole" share_content good /srv/occupied

check "a file with secrets that others can read is refused, and the remedy is chmod" eval \
	'entries MESSAGE_ID=036af9c514f4b593c0d7f3612eaaecf3 | field SEALMOUNT_REMEDY | grep -q chmod'
check_not "and its share does not come up" test -e /srv/exposed
check "a file that is no JSON is named" eval \
	'journalctl -b -q --no-pager | grep -E "sealmount.*syntax\.json"'

waits() { same activating "$(prop "sealmount-blob@$1.service" ActiveState)"; }
for share in late down; do
	check "$share: waits for its server" waits $share
	check "$share: says so in the journal" within 30 is_told $share blob \
		9b01d5f31ab60499e11d39d9dc2e8505 'goes on trying'
	check "$share: says so in its status" eval \
		"test -n \"\$(prop sealmount-blob@$share.service StatusText)\""
done
check "late: its server comes up" curl -fsS "$(cat /vmtest/control)listen?listen=1"
check "late: heals by itself" comes_up sealmount@late.target
check "late: whole" share_content good /srv/late
check "late: says that it recovered" within 10 eval \
	'test -n "$(outcome late 436bfde381b7ebfd50369f1c4bded010)"'
check "down: still waits" waits down
check "down: can be stopped" timeout 60 systemctl stop sealmount-base@down.target
check "down: nothing is left" within 20 share_is_down down /srv/down

for share in first third; do
	check "healthy share $share is still whole" share_content good "/srv/$share"
done
check_not "no program crashed" eval \
	'journalctl -b -q --no-pager | grep -E "dumped core|status=(6|11)/|segfault"'
finish
