#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# join.sh -- clients that wait for one answer together are each a hit
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

[ "$(id -u)" -eq 0 ] || skip "needs root, for an NSD on port 53 of 127.99.0.2"
echo slow.example >"$work/log.txt"
echo servers.example >"$work/servers.txt"
configure "  - { name: log, file: log.txt, action: log }
  - { name: servers, file: servers.txt }
trusted-forwarders: [127.0.9.1]"
cat "$work/log.txt" "$work/servers.txt" >"$work/listed"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
start_world
start_unbound "incoming-num-tcp: 100"

seen=$(asked)
awk 'BEGIN { for (i = 2; i < 32; i++) print "127.0.0." i, i % 5 ? "udp" : "tcp", "x.slow.example A" }' >"$work/asked"
signal STOP
ask -j 30 -t 10 <"$work/asked" >"$work/got" &
asking=$!
until_true 8 has_asked $((seen + 30)) || fail "the clients do not wait"
signal CONT
wait "$asking"
[ "$(grep -c ' A:[0-9]*:203.0.113.1 ' "$work/got")" -eq 30 ] || fail "not everybody got the answer"
check_report "$work/listed"

# So are those for whom a forwarder speaks.
seen=$(asked)
for i in 1 2 3 4 5 6; do
	echo "127.0.9.1 udp y.slow.example A ecs=192.0.2.$i/32" >>"$work/forwarded"
	echo "192.0.2.$i udp y.slow.example A" >>"$work/asked"
done
signal STOP
ask -j 6 -t 10 <"$work/forwarded" >"$work/got" &
asking=$!
until_true 8 has_asked $((seen + 6)) || fail "the clients do not wait"
signal CONT
wait "$asking"
[ "$(grep -c ' A:[0-9]*:203.0.113.1 ' "$work/got")" -eq 6 ] || fail "not everybody got the answer"
check_report "$work/listed"

# An internal question for a name server's address is under way; clients that ask for the same are
# blocked all the same.
start_nsd 127.99.0.2 53 delegated.example delegated.zone servers.example servers.zone
signal STOP
one 127.0.0.2 udp www.delegated.example A >"$work/first" &
asking=$!
awk 'BEGIN { for (i = 3; i < 9; i++) print "127.0.0." i, i % 2 ? "udp" : "tcp", "ns1.servers.example A" }' >"$work/more"
ask -j 6 <"$work/more" >"$work/got"
signal CONT
wait "$asking"
[ "$(grep -c ' A:10:0.0.0.0 ' "$work/got")" -eq 6 ] || fail "a client got the name server's address"
cat "$work/more" >>"$work/asked"
check_report "$work/listed"
exit 0
