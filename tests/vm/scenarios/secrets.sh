# SPDX-License-Identifier: MIT
#
# secrets: looks for raw keys and SAS, in all spellings, where none may be; sourced by boot.sh
#
# /vmtest/patterns has the spellings, /vmtest/keys.hex the keys' bytes as hex.

# clean: standard input holds no secret, neither spelled nor as bytes
clean() {
	local hit copy
	copy=$(mktemp -p /vmtest)
	cat >"$copy"
	hit=$(grep -acFf /vmtest/patterns "$copy")
	hit=$((hit + $(od -An -v -tx1 <"$copy" | tr -d ' \n' | grep -cFf /vmtest/keys.hex)))
	[ "$hit" = 0 ] || grep -aFf /vmtest/patterns "$copy" | cut -c 1-300 | head -n 5
	echo "$(stat -c %s "$copy") bytes searched"
	rm "$copy"
	[ "$hit" = 0 ]
}

configuration() { cat /etc/sealmount/config.json /etc/sealmount/shares.d/*.json; }

readable_by_others() {
	find /run /tmp /var/tmp /dev/shm -xdev -type f -perm /044 -print0 2>/dev/null
	find /run/sealmount -xdev -type f -perm /044 -print0 2>/dev/null
}

check_not "the search finds what is there" eval 'configuration | clean'
check_not "also inside of base64" eval '{ printf xx; configuration; } | base64 -w 0 | clean'
check_not "also as bytes" eval \
	'{ printf abc; printf "$(sed "s/../\\\\x&/g" /vmtest/keys.hex | head -n 1)"; } | clean'

check "no secret in unit files" eval \
	'find /etc/systemd /run/systemd /usr/lib/systemd -type f -name "*.*" -print0 | xargs -0 cat | clean'
check "no secret in systemctl show" eval 'systemctl show --all "*" | clean'
check "no secret in arguments" eval 'cat /proc/[0-9]*/cmdline 2>/dev/null | clean'
check "no secret in environments" eval 'cat /proc/[0-9]*/environ 2>/dev/null | clean'
check "no secret in the journal" eval 'journalctl -b -q -a -o export --no-pager | clean'
check "no secret in the kernel's log" eval 'dmesg | clean'
check "no secret in files that others can read" eval 'readable_by_others | xargs -0 cat | clean'
check "no secret in mount and device tables" eval \
	'{ cat /proc/self/mountinfo /proc/keys; dmsetup table; losetup -a; } | clean'
check "no secret from sealmountctl" eval \
	'{ sealmountctl status; sealmountctl check; sealmountctl plan; } 2>&1 | clean'
check_not "no key stays in the keyring" grep sealmount: /proc/keys
