#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# doctor.sh -- the canary, and `beacontrap doctor` beside a resolver that is well, ill, or gone
# shellcheck disable=SC2119,SC2317 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

trie=$work/state/beacontrap.trie
canary=canary.beacontrap.internal

compile()
{
	beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
}

# The canary's record. says TRANSPORT [FLAG]
says()
{
	echo "127.0.0.9 $1 CANARY.beacontrap.internal TXT ${2:-}" | ask |
		grep -q ' NOERROR rd,ra[,cd]* CANARY.beacontrap.internal. TXT:0:"version=[0-9.]*"[^ ]* - -$'
}

nodata()
{
	one 127.0.0.9 udp $canary "$1" |
		grep -q " NOERROR rd,ra $canary. - SOA:$canary./0/0 -$"
}

canary_answers()
{
	for flags in udp tcp "udp do" "udp cd"; do
		# shellcheck disable=SC2086 # words
		says $flags || fail "$1: the canary does not answer over $flags"
	done
	for type in A AAAA MX HTTPS ANY DS; do
		nodata $type || fail "$1: $type of the canary is not NODATA"
	done
	[ "$1" = listed ] || one 127.0.0.9 udp below.$canary A | grep -q 203.0.113.1 ||
		fail "$1: a name below the canary is not resolved"
	control dump_cache >"$work/dump"
	grep -qi "^[^;]*[^.]$canary" "$work/dump" && fail "$1: the canary is in the cache"
	grep -qi "^msg $canary" "$work/dump" && fail "$1: the canary is in the cache"
}

recorded()
{
	[ -n "$(actual_report)" ]
}

# The log is in order: what came before this hit is in it when the hit is.
no_events()
{
	one 127.0.0.5 udp evil.example A >/dev/null
	until_true 5 recorded || fail "$1: a hit is not recorded"
	[ "$(actual_report)" = evil.example,1,1 ] || fail "$1: the canary left an event"
}

# ---- well ----

echo evil.example >"$work/list.txt"
configure "  - { name: list, file: list.txt, accept: [ internal ] }"
compile
start_world
for stack in "dynlib iterator" "dynlib validator iterator"; do
	start_unbound "qname-minimisation: yes"
	all_well
	canary_answers "$stack"
	no_events "$stack"
	stop_unbound
	rm -r "$work/state/events"
done
stack="dynlib iterator"

# the plugin and nobody else answers, also where lists cover the name
printf 'evil.example\ninternal\n%s\n' $canary >"$work/list.txt"
compile
start_unbound
canary_answers listed
no_events listed
all_well
finds ok module 'with 3 names in force'
examine 0 --format json
grep -q '^{"result":"\(ok\|warn\)","checks":\[{"check":"configuration","result":"ok",.*"advice":null}' \
	"$work/doctor.log" || fail "the findings as JSON"

# it takes a moment until a new trie is in force
echo more.example >>"$work/list.txt"
compile
all_well
finds ok module 'with 4 names in force'

# hits are seen, and one client that makes them all
asked=0
while [ $asked -lt 120 ]; do
	asked=$((asked + 1))
	echo "127.0.0.5 udp n$asked.evil.example A"
done >"$work/questions"
ask -j 4 <"$work/questions" >/dev/null
echo 127.0.0.5 udp evil.example A | cat - "$work/questions" >"$work/asked"
echo evil.example >"$work/listed"
check_report "$work/listed"
examine 0
finds warn clients '127.0.0.5 makes 121 of 121 hits'
advises 'put 127.0.0.5 into trusted-forwarders'

# ---- decisions ----

beacontrap pause 1h >/dev/null
examine 0
finds warn decisions 'paused for everybody'
beacontrap overrides --resume >/dev/null
echo 'nonsense: true' >"$work/state/local.yaml"
examine 1
finds FAIL decisions local.yaml:1
rm "$work/state/local.yaml"

# ---- lists, configuration and trie do not agree ----

# shellcheck disable=SC2317 # called through until_true
in_force()
{
	beacontrap doctor --server "127.0.0.1@$port" >"$work/doctor.log" 2>&1
}

