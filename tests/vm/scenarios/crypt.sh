#!/bin/bash
# SPDX-License-Identifier: MIT
#
# crypt: attach, detach and check on real device-mapper
#
# shellcheck disable=SC1091,SC2016,SC2143
. /vmtest/lib.sh

crypt=/usr/libexec/sealmount/sealmount-crypt
key=/usr/libexec/sealmount/sealmount-key
mkdir -p /vmtest/w /mnt/t
cd /vmtest/w || exit
head -c 32 /dev/urandom >key
head -c 32 /dev/urandom >other
modprobe -a loop dm_mod dm_crypt dm_verity dm_integrity

# make FILE [OPTION...]: LUKS2 with ext4 and a file in it; the last one's sum in FILE.sum
make() {
	local file=$1
	shift
	rm -f "$file"
	umount -q /mnt/t
	cryptsetup close make 2>/dev/null
	truncate -s 24M "$file"
	cryptsetup luksFormat -q --type luks2 --cipher aes-xts-plain64 --key-size 512 \
		--sector-size 4096 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file key \
		"$@" "$file" &&
		cryptsetup open --key-file key "$file" make &&
		mkfs.ext4 -q /dev/mapper/make &&
		mount /dev/mapper/make /mnt/t &&
		head -c 3000000 /dev/urandom >/mnt/t/random &&
		sha256sum </mnt/t/random >"$file.sum" &&
		umount /mnt/t &&
		cryptsetup close make
}

attach() { "$crypt" attach --name="$1" --image="/vmtest/w/$2" --key-file=/vmtest/w/key "${@:3}"; }
detach() { timeout 60 "$crypt" detach --share="$1"; }

nothing_left() {
	[ -z "$(losetup -a)" ] && [ -z "$(dmsetup ls | grep -v '^No devices')" ] &&
		[ -z "$(ls /run/sealmount/crypt 2>/dev/null)" ] && return 0
	losetup -a
	dmsetup ls
	ls -l /run/sealmount/crypt
	return 1
}

content() {
	mount -o ro,noload "/dev/mapper/sealmount-$1" /mnt/t || return
	same "$(cat "$2.sum")" "$(sha256sum </mnt/t/random)"
	local r=$?
	umount /mnt/t
	return $r
}

# holds_it PID: it has opened the file (a program that starts has others open for a moment)
holds_it() { [ "$(readlink "/proc/$1/fd/3")" = /mnt/t/random ]; }

# told TEXT FILE: the program said so
told() {
	grep -q -e "$1" "$2" && return 0
	cat "$2"
	return 1
}

# refused TEXT COMMAND...: exit status 1, and that text
refused() {
	local text=$1 out status
	shift
	out=$("$@" 2>&1)
	status=$?
	echo "status $status: $out"
	[ $status = 1 ] && grep -q -e "$text" <<<"$out"
}

check "an image" make a
before=$(sha256sum <a)
check "check accepts it" "$crypt" check --key-file=key a

check "attach" attach t a --filesystem=ext4
loop=$(losetup -nO NAME -a | xargs basename)
dm=$(basename "$(readlink /dev/mapper/sealmount-t)")
check_eq "direct I/O" 1 "$(cat "/sys/block/$loop/loop/dio")"
check_eq "frees itself" 1 "$(cat "/sys/block/$loop/loop/autoclear")"
check_eq "blocks of 4096 bytes" 4096 "$(cat "/sys/block/$loop/queue/logical_block_size")"
check_eq "requests of 1 MiB" 1024 "$(cat "/sys/block/$loop/queue/max_sectors_kb")"
check_eq "read-ahead of the loop device" 4096 "$(cat "/sys/block/$loop/queue/read_ahead_kb")"
check_eq "read-ahead of the mapping" 4096 "$(cat "/sys/block/$dm/queue/read_ahead_kb")"
tell "max_sectors_kb of the mapping: $(cat "/sys/block/$dm/queue/max_sectors_kb")"
check_eq "read-only" 1 "$(cat "/sys/block/$dm/ro")"
check_eq "the kernel has the key by reference" ":64:logon:" \
	"$(dmsetup table --showkeys sealmount-t | grep -o ':64:logon:')"
check "its content" content t a
check "a second attach makes it anew" attach t a
check "content again" content t a
mount -o ro,noload /dev/mapper/sealmount-t /mnt/t
check "an attach while it is mounted leaves it alone" attach t a
umount /mnt/t
check "detach" detach t
check "nothing is left" nothing_left
check "detach of what is not there" detach t
check_eq "the image was not changed" "$before" "$(sha256sum <a)"

check "wrong key" refused "opens none of the 1 key slots" \
	"$crypt" attach --name=t --image=/vmtest/w/a --key-file=/vmtest/w/other
