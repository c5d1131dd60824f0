#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# setups.sh -- the ways in which people run Unbound: validating, forwarding, with stubs, with ECS,
# serving what has expired, prefetching, over TLS and HTTPS
# shellcheck disable=SC1010,SC2119,SC2317 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

for tool in ldns-keygen ldns-signzone kdig openssl; do
	command -v $tool >/dev/null ||
		skip "no $tool (Debian packages ldnsutils, knot-dnsutils, openssl)"
done

printf 'listed.example\nbad.signed.example\nsub.signed.example\n' >"$work/list.txt"
echo logged.signed.example >"$work/logged.txt"
echo refused.example >"$work/drop.txt"
configure "  - { name: list, file: list.txt }
  - { name: logged, file: logged.txt, action: log }
  - { name: drop, file: drop.txt, action: drop }
clients:
  - { name: exempt, networks: [127.0.1.0/24], lists: none }"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"

stopped='NOERROR rd,ra A:10:0\.0\.0\.0'
real='A:[0-9]+:203\.0\.113\.[0-9]+'

# gets PATTERN QUESTION...: as gives(), of "RCODE FLAGS ANSWER"
gets()
{
	pattern=$1
	shift
	got=$(one "$@" | cut -d' ' -f5,6,8)
	echo "$got" | grep -Eqx -e "$pattern" || fail "$setup: $*: got \"$got\", expected \"$pattern\""
}

# hit CLIENT NAME [TRANSPORT]: an event
hit()
{
	event "$1 ${3:-udp} - - $2 1 sinkhole list ${4:-$2} ${5:-name -}"
}

# What is to be so in any set-up, first for who is exempt and then for who is not, and the other way.
anyway()
{
	gets "NOERROR rd,ra $real" 127.0.0.2 udp plain.example A
	gets "NOERROR rd,ra $real" 127.0.1.1 udp c.listed.example A
	for client in 127.0.0.2 127.0.0.3; do
		gets "$stopped" $client udp c.listed.example A
		gets "$stopped" $client udp d.listed.example A do
		gets "NOERROR rd,ra,cd A:10:0\.0\.0\.0" $client tcp d.listed.example A cd
		gets "$stopped" $client udp a.one.example A
		hit $client c.listed.example udp listed.example
		hit $client d.listed.example udp listed.example
		hit $client d.listed.example tcp listed.example
		hit $client a.one.example udp listed.example 'alias listed.example'
	done
	for name in c d; do
		gets "NOERROR rd,ra $real" 127.0.1.1 udp $name.listed.example A
	done
	gets "NOERROR rd,ra CNAME:[0-9]+:listed.example.,$real@listed.example." 127.0.1.1 udp a.one.example A
}

# ---- signed zones: the second one has a listed name, and so has its key ----

# sign ZONE FOLDER
sign()
{
	key=$(cd "$work" && ldns-keygen -a ECDSAP256SHA256 -k "$1") || fail "ldns-keygen"
	(cd "$work" && ldns-signzone "$1.zone" "$key") >"$work/sign.log" 2>&1 || fail "ldns-signzone"
}

sign_zones()
{
	cat >"$work/sub.signed.example.zone" <<-END
		\$ORIGIN sub.signed.example.
		\$TTL 300
		@    SOA ns.signed.example. root 1 3600 900 604800 300
		@    NS  ns.signed.example.
		www  A   203.0.113.2
	END
	sign sub.signed.example
	cat >"$work/signed.example.zone" <<-END
		\$ORIGIN signed.example.
		\$TTL 300
		@      SOA ns root 1 3600 900 604800 300
		@      NS  ns
		ns     A   127.0.0.1
		www    A   203.0.113.1
		bad    A   203.0.113.1
		deep.bad A 203.0.113.1
		logged A   203.0.113.1
		alias  CNAME bad
		away   CNAME www.sub
		sub    NS  ns
	END
	cat "$work/$key.ds" >>"$work/signed.example.zone"
	sign signed.example
	anchor=$(grep -v '^;' "$work/$key.ds")
}

