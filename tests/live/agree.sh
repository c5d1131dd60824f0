#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# agree.sh -- `lookup --client` says what the resolver does: for each group of clients, each action, each decision
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

actions='sinkhole nxdomain nodata refused drop log allow'
names='plain.example'
lists=
for action in $actions; do
	echo "$action.example" >"$work/$action.txt"
	names="$names $action.example x.$action.example"
	lists="$lists
  - { name: $action, file: $action.txt, action: $action }"
done
echo sinkhole.example >"$work/second.txt"
echo free.drop.example >>"$work/allow.txt"
names="$names free.drop.example blocked.allow.example blocked.example permitted.sinkhole.example own.log.example"
echo blocked.allow.example >>"$work/nxdomain.txt"
configure "$lists
  - { name: second, file: second.txt, action: nodata }
clients:
  - { name: exempt, networks: [127.0.1.0/24], lists: none }
  - { name: some, networks: [127.0.2.0/24], lists: [second, nxdomain, allow] }
  - { name: nx, networks: [127.0.3.0/24], action: nxdomain }
  - { name: refuse, networks: [127.0.4.0/24], action: refused }
  - { name: nodata, networks: [127.0.5.0/24], action: nodata }
  - { name: drop, networks: [127.0.6.0/24], action: drop }
  - { name: watch, networks: [127.0.7.0/24], action: log }
  - { name: sink, networks: [127.0.8.0/24], action: sinkhole }
  - { name: inside, networks: [127.0.8.128/25], lists: [refused], action: nodata }"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
clients='127.0.0.2 127.0.1.2 127.0.2.2 127.0.3.2 127.0.4.2 127.0.5.2 127.0.6.2 127.0.7.2 127.0.8.2 127.0.8.130'

# live: what the resolver does with each name for each client, in the words of lookup
live()
{
	for name in $names; do
		for client in $clients; do
			echo "$client udp $name A"
		done
	done | ask -j 60 -t 2 | awk '{
		did = "?" $0
		if ($8 == "-") did = "nodata"
		if ($8 ~ /^A:10:0[.]0[.]0[.]0$/) did = "sinkhole"
		if ($8 ~ /^A:[0-9]+:203[.]0[.]113[.]1$/) did = "pass"
		if ($5 == "NXDOMAIN" || $5 == "REFUSED") did = tolower($5)
		if ($5 == "TIMEOUT") did = "drop"
		print $3, $1, did }' | LC_ALL=C sort
}

# told: what lookup says of them
told()
{
	for client in $clients; do
		# shellcheck disable=SC2086 # words
		beacontrap lookup --client "$client" --type A $names |
			awk -v client="$client" '/^[^ ]+: / {
				said = $2 ~ /^(log|allow|not)/ ? "pass" : $2
				print substr($1, 1, length($1) - 1), client, said }'
	done | LC_ALL=C sort
}

agree()
{
	live >"$work/live"
	told >"$work/told"
	cmp -s "$work/live" "$work/told" || {
		diff "$work/live" "$work/told"
		fail "$1: the resolver does (<) what lookup does not say (>)"
	}
	compared=$((${compared:-0} + $(wc -l <"$work/live")))
}

start_world
start_unbound
agree "lists"
for did in sinkhole nxdomain nodata refused drop pass; do
	grep -q " $did\$" "$work/live" || fail "no client was answered: $did"
done

# with decisions
names='blocked.example permitted.sinkhole.example own.log.example sinkhole.example x.nxdomain.example'
{
	beacontrap block blocked.example && beacontrap block own.log.example --client 127.0.7.0/24 &&
		beacontrap allow permitted.sinkhole.example && beacontrap pause 1h --client 127.0.3.0/24
} >"$work/decide.log" 2>&1 || fail "decisions"
# shellcheck disable=SC2317 # called through until_true
decided()
{
	one 127.0.3.2 udp nxdomain.example A | grep -q 203.0.113.1
}
until_true 5 decided || fail "the decisions are not in force"
agree "decisions"
echo "$compared answers compared"
exit 0
