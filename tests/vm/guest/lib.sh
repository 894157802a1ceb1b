# SPDX-License-Identifier: MIT
#
# lib.sh: what test scripts share inside of a guest
#
# Every check is one case and prints one line, "ok - NAME" or "not ok - NAME" with the
# reason indented below; a script ends with `finish`. Nothing here sleeps to be lucky:
# `within` asks again until something is so or its time is up.

set -u
checks_failed=0

# check NAME COMMAND...: the command succeeds
check() {
	local name=$1 out status
	shift
	out=$("$@" 2>&1 </dev/null)
	status=$?
	if [ $status = 0 ]; then
		echo "ok - $name"
		return 0
	fi
	echo "not ok - $name"
	echo "    status $status of: $*"
	[ -z "$out" ] || printf '%s\n' "$out" | tail -n 30 | sed 's/^/    /'
	checks_failed=$((checks_failed + 1))
	return 1
}

# check_not NAME COMMAND...: the command fails
check_not() {
	local name=$1
	shift
	check "$name" not "$@"
}

not() {
	if "$@"; then return 1; fi
}

# check_eq NAME WANT HAVE
check_eq() { check "$1" same "$2" "$3"; }

same() {
	[ "$1" = "$2" ] && return 0
	echo "want: $1"
	echo "have: $2"
	return 1
}

# within SECONDS COMMAND...: the command succeeds sooner or later
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ $SECONDS -ge $end ]; then
			"$@"
			return
		fi
		sleep 0.2
	done
}

# tell TEXT: a line for the person who reads along
tell() { echo "# $*"; }

finish() {
	[ $checks_failed = 0 ]
	exit
}

# prop UNIT PROPERTY: its value alone
prop() { systemctl show --value -p "$2" "$1"; }

# is_up UNIT
is_up() {
	systemctl -q is-active "$1" && return 0
	systemctl --no-pager --full status "$1"
	return 1
}

# entries FIELD=VALUE...: journal entries of this boot, one JSON object a line
entries() { journalctl -b -q -o json --no-pager "$@"; }

# field NAME: that field of the entries on standard input; binary values as text
field() { jq -r --arg f "$1" '.[$f] // empty | if type == "array" then implode else . end'; }
