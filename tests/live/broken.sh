#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# broken.sh -- bad tries, bad configurations, another Unbound: what is refused, and what stays in force
# shellcheck disable=SC2119 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

echo evil.example >"$work/list.txt"
configure "  - { name: list, file: list.txt }"
start_world
trie=$work/state/beacontrap.trie

blocked()
{
	one 127.0.0.2 udp evil.example A | grep -q ' A:10:0.0.0.0 '
}

passes()
{
	one 127.0.0.2 udp evil.example A | grep -q 203.0.113.1
}

logged()
{
	grep -q "$1" "$work/unbound.log"
}

# shellcheck disable=SC2317 # called through until_true
said_by_reload()
{
	sed -n '/service stopped/,$p' "$work/unbound.log" | grep -q "$1"
}

compile()
{
	beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
}

# Three ways to break a file: not whole, not intact, not ours.
spoil()
{
	case $1 in
	truncated) head -c 200 "$work/good" >"$trie" ;;
	corrupt) { head -c 150 "$work/good"; printf X; tail -c +152 "$work/good"; } >"$trie" ;;
	foreign) echo "this is no trie" >"$trie" ;;
	empty) : >"$trie" ;;
	gone) rm -f "$trie" ;;
	esac
}

compile
cp "$trie" "$work/good"
rm -f "$trie.prev"

# At a first start: DNS works, unprotected, and that is said.
for how in truncated corrupt foreign empty gone; do
	spoil $how
	: >"$work/unbound.log"
	start_unbound
	passes || fail "$how trie at start: DNS does not work"
	logged UNPROTECTED || fail "$how trie at start: not said"
	stop_unbound
done

# ... unless there is a previous one.
cp "$work/good" "$trie.prev"
: >"$work/unbound.log"
start_unbound
blocked || fail "the previous trie is not used"
logged 'beacontrap.trie.prev, is in force' || fail "the previous trie: not said"
beacontrap lookup evil.example 2>"$work/lookup.log" | grep -q '^evil.example: sinkhole' ||
	fail "lookup does not look into what is in force"
grep -q 'beacontrap.trie.prev' "$work/lookup.log" || fail "lookup does not say what it looks into"
stop_unbound

# At a reload the old trie stays.
for how in truncated corrupt foreign empty gone; do
	cp "$work/good" "$trie"
	: >"$work/unbound.log"
	start_unbound
	spoil $how
	kill -HUP "$unbound_pid"
	until_true 5 said_by_reload 'the trie loaded before stays in force' || fail "$how trie at reload: not said"
	until_true 5 answers unlisted.example || fail "$how trie at reload: Unbound is gone"
	blocked || fail "$how trie at reload: the old one is not in force"
	stop_unbound
done

# The same for the configuration; without any, the start is refused.
cp "$work/good" "$trie"
: >"$work/unbound.log"
start_unbound
echo "nonsense: true" >>"$work/beacontrap.yaml"
kill -HUP "$unbound_pid"
until_true 5 logged 'the configuration loaded before stays in force' || fail "bad configuration at reload"
until_true 5 blocked || fail "bad configuration at reload: nothing is blocked"
stop_unbound
: >"$work/unbound.log"
run_unbound
wait "$unbound_pid" && fail "Unbound starts with a bad configuration"
unbound_pid=''
logged 'beacontrap.yaml:[0-9]*:1: unknown key "nonsense"' || fail "bad configuration at start: not said"

build_id()
{
	readelf -n "$1" | sed -n 's/.*Build ID: *//p'
}

# Built for another Unbound: it does not start, and both are named.
refused_by() # UNBOUND BUILD-ID-WANTED
{
	: >"$work/unbound.log"
	BT_UNBOUND=$1
	run_unbound
	until_true 10 logged "built for .* $2; the running program has build-id $(build_id "$1")[ :]" ||
		fail "the module does not refuse an Unbound that it was not built for"
	wait "$unbound_pid" && fail "Unbound runs without the module"
	unbound_pid=''
}

sed -i '/nonsense/d' "$work/beacontrap.yaml"
ours=$BT_UNBOUND
id=$(build_id "$ours")
[ -n "$id" ] || fail "this Unbound has no build-id"

# Another version, if there is one: its structs are others.
[ -z "${BT_ANOTHER_UNBOUND:-}" ] || refused_by "$BT_ANOTHER_UNBOUND" "$id"

# Another build of this one: another build-id in the module, the same length.
other=$(echo "$id" | tr '0-9a-f' '1-9a-f0')
sed "s/$id/$other/g" "$BT_MODULE" >"$work/other.so"
cmp -s "$BT_MODULE" "$work/other.so" && fail "the module does not hold the build-id as text"
sed -i "s|dynlib-file: .*|dynlib-file: \"$work/other.so\"|" "$work/unbound.conf"
refused_by "$ours" "$other"
exit 0
