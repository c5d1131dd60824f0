#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# behind-dnsmasq.sh -- the recipe "behind Pi-hole": dnsmasq, which is Pi-hole's resolver, names its clients
# shellcheck disable=SC2119,SC2317 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

dnsmasq=$(PATH=$PATH:/usr/sbin command -v dnsmasq) || skip "no dnsmasq (Debian package dnsmasq-base)"

echo listed.example >"$work/list.txt"
configure "  - { name: list, file: list.txt }
clients:
  - { name: exempt, networks: [127.0.1.1], lists: none }
trusted-forwarders: [127.0.0.1]"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
start_world
start_unbound
behind=$port

# What docker/README.md tells users to give Pi-hole.
recipe()
{
	sed -n 's/^    \(add-[a-z]*\|strip-[a-z]*\)\(=[0-9,]*\)\{0,1\}$/\1\2/p' "$source_dir/docker/README.md"
}

# start_dnsmasq LINE...: it has the port that is asked from here on
start_dnsmasq()
{
	port=$("$BT_ASK" -f)
	cat >"$work/dnsmasq.conf" <<-END
		port=$port
		listen-address=127.0.0.1
		bind-interfaces
		no-resolv
		no-hosts
		server=127.0.0.1#$behind
		cache-size=10000
	END
	printf '%s\n' "$@" >>"$work/dnsmasq.conf"
	"$dnsmasq" --keep-in-foreground --conf-file="$work/dnsmasq.conf" --user="$(id -un)" --pid-file \
		>"$work/dnsmasq.log" 2>&1 &
	dnsmasq_pid=$!
	until_true 10 answers unlisted.example || fail "dnsmasq does not answer"
}

dnsmasq_pid=''

stop_dnsmasq()
{
	[ -n "$dnsmasq_pid" ] || return 0
	kill "$dnsmasq_pid" 2>/dev/null
	wait "$dnsmasq_pid" 2>/dev/null
	dnsmasq_pid=''
}
trap 'stop_dnsmasq; clean_up' EXIT

blocked='NOERROR A:[0-9]+:0\.0\.0\.0'

# ---- as the recipe says ----

recipe >"$work/recipe"
[ "$(xargs <"$work/recipe")" = "add-subnet=32,128 strip-subnet add-mac strip-mac" ] ||
	fail "docker/README.md has another recipe: $(cat "$work/recipe")"
start_dnsmasq "$(cat "$work/recipe")"

# each client and each question is seen: dnsmasq keeps no answer back that was for somebody
for client in 127.0.0.5 127.0.0.6 127.0.0.5; do
	for transport in udp tcp; do
		gives "$blocked" $client $transport www.listed.example A
		event $client $transport 127.0.0.1 - www.listed.example 1 sinkhole list listed.example name -
	done
done
# nor while it waits for an answer to another
signal STOP
before=$(asked)
for client in 127.0.0.8 127.0.0.9 127.0.1.1; do
	echo "$client udp a.one.example A"
done >"$work/flight"
ask -j 3 -t 10 <"$work/flight" >"$work/landed" &
asking=$!
until_true 8 has_asked $((before + 3)) || fail "dnsmasq does not pass on each client's question"
signal CONT
wait "$asking"
for client in 127.0.0.8 127.0.0.9; do
	grep -q "^$client .* A:[0-9]*:0.0.0.0 " "$work/landed" || fail "$client got another answer: $(cat "$work/landed")"
	event $client udp 127.0.0.1 - a.one.example 1 sinkhole list listed.example alias listed.example
done
grep -q "^127.0.1.1 .*203[.]0[.]113[.]1@" "$work/landed" || fail "who is exempt got another answer"
# who is exempt gets no other's answer, and nobody his
gives 'NOERROR A:[0-9]+:203\.0\.113\.1' 127.0.1.1 udp www.listed.example A
gives "$blocked" 127.0.0.5 udp www.listed.example A
event 127.0.0.5 udp 127.0.0.1 - www.listed.example 1 sinkhole list listed.example name -
# nobody is who he says
gives "$blocked" 127.0.0.7 udp www.listed.example A ecs=127.0.1.1/32 mac=02:00:5e:10:00:01
event 127.0.0.7 udp 127.0.0.1 - www.listed.example 1 sinkhole list listed.example name -
check_events
beacontrap report --endpoints --format csv >"$work/report" 2>/dev/null
for client in 127.0.0.5 127.0.0.6 127.0.0.7; do
	grep -q "^listed.example,$client," "$work/report" || fail "the report lacks $client: $(cat "$work/report")"
done
stop_dnsmasq

# ---- without strip-subnet and strip-mac a client names himself: why they are in the recipe ----

start_dnsmasq add-subnet=32,128 add-mac
gives 'NOERROR A:[0-9]+:203\.0\.113\.1' 127.0.0.7 udp www.listed.example A ecs=127.0.1.1/32
stop_dnsmasq
exit 0
