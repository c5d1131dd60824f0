#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# subnets.sh -- an upstream that answers by client subnet, so that subnetcache caches by it: each client gets
# its own group's verdict, and its own subnet's answer
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

knotd=$(PATH=$PATH:/usr/sbin command -v knotd) || skip "no knotd (Debian packages knot, knot-module-geoip)"

# Of each subnet, the upper half is exempt.
echo listed.subnet.example >"$work/list.txt"
configure "  - { name: list, file: list.txt }
clients:
  - { name: exempt, networks: [127.0.1.128/25, 127.0.2.128/25], lists: none }"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"

stopped='NOERROR A:10:0\.0\.0\.0'
listed=to.listed.subnet.example plain=to.plain.subnet.example

# ---- the upstream ----

# by_subnet NAME ANSWER ANSWER: those of the subnets 127.0.1 and 127.0.2; a third has one as well
by_subnet()
{
	printf '%s.subnet.example:\n  - net: 127.0.1.0/24\n    %s\n  - net: 127.0.2.0/24\n    %s\n' "$@"
	printf '  - net: 127.0.3.0/24\n    A: 203.0.113.30\n'
}

make_zone()
{
	for name in first second third; do
		by_subnet $name.listed 'A: 203.0.113.10' 'A: 203.0.113.20'
		by_subnet $name 'A: 203.0.113.10' 'A: 203.0.113.20'
		# in one subnet the name leads to a listed one, in the other it does not; and the other way
		by_subnet $name-leads "CNAME: $listed." "CNAME: $plain."
		by_subnet $name-turns "CNAME: $plain." "CNAME: $listed."
	done >"$work/subnets.conf"
	# Unbound takes the scope of an answer from the last response that is in it: targets have one, too.
	for name in to.listed to.plain; do
		by_subnet $name 'A: 203.0.113.10' 'A: 203.0.113.20'
	done >>"$work/subnets.conf"
	cat >"$work/subnet.zone" <<-END
		\$ORIGIN subnet.example.
		\$TTL 300
		@   SOA ns root 1 3600 900 604800 300
		@   NS  ns
		ns  A   127.0.0.1
	END
}

# mod-geoip of Knot DNS, in the mode that needs no database
start_knot()
{
	knot=$("$BT_ASK" -f)
	mkdir "$work/knot"
	cat >"$work/knot.conf" <<-END
		server:
		  rundir: "$work/knot"
		  listen: 127.0.0.1@$knot
		  edns-client-subnet: on
		  udp-workers: 1
		  tcp-workers: 1
		  background-workers: 1
		database:
		  storage: "$work/knot"
		log:
		  - target: stderr
		    any: warning
		mod-geoip:
		  - id: subnets
		    config-file: "$work/subnets.conf"
		    ttl: 300
		    mode: subnet
		zone:
		  - domain: subnet.example
		    file: "$work/subnet.zone"
		    zonefile-sync: -1
		    journal-content: none
		    module: mod-geoip/subnets
	END
	"$knotd" -c "$work/knot.conf" >"$work/knot.log" 2>&1 &
	nsd_pids="$nsd_pids $!"
	until_true 10 knot_answers && return
	grep -q "unknown module 'mod-geoip'" "$work/knot.log" && skip "Knot has no mod-geoip (Debian package knot-module-geoip)"
	fail "Knot does not answer"
}

# shellcheck disable=SC2317 # called through until_true
knot_answers()
{
	echo '127.0.0.1 udp subnet.example SOA' | "$BT_ASK" -s 127.0.0.1 -p "$knot" -t 1 | grep -q ' NOERROR '
}

# ---- what each client is to get ----

# own CLIENT NAME: what the client is to get, and the event if there is to be one
own()
{
	target='' record='' want=$stopped
	case $1 in
	127.0.1.*) real='A:[0-9]+:203\.0\.113\.10' leads=$listed turns=$plain ;;
	127.0.2.*) real='A:[0-9]+:203\.0\.113\.20' leads=$plain turns=$listed ;;
	esac
	case $2 in
	*-leads.*) target=$leads ;;
	*-turns.*) target=$turns ;;
	esac
	case $target,$2 in
	"$listed,"*) how="alias $listed" ;;
	,*.listed.*) how='name -' ;;
	*) how='' ;;
	esac
	if [ "${1##*.}" -lt 128 ] && [ -n "$how" ]; then
		record="$1 udp - - $2 1 sinkhole list listed.subnet.example $how"
	else
		want="NOERROR ${target:+CNAME:[0-9]+:$target.,}$real${target:+@$target.}"
	fi
}

