#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# kill.sh -- kill -9 of the resolver loses no answered hit and doubles none; a hit is in the report soon
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

echo listed.example >"$work/list.txt"
echo listed.example >"$work/listed"
configure "  - { name: list, file: list.txt }"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
start_world
: >"$work/asked"

round=0
while [ "$round" -lt 6 ]; do
	round=$((round + 1))
	threads=$((1 + round % 2))
	start_unbound
	awk -v r="$round" 'BEGIN { for (i = 0; i < 400; i++) printf "127.0.0.%d udp %d.listed.example A\n", 2 + (i + r) % 30, i }' |
		ask -j 4 >"$work/got"
	stop_unbound -KILL # at once: the writer may not have seen the last of them
	[ "$(grep -c ' A:10:0.0.0.0 ' "$work/got")" -eq 400 ] || fail "not all questions were answered"
	cut -d' ' -f1-4 "$work/got" >>"$work/asked"
done
start_unbound # drains what the killed ones left
check_report "$work/listed"

# A hit is in the report soon after its answer; how soon is printed, as it depends on the machine.
slowest=0
for i in 1 2 3 4 5; do
	sent=$(date +%s%N)
	one "127.0.0.99" udp "$i.listed.example" A >/dev/null
	echo "127.0.0.99 udp $i.listed.example A" >>"$work/asked"
	check_report "$work/listed"
	took=$((($(date +%s%N) - sent) / 1000000))
	[ "$took" -le "$slowest" ] || slowest=$took
done
echo "from question to report: at most $slowest ms"
stop_unbound
check_report "$work/listed"
beacontrap report 2>&1 | grep -q '^Coverage.* 0 lost' || fail "the report does not say that nothing was lost"
[ "$(beacontrap tail --format json | grep -c '"indicator":"listed.example"')" -eq "$(wc -l <"$work/asked")" ] ||
	fail "tail does not show every hit once"
beacontrap verify "$work/state" >"$work/verify.log" 2>&1 || fail "the log is not whole: $(cat "$work/verify.log")"
exit 0
