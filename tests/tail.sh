#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# tail.sh -- `beacontrap tail`: each hit at least once, whatever happens to the files and to itself
set -eu
: "${BT_PROGRAM:?}" "${BT_MAKE_EVENTS:?}"

work=$(mktemp -d)
pid=''
# shellcheck disable=SC2317 # called by the trap
clean_up()
{
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
cd "$work"

fail()
{
	echo "FAILED: $*"
	exit 1
}

until_true()
{
	tries=$(($1 * 20))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

echo evil.example >list.txt
mkdir -p state/events
"$BT_PROGRAM" compile -o state/beacontrap.trie list.txt >/dev/null 2>&1

# segment NUMBER FIRST COUNT ["close" ["packed"]]: so many hits from that sequence number on
segment()
{
	{
		echo "segment dns1 7 $1 2026-11-20T10:00:00Z"
		echo "policy state/beacontrap.trie"
		i=$2
		while [ "$i" -lt $(($2 + $3)) ]; do
			echo "event 0 $i 2026-11-20T10:$((10 + $1 % 50)):00Z 10.0.0.$((i % 250 + 1)) h$i.evil.example"
			i=$((i + 1))
		done
		shift 3
		[ $# -eq 0 ] || echo "$*"
	} | "$BT_MAKE_EVENTS" state/events || fail "make-events"
}

tail_it()
{
	"$BT_PROGRAM" tail "$@" state
}

# sequences FILE: the sequence numbers in JSON lines
sequences()
{
	sed -n 's|.*"id":"dns1/0*7/0/\([0-9]*\)".*|\1|p' "$1"
}

# ---- all there is, and then what is new ----

segment 1 1 10 close
tail_it --format json --cursor cursor >first
[ "$(sequences first | sort -n | uniq | wc -l)" -eq 10 ] || fail "not all hits"
tail_it --format json --cursor cursor >again
[ ! -s again ] || fail "hits a second time"
segment 2 11 5 # open
tail_it --format json --cursor cursor >second
[ "$(sequences second | xargs)" = "11 12 13 14 15" ] || fail "not what is new: $(sequences second | xargs)"
rm state/events/*-000002.open state/events/*-000001.seg
segment 1 1 10 close packed
segment 2 11 5 close packed
tail_it --format json --cursor cursor >again
[ ! -s again ] || fail "packed, they come a second time"
tail_it --format json >all
[ "$(sequences all | wc -l)" -eq 15 ] || fail "without a cursor: not all"
{
	echo "segment dns1 8 1 2026-11-20T11:00:00Z"
	echo "gap 0 1 4 2026-11-20T11:00:00Z"
	echo close
} | "$BT_MAKE_EVENTS" state/events
tail_it --format json --cursor cursor >lost
grep -q '"lost":4' lost || fail "what was lost is not said"
tail_it --format json --cursor cursor >again
[ ! -s again ] || fail "what was lost is said again"

# ---- each format is what it is called ----

tail_it | grep -q '^2026-11-20 10:11:00.000  10.0.0.2  *h1.evil.example A  sinkhole by evil.example in list$' || fail "text"
tail_it | grep -q 'LOST 4 hits of dns1$' || fail "text: lost"
tail_it --format ecs | grep '"dns.question.name":"h1.evil.example"' | grep '"event.id":"dns1/0000000000000007/0/1"' |
	grep '"client.ip":"10.0.0.2"' | grep '"rule.ruleset":"list"' | grep -q '"event.action":"sinkholed"' || fail "ecs"
[ "$(tail_it --client 10.0.0.2 | grep -c evil.example)" -eq 1 ] || fail "--client"
[ "$(tail_it --since 2026-11-20T10:12:00Z | grep -c 'h[0-9]*.evil')" -eq 5 ] || fail "--since"
[ "$(tail_it --list other | grep -c 'h[0-9]*.evil')" -eq 0 ] || fail "--list"

# ---- what is no cursor is not taken for one, and stays ----

echo 'my shopping list' >shopping
tail_it --cursor shopping >out 2>err && fail "a file that is no cursor was taken for one"
grep -q 'shopping: is no cursor' err || fail "a file that is no cursor: $(cat err)"
[ "$(cat shopping)" = 'my shopping list' ] || fail "a file that is no cursor was overwritten"

# ---- it follows, is killed, and goes on: nothing is left out ----

rm -f cursor
: >shipped
follow()
{
	"$BT_PROGRAM" tail --follow --format json --cursor cursor state >>shipped 2>err &
	pid=$!
}
# shellcheck disable=SC2317 # called through until_true
shipped()
{
	[ "$(sequences shipped | sort -n | uniq | wc -l)" -ge "$1" ]
}
follow
until_true 5 shipped 15 || fail "it does not follow"
segment 3 16 20
until_true 5 shipped 35 || fail "it does not see a new segment"
rm state/events/*-000003.open
segment 3 16 20 close packed # closed and packed meanwhile
last=35
for number in 4 5 6 7 8; do
	segment $number $((last + 1)) 30 close
	last=$((last + 30))
	kill -9 "$pid"
	wait "$pid" 2>/dev/null || true
	follow
done
until_true 5 shipped "$last" || fail "killed, it left something out: $(sequences shipped | sort -n | uniq | wc -l) of $last"
kill "$pid"
wait "$pid" || fail "told to end, it ends with status $?"
pid=''
[ "$(sequences shipped | sort -n | uniq | wc -l)" -eq "$last" ] || fail "more than there is"
[ ! -s err ] || fail "$(cat err)"

# ---- a cursor that says nothing new is not written again: each time is a sync of the disk ----

mkdir -p none/events
"$BT_PROGRAM" tail --follow --cursor quiet none >out 2>err &
pid=$!
until_true 5 test -s quiet || fail "no cursor of an empty log"
was=$(stat -c %y quiet)
sleep 0.7
[ "$(stat -c %y quiet)" = "$was" ] || fail "the cursor is written over and over"
kill "$pid"
wait "$pid" || fail "told to end, it ends with status $?"

# ---- it is told to end while its reader keeps it waiting: no hit is left out, and none comes again ----

segment 9 $((last + 1)) 1000 close
mkfifo pipe
"$BT_PROGRAM" tail --format json --cursor cursor state >pipe 2>err &
pid=$!
exec 3<pipe
head -c 4096 <&3 >held
sleep 0.2 # the pipe is full by now
kill "$pid"
cat <&3 >>held
exec 3<&-
wait "$pid" || fail "told to end while it waits, it ends with status $?: $(cat err)"
tail_it --format json --cursor cursor >>held
[ "$(sequences held | sort -n | uniq | wc -l)" -eq 1000 ] || fail "told to end, it left something out: $(sequences held | sort -n | uniq | wc -l)"
[ "$(sequences held | wc -l)" -eq 1000 ] || fail "told to end, it shows hits again: $(sequences held | wc -l)"
grep -q '"lost"' held && fail "told to end, it forgot what it had shown of files that it had not come to"
exit 0
