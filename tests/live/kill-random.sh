#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# kill-random.sh -- kill -9 at random moments under load: what was answered is in the log, and nothing twice
#
# BT_SEED repeats a run, BT_KILLS says how many, by default 8.
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

seed=${BT_SEED:-$(date +%s)}
kills=${BT_KILLS:-8}
echo "BT_SEED=$seed repeats this run; $kills kills"

echo listed.example >"$work/list.txt"
configure "  - { name: list, file: list.txt }"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
start_world

# Each question has a name of its own, so that an event says which question it is of.
delays=$(awk -v seed="$seed" -v kills="$kills" 'BEGIN {
	srand(seed); for (i = 0; i < kills; i++) printf "%.3f\n", 0.02 + rand() * 0.4 }')
round=0 under_load=0
: >"$work/answered"
: >"$work/asked"
for delay in $delays; do
	round=$((round + 1))
	threads=$((1 + round % 2))
	start_unbound
	awk -v r="$round" 'BEGIN { for (i = 0; i < 40000; i++)
		printf "127.0.0.%d udp n%d-%d.listed.example A\n", 2 + i % 30, r, i }' >"$work/round"
	cat "$work/round" >>"$work/asked"
	"$BT_ASK" -s 127.0.0.1 -p "$port" -j 8 -t 1 <"$work/round" >"$work/got" &
	asking=$!
	sleep "$delay"
	stop_unbound -KILL
	kill "$asking" 2>/dev/null # who is told nothing waits in vain
	wait "$asking" 2>/dev/null
	# a line that the end cut off is none
	[ -z "$(tail -c 1 "$work/got")" ] || sed -i '$d' "$work/got"
	awk '$8 == "A:10:0.0.0.0" { print $3 }' "$work/got" >"$work/of-round"
	cat "$work/of-round" >>"$work/answered"
	[ ! -s "$work/of-round" ] || under_load=$((under_load + 1))
done
[ "$under_load" -gt 0 ] || fail "no kill came while questions were answered"
start_unbound # drains what the killed ones left
stop_unbound

beacontrap verify "$work/state" >"$work/verify.log" 2>&1 || fail "the log is not whole"
grep 'segments.*events' "$work/verify.log" | grep -v 'missing 0, duplicates 0, damaged blocks 0$' &&
	fail "the log is not whole"
# what found its ring full is counted there
lost=$(sed -n 's/^ *segments .* lost \([0-9]*\), .*/\1/p' "$work/verify.log" | awk '{ n += $1 } END { print n + 0 }')
"$BT_SHOW_EVENTS" "$work/state/events" | cut -d' ' -f5 | LC_ALL=C sort >"$work/recorded"
LC_ALL=C sort "$work/answered" >"$work/sorted-answered"
cut -d' ' -f3 "$work/asked" | LC_ALL=C sort >"$work/sorted-asked"
LC_ALL=C uniq -d "$work/recorded" | head -n 3 >"$work/twice.log"
[ ! -s "$work/twice.log" ] || fail "an event is there twice"
LC_ALL=C comm -23 "$work/sorted-answered" "$work/recorded" >"$work/lost.log"
[ "$(wc -l <"$work/lost.log")" -le "$lost" ] || fail "answered, and not in the log"
LC_ALL=C comm -13 "$work/sorted-asked" "$work/recorded" | head -n 3 >"$work/invented.log"
[ ! -s "$work/invented.log" ] || fail "in the log, and never asked"
echo "$under_load kills under load; $(wc -l <"$work/answered") answers seen, $(wc -l <"$work/recorded") events, $lost lost"
exit 0
