# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh disable=SC2119,SC2120
# lib.sh -- a private Unbound with the module, an NSD as the world, and questions, for tests/live
#
# Each test sources this file, works in its own folder, and stops what it started. Without an
# Unbound to load the module into, or without NSD, the test is skipped.
set -u

fail()
{
	echo "FAILED: $*"
	for log in "$work"/*.log; do
		[ -s "$log" ] && { echo "--- ${log##*/}"; tail -n 30 "$log"; }
	done
	exit 1
}

skip()
{
	echo "skipped: $*"
	exit 77
}

for needed in "${BT_UNBOUND:-}" "${BT_MODULE:-}"; do
	[ -e "$needed" ] ||
		skip "no Unbound that can load the module (configure --with-unbound-src)"
done
nsd=$(PATH=$PATH:/usr/sbin command -v nsd) || skip "NSD is not installed (Debian package nsd)"
source_dir=${srcdir:-$(dirname "$0")/../..}
source_dir=$(cd "$source_dir" && pwd)
: "${BT_PROGRAM:?}" "${BT_ASK:?}" "${BT_SHOW_EVENTS:?}"

work=$(mktemp -d) || exit 99
chmod 755 "$work"
unbound_pid='' nsd_pids=''

stop_unbound()
{
	[ -n "$unbound_pid" ] || return 0
	kill "${1:--TERM}" "$unbound_pid" 2>/dev/null
	wait "$unbound_pid" 2>/dev/null
	unbound_pid=''
}

