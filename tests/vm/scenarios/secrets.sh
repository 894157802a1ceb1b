# SPDX-License-Identifier: MIT
#
# secrets: looks for raw keys and SAS, in all spellings, where none may be; sourced by boot.sh
#
# /vmtest/patterns has the spellings (also the plain bytes), /vmtest/key one of the keys.

# clean: standard input holds no secret
clean() {
	local hit copy
	copy=$(mktemp -p /vmtest)
	cat >"$copy"
	hit=$(LC_ALL=C grep -aFf /vmtest/patterns "$copy" | cut -c 1-300 | head -n 5)
	[ -z "$hit" ] || printf '%s\n' "$hit"
	echo "$(stat -c %s "$copy") bytes searched"
	rm "$copy"
	[ -z "$hit" ]
}

configuration() { cat /etc/sealmount/config.json /etc/sealmount/shares.d/*.json; }

readable_by_others() {
	find /run /tmp /var/tmp /dev/shm -xdev -type f -perm /044 -print0 2>/dev/null
}

check_not "the search finds what is there" eval 'configuration | clean'
check_not "also inside of base64" eval '{ printf xx; configuration; } | base64 -w 0 | clean'
check_not "also as bytes" eval \
	'{ printf abc; cat /vmtest/key; } | clean'

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
	'{ sealmountctl check; sealmountctl plan; } 2>&1 | clean'
keys_of() { for name; do keyctl search @u user "sealmount:$name" 2>/dev/null; done | grep .; }
keyctl padd user sealmount:probe @u <<<probe >/vmtest/probe
check "the search in the keyring finds what is there" keys_of probe
keyctl unlink "$(cat /vmtest/probe)" @u
# shellcheck disable=SC2046 # names of shares have no blanks
check_not "no key stays in the keyring" keys_of probe $(ls /run/sealmount/mnt)