validate()
{
	ad='NOERROR rd,ra,ad'
	for order in exempt-first exempt-last; do
		start_unbound "trust-anchor: \"$anchor\"" "$@"
		[ $order = exempt-last ] || exempt_validates
		gets "$ad $real,RRSIG.*" 127.0.0.2 udp www.signed.example A do
		for name in bad deep.bad; do
			gets "$stopped" 127.0.0.2 udp $name.signed.example A do
			hit 127.0.0.2 $name.signed.example udp bad.signed.example
		done
		gets "$stopped" 127.0.0.2 udp alias.signed.example A do
		hit 127.0.0.2 alias.signed.example udp bad.signed.example 'alias bad.signed.example'
		gets "$stopped" 127.0.0.2 tcp www.sub.signed.example A do
		hit 127.0.0.2 www.sub.signed.example tcp sub.signed.example
		gets "$stopped" 127.0.0.2 udp away.signed.example A do
		hit 127.0.0.2 away.signed.example udp sub.signed.example 'alias www.sub.signed.example'
		gets 'NOERROR rd,ra -' 127.0.0.2 udp sub.signed.example DS do
		event 127.0.0.2 udp - - sub.signed.example 43 sinkhole list sub.signed.example name -
		gets "$ad $real,RRSIG.*" 127.0.0.2 udp logged.signed.example A do
		event 127.0.0.2 udp - - logged.signed.example 1 log logged logged.signed.example name -
		gets 'NXDOMAIN rd,ra,ad -' 127.0.0.2 udp nothing.signed.example A do
		exempt_validates
		anyway
		stop_unbound
	done
	check_events
	grep -q 'validation failure' "$work/unbound.log" && fail "a chain of trust is broken"
	return 0
}

exempt_validates()
{
	gets "$ad $real,RRSIG.*" 127.0.1.1 udp www.sub.signed.example A do
	gets "$ad DS.*" 127.0.1.1 udp sub.signed.example DS do
	gets "$ad $real,RRSIG.*" 127.0.1.1 tcp bad.signed.example A do
	gets "$ad CNAME:[0-9]+:bad.signed.example.,RRSIG.*,$real@bad.*" 127.0.1.1 udp alias.signed.example A do
	gets "$ad CNAME:[0-9]+:www.sub.signed.example.,RRSIG.*,$real@www.sub.*" 127.0.1.1 udp away.signed.example A do
	gets "$ad $real,RRSIG.*" 127.0.1.1 udp logged.signed.example A do
}

# ---- what has expired ----

expired()
{
	one 127.0.0.2 udp name.brief.example A | grep -q ' A:77:203.0.113.1 '
}

expire()
{
	start_unbound "serve-expired: yes" "serve-expired-reply-ttl: 77" "$@"
	anyway
	for name in brief.one name.brief; do
		gets "NOERROR rd,ra (CNAME:[01]:listed.example.,)?$real(@listed.example.)?" 127.0.1.1 udp $name.example A
	done
	signal STOP
	until_true 5 expired || fail "nothing that has expired is served while the world is silent"
	gets "$stopped" 127.0.0.2 udp c.listed.example A
	signal CONT
	gets "$stopped" 127.0.0.2 udp brief.one.example A
	gets "NOERROR rd,ra CNAME:[01]:listed.example.,$real@listed.example." 127.0.1.1 udp brief.one.example A
	hit 127.0.0.2 brief.one.example udp listed.example 'alias listed.example'
	hit 127.0.0.2 c.listed.example udp listed.example
	check_events
	stop_unbound
}

# ---- DNS64, which caches by itself ----

