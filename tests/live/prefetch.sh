#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# prefetch.sh -- what Unbound fetches before anybody waits for it reaches no group that it is not for
# shellcheck disable=SC2119,SC2317 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

echo listed.example >"$work/list.txt"
configure "  - { name: list, file: list.txt }
clients:
  - { name: exempt, networks: [127.0.1.0/24], lists: none }
  - { name: strict, networks: [127.0.2.0/24], action: nxdomain }"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"

# A prefetch begins in the last tenth of a TTL, in whole seconds: 10 s is the shortest that has one.
cp "$source_dir/tests/live/world.zone" "$work/world.zone"
for name in stays turns; do
	echo "$name.early.example. 10 A 203.0.113.1"
done >>"$work/world.zone"
printf '%s\n' "late.early.example. 10 CNAME target.early.example." "target.early.example. 10 A 203.0.113.1" >>"$work/world.zone"
world=$("$BT_ASK" -f)
start_nsd 127.0.0.1 "$world" . "$work/world.zone"

prefetched()
{
	control stats_noreset | sed -n 's/^total.num.prefetch=//p'
}

# fetches CLIENT NAME: answered from the cache, the question makes Unbound fetch it anew
fetches()
{
	before=$(prefetched)
	one "$1" udp "$2" A | grep -q 203.0.113.1 || fail "$2 does not pass for $1"
	[ "$(prefetched)" -gt "$before" ]
}

turned()
{
	echo "127.0.0.1 udp turns.early.example A" | "$BT_ASK" -s 127.0.0.1 -p "$world" | grep -q CNAME
}

real='NOERROR (CNAME:[0-9]+:[a-z.]*,)?A:[0-9]+:203\.0\.113\.1(@[a-z.]*)?'
stopped='NOERROR A:10:0\.0\.0\.0'

read_zone()
{
	for pid in $nsd_pids; do
		kill -HUP "$pid"
	done
	until_true 5 "$@" || fail "NSD does not read its zone again"
}

as_before()
{
	! turned
}

# A prefetch has one second to be begun in: a machine that was busy elsewhere then gets another try.
scene()
{
	sed -i 's/^turns.early.example. 10 .*/turns.early.example. 10 A 203.0.113.1/' "$work/world.zone"
	read_zone as_before
	start_unbound "prefetch: yes"
	for name in stays turns late; do
		gives "$real" 127.0.0.2 udp $name.early.example A
	done
	# one of them comes to lead to a listed name, and an exempt client's question fetches that
	sed -i 's/^turns.early.example. 10 A .*/turns.early.example. 10 CNAME listed.example./' "$work/world.zone"
	read_zone turned
	until_true 11 fetches 127.0.1.1 stays.early.example || return 1
	fetches 127.0.1.1 turns.early.example || return 1
	# another is decided about for some clients while it is being fetched
	signal STOP
	fetches 127.0.0.2 late.early.example && return 0
	signal CONT
	return 1
}

scenes=1 # until_true has tries of its own
until scene; do
	scenes=$((scenes + 1))
	[ $scenes -le 4 ] || fail "Unbound does not prefetch"
	stop_unbound
done
beacontrap block target.early.example --client 127.0.2.0/24 >"$work/decide.log" 2>&1 || fail "block"
until_true 5 grep -q 'new local decisions in force' "$work/unbound.log" || fail "the decision is not read"
printf '127.0.%d.1 udp late.early.example A\n' 2 1 0 >"$work/flight"
ask -j 3 -t 10 <"$work/flight" >"$work/landed" &
asking=$!
sleep 0.3
signal CONT
wait "$asking"
grep -Eq '^127\.0\.2\.1 .*(NXDOMAIN|A:10:0\.0\.0\.0)' "$work/landed" ||
	fail "who is blocked was not: $(cat "$work/landed")"
for client in 127.0.1.1 127.0.0.1; do
	grep -q "^$client .*203[.]0[.]113[.]1" "$work/landed" ||
		fail "$client may pass and does not: $(cat "$work/landed")"
done

# in both orders, before the first answer's time is over and after
for _ in 1 2; do
	for client in 127.0.1.1 127.0.0.2 127.0.2.2 127.0.2.2 127.0.0.2 127.0.1.1; do
		case $client in
		127.0.0.*) want=$stopped ;;
		127.0.1.*) want=$real ;;
		127.0.2.*) want='NXDOMAIN -' ;;
		esac
		gives "$want" $client udp turns.early.example A
		gives "$real" $client udp stays.early.example A
	done
	sleep 1.2
done
control dump_cache | grep -E '^msg (turns[.]early|listed)[.]example' && fail "something of it is in the cache"
echo "prefetched: $(prefetched)"
exit 0
