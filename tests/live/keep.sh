#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# keep.sh -- names that were cached before they were listed are blocked after reload_keep_cache
#
# A trie that changes where it is, is not for the reload to notice (swap.sh): so here the state
# directory changes.
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

echo first.example >"$work/list.txt"
printf 'allowed.example\n' >"$work/allow.txt"
configure "  - { name: list, file: list.txt }
  - { name: allow, file: allow.txt, action: allow }"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
start_world
start_unbound

awk 'BEGIN { for (i = 0; i < 400; i++) printf "127.0.0.%d udp %sn%d.example A%s\n", 2 + i % 9,
	i % 3 ? "" : "www.", i, i % 5 ? "" : " cd" }' >"$work/asked"
ask -j 4 <"$work/asked" >/dev/null
# what is allowed is cached as anything else
for name in plain.example allowed.example; do
	one 127.0.0.2 udp $name A >/dev/null
	before=$(control stats_noreset | sed -n 's/^total.num.cachehits=//p')
	one 127.0.0.2 udp $name A >/dev/null
	after=$(control stats_noreset | sed -n 's/^total.num.cachehits=//p')
	[ "$after" -gt "$before" ] || fail "$name is not answered from the cache"
done

awk 'BEGIN { for (i = 0; i < 400; i++) print "n" i ".example" }' >>"$work/list.txt"
sed -i 's/^state-dir: .*/state-dir: other/' "$work/beacontrap.yaml"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
control reload_keep_cache >"$work/control.log" 2>&1 || fail "reload_keep_cache"
until_true 5 grep -q '401\|402 names in force' "$work/unbound.log" || fail "no reload"
ask -j 4 <"$work/asked" | grep -v ' A:10:0.0.0.0 ' >"$work/wrong"
[ ! -s "$work/wrong" ] || fail "answered from the cache: $(head -n 3 "$work/wrong")"
grep -q 'cached answers to listed names removed' "$work/unbound.log" ||
	fail "the cache was not kept, so that there was nothing to test"
cp "$work/list.txt" "$work/listed"
check_report "$work/listed"
exit 0
