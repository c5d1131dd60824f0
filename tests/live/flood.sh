#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# flood.sh -- listed names asked for from addresses without end: memory and disk are bounded, each hit is counted
#
# Each address asks once. Names are as long as they can be, so that a segment is soon full.
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

clients=25000                # more than a ring has slots
most=$(((4 + 16) * 1048576)) # octets: max-size, and the segment that is open
events=$work/state/events

echo listed.example >"$work/list.txt"
configure "  - { name: list, file: list.txt }"
echo 'events: { max-size: 4MiB }' >>"$work/beacontrap.yaml"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
start_world

# pour FROM COUNT OCTETS: of the addresses, from that one on; each is answered. The name has 3 labels of so many octets.
pour()
{
	awk -v from="$1" -v n="$2" -v size="$3" 'BEGIN {
		label = sprintf("%" size "s", ""); gsub(/ /, "x", label)
		for (i = from; i < from + n; i++)
			printf "127.%d.%d.%d udp n%d.%s.%s.%s.listed.example A\n", 1 + int(i / 62500),
				int(i / 250) % 250, 1 + i % 250, i, label, label, label
	}' >"$work/poured"
	ask -j 8 -t 10 <"$work/poured" >"$work/got"
	[ "$(grep -c ' NOERROR rd,ra [^ ]* A:10:0\.0\.0\.0 ' "$work/got")" -eq "$2" ] ||
		fail "not all of $2 questions were answered: $(grep -v ' A:10:0' "$work/got" | head -n 3)"
}

# KiB of the resolver that are in memory
resident()
{
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$unbound_pid/status"
}

# Octets of the state directory, the most that there were at any look, in $work/largest.
watch_disk()
{
	largest=0
	while [ -e "$work/watching" ]; do
		size=$(find "$work/state" -type f -printf '%s\n' 2>/dev/null | awk '{ n += $1 } END { print n + 0 }')
		[ "$size" -le "$largest" ] || largest=$size
		sleep 0.05
	done
	echo "$largest" >"$work/largest"
}

# The report's hits, endpoints and losses.
look()
{
	beacontrap report --format json >"$work/report.json" 2>"$work/report.log" || return 1
	hits=$(sed -n 's/.*"hits": *\([0-9]*\).*/\1/p' "$work/report.json" | head -n 1)
	endpoints=$(sed -n 's/.*"endpointCount": *\([0-9]*\).*/\1/p' "$work/report.json" | head -n 1)
	lost=$(sed -n '/"coverage"/,$s/.*"lost": *\([0-9]*\).*/\1/p' "$work/report.json" | head -n 1)
}

# shellcheck disable=SC2317 # called through until_true
accounted() # HITS LOST
{
	look && [ "${hits:-0} ${lost:-none}" = "$1 $2" ]
}

# ---- while the log cannot be written: rings keep what they can, and what they cannot is counted ----

: >"$events"
start_unbound
pour 0 $clients 1
rm "$events"
until_true 20 accounted 16384 $((clients - 16384)) ||
	fail "$clients asked, ${hits:-no} in the report and ${lost:-none} lost"
[ "$endpoints" -eq "$hits" ] || fail "$endpoints endpoints of $hits hits, one each"
stop_unbound
accounted 16384 $((clients - 16384)) || fail "after the stop, $hits in the report and $lost lost"
grep -q "\"withoutEvent\":\[{\"list\":\"list\",\"counted\":0,\"lost\":$lost}\]" "$work/report.json" ||
	fail "the report does not know of which list $lost are: $(grep withoutEvent "$work/report.json")"

# ---- four times as many, which do not fit into the log ----

start_unbound
: >"$work/watching"
watch_disk &
watching=$!
for round in 0 1 2 3; do
	pour $((round * clients)) $clients 60
	[ $round -gt 0 ] || small=$(resident)
	gives 'NOERROR A:[0-9]+:203\.0\.113\.1' 127.0.0.2 udp "unlisted$round.example" A
done
large=$(resident)
# shellcheck disable=SC2317 # called through until_true
is_removed()
{
	grep -q 'event log: removed .*larger than its maximum' "$work/unbound.log"
}
until_true 20 is_removed || fail "the log is as large as it likes"
rm "$work/watching"
wait "$watching"
largest=$(cat "$work/largest")
echo "resident: $small KiB after $clients clients, $large KiB after $((4 * clients)); on the disk at most $largest octets"
[ "$largest" -le "$most" ] || fail "more than $most octets on the disk"
# AddressSanitizer keeps what was freed for a while.
grep -q libasan "/proc/$unbound_pid/maps" || [ $((large * 20)) -le $((small * 21)) ] ||
	fail "memory grows with the number of clients"
stop_unbound

# ---- each hit has a number: those before the first that is left are gone, all others are there ----

look || fail "report"
gone=$(beacontrap tail --format json 2>/dev/null | sed -n '1s|.*"id":"[^"]*/\([0-9]*\)".*|\1|p')
gone=$((gone - 1))
echo "$((4 * clients)) asked: $hits in the report, $lost lost, $gone removed with their segments"
[ "$gone" -gt 0 ] || fail "nothing was removed, so that there was nothing to test"
[ $((hits + lost + gone)) -eq $((4 * clients)) ] || fail "that is not how many there were"
[ "$endpoints" -eq "$hits" ] || fail "$endpoints endpoints of $hits hits, one each"
beacontrap verify "$work/state" >"$work/verify.log" 2>&1 || fail "verify"
grep -q "events $hits, lost $lost, missing 0, duplicates 0, damaged blocks 0" "$work/verify.log" ||
	fail "verify counts otherwise"
grep -q 'its first segments are not there any more' "$work/verify.log" ||
	fail "verify does not say that something was removed"
grep 'error:' "$work/unbound.log" | grep -v 'event log:' && fail "Unbound logged an error"
exit 0
