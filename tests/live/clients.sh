#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# clients.sh -- which client gets which answer, and who the client is
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

echo listed.example >"$work/first.txt"
echo wanted.example >"$work/second.txt"
policy="  - { name: first, file: first.txt, sinkhole: { ipv4: 192.0.2.1, ttl: 77 } }
  - { name: second, file: second.txt, sinkhole: { ipv4: 192.0.2.2, ipv6: '2001:db8::2', ttl: 33 } }
clients:
  - { name: exempt, networks: [127.0.1.1, 192.0.2.128/25], lists: none }
  - { name: wide, networks: [127.0.2.0/24, '2001:db8:1::/48'], lists: [second] }
  - { name: inside, networks: [127.0.2.8/29], action: nxdomain }
  - { name: watched, networks: [127.0.3.0/24], action: log }
  - { name: six, networks: ['::1', '2001:db8:1:8000::/49'], action: refused }
trusted-forwarders: [127.0.9.0/24, 203.0.113.9]"

compile()
{
	beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
}

configure "$policy"
compile
start_world

real='NOERROR (CNAME:[0-9]+:listed\.example\.,)?A:[0-9]+:203\.0\.113\.1(@listed\.example\.)?'
first='NOERROR A:77:192\.0\.2\.1'
second='NOERROR A:33:192\.0\.2\.2'

# ---- groups ----

alone()
{
	start_unbound "interface: ::1@$("$BT_ASK" -f)"
	port6=$(sed -n 's/.*interface: ::1@//p' "$work/unbound.conf")
	gives "$first" 127.0.0.2 udp listed.example A
	gives 'NOERROR -' 127.0.0.2 udp listed.example TXT
	gives "$second" 127.0.0.2 udp wanted.example A
	gives 'NOERROR AAAA:33:2001:db8::2' 127.0.0.2 udp wanted.example AAAA
	gives "$real" 127.0.1.1 udp listed.example A
	gives "$real" 127.0.1.1 udp wanted.example A
	gives "$real" 127.0.2.7 udp listed.example A
	gives "$second" 127.0.2.7 udp wanted.example A
	gives 'NXDOMAIN -' 127.0.2.8 udp listed.example A
	gives 'NXDOMAIN -' 127.0.2.15 udp wanted.example A
	gives "$second" 127.0.2.16 tcp wanted.example A
	gives "$real" 127.0.3.1 udp wanted.example A
	event 127.0.0.2 udp - - listed.example 1 sinkhole first listed.example name -
	event 127.0.0.2 udp - - listed.example 16 sinkhole first listed.example name -
	event 127.0.0.2 udp - - wanted.example 1 sinkhole second wanted.example name -
	event 127.0.0.2 udp - - wanted.example 28 sinkhole second wanted.example name -
	event 127.0.2.7 udp - - wanted.example 1 sinkhole second wanted.example name -
	event 127.0.2.8 udp - - listed.example 1 nxdomain first listed.example name -
	event 127.0.2.15 udp - - wanted.example 1 nxdomain second wanted.example name -
	event 127.0.2.16 tcp - - wanted.example 1 sinkhole second wanted.example name -
	event 127.0.3.1 udp - - wanted.example 1 log second wanted.example name -
	if grep -q lo$ /proc/net/if_inet6 2>/dev/null; then
		echo "::1 udp wanted.example A" | "$BT_ASK" -s ::1 -p "$port6" | grep -q ' REFUSED ' ||
			fail "the IPv6 client is not of its group"
		event ::1 udp - - wanted.example 1 refused second wanted.example name -
	else
		echo "no IPv6 on this machine: not asked from ::1"
	fi
	check_events
	stop_unbound
}

# ---- no group's answer ever reaches another ----

# in_order NAME CLIENT...: each gets its own, and again
in_order()
{
	name=$1
	shift
	for client in "$@" "$@"; do
		expect_own "$client" "$name"
	done
}