expect_own()
{
	own "$@"
	gives "$want" "$1" udp "$2" A
	[ -z "$record" ] || event "$record"
}

# names PREFIX
names()
{
	for name in "$1" "$1.listed" "$1-leads" "$1-turns"; do
		echo "$name.subnet.example"
	done
}

# in_order PREFIX CLIENT...: the second time out of the cache, if it is there
in_order()
{
	prefix=$1
	shift
	for name in $(names "$prefix"); do
		for client in "$@" "$@"; do
			expect_own "$client" "$name"
		done
	done
}

# in_flight PREFIX CLIENT...: all ask for it while it is being resolved
in_flight()
{
	prefix=$1
	shift
	for name in $(names "$prefix"); do
		signal STOP
		before=$(asked)
		for client in "$@"; do
			echo "$client udp $name A"
		done >"$work/flight"
		ask -j $# -t 10 <"$work/flight" >"$work/landed" &
		asking=$!
		until_true 8 has_asked $((before + $#)) || fail "not all clients wait"
		signal CONT
		wait "$asking"
		for client in "$@"; do
			own "$client" "$name"
			[ -z "$record" ] || event "$record"
			got=$(grep "^$client " "$work/landed" | cut -d' ' -f5,8)
			echo "$got" | grep -Eqx -e "$want" || fail "$name in flight for $client: got \"$got\""
		done
	done
}

# Without its upstream, Unbound answers others of a subnet as it answered the first: so what comes before was
# of a cache by subnet, and not resolved each time.
is_cached()
{
	signal STOP
	for client in 127.0.1.9 127.0.2.9 127.0.1.140 127.0.2.140; do
		expect_own $client first.subnet.example
		expect_own $client second.subnet.example
	done
	signal CONT
	gives 'NOERROR A:[0-9]+:203\.0\.113\.30' 127.0.3.2 udp first.subnet.example A
}

# hits CLIENT NAME INDICATOR HOW: it is stopped now
hits()
{
	gives "$stopped" "$1" udp "$2" A
	event "$1 udp - - $2 1 sinkhole list $3 $4"
}

# What is cached by subnet, and listed then: names, and what they lead to
listed_later()
{
	printf 'first.subnet.example\n%s\n' $plain >>"$work/list.txt"
	beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
	until_true 5 grep -q '3 names in force' "$work/unbound.log" || fail "no new list"
	for net in 127.0.1 127.0.2; do
		for name in first first-leads second-turns; do
			expect_own $net.140 $name.subnet.example
		done
		hits $net.9 first.subnet.example first.subnet.example 'name -'
	done
	hits 127.0.1.2 second-turns.subnet.example $plain "alias $plain"
	hits 127.0.1.2 first-leads.subnet.example listed.subnet.example "alias $listed"
	hits 127.0.2.2 first-leads.subnet.example $plain "alias $plain"
	hits 127.0.2.2 second-turns.subnet.example listed.subnet.example "alias $listed"
	echo listed.subnet.example >"$work/list.txt"
}

make_zone
start_world
start_knot
clauses="stub-zone:
  name: subnet.example
  stub-addr: 127.0.0.1@$knot"

for stack in "dynlib subnetcache iterator" "dynlib subnetcache validator iterator"; do
	echo "$stack"
	: >"$work/unbound.log"
	beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
	start_unbound "send-client-subnet: 127.0.0.1" "qname-minimisation: yes"
	in_order first 127.0.1.130 127.0.1.2 127.0.2.130 127.0.2.2
	in_order second 127.0.2.2 127.0.2.130 127.0.1.2 127.0.1.130
	in_flight third 127.0.1.2 127.0.1.130 127.0.2.2 127.0.2.130
	is_cached
	listed_later
	check_events
	stop_unbound
	grep 'error:' "$work/unbound.log" && fail "Unbound logged an error"
done
exit 0
