#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# targets.sh -- names that lead to listed names: CNAME, DNAME, HTTPS, SVCB
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

printf 'listed.example\ngone.one.example\nlisted.dead.example\n' >"$work/list.txt"
echo special.example >"$work/special.txt"
printf 'logged.example\nstep.one.example\nlogged.dead.example\n' >"$work/logged.txt"
echo permitted.one.example >"$work/allow.txt"
lists="  - { name: list, file: list.txt }
  - { name: special, file: special.txt, action: nxdomain }
  - { name: logged, file: logged.txt, action: log }
  - { name: allow, file: allow.txt, action: allow }"

stopped='NOERROR A:10:0\.0\.0\.0'
nothing='NOERROR -'
real='A:[0-9]+:203\.0\.113\.1'

# stops NAME TYPE NUMBER ANSWER INDICATOR HOW TARGET: each time that somebody asks
stops()
{
	for client in 127.0.0.2 127.0.0.3 127.0.0.2; do
		gives "$4" $client udp "$1" "$2"
		event "$client udp - - $1 $3 sinkhole list $5 $6 $7"
	done
}

lead()
{
	stops a.one.example A 1 "$stopped" listed.example alias listed.example
	stops e.one.example A 1 "$stopped" listed.example alias deep.listed.example
	stops a.one.example AAAA 28 'NOERROR AAAA:10:::' listed.example alias listed.example
	stops a.one.example TXT 16 "$nothing" listed.example alias listed.example
	stops chain.one.example A 1 "$stopped" listed.example alias listed.example
	stops far.one.example A 1 "$stopped" listed.example alias listed.example
	stops one.far.example A 1 "$stopped" listed.example alias listed.example
	stops dead.one.example A 1 "$stopped" gone.one.example alias gone.one.example
	stops www.tree.one.example A 1 "$stopped" listed.example alias listed.example
	stops alias.one.example HTTPS 65 "$nothing" listed.example service listed.example
	stops service.one.example HTTPS 65 "$nothing" listed.example service deep.listed.example
	stops port.one.example SVCB 64 "$nothing" listed.example service listed.example
	# the answer is of the name asked, and so is the SOA
	one 127.0.0.2 udp A.one.example TXT edns >"$work/answer"
	grep -q ' A.one.example. - SOA:A.one.example./10/10 15:listed_in_list$' "$work/answer" ||
		fail "not the sinkhole's: $(cat "$work/answer")"
	event 127.0.0.2 udp - - a.one.example 16 sinkhole list listed.example alias listed.example

	# what leads nowhere is left alone
	gives "NOERROR CNAME:[0-9]+:plain.example.,$real@plain.example." 127.0.0.2 udp plain.one.example A
	gives 'NOERROR HTTPS:[0-9]+:1_\._alpn=h2' 127.0.0.2 udp self.one.example HTTPS
	# and what is allowed, wherever it leads
	for client in 127.0.0.2 127.0.0.3; do
		gives "NOERROR CNAME:[0-9]+:listed.example.,$real@listed.example." $client udp permitted.one.example A
	done

	# logged is a name that leads to one that is; what stops comes before it
	gives "NOERROR CNAME:[0-9]+:logged.example.,$real@logged.example." 127.0.0.2 udp logged.one.example A
	gives "NOERROR CNAME:[0-9]+:logged.example.,$real@logged.example." 127.0.0.3 udp logged.one.example A
	event 127.0.0.2 udp - - logged.one.example 1 log logged logged.example alias logged.example
	event 127.0.0.3 udp - - logged.one.example 1 log logged logged.example alias logged.example
	gives "$stopped" 127.0.0.2 udp both.one.example A
	event 127.0.0.2 udp - - both.one.example 1 sinkhole list listed.example alias listed.example
	# both are hits where a log list has the name itself
	gives "$stopped" 127.0.0.2 udp step.one.example A
	event 127.0.0.2 udp - - step.one.example 1 log logged step.one.example name -
	event 127.0.0.2 udp - - step.one.example 1 sinkhole list listed.example alias listed.example
}

# The servers of dead.example know nothing of it: no answer of theirs, and no failure, is another's.
fail_to_resolve()
{
	for client in 127.0.0.2 127.0.0.3; do
		gives 'SERVFAIL -' $client udp logged.dead.example A
		event "$client udp - - logged.dead.example 1 log logged logged.dead.example name -"
		gives 'SERVFAIL -' 127.0.3.1 udp listed.dead.example A
		gives "$stopped" $client udp listed.dead.example A
		event "$client udp - - listed.dead.example 1 sinkhole list listed.dead.example name -"
	done
}

# Everybody who waits for the answer is a hit.
wait_together()
{
	signal STOP
	before=$(asked)
	for i in 2 3 4 5 6 7 8 9; do
		echo "127.0.0.$i udp b.one.example A"
		event "127.0.0.$i udp - - b.one.example 1 sinkhole list listed.example alias listed.example"
	done >"$work/flight"
	ask -j 8 -t 10 <"$work/flight" >"$work/landed" &
	asking=$!
	until_true 8 has_asked $((before + 8)) || fail "the clients do not wait"
	signal CONT
	wait "$asking"
	[ "$(grep -c ' A:10:0.0.0.0 ' "$work/landed")" -eq 8 ] || fail "somebody got through"
}

# A name leads to what only some are kept from.
for_some()
{
	for client in 127.0.2.1 127.0.0.2 127.0.2.1 127.0.0.2; do
		case $client in
		127.0.2.*) want="NOERROR CNAME:[0-9]+:special.example.,$real@special.example." ;;
		*) want='NXDOMAIN -' ;;
		esac
		gives "$want" $client udp special.one.example A
	done
	for _ in 1 2; do
		event "127.0.0.2 udp - - special.one.example 1 nxdomain special special.example alias special.example"
	done
	# exempt: nothing is done, or recorded, wherever a name leads
	gives "NOERROR CNAME:[0-9]+:listed.example.,$real@listed.example." 127.0.3.1 udp a.one.example A
	gives "$stopped" 127.0.2.1 udp a.one.example A
	event "127.0.2.1 udp - - a.one.example 1 sinkhole list listed.example alias listed.example"
}

uncached()
{
	control dump_cache >"$work/dump"
	grep -E '(CNAME|DNAME|HTTPS|SVCB).*(listed|gone|special)' "$work/dump" && fail "in the cache"
	grep -E '^msg ([^ ]*[.])?(listed|gone.one|special|logged|listed.dead|logged.dead)[.]example' "$work/dump" && fail "in the cache"
	grep -q '^msg plain.one.example. ' "$work/dump" || fail "nothing is cached"
}

start_world
far=$("$BT_ASK" -f)
start_nsd 127.0.0.1 "$far" far.example far.zone
clauses="stub-zone:
  name: far.example
  stub-addr: 127.0.0.1@$far
stub-zone:
  name: dead.example
  stub-addr: 127.0.0.1@$far"

for groups in none some; do
	configure "$lists"
	[ $groups = none ] || cat >>"$work/beacontrap.yaml" <<-END
		clients:
		  - { name: some, networks: [127.0.2.0/24], lists: [list] }
		  - { name: exempt, networks: [127.0.3.0/24], lists: none }
	END
	beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
	for stack in "dynlib iterator" "dynlib validator iterator" "dynlib subnetcache validator iterator"; do
		start_unbound "send-client-subnet: 127.0.0.1"
		lead
		wait_together
		[ $groups = none ] || for_some
		[ $groups = none ] || fail_to_resolve
		check_events
		uncached
		stop_unbound
	done
done
exit 0