check "wrong key leaves nothing" nothing_left
check "another filesystem than demanded" refused "it holds ext4, not xfs" attach t a --filesystem=xfs
check "that leaves nothing" nothing_left
cp a null
# both copies of the segment's cipher; the checksums are wrong then, which is refused as well
sed -i 's/"encryption":"aes-xts-plain64","sector_size"/"encryption":"cipher_null-ecbx","sector_size"/g' null
check "a changed header" refused "refused: primary header: has a wrong checksum" attach t null
check "no image" refused "No such file" attach t none
check "no direct I/O: refused" eval 'mkdir -p /vmtest/tmpfs && mount -t tmpfs -o size=64M none /vmtest/tmpfs &&
	cp a /vmtest/tmpfs/a'
if "$crypt" attach --name=t --image=/vmtest/tmpfs/a --key-file=key 2>err; then
	tell "this kernel's tmpfs has direct I/O"
	detach t
else
	check "why" told "does no direct I/O" err
	check "nothing is left" nothing_left
	check "unless told so" "$crypt" attach --name=t --image=/vmtest/tmpfs/a --key-file=key --buffered
	check "detach" detach t
fi
umount /vmtest/tmpfs

truncate -s 20M empty
cryptsetup luksFormat -q --type luks2 --key-size 512 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
	--key-file key empty
check "no filesystem" refused "there is no filesystem in it" attach t empty
check "no filesystem leaves nothing" nothing_left

# the key through the keyring
cp key /root/t.key
chmod 600 /root/t.key
if [ -x $key ]; then
	check "key into the keyring" $key fetch --share=t --key-file=/root/t.key
	check "attach with it" "$crypt" attach --name=t --image=/vmtest/w/a
	check_not "the key is gone" keyctl search @u user sealmount:t
	check "content" content t a
	check "detach" detach t
	check "and a wrong one" eval '$key drop --share=t; cp other /root/t.key; $key fetch --share=t --key-file=/root/t.key'
	check "is refused" refused "opens none" "$crypt" attach --name=t --image=/vmtest/w/a
	check_not "and gone as well" keyctl search @u user sealmount:t
fi
check "no key" refused "key" "$crypt" attach --name=t --image=/vmtest/w/a
check "nothing is left of these" nothing_left

# users of the volume
check "attach for a user" attach t a
mount -o ro,noload /dev/mapper/sealmount-t /mnt/t
(exec 3</mnt/t/random; exec sleep 1000) &
user=$!
within 20 holds_it $user
umount -l /mnt/t
"$crypt" detach --share=t >busy 2>&1 &
detacher=$!
check "detach names the process" within 20 grep -q "$user (sleep)" busy
check "and waits" kill -0 $detacher
kill $user
wait $user 2>/dev/null
wait $detacher
check_eq "until it is gone" 0 $?
check "closed" told "closed" busy
check "nothing is left then" nothing_left

check "attach for another user" attach t a
mount -o ro,noload /dev/mapper/sealmount-t /mnt/t
(exec 3</mnt/t/random; exec sleep 1000) &
user=$!
within 20 holds_it $user
umount -l /mnt/t
"$crypt" detach --share=t >busy 2>&1 &
detacher=$!
check "in use again" within 20 grep -q "$user (sleep)" busy
kill -TERM $detacher
wait $detacher
check_eq "told to stop: status 75" 75 $?
kill $user
wait $user 2>/dev/null
check "the kernel closes it all the same" within 10 eval '[ -z "$(losetup -a)" ] && ! test -e /dev/mapper/sealmount-t'
check "detach afterwards" detach t
check "nothing is left" nothing_left

# within the sandbox of the unit
{
	echo "[Service]"
	sed -n '/^\[Service\]/,$p' /usr/lib/systemd/system/sealmount-crypt@.service |
		grep -v -e '^\[' -e '^Exec' -e '^Slice' -e '^#'
	echo "ExecStart=$crypt attach --name=t --image=/vmtest/w/a --key-file=/vmtest/w/key"
	echo "ExecStop=$crypt detach --share=t"
} >/run/systemd/system/sandbox.service
systemctl daemon-reload
check "attach in the sandbox" systemctl start sandbox.service
check "content there" content t a
mount -o ro,noload /dev/mapper/sealmount-t /mnt/t
setpriv --reuid=65534 --clear-groups sh -c 'exec 3</mnt/t/random; exec sleep 1000' &
user=$!
within 20 holds_it $user
umount -l /mnt/t
systemctl stop --no-block sandbox.service
check "the user is named from the sandbox" within 20 eval \
	'entries MESSAGE_ID=e760b9fc6c99e6791e14b33f3dafdaca | field MESSAGE | grep -q "$user (sleep)"'
kill $user
wait $user 2>/dev/null
check "stopped" within 20 eval '! systemctl is-active -q sandbox.service'
check "event" eval 'entries MESSAGE_ID=b81f38216861e3f7c37be0824bd35799 _SYSTEMD_UNIT=sandbox.service | grep -q .'
check "nothing is left" nothing_left

sed -i 's,w/a --key,w/g --key,' /run/systemd/system/sandbox.service
systemctl daemon-reload
check "an image with argon2id" make g --pbkdf argon2id --pbkdf-memory 131072 --pbkdf-force-iterations 4 --pbkdf-parallel 2
check "attach of it in the sandbox" systemctl start sandbox.service
check "content" content t g
check "stop" systemctl stop sandbox.service
check "nothing is left" nothing_left

