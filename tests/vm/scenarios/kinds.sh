#!/bin/bash
# SPDX-License-Identifier: MIT
#
# kinds: each kind of volume and each place of a key, whole, and gone afterwards
. /vmtest/lib.sh
. /vmtest/shares.sh

for share in verity verity-luks key-file key-credential; do
	check "$share: up" comes_up "sealmount@$share.target"
	check "$share: whole" share_content image "/srv/$share"
done
check "verity: nothing asks for a key" eval \
	'test -z "$(outcome verity 7bc90c8061654ebfaffbf5e879fa54b4)"'

has_failed() { [ "$(prop sealmount-crypt@changed.service ActiveState)" = failed ]; }
check "changed: what differs from the tree is refused" within 60 has_failed
check "changed: says so in the journal" eval \
	'test -n "$(entries SEALMOUNT_SHARE=changed SEALMOUNT_STEP=crypt PRIORITY=3)"'
check_not "changed: not visible" test -e /srv/changed

check "an encrypted credential is made" eval \
	'systemd-creds encrypt --name=sealmount.key /etc/keys/image.key /etc/keys/image.cred'
check "key-encrypted: up" systemctl start sealmount@key-encrypted.target
check "key-encrypted: whole" share_content image /srv/key-encrypted

for share in verity verity-luks key-file key-credential key-encrypted; do
	check "$share: can be stopped" timeout 90 systemctl stop "sealmount-base@$share.target"
	check "$share: nothing is left" within 20 share_is_down "$share" "/srv/$share"
done
finish
