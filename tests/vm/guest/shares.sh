# SPDX-License-Identifier: MIT
#
# shares.sh: what scripts about shares have in common; sourced after lib.sh

export PATH=$PATH:/usr/sbin:/sbin

# comes_up UNIT: it is active sooner or later; no waiting when nothing is under way any more
comes_up() {
	local end=$((SECONDS + 120))
	until systemctl -q is-active "$1"; do
		if [ -z "$(prop "$1" Job | tr -d 0)" ] || [ $SECONDS -ge $end ]; then
			is_up "$1"
			return
		fi
		sleep 0.2
	done
}

# share_content NAME PATH: everything in the share is what the host put in
share_content() {
	(cd "$2" && sha256sum --quiet --strict -c "/vmtest/$1.sha256") || return
	same "$(wc -l <"/vmtest/$1.sha256")" "$(find "$2/" -type f | wc -l)"
}

# share_units NAME: its units, as systemd knows them now
share_units() {
	systemctl list-units --all --plain --no-legend "sealmount*@$1.*" | awk '{print $1}'
	systemctl list-units --all --plain --no-legend 'run-sealmount-*.mount' | awk '{print $1}' |
		while read -r unit; do
			case $(prop "$unit" Where) in
			/run/sealmount/*/"$1") echo "$unit" ;;
			esac
		done
}

# share_is_down NAME PATH: nothing of it is left anywhere
share_is_down() {
	local left
	left=$(
		grep "/run/sealmount/[a-z]*/$1 " /proc/mounts
		dmsetup ls | grep -E "^sealmount(_verity)?-$1[[:space:]]"
		for loop in $(losetup -l -n -O NAME); do # one that nothing stands on any more
			[ -n "$(ls "/sys/block/${loop#/dev/}/holders")" ] || losetup -l "$loop"
		done
		# not /proc/keys: it hides keys from who does not possess them
		keyctl search @u user "sealmount:$1" 2>/dev/null | sed 's/^/key /'
		[ -L "$2" ] && ls -l "$2"
		grep -lzsxF -e "--share=$1" /proc/[0-9]*/cmdline
		find "/run/sealmount/crypt/$1" -type f 2>/dev/null
		systemctl list-units --plain --no-legend --state=active,activating,deactivating,failed \
			"sealmount*@$1.*"
	)
	[ -z "$left" ] && return
	echo "left behind:"
	echo "$left"
	return 1
}

# outcome NAME ID: the last message with this ID about the share, as JSON
outcome() { entries SEALMOUNT_SHARE="$1" MESSAGE_ID="$2" | tail -n 1; }

# no_trouble: nothing in the journal says that something went wrong
no_trouble() {
	local bad
	journalctl --sync
	bad=$(
		# a busy host makes the emulated timer late; that is nobody's fault here
		journalctl -b -q --no-pager -p err -o short-monotonic |
			grep -vE 'kernel: .*(MP-BIOS bug|clocksource|hrtimer: interrupt took)'
		journalctl -b -q --no-pager -o cat | grep -E 'dumped core|code=killed|status=[0-9]+/SEGV|I/O error|timed out'
	)
	[ -z "$bad" ] && return
	echo "$bad"
	return 1
}