touch -d '2026-01-02 03:04:05.2 UTC' "$work/list.txt"
examine 0
finds warn list 'is not what was compiled'
compile
touch -d '2026-01-02 03:04:05.5 UTC' "$trie" # which is looked at twice, as it is changed in its place
until_true 5 in_force || fail "the new trie is not in force"
finds ok list 'list: '
touch -d '2026-01-02 03:04:05.9 UTC' "$work/list.txt" # in the second of its compile
examine 0
finds warn list 'is not what was compiled'
sed -i 's/file: list.txt/&, action: nxdomain/' "$work/beacontrap.yaml"
examine 1
finds FAIL policy "list 'list' has action sinkhole, not nxdomain"
advises 'beacontrap compile'
compile
all_well_but_clients()
{
	examine 0
	grep '^warn' "$work/doctor.log" | grep -v -e '^warn  disk' -e '^warn  clients' && fail "$1"
}
all_well_but_clients "after a compile"

# ---- a broken trie file ----

is_refused()
{
	grep -q '"refused": ".*trie: ' "$work/run/status.json"
}

is_good()
{
	grep -q '"refused": null' "$work/run/status.json"
}

cp "$trie" "$work/good"
head -c 200 "$work/good" >"$trie"
until_true 5 is_refused || fail "a broken trie is not refused"
examine 1
finds FAIL trie "$trie: "
finds FAIL status 'refused since .*Z: '
finds ok module 'with 4 names in force'
advises 'the trie loaded before stays in force'
cp "$work/good" "$trie"
until_true 5 is_good || fail "the good trie is not good again"
all_well_but_clients "after the repair"

# ---- a stale digest: the file is another one than that in force ----

read_again()
{
	! cmp -s "$work/run/status.json" "$work/status"
}

# so that doctor does not wait for it to come into force
cp "$work/run/status.json" "$work/status"
touch -d '1 hour ago' "$trie"
until_true 5 read_again || fail "a file of another time is not read"
cp "$work/run/status.json" "$work/status"
sed 's/"digest": ".*"/"digest": "0123456789abcdef"/' "$work/status" >"$work/run/status.json"
examine 1
finds FAIL status 'is not the file that is there'
cp "$work/status" "$work/run/status.json"
mkdir "$work/other"
sed "s|state-dir: .*|state-dir: other|; s|run-dir: .*|run-dir: run|" "$work/beacontrap.yaml" \
	>"$work/other.yaml"
echo other.example >>"$work/list.txt"
"$BT_PROGRAM" -c "$work/other.yaml" compile >/dev/null
touch -d '1 hour ago' "$work/other/beacontrap.trie"
"$BT_PROGRAM" -c "$work/other.yaml" doctor --server "127.0.0.1@$port" >"$work/doctor.log" &&
	fail "doctor finds another trie well"
finds FAIL module 'the trie in force has digest [0-9a-f]*, the file '
finds warn status "the resolver's configuration is $work/beacontrap.yaml"
stop_unbound

# ---- nothing in force ----

echo 'enabled: false' >>"$work/beacontrap.yaml"
compile
start_unbound
canary_answers disabled
examine 0
finds warn module 'enabled: false is in force'
finds warn status 'unprotected since .*Z'
stop_unbound
sed -i '/^enabled/d' "$work/beacontrap.yaml"
rm -f "$trie" "$trie.prev"
start_unbound
canary_answers "without a trie"
examine 1
finds FAIL trie 'No such file'
finds FAIL module 'no trie is in force'
finds FAIL status 'unprotected since .*Z'
stop_unbound
compile

# ---- another version than the program's ----

version=$(beacontrap --version | cut -d' ' -f2)
other=$(echo "$version" | tr '0-8' '1-9')
sed "s/$version/$other/g" "$BT_MODULE" >"$work/other.so"
module=$work/other.so
start_unbound
examine 0
finds warn module "version $other runs, $version is installed"
advises 'restart Unbound: a reload goes on with the module that it has'
stop_unbound
module=

# ---- no module ----

stack=iterator
start_unbound
examine 1
finds FAIL module "127.0.0.1@$port: a resolver without the module answers"
finds FAIL status 'status.json: No such file'
advises 'begin its module-config with dynlib.* restart Unbound: a reload is not enough'
stop_unbound

# ---- no resolver ----

stack="dynlib iterator"
start_unbound
all_well_but_clients "at the last start"
killed=$unbound_pid
stop_unbound -KILL
examine 1
finds FAIL module "127.0.0.1@$port: Connection refused"
finds FAIL status "process $killed is gone"
exit 0
