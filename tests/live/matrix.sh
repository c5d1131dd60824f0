#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# matrix.sh -- every answer, over module stacks, threads and qname-minimisation; and the report
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

sed -n 's/^  - \(.*\)\[\.\]\(.*\)$/\1.\2/p' "$source_dir/blocklists/3cx.yaml" >"$work/domains"
[ "$(wc -l <"$work/domains")" -eq 21 ] || fail "blocklists/3cx.yaml does not have 21 domains"
echo '0.0.0.0 exact.example www.exact2.example' >"$work/hosts.txt"
configure "  - { name: 3cx, file: $source_dir/blocklists/3cx.yaml }
  - { name: hosts, file: hosts.txt }"

# Each domain from many clients over UDP and TCP, children before and after parents, every type.
make_questions()
{
	awk '{
		for (i = 2; i < 14; i++) print "127.0.0." i + NR, i % 3 ? "udp" : "tcp", $1, "A", i % 2 ? "edns" : ""
		print "127.0.0.2 udp www." $1, "A edns"
		print "127.0.0.3 udp " $1 ". AAAA"
		print "127.0.0.4 tcp a.b.c." toupper($1), "A do"
		split("HTTPS SVCB TXT MX NS SOA CNAME DS DNSKEY SRV CAA ANY", types, " ")
		for (t in types) print "127.0.0." 40 + t, t % 2 ? "udp" : "tcp", "x." $1, types[t], "edns"
		print "127.0.0.5 udp", $1, "A cd"
		print "127.0.0.5 udp", $1, "AAAA cd do"
	}' "$work/domains"
	# exact entries of a hosts file: neither below nor above them
	cat <<-END
		127.0.0.9 udp exact.example A
		127.0.0.9 udp exact.example A edns
		127.0.0.8 tcp www.exact2.example A
	END
}

# Not listed, whatever they look like; and asked on purpose before and after their listed kin.
make_harmless()
{
	awk '{ print "127.0.0.6 udp not" $1, "A"; print "127.0.0.7 tcp", $1 ".example.org A"; print "127.0.0.6 udp", $1 "x A edns" }' \
		"$work/domains"
	cat <<-END
		127.0.0.9 udp www.exact.example A
		127.0.0.9 udp a.b.exact.example A edns
		127.0.0.8 udp exact2.example A
		127.0.0.8 udp x.www.exact2.example A
		127.0.0.8 udp com A
	END
}

# What each question about a listed name must get, from DESIGN's rules and nothing of ours.
expect()
{
	awk '{
		name = $3; sub(/\.$/, "", name)
		low = tolower(name)
		zone = low
		if (low !~ /exact/) while (split(zone, parts, ".") > 2) sub(/^[^.]*\./, "", zone)
		list = low ~ /exact/ ? "hosts" : "3cx"
		flags = "rd,ra"; ede = "-"
		for (i = 5; i <= NF; i++) {
			if ($i == "cd") flags = "rd,ra,cd"
			if ($i == "edns" || $i == "do") ede = "15:listed_in_" list
		}
		a = "A:10:0.0.0.0"; aaaa = "AAAA:10:::"
		answer = $4 == "A" ? a : $4 == "AAAA" ? aaaa : $4 == "ANY" ? a "," aaaa : "-"
		soa = answer == "-" ? "SOA:" zone "./10/10" : "-"
		print $1, $2, $3, $4, "NOERROR", flags, name ".", answer, soa, ede
	}'
}

lower_soa()
{
	awk '{ $9 = $9 ~ /^SOA/ ? "SOA" tolower(substr($9, 4)) : $9; print }'
}

check_answers()
{
	ask -j 8 <"$work/questions" | lower_soa | sort >"$work/got"
	expect <"$work/questions" | sort >"$work/want"
	cmp -s "$work/got" "$work/want" || {
		diff "$work/want" "$work/got" | head -n 20
		fail "answers (>) are not as expected (<)"
	}
	cat "$work/questions" >>"$work/asked"
}

check_harmless()
{
	ask -j 8 <"$work/harmless" >"$work/got"
	grep -Ev ' NOERROR rd,ra [^ ]* A:[0-9]*:203\.0\.113\.1 ' "$work/got" | head -n 5 >"$work/wrong"
	[ ! -s "$work/wrong" ] || fail "harmless names got $(cat "$work/wrong")"
	[ "$(wc -l <"$work/got")" -eq "$(wc -l <"$work/harmless")" ] || fail "harmless names were lost"
}

beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
start_world
make_questions >"$work/questions"
make_harmless >"$work/harmless"
cat "$work/domains" >"$work/listed"
printf 'exact.example\nwww.exact2.example\n' >>"$work/listed"

for threads in 1 2; do
	for stack in "dynlib iterator" "dynlib validator iterator" "dynlib subnetcache validator iterator"; do
		for minimise in yes no; do
			echo "$threads threads, $stack, qname-minimisation $minimise"
			rm -rf "$work/state/events"
			: >"$work/asked"
			start_unbound "qname-minimisation: $minimise"
			check_harmless
			check_answers
			check_harmless # now the listed names could be in the cache
			check_answers
			check_report "$work/listed"
			stop_unbound
			grep -q 'error:' "$work/unbound.log" && fail "Unbound logged an error"
		done
	done
done
exit 0