clean_up()
{
	stop_unbound
	[ "${signalled:-CONT}" = CONT ] || signal CONT
	for pid in $nsd_pids; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# until_true SECONDS COMMAND...: polls; false when the time is over.
until_true()
{
	tries=$(($1 * 20))
	shift
	while ! "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

beacontrap()
{
	"$BT_PROGRAM" -c "$work/beacontrap.yaml" "$@"
}

# ask [OPTION...] < QUESTIONS: see tests/ask.c
ask()
{
	"$BT_ASK" -s 127.0.0.1 -p "$port" "$@"
}

# one CLIENT TRANSPORT NAME TYPE [FLAG...]: prints the answer's line
one()
{
	echo "$*" | ask
}

# gives PATTERN CLIENT TRANSPORT NAME TYPE [FLAG...]: "RCODE ANSWER" must be like that
gives()
{
	pattern=$1
	shift
	got=$(one "$@" | cut -d' ' -f5,8)
	echo "$got" | grep -Eqx -e "$pattern" || fail "$*: got \"$got\", expected \"$pattern\""
}

answers()
{
	one 127.0.0.1 udp "$1" A | grep -q ' NOERROR '
}

# start_nsd ADDRESS PORT ZONE FILE [ZONE FILE]...
start_nsd()
{
	nsd_conf="$work/nsd-$1-$2.conf"
	cat >"$nsd_conf" <<-END
		server:
		  ip-address: $1@$2
		  username: ""
		  chroot: ""
		  zonesdir: "$source_dir/tests/live"
		  database: ""
		  pidfile: ""
		  xfrdfile: "$work/xfrd-$1-$2"
		  zonelistfile: "$work/zones-$1-$2"
		  xfrdir: "$work"
		  server-count: 1
		  minimal-responses: yes
		  rrl-ratelimit: 0
		  rrl-whitelist-ratelimit: 0
		remote-control:
		  control-enable: no
	END
	nsd_at="$1 $2"
	shift 2
	while [ $# -ge 2 ]; do
		printf 'zone:\n  name: "%s"\n  zonefile: "%s"\n' "$1" "$2" >>"$nsd_conf"
		shift 2
	done
	"$nsd" -d -c "$nsd_conf" >"$work/nsd.log" 2>&1 &
	nsd_pids="$nsd_pids $!"
	until_true 10 nsd_answers || fail "NSD does not answer"
}

nsd_answers()
{
	# shellcheck disable=SC2086 # two words
	set -- $nsd_at
	echo "127.0.0.1 udp . SOA" | "$BT_ASK" -s "$1" -p "$2" -t 1 | grep -Eq ' (NOERROR|REFUSED) '
}

# The world: any name that is not in the zone has the address 203.0.113.1.
start_world()
{
	world=$("$BT_ASK" -f)
	start_nsd 127.0.0.1 "$world" . world.zone
}

# signal NAME: to all NSDs and all that they started; after STOP, no answer comes until CONT
signal()
{
	signalled=$1
	for pid in $nsd_pids; do
		for child in $(pgrep -P "$pid"); do
			for grandchild in $(pgrep -P "$child"); do
				kill "-$1" "$grandchild"
			done
			kill "-$1" "$child"
		done
		kill "-$1" "$pid"
	done
}

# start_unbound [LINE...]: more lines for the server section. The caller's are $stack, $threads,
# $upstream (stub or forward), and $clauses, which stand behind all others.
start_unbound()
{
	port=$("$BT_ASK" -f)
	cat >"$work/unbound.conf" <<-END
		server:
		  interface: 127.0.0.1@$port
		  port: $port
		  username: ""
		  chroot: ""
		  directory: "$work"
		  pidfile: ""
		  use-syslog: no
		  do-daemonize: no
		  num-threads: ${threads:-1}
		  module-config: "${stack:-dynlib iterator}"
		  do-not-query-localhost: no
		  access-control: 127.0.0.0/8 allow
		  verbosity: 1
	END
	for line in "$@"; do
		echo "  $line" >>"$work/unbound.conf"
	done
	cat >>"$work/unbound.conf" <<-END
		dynlib:
		  dynlib-file: "${module:-$BT_MODULE}"
		remote-control:
		  control-enable: yes
		  control-use-cert: no
		  control-interface: "$work/control"
		${upstream:-stub}-zone:
		  name: "."
		  ${upstream:-stub}-addr: 127.0.0.1@$world
		${clauses:-}
	END
	run_unbound
	until_true 10 answers unlisted.example || fail "Unbound does not answer"
}

# control COMMAND...: unbound-control
control()
{
	"${BT_UNBOUND%/*}/unbound-control" -c "$work/unbound.conf" "$@"
}

# asked: how many questions Unbound has received
asked()
{
	control stats_noreset | sed -n 's/^total.num.queries=//p'
}

# shellcheck disable=SC2317 # called through until_true
has_asked()
{
	[ "$(asked)" -ge "$1" ]
}

run_unbound()
{
	BEACONTRAP_CONFIG="$work/beacontrap.yaml" "$BT_UNBOUND" -d -c "$work/unbound.conf" \
		>>"$work/unbound.log" 2>&1 &
	unbound_pid=$!
}

# configure LISTS: the configuration, with these lines under `lists:`
configure()
{
	cat >"$work/beacontrap.yaml" <<-END
		state-dir: state
		run-dir: run
		resolver-id: live
		lists:
		$1
	END
	mkdir -p "$work/run"
}

# expected_report < QUESTIONS: endpoints and hits of each indicator in the file $1, from the questions
# alone; an independent count in awk. A name counts for the indicator that it is or lies under.
expected_report()
{
	awk 'NR == FNR { listed[$1]; next }
	{
		name = tolower($3)
		sub(/\.$/, "", name)
		while (!(name in listed) && sub(/^[^.]*\./, "", name)) { }
		if (!(name in listed)) next
		hits[name]++
		if (!((name, $1) in seen)) { seen[name, $1]; clients[name]++ }
	}
	END { for (name in hits) print name "," clients[name] "," hits[name] }' "$1" - | sort
}

actual_report()
{
	beacontrap report --format csv 2>/dev/null | tr -d '\r' | tail -n +2 | cut -d, -f1-3 | sort
}

same_report()
{
	actual_report >"$work/actual"
	cmp -s "$work/actual" "$work/expected"
}

# check_report FILE: the report must agree with the questions asked so far, in $work/asked.
check_report()
{
	expected_report "$1" <"$work/asked" >"$work/expected"
	until_true 5 same_report && return
	diff "$work/expected" "$work/actual"
	fail "the report (>) is not what was asked (<)"
}

# ---- doctor ----

# examine STATUS [OPTION...]: its findings are in $work/doctor.log
examine()
{
	wanted=$1
	shift
	beacontrap doctor --server "127.0.0.1@$port" "$@" >"$work/doctor.log" 2>&1
	[ $? -eq "$wanted" ] || fail "doctor ends with another status than $wanted"
}

# finds HEALTH CHECK PATTERN, as of grep
finds()
{
	grep -q "^$1  *$2  .*$3" "$work/doctor.log" || fail "doctor does not find: $*"
}

advises()
{
	grep -q "^      -> .*$1" "$work/doctor.log" || fail "doctor does not advise: $1"
}

# Whatever room there is on this machine's disks.
all_well()
{
	examine 0
	awk '/^warn  disk / { disk = 1; next } disk && /^      -> / { next } { disk = 0 } !/^ok / { print }' \
		"$work/doctor.log" | grep -q . && fail "doctor finds something"
	[ "$(grep -c '^ok ' "$work/doctor.log")" -ge 12 ] || fail "doctor checks less"
}

# ---- events: CLIENT TRANSPORT VIA DEVICE NAME TYPE ACTION LIST INDICATOR HOW TARGET ----

# event LINE: is to be there. Those of clients that the pattern $polling matches are let be.
event()
{
	echo "$*" >>"$work/events"
}

same_events()
{
	"$BT_SHOW_EVENTS" "$work/state/events" 2>/dev/null |
		grep -v "^${polling:-nobody} " | sort >"$work/got-events"
	cmp -s "$work/got-events" "$work/want-events"
}

# The events must be those that were said to be there, and no others.
check_events()
{
	touch "$work/events"
	sort "$work/events" >"$work/want-events"
	until_true 5 same_events && return
	diff "$work/want-events" "$work/got-events"
	fail "the events (>) are not those expected (<)"
}
