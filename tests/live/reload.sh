#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# reload.sh -- a new trie by SIGHUP under load: no wrong answer, no lost hit
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

# shellcheck disable=SC2317 # both are called through until_true
loaded_times()
{
	[ "$(grep -c 'start of service' "$work/unbound.log")" -ge "$1" ]
}

# shellcheck disable=SC2317
enough_hits()
{
	[ "$(actual_report | awk -F, '{ n += $3 } END { print n + 0 }')" -ge "$want" ]
}

awk 'BEGIN { for (i = 0; i < 500; i++) print "listed" i ".example" }' >"$work/list.txt"
configure "  - { name: list, file: list.txt }"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
threads=2
start_world
start_unbound

# Listed from the start: never a real address, whatever happens meanwhile.
awk 'BEGIN { for (i = 0; i < 6000; i++) printf "127.0.0.%d %s %slisted%d.example A\n", 2 + i % 50,
	i % 7 ? "udp" : "tcp", i % 3 ? "" : "www.", i % 500 }' >"$work/asked"

# Listed only later, and asked before, so that they are cached.
later='later.example www.later.example'
for name in $later; do
	one 127.0.0.2 udp "$name" A | grep -q 203.0.113.1 || fail "$name does not resolve yet"
done

ask -j 4 -t 10 <"$work/asked" >"$work/got" &
asking=$!
reloads=0
while kill -0 "$asking" 2>/dev/null && [ "$reloads" -lt 5 ]; do
	reloads=$((reloads + 1))
	echo "later.example" >>"$work/list.txt"
	beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
	kill -HUP "$unbound_pid"
	until_true 5 loaded_times $((reloads + 1)) || fail "no reload"
done 2>/dev/null
wait "$asking"
[ "$reloads" -gt 0 ] || fail "the load was over before the first reload"

grep -v ' NOERROR rd,ra [^ ]* A:10:0.0.0.0 - -$' "$work/got" >"$work/wrong"
# a question that arrives while Unbound restarts its sockets may stay without an answer: ask again
cut -d' ' -f5 "$work/wrong" | grep -v TIMEOUT | grep -q . &&
	fail "wrong answers: $(head -n 3 "$work/wrong")"
awk '$5 != "TIMEOUT" { print $1, $2, $3, $4 }' "$work/got" >"$work/asked"
for name in $later; do
	one 127.0.0.3 udp "$name" A | grep -q ' A:10:0.0.0.0 ' || fail "$name is not blocked after the reload"
	echo "127.0.0.3 udp $name A" >>"$work/asked"
done
echo "$(wc -l <"$work/got") questions, $reloads reloads, $(grep -c TIMEOUT "$work/wrong") unanswered"

# At least every answered question is counted; an unanswered one may have been recorded as well.
sort -u "$work/list.txt" >"$work/listed"
beacontrap verify >/dev/null || fail "verify"
if grep -q TIMEOUT "$work/wrong"; then
	want=$(wc -l <"$work/asked")
	until_true 5 enough_hits || fail "fewer hits in the report than answers"
else
	check_report "$work/listed"
fi
exit 0
