#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# storm.sh -- groups come and go, decisions are made, Unbound is reloaded, all under questions
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

trie=$work/state/beacontrap.trie
log=$work/unbound.log

awk 'BEGIN { print "listed.example"; for (i = 0; i < 500; i++) print "listed" i ".example" }' >"$work/list.txt"
configure "  - { name: list, file: list.txt }"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
cp "$trie" "$work/one"
cat >>"$work/beacontrap.yaml" <<-END
	clients:
	  - { name: exempt, networks: [127.0.1.0/24], lists: none }
	  - { name: strict, networks: [127.0.2.0/24], action: nxdomain }
END
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
cp "$trie" "$work/two"

# Names that are listed, that lead to one that is, and others; of clients of all groups.
awk 'BEGIN { split("a b c d e chain", alias); for (i = 0; i < 4000; i++)
	printf "127.0.%d.%d %s %s.example A%s\n", i % 3, 2 + i % 7, i % 9 ? "udp" : "tcp",
		i % 5 == 0 ? "harmless" i % 400 : i % 5 == 1 ? alias[1 + i % 6] ".one" : "listed" i % 100,
		i % 4 ? "" : " ecs=192.0.2.7/32" }' >"$work/round"

asking_on()
{
	while [ -e "$work/go" ]; do
		ask -j 16 -t 10 <"$work/round"
	done >"$work/got"
}

threads=2
start_world
start_unbound "serve-expired: yes" "prefetch: yes" "incoming-num-tcp: 100"
: >"$work/go"
asking_on &
asking=$!
for swap in $(seq 50); do
	case $((swap % 2)) in
	1) cp "$work/one" "$work/new" ;;
	0) cp "$work/two" "$work/new" ;;
	esac
	mv "$work/new" "$trie"
	case $((swap % 10)) in
	0) kill -HUP "$unbound_pid" ;;
	3) beacontrap allow other.example --for 5s ;;
	6) beacontrap block blocked.example --client 127.0.0.3 ;;
	9) beacontrap overrides --remove blocked.example ;;
	esac >"$work/decide.log" 2>&1 || fail "a decision"
	sleep 0.1
done
rm "$work/go"
wait "$asking"

# Who is of no group is always blocked, who is of one that blocks always in one of the two ways.
# A question that a reload hits may stay without an answer; clients that were told apart while they
# waited have to ask again.
awk '{ stopped = / NOERROR rd,ra [^ ]* A:10:0\.0\.0\.0 - / }
	$5 == "TIMEOUT" { next }
	$3 ~ /^harmless/ { if (!/ A:[0-9]+:203\.0\.113\.1 /) print; next }
	$5 == "SERVFAIL" { if (++failures > NR / 100) print; next }
	$1 ~ /^127\.0\.0/ { if (!stopped) print }
	$1 ~ /^127\.0\.1/ { if (!stopped && !/A:[0-9]+:203\.0\.113\.1/) print }
	$1 ~ /^127\.0\.2/ { if (!stopped && $5 != "NXDOMAIN") print }' "$work/got" >"$work/wrong.log"
[ ! -s "$work/wrong.log" ] || fail "wrong answers"
for answer in 'NXDOMAIN' '127.0.1.*203.0.113.1' '127.0.1.* A:10:0.0.0.0'; do
	grep -v '^[^ ]* [^ ]* harmless' "$work/got" | grep -q "$answer" || fail "no swap was under way: no $answer"
done
kill -0 "$unbound_pid" || fail "Unbound is gone"
gives 'NOERROR A:10:0\.0\.0\.0' 127.0.0.2 udp listed1.example A
gives 'NOERROR A:[0-9]+:203\.0\.113\.1' 127.0.1.2 udp listed1.example A
gives 'NXDOMAIN -' 127.0.2.2 udp listed1.example A
stop_unbound
beacontrap report >"$work/report.log" 2>&1 || fail "report"
grep -v -c TIMEOUT "$work/got" | sed 's/$/ answers/'
grep 'error:' "$log" && fail "Unbound logged an error"
exit 0
