#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# subnet.sh -- with `events: { clients: subnet }` nothing tells clients of a network apart, not even after kill -9
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

echo listed.example >"$work/list.txt"
configure "  - { name: list, file: list.txt }"
echo 'events: { clients: subnet }' >>"$work/beacontrap.yaml"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
start_world

ask_from()
{
	for client; do
		one "$client" udp a.listed.example A | grep -q ' A:10:0.0.0.0 ' || fail "$client: not answered"
	done
}

# shellcheck disable=SC2317 # called through until_true
seen()
{
	beacontrap tail --format json >"$work/hits" 2>/dev/null
	[ "$(wc -l <"$work/hits")" -eq "$1" ]
}

start_unbound
ask_from 127.0.0.5 127.0.0.77 127.0.1.9
stop_unbound -KILL
start_unbound
ask_from 127.0.2.200
until_true 5 seen 4 || fail "not all hits are there"
stop_unbound
[ "$(sed -n 's/.*"client":"\([^"]*\)".*/\1/p' "$work/hits" | sort | uniq -c | tr -s ' ' | xargs)" = \
	"2 127.0.0.0 1 127.0.1.0 1 127.0.2.0" ] || fail "clients: $(cat "$work/hits")"
grep -v '"port":0,' "$work/hits" && fail "a port"
beacontrap report --endpoints --format csv 2>/dev/null | grep -q '^listed.example,127.0.0.0,2,' || fail "the report"
beacontrap report 2>&1 | grep -q '^Endpoints .*clients are recorded as their networks' || fail "the report does not say so"
exit 0
