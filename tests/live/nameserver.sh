#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# nameserver.sh -- a zone whose name server has a listed name: it resolves, and the name stays blocked
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

[ "$(id -u)" -eq 0 ] || skip "needs root, for an NSD on port 53 of 127.99.0.2"
echo servers.example >"$work/list.txt"
echo servers.example >"$work/listed"
configure "  - { name: list, file: list.txt }"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
start_world
start_nsd 127.99.0.2 53 delegated.example delegated.zone servers.example servers.zone

for stack in "dynlib iterator" "dynlib validator iterator"; do
	for minimise in yes no; do
		rm -rf "$work/state/events"
		: >"$work/asked"
		start_unbound "qname-minimisation: $minimise"
		one 127.0.0.2 udp www.delegated.example A | grep -q ' A:[0-9]*:203.0.113.9 ' ||
			fail "the delegated zone does not resolve"
		for transport in udp tcp; do
			one 127.0.0.3 $transport ns1.servers.example A | grep -q ' A:10:0.0.0.0 ' ||
				fail "the name server's name is answered from the cache"
			echo "127.0.0.3 $transport ns1.servers.example A" >>"$work/asked"
		done
		one 127.0.0.2 udp other.delegated.example A | grep -q ' NXDOMAIN ' ||
			fail "the delegated zone does not resolve after the name was blocked"
		check_report "$work/listed"
		stop_unbound
	done
done
exit 0