# own CLIENT: the answer of the group
own()
{
	case $1 in
	127.0.0.*) echo "$first" ;;
	127.0.1.*) echo "$real" ;;
	127.0.2.*) echo 'NXDOMAIN -' ;;
	127.0.3.*) echo "$real" ;;
	esac
}

own_event()
{
	case $1 in
	127.0.0.*) action=sinkhole ;;
	127.0.1.*) return ;;
	127.0.2.*) action=nxdomain ;;
	127.0.3.*) action=log ;;
	esac
	case $2 in
	*one.*) event "$1 udp - - $2 1 $action first listed.example alias listed.example" ;;
	*) event "$1 udp - - $2 1 $action first listed.example name -" ;;
	esac
}

expect_own()
{
	gives "$(own "$1")" "$1" udp "$2" A
	own_event "$1" "$2"
}

# in_flight NAME CLIENT...: all ask for it while it is being resolved
in_flight()
{
	name=$1
	shift
	signal STOP
	before=$(asked)
	for client in "$@"; do
		echo "$client udp $name A"
		own_event "$client" "$name"
	done >"$work/flight"
	ask -j $# -t 10 <"$work/flight" >"$work/landed" &
	asking=$!
	until_true 8 has_asked $((before + $#)) || fail "not all clients wait"
	signal CONT
	wait "$asking"
	for client in "$@"; do
		got=$(grep "^$client " "$work/landed" | cut -d' ' -f5,8)
		echo "$got" | grep -Eqx -e "$(own "$client")" ||
			fail "$name in flight for $client: got \"$got\""
	done
}

apart()
{
	start_unbound "$@"
	in_order a.listed.example 127.0.1.1 127.0.0.2 127.0.2.8 127.0.3.1
	in_order b.listed.example 127.0.3.1 127.0.2.8 127.0.0.2 127.0.1.1
	in_order a.one.example 127.0.1.1 127.0.0.2 127.0.2.8 127.0.3.1
	in_order b.one.example 127.0.0.2 127.0.3.1 127.0.1.1 127.0.2.8
	in_order brief.one.example 127.0.1.1 127.0.0.2 127.0.1.1
	in_flight c.listed.example 127.0.1.1 127.0.0.2 127.0.2.8 127.0.3.1
	in_flight c.one.example 127.0.1.1 127.0.0.2 127.0.2.8 127.0.3.1
	in_flight d.one.example 127.0.3.1 127.0.2.8 127.0.0.2 127.0.1.1
	check_events
	control dump_cache >"$work/dump"
	grep -E '^msg ([^ ]*[.])?(listed|[^ ]+[.]one)[.]example' "$work/dump" && fail "something of it is in the cache"
	stop_unbound
}

# ---- groups that come while a name is being resolved ----

# Two clients wait together and belong to different groups when the answer comes: neither gets the
# other's. The same for an expired answer that is being refreshed.
come_to_be()
{
	configure "  - { name: first, file: second.txt }"
	compile
	start_unbound "serve-expired: yes" "serve-expired-reply-ttl: 77"
	until_true 5 expired || fail "no answer was served after it expired"
	signal STOP
	until_true 5 expired || fail "no expired answer while it is being refreshed"
	before=$(asked)
	printf '127.0.1.1 udp new.brief.example A\n127.0.0.2 udp new.brief.example A\n' >"$work/flight"
	ask -j 2 -t 10 <"$work/flight" >"$work/landed" &
	asking=$!
	until_true 8 has_asked $((before + 2)) || fail "not all clients wait"
	echo brief.example >>"$work/first.txt"
	configure "$policy"
	compile
	until_true 5 grep -q '3 names in force' "$work/unbound.log" || fail "no new groups"
	signal CONT
	wait "$asking"
	grep '^127.0.1.1 .* A:77:192.0.2.1 ' "$work/landed" && fail "exempt, and blocked"
	grep '^127.0.0.2 .*203[.]0[.]113' "$work/landed" && fail "blocked, and let through"
	for name in name.brief.example new.brief.example; do
		gives "$first" 127.0.0.2 udp $name A
		gives 'NOERROR A:[0-9]+:203\.0\.113\.1' 127.0.1.1 udp $name A
	done
	stop_unbound
	rm -rf "${work:?}/state/events"
}

# shellcheck disable=SC2317 # called through until_true
expired()
{
	one 127.0.0.2 udp name.brief.example A | grep -q ' A:77:203.0.113.1 '
}

# ---- who is the client ----

speaking_for()
{
	proxied=$("$BT_ASK" -f)
	start_unbound "interface: 127.0.0.1@$proxied" "proxy-protocol-port: $proxied" \
		"access-control: 0.0.0.0/0 allow" "access-control: ::/0 allow"

	# a forwarder that is trusted names an exempt client, and others
	gives "$real" 127.0.9.1 udp listed.example A ecs=192.0.2.200/32
	gives "$first" 127.0.9.1 udp listed.example A ecs=192.0.2.7/32
	event 192.0.2.7 udp 127.0.9.1 - listed.example 1 sinkhole first listed.example name -
	gives 'REFUSED -' 127.0.9.1 tcp listed.example A ecs=2001:db8:1:8000::7/128
	event 2001:db8:1:8000::7 tcp 127.0.9.1 - listed.example 1 refused first listed.example name -
	gives "$first" 127.0.9.1 udp listed.example A mac=02:00:5e:10:00:01
	event 127.0.9.1 udp - 02:00:5e:10:00:01 listed.example 1 sinkhole first listed.example name -
	gives "$first" 127.0.9.1 udp listed.example A ecs=192.0.2.8/32 mac=02:00:5e:10:00:02
	event 192.0.2.8 udp 127.0.9.1 02:00:5e:10:00:02 listed.example 1 sinkhole first listed.example name -
	# a part of an address is nobody's
	gives "$first" 127.0.9.1 udp listed.example A ecs=192.0.2.0/24
	gives "$first" 127.0.9.1 udp listed.example A ecs=192.0.2.128/25
	event 127.0.9.1 udp - - listed.example 1 sinkhole first listed.example name -
	event 127.0.9.1 udp - - listed.example 1 sinkhole first listed.example name -
	# neither is a MAC address of other size
	gives "$first" 127.0.9.1 udp listed.example A mac=02:00:5e:10
	event 127.0.9.1 udp - - listed.example 1 sinkhole first listed.example name -
	# whoever is not trusted is not believed
	gives "$first" 127.0.0.2 udp listed.example A ecs=192.0.2.200/32 mac=02:00:5e:10:00:03
	event 127.0.0.2 udp - - listed.example 1 sinkhole first listed.example name -
	# nor is somebody exempt who says that he is another
	gives "$real" 127.0.1.1 udp listed.example A ecs=192.0.2.7/32

	# behind a proxy
	direct=$port
	port=$proxied
	gives "$real" 127.0.0.2 udp listed.example A proxy=192.0.2.200
	gives "$first" 127.0.0.2 udp listed.example A proxy=192.0.2.9
	event 192.0.2.9 udp - - listed.example 1 sinkhole first listed.example name -
	gives 'REFUSED -' 127.0.0.2 tcp listed.example A proxy=2001:db8:1:8000::9
	event 2001:db8:1:8000::9 tcp - - listed.example 1 refused first listed.example name -
	# a trusted proxy's word counts for nothing: its client must be trusted
	gives "$first" 127.0.9.1 udp listed.example A proxy=192.0.2.9 ecs=192.0.2.200/32
	event 192.0.2.9 udp - - listed.example 1 sinkhole first listed.example name -
	gives "$real" 127.0.0.2 udp listed.example A proxy=203.0.113.9 ecs=192.0.2.201/32
	gives "$first" 127.0.0.2 udp listed.example A proxy=203.0.113.9 ecs=192.0.2.10/32
	event 192.0.2.10 udp 203.0.113.9 - listed.example 1 sinkhole first listed.example name -
	port=$direct
	check_events

	beacontrap report --endpoints --format csv >"$work/report" 2>&1
	for client in 192.0.2.7 192.0.2.10 2001:db8:1:8000::7; do
		grep -q ",$client," "$work/report" || grep -q "$client" "$work/report" ||
			fail "the report lacks $client"
	done
	grep -q 192.0.2.200 "$work/report" && fail "the report has a client that got through"
	stop_unbound
}

# ---- who is the client, with others that wait for the same name ----

# Behind a proxy and behind a forwarder, of all groups: each gets its own answer, and the event is its own.
together()
{
	proxied=$("$BT_ASK" -f)
	start_unbound "interface: 127.0.0.1@$proxied" "proxy-protocol-port: $proxied" \
		"access-control: 0.0.0.0/0 allow" "access-control: ::/0 allow"
	for name in c.one.example d.one.example; do
		cat >"$work/proxied" <<-END
			127.0.0.2 udp $name A proxy=192.0.2.200
			127.0.0.2 udp $name A proxy=192.0.2.9
			127.0.0.2 udp $name A proxy=2001:db8:1:8000::9
			127.0.0.2 udp $name A proxy=203.0.113.9 ecs=192.0.2.201/32
			127.0.0.2 udp $name A proxy=203.0.113.9 ecs=192.0.2.10/32
		END
		cat >"$work/forwarded" <<-END
			127.0.9.1 udp $name A ecs=192.0.2.202/32
			127.0.9.2 udp $name A ecs=192.0.2.7/32 mac=02:00:5e:10:00:01
			127.0.9.3 udp $name A ecs=2001:db8:1:8000::7/128
			127.0.0.3 udp $name A ecs=192.0.2.203/32
			127.0.2.8 udp $name A
			127.0.3.1 udp $name A
		END
		signal STOP
		before=$(asked)
		"$BT_ASK" -s 127.0.0.1 -p "$proxied" -j 5 -t 10 <"$work/proxied" >"$work/landed-proxied" &
		asking=$!
		ask -j 6 -t 10 <"$work/forwarded" >"$work/landed" &
		asking="$asking $!"
		until_true 8 has_asked $((before + 11)) || fail "not all clients wait"
		signal CONT
		# shellcheck disable=SC2086 # words
		wait $asking
		# the proxy and its forwarder are one address to the client program: answers are counted
		got=$(count 'A:77:192.0.2.1' "$work/landed-proxied"),$(count 'REFUSED' "$work/landed-proxied"),$(
			count '203.0.113.1' "$work/landed-proxied")
		[ "$got" = 2,1,2 ] || fail "$name, behind a proxy: $got"
		for answer in "127.0.9.1 203.0.113.1" "127.0.9.2 A:77:192.0.2.1" "127.0.9.3 REFUSED" \
			"127.0.0.3 A:77:192.0.2.1" "127.0.2.8 NXDOMAIN" "127.0.3.1 203.0.113.1"; do
			grep "^${answer% *} " "$work/landed" | grep -qF "${answer#* }" || fail "$name: not $answer"
		done
		for who in "192.0.2.9 udp - - sinkhole" "2001:db8:1:8000::9 udp - - refused" \
			"192.0.2.10 udp 203.0.113.9 - sinkhole" "192.0.2.7 udp 127.0.9.2 02:00:5e:10:00:01 sinkhole" \
			"2001:db8:1:8000::7 udp 127.0.9.3 - refused" "127.0.0.3 udp - - sinkhole" \
			"127.0.2.8 udp - - nxdomain" "127.0.3.1 udp - - log"; do
			event "${who% *} $name 1 ${who##* } first listed.example alias listed.example"
		done
	done
	check_events
	stop_unbound
}

count()
{
	grep -cF "$1" "$2"
}

come_to_be
alone
speaking_for
together
for number in 1 2; do
	threads=$number
	apart
done
apart "prefetch: yes"
apart "serve-expired: yes"
stack="dynlib subnetcache iterator"
apart "send-client-subnet: 127.0.0.1"
speaking_for
together
exit 0
