#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# actions.sh -- what each action of a list answers, and which list decides
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

for action in sinkhole nxdomain nodata refused drop log; do
	echo "$action.example" >"$work/$action.txt"
done
printf 'allowed.sinkhole.example\nequal.example\n' >"$work/allow.txt"
printf 'equal.example\nboth.example\n' >"$work/first.txt"
printf 'both.example\nlog.both.example\n' >"$work/second.txt"
printf 'logged.both.example\nblocked.log.example\n' >"$work/third.txt"
for name in quiet own less gone; do
	echo $name.example >"$work/$name.txt"
done
configure "  - { name: sinkhole, file: sinkhole.txt }
  - { name: nx, file: nxdomain.txt, action: nxdomain }
  - { name: nodata, file: nodata.txt, action: nodata }
  - { name: refused, file: refused.txt, action: refused }
  - { name: drop, file: drop.txt, action: drop }
  - { name: log, file: log.txt, action: log }
  - { name: first, file: first.txt, action: nxdomain }
  - { name: second, file: second.txt }
  - { name: quiet, file: quiet.txt, events: off }
  - { name: allow, file: allow.txt, action: allow }
  - { name: third, file: third.txt }
  - { name: own, file: own.txt, sinkhole: { ipv4: 192.0.2.9, ipv6: '2001:db8::9', ttl: 5 } }
  - { name: less, file: less.txt, sinkhole: { ipv4: none } }
  - { name: gone, file: gone.txt, action: nxdomain, sinkhole: { ttl: 3 } }"
cat >>"$work/beacontrap.yaml" <<-END
	sinkhole: { ipv4: 192.0.2.1, ipv6: none, ttl: 77, ede: code }
END
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
start_world
start_unbound

# expect "RCODE FLAGS QUESTION ANSWER AUTHORITY EDE" CLIENT TRANSPORT NAME TYPE [FLAG...]
expect()
{
	want=$1
	shift
	got=$(one "$@" | cut -d' ' -f5-)
	[ "$got" = "$want" ] || fail "$*: got \"$got\", expected \"$want\""
	echo "$*" >>"$work/asked"
}

real='A:[0-9]*:203\.0\.113\.1'

passes()
{
	one "$@" | grep -Eq " NOERROR rd,ra [^ ]* $real - -\$" || fail "$* did not pass"
	echo "$*" >>"$work/asked"
}

expect "NOERROR rd,ra sinkhole.example. A:77:192.0.2.1 - 15:" 127.0.0.2 udp sinkhole.example A edns
expect "NOERROR rd,ra sinkhole.example. - SOA:sinkhole.example./77/77 -" 127.0.0.2 udp sinkhole.example AAAA
expect "NOERROR rd,ra x.sinkhole.example. A:77:192.0.2.1 - -" 127.0.0.2 udp x.sinkhole.example ANY
expect "NXDOMAIN rd,ra a.nxdomain.example. - SOA:nxdomain.example./77/77 15:" 127.0.0.3 tcp a.nxdomain.example A edns
expect "NOERROR rd,ra nodata.example. - SOA:nodata.example./77/77 -" 127.0.0.3 udp nodata.example A
expect "REFUSED rd,ra refused.example. - - 15:" 127.0.0.3 udp refused.example A edns
expect "REFUSED rd,ra drop.example. - - -" 127.0.0.4 tcp drop.example A
got=$(echo "127.0.0.4 udp drop.example A" | ask -t 1 | cut -d' ' -f5)
[ "$got" = TIMEOUT ] || fail "drop over UDP was answered: $got"
echo "127.0.0.4 udp drop.example A" >>"$work/asked"

# a list's own addresses and TTL; what it does not say is as for all
expect "NOERROR rd,ra own.example. A:5:192.0.2.9 - -" 127.0.0.4 udp own.example A
expect "NOERROR rd,ra own.example. AAAA:5:2001:db8::9 - -" 127.0.0.4 tcp own.example AAAA
expect "NOERROR rd,ra own.example. - SOA:own.example./5/5 15:" 127.0.0.4 udp own.example MX edns
expect "NOERROR rd,ra less.example. - SOA:less.example./77/77 -" 127.0.0.4 udp less.example A
expect "NXDOMAIN rd,ra gone.example. - SOA:gone.example./3/3 -" 127.0.0.4 udp gone.example A

# events: off is answered, and not in the report
expect "NOERROR rd,ra quiet.example. A:77:192.0.2.1 - -" 127.0.0.4 udp quiet.example A
grep -v quiet.example "$work/asked" >"$work/counted"
mv "$work/counted" "$work/asked"

# log passes, every time, and is counted every time
passes 127.0.0.5 udp log.example A
passes 127.0.0.6 udp log.example A
passes 127.0.0.6 tcp x.log.example A
# set aside when something else matches, even something shorter
expect "NOERROR rd,ra blocked.log.example. A:77:192.0.2.1 - -" 127.0.0.6 udp blocked.log.example A
# the first list decides on the same name
expect "NXDOMAIN rd,ra both.example. - SOA:both.example./77/77 -" 127.0.0.7 udp both.example A
# the longer name decides over the first list
expect "NOERROR rd,ra logged.both.example. A:77:192.0.2.1 - -" 127.0.0.7 udp logged.both.example A

beacontrap lookup both.example >"$work/lookup.log" || fail "lookup"
grep -q '^both.example: nxdomain' "$work/lookup.log" || fail "lookup disagrees with the answer"

for list in sinkhole nxdomain nodata refused drop log both own less gone; do
	echo "$list.example"
done >"$work/listed"
printf 'blocked.log.example\nlogged.both.example\nquiet.example\n' >>"$work/listed"
check_report "$work/listed"

# allow: below a blocked name, and on the same name as a list that stands before
passes 127.0.0.8 udp allowed.sinkhole.example A
passes 127.0.0.8 udp x.allowed.sinkhole.example A
passes 127.0.0.8 udp equal.example A
expect "NOERROR rd,ra notallowed.sinkhole.example. A:77:192.0.2.1 - -" 127.0.0.8 udp notallowed.sinkhole.example A
grep -v -e allowed.sinkhole -e equal.example "$work/asked" >"$work/counted"
echo "127.0.0.8 udp notallowed.sinkhole.example A" >>"$work/counted"
mv "$work/counted" "$work/asked"
check_report "$work/listed"
exit 0
