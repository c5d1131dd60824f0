#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# swap.sh -- new lists, and bad files, while the resolver serves: nothing is reloaded unless said
# shellcheck disable=SC2015,SC2086,SC2119,SC2317 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

trie=$work/state/beacontrap.trie
status=$work/run/status.json
log=$work/unbound.log

now_ms()
{
	echo $(($(date +%s%N) / 1000000))
}

compile()
{
	beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
}

# within_second WHAT COMMAND...: polls; the second began at $since.
within_second()
{
	what=$1
	shift
	while ! "$@"; do
		[ $(($(now_ms) - since)) -le 1000 ] || fail "$what: not within a second"
		sleep 0.02
	done
	took=$(($(now_ms) - since))
	[ "$took" -le "${slowest:-0}" ] || slowest=$took
}

# NAME [TRANSPORT [FLAG]]
blocked()
{
	one 127.0.0.2 "${2:-udp}" "$1" A "${3:-}" | grep -q ' A:10:0.0.0.0 '
}

passes()
{
	one 127.0.0.2 "${2:-udp}" "$1" A "${3:-}" | grep -q 203.0.113.1
}

# says KEY VALUE...: what is in force, as patterns of grep
says()
{
	while [ $# -ge 2 ]; do
		grep -q "^  \"$1\": $2,\{0,1\}\$" "$status" || return
		shift 2
	done
}

# a message in the cache, which is answered without any module; sets of records are another matter
cached()
{
	control dump_cache >"$work/dump"
	grep -q "^msg $1\\. IN " "$work/dump"
}

# ---- a name comes and goes ----

come_and_go()
{
	echo listed.example >"$work/list.txt"
	configure "  - { name: list, file: list.txt }"
	compile
	start_unbound "$@"
	blocked listed.example || fail "nothing is blocked"
	for name in new.example www.new.example; do
		passes $name || fail "$name does not resolve yet"
		passes $name tcp cd || fail "$name does not resolve yet"
		cached $name || fail "$name is not cached"
	done

	echo new.example >>"$work/list.txt"
	compile
	since=$(now_ms)
	within_second "a new name" blocked new.example
	within_second "a new name, CD" blocked new.example tcp cd
	within_second "below a new name" blocked www.new.example
	within_second "the cache" eval '! cached new.example'
	within_second "the status" says names 2 refused null unprotectedSince null

	sed -i '/new.example/d' "$work/list.txt"
	compile
	since=$(now_ms)
	within_second "a removed name" passes new.example
	within_second "below a removed name" passes www.new.example
	blocked listed.example || fail "the other name is not blocked any more"
	stop_unbound
	grep -q 'error:' "$log" && fail "Unbound logged an error"
	[ ! -e "$status" ] || fail "the status outlives the resolver"
}

start_world
for threads in 1 2; do
	: >"$log"
	come_and_go "qname-minimisation: yes"
	come_and_go "serve-expired: yes" "prefetch: yes"
done

# ---- answers that have expired, and are served all the same ----

# shellcheck disable=SC2317 # called through until_true
expired()
{
	one 127.0.0.2 udp name.brief.example A | grep -q ' A:77:203.0.113.1 '
}

echo listed.example >"$work/list.txt"
compile
start_unbound "serve-expired: yes" "serve-expired-reply-ttl: 77"
until_true 5 expired || fail "no answer was served after it expired"
echo brief.example >>"$work/list.txt"
compile
since=$(now_ms)
within_second "an expired answer" blocked name.brief.example
stop_unbound

# ---- other names for a name ----

echo listed.example >"$work/list.txt"
compile
start_unbound
aliases='alias second service x.tree'
for alias in $aliases; do
	one 127.0.0.2 udp "$alias.example" A >/dev/null
	one 127.0.0.2 udp "$alias.example" HTTPS >/dev/null
	cached "$alias.example" || fail "$alias.example is not cached"
done
passes other.example || fail "other.example does not resolve"
echo target.example >>"$work/list.txt"
compile
since=$(now_ms)
within_second "an alias's target" blocked target.example

# shellcheck disable=SC2317 # called through within_second
no_aliases()
{
	control dump_cache >"$work/dump"
	! grep -E '^[^;]*(CNAME|DNAME|HTTPS).* (x\.)?target\.example\.' "$work/dump" >"$work/left.log" &&
		! grep -E '^msg (alias|second|x\.tree)\.example\. IN A' "$work/dump" >>"$work/left.log"
}
within_second "aliases in the cache" no_aliases
: >"$work/left.log"
cached other.example || fail "an alias of another name is gone too"
stop_unbound

# ---- a question that is under way ----

# shellcheck disable=SC2317 # called through until_true; it sees the first thread alone
in_flight()
{
	control dump_requestlist | grep -q slow.example
}

echo listed.example >"$work/list.txt"
compile
rm -rf "$work/state/events"
threads=1
start_unbound
signal STOP
one 127.0.0.3 udp slow.example A >"$work/answer" &
asking=$!
until_true 5 in_flight || fail "no question is under way"
echo slow.example >>"$work/list.txt"
compile
since=$(now_ms)
within_second "the status" says names 2
signal CONT
wait "$asking"
grep -q ' A:10:0.0.0.0 ' "$work/answer" || fail "the question under way got $(cat "$work/answer")"
cached slow.example && fail "its answer is cached"
blocked slow.example || fail "the name is not blocked"
printf '127.0.0.%d udp slow.example A\n' 3 2 >"$work/asked"
cp "$work/list.txt" "$work/listed"
check_report "$work/listed"
stop_unbound

# ---- bad files ----

refused()
{
	[ "$(grep -c 'the trie loaded before stays in force' "$log")" -eq "$bad" ]
}

# As `compile` does it, and written where it is. The last way is that it is gone.
spoil()
{
	case $1 in
	truncated) head -c 200 "$work/good" >"$work/bad" ;;
	corrupt) { head -c 150 "$work/good"; printf X; tail -c +152 "$work/good"; } >"$work/bad" ;;
	garbage) echo "this is no trie" >"$work/bad" ;;
	empty) : >"$work/bad" ;;
	esac
	case $1,$2 in
	gone,*) rm "$trie" ;;
	*,renamed) mv "$work/bad" "$trie" ;;
	*,written) cat "$work/bad" >"$trie" ;;
	esac
}

