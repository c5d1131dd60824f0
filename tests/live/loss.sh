#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# loss.sh -- hits that cannot be recorded are answered, counted, and said; recording begins by itself
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

log=$work/unbound.log
echo listed.example >"$work/list.txt"
cp "$work/list.txt" "$work/listed"
echo counted.example >"$work/counted.txt"
configure "  - { name: list, file: list.txt }
  - { name: counted, file: counted.txt, events: count }"
start_world

# ask_listed COUNT: from that many clients; each gets the sinkhole's address
ask_listed()
{
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "127.0.0.%d udp %d.listed.example A\n", 2 + i % 50, i }' |
		ask -j 4 >"$work/got"
	[ "$(grep -c ' A:10:0.0.0.0 ' "$work/got")" -eq "$1" ] || fail "not all of $1 questions were answered"
}

# shellcheck disable=SC2317 # called through until_true
said()
{
	grep -q "$1" "$log"
}

# coverage HITS LOST
# shellcheck disable=SC2317 # called through until_true
coverage()
{
	beacontrap report --format json >"$work/report.json" 2>"$work/report.log" || return 1
	hits=$(grep -o '"hits": *[0-9]*' "$work/report.json" | grep -o '[0-9]*$')
	lost=$(sed -n '/"coverage"/,$s/.*"lost": *\([0-9]*\).*/\1/p' "$work/report.json" | head -n 1)
	[ "${hits:-0} ${lost:-none}" = "$1 $2" ]
}

start()
{
	rm -rf "$work/state" "$work/run"
	beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
	: >"$log"
}

# ---- no run directory, as after a start of the machine without tmpfiles ----

for threads in 1 2; do
	start
	: >"$work/run"
	start_unbound
	ask_listed 200
	one 127.0.0.2 udp counted.example A >/dev/null
	grep -q "$work/run.*NOT RECORDED" "$log" || fail "it is not said that nothing is recorded"
	sleep 2.2 # two more attempts, which are not to be two more lines
	[ "$(grep -c 'NOT RECORDED' "$log")" -eq 1 ] || fail "said more than once"
	rm "$work/run"
	until_true 5 said 'recorded again; 200 before were not' || fail "it does not begin to record"
	ask_listed 7
	until_true 5 coverage 7 200 || fail "the report has ${hits:-no} hits and ${lost:-no} losses, not 7 and 200"
	beacontrap report 2>&1 | grep -q '^Coverage.* 200 lost' || fail "the report does not say what was lost"
	stop_unbound
	until_true 5 coverage 7 200 || fail "after the stop, the report has $hits hits and $lost losses"
	grep -q '"withoutEvent":\[{"list":"?","counted":1,"lost":200}\]' "$work/report.json" ||
		fail "what was to be counted is not: $(grep withoutEvent "$work/report.json")"
done

start
: >"$work/run"
start_unbound
ask_listed 30
stop_unbound
said '30 hits were answered and not recorded' || fail "what was never recorded is not said at the end"

# ---- a log that cannot be written: the rings keep what is there until it can ----

start
mkdir -p "$work/state"
: >"$work/state/events"
start_unbound
ask_listed 300
said 'event log: ' || fail "it is not said that the log cannot be written"
blocked=$(one 127.0.0.9 udp listed.example A)
echo "$blocked" | grep -q ' A:10:0.0.0.0 ' || fail "not answered"
rm "$work/state/events"
until_true 10 coverage 301 0 || fail "the report has ${hits:-no} hits and ${lost:-no} losses, not 301 and 0"
stop_unbound

# ---- a full disk ----

start
mkdir -p "$work/state"
if mount -t tmpfs -o size=8m none "$work/state" 2>/dev/null; then
	trap 'stop_unbound; umount "$work/state"; clean_up' EXIT
	beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
	start_unbound
	until_true 5 test -d "$work/state/events" || fail "there is no event log"
	head -c 9m /dev/zero >"$work/state/filler" 2>/dev/null
	rounds=0 asked=0
	while [ "$rounds" -lt 9 ]; do # more than its ring holds
		rounds=$((rounds + 1))
		ask_listed 4000
		asked=$((asked + 4000))
	done
	said 'event log: .*No space' || fail "it is not said that the disk is full"
	examine 1
	finds FAIL disk "$work/state"
	advises 'make room'
	# the last good trie stays: what does not fit does not come into force, and nothing else is lost
	i=0
	while [ "$i" -lt 20000 ]; do
		i=$((i + 1))
		echo "more-$i.example"
	done >>"$work/list.txt"
	beacontrap compile >"$work/compile.log" 2>&1 && fail "a trie was compiled onto a full disk"
	grep -q 'No space' "$work/compile.log" || fail "compile does not say why"
	ask_listed 1
	asked=$((asked + 1))
	echo listed.example >"$work/list.txt"
	rm "$work/state/filler"
	# shellcheck disable=SC2317 # called through until_true
	all_accounted()
	{
		coverage 0 0
		[ $((${hits:-0} + ${lost:-0})) -eq "$asked" ]
	}
	until_true 20 all_accounted || fail "$asked answered, ${hits:-no} in the report, ${lost:-none} lost"
	[ "$lost" -gt 0 ] || fail "nothing was lost, so that there was nothing to test"
	echo "full disk: $asked answered, $hits recorded, $lost lost and said"
	stop_unbound
	coverage 0 0
	grep -q "\"withoutEvent\":\[{\"list\":\"list\",\"counted\":0,\"lost\":$lost}\]" "$work/report.json" ||
		fail "the report does not know of which list $lost are: $(grep withoutEvent "$work/report.json")"
	umount "$work/state"
	trap clean_up EXIT
else
	echo "full disk: not tried here, as nothing can be mounted; tests/test-writer.c has it"
fi
exit 0
