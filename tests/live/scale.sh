#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# scale.sh -- the real thing: 937,165 names, 10,000 of them and 10,000 harmless ones asked
#
# BEACONTRAP_DATA is a folder with maltrail.tsv.xz (name, tab, family) and benign.txt.xz.
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

[ -f "${BEACONTRAP_DATA:-}/maltrail.tsv.xz" ] || skip "BEACONTRAP_DATA is not set to a folder with the lists"
seed=${BT_SEED:-$(date +%s)}
echo "BT_SEED=$seed repeats this run"

xz -dc "$BEACONTRAP_DATA/maltrail.tsv.xz" | cut -f1 >"$work/names.txt"
xz -dc "$BEACONTRAP_DATA/benign.txt.xz" >"$work/benign.txt"
configure "  - { name: maltrail, file: names.txt }"
before=$(date +%s%N)
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
took=$((($(date +%s%N) - before) / 1000000))
echo "compiled $(wc -l <"$work/names.txt") names in $took ms, $(wc -c <"$work/state/beacontrap.trie") octets"

threads=2
start_world
start_unbound

draw() # N: lines of standard input, at random
{
	awk -v seed="$seed" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' | sort | head -n "$1" | cut -f2
}

as_questions()
{
	awk '{ printf "127.0.0.%d udp %s A\n", 2 + NR % 200, $1 }'
}

# Unbound answers onion. and its like itself: no module sees them.
grep -Ev '(^|\.)(onion|test|invalid|localhost|home\.arpa|in-addr\.arpa|ip6\.arpa)$' "$work/names.txt" |
	draw 10000 | as_questions >"$work/asked"
ask -j 8 <"$work/asked" >"$work/got"
blocked=$(grep -c ' NOERROR rd,ra [^ ]* A:10:0\.0\.0\.0 - -$' "$work/got")

# Harmless are those that are neither listed nor below a listed name, found with awk alone.
awk 'NR == FNR { listed[$1]; next } { name = $1; while (!(name in listed) && sub(/^[^.]*\./, "", name)) { }
	if (!(name in listed)) print $1 }' "$work/names.txt" "$work/benign.txt" >"$work/harmless.txt"
draw 10000 <"$work/harmless.txt" | as_questions | ask -j 8 >"$work/harmless"
false_ones=$(grep -c ' A:10:0\.0\.0\.0 ' "$work/harmless")
good=$(grep -c ' A:[0-9]*:203\.0\.113\.1 ' "$work/harmless")

echo "of $(wc -l <"$work/asked") listed names $blocked got the sinkhole; of $(wc -l <"$work/harmless") others $false_ones did, $good their own address"
[ "$blocked" -eq 10000 ] || fail "not every listed name was blocked: $(grep -v ' A:10:0\.0\.0\.0 ' "$work/got" | head -n 3)"
[ "$false_ones" -eq 0 ] || fail "harmless names were blocked"
[ "$good" -eq 10000 ] || fail "harmless names did not resolve: $(grep -v 203.0.113.1 "$work/harmless" | head -n 3)"

hits=$(beacontrap report --format csv 2>/dev/null | tr -d '\r' | awk -F, 'NR > 1 { n += $3 } END { print n + 0 }')
echo "hits in the report: $hits"
[ "$hits" -eq 10000 ] || until_true 5 [ "$(beacontrap report --format csv 2>/dev/null | tr -d '\r' | awk -F, 'NR > 1 { n += $3 } END { print n + 0 }')" -eq 10000 ] ||
	fail "not every hit is in the report"

# Decisions are in force within 2 seconds, with all these names loaded and others cached.
listed=$(awk 'NR == 1 { print $3 }' "$work/asked")
harmless=$(awk 'NR == 1 { print $3 }' "$work/harmless")

# shellcheck disable=SC2317 # called through within
gets() # NAME ADDRESS
{
	one 127.0.0.9 udp "$1" A | grep -q " A:[0-9]*:$2 "
}

# within_two NAME ADDRESS COMMAND...: from the command's end
within_two()
{
	name=$1 address=$2
	shift 2
	beacontrap "$@" >"$work/decided.log" 2>&1 || fail "$*"
	since=$(date +%s%N)
	until gets "$name" "$address"; do
		[ $((($(date +%s%N) - since) / 1000000)) -le 2000 ] || fail "$*: not in force within 2 seconds"
		sleep 0.02
	done
	echo "$1: in force after $((($(date +%s%N) - since) / 1000000)) ms"
}

within_two "$listed" '203\.0\.113\.1' allow "$listed" --for 2h
within_two "$harmless" '0\.0\.0\.0' block "$harmless" --for 2h
within_two "$listed" '0\.0\.0\.0' overrides --remove "$listed"
within_two "$listed" '203\.0\.113\.1' pause 10m
within_two "$listed" '0\.0\.0\.0' overrides --resume
exit 0
