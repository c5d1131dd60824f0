#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# nameserver.sh -- a zone whose name server has a listed name: it resolves, and the name stays blocked
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

[ "$(id -u)" -eq 0 ] || skip "needs root, for an NSD on port 53 of 127.99.0.2"
echo servers.example >"$work/list.txt"
echo servers.example >"$work/listed"
start_world
start_nsd 127.99.0.2 53 delegated.example delegated.zone servers.example servers.zone

# with_policy LINES: those behind the list
with_policy()
{
	configure "  - { name: list, file: list.txt }"
	echo "$1" >>"$work/beacontrap.yaml"
	beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
}

# Whether the list is for all, for all but some, or for some.
for policy in "clients: []" \
	"clients: [ { name: exempt, networks: [127.0.0.2], lists: none } ]" \
	"clients: [ { name: others, networks: [127.0.0.0/8, '::/0'], action: refused }, { name: some, networks: [127.0.0.3] } ]"; do
	with_policy "$policy"
	for stack in "dynlib iterator yes" "dynlib iterator no" "dynlib validator iterator yes" \
		"dynlib subnetcache validator iterator no"; do
		minimise=${stack##* } stack=${stack% *}
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