synthesise()
{
	start_unbound "dns64-prefix: 64:ff9b::/96"
	anyway
	made='AAAA:[0-9]+:64:ff9b::cb00:7101'
	for client in 127.0.1.1 127.0.0.2 127.0.1.1 127.0.0.2; do
		case $client in
		127.0.1.*)
			gets "NOERROR rd,ra $made" $client udp e.listed.example AAAA
			gets "NOERROR rd,ra CNAME:[0-9]+:listed.example.,$made@listed.example." $client udp b.one.example AAAA
			;;
		*)
			gets "NOERROR rd,ra AAAA:10:::" $client udp e.listed.example AAAA
			gets "NOERROR rd,ra AAAA:10:::" $client udp b.one.example AAAA
			event $client udp - - e.listed.example 28 sinkhole list listed.example name -
			event $client udp - - b.one.example 28 sinkhole list listed.example alias listed.example
			;;
		esac
	done
	check_events
	stop_unbound
}

# ---- TLS and HTTPS ----

# digs WANT CLIENT PORT ARGUMENT...
digs()
{
	want=$1 from=$2 at=$3
	shift 3
	kdig -b "$from" @127.0.0.1 -p "$at" +timeout=3 +retry=0 +noall +header +answer "$@" >"$work/dug" 2>&1
	got=$(sed -n -e 's/.*status: \([A-Z]*\);.*/\1/p' \
		-e 's/^[^;].*[[:space:]]IN*[[:space:]]A[[:space:]]*//p' "$work/dug" | paste -s -d ' ' -)
	[ "$got" = "$want" ] || fail "$setup: $*: got \"$got\", expected \"$want\": $(cat "$work/dug")"
}

encrypt()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=live \
		-keyout "$work/key.pem" -out "$work/cert.pem" >"$work/openssl.log" 2>&1 || fail "openssl"
	tls=$("$BT_ASK" -f)
	https=$("$BT_ASK" -f)
	start_unbound "interface: 127.0.0.1@$tls" "tls-port: $tls" "interface: 127.0.0.1@$https" \
		"https-port: $https" "tls-service-key: key.pem" "tls-service-pem: cert.pem"
	anyway
	digs "NOERROR 0.0.0.0" 127.0.0.2 "$tls" +tls listed.example A
	digs "NOERROR 203.0.113.1" 127.0.1.1 "$tls" +tls listed.example A
	digs "NOERROR 0.0.0.0" 127.0.0.2 "$https" +https e.one.example A
	digs "NOERROR 203.0.113.1" 127.0.1.1 "$https" +https listed.example A
	# a connection outlives what is dropped elsewhere
	digs "REFUSED NOERROR 0.0.0.0" 127.0.0.2 "$tls" +tls +keepopen refused.example A listed.example A
	digs "REFUSED" 127.0.0.2 "$https" +https refused.example A
	hit 127.0.0.2 listed.example tls
	hit 127.0.0.2 listed.example tls
	hit 127.0.0.2 e.one.example https listed.example 'alias deep.listed.example'
	event 127.0.0.2 tls - - refused.example 1 drop drop refused.example name -
	event 127.0.0.2 https - - refused.example 1 drop drop refused.example name -
	check_events
	stop_unbound
}

# ---- all ----

start_world
sign_zones
signed=$("$BT_ASK" -f)
start_nsd 127.0.0.1 "$signed" signed.example "$work/signed.example.zone.signed" \
	sub.signed.example "$work/sub.signed.example.zone.signed"

for upstream in stub forward; do
	clauses="$upstream-zone:
  name: signed.example
  $upstream-addr: 127.0.0.1@$signed
$upstream-zone:
  name: sub.signed.example
  $upstream-addr: 127.0.0.1@$signed"
	for stack in "dynlib validator iterator" "dynlib subnetcache validator iterator"; do
		setup="$stack, $upstream"
		validate "send-client-subnet: 127.0.0.1"
	done
done
upstream=stub clauses='' stack="dynlib iterator"
setup=expired
expire
expire "prefetch: yes" "serve-expired-client-timeout: 200"
stack="dynlib dns64 validator iterator" setup=dns64
synthesise
stack="dynlib iterator" setup=encrypted
encrypt
exit 0