: >"$log"
start_unbound
cp "$trie" "$work/good"
digest=$(grep -o '"[0-9a-f]\{16\}"' "$status")
bad=0
for how in truncated corrupt garbage empty gone; do
	for way in renamed written; do
		bad=$((bad + 1))
		spoil $how $way
		since=$(now_ms)
		within_second "$how, $way: the log" refused
		within_second "$how, $way: the status" says digest "$digest" refused '".*"' refusedSince '".*Z"'
		blocked listed.example || fail "$how: the old trie is not in force"
		sleep 0.3 # three looks at it, which must not be three lines
		refused || fail "$how, $way: said more than once"

		cp "$work/good" "$work/new"
		mv "$work/new" "$trie"
		since=$(now_ms)
		within_second "the good file, after $how" says refused null refusedSince null
	done
done
[ "$(grep -c 'is good again' "$log")" -eq "$bad" ] || fail "the good file is not announced each time"

spoil truncated renamed
bad=$((bad + 1))
until_true 5 refused || fail "the last bad file"
echo new.example >>"$work/list.txt"
compile
since=$(now_ms)
within_second "a new name, after a bad file" blocked new.example
stop_unbound

# Without any, at first.
rm -f "$trie" "$trie.prev"
: >"$log"
start_unbound
passes new.example || fail "DNS does not work without a trie"
says trie null digest null unprotectedSince '".*Z"' || fail "the status of none: $(cat "$status")"
compile
since=$(now_ms)
within_second "a first trie" blocked new.example
within_second "the status" says unprotectedSince null names 3
stop_unbound

# ---- under questions ----

# listed*.example in both, later.example in one
awk 'BEGIN { for (i = 0; i < 500; i++) print "listed" i ".example" }' >"$work/list.txt"
compile
cp "$trie" "$work/one"
echo later.example >>"$work/list.txt"
compile
cp "$trie" "$work/two"
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "127.0.0.%d %s %s%d.example A\n", 2 + i % 50, i % 9 ? "udp" : "tcp",
	i % 3 ? "listed" : "harmless", i % 500 }' >"$work/round"

asking_on()
{
	while [ -e "$work/go" ]; do
		ask -j 4 -t 10 <"$work/round"
	done >"$work/got"
}

# swap_under_questions SWAPS RELOAD-EACH: 0: never
swap_under_questions()
{
	: >"$work/go"
	asking_on &
	asking=$!
	swaps=0
	while [ "$swaps" -lt "$1" ]; do
		swaps=$((swaps + 1))
		case $((swaps % 2)) in
		1) cp "$work/one" "$work/new" ;;
		0) cp "$work/two" "$work/new" ;;
		esac
		mv "$work/new" "$trie"
		[ "$2" -eq 0 ] || [ $((swaps % $2)) -ne 0 ] || kill -HUP "$unbound_pid"
		sleep 0.1
	done
	rm "$work/go"
	wait "$asking"
	awk '$5 != "TIMEOUT" && !($3 ~ /^listed/ && / NOERROR rd,ra [^ ]* A:10:0\.0\.0\.0 - -$/) &&
		!($3 ~ /^harmless/ && / A:[0-9]*:203\.0\.113\.1 /)' "$work/got" >"$work/wrong.log"
	[ ! -s "$work/wrong.log" ] || fail "wrong answers"
	kill -0 "$unbound_pid" || fail "Unbound is gone"
	echo "$(wc -l <"$work/got") questions, $swaps swaps, $(grep -c 'names in force' "$log") taken," \
		"$(grep -c 'start of service' "$log") starts, $(grep -c TIMEOUT "$work/got") unanswered"
	blocked listed1.example || fail "a listed name passes in the end"
	passes harmless1.example || fail "a harmless name does not resolve in the end"
	until_true 5 blocked later.example || fail "the last trie is not in force"
}

threads=2
rm -rf "$work/state/events"
: >"$log"
start_unbound
swap_under_questions 60 0
grep -q TIMEOUT "$work/got" && fail "a question was lost"
[ "$(grep -c 'names in force' "$log")" -ge 20 ] || fail "too few swaps were taken"
cut -d' ' -f1-4 "$work/got" >"$work/asked"
printf '127.0.0.2 udp %s A\n' listed1.example later.example >>"$work/asked"
cp "$work/list.txt" "$work/listed"
check_report "$work/listed"

swap_under_questions 40 8
[ "$(grep -c 'start of service' "$log")" -ge 4 ] || fail "too few reloads"
stop_unbound
grep 'error:' "$log" && fail "Unbound logged an error"
echo "from compile to effect: at most $slowest ms"
exit 0