check "attach under a mount" attach t a
mount -o ro,noload /dev/mapper/sealmount-t /mnt/t
"$crypt" detach --share=t >busy 2>&1 &
detacher=$!
check "a mount is named" within 20 grep -q "in use by a mount, as seen by 1 (systemd)" busy
umount /mnt/t
wait $detacher
check_eq "and waited for" 0 $?
check "nothing is left" nothing_left

# other makes of images
check "sectors of 512, a filesystem of 1 KiB blocks" make s --sector-size 512
check "attach" attach t s
check "content" content t s
check "detach" detach t
# without dm-integrity's tags written once, blocks that mkfs does not write cannot be read
for how in "--integrity hmac-sha256" "--cipher aes-gcm-random --key-size 256 --integrity aead" \
	"--cipher aegis128-random --key-size 128 --integrity aead"; do
	# shellcheck disable=SC2086
	check "$how" make i $how
	check "check" "$crypt" check --key-file=key i
	check "attach" attach t i
	check "content" content t i
	check "detach" detach t
	check "nothing is left" nothing_left
done

# dm-verity below LUKS: tree in a file of its own, and behind the data
cp a v
root=$(veritysetup format v v.hash | sed -n 's/^Root hash:[[:space:]]*//p')
check "verity, a file of its own" attach t v --root-hash="$root" --hash=/vmtest/w/v.hash
check "over dm-verity" test -b /dev/mapper/sealmount_verity-t
cp a.sum v.sum
check "content" content t v
check "detach" detach t
check "nothing is left" nothing_left
check "another root hash" refused "root hash" attach t v --root-hash="${root:1}0" --hash=/vmtest/w/v.hash
check "nothing is left" nothing_left
size=$(stat -c %s a)
root=$(veritysetup format --data-blocks=$((size / 4096)) --hash-offset="$size" v v |
	sed -n 's/^Root hash:[[:space:]]*//p')
check "verity, behind the data" attach t v --root-hash="$root" --hash-offset="$size"
check "content" content t v
check "busy over verity" eval 'mount -o ro,noload /dev/mapper/sealmount-t /mnt/t; exec 9</mnt/t/random; umount -l /mnt/t
	"$crypt" detach --share=t >busy 2>&1 9<&- & d=$!; within 20 grep -q "in use by" busy; exec 9<&-; wait $d'
check "nothing is left" nothing_left
printf x | dd of=v bs=1 seek=19600000 conv=notrunc status=none
check "a changed byte" attach t v --root-hash="$root" --hash-offset="$size"
check_not "cannot be read" dd if=/dev/mapper/sealmount-t of=/dev/null bs=1M
check "detach" detach t

# dm-verity instead of LUKS
truncate -s 20M p
mkfs.ext4 -q -b 4096 p
mount -o loop p /mnt/t
head -c 3000000 /dev/urandom >/mnt/t/random
sha256sum </mnt/t/random >p.sum
umount /mnt/t
within 10 eval '[ -z "$(losetup -a)" ]'
root=$(veritysetup format p p.hash | sed -n 's/^Root hash:[[:space:]]*//p')
check "plain" "$crypt" attach --name=t --image=/vmtest/w/p --type=plain --root-hash="$root" \
	--hash=/vmtest/w/p.hash --filesystem=ext4
check "content" content t p
check "detach" detach t
mkfs.ext4 -q -F -b 1024 p
root=$(veritysetup format p p.hash | sed -n 's/^Root hash:[[:space:]]*//p')
check "blocks that the kernel would not mount" refused "has blocks of 1024 bytes, the device of 4096" \
	"$crypt" attach --name=t --image=/vmtest/w/p --type=plain --root-hash="$root" --hash=/vmtest/w/p.hash
root=$(veritysetup format --data-block-size=1024 p p.hash | sed -n 's/^Root hash:[[:space:]]*//p')
check "with a tree of the same blocks" "$crypt" attach --name=t --image=/vmtest/w/p --type=plain \
	--root-hash="$root" --hash=/vmtest/w/p.hash
check "can be mounted" eval 'mount -o ro,noload /dev/mapper/sealmount-t /mnt/t && umount /mnt/t'
check "detach" detach t
check "plain without a root hash" refused "needs a root hash" "$crypt" attach --name=t \
	--image=/vmtest/w/p --type=plain
check "nothing is left" nothing_left

# many at once: they take free loop devices from each other
for n in 1 2 3 4 5 6; do cp a "m$n"; done
many() {
	local n pids=
	for n in 1 2 3 4 5 6; do
		"$@" $n &
		pids="$pids $!"
	done
	for n in $pids; do wait "$n" || return; done
}
one_attach() { attach "m$1" "m$1"; }
one_detach() { detach "m$1"; }
check "six at once" many one_attach
check_eq "six loop devices" 6 "$(losetup -a | wc -l)"
check "and away" many one_detach
check "nothing is left" nothing_left

rmmod dm_crypt 2>/dev/null
mv /lib/modules /lib/modules.away
check "a kernel without dm-crypt" refused "modprobe" attach t a
check "nothing is left" nothing_left
finish
