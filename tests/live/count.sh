#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# count.sh -- with `events: count` each hit is counted and no event is kept, also over kill -9 and new lists
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

for list in ads seen quiet; do
	echo "$list.example" >"$work/$list.txt"
done
echo more.example >"$work/more.txt"

# compile_with FIRST: the same lists with others before them, so that their numbers are others
compile_with()
{
	configure "$1
  - { name: seen, file: seen.txt }
  - { name: ads, file: ads.txt, action: nxdomain, events: count }
  - { name: quiet, file: quiet.txt, events: off }"
	beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
}

# ask_all COUNT: so many questions of each list; each gets its list's answer
ask_all()
{
	for list in ads seen quiet; do
		awk -v n="$1" -v l="$list" 'BEGIN { for (i = 0; i < n; i++) printf "127.0.0.%d udp %d.%s.example A\n", 2 + i % 30, i, l }' |
			ask -j 4 >"$work/got-$list"
	done
	[ "$(grep -c NXDOMAIN "$work/got-ads")" -eq "$1" ] || fail "not all questions for ads were answered"
	[ "$(cat "$work/got-seen" "$work/got-quiet" | grep -c ' A:10:0.0.0.0 ')" -eq $((2 * $1)) ] ||
		fail "not all questions were answered"
	asked=$((asked + $1))
}

# counts ROWS: by list, with endpoints and hits
# shellcheck disable=SC2317 # called through until_true
counts()
{
	got=$(beacontrap report --by list --sort name --format csv 2>/dev/null | tr -d '\r' | tail -n +2 | cut -d, -f1-3 | tr '\n' ' ')
	[ "$got" = "$1" ]
}

expect_all()
{
	until_true "$1" counts "ads,0,$asked seen,30,$asked " || fail "$2: the report has: $got, and $asked were asked"
}

compile_with ""
start_world
asked=0 threads=2
start_unbound
ask_all 100
stop_unbound
expect_all 5 "after a stop"
beacontrap report >"$work/report.log"
grep -q '^Coverage  *100 events, 0 lost,' "$work/report.log" || fail "events: $(grep Coverage "$work/report.log")"
grep -q '^Counted  *ads: 100 hits, of which no event is kept' "$work/report.log" || fail "it is not said what was counted"
"$BT_SHOW_EVENTS" "$work/state/events" >"$work/shown"
! grep -q 'ads\.example' "$work/shown" || fail "an event of a list that is only counted"
! grep -q quiet "$work/shown" || fail "something of a list that is off"

# at once, before anything of it is in the log
for round in 1 2 3 4; do
	threads=$((1 + round % 2))
	start_unbound
	ask_all $((50 * round))
	stop_unbound -KILL
done
start_unbound # takes what the killed ones left
expect_all 5 "after kill -9"

# other numbers of the same lists, in the middle of a life
ask_all 40
compile_with '  - { name: more, file: more.txt, events: count }'
until_true 5 grep -q 'of 4 lists' "$work/unbound.log" || fail "the new lists are not in force"
ask_all 30
stop_unbound -KILL
start_unbound
expect_all 5 "over new lists"
beacontrap doctor --server "127.0.0.1@$port" >"$work/doctor.log" 2>&1
grep -q "heartbeat .*, $asked hits in 7 days, and $asked that are only counted" "$work/doctor.log" ||
	fail "doctor does not see what is only counted: $(grep heartbeat "$work/doctor.log")"
ask_all 20
stop_unbound
expect_all 5 "at the end"
beacontrap verify "$work/state" >"$work/verify.log" 2>&1 || fail "the log is not whole: $(cat "$work/verify.log")"
[ "$(beacontrap tail | grep -c 'ads\.example')" -eq 0 ] || fail "tail shows what is only counted"
exit 0
